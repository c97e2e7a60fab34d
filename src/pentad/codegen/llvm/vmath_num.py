"""Numbers inside emitted code, with Python's operators: the notation of the vmath files.

A `Num` is an LLVM value of float, double or integer lanes. Arithmetic here carries no fast-math
flag, so that exact steps (splittings, two-term sums) stay exact; `fma` is fused where the target
can, and is otherwise a product and a sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import copysign as copysign_of
from typing import NamedTuple

from pentad.codegen.llvm.ir import I1, Function, Type, Value, constant
from pentad.target.cpu import CpuTarget


class Format(NamedTuple):
    """The layout of a floating-point type."""

    bits: int
    mantissa: int
    bias: int
    integer: str  # LLVM's integer type of the same size

    @property
    def smallest_normal(self) -> float:
        return 2.0 ** (1 - self.bias)

    @property
    def magic(self) -> float:
        """Adding it rounds a number below 2**(mantissa - 1) to an integer, in the low bits."""
        return 1.5 * 2.0**self.mantissa


FORMATS = {"float": Format(32, 23, 127, "i32"), "double": Format(64, 52, 1023, "i64")}
INF, NAN = float("inf"), float("nan")


def literal(type: Type, number: float) -> Value:
    """A constant, in every lane."""
    return _literal(type, number, copysign_of(1.0, number))


@cache
def _literal(type: Type, number: float, sign: float) -> Value:
    """`sign` tells the keys -0.0 and 0.0 apart."""
    one = constant(type.element, number)
    return Value(type, f"splat ({one})") if type.lanes else one


class Num:
    """A value in the code of `f`; operators with Python numbers take them as constants."""

    __slots__ = ("f", "target", "value")

    def __init__(self, f: Function, target: CpuTarget, value: Value) -> None:
        self.f = f
        self.target = target
        self.value = value

    @property
    def type(self) -> Type:
        return self.value.type

    @property
    def format(self) -> Format:
        return FORMATS[self.value.type.scalar]

    def like(self, value: Value) -> Num:
        return Num(self.f, self.target, value)

    def const(self, number: float) -> Num:
        """A constant of this type."""
        return self.like(literal(self.value.type, number))

    def lift(self, other: Operand) -> Num:
        return other if isinstance(other, Num) else self.const(other)

    def _binary(self, on_floats: str, on_integers: str, other: Operand, swap: bool = False) -> Num:
        a, b = self.value, self.lift(other).value
        op = on_floats if a.type.is_float else on_integers
        return self.like(self.f.binary(op, b, a) if swap else self.f.binary(op, a, b))

    def __add__(self, other: Operand) -> Num:
        return self._binary("fadd", "add", other)

    def __radd__(self, other: Operand) -> Num:
        return self._binary("fadd", "add", other, swap=True)

    def __sub__(self, other: Operand) -> Num:
        return self._binary("fsub", "sub", other)

    def __rsub__(self, other: Operand) -> Num:
        return self._binary("fsub", "sub", other, swap=True)

    def __mul__(self, other: Operand) -> Num:
        return self._binary("fmul", "mul", other)

    def __rmul__(self, other: Operand) -> Num:
        return self._binary("fmul", "mul", other, swap=True)

    def __truediv__(self, other: Operand) -> Num:
        return self._binary("fdiv", "", other)

    def __rtruediv__(self, other: Operand) -> Num:
        return self._binary("fdiv", "", other, swap=True)

    def __neg__(self) -> Num:
        if self.value.type.is_float:
            return self.like(self.f.value(self.value.type, f"fneg {self.value}"))
        return 0 - self

    def __and__(self, other: Operand) -> Num:
        return self._binary("", "and", other)

    def __or__(self, other: Operand) -> Num:
        return self._binary("", "or", other)

    def __xor__(self, other: Operand) -> Num:
        return self._binary("", "xor", other)

    def __invert__(self) -> Num:
        return self ^ (1 if self.type.scalar == "i1" else -1)

    def __lshift__(self, other: Operand) -> Num:
        return self._binary("", "shl", other)

    def __rshift__(self, other: Operand) -> Num:
        """Shift right, zeros coming in."""
        return self._binary("", "lshr", other)

    def _compare(self, on_floats: str, on_integers: str, other: Operand) -> Num:
        op = f"fcmp {on_floats}" if self.value.type.is_float else f"icmp {on_integers}"
        return self.like(self.f.compare(op, self.value, self.lift(other).value))

    def __lt__(self, other: Operand) -> Num:
        return self._compare("olt", "slt", other)

    def __le__(self, other: Operand) -> Num:
        return self._compare("ole", "sle", other)

    def __gt__(self, other: Operand) -> Num:
        return self._compare("ogt", "sgt", other)

    def __ge__(self, other: Operand) -> Num:
        return self._compare("oge", "sge", other)

    def below(self, other: Operand) -> Num:
        """Is it less, both read without a sign?"""
        return self._compare("", "ult", other)

    def equals(self, other: Operand) -> Num:
        return self._compare("oeq", "eq", other)

    def differs(self, other: Operand) -> Num:
        """True also where an operand is NaN."""
        return self._compare("une", "ne", other)

    def unordered(self, other: Operand) -> Num:
        """True where an operand is NaN."""
        return self._compare("uno", "", other)

    def convert(self, op: str, scalar: str) -> Num:
        """LLVM's conversion `op` to another element type."""
        return self.like(self.f.convert(op, self.value, scalar))

    def call(self, intrinsic: str, *others: Operand) -> Num:
        """`llvm.intrinsic` on this value and others of its type."""
        arguments = [self.value, *(self.lift(o).value for o in others)]
        return self.like(self.f.intrinsic(intrinsic, self.value.type, *arguments))


