"""torch.utils.benchmark: statements timed as PyTorch does it: on one thread, warm, with medians."""

from __future__ import annotations

import re
import sys
import timeit
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.missing import absent
from pentad.static import message

_MIN_BLOCK = 1e-4  # seconds of a block that outweigh reading the clock
_LONGEST = 10.0


@dataclass(frozen=True)
class TaskSpec:
    """What is timed, and under which names."""

    stmt: str
    setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The label, or the statement."""
        if self.label is None:
            return self.stmt
        return f"{self.label}: {self.sub_label}" if self.sub_label else self.label

    def summarize(self) -> str:
        """What is timed, in lines."""
        parts = [self.title, self.description or ""]
        if self.setup and self.setup != "pass":
            parts.append(f"setup: {self.setup}" if "\n" not in self.setup
                         else "setup:\n" + _indented(self.setup))
        return "\n".join(p for p in parts if p)


@dataclass
class Measurement:
    """Some runs of a statement: seconds of each block of `number_per_run` runs."""

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = None

    @property
    def times(self) -> list[float]:
        """Seconds of one run, by each block."""
        return [t / self.number_per_run for t in self.raw_times]

    mean = property(lambda self: float(np.mean(self.times)))
    median = property(lambda self: float(np.median(self.times)))

    @property
    def iqr(self) -> float:
        """Seconds between the first and the third quartile."""
        low, high = np.percentile(self.times, (25, 75))
        return float(high - low)

    @property
    def significant_figures(self) -> int:
        """Digits of the median that the spread of the blocks allows, at most five."""
        spread = self.iqr / self.median / np.sqrt(len(self.times))
        return int(np.clip(-np.floor(np.log10(max(spread, 1e-9))), 1, 5))

    @property
    def has_warnings(self) -> bool:
        """Do the blocks differ by a tenth or more?"""
        return len(self.times) > 1 and self.iqr / self.median >= 0.1

    def __getattr__(self, name: str) -> Any:
        spec = self.__dict__.get("task_spec")
        if spec is not None and name in ("stmt", "setup", "label", "sub_label", "description",
                                         "env", "num_threads", "title"):
            return getattr(spec, name)
        raise AttributeError(f"a Measurement has no {name!r}")

    @property
    def as_row_name(self) -> str:
        """The row of a comparison: the sub-label, or the statement."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """Measurements of one task as one each."""
        groups: dict[TaskSpec, list[Measurement]] = {}
        for m in measurements:
            groups.setdefault(m.task_spec, []).append(m)
        return [Measurement(1, [t for m in group for t in m.times], spec)
                for spec, group in groups.items()]

    def __repr__(self) -> str:
        unit, scale = _unit(self.median)
        kind = f"<{type(self).__module__}.{type(self).__name__} object at {id(self):#x}>"
        lines = [kind, self.task_spec.summarize()]
        if len(self.times) > 1:
            low, high = np.percentile(self.times, (25, 75))
            lines += [f"  Median: {self.median / scale:.2f} {unit}",
                      f"  IQR:    {self.iqr / scale:.2f} {unit} ({low / scale:.2f} to "
                      f"{high / scale:.2f})"]
        else:
            lines.append(f"  {self.median / scale:.2f} {unit}")
        lines.append(f"  {_plural(len(self.times), 'measurement')}, {self.number_per_run} runs "
                     f"{'per measurement' if len(self.times) > 1 else ''}, "
                     f"{_plural(self.task_spec.num_threads, 'thread')}")
        return "\n".join(lines)


class Timer:
    """Times a statement of Python: `stmt` after `setup`, with the names of `globals`.

    num_threads: those of Pentad meanwhile. ArgumentError for another language than Python.
    """

    def __init__(
        self, stmt: str = "pass", setup: str = "pass", global_setup: str = "",
        timer: Callable[[], float] = timeit.default_timer, globals: dict[str, Any] | None = None,
        label: str | None = None, sub_label: str | None = None, description: str | None = None,
        env: str | None = None, num_threads: int = 1, language: Any = "python",
    ) -> None:
        if str(getattr(language, "name", language)).lower() not in ("python", "py") or global_setup:
            raise pt.ArgumentError(message("Timer: the language of the statement",
                                           expected="Python", got=str(language)))
        stmt, setup = _dedented(stmt), _dedented(setup)
        self._task_spec = TaskSpec(stmt, setup, label, sub_label, description, env, num_threads)
        self._timer = timeit.Timer(stmt, setup, timer, dict(globals or {}))

    def timeit(self, number: int = 1_000_000) -> Measurement:
        """One block of so many runs, after some to warm up."""
        with _threads(self._task_spec.num_threads):
            self._timer.timeit(max(number // 100, 2))
            return self._measured(number, [self._timer.timeit(number)])

    def repeat(self, repeat: int = -1, number: int = -1) -> None:
        """Refused, as in PyTorch: blocked_autorange repeats as often as it has to."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Blocks until min_run_time seconds are over, each long enough for the clock."""
        return self._blocks(lambda times, total: total >= min_run_time, min_run_time, callback)

    def adaptive_autorange(
        self, threshold: float = 0.1, *, min_run_time: float = 0.01,
        max_run_time: float = _LONGEST, callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """Blocks until their interquartile range is below this share of the median."""
        def enough(times: Sequence[float], total: float) -> bool:
            if total < min_run_time or len(times) < 3:
                return False
            low, median, high = np.percentile(times, (25, 50, 75))
            return bool(high - low <= threshold * median) or total >= max_run_time

        return self._blocks(enough, min_run_time, callback)

    def _blocks(
        self, enough: Callable[[Sequence[float], float], bool], least: float,
        callback: Callable[[int, float], Any] | None,
    ) -> Measurement:
        with _threads(self._task_spec.num_threads):
            number, taken = 1, 0.0
            self._timer.timeit(2)
            while (taken := self._timer.timeit(number)) < min(_MIN_BLOCK, least):
                number *= 10
            times: list[float] = []
            while not enough(times, sum(times)):
                taken = self._timer.timeit(number)
                times.append(taken)
                if callback is not None:
                    callback(number, taken)
            return self._measured(number, times)

    def _measured(self, number: int, times: list[float]) -> Measurement:
        return Measurement(number, times, self._task_spec)

    def collect_callgrind(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: instructions are not counted here."""
        raise NotImplementedError("collect_callgrind counts instructions, which Pentad does not; "
                                  "timeit and blocked_autorange measure time")


class Compare:
    """Measurements side by side: a table for each label, a column for each description."""

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results: list[Measurement] = []
        self._trimmed = False
        self.extend_results(results)

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Add more of them."""
        self._results += results

    def trim_significant_figures(self) -> None:
        """Leave out digits that the measurements do not support."""
        self._trimmed = True

    def colorize(self, rowwise: bool = False) -> None:
        """Tables are plain text: nothing changes."""

    def highlight_warnings(self) -> None:
        """Spreads are not marked: nothing changes."""

    def print(self) -> None:
        """Print the tables."""
        sys.stdout.write(f"{self}\n")

    def __str__(self) -> str:
        merged = Measurement.merge(self._results)
        labelled: dict[str, list[Measurement]] = {}
        for m in merged:
            labelled.setdefault(m.task_spec.label or m.task_spec.stmt, []).append(m)
        return "\n".join(self._table(label, found) for label, found in labelled.items())

    def _table(self, label: str, found: Sequence[Measurement]) -> str:
        unit, scale = _unit(min(m.median for m in found))
        columns = list(dict.fromkeys(m.task_spec.description or "" for m in found))
        rows = list(dict.fromkeys((m.task_spec.num_threads, m.as_row_name) for m in found))
        cells = {
            (m.task_spec.num_threads, m.as_row_name, m.task_spec.description or ""): self._cell(
                m, scale) for m in found
        }
        names = max(len(name) for _, name in rows) + 6
        widths = [max([len(c), *(len(cells.get((*row, c), "")) for row in rows)]) for c in columns]
        head = " " * names + "  |  " + "  |  ".join(
            c.center(w) for c, w in zip(columns, widths, strict=True))
        lines = [f"[{f' {label} '.center(len(head) - 2, '-')}]", head]
        for threads in dict.fromkeys(n for n, _ in rows):
            lines.append(f"{threads} threads: ".ljust(len(head), "-"))
            for row in (r for r in rows if r[0] == threads):
                shown = [cells.get((*row, c), "").rjust(w) for c, w in zip(columns, widths,
                                                                           strict=True)]
                lines.append(f"      {row[1]}".ljust(names) + "  |  " + "  |  ".join(shown))
        return "\n".join([*lines, "", f"Times are in {_LONG[unit]} ({unit}).", ""])

    def _cell(self, m: Measurement, scale: float) -> str:
        value = m.median / scale
        if not self._trimmed:
            return f"{value:.1f}"
        digits = max(0, m.significant_figures - 1 - int(np.floor(np.log10(value))))
        return f"{round(value, digits):.{min(digits, 1)}f}"


_LONG = {"ns": "nanoseconds", "us": "microseconds", "ms": "milliseconds", "s": "seconds"}


def _unit(seconds: float) -> tuple[str, float]:
    units = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6))
    return next((u for u in units if seconds >= u[1]), ("ns", 1e-9))


def _plural(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _dedented(code: str) -> str:
    """Code of several lines without their common indentation."""
    lines = code.strip("\n").splitlines()
    least = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[least:] for line in lines).rstrip() or "pass"


def _indented(code: str) -> str:
    return re.sub("^", "  ", code, flags=re.MULTILINE)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = pt.get_num_threads()
    pt.set_num_threads(count)
    try:
        yield
    finally:
        pt.set_num_threads(before)


__getattr__ = absent(__name__)
