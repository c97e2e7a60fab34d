"""Timing of kernels: while a recording runs, launch blocks run another call table.

A block's header says where its call table is. A recording points it to a *timed* table, each of
whose calls reads the clock, runs one call of the usual table, and reads the clock again; tasks of
parallel calls are timed in the same way, on the threads that run them. So kernels, operands and
the launch code stay as they are, and nothing is asked of them while no recording runs.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import threading
import weakref
from array import array
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from pentad.graph.errors import ArgumentError, message
from pentad.runtime import jit
from pentad.runtime.profiling import spans, timed_ir
from pentad.runtime.thread_pool import pool
from pentad.target.code_target import CodeTarget, host

RECORD_WORDS = 8
TABLE_WORD, COUNT_WORD = 3, 2
"""Words of a block's header: the address of its call table, the number of its calls."""
INLINE = 1
"""Flag of a call: never run by several threads."""

_EVENTS = 1 << 21
"""Room of the log: 64 MB of addresses, of which only those written to become memory."""

EVENT = np.dtype([("number", "<i8"), ("begin", "<i8"), ("end", "<i8"), ("thread", "<i8")])


class Timers:
    """The native code that times, and its log. One for the process: threads may always be in it."""

    def __init__(self) -> None:
        text, names = timed_ir.module()
        imports = {"run_program": pool().run_program_address}
        if sys.platform == "win32":
            imports.update({n: _kernel32(n) for n in names})
            names = []
        plain = CodeTarget(host().triple, "", "")
        library = jit.load(
            text, timed_ir.EXPORTS, target=plain, imports=imports, process=names
        )
        library.keep_forever()
        self.call, self.task = library.address("timed_call"), library.address("timed_task")
        private = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if os.name == "posix" else {}
        self._memory = mmap.mmap(-1, _EVENTS * EVENT.itemsize, **private)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        ctypes.c_int64.from_address(library.address("log")).value = start
        self.room = ctypes.c_int64.from_address(library.address("log_room"))
        self.room.value = _EVENTS
        self._count = ctypes.c_int64.from_address(library.address("log_count"))

    def reset(self) -> None:
        """Begin the log anew."""
        self._count.value = 0

    def events(self) -> tuple[np.ndarray, int]:
        """(a copy of the log in the order of its ends, the number of events that found no room)"""
        count = self._count.value
        kept = min(count, self.room.value)
        return np.frombuffer(self._memory, EVENT, kept).copy(), count - kept


def _kernel32(name: str) -> int:
    library: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


@cache
def timers() -> Timers:
    """The timers of this process."""
    return Timers()


class Timed(NamedTuple):
    """A block whose calls have the numbers `first`, `first` + 1, ..."""

    first: int
    count: int
    name: str
    steps: Sequence[Any]


_live: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
_next_number = 0  # of a call; never again, for late threads may note calls of earlier recordings
_lock, _adopting = threading.Lock(), threading.Lock()
_recording: Recording | None = None


def register(block: Any) -> None:
    """A launch block was made: it is timed from now on if a recording runs, or when one starts.

    A block has `words`, its memory, `address`, where that lies, `name`, and `steps`, what its
    calls are; `timed` is for this module.
    """
    _live[id(block)] = block
    if _recording is not None:
        _recording.adopt(block)


class Recording:
    """All calls of all launch blocks of the process between `start` and `stop`."""

    def __init__(self) -> None:
        self.blocks: list[Timed] = []
        self.spans: list[spans.Span] = []
        self.events = np.empty(0, EVENT)
        self.lost = 0
        self._changed: list[tuple[weakref.ref[Any], int]] = []

    def start(self) -> None:
        """Begin. Raises ArgumentError if another recording runs."""
        global _recording
        found = timers()
        with _lock:
            if _recording is not None:
                raise ArgumentError(
                    message(
                        "a profile is running already",
                        expected="one profile at a time",
                        hint="leave the `with pentad.profile()` block first",
                    )
                )
            found.reset()
            spans.heard = self.spans
            _recording = self
        for reference in _live.valuerefs():
            block = reference()
            if block is not None:
                self.adopt(block)

    def adopt(self, block: Any) -> None:
        """Let a block run its timed table."""
        global _next_number
        with _adopting:
            words = block.words
            count = words[COUNT_WORD]
            if block.timed is not None and words[TABLE_WORD] == block.timed.buffer_info()[0]:
                return
            first, _next_number = _next_number, _next_number + count
            usual = words[TABLE_WORD]
            table = _timed_table(words, block.address, first)
            # A thread may still be in the table of an earlier recording.
            block.before, block.timed = block.timed, table
            self.blocks.append(Timed(first, count, block.name, block.steps))
            self._changed.append((weakref.ref(block), usual))
            words[TABLE_WORD] = table.buffer_info()[0]

    def stop(self) -> None:
        """Let the blocks run their usual tables, and take the log."""
        global _recording
        with _lock:
            _recording = None
            spans.heard = None
        with _adopting:
            for reference, usual in self._changed:
                block = reference()
                if block is not None:
                    block.words[TABLE_WORD] = usual
            self._changed.clear()
        self.events, self.lost = timers().events()


def _timed_table(words: array[int], address: int, first: int) -> array[int]:
    """A timed table of the block `words`, whose calls get the numbers from `first` on.

    Per call: a record of timed_call, the record it runs, and the parameters of both timers.
    """
    count = words[COUNT_WORD]
    usual = (words[TABLE_WORD] - address) // 8
    found = timers()
    table = array("q", bytes(8 * count * (2 * RECORD_WORDS + 5)))
    base = table.buffer_info()[0]
    for i in range(count):
        at, inner = i * RECORD_WORDS, (count + i) * RECORD_WORDS
        params = 2 * count * RECORD_WORDS + 5 * i
        record = words[usual + at : usual + at + RECORD_WORDS]
        kernel, buffers, given, n, chunk, flags = record[:6]
        number = 2 * (first + i)
        table[params : params + 5] = array(
            "q", (base + 8 * inner, number, kernel, given, number + 1)
        )
        if 0 < chunk < n and not flags & INLINE:
            record[0], record[2] = found.task, base + 8 * (params + 2)
        table[inner : inner + RECORD_WORDS] = record
        table[at : at + RECORD_WORDS] = array(
            "q", (found.call, buffers, base + 8 * params, 1, 0, INLINE, 0, 0)
        )
    return table
