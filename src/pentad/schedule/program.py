"""Program: kernel calls and host steps on buffers, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pentad.graph.node import Node
from pentad.graph.op import TensorType
from pentad.schedule.layout import Layout
from pentad.schedule.spec import KernelSpec


@dataclass(eq=False)
class Buffer:
    """Memory of a value: that of an input or an output of the program, or a piece of its arena.

    place is "input", "output" or "arena"; index is the number of the input or output, or, once
    memory is planned, the byte offset in the arena.
    """

    place: str
    nbytes: int
    index: int = -1
    first: int = -1
    last: int = -1
    """The first and the last step that touch it."""


@dataclass(eq=False)
class Call:
    """One run of a kernel: buffers by slot, run-time parameters, parallel size and chunk."""

    spec: KernelSpec
    buffers: list[Buffer]
    params: tuple[int, ...]
    n: int
    chunk: int
    label: str = ""
    checked: bool = False


@dataclass(eq=False)
class HostStep:
    """A step that runs in Python: `node`'s reference on the values in `buffers`."""

    node: Node
    buffers: list[tuple[Buffer, Layout]]
    result: Buffer
    home: Layout


Step = Call | HostStep


@dataclass(eq=False)
class Program:
    """Steps in order, and what they run on."""

    inputs: list[TensorType]
    outputs: list[TensorType]
    steps: list[Step] = field(default_factory=list)
    output_buffers: list[Buffer] = field(default_factory=list)
    arena_bytes: int = 0

    @property
    def checked(self) -> bool:
        """Does any kernel report bad indices?"""
        return any(isinstance(s, Call) and s.checked for s in self.steps)


ALIGNMENT = 64


def plan_memory(program: Program) -> None:
    """Give every arena buffer an offset; buffers whose lives do not overlap share memory.

    Greedy by size: the largest first, each at the lowest offset where nothing alive is in its
    way (Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020).
    """
    buffers: dict[Buffer, None] = {}
    for number, step in enumerate(program.steps):
        for b in _touched(step):
            b.first = number if b.first < 0 else b.first
            b.last = number
            if b.place == "arena":
                buffers[b] = None
    placed = _Placed(len(buffers))
    for b in sorted(buffers, key=lambda b: (-b.nbytes, b.first)):
        b.index = placed.add(b)
    program.arena_bytes = max((b.index + _aligned(b.nbytes) for b in buffers), default=0)


def _touched(step: Step) -> Sequence[Buffer]:
    if isinstance(step, Call):
        return step.buffers
    return [*(b for b, _ in step.buffers), step.result]


def _aligned(nbytes: int) -> int:
    return -(-max(nbytes, 1) // ALIGNMENT) * ALIGNMENT


class _Placed:
    """The buffers that have an offset, in the order of their offsets.

    Their number squared is the work of planning: a chain of 20,000 nodes needs NumPy for it.
    """

    def __init__(self, capacity: int) -> None:
        self._rows = np.empty((4, capacity), np.int64)  # start, end, first and last step
        self._count = 0

    def add(self, buffer: Buffer) -> int:
        """The lowest offset where nothing alive is in the buffer's way; it lies there now."""
        start, end, first, last = rows = self._rows[:, : self._count]
        alive = (first <= buffer.last) & (last >= buffer.first)
        below = np.maximum.accumulate(np.concatenate(([0], end[alive])))
        size = _aligned(buffer.nbytes)
        fits = np.append(start[alive] - below[:-1] >= size, True)
        offset = int(below[fits.argmax()])
        at = int(start.searchsorted(offset))
        self._rows[:, at + 1 : self._count + 1] = rows[:, at:]
        self._rows[:, at] = (offset, offset + size, buffer.first, buffer.last)
        self._count += 1
        return offset
