"""Logarithms, and the inverse hyperbolic functions made of them.

u = 2**k m with m in [sqrt(1/2), sqrt(2)), f = m - 1; log(1 + f) = f + y by a polynomial in
(f / (2 + f))**2 (the scheme of fdlibm's e_log.c).
"""

from __future__ import annotations

from typing import NamedTuple

from pentad.codegen.llvm.vmath_exp import LN2
from pentad.codegen.llvm.vmath_num import (
    INF,
    NAN,
    Num,
    absolute,
    at_most,
    bits,
    copysign,
    fast_two_sum,
    fma,
    polynomial,
    real,
    select,
    square_root,
    two_product,
    two_sum,
)
from pentad.codegen.llvm.vmath_tables import LOG

_ONE = {"float": 0x3F800000, "double": 0x3FF0000000000000}
_SQRT_HALF = {"float": 0x3F3504F3, "double": 0x3FE6A09E667F3BCD}


class Base(NamedTuple):
    """The base of a logarithm: log x = k high + k low + f unit + f rest + y unit."""

    high: float
    low: float
    unit: float
    rest: float


_BASES = {
    ("2", "float"): Base(1.0, 0.0, 1.4426950216293335, 1.925963033500011e-08),
    ("2", "double"): Base(1.0, 0.0, 1.4426950408889634, 2.0355273740931033e-17),
    ("10", "float"): Base(
        0.301025390625, 4.605039066518657e-06, 0.4342944920063019, -1.0103049952192578e-08
    ),
    ("10", "double"): Base(
        0.30102999566361177, 3.694239077158931e-13, 0.4342944819032518, 1.098319650216765e-17
    ),
}


def split(x: Num) -> tuple[Num, Num]:
    """k and m of a positive finite x = 2**k m, m in [sqrt(1/2), sqrt(2)); k as a float."""
    form = x.format
    tiny = x < form.smallest_normal
    lift = form.mantissa + 2
    scaled = select(tiny, x * 2.0**lift, x)
    i, m = _split_bits(scaled)
    base = 2.0**form.mantissa
    offset = select(tiny, x.const(base + form.bias + lift), x.const(base + form.bias))
    magic = bits(x.const(base))
    return real((i >> form.mantissa) | magic) - offset, m


def _split_bits(x: Num) -> tuple[Num, Num]:
    """Integer lanes whose exponent field is k + bias, and m, of a normal x."""
    name, m = x.type.scalar, x.format.mantissa
    i = bits(x) + (_ONE[name] - _SQRT_HALF[name])
    return i, real((i & ((1 << m) - 1)) + _SQRT_HALF[name])


def log1p_rest(f: Num) -> Num:
    """log(1 + f) - f for 1 + f in [sqrt(1/2), sqrt(2)]."""
    s = f / (f + 2.0)
    z = s * s
    r = z * polynomial(z, LOG.of(f))
    half_square = f * 0.5 * f
    return s * (half_square + r) - half_square


def _in_domain(x: Num, result: Num) -> Num:
    """The logarithm at 0, infinity, negative numbers and NaN."""
    outside = select(x.equals(0.0), x.const(-INF), x.const(NAN))
    return select(x > 0.0, select(x < INF, result, x), outside)


def log(x: Num) -> Num:
    """The natural logarithm."""
    k, m = split(x)
    f = m - 1.0
    high, low = LN2[x.type.scalar]
    small = fma(k, x.const(low), log1p_rest(f)) + f
    return _in_domain(x, fma(k, x.const(high), small))


def _log_base(x: Num, name: str) -> Num:
    base = _BASES[name, x.type.scalar]
    k, m = split(x)
    f = m - 1.0
    tail = fma(f, x.const(base.rest), k * base.low) if base.low else f * base.rest
    rest = fma(log1p_rest(f), x.const(base.unit), tail)
    if x.target.has_fma:
        total = fma(f, x.const(base.unit), rest)
    else:
        high, low = two_product(f, f.const(base.unit))
        total = high + (low + rest)
    return _in_domain(x, fma(k, x.const(base.high), total) if base.low else k + total)


def log2(x: Num) -> Num:
    """The logarithm to base 2."""
    return _log_base(x, "2")


def log10(x: Num) -> Num:
    """The logarithm to base 10."""
    return _log_base(x, "10")


def log_sum(u: Num, c: Num, doublings: Num | None = None) -> Num:
    """log((u + c) * 2**doublings) for a normal u and a c below its last bit.

    Accurate relative to the result also where u + c is near 1.
    """
    form, name = u.format, u.type.scalar
    i, m = _split_bits(u)
    e = i >> form.mantissa
    base = 2.0**form.mantissa
    k = real(e | bits(u.const(base))) - (base + form.bias)
    shrink = real((2 * form.bias - e) << form.mantissa)  # 2**-k
    c = select(k < 64.0, c * shrink, 0.0)
    f, rest = fast_two_sum(m - 1.0, c)  # exact also where m - 1 is 0
    if doublings is not None:
        k = k + doublings
    high, low = LN2[name]
    small = fma(k, u.const(low), log1p_rest(f) + fma(-f, rest, rest)) + f
    return fma(k, u.const(high), small)


def log1p(x: Num) -> Num:
    """log(1 + x), the sum taken in two terms."""
    u, c = two_sum(1.0, x)
    result = log_sum(u, c)
    outside = select(x.equals(-1.0), x.const(-INF), x.const(NAN))
    return copysign(select(x > -1.0, select(x < INF, result, x), outside), x)


def _root_sum(a: Num, offset: float) -> tuple[Num, Num]:
    """a + sqrt(a**2 + offset) in two terms."""
    square, tail = two_product(a, a)
    high, rest = two_sum(offset, square)
    rest = rest + tail
    root = square_root(high)
    back, lost = two_product(root, root)
    correction = (((high - back) - lost) + rest) / (root + root)
    correction = select(root > 0.0, correction, 0.0)
    total, error = two_sum(a, root)
    return total, error + correction


def _arc(a: Num, offset: float) -> Num:
    """log(a + sqrt(a**2 + offset)) for a >= 0; log(2a) where the square would overflow."""
    huge = a > 2.0 ** (a.format.mantissa + 5)
    u, c = _root_sum(select(huge, 1.0, a), offset)
    u, c = select(huge, a, u), select(huge, 0.0, c)
    result = log_sum(u, c, select(huge, a.const(1.0), a.const(0.0)))
    return select(a < INF, result, a)


def asinh(x: Num) -> Num:
    """log(x + sqrt(x**2 + 1))."""
    return copysign(_arc(absolute(x), 1.0), x)


def acosh(x: Num) -> Num:
    """log(x + sqrt(x**2 - 1))."""
    return select(x >= 1.0, _arc(x, -1.0), NAN)


def atanh(x: Num) -> Num:
    """log((1 + x) / (1 - x)) / 2, the quotient in two terms."""
    a = at_most(absolute(x), 1.0)
    above, above_low = two_sum(1.0, a)
    below, below_low = two_sum(1.0, -a)
    q = above / below
    back, lost = two_product(q, below)
    residual = ((above - back) - lost) + above_low - q * below_low
    result = log_sum(q, residual / below) * 0.5
    edge = select(absolute(x).equals(1.0), x.const(INF), x.const(NAN))
    return copysign(select(absolute(x) < 1.0, result, edge), x)
