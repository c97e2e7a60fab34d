"""Element-wise functions beyond arithmetic: signs, parts of numbers, limits, NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import (
    broadcast_together,
    is_weak,
    promoted,
    promoted_to_float,
    require_floating,
)
from pentad.tensor.state import get_default_dtype


def _floating(x: Node) -> Node:
    if not x.dtype.is_inexact or is_weak(x):
        return ops.cast(x, get_default_dtype())
    return x


def _two(name: str, doc: str, graph: Callable[[Node, Node], Node], *, floats: bool = True) -> Any:
    promote = promoted_to_float if floats else promoted

    def function(x: Node, y: Node) -> Node:
        return graph(*promote(name, x, y))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    function.__annotations__ = {"x": "Node", "y": "Node"}
    return surface(function)


def _one(name: str, doc: str, graph: Callable[[Node], Node]) -> Any:
    def function(x: Node) -> Node:
        return graph(x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    function.__annotations__ = {"x": "Node"}
    return surface(function)


def _like(value: float, x: Node) -> Node:
    return ops.full_like(value, x)


# -- signs and bits --------------------------------------------------------------------------------

_INTEGERS = {16: dtypes.int16, 32: dtypes.int32, 64: dtypes.int64}


def _bits(x: Node) -> Node:
    return ops.bitcast(x, _INTEGERS[x.dtype.bits])


def _negative(x: Node) -> Node:
    """Is the sign bit set?"""
    if x.dtype is dtypes.bool_ or not x.dtype.is_signed:
        return ops.full(False, x.shape, dtypes.bool_)
    bits = _bits(x) if x.dtype.is_floating_point else x
    return ops.lt(bits, _like(0, bits))


signbit = _one("signbit", "Where the sign is negative, that of -0.0 and NaN too.", _negative)


def _copysign(x: Node, y: Node) -> Node:
    size = ops.abs(x)
    return ops.where(_negative(y), ops.neg(size), size)


copysign = _two("copysign", "The size of x with the sign of y.", _copysign)


def _nextafter(x: Node, y: Node) -> Node:
    zero, bits = _like(0, x), _bits(x)
    one = _like(1, bits)
    # Away from zero the bits grow, whatever the sign.
    outward = ops.eq(ops.lt(x, y), ops.lt(zero, x))
    moved = ops.bitcast(ops.where(outward, bits + one, bits - one), x.dtype)
    least = ops.bitcast(one, x.dtype)
    least = ops.where(ops.lt(y, zero), ops.neg(least), least)
    found = ops.where(ops.eq(x, zero), least, moved)
    found = ops.where(ops.eq(x, y), y, found)
    lost = ops.logical_or(ops.isnan(x), ops.isnan(y))
    found = ops.where(lost, _like(math.nan, x), found)
    # Its derivative by x is 1: a zero that has this derivative, and no sign of its own.
    still = ops.stop_gradient(x)
    nothing = ops.where(ops.isfinite(x), still - x, _like(0, x))
    return ops.stop_gradient(found) - nothing


@surface
def nextafter(x: Node, y: Node) -> Node:
    """The next number after x toward y."""
    x, y = promoted("nextafter", x, y)
    require_floating("nextafter", x)
    return _nextafter(x, y)


class MantissaExponent(NamedTuple):
    """What `frexp` returns."""

    mantissa: Any
    exponent: Any


_LAYOUT = {  # digits of the fraction, the exponent's offset, its largest value
    dtypes.float16: (10, 15, 31), dtypes.bfloat16: (7, 127, 255),
    dtypes.float32: (23, 127, 255), dtypes.float64: (52, 1023, 2047),
}


def _power_of_two(exponent: Node, dtype: DType) -> Node:
    """2**exponent for exponents of normal numbers, by its bits."""
    digits, offset, _ = _LAYOUT[dtype]
    whole = ops.cast(exponent, _INTEGERS[dtype.bits]) + offset
    return ops.bitcast(ops.shift_left(whole, _like(digits, whole)), dtype)


def _biased(x: Node) -> Node:
    digits, _, top = _LAYOUT[x.dtype]
    bits = _bits(x)
    return ops.bitwise_and(ops.shift_right(bits, _like(digits, bits)), _like(top, bits))


@surface
def _frexp(x: Node) -> tuple[Node, Node]:
    require_floating("frexp", x)
    digits, offset, top = _LAYOUT[x.dtype]
    tiny = ops.eq(_biased(x), _like(0, _bits(x)))
    lift = float(2**digits)
    lifted = ops.where(tiny, x * lift, x)
    biased = _biased(lifted)
    exponent = ops.cast(biased, dtypes.int32) - (offset - 1)
    exponent = ops.where(tiny, exponent - digits, exponent)
    special = ops.logical_or(ops.eq(x, _like(0, x)), ops.eq(biased, _like(top, biased)))
    exponent = ops.where(special, _like(0, exponent), exponent)
    # In two factors, for their product may be no normal number.
    half = ops.floor_divide(exponent, _like(2, exponent))
    rest = exponent - half
    scaled = x * _power_of_two(ops.neg(half), x.dtype) * _power_of_two(ops.neg(rest), x.dtype)
    return ops.where(special, x, scaled), exponent


_frexp.surface.name = "frexp"


def frexp(input: Any) -> MantissaExponent:
    """(mantissa, exponent) with input = mantissa * 2**exponent, 0.5 <= |mantissa| < 1."""
    return MantissaExponent(*_frexp(input))


ldexp = _two(
    "ldexp", "x * 2**y.", lambda x, y: ops.mul(x, ops.exp2(y))
)

# -- limits ----------------------------------------------------------------------------------------


@surface
def nan_to_num(
    x: Node, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Node:
    """x with numbers in place of NaN (0) and the infinities (the largest numbers, by default)."""
    if x.dtype.is_complex:
        parts = (_without_nan(part, nan, posinf, neginf) for part in (ops.real(x), ops.imag(x)))
        return ops.complex_(*parts)
    return _without_nan(x, nan, posinf, neginf)


def _without_nan(
    x: Node, nan: float | None, posinf: float | None, neginf: float | None
) -> Node:
    if not x.dtype.is_floating_point:
        return ops.copy(x)
    limit = _largest(x.dtype)
    lost = ops.isnan(x)
    found = ops.where(lost, _like(0.0 if nan is None else nan, x), x)
    high, low = ops.eq(x, _like(math.inf, x)), ops.eq(x, _like(-math.inf, x))
    found = ops.where(high, _like(limit if posinf is None else posinf, x), found)
    return ops.where(low, _like(-limit if neginf is None else neginf, x), found)


def _largest(dtype: DType) -> float:
    digits, offset, _ = _LAYOUT[dtype]
    return (2.0 - 2.0**-digits) * 2.0**offset


def _infinite(value: float) -> Callable[[Node], Node]:
    def graph(x: Node) -> Node:
        if not x.dtype.is_floating_point:
            return ops.full(False, x.shape, dtypes.bool_)
        return ops.eq(x, _like(value, x))

    return graph


isposinf = _one("isposinf", "Where x is +infinity.", _infinite(math.inf))
isneginf = _one("isneginf", "Where x is -infinity.", _infinite(-math.inf))



def _fmax(x: Node, y: Node) -> Node:
    if x.dtype is dtypes.bool_:
        return ops.logical_or(x, y)
    first = ops.ge(x, y)
    if x.dtype.is_floating_point:
        first = ops.logical_or(first, ops.isnan(y))
    return ops.where(first, x, y)


def _fmin(x: Node, y: Node) -> Node:
    if x.dtype is dtypes.bool_:
        return ops.logical_and(x, y)
    first = ops.le(x, y)
    if x.dtype.is_floating_point:
        first = ops.logical_or(first, ops.isnan(y))
    return ops.where(first, x, y)


fmax = _two("fmax", "The larger of two; the number, if the other is NaN.", _fmax, floats=False)
fmin = _two("fmin", "The smaller of two; the number, if the other is NaN.", _fmin, floats=False)


@surface
def clamp_min(x: Node, min: Node) -> Node:
    """x, but at least `min`."""
    x, low = promoted("clamp_min", x, min)
    if x.dtype is dtypes.bool_:
        return ops.logical_or(x, low)
    return ops.where(ops.lt(x, low), low, x)


@surface
def clamp_max(x: Node, max: Node) -> Node:
    """x, but at most `max`."""
    x, high = promoted("clamp_max", x, max)
    if x.dtype is dtypes.bool_:
        return ops.logical_and(x, high)
    return ops.where(ops.gt(x, high), high, x)


# -- of two numbers --------------------------------------------------------------------------------


def _hypot(x: Node, y: Node) -> Node:
    """Scaled by the larger one's power of two, which is exact: no square overflows or vanishes."""
    digits, offset, top = _LAYOUT[x.dtype]
    whole = _bits(ops.stop_gradient(ops.maximum(ops.abs(x), ops.abs(y))))
    least, both = _like(1 << digits, whole), _like(2 * offset << digits, whole)
    scale = ops.bitwise_and(whole, _like(top << digits, whole))
    scale = ops.minimum(ops.maximum(scale, least), both - least)
    inverse = ops.bitcast(both - scale, x.dtype)
    a, b = x * inverse, y * inverse
    found = ops.bitcast(scale, x.dtype) * ops.sqrt(a * a + b * b)
    endless = ops.logical_or(ops.isinf(x), ops.isinf(y))
    return ops.where(endless, _like(math.inf, x), found)


