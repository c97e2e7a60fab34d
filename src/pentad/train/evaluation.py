"""evaluate and predict: passes over data without gradients, in evaluation mode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pentad.graph.errors import DataError, ShapeError, message
from pentad.tensor.capture.compile import compile as compiled
from pentad.tensor.capture.epoch import toggle_mode
from pentad.tensor.functions.shaping import cat
from pentad.tensor.pytree import flatten, unflatten
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor
from pentad.train.metrics import Metric, Totals, as_metrics, measured
from pentad.train.steps import How, parts, precision_of, samples_of


def evaluate(
    model: Any, data: Iterable[Any], loss: Any, *, metrics: Sequence[Any] = (),
    precision: Any = None, compile: bool = True,
) -> dict[str, Any]:
    """{"loss": mean, metric's name: result} over the batches of data, in evaluation mode.

    The arguments are as for `fit`. DataError for data without a batch.
    """
    chosen = as_metrics(metrics)
    how = How(precision=precision_of(precision), compile=compile)
    return run_evaluation(model, data, evaluation_step(model, loss, chosen, how), chosen)


def predict(
    model: Any, data: Iterable[Any], *, has_target: bool = True, precision: Any = None,
    compile: bool = True,
) -> Any:
    """The model's outputs for all batches of data, joined along their first dimension.

    data: batches (inputs..., target), as for `fit`, whose targets are left aside; a batch that is
    a tensor is the input. has_target=False: all of a batch are inputs. An output may be a nested
    structure of tensors. DataError for data without a batch, ShapeError for outputs that cannot
    be joined.
    """
    step = prediction_step(model, How(precision=precision_of(precision), compile=compile))
    found: list[list[Tensor]] = []
    structure: Any = None
    with evaluating(model):
        for batch in data:
            leaves: list[Tensor] = []
            output = step(*_inputs(batch, has_target))
            mine = flatten(output, leaves)
            if found and mine != structure:
                raise ShapeError(message("predict: the outputs differ from batch to batch",
                                         expected=repr(structure), got=repr(mine)))
            structure = mine
            found.append(leaves)
    if not found:
        raise no_batches("predict")
    joined = iter([same[0] if len(same) == 1 else cat(same) for same in zip(*found, strict=True)])
    return unflatten(structure, lambda: next(joined))


def _inputs(batch: Any, has_target: bool) -> tuple[Any, ...]:
    if not isinstance(batch, (list, tuple)):
        return (batch,)
    return parts(batch)[0] if has_target else tuple(batch)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Within it, the model is in evaluation mode; afterwards each of its parts is as it was."""
    trained = [m for m in model.modules() if m.training]
    model.eval()
    try:
        yield
    finally:
        if len(trained) == sum(1 for _ in model.modules()):
            model.train()
        else:
            for module in trained:
                module.__dict__["training"] = True
                toggle_mode(module)


def evaluation_step(model: Any, loss: Any, metrics: list[Metric], how: How) -> Any:
    """step(*inputs, target) -> (loss, what the metrics measured ...), without gradients."""

    def step(*batch: Any) -> tuple[Any, ...]:
        with no_grad(), how.casting():
            output = model(*batch[:-1])
            value = loss(output, batch[-1])
        with no_grad():
            return (value, *measured(metrics, output, batch[-1]))

    return compiled(step) if how.compile else step


def prediction_step(model: Any, how: How) -> Any:
    """step(*inputs) -> output, without gradients."""

    def step(*inputs: Any) -> Any:
        with no_grad(), how.casting():
            return model(*inputs)

    return compiled(step) if how.compile else step


def run_evaluation(
    model: Any, data: Iterable[Any], step: Any, metrics: list[Metric]
) -> dict[str, Any]:
    """The mean loss and metrics over all batches; DataError if there are none."""
    totals = Totals(metrics)
    with evaluating(model):
        for batch in data:
            inputs, target = parts(batch)
            value, *results = step(*inputs, target)
            totals.add(samples_of(target), float(value.item()), results)
    if not totals.samples:
        raise no_batches("evaluate")
    return totals.results()


def no_batches(where: str) -> DataError:
    """The error for data without a single batch."""
    return DataError(
        message(f"{where}: the data gave no batch", expected="at least one batch", got="none",
                hint="is the data set empty, or smaller than a batch with drop_last=True?")
    )
