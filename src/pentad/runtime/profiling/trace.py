"""A profile as a Chrome trace: JSON in the Trace Event Format, which Perfetto reads too.

Times are microseconds since the block was entered. Every thread is a lane: on those of callers,
launches with their kernels inside, steps in Python, compiling; on those of workers, the tasks
that they took.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pentad.runtime.profiling.profile import Event, profile

JsonEvent = dict[str, Any]


def write(prof: profile, path: Path) -> None:
    """Write the trace of a profile."""
    with path.open("w", encoding="utf-8") as file:
        json.dump({"traceEvents": list(_events(prof)), "displayTimeUnit": "ms"}, file)


def _events(prof: profile) -> Iterator[JsonEvent]:
    lanes = _lanes(prof)
    pid = os.getpid()
    yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": "pentad"}}
    for lane, name in lanes.values():
        place = {"pid": pid, "tid": lane}
        yield {"ph": "M", "name": "thread_name", **place, "args": {"name": name}}
        yield {"ph": "M", "name": "thread_sort_index", **place, "args": {"sort_index": lane}}
    for name, begin, end, thread in _launches(prof.events):
        yield _complete(prof, name, "launch", begin, end, pid, lanes[thread][0], {})
    for events, category in ((prof.events, None), (prof.tasks, "task")):
        for e in events:
            what = e.what
            name = f"{what.kind}: {what.name}" if what.name else what.kind
            yield _complete(
                prof, name, category or what.kind, e.begin, e.end, pid, lanes[e.thread][0],
                {} if category else _details(e),
            )


def _complete(
    prof: profile, name: str, category: str, begin: int, end: int, pid: int, tid: int,
    args: dict[str, Any],
) -> JsonEvent:
    """A complete event: one with a beginning and a duration."""
    return {
        "ph": "X", "name": name, "cat": category, "pid": pid, "tid": tid,
        "ts": (begin - prof.begin) / 1e3, "dur": (end - begin) / 1e3, "args": args,
    }  # fmt: skip


def _details(event: Event) -> dict[str, Any]:
    what, nanoseconds = event.what, max(1, event.end - event.begin)
    found: dict[str, Any] = {"size": what.size, "line": what.source, "program": what.program}
    if what.flops:
        found["GFLOP/s"] = round(what.flops / nanoseconds, 3)
    if what.bytes:
        found["GB/s"] = round(what.bytes / nanoseconds, 3)
    return {key: value for key, value in found.items() if value}


def _lanes(prof: profile) -> dict[int, tuple[int, str]]:
    """Of each thread the number of its lane and its name: callers first, the block's on top."""
    callers = dict.fromkeys((prof.main_thread, *(e.thread for e in prof.events)))
    workers = [t for t in dict.fromkeys(e.thread for e in prof.tasks) if t not in callers]
    names = {t: prof.names.get(t, "thread") for t in callers}
    names.update({t: f"worker {i}" for i, t in enumerate(sorted(workers), 1)})
    return {t: (lane, name) for lane, (t, name) in enumerate(names.items(), 1)}


def _launches(events: Iterable[Event]) -> Iterator[tuple[str, int, int, int]]:
    """(name, begin, end, thread) of each run of a program's calls of which there are several.

    A run ends where the numbers of its calls no longer grow: there the next one begins.
    """
    running: dict[tuple[int, str], tuple[int, int, int, int]] = {}
    for e in events:
        what = e.what
        if what.index < 0:
            continue
        key = (e.thread, what.program)
        begin, end, last, count = running.get(key, (e.begin, e.end, -1, 0))
        if what.index <= last:
            if count > 1:
                yield what.program, begin, end, e.thread
            begin, count = e.begin, 0
        running[key] = begin, max(e.end, end if count else 0), what.index, count + 1
    for (thread, name), (begin, end, _, count) in running.items():
        if count > 1:
            yield name, begin, end, thread
