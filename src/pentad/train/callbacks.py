"""Callbacks: what happens beside the training itself, after each step and each epoch."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pentad.graph.errors import ArgumentError, message
from pentad.tensor.serialize import save

if TYPE_CHECKING:
    from pentad.train.fit import Run


class Callback:
    """The base; every method does nothing. `run` is the training: model, optimizer, history.

    What `state_dict` gives is saved with checkpoints, so that a resumed training goes on as if it
    had never stopped; it has to be numbers, texts and lists.
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
        if self.monitor not in record:
            raise ArgumentError(
                message(f"{type(self).__name__}: nothing is called {self.monitor!r}",
                        expected=", ".join(record), got=self.monitor,
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
    """Ends the training when a quantity has not improved for `patience` epochs."""

    def __init__(
        self, monitor: str = "val_loss", patience: int = 3, min_delta: float = 0.0,
        mode: str = "min",
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience, self.waited = patience, 0

    def on_epoch(self, run: Run, record: dict[str, Any]) -> None:
        """Count the epochs without improvement."""
        self.waited = 0 if self.improved(record) else self.waited + 1
        if self.waited >= self.patience:
            run.stop = True

    def state_dict(self) -> dict[str, Any]:
        """The best value and the count."""
        return {"best": self.best, "waited": self.waited}


class ModelCheckpoint(_Watching):
    """Saves the weights (a safetensors file) whenever a quantity is better than ever before."""

    def __init__(
        self, path: str | os.PathLike[str], monitor: str = "val_loss", mode: str = "min"
    ) -> None:
        super().__init__(monitor, mode)
        self.path = Path(path)

    def on_epoch(self, run: Run, record: dict[str, Any]) -> None:
        """Save if this epoch is the best one."""
        if self.improved(record):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            notes = {"epoch": str(record["epoch"]), self.monitor: repr(record[self.monitor])}
            save(run.model.state_dict(), self.path, metadata=notes)

    def state_dict(self) -> dict[str, Any]:
        """The best value."""
        return {"best": self.best}


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