@surface
def hypot(x: Node, y: Node) -> Node:
    """sqrt(x**2 + y**2) without overflow."""
    x, y = promoted("hypot", x, y)
    require_floating("hypot", x)
    return _hypot(x, y)


def complex_logaddexp(x: Node, y: Node) -> Node:
    """The same of complex numbers: that with the larger real part is taken out."""
    first = ops.ge(ops.real(x), ops.real(y))
    high, low = ops.where(first, x, y), ops.where(first, y, x)
    equal = ops.eq(high, low)
    # Equal infinities have no difference.
    gap = ops.where(equal, ops.full_like(0, low), low - high)
    return high + ops.log(ops.exp(gap) + 1)


def _logaddexp(x: Node, y: Node) -> Node:
    return (complex_logaddexp if x.dtype.is_complex else ops.logaddexp)(x, y)


logaddexp = _two("logaddexp", "log(exp(x) + exp(y)) without overflow.", _logaddexp)
_LN2 = math.log(2)
logaddexp2 = _two(
    "logaddexp2", "log2(2**x + 2**y) without overflow.",
    lambda x, y: ops.logaddexp(x * _LN2, y * _LN2) * (1 / _LN2),
)


@surface
def heaviside(x: Node, values: Node) -> Node:
    """0 where x < 0, 1 where x > 0, `values` where x is 0."""
    if x.dtype is not values.dtype:
        raise DTypeError(
            message("heaviside: dtypes differ", expected=x.dtype.name, got=values.dtype.name)
        )
    dtype = x.dtype
    if dtype is dtypes.bool_:
        x, values = ops.cast(x, dtypes.uint8), ops.cast(values, dtypes.uint8)
    x, values = broadcast_together("heaviside", ops.stop_gradient(x), ops.stop_gradient(values))
    zero = _like(0, x)
    found = ops.where(ops.eq(x, zero), values, ops.cast(ops.gt(x, zero), x.dtype))
    return ops.cast(found, dtype)


