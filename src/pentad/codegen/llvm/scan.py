"""Cumulative kernels: the running sum, product, extremum or log-sum-exp along each line.

A task is one line, or `lanes` neighbouring ones side by side. Each line is combined in order, so
that the result is the same for any number of threads and lanes.
"""

from __future__ import annotations

from collections.abc import Callable

from pentad.codegen.llvm.accumulate import identity
from pentad.codegen.llvm.expressions import Kernel
from pentad.codegen.llvm.ir import I64, Index, Module, Value, constant
from pentad.codegen.llvm.loops import ARGUMENTS
from pentad.codegen.llvm.vmath import Lane
from pentad.graph import dtypes
from pentad.schedule.size import Param
from pentad.schedule.spec import ScanKernel
from pentad.target.cpu import CpuTarget

_LEADING = 4
"""Parameters before those of the dimensions: n, the operand's offset, both strides along it."""


def emit_scan(module: Module, name: str, spec: ScanKernel, target: CpuTarget) -> None:
    """Emit the kernel `name`: buffer 0 is the operand, buffer 1 the result."""
    f = module.function(name, ARGUMENTS)
    kernel = Kernel(f, target, 2, False)
    sizes = [kernel.size(Param(i)) for i in range(_LEADING + 3 * spec.rank)]
    operand, result = kernel.buffer(0), kernel.buffer(1)
    operand = f.gep(operand, sizes[1], kernel.math.memory_type(spec.dtype))
    scan = _Scan(kernel, spec, sizes)
    f.loop(f.arguments[2], f.arguments[3], 1, lambda t, _: scan.task(t, operand, result))
    f.ret()


class _Scan:
    """The emitter of one kernel's tasks."""

    def __init__(self, kernel: Kernel, spec: ScanKernel, sizes: list[Index]) -> None:
        self.kernel, self.spec, self.sizes = kernel, spec, sizes
        self.f, self.k = kernel.f, kernel.math
        self.places = spec.kind in ("argmax", "argmin")
        self.out = dtypes.int64 if self.places else spec.dtype

    def task(self, t: Value, operand: Value, result: Value) -> None:
        """Go to the line's (or lines') start, then along it."""
        f, spec, k = self.f, self.spec, self.k
        rest: Index = t
        source: Index = 0
        target: Index = 0
        mask: Value | None = None
        for d in range(spec.rank - 1, -1, -1):
            size, a, b = self.sizes[_LEADING + 3 * d : _LEADING + 3 * d + 3]
            blocked = bool(spec.lanes) and d == spec.rank - 1
            count = f.idiv(f.iadd(size, spec.lanes - 1), spec.lanes) if blocked else size
            at = f.irem(rest, count) if d else rest
            rest = f.idiv(rest, count)
            if blocked:
                at = f.imul(at, spec.lanes)
                mask = f.lane_mask(f.isub(size, at), spec.lanes)
                a, b = 1, 1
            source = f.iadd(source, f.imul(at, a))
            target = f.iadd(target, f.imul(at, b))
        source_at = f.gep(operand, source, k.memory_type(spec.dtype))
        target_at = f.gep(result, target, k.memory_type(self.out))
        self._line(source_at, target_at, mask)

    def _line(self, source: Value, target: Value, mask: Value | None) -> None:
        f, k, spec = self.f, self.k, self.spec

        def turn(i: Value, carried: list[Value]) -> list[Value]:
            here = f.gep(source, f.imul(i, self.sizes[2]), k.memory_type(spec.dtype))
            there = f.gep(target, f.imul(i, self.sizes[3]), k.memory_type(self.out))
            x = k.load(here, spec.dtype, spec.lanes, mask)
            after = self._step(x, carried, i)
            shown = after[1] if self.places else after[0]
            k.store(Lane(shown, self.out), there, mask)
            return after

        f.loop(0, self.sizes[0], 1, turn, self._start())

    def _start(self) -> list[Value]:
        spec = self.spec
        type = self.k.register_type(spec.dtype, spec.lanes)
        if spec.kind == "sum" and spec.dtype.is_floating_point:
            return [constant(type, -0.0)]  # so that a first -0.0 keeps its sign
        if spec.kind == "logsumexp":
            return [constant(type, float("-inf"))]
        first = [constant(type, identity(spec.kind, spec.dtype))]
        return [*first, constant(I64.vector(spec.lanes), 0)] if self.places else first

    def _step(self, x: Lane, carried: list[Value], i: Value) -> list[Value]:
        k, f, spec = self.k, self.f, self.spec
        old = Lane(carried[0], spec.dtype)
        if not self.places:
            forms: dict[str, Callable[[Lane, Lane], Lane]] = {
                "sum": k.add, "prod": k.mul, "logsumexp": self._log_sum,
            }
            return [forms[spec.kind](old, x).value]
        better: Value = (k.ge(x, old) if spec.kind == "argmax" else k.le(x, old)).value
        if spec.dtype.is_floating_point:
            better = f.binary("or", better, k.isnan(x).value)
        at = f.splat(i, spec.lanes)
        return [f.select(better, x.value, old.value), f.select(better, at, carried[1])]

    def _log_sum(self, a: Lane, b: Lane) -> Lane:
        """log(exp(a) + exp(b)); equal infinities have no difference."""
        k = self.k
        high, low = k.max(a, b), k.min(a, b)
        zero = k.const(0.0, a.dtype)
        gap = k.select(k.eq(high, low), zero, k.sub(low, high))
        return k.add(high, k.log1p(k.exp(gap)))

