"""Callbacks: what happens beside the training itself, after each step and each epoch."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pentad.graph.errors import ArgumentError, message
from pentad.tensor.serialize import save, write_atomically
from pentad.train.checkpoint import make_folder

if TYPE_CHECKING:
    from pentad.train.run import Run


class Callback:
    """The base; every method does nothing. `run` is the training: model, optimizer, history.

    What `state_dict` gives is saved with checkpoints, so that a resumed training goes on as if it
    had never stopped; it has to be numbers, texts, tensors, and lists and dicts of them.
    """

    def on_start(self, run: Run) -> None:
        """Before the first step, also of a resumed training."""

    def on_step(self, run: Run, loss: float) -> None:
        """After each step."""

    def on_epoch(self, run: Run, record: dict[str, Any]) -> None:
        """After each epoch; `record` is its line of the history. run.stop = True ends it all."""

    def on_end(self, run: Run) -> None:
        """After the last step."""

    def state_dict(self) -> dict[str, Any]:
        """What has to be saved."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what was saved."""
        self.__dict__.update(state)


class LambdaCallback(Callback):
    """Calls functions: on_start(run), on_step(run, loss), on_epoch(run, record), on_end(run)."""

    def __init__(
        self, on_start: Callable[[Any], Any] | None = None,
        on_step: Callable[[Any, float], Any] | None = None,
        on_epoch: Callable[[Any, dict[str, Any]], Any] | None = None,
        on_end: Callable[[Any], Any] | None = None,
    ) -> None:
        given = {"on_start": on_start, "on_step": on_step, "on_epoch": on_epoch, "on_end": on_end}
        for name, function in given.items():
            if function is not None:
                setattr(self, name, function)


class _Watching(Callback):
    """Knows the best value of a quantity so far."""

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        if mode not in ("min", "max") or min_delta < 0:
            raise ArgumentError(
                message(f"{type(self).__name__}", expected='mode "min" or "max", min_delta >= 0',
                        got=f"{mode!r}, {min_delta}")
            )
        self.monitor, self.mode, self.min_delta = monitor, mode, min_delta
        self.best = math.inf if mode == "min" else -math.inf

    def improved(self, record: dict[str, Any]) -> bool:
        """Is this the best value so far? ArgumentError if there is no such quantity."""
        if not isinstance(record.get(self.monitor), (int, float)):
            numbers = [k for k, v in record.items() if isinstance(v, (int, float))]
            raise ArgumentError(
                message(f"{type(self).__name__}: nothing is called {self.monitor!r}",
                        expected=", ".join(numbers), got=self.monitor,
                        hint="pass validation data for the quantities that begin with val_")
            )
        value = record[self.monitor]
        better = (
            value < self.best - self.min_delta
            if self.mode == "min"
            else value > self.best + self.min_delta
        )
        if better:
            self.best = value
        return bool(better)


class EarlyStopping(_Watching):
    """Ends the training when a quantity has not improved for `patience` epochs.

    restore_best: the model ends, then or after the last epoch, with the weights of its best epoch.
    """

    def __init__(
        self, monitor: str = "val_loss", patience: int = 3, min_delta: float = 0.0,
        mode: str = "min", restore_best: bool = False,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience, self.waited = patience, 0
        self.restore_best = restore_best
        self.best_epoch = 0
        self.weights: dict[str, Any] = {}

    def on_epoch(self, run: Run, record: dict[str, Any]) -> None:
        """Count the epochs without improvement."""
        if self.improved(record):
            self.waited, self.best_epoch = 0, record["epoch"]
            if self.restore_best:
                self.weights = {k: t.clone() for k, t in run.model.state_dict().items()}
        else:
            self.waited += 1
        if self.waited >= self.patience:
            run.stop = True

    def on_end(self, run: Run) -> None:
        """Bring the best weights back."""
        if self.weights:
            run.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """The best value, its epoch and weights, and the count."""
        return {"best": self.best, "waited": self.waited, "best_epoch": self.best_epoch,
                "weights": self.weights}


class ModelCheckpoint(_Watching):
    """Saves the weights (a safetensors file) whenever a quantity is better than ever before.

    monitor=None: after every epoch, so that the file has the last weights. (What a training needs
    to be resumed is in `fit(checkpoint=...)`.)
    """

    def __init__(
        self, path: str | os.PathLike[str], monitor: str | None = "val_loss", mode: str = "min"
    ) -> None:
        super().__init__(monitor or "", mode)
        self.path = Path(path)

    def on_epoch(self, run: Run, record: dict[str, Any]) -> None:
        """Save if this epoch is the best one, or if it is not asked which is."""
        if self.monitor and not self.improved(record):
            return
        # One note only: the order of several is not the same in every file.
        note = f"epoch {record['epoch']}"
        if self.monitor:
            note += f", {self.monitor} {record[self.monitor]!r}"
        make_folder(self.path.parent)
        save(run.model.state_dict(), self.path, metadata={"of": note})

    def state_dict(self) -> dict[str, Any]:
        """The best value."""
        return {"best": self.best}


class CSVLogger(Callback):
    """Writes the history as a CSV file after each epoch: whole, and whole again when resumed."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def on_epoch(self, run: Run, record: dict[str, Any]) -> None:
        """Write the file; ResourceError if that is not possible."""
        make_folder(self.path.parent)
        write_atomically(self.path, run.history.to_csv().encode())


class LRMonitor(Callback):
    """Notes the learning rate of each group after every step, in `rates`."""

    def __init__(self) -> None:
        self.rates: list[list[float]] = []

    def on_step(self, run: Run, loss: float) -> None:
        """Note the rates."""
        self.rates.append([group["lr"] for group in run.optimizer.param_groups])

    def state_dict(self) -> dict[str, Any]:
        """The rates so far."""
        return {"rates": self.rates}
