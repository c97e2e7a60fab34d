"""Element-wise functions of the standard that PyTorch has not, or has with other special cases.

They are written in graph ops on real floats, or on integers where said.
"""

from __future__ import annotations

import math

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import broadcast_together

_WHOLE = {16: dtypes.int16, 32: dtypes.int32, 64: dtypes.int64}


def _bits(x: Node) -> Node:
    return ops.bitcast(x, _WHOLE[x.dtype.bits])


def _sign_bit(x: Node) -> Node:
    """The mask of the sign, as integers of the bits of `x`."""
    return ops.full_like(-(1 << (x.dtype.bits - 1)), _bits(x))


@surface
def signbit(x: Node) -> Node:
    """Is the sign bit set? True for -0.0 and for negative NaN."""
    whole = _bits(x)
    return ops.lt(whole, ops.full_like(0, whole))


@surface
def copysign(x: Node, y: Node) -> Node:
    """The magnitude of x with the sign of y."""
    x, y = broadcast_together("copysign", x, y)
    return _with_sign(x, y)


def _with_sign(x: Node, y: Node) -> Node:
    mask = _sign_bit(x)
    magnitude = ops.bitwise_and(_bits(x), ops.bitwise_not(mask))
    return ops.bitcast(ops.bitwise_or(magnitude, ops.bitwise_and(_bits(y), mask)), x.dtype)


@surface
def nextafter(x: Node, y: Node) -> Node:
    """The next float after x toward y; y where they are equal, NaN where one is NaN."""
    x, y = broadcast_together("nextafter", x, y)
    whole, zero = _bits(x), ops.full_like(0, x)
    one = ops.full_like(1, whole)
    away = ops.eq(ops.lt(x, y), ops.lt(zero, x))  # the magnitude grows
    moved = ops.bitcast(
        ops.where(away, ops.add(whole, one), ops.sub(whole, one)), x.dtype
    )
    least = _with_sign(ops.bitcast(one, x.dtype), y)
    moved = ops.where(ops.eq(x, zero), least, moved)
    result = ops.where(ops.eq(x, y), y, moved)
    either = ops.logical_or(ops.isnan(x), ops.isnan(y))
    return ops.where(either, ops.full_like(math.nan, x), result)


@surface
def hypot(x: Node, y: Node) -> Node:
    """sqrt(x*x + y*y) without overflow; infinite where one operand is."""
    x, y = (ops.abs(v) for v in broadcast_together("hypot", x, y))
    either = ops.logical_or(ops.isinf(x), ops.isinf(y))
    large, small = ops.maximum(x, y), ops.minimum(x, y)
    # Scaled by a power of two, which is exact: the exponent of the larger one.
    exponent = 0x7F800000 if x.dtype.bits == 32 else 0x7FF0000000000000
    half = 0x7F000000 if x.dtype.bits == 32 else 0x7FE0000000000000
    whole = _bits(large)
    top = ops.bitwise_and(whole, ops.full_like(exponent, whole))
    least = ops.full_like(1 << (23 if x.dtype.bits == 32 else 52), top)
    top = ops.minimum(ops.maximum(top, least), ops.sub(ops.full_like(half, top), least))
    scale = ops.bitcast(top, x.dtype)
    inverse = ops.bitcast(ops.sub(ops.full_like(half, top), top), x.dtype)
    a, b = ops.mul(large, inverse), ops.mul(small, inverse)
    found = ops.mul(ops.sqrt(ops.add(ops.mul(a, a), ops.mul(b, b))), scale)
    return ops.where(either, ops.full_like(math.inf, found), found)


@surface
def logaddexp(x: Node, y: Node) -> Node:
    """log(exp(x) + exp(y)) without overflow."""
    x, y = broadcast_together("logaddexp", x, y)
    apart = ops.neg(ops.abs(ops.sub(x, y)))
    found = ops.add(ops.maximum(x, y), ops.log1p(ops.exp(apart)))
    # Equal infinities have no difference.
    return ops.where(ops.eq(x, y), ops.add(x, ops.full_like(math.log(2), x)), found)


@surface
def floor_divide(x: Node, y: Node) -> Node:
    """floor(x / y) of floats, also where one is infinite (Python's // then is NaN or -1)."""
    x, y = broadcast_together("floor_divide", x, y)
    endless = ops.logical_or(ops.isinf(x), ops.isinf(y))
    return ops.where(endless, ops.floor(ops.div(x, y)), ops.floor_divide(x, y))


@surface
def integer_power(x: Node, y: Node) -> Node:
    """x ** y of integers, exactly, with wrapping; a negative power is truncated toward zero."""
    x, y = broadcast_together("pow", x, y)
    one, zero = ops.full_like(1, x), ops.full_like(0, x)
    result, base, rest = one, x, y
    for i in range(x.dtype.bits - x.dtype.is_signed):
        odd = ops.ne(ops.bitwise_and(rest, one), zero)
        result = ops.where(odd, ops.mul(result, base), result)
        rest = ops.shift_right(rest, one)
        base = ops.mul(base, base) if i < x.dtype.bits else base
    if not x.dtype.is_signed:
        return result
    minus = ops.full_like(-1, x)
    odd = ops.ne(ops.bitwise_and(y, one), zero)
    unit = ops.where(ops.eq(x, minus), ops.where(odd, minus, one), zero)
    inverse = ops.where(ops.eq(x, one), one, unit)
    return ops.where(ops.lt(y, zero), inverse, result)


@surface
def log10(x: Node) -> Node:
    """The logarithm to base 10, exact at the powers of ten that floats hold."""
    found = ops.mul(ops.log(x), ops.full_like(1 / math.log(10), x))
    near = ops.round(found)
    power = ops.pow(ops.full_like(10, x), near)
    return ops.where(ops.logical_and(ops.eq(power, x), ops.isfinite(x)), near, found)


@surface
def round_parts(x: Node) -> Node:
    """Complex numbers with both parts rounded to whole numbers."""
    return ops.complex_(ops.round(ops.real(x)), ops.round(ops.imag(x)))


@surface
def direction(x: Node) -> Node:
    """x / |x| of complex numbers; 0 where x is 0, of whatever signs."""
    zero = ops.full_like(0, x)
    return ops.where(ops.eq(x, zero), zero, ops.sign(x))
