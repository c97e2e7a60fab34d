"""Sine, cosine and tangent."""

from __future__ import annotations

from pentad.codegen.llvm.vmath_num import (
    Num,
    bits,
    fast_two_sum,
    fma,
    polynomial,
    real,
    select,
    two_product,
)
from pentad.codegen.llvm.vmath_reduce import reduce_angle
from pentad.codegen.llvm.vmath_tables import COS, SIN, TAN


def sin(x: Num) -> Num:
    """sin(x), and -0 at -0."""
    return select(x.equals(0.0), x, _wave(x, 0))


def cos(x: Num) -> Num:
    """cos(x)."""
    return _wave(x, 1)


def _wave(x: Num, ahead: int) -> Num:
    """sin(x + ahead pi/2): of x = n pi/2 + r, sin(r) or cos(r) by n, and its sign by n."""
    r, low, quarter = reduce_angle(x)
    z = r * r
    sine = r + fma(r * z, polynomial(z, SIN.of(r)), low)
    half = z * 0.5
    whole = 1.0 - half
    lost = (1.0 - whole) - half
    cosine = whole + fma(z * z, polynomial(z, COS.of(r)), fma(-r, low, lost))
    if ahead:
        quarter = quarter + ahead
    chosen = select((quarter & 1).differs(0), cosine, sine)
    return real(bits(chosen) ^ ((quarter & 2) << (r.format.bits - 2)))


def tan(x: Num) -> Num:
    """tan(r) for even n, -1 / tan(r) for odd n, where x = n pi/2 + r."""
    r, low, quarter = reduce_angle(x)
    z = r * r
    series = r * z * polynomial(z, TAN.of(r))
    slope = r + series
    t, t_low = fast_two_sum(r, series + low * fma(slope, slope, 1.0))
    q = -1.0 / t
    product, product_low = two_product(q, t)
    error = (product + 1.0) + product_low
    inverse = q + q * fma(q, t_low, error)
    even = (quarter & 1).equals(0)
    return select(even, select(x.equals(0.0), x, t), inverse)
