"""Loops and branches of a Program at run time.

A native loop is a call like that of a kernel: it runs the launch block of its body as often as it
should, with the addresses of the present step for arguments (control_ir.py). Where a step in the
body must run in Python, Python drives the loop.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pentad.runtime.memory import Storage, allocate
from pentad.schedule.program import Branch, Buffer, HostStep, Loop, Program, Step

if TYPE_CHECKING:
    from pentad.runtime.executable import Executable

Pointer = Callable[[Buffer], int]


def loop_params(step: Loop, body: int, cond: int) -> list[int]:
    """The parameters of a native loop whose blocks lie at these addresses."""
    attrs, c = step.node.attrs, step.node.attrs["carries"]
    length = -1 if attrs["length"] is None else attrs["length"]
    ys = len(step.results) - c - 1
    counts = (c, attrs["xs"], len(step.body.inputs) - c - attrs["xs"], ys)
    sizes = [b.nbytes for b in step.results[:c]]
    return [
        body, cond, *counts, length, int(attrs["reverse"]), int(attrs["limited"]),
        *sizes, *step.x_strides, *y_strides(step),
    ]  # fmt: skip


def y_strides(step: Loop) -> list[int]:
    """Bytes from step to step of each stacked result."""
    carries, outputs = step.node.attrs["carries"], step.body.outputs
    return [t.dtype.itemsize * int(t.size) for t in outputs[carries:]]  # type: ignore[call-overload]


def loop_buffers(step: Loop) -> list[tuple[Buffer, int]]:
    """(buffer, byte offset) of each slot of a native loop, but for the status."""
    c, limited = step.node.attrs["carries"], step.node.attrs["limited"]
    places = list(step.operands)
    limit = places.pop() if limited else (step.flag, 0)
    fresh = [*step.results[:c], *step.spare, *step.results[c:], step.flag]
    return [*places, *((b, 0) for b in fresh), limit]


def branch_buffers(step: Branch) -> list[tuple[Buffer, int]]:
    """(buffer, byte offset) of each slot of a native branch, but for the status."""
    return [*step.operands, *((b, 0) for b in step.results)]


def tasks_of(steps: Sequence[Step]) -> float:
    """How many tasks some steps have, roughly; that of a loop without a bound is infinite."""
    total = 0.0
    for step in steps:
        if isinstance(step, Loop):
            length = step.node.attrs["length"]
            often = float("inf") if length is None else length
            total += often * (1 + sum(tasks_of(p.steps) for p in step.programs))
        elif isinstance(step, Branch):
            total += 1 + max(tasks_of(p.steps) for p in step.programs)
        elif not isinstance(step, HostStep):
            total += -(-step.n // max(1, step.chunk))
    return total


class Driven:
    """A loop or a branch that Python drives, because a step inside must run in Python.

    make: what makes an Executable of a program; pointer: the address of a buffer in a launch.
    """

    def __init__(self, step: Loop | Branch, make: Callable[[Program], Executable]) -> None:
        self.step = step
        self._made = [make(p) for p in step.programs]
        self._spare: list[Storage] = []
        if isinstance(step, Loop):
            self._spare = [allocate(max(b.nbytes, 1)) for b in step.spare]

    def run(self, pointer: Pointer) -> int:
        """Run it; 0 or the status of the step that failed."""
        step = self.step
        operands = [pointer(buffer) + offset for buffer, offset in step.operands]
        results = [pointer(b) for b in step.results]
        if isinstance(step, Branch):
            chosen = ctypes.c_uint8.from_address(operands[0]).value
            return self._made[0 if chosen else 1].run([*operands[1:], *results])
        return self._run_loop(step, operands, results, pointer(step.flag))

    def _run_loop(self, step: Loop, operands: list[int], results: list[int], flag: int) -> int:
        attrs, body = step.node.attrs, self._made[-1]
        c, nx, n = attrs["carries"], attrs["xs"], attrs["length"]
        strides = y_strides(step)
        if attrs["limited"]:
            n = min(ctypes.c_int64.from_address(operands.pop()).value, n)
        finals, ys, steps = results[:c], results[c:-1], results[-1]
        if step.cond is not None or attrs["limited"]:
            for y, stride in zip(ys, strides, strict=True):
                ctypes.memset(y, 0, stride * attrs["length"])
        carry, xs, constants = operands[:c], operands[c : c + nx], operands[c + nx :]
        places, done = (finals, [s.ptr for s in self._spare]), 0
        while n is None or done < n:
            if step.cond is not None:
                status = self._made[0].run([*carry, *constants, flag])
                if status:
                    return status
                if not ctypes.c_uint8.from_address(flag).value:
                    break
            at = n - 1 - done if attrs["reverse"] else done
            here = [x + at * d for x, d in zip(xs, step.x_strides, strict=True)]
            there = [y + at * d for y, d in zip(ys, strides, strict=True)]
            status = body.run([*carry, *here, *constants, *places[done % 2], *there])
            if status:
                return status
            carry, done = list(places[done % 2]), done + 1
        for source, target, b in zip(carry, finals, step.results, strict=False):
            ctypes.memmove(target, source, b.nbytes)
        ctypes.c_int64.from_address(steps).value = done
        return 0
