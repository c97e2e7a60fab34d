"""The functions that a training runs, compiled: one step, one batch of an evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pentad.graph.errors import DataError, message
from pentad.nn.utils import clip_grad_norm_
from pentad.tensor.capture.compile import compile as compiled
from pentad.tensor.state import no_grad
from pentad.train.metrics import Averages, Metric


def parts(batch: Any) -> tuple[tuple[Any, ...], Any]:
    """(inputs, target) of a batch: the last member is the target."""
    if not isinstance(batch, (list, tuple)) or len(batch) < 2:
        raise DataError(
            message("a batch has no target", expected="(input, ..., target)",
                    got=type(batch).__name__,
                    hint="let the data set give pairs, or use a collate_fn that does")
        )
    return tuple(batch[:-1]), batch[-1]


def training_step(
    model: Any, loss: Any, optimizer: Any, metrics: list[Metric], clip_norm: float | None,
    compile: bool,
) -> Any:
    """step(*inputs, target) -> (loss, metric sums): forward, backward and update."""

    def step(*batch: Any) -> tuple[Any, ...]:
        inputs, target = batch[:-1], batch[-1]
        output = model(*inputs)
        value = loss(output, target)
        optimizer.zero_grad()
        value.backward()
        if clip_norm is not None:
            clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
        with no_grad():
            shown = output.detach()
            return (value.detach(), *(m.measure(shown, target) for m in metrics))

    return compiled(step) if compile else step


def evaluation_step(model: Any, loss: Any, metrics: list[Metric], compile: bool) -> Any:
    """step(*inputs, target) -> (loss, metric sums), without gradients."""

    def step(*batch: Any) -> tuple[Any, ...]:
        inputs, target = batch[:-1], batch[-1]
        with no_grad():
            output = model(*inputs)
            return (loss(output, target), *(m.measure(output, target) for m in metrics))

    return compiled(step) if compile else step


def counted(averages: Averages, results: Any, samples: int, metrics: list[Metric]) -> float:
    """Add a step's results to the averages; the loss."""
    value, *sums = (float(r.item()) for r in results)
    named = {m.name: s for m, s in zip(metrics, sums, strict=True)}
    averages.add(samples, {"loss": value * samples, **named})
    return value


def run_evaluation(
    model: Any, data: Iterable[Any], step: Any, metrics: list[Metric]
) -> dict[str, float]:
    """The mean loss and metrics over all batches; DataError if there are none."""
    before = model.training
    model.eval()
    averages = Averages(["loss", *(m.name for m in metrics)])
    try:
        for batch in data:
            inputs, target = parts(batch)
            counted(averages, step(*inputs, target), int(target.shape[0]), metrics)
    finally:
        model.train(before)
    if not averages.sums["samples"]:
        raise no_batches("evaluate")
    return averages.means()


def no_batches(where: str) -> DataError:
    """The error for data without a single batch."""
    return DataError(
        message(f"{where}: the data gave no batch", expected="at least one batch", got="none",
                hint="is the data set empty, or smaller than a batch with drop_last=True?")
    )
