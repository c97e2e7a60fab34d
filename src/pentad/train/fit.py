"""fit: the loop around a step, with metrics, validation, callbacks, checkpoints."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.tensor.anomaly import set_detect_anomaly
from pentad.train.callbacks import Callback
from pentad.train.history import History
from pentad.train.metrics import as_metrics
from pentad.train.progress import Progress
from pentad.train.run import Run
from pentad.train.steps import How, precision_of


def fit(
    model: Any, data: Iterable[Any], loss: Any, optimizer: Any, epochs: int = 1, *,
    metrics: Sequence[Any] = (), validation: Iterable[Any] | None = None, scheduler: Any = None,
    scheduler_every: str = "epoch", callbacks: Sequence[Callback] = (),
    checkpoint: str | os.PathLike[str] | None = None, checkpoint_steps: int | None = None,
    resume: bool = True, accumulate: int = 1, clip_norm: float | None = None,
    clip_value: float | None = None, precision: Any = None, ema: float | None = None,
    stop_at_nan: bool = False, detect_anomaly: bool = False, compile: bool = True,
    console: Any = None, notes: dict[str, Any] | None = None,
) -> History:
    """Train a model and return the History of its epochs.

    data, validation: batches (inputs..., target), such as a DataLoader's. loss(output, target)
    gives a mean. metrics: Metrics, their names, or functions that give a batch's mean. epochs
    counts over all runs that share a checkpoint. scheduler.step() follows each epoch (or update:
    "step"); a ReduceLROnPlateau gets the validation loss. console: True, or a rich Console, to
    show progress on; None for silence.

    accumulate: how many batches make one update, by the mean over all their samples, as if they
    were one; the last update of an epoch takes what is left. clip_value limits the gradients'
    elements, clip_norm then their norm. precision: "bfloat16" or "float16" computes matrix products
    in 16 bits (autocast; with float16 the loss is scaled, and a step that overflows is skipped).
    ema: the decay of a moving average of the parameters, which validation and callbacks see, and
    which the model has in the end. stop_at_nan: NonFiniteError at the first loss or gradient that
    is no finite number, which says where it came from; the model stays as it was before that step.
    detect_anomaly: look at each operation instead, whatever the loss says; slow.

    checkpoint: a file that is written after each epoch, and after every checkpoint_steps batches
    of one. If it is there, and unless resume is False, the training goes on from it and ends with
    the same bits as one that never stopped. A history.json is written beside it. notes: what is
    saved with it, and must be the same when it is resumed.

    Raises DataError for data without a batch, ArgumentError if a checkpoint is of another
    training, FormatError if it is damaged, ResourceError if it cannot be written.
    """
    _require(epochs, scheduler_every, checkpoint_steps)
    how = How(accumulate, clip_norm, clip_value, precision_of(precision), ema, stop_at_nan, compile)
    run = Run(model, optimizer, loss, as_metrics(metrics), scheduler, list(callbacks), how,
              notes or {})
    run.scheduler_every = scheduler_every
    run.generator = getattr(data, "generator", None)
    if checkpoint is not None:
        run.keep(Path(checkpoint), checkpoint_steps, resume)
    searching = set_detect_anomaly(True, forward=True) if detect_anomaly else nullcontext()
    with Progress(_console(console)) as progress, searching:
        run.go(data, validation, epochs, progress)
    return run.history


def _require(epochs: Any, scheduler_every: Any, checkpoint_steps: Any) -> None:
    """ArgumentError for what means nothing."""
    for name, value in (("epochs", epochs), ("checkpoint_steps", checkpoint_steps)):
        if value is None and name == "checkpoint_steps":
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ArgumentError(message(f"fit: {name}", expected="a whole number >= 1",
                                        got=repr(value)))
    if scheduler_every not in ("epoch", "step"):
        raise ArgumentError(message("fit: scheduler_every", expected='"epoch" or "step"',
                                    got=repr(scheduler_every)))


def _console(given: Any) -> Any:
    if given is not True:
        return given or None
    from rich.console import Console

    return Console()
