"""The error function and its complement."""

from __future__ import annotations

from pentad.codegen.llvm.vmath_exp import exp_sum, quick_exp, quick_expm1
from pentad.codegen.llvm.vmath_num import (
    Num,
    absolute,
    at_least,
    at_most,
    copysign,
    fast_two_sum,
    fma,
    horner,
    narrow,
    polynomial,
    select,
    two_product,
    two_sum,
    widen,
)
from pentad.codegen.llvm.vmath_tables import ERF, ERF_LOG, ERF_TAIL, ERFC, ERFC_REST

_NEAR = 0.75  # below it by a series in x, beyond by the logarithm of erfc
_FLAT = 3.93  # from here on erf is 1 in float32


def erf(x: Num) -> Num:
    """x's sign with 1 - exp(log erfc|x|): in float32 by a series of the logarithm from 0 on."""
    return copysign(_erf_of_float(x) if x.type.scalar == "float" else _erf_of_double(x), x)


def _erf_of_float(x: Num) -> Num:
    """-erf(|x|) = expm1(z), z = y + y P(y), y = -|x|: what rounds is far below the sum, near 0."""
    y = at_least(-absolute(x), -_FLAT)
    square = y * y
    even, odd = (horner(square, ERF_LOG.single[i::2]) for i in (0, 1))  # two short chains
    return quick_expm1(fma(y, fma(odd, y, even), y))


def _erf_of_double(x: Num) -> Num:
    """x + x P(x**2) near 0, else 1 - exp(P(x) - x**2)."""
    a = absolute(x)
    far = at_most(a, 6.0)
    u = (far - 3.375) * 0.25
    tail = 1.0 - quick_exp(fma(-far, far, polynomial(u, ERF_TAIL.of(x))))
    return select(a < _NEAR, fma(a, polynomial(a * a, ERF.of(x)), a), tail)


def erfc(x: Num) -> Num:
    """1 - erf(x), accurate where it is small; in double for float, too."""
    return narrow(_erfc(widen(x))) if x.type.scalar == "float" else _erfc(x)


def _erfc(x: Num) -> Num:
    """(1/2 - x) - x P(x**2) + 1/2 near 0, else exp(P(u) - x**2) / x or 2 less that."""
    a = absolute(x)
    near = 0.5 + ((0.5 - x) - x * polynomial(x * x, ERF.of(x)))
    far = at_most(a, 28.0)
    u = (far - 1.25) / (far + 1.25) - 0.3125
    square, low = two_product(far, far)
    head = x.const(ERFC.double[0])
    logarithm, lost = fast_two_sum(head, u * polynomial(u, ERFC.double[1:]))
    exponent, rest = two_sum(logarithm, -square)
    tail = exp_sum(exponent, (lost + ERFC_REST) + (rest - low)) / far
    return select(a < _NEAR, near, select(x < 0.0, 2.0 - tail, tail))
