"""Executables: a graph made runnable on memory.

Calling order of pointers everywhere: the inputs in order, then the outputs that do not take the
memory of an input, in order.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import IndexOutOfRange
from pentad.graph.node import Graph, Node
from pentad.passes.pipeline import run as run_passes
from pentad.runtime import debug, interpreter
from pentad.runtime.kernels import addresses
from pentad.runtime.launch import Call as NativeCall
from pentad.runtime.launch import Fixup, LaunchBlock, launch_released
from pentad.runtime.memory import Storage, allocate
from pentad.schedule.layout import Layout, Strides, contiguous
from pentad.schedule.lower import lower
from pentad.schedule.program import Buffer, Call, HostStep, Program
from pentad.target import cpu
from pentad.target.cpu import CpuTarget

__all__ = ["Executable", "build", "contiguous_strides", "memory_view"]

contiguous_strides = contiguous

_SHORT_TASKS = 64  # of some microseconds each


def build(
    graph: Graph,
    input_strides: Sequence[Strides | None],
    *,
    donated: Mapping[int, int] | None = None,
    specialise: bool = False,
    target: CpuTarget | None = None,
) -> Executable:
    """Make a graph of concrete sizes runnable.

    input_strides: of each input in elements; None means row-major contiguous.
    donated: output index -> index of the input whose memory (and strides) it is written to; no
    other input may overlap that memory.
    specialise: kernels may know the sizes (compiled mode); otherwise they take them at run time.
    """
    target = target or cpu.default()
    given = {
        i: tuple(s)
        for i, (s, n) in enumerate(zip(input_strides, graph.inputs, strict=True))
        if s is not None and tuple(s) != contiguous(n.shape)  # type: ignore[arg-type]
    }
    with debug.building(graph) as made:
        primitive = run_passes(graph)
        program = lower(
            primitive, target, input_strides=given, donated=donated, specialise=specialise
        )
        made.append(program)
        return Executable(program, target)


class Executable:
    """A Program with its machine code, its arena and its call table.

    block: the address of the launch block for `runtime.launch.launch_function()`, or None if the
    program has steps in Python and must go through `run`.
    short: it has a block, and takes so little time that other Python threads can wait for it.
    """

    def __init__(self, program: Program, target: CpuTarget) -> None:
        self.program = program
        self._nargs = len(program.inputs) + sum(
            b.place == "output" for b in program.output_buffers
        )
        self._arena: Storage = allocate(max(program.arena_bytes, 1))
        self._segments: list[LaunchBlock | HostStep] = []
        for host, steps in groupby(program.steps, lambda s: isinstance(s, HostStep)):
            if host:
                self._segments.extend(steps)  # type: ignore[arg-type]
            else:
                self._segments.append(self._block(list(steps), target))  # type: ignore[arg-type]
        if not self._segments:
            self._segments.append(self._block([], target))
        first = self._segments[0]
        alone = len(self._segments) == 1 and isinstance(first, LaunchBlock)
        self.block: int | None = first.address if alone else None  # type: ignore[union-attr]
        tasks = [-(-c.n // max(1, c.chunk)) for c in program.steps if isinstance(c, Call)]
        self.short = alone and sum(tasks) <= _SHORT_TASKS

    def run(self, pointers: Sequence[int]) -> int:
        """Compute; 0 means that every index was in range. Other Python threads may run."""
        for segment in self._segments:
            if isinstance(segment, HostStep):
                try:
                    self._run_host(segment, pointers)
                except IndexOutOfRange:
                    return 1
            else:
                status = launch_released(segment, pointers)
                if status:
                    return status
        return 0

    def _block(self, calls: Sequence[Call], target: CpuTarget) -> LaunchBlock:
        codes = addresses([c.spec for c in calls], target)
        native, fixups = [], []
        for number, (call, code) in enumerate(zip(calls, codes, strict=True)):
            slots: list[int | None] = []
            for slot, buffer in enumerate(call.buffers):
                if buffer.place == "arena":
                    slots.append(self._arena.ptr + buffer.index)
                else:
                    slots.append(None)
                    fixups.append(Fixup(self._argument(buffer), number, slot))
            native.append(
                NativeCall(code, slots, call.params, call.n, call.chunk, checked=call.checked)
            )
        return LaunchBlock(native, fixups, self._nargs, keep=self._arena)

    def _argument(self, buffer: Buffer) -> int:
        return buffer.index + (len(self.program.inputs) if buffer.place == "output" else 0)

    def _run_host(self, step: HostStep, pointers: Sequence[int]) -> None:
        arrays = []
        for (buffer, layout), node in zip(step.buffers, step.node.inputs, strict=True):
            view = memory_view(self._pointer(buffer, pointers), node, layout)
            arrays.append(dtypes.from_memory(view, node.dtype))
        value = interpreter.evaluate(step.node, arrays)
        target = memory_view(self._pointer(step.result, pointers), step.node, step.home)
        target[...] = dtypes.to_memory(value, step.node.dtype)

    def _pointer(self, buffer: Buffer, pointers: Sequence[int]) -> int:
        if buffer.place == "arena":
            return self._arena.ptr + buffer.index
        return pointers[self._argument(buffer)]


def memory_view(pointer: int, node: Node, layout: Layout) -> np.ndarray:
    """A NumPy view of a value in memory; the caller keeps the memory alive."""
    shape, dtype = layout.shape, node.dtype
    if 0 in shape:
        return np.empty(shape, dtype=dtype.memory)
    ends = [s * (n - 1) for n, s in zip(shape, layout.strides, strict=True)]
    low = layout.offset + sum(e for e in ends if e < 0)
    high = layout.offset + sum(e for e in ends if e > 0)
    raw = (ctypes.c_char * ((high - low + 1) * dtype.itemsize)).from_address(
        pointer + low * dtype.itemsize
    )
    flat = np.frombuffer(raw, dtype=dtype.memory)
    strides = [s * dtype.itemsize for s in layout.strides]
    return np.lib.stride_tricks.as_strided(flat[layout.offset - low :], shape, strides)
