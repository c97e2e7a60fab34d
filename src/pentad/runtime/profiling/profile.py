"""`pentad.profile`: what ran inside of a `with` block, kernel by kernel."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.runtime.profiling import spans, table, trace
from pentad.runtime.profiling.peaks import Peaks, peaks
from pentad.runtime.profiling.timed import Recording, Timed
from pentad.schedule.cost import Cost, cost
from pentad.schedule.program import Call


@dataclass(frozen=True)
class Row:
    """What was spent on one kind of thing.

    kind: that of a kernel (gemm, conv forward, loop, reduction, pack, scan, sort), "control" for
    native loops and branches, "host" for steps in Python, "part" for those that the program names,
    "compile", "memory"; name: the operations of a kernel; size: its iteration space, reduced
    dimensions in brackets; source: the user's line, if known; seconds: in all, without what ran
    inside of it; inclusive: in all, with that; flops, bytes: in all.
    """

    kind: str
    name: str
    size: str
    source: str | None
    calls: int
    seconds: float
    flops: int = 0
    bytes: int = 0
    double: bool = False
    inclusive: float = 0.0

    @property
    def mean(self) -> float:
        """Seconds of one call."""
        return self.seconds / self.calls

    @property
    def gflops(self) -> float:
        """1e9 operations per second."""
        return self.flops / self.seconds / 1e9 if self.seconds else 0.0

    @property
    def gbytes(self) -> float:
        """1e9 bytes per second."""
        return self.bytes / self.seconds / 1e9 if self.seconds else 0.0


@dataclass(frozen=True)
class Event:
    """One run of a kernel, or one span, on a thread; times in nanoseconds."""

    what: Label
    begin: int
    end: int
    thread: int


@dataclass(frozen=True)
class Label:
    """What an event is: equal labels make one row."""

    kind: str
    name: str
    size: str = ""
    source: str | None = None
    flops: int = 0
    bytes: int = 0
    double: bool = False
    program: str = ""
    index: int = -1

    @property
    def row(self) -> tuple[str, str, str, str | None]:
        return self.kind, self.name, self.size, self.source


class profile:
    """Measures what runs inside of a `with` block: kernels of eager operations and of compiled
    functions, steps in Python, compiling, fresh memory.

    >>> import pentad as pt
    >>> x = pt.randn(64, 64)
    >>> with pt.profile() as prof:
    ...     y = (x @ x).relu().sum()
    >>> [row.name for row in prof.rows if row.kind == "gemm"]
    ['dot_general']

    `print(prof)` shows the table. Raises ArgumentError if a profile runs already. Costs nothing
    while none runs; a running one adds some 0.1 us to each kernel and to each of its tasks.
    """

    def __init__(self) -> None:
        self._recording: Recording | None = None
        self._begin = self._end = 0
        self.main_thread = 0
        self.names: dict[int, str] = {}
        self.events: list[Event] = []
        """Runs of kernels and spans, by their beginning."""
        self.tasks: list[Event] = []
        """Pieces of parallel kernels on the threads that ran them."""
        self.lost = 0
        """Events that found no room; the table knows nothing of them."""

    def __enter__(self) -> profile:
        recording = Recording()
        recording.start()
        self._recording = recording
        self.main_thread = threading.get_ident()
        self._begin = spans.clock()
        return self

    def __exit__(self, *_: object) -> None:
        self._end = spans.clock()
        recording, self._recording = self._recording, None
        assert recording is not None
        recording.stop()
        self.names = {t.ident: t.name for t in threading.enumerate() if t.ident is not None}
        self.lost = recording.lost
        self.events, self.tasks = _labelled(recording)
        self.__dict__.pop("rows", None)

    @staticmethod
    def part(name: str) -> AbstractContextManager[None]:
        """Names a part of the program: a row of its own while a profile runs, else nothing.

        >>> import pentad as pt
        >>> with pt.profile() as prof, pt.profile.part("forward"):
        ...     y = pt.ones(3) + 1
        >>> [row.name for row in prof.rows if row.kind == "part"]
        ['forward']
        """
        return spans.span("part", name)

    @property
    def begin(self) -> int:
        """When the block was entered, in nanoseconds."""
        return self._begin

    @property
    def seconds(self) -> float:
        """How long the block took."""
        return (self._end - self._begin) / 1e9

    @cached_property
    def rows(self) -> list[Row]:
        """What the time was spent on, the longest first; times without what ran inside."""
        found: dict[Any, list[Any]] = {}
        for event, own in zip(self.events, own_times(self.events), strict=True):
            sums = found.setdefault(event.what.row, [event.what, 0, 0, 0, 0, 0])
            whole = event.end - event.begin
            for i, amount in enumerate((1, own, event.what.flops, event.what.bytes, whole), 1):
                sums[i] += amount
        rows = [
            Row(*key, calls, own / 1e9, flops, moved, what.double, whole / 1e9)
            for key, (what, calls, own, flops, moved, whole) in found.items()
        ]
        return sorted(rows, key=lambda row: -row.seconds)

    @property
    def outside(self) -> float:
        """Seconds that the thread of the block spent on nothing in `rows`: in Python, mostly."""
        mine = [e for e in self.events if e.thread == self.main_thread]
        return max(0.0, self.seconds - sum(own_times(mine)) / 1e9)

    @property
    def peaks(self) -> Peaks:
        """What this machine can do; measured by the first who asks, in a second."""
        return peaks()

    def table(self, sort_by: str = "total", limit: int | None = 30) -> str:
        """The rows as text, `limit` of them at most.

        sort_by: total, mean, calls, flops, bytes, gflops, gbytes (largest first), name or source.
        Raises ArgumentError for another one.
        """
        return table.text(self, sort_by, limit)

    def save_trace(self, path: str | Path) -> None:
        """Write a trace for chrome://tracing or ui.perfetto.dev, a lane for each thread."""
        if not self._end:
            raise ArgumentError(
                message("save_trace: nothing was measured yet",
                        hint="leave the `with pentad.profile()` block first")
            )
        trace.write(self, Path(path))

    def __str__(self) -> str:
        return self.table()

    def __rich__(self) -> Any:
        return table.rich_table(self)

    def __repr__(self) -> str:
        return f"<profile: {len(self.events)} events in {self.seconds * 1e3:.3g} ms>"