Operand = Num | float


def fma(a: Operand, b: Num, c: Operand) -> Num:
    """a * b + c, rounded once where the target can."""
    if b.target.has_fma:
        return b.lift(a).call("fma", b, c)
    return b * a + c


def select(condition: Num, a: Operand, b: Operand) -> Num:
    """a where the condition holds, else b; one of them is a Num."""
    form = a if isinstance(a, Num) else b
    assert isinstance(form, Num)
    x, y = form.lift(a), form.lift(b)
    return x.like(x.f.select(condition.value, x.value, y.value))


def bits(x: Num) -> Num:
    """The bits of a float as an integer."""
    return x.convert("bitcast", x.format.integer)


def real(n: Num) -> Num:
    """The float that has these bits."""
    return n.convert("bitcast", "float" if n.type.bits == 32 else "double")


def widen(x: Num) -> Num:
    """float to double."""
    return x.convert("fpext", "double")


def narrow(x: Num) -> Num:
    """double to float, rounded."""
    return x.convert("fptrunc", "float")


def absolute(x: Num) -> Num:
    """|x|."""
    return x.call("fabs")


def square_root(x: Num) -> Num:
    """The square root, rounded correctly."""
    return x.call("sqrt")


def copysign(x: Num, sign: Num) -> Num:
    """|x| with the sign of the other."""
    return x.call("copysign", sign)


def at_most(x: Num, limit: float) -> Num:
    """min(x, limit); NaN stays NaN."""
    bound = x.const(limit)
    return select(bound < x, bound, x)


def at_least(x: Num, limit: float) -> Num:
    """max(x, limit); NaN stays NaN."""
    bound = x.const(limit)
    return select(bound > x, bound, x)


def any_lane(condition: Num) -> Value:
    """A scalar i1: does the condition hold in some lane?"""
    v = condition.value
    if not v.type.lanes:
        return v
    return condition.f.intrinsic("vector.reduce.or", I1, v, suffix=v.type.suffix)


def polynomial(x: Num, coefficients: Sequence[float]) -> Num:
    """c[0] + c[1] x + c[2] x**2 + ...; long ones as two interleaved chains, for speed."""
    if len(coefficients) <= 9:
        return horner(x, coefficients)
    square = x * x
    even = horner(square, coefficients[0::2])
    return fma(horner(square, coefficients[1::2]), x, even)


def horner(x: Num, coefficients: Sequence[float]) -> Num:
    """The same in one chain, the most accurate."""
    total = x.const(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        total = fma(total, x, c)
    return total


# -- sums and products of two terms: high + low is the exact result -----------------------------


def fast_two_sum(a: Num, b: Num) -> tuple[Num, Num]:
    """a + b = high + low, if |a| >= |b| (Dekker)."""
    high = a + b
    return high, b - (high - a)


def two_sum(a: Operand, b: Num) -> tuple[Num, Num]:
    """a + b = high + low (Knuth)."""
    first = b.lift(a)
    high = first + b
    part = high - first
    return high, (first - (high - part)) + (b - part)


def truncated(x: Num, drop: int) -> Num:
    """x with the last `drop` bits of its mantissa cleared."""
    return real(bits(x) & (-1 << drop))


def two_product(a: Num, b: Num) -> tuple[Num, Num]:
    """a * b = high + low; without fused multiply-add by splitting (low is then within 2**-2p)."""
    high = a * b
    if a.target.has_fma:
        return high, fma(a, b, -high)
    drop = a.format.mantissa // 2 + 1
    a1, b1 = truncated(a, drop), truncated(b, drop)
    a2, b2 = a - a1, b - b1
    low = ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2
    return high, low


Emitter = Callable[..., Num]


def outlined(name: str, emitter: Emitter, *arguments: Num, cold: bool = False) -> Num:
    """Call a function of the module that holds `emitter`'s code, written on first use."""
    first = arguments[0]
    module = first.f.module
    full = f"pentad.{name}.{first.type.suffix}"
    if not module.has(full):
        spelled = [(a.type, f"x{i}") for i, a in enumerate(arguments)]
        attributes = "nounwind cold noinline" if cold else "nounwind"
        g = module.function(full, spelled, first.type, internal=True, attributes=attributes)
        g.ret(emitter(*(Num(g, first.target, v) for v in g.arguments)).value)
    return first.like(first.f.call(full, first.type, *(a.value for a in arguments)))
