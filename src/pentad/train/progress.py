"""The progress bar of a training."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from pentad.train.metrics import Averages

_PAUSE = 0.1


class Progress:
    """A bar for the present epoch and a line for each one that is complete.

    Without a console nothing is shown; on one that is no terminal (a log file), only the lines.
    """

    def __init__(self, console: Any) -> None:
        self.console = console
        self._bar: Any = None
        self._task: Any = None
        self._shown = 0.0
        self._done = 0

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

    def begin(self, epoch: int, epochs: int, done: int, total: int | None) -> None:
        """Show the bar of an epoch."""
        self._done = done
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(
                f"epoch {epoch}/{epochs}", total=total, completed=done, words=""
            )

    def advance(self, averages: Averages) -> None:
        """Count a step; the screen is written ten times a second at most."""
        self._done += 1
        if self._bar is None or time.monotonic() - self._shown < _PAUSE:
            return
        self._shown = time.monotonic()
        means = averages.means()
        words = "  ".join(
            f"{k} {v:.2%}" if "accuracy" in k else f"{k} {v:.4f}" for k, v in means.items()
        )
        self._bar.update(self._task, completed=self._done, words=words)

    def end(self, line: str) -> None:
        """Show the line of an epoch that is complete."""
        if self.console is not None:
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)