def own_times(events: Sequence[Event]) -> list[int]:
    """Nanoseconds of each event without those of events inside of it, on its thread.

    `events` come in the order of their beginnings, the outer before the inner.
    """
    own = [e.end - e.begin for e in events]
    open_events: dict[int, list[int]] = {}
    for number, event in enumerate(events):
        stack = open_events.setdefault(event.thread, [])
        while stack and events[stack[-1]].end <= event.begin:
            stack.pop()
        if stack:
            own[stack[-1]] -= event.end - event.begin
        stack.append(number)
    return [max(0, t) for t in own]


def _labelled(recording: Recording) -> tuple[list[Event], list[Event]]:
    """The events of a recording by their beginning (runs and spans, tasks)."""
    labels = _Labels(recording.blocks)
    found: list[Event] = []
    tasks: list[Event] = []
    for number, begin, end, thread in recording.events.tolist():
        label = labels.of(number >> 1)
        if label is not None:
            (tasks if number & 1 else found).append(Event(label, begin, end, thread))
    for span in recording.spans:
        label = Label(span.category, span.name, source=span.source)
        found.append(Event(label, span.begin, span.end, span.thread))
    # Where two begin at once, the one that ends later is the outer one.
    for events in (found, tasks):
        events.sort(key=lambda e: (e.begin, -e.end))
    return found, tasks


class _Labels:
    """What the numbers of calls mean."""

    def __init__(self, blocks: Sequence[Timed]) -> None:
        self._blocks = sorted(blocks, key=lambda b: b.first)
        self._firsts = [b.first for b in self._blocks]
        self._known: dict[int, Label | None] = {}

    def of(self, number: int) -> Label | None:
        """The label of a call; None for one that an earlier recording counted."""
        if number not in self._known:
            at = bisect.bisect_right(self._firsts, number) - 1
            block = self._blocks[at] if at >= 0 else None
            inside = block is not None and number < block.first + block.count
            self._known[number] = _label(block, number - block.first) if inside else None  # type: ignore[arg-type,union-attr]
        return self._known[number]


def _label(block: Timed, index: int) -> Label:
    place = {"program": block.name, "index": index}
    if index >= len(block.steps):
        return Label("native", block.name, **place)
    step = block.steps[index]
    if not isinstance(step, Call):
        return Label("control", step.node.op.name, source=step.node.source, **place)
    work: Cost = cost(step)
    return Label(
        work.kind, step.label, work.size, step.source, work.flops, work.bytes, work.double, **place
    )


def sort_key(sort_by: str) -> Any:
    """A key by which rows are sorted for `table`."""
    largest = {
        "total": "seconds", "mean": "mean", "calls": "calls", "flops": "flops",
        "bytes": "bytes", "gflops": "gflops", "gbytes": "gbytes",
    }  # fmt: skip
    if sort_by in largest:
        return lambda row: -getattr(row, largest[sort_by])
    if sort_by in ("name", "source"):
        return lambda row: getattr(row, sort_by) or ""
    raise ArgumentError(
        message(
            "table: the rows cannot be sorted by this",
            expected=", ".join((*largest, "name", "source")),
            got=repr(sort_by),
        )
    )
