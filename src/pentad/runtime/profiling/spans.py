"""What a profile hears of besides kernels: compiling, steps in Python, fresh memory.

Each place that does such a thing says so by `span`. While nobody listens that is a test of one
variable, in places that take many microseconds anyway.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple


class Span(NamedTuple):
    """Something that took from `begin` to `end` (nanoseconds of `clock`) on a thread.

    category: "compile", "host" (a step that runs in Python), "part" (one that the program names)
    or "memory".
    """

    category: str
    name: str
    begin: int
    end: int
    thread: int
    source: str | None = None


heard: list[Span] | None = None
"""The spans of the running profile; None while there is none."""

_SILENT: AbstractContextManager[None] = nullcontext()


def clock() -> int:
    """Nanoseconds of the clock that native code reads too."""
    if sys.platform == "win32":
        return time.perf_counter_ns()
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def span(
    category: str, name: str, source: str | None = None
) -> AbstractContextManager[None]:
    """Around something that a profile should show."""
    return _SILENT if heard is None else _Listening(category, name, source)


class _Listening(AbstractContextManager[None]):
    def __init__(self, category: str, name: str, source: str | None) -> None:
        self._what = category, name
        self._source = source
        self._begin = clock()

    def __exit__(self, *_: object) -> None:
        if heard is not None:
            place = self._begin, clock(), threading.get_ident()
            heard.append(Span(*self._what, *place, self._source))
