"""The steps of a training, compiled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DataError, message
from pentad.nn.utils import clip_grad_norm_, clip_grad_value_, get_total_norm
from pentad.optim.grad_scaler import GradScaler, skipping
from pentad.tensor.autocast import autocast
from pentad.tensor.capture import varying
from pentad.tensor.capture.compile import compile as compiled
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.functions.creation import zeros
from pentad.tensor.inplace import copy_into
from pentad.tensor.pytree import flatten, map_leaves
from pentad.tensor.state import no_grad, state
from pentad.tensor.tensor import Tensor
from pentad.train.averages import MovingAverage
from pentad.train.metrics import Metric, measured

_PRECISIONS: dict[Any, DType] = {
    "bfloat16": dtypes.bfloat16, "float16": dtypes.float16,
    dtypes.bfloat16: dtypes.bfloat16, dtypes.float16: dtypes.float16,
}


def parts(batch: Any) -> tuple[tuple[Any, ...], Any]:
    """(inputs, target) of a batch: the last member is the target."""
    if not isinstance(batch, (list, tuple)) or len(batch) < 2:
        raise DataError(
            message("a batch has no target", expected="(input, ..., target)",
                    got=type(batch).__name__,
                    hint="let the data set give pairs, or use a collate_fn that does")
        )
    return tuple(batch[:-1]), batch[-1]


def samples_of(target: Any) -> int:
    """How many samples a batch has: the first size of its target, or of the first tensor in it."""
    if type(target) is not Tensor:
        tensors: list[Tensor] = []
        flatten(target, tensors)
        if not tensors:
            raise DataError(message("a batch's target has no tensor", expected="a tensor, or a "
                                    "structure of them", got=type(target).__name__))
        target = tensors[0]
    shape = target.meta.shape
    return int(shape[0]) if shape else 1


def precision_of(given: Any) -> DType | None:
    """The dtype of `precision=`; ArgumentError for what is none."""
    if given is None:
        return None
    if given not in _PRECISIONS:
        raise ArgumentError(message("precision", expected='None, "bfloat16" or "float16"',
                                    got=repr(given)))
    return _PRECISIONS[given]


@dataclass(frozen=True)
class How:
    """How a training computes its steps: see `fit`."""

    accumulate: int = 1
    clip_norm: float | None = None
    clip_value: float | None = None
    precision: DType | None = None
    ema: float | None = None
    stop_at_nan: bool = False
    compile: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.accumulate, int) or self.accumulate < 1:
            raise ArgumentError(message("fit: accumulate", expected="a whole number >= 1",
                                        got=repr(self.accumulate)))
        for name in ("clip_norm", "clip_value"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ArgumentError(message(f"fit: {name}", expected="> 0", got=repr(value)))

    def casting(self) -> Any:
        """autocast to the precision, or nothing."""
        return nullcontext() if self.precision is None else autocast("cpu", self.precision)


class Step:
    """The steps of a training.

    `step(*inputs, target)` gives (loss, what the metrics measured ...). With accumulate = 1 it
    updates the parameters; otherwise it adds to the sums of the gradients, and `apply` updates by
    the mean over all their samples, as one large batch would. What lasts from step to step (sums,
    moving average, the scale of float16's gradients) is state, for checkpoints.
    """

    def __init__(
        self, model: Any, loss: Any, optimizer: Any, metrics: list[Metric], how: How
    ) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.metrics, self.how = metrics, how
        # Those that are updated: not all of the model's, or more than these.
        self.parameters = list({
            id(p): p for group in optimizer.param_groups for p in group["params"]}.values())
        self.average = None if how.ema is None else MovingAverage(model, how.ema)
        self.scaler = GradScaler(enabled=how.precision is dtypes.float16)
        self.bad: Any = zeros((), dtype=dtypes.float32)  # not 0 where the last step was not finite
        self.gathered = self.waiting = 0  # batches and samples in the sums
        self.sums: dict[int, tuple[Any, Any]] = {}  # by place: a parameter that had a gradient
        if how.accumulate > 1:
            self.sums = {
                i: (p, zeros(p.shape, dtype=p.dtype)) for i, p in enumerate(self.parameters)
                if p.requires_grad
            }
        self.reached: set[int] = set()
        whole = self._gather if how.accumulate > 1 else self._step
        self.step = compiled(whole) if how.compile else whole
        self._applied = compiled(self._apply) if how.compile else self._apply

    def __call__(self, inputs: tuple[Any, ...], target: Any, samples: int) -> Any:
        """A step: (its results, did it update the parameters)."""
        results = self.step(*inputs, target)
        if self.how.accumulate == 1:
            return results, self._updated()
        self.gathered += 1
        self.waiting += samples
        return results, self.gathered == self.how.accumulate and self.apply()

    def apply(self) -> bool:
        """Update by what was gathered; False if that is nothing, or overflowed."""
        if not self.gathered:
            return False
        self._applied()
        self.gathered = self.waiting = 0
        return self._updated()

    def _updated(self) -> bool:
        """Did the last step update the parameters? It did not if float16's gradients overflowed,
        and then it does not count."""
        if not self.scaler.is_enabled():
            return True
        skipped: Any = self.scaler.found(self.optimizer)
        if not skipped.item():
            return True
        if self.average is not None:
            self.average.take_back()
        return False

    # -- what is compiled ----------------------------------------------------------------------

    def forward(self, *batch: Any) -> tuple[Any, Any]:
        """(loss, output)."""
        with self.how.casting():
            output = self.model(*batch[:-1])
            return self.loss(output, batch[-1]), output

    def _step(self, *batch: Any) -> tuple[Any, ...]:
        kept = self._buffers()
        value, output = self.forward(*batch)
        self.optimizer.zero_grad()
        self.scaler.scale(value).backward()
        self._note_bad(value, kept)
        self._update()
        return self._results(value, output, batch[-1])

    def _gather(self, *batch: Any) -> tuple[Any, ...]:
        kept = self._buffers()
        value, output = self.forward(*batch)
        self.optimizer.zero_grad()
        self.scaler.scale(value).backward()
        self._note_bad(value, kept)
        with no_grad():
            samples = first_size(batch[-1])
            for i, (p, total) in self.sums.items():
                if p.grad is not None:
                    self._reach(i)
                    total.add_(p.grad * samples)
        self.optimizer.zero_grad()
        return self._results(value, output, batch[-1])

    def _reach(self, i: int) -> None:
        if i not in self.reached:
            self.reached.add(i)
            bump_epoch()  # what `_apply` was compiled to is not all of it

    def _apply(self) -> None:
        share = varying.host_scalar(lambda: 1.0 / self.waiting)
        with no_grad():
            for i in sorted(self.reached):
                p, total = self.sums[i]
                p.grad = total * share
        self._update()
        self.optimizer.zero_grad()
        with no_grad():
            for i in sorted(self.reached):
                self.sums[i][1].zero_()

    def _update(self) -> None:
        how, parameters = self.how, self.parameters
        if how.clip_norm is not None or how.clip_value is not None:
            self.scaler.unscale_(self.optimizer)
            if how.clip_value is not None:
                clip_grad_value_(parameters, how.clip_value)
            if how.clip_norm is not None:
                clip_grad_norm_(parameters, how.clip_norm)
        if self.scaler.is_enabled():
            self.scaler.step(self.optimizer)
            self.scaler.update()
        elif not how.stop_at_nan:
            self.optimizer.step()
        elif state.trace is None:
            if not self.bad.item():
                self.optimizer.step()
        else:
            with skipping(self.bad):
                self.optimizer.step()
        if self.average is not None:
            self.average.update(
                self.scaler.found(self.optimizer) if self.scaler.is_enabled() else None)

    def _results(self, value: Any, output: Any, target: Any) -> tuple[Any, ...]:
        with no_grad():
            shown = map_leaves(_detached, output)
            return (value.detach(), *measured(self.metrics, shown, target))

    # -- a loss that is no number --------------------------------------------------------------

    def _buffers(self) -> list[tuple[Any, Any]]:
        """The buffers that a forward pass with NaN would spoil, and what they hold."""
        if not self.how.stop_at_nan:
            return []
        return [(b, b.clone()) for b in self.model.buffers()]

    def _note_bad(self, value: Any, kept: list[tuple[Any, Any]]) -> None:
        """Note whether the loss or a gradient is not finite; what was kept is put back then.

        Scaled gradients may be infinite: then the scaler skips the step.
        """
        if not self.how.stop_at_nan:
            return
        with no_grad():
            worst: Any = value.detach().float()
            if not self.scaler.is_enabled():
                gradients = [p.grad for p in self.parameters if p.grad is not None]
                worst = worst + get_total_norm(gradients, math.inf)
            bad = (~worst.isfinite()).float()
            copy_into(self.bad, bad)
            for buffer, before in kept:
                buffer.copy_(before.where(bad != 0, buffer))

    # -- checkpoints ---------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """What lasts from step to step besides the model's and the optimiser's state."""
        found: dict[str, Any] = {"how": self._words_of_how(), "gathered": self.gathered,
                                 "waiting": self.waiting}
        if self.gathered:
            found["sums"] = {str(i): self.sums[i][1] for i in sorted(self.reached)}
        if self.average is not None:
            found["average"] = self.average.state_dict()
        if self.scaler.is_enabled():
            found["scaler"] = self.scaler.state_dict()
            skipped: Any = self.scaler.found(self.optimizer)
            found["skipped"] = bool(skipped.item())
        return found

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; ArgumentError if it is of another way of training."""
        for name, now in self._words_of_how().items():
            if (before := saved["how"][name]) != now:
                raise ArgumentError(message(
                    "the checkpoint is of another way of training", expected=f"{name}={before!r}",
                    got=f"{name}={now!r}", hint="resume with the options that it was begun with"))
        self.gathered, self.waiting = int(saved["gathered"]), int(saved["waiting"])
        with no_grad():
            for i, total in saved.get("sums", {}).items():
                self.reached.add(int(i))
                self.sums[int(i)][1].copy_(total)
            if self.average is not None:
                self.average.load_state_dict(saved["average"])
            if self.scaler.is_enabled():
                self.scaler.load_state_dict(saved["scaler"])
                self.scaler.found(self.optimizer).fill_(float(saved["skipped"]))  # type: ignore

    def _words_of_how(self) -> dict[str, Any]:
        """The options that change what comes out, as a checkpoint keeps them."""
        how = self.how
        return {"precision": None if how.precision is None else how.precision.name,
                "accumulate": how.accumulate, "clip_norm": how.clip_norm,
                "clip_value": how.clip_value, "ema": how.ema}


def first_size(target: Any) -> Any:
    """The first size of a target as it is while tracing: maybe a symbol."""
    tensors: list[Any] = []
    flatten(target, tensors)
    return tensors[0].shape[0] if tensors[0].ndim else 1


def _detached(t: Any) -> Any:
    return t.detach()
