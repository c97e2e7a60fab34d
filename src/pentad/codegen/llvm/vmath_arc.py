"""Inverse trigonometric functions."""

from __future__ import annotations

from pentad.codegen.llvm.vmath_exp import odd_series
from pentad.codegen.llvm.vmath_num import (
    Num,
    absolute,
    bits,
    copysign,
    polynomial,
    select,
    square_root,
    two_sum,
)
from pentad.codegen.llvm.vmath_tables import ASIN, ATAN

# pi and pi / 2 as the sum of two numbers
PI = {
    "float": (3.1415927410125732, -8.742277657347586e-08),
    "double": (3.141592653589793, 1.2246467991473532e-16),
}


def _half_pi(x: Num) -> tuple[float, float]:
    high, low = PI[x.type.scalar]
    return high / 2, low / 2


def _asin_parts(a: Num) -> tuple[Num, Num, Num]:
    """For 0 <= a <= 1: near (a <= 1/2), s and t with asin(s) = s + t.

    s is a itself, or beyond 1/2 the sine of half the complement: acos(a) = 2 asin(s).
    """
    near = a <= 0.5
    z = select(near, a * a, (1.0 - a) * 0.5)
    s = select(near, a, square_root(z))
    return near, s, s * z * polynomial(z, ASIN.of(a))


def asin(x: Num) -> Num:
    """pi/2 - acos(x), or the series itself up to 1/2."""
    a = absolute(x)
    near, s, t = _asin_parts(a)
    high, low = _half_pi(x)
    top, rest = two_sum(high, -(s + s))
    far = top + (rest + (low - (t + t)))
    return copysign(select(near, s + t, far), x)


def acos(x: Num) -> Num:
    """pi/2 - asin(x), or near 1 twice the asin of half the chord."""
    near, s, t = _asin_parts(absolute(x))
    high, low = _half_pi(x)
    negative = x < 0.0
    signed_s, signed_t = copysign(s, x), copysign(t, x)
    middle = high - (signed_s - (low - signed_t))
    whole, rest = PI[x.type.scalar]
    twice = (s + t) + (s + t)
    left = (whole - (s + s)) + (rest - (t + t))
    return select(near, middle, select(negative, left, twice))


def atan(x: Num) -> Num:
    """Beyond 1 by the complement: pi/2 - atan(1/x)."""
    a = absolute(x)
    far = a > 1.0
    t = select(far, 1.0, a) / select(far, a, 1.0)
    p = odd_series(t, t * t, ATAN.of(x))
    high, low = _half_pi(x)
    return copysign(select(far, (high - p) + low, p), x)


def atan2(y: Num, x: Num) -> Num:
    """The angle of the point (x, y): by the smaller quotient of the two, then by octants."""
    a, b = absolute(x), absolute(y)
    steep = b > a
    low, high = select(steep, a, b), select(steep, b, a)
    t = low / high
    t = select(high.equals(0.0), 0.0, t)
    t = select(low.equals(float("inf")), 1.0, t)
    p = odd_series(t, t * t, ATAN.of(x))
    right, right_rest = _half_pi(x)
    p = select(steep, (right - p) + right_rest, p)
    whole, whole_rest = PI[x.type.scalar]
    p = select(bits(x) < 0, (whole - p) + whole_rest, p)
    return select(x.unordered(y), x + y, copysign(p, y))
