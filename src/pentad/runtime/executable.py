"""Executables: a graph made runnable on memory.

Calling order of pointers everywhere: the inputs in order, then the outputs that do not take the
memory of an input, in order.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import IndexOutOfRange
from pentad.graph.node import Graph, Node
from pentad.passes.pipeline import run as run_passes
from pentad.runtime import debug, interpreter, programs
from pentad.runtime.control import Driven, branch_buffers, loop_buffers, loop_params, tasks_of
from pentad.runtime.kernels import addresses, compile_new
from pentad.runtime.launch import Call as NativeCall
from pentad.runtime.launch import Fixup, LaunchBlock, launch_released, launcher
from pentad.runtime.memory import Storage, allocate
from pentad.runtime.profiling.spans import span
from pentad.runtime.programs import Settings
from pentad.schedule.layout import Layout, Strides, contiguous
from pentad.schedule.lower import lower
from pentad.schedule.program import (
    Branch,
    Buffer,
    Call,
    HostStep,
    Loop,
    Program,
    Step,
    in_python,
)
from pentad.schedule.stored import calls_of
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
    varied: bool = False,
    steady: Collection[int] = (),
    target: CpuTarget | None = None,
    name: str = "graph",
) -> Executable:
    """Make a graph of concrete sizes runnable.

    input_strides: of each input in elements; None means row-major contiguous.
    donated: output index -> index of the input whose memory (and strides) it is written to; no
    other input may overlap that memory.
    specialise: kernels may know the sizes (compiled mode); otherwise they take them at run time.
    varied: the first axis of inputs will have other sizes, and needs no other kernels then.
    steady: inputs that seldom change; `prepare` must be called when one of them has.
    name: what profiles call it.
    """
    target = target or cpu.default()
    given = {
        i: tuple(s)
        for i, (s, n) in enumerate(zip(input_strides, graph.inputs, strict=True))
        if s is not None and tuple(s) != contiguous(n.shape)  # type: ignore[arg-type]
    }
    settings = Settings(given, donated or {}, specialise, varied, steady, target)
    with span("compile", f"build {name}"), debug.building(graph) as made:
        key = programs.key_of(graph, settings)
        program = None if key is None else programs.find(key, graph, target)
        stored = program is not None
        if program is None:
            program = lower(
                run_passes(graph), target, input_strides=given, donated=donated,
                specialise=specialise, varied=varied, steady=steady,
            )  # fmt: skip
        made.append(program)
        executable = Executable(program, target, name)
        if key is not None and not stored:
            programs.keep(key, program, graph, target)
        return executable


class Executable:
    """A Program with its machine code, its arena and its call table.

    block: the address of the launch block for `runtime.launch.launch_function()`, or None if the
    program has steps in Python and must go through `run`.
    short: it has a block, and takes so little time that other Python threads can wait for it.
    loops: it has a loop, so that its time says nothing of the memory that it touches.
    compiled: it has kernels that were new to this process.
    steady: the inputs that the program's prologue reads; `prepare` runs that, once before the
    first `run` and again whenever one of them has changed.
    """

    def __init__(self, program: Program, target: CpuTarget, name: str = "graph") -> None:
        self.program = program
        self.compiled = compile_new(calls_of(program), target)
        self._nargs = _arguments(program)
        self._arena: Storage = allocate(max(program.arena_bytes, 1))
        self._prologue: LaunchBlock | None = None
        self.steady = _inputs_of(program.prologue)
        if program.prologue:
            self._prologue = _block(
                program, program.prologue, target, self._arena.ptr, self._arena,
                f"{name}, prepared",
            )
        self._segments: list[LaunchBlock | HostStep | Driven] = []
        for python, steps in groupby(program.steps, in_python):
            if not python:
                block = _block(program, list(steps), target, self._arena.ptr, self._arena, name)
                self._segments.append(block)
                continue
            for step in steps:
                if isinstance(step, HostStep):
                    self._segments.append(step)
                else:
                    assert isinstance(step, (Loop, Branch))
                    self._segments.append(Driven(step, lambda p: Executable(p, target, name)))
        if not self._segments:
            self._segments.append(_block(program, [], target, self._arena.ptr, self._arena, name))
        first = self._segments[0]
        alone = len(self._segments) == 1 and isinstance(first, LaunchBlock)
        self.block: int | None = first.address if alone else None  # type: ignore[union-attr]
        self.loops = any(isinstance(s, Loop) for s in program.steps)
        self.short = alone and tasks_of(program.steps) <= _SHORT_TASKS

    def prepare(self, pointers: Sequence[int]) -> None:
        """Compute what depends on steady inputs alone."""
        if self._prologue is not None:
            launch_released(self._prologue, pointers)

    def run(self, pointers: Sequence[int]) -> int:
        """Compute; 0 means that every index was in range. Other Python threads may run."""
        for segment in self._segments:
            if isinstance(segment, HostStep):
                try:
                    with span("host", segment.node.op.name, segment.node.source):
                        self._run_host(segment, pointers)
                except IndexOutOfRange:
                    return 1
            elif isinstance(segment, Driven):
                status = segment.run(lambda b: self._pointer(b, pointers))
                if status:
                    return status
            else:
                status = launch_released(segment, pointers)
                if status:
                    return status
        return 0

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
        return pointers[_argument(self.program, buffer)]


def _inputs_of(steps: Sequence[Step]) -> tuple[int, ...]:
    """The numbers of the inputs that native steps touch."""
    found = {b.index for s in steps for b, _ in _slots(s) if b.place == "input"}
    return tuple(sorted(found))


def _arguments(program: Program) -> int:
    return len(program.inputs) + sum(b.place == "output" for b in program.output_buffers)


def _argument(program: Program, buffer: Buffer) -> int:
    return buffer.index + (len(program.inputs) if buffer.place == "output" else 0)


def _block(
    program: Program, steps: Sequence[Step], target: CpuTarget, arena: int, keep: Any, name: str
) -> LaunchBlock:
    """The launch block of steps of a program whose arena lies at an address; `keep` is kept."""
    kept: list[Any] = [keep]
    codes = iter(addresses([s for s in steps if isinstance(s, Call)], target))
    native, fixups = [], []
    writing = [i for i, s in enumerate(steps) if isinstance(s, Call) and s.commits]
    for number, step in enumerate(steps):
        places = _slots(step)
        slots: list[int | None] = []
        for slot, (buffer, offset) in enumerate(places):
            if buffer.place == "arena":
                slots.append(arena + buffer.index + offset)
            else:
                slots.append(None)
                fixups.append(Fixup(_argument(program, buffer), number, slot, offset))
        if isinstance(step, Call):
            code, checked = next(codes), step.checked
            native.append(NativeCall(code, slots, step.params, step.n, step.chunk, checked=checked))
        else:
            native.append(_control(step, slots, target, arena, kept, name))
    return LaunchBlock(
        native, fixups, _arguments(program), keep=kept, name=name, steps=tuple(steps),
        first_write=min(writing, default=len(steps)),
    )  # fmt: skip


def _slots(step: Step) -> list[tuple[Buffer, int]]:
    """(buffer, byte offset) of each operand of the call of a native step."""
    if isinstance(step, Call):
        offsets = step.offsets or (0,) * len(step.buffers)
        return list(zip(step.buffers, offsets, strict=True))
    if isinstance(step, Loop):
        return loop_buffers(step)
    assert isinstance(step, Branch)
    return branch_buffers(step)


def _control(
    step: Step, slots: Sequence[int | None], target: CpuTarget, arena: int, kept: list[Any],
    name: str,
) -> NativeCall:
    """The call of a native loop or branch, whose programs' blocks are kept."""
    assert isinstance(step, (Loop, Branch))
    inside = f"{name}, in {step.node.op.name}"
    blocks = [
        _block(p, p.steps, target, arena + step.arena.index, None, inside) for p in step.programs
    ]
    kept += blocks
    found = [b.address for b in blocks]
    if isinstance(step, Loop):
        params = loop_params(step, found[-1], found[0] if len(found) > 1 else 0)
        return NativeCall(launcher().loop, slots, params, checked=True)
    params = [*found, len(slots) - 1]
    return NativeCall(launcher().branch, slots, params, checked=True)


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
