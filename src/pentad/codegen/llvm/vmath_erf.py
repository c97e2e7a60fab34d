"""The error function and its complement."""

from __future__ import annotations

from pentad.codegen.llvm.vmath_exp import exp_sum, quick_exp
from pentad.codegen.llvm.vmath_num import (
    Num,
    absolute,
    at_most,
    copysign,
    fast_two_sum,
    fma,
    narrow,
    polynomial,
    select,
    two_product,
    two_sum,
    widen,
)
from pentad.codegen.llvm.vmath_tables import ERF, ERF_TAIL, ERFC, ERFC_REST

_NEAR = 0.75  # below it by a series in x, beyond by the logarithm of erfc


def erf(x: Num) -> Num:
    """x + x P(x**2) near 0, else 1 - exp(P(x) - x**2)."""
    a = absolute(x)
    top, center, scale = {"float": (4.0, 2.375, 0.5), "double": (6.0, 3.375, 0.25)}[x.type.scalar]
    far = at_most(a, top)
    u = (far - center) * scale
    tail = 1.0 - quick_exp(fma(-far, far, polynomial(u, ERF_TAIL.of(x))))
    small = fma(a, polynomial(a * a, ERF.of(x)), a)
    return copysign(select(a < _NEAR, small, tail), x)


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
