"""The progress bar of a training."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from pentad.train.history import per_second, shown
from pentad.train.metrics import Totals

_PAUSE = 0.1


class Progress:
    """A bar for the present epoch and a line for each one that is complete.

    The bar has the steps, the time that is left, samples per second, the loss and the metrics.
    Without a console nothing is shown; on one that is no terminal (a log file), only the lines.
    """

    def __init__(self, console: Any) -> None:
        self.console = console
        self._bar: Any = None
        self._task: Any = None
        self._shown = self._began = 0.0
        self._done = self._samples = 0

    def __enter__(self) -> Progress:
        if self.console is not None and self.console.is_terminal:
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                TimeRemainingColumn(), TextColumn("{task.fields[words]}"),
                console=self.console, transient=True,
            )
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, epoch: int, epochs: int, done: int, total: int | None, samples: int) -> None:
        """Show the bar of an epoch of which `done` steps of `total` are made, with `samples`."""
        self._done, self._samples = done, samples
        self._began = time.monotonic()
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(
                f"epoch {epoch}/{epochs}", total=total, completed=done, words=""
            )

    def advance(self, totals: Totals) -> None:
        """Count a step; the screen is written ten times a second at most."""
        self._done += 1
        if self._bar is None:
            return
        now = time.monotonic()
        if now - self._shown < _PAUSE:
            return
        self._shown = now
        words = [per_second((totals.samples - self._samples) / max(now - self._began, 1e-9))]
        words += [
            shown(name, value) for name, value in totals.results(live=True).items()
            if isinstance(value, (int, float))
        ]
        self._bar.update(self._task, completed=self._done, words="  ".join(words))

    def end(self, line: str) -> None:
        """Show the line of an epoch that is complete."""
        if self.console is not None:
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)
