"""Run: a training in progress, which can be saved at any step and gone on with."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from pentad.data.loader import DataLoader
from pentad.graph.errors import ArgumentError, message
from pentad.optim.lr_scheduler import ReduceLROnPlateau
from pentad.train.callbacks import Callback
from pentad.train.checkpoint import (
    Checkpoint,
    load_checkpoint,
    random_state,
    save_checkpoint,
    set_random_state,
    write_json,
)
from pentad.train.evaluation import evaluation_step, no_batches, run_evaluation
from pentad.train.history import History, described
from pentad.train.metrics import Metric, Totals
from pentad.train.nonfinite import nonfinite
from pentad.train.progress import Progress
from pentad.train.steps import How, Step, parts, samples_of


class Run:
    """A training in progress: what `fit` was given, and how far it is.

    epoch: how many are complete; batch: how many of the next one are; step_count: how many in
    all; updates: how often the parameters were updated; stop: set it to end.
    """

    scheduler_every = "epoch"
    path: Path | None = None
    checkpoint_steps: int | None = None
    generator: Any = None  # the loader's own random stream, if it has one

    def __init__(
        self, model: Any, optimizer: Any, loss: Any, metrics: list[Metric], scheduler: Any,
        callbacks: list[Callback], how: How, notes: dict[str, Any],
    ) -> None:
        self.model, self.optimizer, self.loss = model, optimizer, loss
        self.metrics, self.scheduler, self.callbacks = metrics, scheduler, callbacks
        self.how, self.notes = how, notes
        self.history = History()
        self.epoch = self.batch = self.step_count = self.updates = 0
        self.stop = False
        self.seconds = 0.0
        self.step = Step(model, loss, optimizer, metrics, how)
        self.totals = Totals(metrics)
        self.loader: DataLoader | None = None
        self.given: list[int] = []  # of batches that come as they are made: see DataLoader
        self.last_loss = 0.0  # of the last step, which an update at the end of an epoch may need
        self.started_with: Any = None  # the random state when the present epoch began

    # -- the loop ------------------------------------------------------------------------------

    def go(
        self, data: Iterable[Any], validation: Iterable[Any] | None, epochs: int,
        progress: Progress,
    ) -> None:
        """Train until `epochs` epochs are complete."""
        check = evaluation_step(self.model, self.loss, self.metrics, self.how)
        for callback in self.callbacks:
            callback.on_start(self)
        while self.epoch < epochs and not self.stop:
            self._one_epoch(data, epochs, progress)
            self._end_epoch(validation, check, progress)
        if self.step.average is not None:
            self.step.average.exchange()
        for callback in self.callbacks:
            callback.on_end(self)

    def _one_epoch(self, data: Iterable[Any], epochs: int, progress: Progress) -> None:
        self.model.train()
        totals = self.totals
        progress.begin(self.epoch + 1, epochs, self.batch, length_of(data), totals.samples)
        before = time.perf_counter() - self.seconds
        by_step = self.scheduler is not None and self.scheduler_every == "step"
        for batch in self._batches(data):
            inputs, target = parts(batch)
            samples = samples_of(target)
            drawn = random_state() if self.how.stop_at_nan else None
            (loss, *results), updated = self.step(inputs, target, samples)
            value = self.last_loss = float(loss.item())
            if drawn is not None and self.step.bad.item():
                place = f"epoch {self.epoch + 1}, batch {self.batch + 1}"
                raise nonfinite(self.step, (*inputs, target), value, place, drawn)
            totals.add(samples, value, results)
            self.batch += 1
            self.step_count += 1
            if updated:
                self.updates += 1
                if by_step:
                    self._schedule(value)
            for callback in self.callbacks:
                callback.on_step(self, value)
            progress.advance(totals)
            if self.checkpoint_steps and self.batch % self.checkpoint_steps == 0:
                self.seconds = time.perf_counter() - before
                self.save()
        if not totals.samples:
            raise no_batches("fit")
        if self.step.apply():
            self.updates += 1
            if by_step:
                self._schedule(self.last_loss)
        self.seconds = time.perf_counter() - before

    def _batches(self, data: Iterable[Any]) -> Iterator[Any]:
        """The batches of the present epoch that are still to come."""
        self.loader = data if isinstance(data, DataLoader) else None
        if self.batch == 0:
            self.started_with = random_state(self.generator)
            yield from data
            return
        now = random_state(self.generator)
        set_random_state(self.started_with, self.generator)
        rest = (
            data.batches(self.batch, self.given) if isinstance(data, DataLoader)
            else islice(data, self.batch, None)
        )
        set_random_state(now, self.generator)
        yield from rest

    def _end_epoch(
        self, validation: Iterable[Any] | None, check: Any, progress: Progress
    ) -> None:
        average = self.step.average
        rate = self.totals.samples / max(self.seconds, 1e-9)
        with nullcontext() if average is None else average.in_place():
            found = (
                {} if validation is None
                else run_evaluation(self.model, validation, check, self.metrics)
            )
            record = {"epoch": self.epoch + 1, **self.totals.results()}
            record |= {f"val_{name}": value for name, value in found.items()}
            record["lr"] = float(self.optimizer.param_groups[0]["lr"])
            record["seconds"] = round(self.seconds, 3)
            self.history.records.append(record)
            self.epoch, self.batch, self.seconds = self.epoch + 1, 0, 0.0
            self.totals = Totals(self.metrics)
            if self.scheduler is not None and self.scheduler_every == "epoch":
                self._schedule(record.get("val_loss", record["loss"]))
            for callback in self.callbacks:
                callback.on_epoch(self, record)
        progress.end(described(record, rate))
        if self.path is not None:
            self.save()

    def _schedule(self, value: float) -> None:
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(value)
        else:
            self.scheduler.step()

    # -- checkpoints ---------------------------------------------------------------------------

    def keep(self, path: Path, steps: int | None, resume: bool) -> None:
        """Write a checkpoint after each epoch, and after so many steps of one; go on from the one
        that is there, if that is asked."""
        self.path, self.checkpoint_steps = path, steps
        if resume and path.exists():
            self.load()

    def save(self) -> None:
        """Write the checkpoint and the history."""
        assert self.path is not None
        notes = {
            "of": self.notes, "epoch": self.epoch, "batch": self.batch,
            "given": self.loader.state_dict()["given"] if self.loader else [],
            "steps": self.step_count, "updates": self.updates, "stop": self.stop,
            "seconds": self.seconds, "totals": self.totals.state_dict(),
            "step": self.step.state_dict(),
            "history": self.history.records, "random": random_state(self.generator),
            "started_with": self.started_with, "last_loss": self.last_loss,
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
        if notes["of"] != self.notes or found.optimizer is None:
            raise ArgumentError(
                message(
                    f"{self.path} is the checkpoint of another training",
                    expected=_words(self.notes), got=_words(notes["of"]),
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
        self.step.load_state_dict(notes["step"])
        self.epoch, self.batch, self.step_count = notes["epoch"], notes["batch"], notes["steps"]
        self.updates, self.given = notes["updates"], notes.get("given", [])
        self.stop, self.seconds = notes["stop"], notes["seconds"]
        self._load_totals(notes["totals"])
        self.history = History(notes["history"])
        self.started_with, self.last_loss = notes["started_with"], notes["last_loss"]
        set_random_state(notes["random"], self.generator)

    def _load_totals(self, saved: dict[str, Any]) -> None:
        if len(saved["values"]) != len(self.metrics):
            raise ArgumentError(
                message(f"{self.path} was written with other metrics",
                        expected=str(len(self.metrics)), got=str(len(saved["values"])))
            )
        self.totals.load_state_dict(saved)


def length_of(data: Any) -> int | None:
    """How many batches there are, if that is known."""
    try:
        return len(data)
    except TypeError:
        return None


def _words(notes: dict[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in notes.items()) or "no description"
