"""Program: kernel calls and host steps on buffers, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

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
    """One run of a kernel: buffers by slot, run-time parameters, parallel size and chunk.

    offsets: bytes from the start of each buffer to where the kernel's operand begins; empty if
    all are 0. source: the user's line of the first op that has one. commits: it writes over an
    input, and must not once a check has failed.
    """

    spec: KernelSpec
    buffers: list[Buffer]
    params: tuple[int, ...]
    n: int
    chunk: int
    label: str = ""
    checked: bool = False
    offsets: tuple[int, ...] = ()
    source: str | None = None
    commits: bool = False


@dataclass(eq=False)
class HostStep:
    """A step that runs in Python: `node`'s reference on the values in `buffers`."""

    node: Node
    buffers: list[tuple[Buffer, Layout]]
    result: Buffer
    home: Layout


class Place(NamedTuple):
    """A buffer and the bytes from its start to where a value begins."""

    buffer: Buffer
    offset: int


@dataclass(eq=False)
class Loop:
    """A loop: runs `body` as often as `node` says, each time after `cond` if there is one.

    operands: carried values at first, sequences, constants, the number of steps if limited;
    results: carried values at last, stacks, the number of steps; x_strides: bytes from step to
    step of each sequence; spare: second places of carried values; flag: what `cond` says.
    """

    node: Node
    body: Program
    cond: Program | None
    operands: list[Place]
    results: list[Buffer]
    x_strides: list[int]
    spare: list[Buffer]
    flag: Buffer
    arena: Buffer

    @property
    def programs(self) -> list[Program]:
        return [self.body] if self.cond is None else [self.cond, self.body]


@dataclass(eq=False)
class Branch:
    """Runs one of two programs on the operands after the first, which says which one."""

    node: Node
    on_true: Program
    on_false: Program
    operands: list[Place]
    results: list[Buffer]
    arena: Buffer

    @property
    def programs(self) -> list[Program]:
        return [self.on_true, self.on_false]


Step = Call | HostStep | Loop | Branch


def in_python(step: Step) -> bool:
    """Does Python run the step, or drive it because of a step in its programs?"""
    if isinstance(step, (Loop, Branch)):
        return any(in_python(s) for p in step.programs for s in p.steps)
    return isinstance(step, HostStep)


@dataclass(eq=False)
class Program:
    """Steps in order, and what they run on.

    The steps of `prologue` come first. They read only inputs that the caller declared steady: they
    run again only when one of those has changed.
    """

    inputs: list[TensorType]
    outputs: list[TensorType]
    steps: list[Step] = field(default_factory=list)
    output_buffers: list[Buffer] = field(default_factory=list)
    arena_bytes: int = 0
    prologue: list[Step] = field(default_factory=list)

    @property
    def checked(self) -> bool:
        """Does any kernel report bad indices?"""
        return any(
            s.checked if isinstance(s, Call)
            else isinstance(s, (Loop, Branch)) and any(p.checked for p in s.programs)
            for s in self.steps
        )


ALIGNMENT = 64


def plan_memory(program: Program) -> None:
    """Give every arena buffer an offset; buffers whose lives do not overlap share memory.

    Greedy by size: the largest first, each at the lowest offset where nothing alive is in its
    way (Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020).
    """
    buffers: dict[Buffer, None] = {}
    for b in (b for step in program.steps for b in _touched(step)):
        b.first = b.last = -1  # of an earlier plan
    for number, step in enumerate(program.steps):
        for b in _touched(step):
            b.first = number if b.first < 0 else b.first
            b.last = number
            if b.place == "arena":
                buffers[b] = None
    for step in program.prologue:
        for b in _touched(step):
            b.first, b.last = -1, len(program.steps)
            if b.place == "arena":
                buffers[b] = None
    placed = _Placed(len(buffers))
    for b in sorted(buffers, key=lambda b: (-b.nbytes, b.first)):
        b.index = placed.add(b)
    program.arena_bytes = max((b.index + _aligned(b.nbytes) for b in buffers), default=0)


def _touched(step: Step) -> Sequence[Buffer]:
    if isinstance(step, Call):
        return step.buffers
    if isinstance(step, (Loop, Branch)):
        found = [*(p.buffer for p in step.operands), *step.results, step.arena]
        return [*found, *step.spare, step.flag] if isinstance(step, Loop) else found
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
