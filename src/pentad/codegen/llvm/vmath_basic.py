"""Lanes, and the operations on them that need no approximation.

Arithmetic, comparisons, bits, conversions, memory. All are total: integer division by zero gives
0, shift amounts are taken modulo the width, floats convert to integers with saturation, minimum
and maximum hand NaN on. There are no fast-math flags: LLVM contracts a*b + c or not depending on
what it knows of a loop, and results must not depend on that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pentad.codegen.llvm import vmath_integer, vmath_memory, vmath_round
from pentad.codegen.llvm.ir import I1, Function, Type, Value, constant
from pentad.codegen.llvm.vmath_num import (
    INF,
    Num,
    absolute,
    copysign,
    literal,
    outlined,
    select,
)
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, message
from pentad.target.cpu import CpuTarget


class Lane(NamedTuple):
    """A register: one value, or one in each lane of a vector, of an element type."""

    value: Value
    dtype: DType


Binary = Callable[["Basic", Lane, Lane], Lane]


def _comparison(on_floats: str, on_integers: str) -> Binary:
    def method(self: Basic, x: Lane, y: Lane) -> Lane:
        x, y = self._same(x, y)
        op = f"icmp {_signed(on_integers, x.dtype)}"
        if x.dtype.is_floating_point:
            op = f"fcmp {on_floats}"
        return Lane(self.f.compare(op, x.value, y.value), dtypes.bool_)

    method.__doc__ = f"{on_floats}, on integers {on_integers}."
    return method


def _signed(op: str, dtype: DType) -> str:
    """slt -> ult, smax -> umax, ... for the types without a sign."""
    return op if dtype.kind == "int" or op[0] != "s" else "u" + op[1:]


def _bitwise(op: str, logical: bool = False) -> Binary:
    def method(self: Basic, x: Lane, y: Lane) -> Lane:
        if logical:
            x, y = self.cast(x, dtypes.bool_), self.cast(y, dtypes.bool_)
        x, y = self._same(x, y)
        self._refuse(x, "float")
        return Lane(self.f.binary(op, x.value, y.value), x.dtype)

    method.__doc__ = f"The bits of x {op} y."
    return method


def _arithmetic(on_floats: str, on_integers: str) -> Binary:
    def method(self: Basic, x: Lane, y: Lane) -> Lane:
        x, y = self._same(x, y)
        self._refuse(x, "bool")
        op = on_floats if x.dtype.is_floating_point else on_integers
        return Lane(self.f.binary(op, x.value, y.value), x.dtype)

    method.__doc__ = f"{on_floats}, on integers {on_integers} with wrapping."
    return method


def _extremum(on_floats: str, on_integers: str, on_bools: str) -> Binary:
    def method(self: Basic, x: Lane, y: Lane) -> Lane:
        x, y = self._same(x, y)
        if x.dtype.kind == "bool":
            return Lane(self.f.binary(on_bools, x.value, y.value), x.dtype)
        name = on_floats if x.dtype.is_floating_point else _signed(on_integers, x.dtype)
        return Lane(self.f.intrinsic(name, x.value.type, x.value, y.value), x.dtype)

    method.__doc__ = f"LLVM's {on_floats}: tells -0 from 0."
    return method


class Basic:
    """Emits operations into `f`; scalars meeting vectors are spread over the lanes."""

    def __init__(self, f: Function, target: CpuTarget) -> None:
        self.f = f
        self.target = target

    # -- values and memory -------------------------------------------------------------------

    @staticmethod
    def register_type(dtype: DType, lanes: int = 0) -> Type:
        """The LLVM type of `lanes` values (0: a scalar) in registers."""
        return vmath_memory.register_type(dtype, lanes)

    @staticmethod
    def memory_type(dtype: DType) -> Type:
        """The LLVM type of one element in memory."""
        return vmath_memory.memory_type(dtype)

    def load(self, pointer: Value, dtype: DType, lanes: int, mask: Value | None = None) -> Lane:
        """`lanes` neighbours (0: a scalar); where the mask is false: 0, without touching memory."""
        value = vmath_memory.load(self.f, self.target, pointer, dtype, lanes, mask)
        return Lane(value, dtype)

    def store(self, x: Lane, pointer: Value, mask: Value | None = None) -> None:
        """Write neighbours; where the mask is false memory is not touched."""
        vmath_memory.store(self.f, self.target, x.value, x.dtype, pointer, mask)

    def const(self, value: float | bool, dtype: DType) -> Lane:
        """A scalar constant: integers wrap, float16 and bfloat16 are rounded."""
        number: float = value
        if dtype.kind == "bool":
            number = bool(value)
        elif dtype.is_integer:
            number = (int(value) + (1 << (dtype.bits - 1))) % (1 << dtype.bits)
            number -= 1 << (dtype.bits - 1)
        elif dtype.bits == 16:
            with np.errstate(all="ignore"):
                memory = dtypes.to_memory(np.asarray(value, np.float64), dtype)
            number = float(dtypes.from_memory(memory, dtype))
        return Lane(constant(self.register_type(dtype), number), dtype)

    def cast(self, x: Lane, dtype: DType) -> Lane:
        """x as another dtype; floats saturate into integers (NaN: 0), bool is x != 0."""
        return Lane(vmath_integer.cast(self._num(x), x.dtype, dtype).value, dtype)

    def bitcast(self, x: Lane, dtype: DType) -> Lane:
        """The bits of x as another dtype of the same size; DTypeError for another size."""
        if x.dtype.bits != dtype.bits or "bool" in (x.dtype.kind, dtype.kind):
            raise DTypeError(
                message("bitcast: sizes differ", expected=f"{x.dtype.bits} bits", got=str(dtype))
            )
        raw = vmath_integer.raw_bits(self._num(x), x.dtype)
        return Lane(vmath_integer.from_raw_bits(raw, dtype).value, dtype)

    def select(self, condition: Lane, a: Lane, b: Lane) -> Lane:
        """a where the condition holds, else b."""
        a, b = self._same(a, b)
        lanes = condition.value.type.lanes
        a, b = self._spread(a, lanes), self._spread(b, lanes)
        chosen = self.cast(condition, dtypes.bool_)  # one bit may choose between whole vectors
        return Lane(self.f.select(chosen.value, a.value, b.value), a.dtype)

    # -- arithmetic --------------------------------------------------------------------------

    add = _arithmetic("fadd", "add")
    sub = _arithmetic("fsub", "sub")
    mul = _arithmetic("fmul", "mul")

    def div(self, x: Lane, y: Lane) -> Lane:
        """x / y of floats."""
        x, y = self._same(x, y)
        self._require_float(x)
        return Lane(self.f.binary("fdiv", x.value, y.value), x.dtype)

    def floordiv(self, x: Lane, y: Lane) -> Lane:
        """floor(x / y) from the exact remainder; of integers by zero: 0."""
        return self._divided(x, y, vmath_round.floor_quotient, 0)

    def mod(self, x: Lane, y: Lane) -> Lane:
        """The exact remainder with the sign of y; of integers by zero: 0."""
        return self._divided(x, y, vmath_round.floor_remainder, 1)

    def _divided(self, x: Lane, y: Lane, emitter: Callable[..., Num], part: int) -> Lane:
        x, y = self._same(x, y)
        self._refuse(x, "bool")
        a, b = self._num(x), self._num(y)
        if x.dtype.is_floating_point:  # it has a loop of its own
            return Lane(outlined(emitter.__name__, emitter, a, b).value, x.dtype)
        return Lane(vmath_integer.divide(a, b, x.dtype.is_signed)[part].value, x.dtype)

    def neg(self, x: Lane) -> Lane:
        """-x; integers wrap."""
        self._refuse(x, "bool")
        if x.dtype.is_floating_point:
            return Lane(self.f.value(x.value.type, f"fneg {x.value}"), x.dtype)
        return Lane((-self._num(x)).value, x.dtype)

    def abs(self, x: Lane) -> Lane:
        """|x|; the smallest integer stays."""
        if x.dtype.is_floating_point:
            return Lane(absolute(self._num(x)).value, x.dtype)
        if not x.dtype.is_signed:
            return x
        no = constant(I1, False)
        return Lane(self.f.intrinsic("abs", x.value.type, x.value, no), x.dtype)

    def fma(self, x: Lane, y: Lane, z: Lane) -> Lane:
        """x * y + z, rounded once where the target can."""
        if not (x.dtype.is_floating_point and self.target.has_fma):
            return self.add(self.mul(x, y), z)
        x, y = self._same(x, y)
        x, z = self._same(x, z)
        y = self._spread(y, z.value.type.lanes)
        return Lane(self.f.fma(x.value, y.value, z.value), x.dtype)

    max = _extremum("maximum", "smax", "or")
    min = _extremum("minimum", "smin", "and")
    maximum_number = _extremum("maximumnum", "smax", "or")
    minimum_number = _extremum("minimumnum", "smin", "and")

    def sign(self, x: Lane) -> Lane:
        """-1, 0 or 1; NaN stays."""
        a = self._num(x)
        if x.dtype.is_floating_point:
            unit = copysign(a.const(1.0), a)
            kept = select(a.unordered(a), a, unit)
            return Lane(select(a.equals(0.0), 0.0, kept).value, x.dtype)
        self._refuse(x, "bool")
        unit = select(a.equals(0), 0, a.const(1))
        return Lane((select(a < 0, -1, unit) if x.dtype.is_signed else unit).value, x.dtype)

    def copysign(self, x: Lane, y: Lane) -> Lane:
        """|x| with the sign of y."""
        x, y = self._same(x, y)
        self._require_float(x)
        return Lane(copysign(self._num(x), self._num(y)).value, x.dtype)

    # -- comparisons and bits ------------------------------------------------------------------

    eq = _comparison("oeq", "eq")
    ne = _comparison("une", "ne")
    lt = _comparison("olt", "slt")
    le = _comparison("ole", "sle")
    gt = _comparison("ogt", "sgt")
    ge = _comparison("oge", "sge")

    def isnan(self, x: Lane) -> Lane:
        """True where x is NaN."""
        return self._test(x, lambda a: a.unordered(a), False)

    def isinf(self, x: Lane) -> Lane:
        """True where x is infinite."""
        return self._test(x, lambda a: absolute(a).equals(INF), False)

    def isfinite(self, x: Lane) -> Lane:
        """True where x is neither infinite nor NaN."""
        return self._test(x, lambda a: absolute(a) < INF, True)

    def _test(self, x: Lane, test: Callable[[Num], Num], of_integers: bool) -> Lane:
        if x.dtype.is_floating_point:
            return Lane(test(self._num(x)).value, dtypes.bool_)
        return Lane(literal(x.value.type.with_scalar("i1"), of_integers), dtypes.bool_)

    logical_and = _bitwise("and", logical=True)
    logical_or = _bitwise("or", logical=True)
    logical_xor = _bitwise("xor", logical=True)
    bit_and = _bitwise("and")
    bit_or = _bitwise("or")
    bit_xor = _bitwise("xor")

    def logical_not(self, x: Lane) -> Lane:
        """True where x is zero."""
        return self.bit_not(self.cast(x, dtypes.bool_))

    def bit_not(self, x: Lane) -> Lane:
        """The bits not set in x."""
        self._refuse(x, "float")
        return Lane((~self._num(x)).value, x.dtype)

    def shl(self, x: Lane, y: Lane) -> Lane:
        """x * 2**y with wrapping; 0 for an amount outside [0, bits)."""
        return self._shift(x, y, "shl")

    def shr(self, x: Lane, y: Lane) -> Lane:
        """floor(x / 2**y); 0 or -1, by the sign of x, for an amount outside [0, bits)."""
        return self._shift(x, y, "ashr" if x.dtype.is_signed else "lshr")

    def _shift(self, x: Lane, y: Lane, op: str) -> Lane:
        x, y = self._same(x, y)
        self._refuse(x, "float")
        self._refuse(x, "bool")
        amount, last = self._num(y), x.dtype.bits - 1
        fits = amount.below(last + 1)
        if op == "ashr":
            return Lane(self.f.binary(op, x.value, select(fits, amount, last).value), x.dtype)
        # The result of a shift too far is poison, which the select does not choose.
        shifted = amount.like(self.f.binary(op, x.value, amount.value))
        return Lane(select(fits, shifted, 0).value, x.dtype)

    # -- helpers -------------------------------------------------------------------------------

    def _num(self, x: Lane) -> Num:
        return Num(self.f, self.target, x.value)

    def _spread(self, x: Lane, lanes: int) -> Lane:
        if x.value.type.lanes or not lanes:
            return x
        return Lane(self.f.splat(x.value, lanes), x.dtype)

    def _same(self, x: Lane, y: Lane) -> tuple[Lane, Lane]:
        if x.dtype is not y.dtype:
            raise DTypeError(
                message("operands of different dtypes", expected=str(x.dtype), got=str(y.dtype))
            )
        lanes = max(x.value.type.lanes, y.value.type.lanes)
        return self._spread(x, lanes), self._spread(y, lanes)

    def _refuse(self, x: Lane, kind: str) -> None:
        if x.dtype.kind == kind:
            raise DTypeError(message("no such operation", expected=f"not {kind}", got=str(x.dtype)))

    def _require_float(self, x: Lane) -> None:
        if not x.dtype.is_floating_point:
            raise DTypeError(message("no such operation", expected="a float", got=str(x.dtype)))
