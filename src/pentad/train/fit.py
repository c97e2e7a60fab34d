"""fit and evaluate: the loop around a step, with metrics, validation, callbacks, checkpoints."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from pentad.data.loader import DataLoader
from pentad.graph.errors import ArgumentError, message
from pentad.optim.lr_scheduler import ReduceLROnPlateau
from pentad.tensor.anomaly import set_detect_anomaly
from pentad.train.callbacks import Callback
from pentad.train.checkpoint import (
    Checkpoint,
    load_checkpoint,
    random_state,
    save_checkpoint,
    set_random_state,
    write_json,
)
from pentad.train.history import History, described
from pentad.train.metrics import Averages, Metric, as_metrics
from pentad.train.progress import Progress
from pentad.train.steps import (
    counted,
    evaluation_step,
    no_batches,
    parts,
    run_evaluation,
    training_step,
)


def fit(
    model: Any, data: Iterable[Any], loss: Any, optimizer: Any, epochs: int = 1, *,
    metrics: Sequence[Any] = (), validation: Iterable[Any] | None = None, scheduler: Any = None,
    scheduler_every: str = "epoch", callbacks: Sequence[Callback] = (),
    checkpoint: str | os.PathLike[str] | None = None, checkpoint_steps: int | None = None,
    resume: bool = True, clip_norm: float | None = None, compile: bool = True,
    detect_anomaly: bool = False, console: Any = None, notes: dict[str, Any] | None = None,
) -> History:
    """Train a model and return the History of its epochs.

    data, validation: batches (inputs..., target), such as a DataLoader's. loss(output, target)
    gives a mean. epochs counts over all runs that share a checkpoint. scheduler.step() follows
    each epoch (or "step"); a ReduceLROnPlateau gets the validation loss. clip_norm limits the
    gradients' norm. console: a rich Console to show progress on, None for silence.
    detect_anomaly: stop at the first operation that makes a NaN, with its name and line; slow.

    checkpoint: a file that is written after each epoch, and after every checkpoint_steps steps
    of one. If it is there, and unless resume is False, the training goes on from it and ends with
    the same bits as one that never stopped. A history.json is written beside it. notes: what is
    saved with it, and must be the same when it is resumed.

    Raises DataError for data without a batch, ArgumentError if a checkpoint is of another
    training, FormatError if it is damaged, ResourceError if it cannot be written.
    """
    if not isinstance(epochs, int) or isinstance(epochs, bool) or epochs < 1:
        raise ArgumentError(message("fit: epochs", expected="a whole number >= 1",
                                    got=repr(epochs)))
    if scheduler_every not in ("epoch", "step"):
        raise ArgumentError(message("fit: scheduler_every", expected='"epoch" or "step"',
                                    got=repr(scheduler_every)))
    run = Run(model, optimizer, loss, as_metrics(metrics), scheduler, list(callbacks), notes or {})
    run.scheduler_every, run.clip_norm, run.compile = scheduler_every, clip_norm, compile
    run.path = None if checkpoint is None else Path(checkpoint)
    run.checkpoint_steps = checkpoint_steps if checkpoint is not None else None
    run.generator = getattr(data, "generator", None)
    if run.path is not None and resume and run.path.exists():
        run.load()
    searching: Any = nullcontext()
    if detect_anomaly:
        searching = set_detect_anomaly(True, forward=True)
    with Progress(console) as progress, searching:
        run.go(data, validation, epochs, progress)
    return run.history


def evaluate(
    model: Any, data: Iterable[Any], loss: Any, *, metrics: Sequence[Any] = (),
    compile: bool = True,
) -> dict[str, float]:
    """{"loss": mean, metric name: mean} over the batches of data, in evaluation mode."""
    chosen = as_metrics(metrics)
    return run_evaluation(model, data, evaluation_step(model, loss, chosen, compile), chosen)


class Run:
    """A training in progress: what `fit` was given, and how far it is.

    epoch: how many are complete; batch: how many of the next one are; stop: set it to end.
    """

    scheduler_every = "epoch"
    clip_norm: float | None = None
    compile = True
    path: Path | None = None
    checkpoint_steps: int | None = None
    generator: Any = None  # the loader's own random stream, if it has one

    def __init__(
        self, model: Any, optimizer: Any, loss: Any, metrics: list[Metric], scheduler: Any,
        callbacks: list[Callback], notes: dict[str, Any],
    ) -> None:
        self.model, self.optimizer, self.loss = model, optimizer, loss
        self.metrics, self.scheduler, self.callbacks = metrics, scheduler, callbacks
        self.notes = notes
        self.history = History()
        self.epoch = self.batch = self.step_count = 0
        self.stop = False
        self.seconds = 0.0
        self.averages = self._fresh_averages()
        self.started_with: Any = None  # the random state when the present epoch began

    def _fresh_averages(self, sums: dict[str, float] | None = None) -> Averages:
        return Averages(["loss", *(m.name for m in self.metrics)], sums)

    # -- the loop ------------------------------------------------------------------------------

    def go(
        self, data: Iterable[Any], validation: Iterable[Any] | None, epochs: int,
        progress: Progress,
    ) -> None:
        """Train until `epochs` epochs are complete."""
        step = training_step(self.model, self.loss, self.optimizer, self.metrics, self.clip_norm,
                             self.compile)
        check = evaluation_step(self.model, self.loss, self.metrics, self.compile)
        for callback in self.callbacks:
            callback.on_start(self)
        while self.epoch < epochs and not self.stop:
            self._one_epoch(data, step, epochs, progress)
            found = (
                {} if validation is None
                else run_evaluation(self.model, validation, check, self.metrics)
            )
            self._end_epoch(found, progress)
        for callback in self.callbacks:
            callback.on_end(self)

    def _one_epoch(self, data: Iterable[Any], step: Any, epochs: int, progress: Progress) -> None:
        self.model.train()
        progress.begin(self.epoch + 1, epochs, self.batch, length_of(data))
        before = time.perf_counter()
        for batch in self._batches(data):
            inputs, target = parts(batch)
            value = counted(self.averages, step(*inputs, target), int(target.shape[0]),
                            self.metrics)
            self.batch += 1
            self.step_count += 1
            if self.scheduler is not None and self.scheduler_every == "step":
                self._schedule(value)
            for callback in self.callbacks:
                callback.on_step(self, value)
            progress.advance(self.averages)
            if self.checkpoint_steps and self.batch % self.checkpoint_steps == 0:
                self.save()
        if not self.averages.sums["samples"]:
            raise no_batches("fit")
        self.seconds += time.perf_counter() - before

    def _batches(self, data: Iterable[Any]) -> Iterator[Any]:
        """The batches of the present epoch that are still to come."""
        if self.batch == 0:
            self.started_with = random_state(self.generator)
            yield from data
            return
        now = random_state(self.generator)
        set_random_state(self.started_with, self.generator)
        loader = isinstance(data, DataLoader)
        rest = data.batches(self.batch) if loader else islice(data, self.batch, None)
        set_random_state(now, self.generator)
        yield from rest

    def _end_epoch(self, found: dict[str, float], progress: Progress) -> None:
        record = {"epoch": self.epoch + 1, **self.averages.means()}
        record |= {f"val_{name}": value for name, value in found.items()}
        record["lr"] = float(self.optimizer.param_groups[0]["lr"])
        record["seconds"] = round(self.seconds, 3)
        self.history.records.append(record)
        self.epoch, self.batch, self.seconds = self.epoch + 1, 0, 0.0
        self.averages = self._fresh_averages()
        if self.scheduler is not None and self.scheduler_every == "epoch":
            self._schedule(record.get("val_loss", record["loss"]))
        for callback in self.callbacks:
            callback.on_epoch(self, record)
        progress.end(described(record))
        if self.path is not None:
            self.save()

    def _schedule(self, value: float) -> None:
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(value)
        else:
            self.scheduler.step()

    # -- checkpoints ---------------------------------------------------------------------------

    def save(self) -> None:
        """Write the checkpoint and the history."""
        assert self.path is not None
        notes = {
            "of": self.notes, "epoch": self.epoch, "batch": self.batch, "steps": self.step_count,
            "stop": self.stop, "seconds": self.seconds, "sums": self.averages.sums,
            "history": self.history.records, "random": random_state(self.generator),
            "started_with": self.started_with,
            "scheduler": None if self.scheduler is None else self.scheduler.state_dict(),
            "callbacks": [c.state_dict() for c in self.callbacks],
        }
        save_checkpoint(self.path, Checkpoint(
            dict(self.model.state_dict()), self.optimizer.state_dict(), notes
        ))
        write_json(self.path.with_name("history.json"), self.history.records)

    def load(self) -> None:
        """Go on from the checkpoint."""
        assert self.path is not None
        found = load_checkpoint(self.path)
        notes = found.notes
        if notes.get("of", {}) != self.notes or found.optimizer is None:
            raise ArgumentError(
                message(
                    f"{self.path} is the checkpoint of another training",
                    expected=_words(self.notes), got=_words(notes.get("of", {})),
                    hint="use another folder, or begin anew without resuming",
                )
            )
        if len(notes["callbacks"]) != len(self.callbacks):
            raise ArgumentError(
                message(f"{self.path} was written with other callbacks",
                        expected=str(len(self.callbacks)), got=str(len(notes["callbacks"])))
            )
        self.model.load_state_dict(found.model)
        self.optimizer.load_state_dict(found.optimizer)
        if self.scheduler is not None and notes["scheduler"] is not None:
            self.scheduler.load_state_dict(notes["scheduler"])
        for callback, state in zip(self.callbacks, notes["callbacks"], strict=True):
            callback.load_state_dict(state)
        self.epoch, self.batch, self.step_count = notes["epoch"], notes["batch"], notes["steps"]
        self.stop, self.seconds = notes["stop"], notes["seconds"]
        self.averages = self._fresh_averages(notes["sums"])
        self.history = History(notes["history"])
        self.started_with = notes["started_with"]
        set_random_state(notes["random"], self.generator)


def length_of(data: Any) -> int | None:
    """How many batches there are, if that is known."""
    try:
        return len(data)
    except TypeError:
        return None


def _words(notes: dict[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in notes.items()) or "no description"
