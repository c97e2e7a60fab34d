"""`stop_at_nan`: the error that says where the first NaN of a step came from."""

from __future__ import annotations

from typing import Any

from pentad.graph.errors import CaptureError, NonFiniteError, message
from pentad.tensor.capture.nonfinite import Origin, first_nonfinite
from pentad.train.checkpoint import random_state, set_random_state
from pentad.train.steps import Step


def nonfinite(
    step: Step, batch: tuple[Any, ...], value: float, place: str, drawn: Any
) -> NonFiniteError:
    """The error for a step that was not made; drawn: the random state before it."""

    def again(*batch: Any) -> Any:
        loss, _ = step.forward(*batch)
        step.optimizer.zero_grad()
        loss.backward()
        gradients = [p.grad for p in step.model.parameters() if p.grad is not None]
        step.optimizer.zero_grad()
        return loss.detach(), gradients

    after = random_state()
    set_random_state(drawn)
    try:
        origin = first_nonfinite(again, *batch)
    except CaptureError:
        origin = None  # what cannot be traced is not looked into
    finally:
        set_random_state(after)
    what = f"the loss is {value}" if value - value != 0 else "a gradient is not finite"
    got, line, hint = _words(step, batch, origin)
    return NonFiniteError(
        message(f"fit: {what} at {place}; the model is as it was before this step",
                expected="finite numbers", got=got, where=line, hint=hint)
    )


def _words(
    step: Step, batch: tuple[Any, ...], origin: Origin | None
) -> tuple[str, str | None, str]:
    """(what was found, where, what to do)."""
    if origin is None:
        return "a cause that is not found by computing the step again", None, (
            "train with compile=False and autograd.detect_anomaly()")
    if origin.argument is not None:
        last = origin.argument == len(batch) - 1
        name = "the target" if last else f"input {origin.argument}"
        return f"{origin.what} in {name} of the batch", None, "look at the data"
    if origin.tensor is not None:
        names = {id(t): name for name, t in step.model.state_dict(keep_vars=True).items()}
        name = names.get(id(origin.tensor), "a tensor from outside the model")
        return f"{origin.what} in {name}", None, "was the model trained too fast before?"
    return f"{origin.what}, first made by {origin.by}", origin.line, (
        "a smaller learning rate, clip_norm, or a formula that is stable there")
