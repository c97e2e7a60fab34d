"""Accumulators of reductions: how they begin, take a vector, join, and end in one value."""

from __future__ import annotations

from collections.abc import Sequence

from pentad.codegen.llvm.expressions import KernelMath
from pentad.codegen.llvm.ir import I64, Function, Index, Value, constant, constant_lanes
from pentad.codegen.llvm.vmath import Lane
from pentad.graph import dtypes
from pentad.graph.dtypes import DType

_FLOAT_LIMITS = {"max": float("-inf"), "min": float("inf")}
_ARGS = {"argmax": "max", "argmin": "min"}


def integer_limit(dtype: DType, kind: str) -> int:
    """The identity of max or min on integers."""
    signed = dtype.kind == "int"
    low = -(1 << (dtype.bits - 1)) if signed else 0
    high = (1 << (dtype.bits - signed)) - 1
    return low if kind == "max" else high


def identity(kind: str, dtype: DType) -> float | bool:
    """The value that a reduction begins with."""
    kind = _ARGS.get(kind, kind)
    if kind in ("sum", "or"):
        return 0
    if kind in ("prod", "and"):
        return 1
    if dtype.kind == "bool":
        return kind == "min"
    if dtype.is_floating_point:
        return _FLOAT_LIMITS[kind]
    return integer_limit(dtype, kind)


class Accumulator:
    """One reduction in a kernel: a tuple of register values for each copy that runs in parallel."""

    def __init__(self, math: KernelMath, kind: str, dtype: DType) -> None:
        self.math, self.kind, self.dtype = math, kind, dtype
        self.f: Function = math.f

    @property
    def width(self) -> int:
        """Registers of one copy."""
        return 2 if self.kind in _ARGS else 1

    def start(self, lanes: int) -> list[Value]:
        """The registers before the first element."""
        type = self.math.register_type(self.dtype, lanes)
        values = [constant(type, identity(self.kind, self.dtype))]
        if self.kind in _ARGS:
            values.append(constant(I64.vector(lanes), 0))  # right if all elements are the identity
        return values

    def take(
        self, acc: Sequence[Value], x: Lane, position: Index, mask: Value | None, along: bool
    ) -> list[Value]:
        """The registers after one more element in each lane.

        position: of lane 0 along the reduced axis; `along`: the lanes run along that axis.
        """
        f = self.f
        value = x.value
        lanes = acc[0].type.lanes
        if lanes and not value.type.lanes:
            value = f.splat(value, lanes)
        if mask is not None:
            neutral = constant(acc[0].type, identity(self.kind, self.dtype))
            value = f.select(mask, value, neutral)
        if self.kind not in _ARGS:
            return [self._combine(acc[0], value)]
        at = f.splat(f.index(position), lanes)
        if lanes and along:
            at = f.binary("add", at, constant_lanes(I64.vector(lanes), range(lanes)))
        better = self._better(value, acc[0])
        if mask is not None:
            better = f.binary("and", better, mask)
        return [f.select(better, value, acc[0]), f.select(better, at, acc[1])]

    def join(self, a: Sequence[Value], b: Sequence[Value]) -> list[Value]:
        """Two sets of registers as one."""
        if self.kind not in _ARGS:
            return [self._combine(a[0], b[0])]
        f = self.f
        wins = self._better(b[0], a[0])
        tie = f.binary("and", self._same(a[0], b[0]), f.compare("icmp slt", b[1], a[1]))
        take = f.binary("or", wins, tie)
        return [f.select(take, b[0], a[0]), f.select(take, b[1], a[1])]

    def across(self, acc: Sequence[Value]) -> list[Value]:
        """All lanes joined in a fixed tree: scalar registers."""
        f = self.f
        current = list(acc)
        lanes = current[0].type.lanes
        while lanes > 1:
            half = lanes // 2
            low = [f.shuffle(v, v, range(half)) for v in current]
            high = [f.shuffle(v, v, range(half, lanes)) for v in current]
            current = self.join(low, high)
            lanes = half
        return [f.extract(v, 0) if v.type.lanes else v for v in current]

    def result(self, acc: Sequence[Value]) -> Lane:
        """What the reduction gives."""
        if self.kind in _ARGS:
            return Lane(acc[1], dtypes.int64)
        return Lane(acc[0], self.dtype)

    def _combine(self, a: Value, b: Value) -> Value:
        if self.kind in _FLOAT_LIMITS and self.dtype.is_floating_point:
            return self._extreme(a, b)
        k, x, y = self.math, Lane(a, self.dtype), Lane(b, self.dtype)
        names = {
            "sum": "add",
            "prod": "mul",
            "max": "max",
            "min": "min",
            "and": "logical_and",
            "or": "logical_or",
        }
        if self.dtype.kind == "bool":
            names |= {"max": "logical_or", "min": "logical_and"}
        result: Lane = getattr(k, names[self.kind])(x, y)
        return result.value

    def _extreme(self, a: Value, b: Value) -> Value:
        """The greater (or less) one, or the NaN. Zeros of either sign are equal here, which takes
        three instructions where IEEE's maximum takes five."""
        k, f, x = self.math, self.f, Lane(a, self.dtype)
        first = (k.gt if self.kind == "max" else k.lt)(x, Lane(b, self.dtype)).value
        return f.select(k.isnan(x).value, a, f.select(first, a, b))

    def _better(self, new: Value, old: Value) -> Value:
        """Is `new` strictly better? NaN is better than any number, as in PyTorch."""
        k, f = self.math, self.f
        if self.dtype.kind == "bool":
            yes, no = (new, old) if self.kind == "argmax" else (old, new)
            return f.binary("and", yes, f.binary("xor", no, constant(no.type, True)))
        x, y = Lane(new, self.dtype), Lane(old, self.dtype)
        better: Value = (k.gt(x, y) if self.kind == "argmax" else k.lt(x, y)).value
        if not self.dtype.is_floating_point:
            return better
        not_old = f.binary("xor", k.isnan(y).value, constant(better.type, True))
        return f.binary("or", better, f.binary("and", k.isnan(x).value, not_old))

    def _same(self, a: Value, b: Value) -> Value:
        k, f = self.math, self.f
        x, y = Lane(a, self.dtype), Lane(b, self.dtype)
        same: Value = k.eq(x, y).value
        if not self.dtype.is_floating_point:
            return same
        return f.binary("or", same, f.binary("and", k.isnan(x).value, k.isnan(y).value))
