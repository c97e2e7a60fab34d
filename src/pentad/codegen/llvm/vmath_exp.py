"""Exponentials and the hyperbolic functions made of them.

x = n ln 2 + r with |r| <= ln 2 / 2; exp(r) by a polynomial; the power of two by exponent bits.
"""

from __future__ import annotations

from math import log

from pentad.codegen.llvm.vmath_num import (
    Num,
    absolute,
    at_least,
    at_most,
    bits,
    copysign,
    fma,
    horner,
    polynomial,
    real,
    select,
)
from pentad.codegen.llvm.vmath_tables import EXP, SINH, TANH

LOG2_E = 1.4426950408889634
# ln 2 in two parts: n * LN2_HIGH is exact for every n in use, in float and in double.
LN2 = {
    "float": (0.693359375, -2.1219444005469057e-4),
    "double": (0.693145751953125, 1.4286068203094173e-06),
}

# Where exp overflows to infinity and underflows to zero for certain, with a margin for exp(x)/2.
_HIGHEST = {"float": 90.0, "double": 711.0}
_LOWEST = {"float": -105.0, "double": -746.0}


def _nearest(x: Num, scale: float, offset: int) -> tuple[Num, Num]:
    """n = round(x * scale), and integer lanes that hold n + offset in their low bits."""
    magic = x.format.magic + offset
    shifted = fma(x, x.const(scale), magic)
    return shifted - magic, bits(shifted)


def _remainder(x: Num, n: Num) -> Num:
    """x - n ln 2."""
    high, low = LN2[x.type.scalar]
    return fma(n, x.const(-low), fma(n, x.const(-high), x))


def _exp_near_zero(r: Num) -> Num:
    """exp(r) for |r| <= 0.3468; without fused steps by the grouping that rounds least."""
    tail = polynomial(r, EXP.of(r))
    if r.target.has_fma:
        return fma(fma(tail, r, 1.0), r, 1.0)
    return 1.0 + (r + r * r * tail)


def _scaled(p: Num, i: Num) -> Num:
    """p * 2**n, rounded once, for i = n + 2 bias: two factors, as 2**n may be out of range."""
    m = p.format.mantissa
    half = i >> 1
    return p * real(half << m) * real((i - half) << m)


def quick_exp(x: Num) -> Num:
    """exp(x) where the result is known to be a normal number, or NaN."""
    n, i = _nearest(x, LOG2_E, x.format.bias)
    return _exp_near_zero(_remainder(x, n)) * real(i << x.format.mantissa)


def quick_expm1(x: Num) -> Num:
    """expm1(x) for -20 < x <= 0, where few multiples of ln 2 are taken off."""
    n, i = _nearest(x, LOG2_E, x.format.bias)
    r = fma(n, x.const(-log(2.0)), x)
    scale = real(i << x.format.mantissa)
    scaled = scale * r
    return fma(scaled, r * polynomial(r, EXP.of(r)), scale - 1.0) + scaled


def weight(x: Num) -> Num:
    """exp(x) for x up to 88, as weights of a mean need it: 0 where it is no normal number."""
    least = {"float": -87.0, "double": -708.0}[x.type.scalar]
    return select(x < least, x.const(0.0), quick_exp(at_least(x, least)))


def exp_sum(x: Num, low: Num | None = None, power: int = 0) -> Num:
    """exp(x + low) * 2**power for a small power and |low| far below 1."""
    name = x.type.scalar
    x = at_least(at_most(x, _HIGHEST[name]), _LOWEST[name])
    n, i = _nearest(x, LOG2_E, 2 * x.format.bias + power)
    r = _remainder(x, n)
    return _scaled(_exp_near_zero(r if low is None else r + low), i)


def _exp_of_negative(x: Num) -> Num:
    """exp(x) for x <= 0 or NaN, rounded once: 2**n leaves the range on one side only."""
    shift = {"float": 64, "double": 512}[x.type.scalar]
    x = at_least(x, _LOWEST[x.type.scalar])
    n, i = _nearest(x, LOG2_E, x.format.bias + shift)
    raised = _exp_near_zero(_remainder(x, n)) * real(i << x.format.mantissa)
    return raised * 2.0**-shift


def exp(x: Num) -> Num:
    """exp(x)."""
    return exp_sum(x)


def exp2(x: Num) -> Num:
    """2**x."""
    top = x.format.bias + 2.0
    x = at_least(at_most(x, top), -top - x.format.mantissa - 1)
    n, i = _nearest(x, 1.0, 2 * x.format.bias)
    return _scaled(_exp_near_zero((x - n) * 0.6931471805599453), i)


def expm1(x: Num) -> Num:
    """2**n (expm1(r) + 1) - 1, worked out at half its size so that 2**n cannot overflow."""
    limits = {"float": (-18.0, 88.8), "double": (-38.0, 709.9)}[x.type.scalar]
    y = at_least(at_most(x, limits[1]), limits[0])
    n, i = _nearest(y, LOG2_E, x.format.bias - 1)
    high, low = LN2[x.type.scalar]
    r1 = fma(n, x.const(-high), y)
    r = fma(n, x.const(-low), r1)
    rest = fma(r * r, polynomial(r, EXP.of(r)), fma(n, x.const(-low), r1 - r))
    scale = real(i << x.format.mantissa)
    half = fma(scale, rest, fma(scale, r, scale - 0.5))
    return copysign(select(n.equals(0.0), r + rest, half + half), x)


def sigmoid(x: Num) -> Num:
    """1 / (1 + exp(-x)), by e = exp(-|x|) and q = e / (1 + e).

    It is 1 - q for positive x and q for negative; a small q is better as e - e q, where the
    rounding of 1 + e counts little.
    """
    e = _exp_of_negative(-absolute(x))
    q = e / (e + 1.0)
    low = select(e < 0.5, fma(-e, q, e), q)
    return select(x < 0.0, low, 1.0 - q)


def odd_series(x: Num, square: Num, coefficients: tuple[float, ...]) -> Num:
    """x + x**3 P(x**2), in one chain: the terms of P may cancel."""
    return fma(x * square, horner(square, coefficients), x)


def tanh(x: Num) -> Num:
    """x + x**3 P(x**2) near 0, else 1 - 2 / (exp(2x) + 1)."""
    a = absolute(x)
    flat = {"float": 9.1, "double": 19.1}[x.type.scalar]
    doubled = at_most(a, flat)
    large = 1.0 - 2.0 / (quick_exp(doubled + doubled) + 1.0)
    small = odd_series(a, a * a, TANH.of(x))
    return copysign(select(a < 0.625, small, large), x)


def sinh(x: Num) -> Num:
    """x + x**3 P(x**2) near 0, else (exp(x) - exp(-x)) / 2, from half of exp(x)."""
    a = absolute(x)
    half = exp_sum(a, power=-1)
    small = odd_series(a, a * a, SINH.of(x))
    return copysign(select(a < 1.0, small, half - 0.25 / half), x)


def cosh(x: Num) -> Num:
    """(exp(x) + exp(-x)) / 2, from half of exp(x), which cannot overflow."""
    half = exp_sum(absolute(x), power=-1)
    return half + 0.25 / half