@surface
def float_power(x: Node, exponent: Node) -> Node:
    """x ** exponent in float64, or complex128."""
    wide = x.dtype.is_complex or exponent.dtype.is_complex
    dtype = dtypes.complex128 if wide else dtypes.float64
    x, exponent = (ops.cast(v, dtype) for v in (x, exponent))
    return ops.pow(*broadcast_together("float_power", x, exponent))


@surface
def gcd(x: Node, y: Node) -> Node:
    """The greatest common divisor, >= 0."""
    x, y = _whole("gcd", x, y)
    return ops.gcd(x, y)


@surface
def lcm(x: Node, y: Node) -> Node:
    """The least common multiple, >= 0."""
    x, y = _whole("lcm", x, y)
    divisor = ops.gcd(x, y)
    none = ops.eq(divisor, _like(0, divisor))
    part = ops.floor_divide(ops.abs(x), ops.where(none, _like(1, divisor), divisor))
    return part * ops.abs(y)


def _whole(name: str, x: Node, y: Node) -> tuple[Node, Node]:
    x, y = promoted(name, x, y)
    if not x.dtype.is_integer:
        raise DTypeError(message(f"{name}: not integers", expected="integers", got=x.dtype.name))
    return x, y


# -- of one number ---------------------------------------------------------------------------------


@surface
def frac(x: Node) -> Node:
    """x - trunc(x)."""
    require_floating("frac", x)
    return x - ops.trunc(x)


@surface
def positive(x: Node) -> Node:
    """x itself; a bool tensor is refused."""
    if x.dtype is dtypes.bool_:
        raise DTypeError(message("positive: not defined on bool", expected="numbers", got="bool"))
    return x


rad2deg = _one("rad2deg", "Radians as degrees.", lambda x: _floating(x) * (180 / math.pi))
deg2rad = _one("deg2rad", "Degrees as radians.", lambda x: _floating(x) * (math.pi / 180))
sgn = _one("sgn", "-1, 0 or 1.", lambda x: x if x.dtype is dtypes.bool_ else ops.sign(x))
