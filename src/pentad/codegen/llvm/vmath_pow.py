"""Powers: exp(y log |x|) with a logarithm of two terms, and C's special cases."""

from __future__ import annotations

from pentad.codegen.llvm.vmath_exp import LN2, exp_sum
from pentad.codegen.llvm.vmath_log import log, split
from pentad.codegen.llvm.vmath_num import (
    INF,
    NAN,
    Num,
    absolute,
    bits,
    fast_two_sum,
    narrow,
    polynomial,
    real,
    select,
    two_product,
    two_sum,
    widen,
)
from pentad.codegen.llvm.vmath_round import floor
from pentad.codegen.llvm.vmath_tables import POW

_TWO_THIRDS_REST = 3.700743415417188e-17  # 2/3 - its double


def pow(x: Num, y: Num) -> Num:
    """x**y. float is worked out in double, where a logarithm of one term is enough."""
    if x.type.scalar == "float":
        wide_x, wide_y = widen(x), widen(y)
        return narrow(_with_special_cases(wide_x, wide_y, exp_sum(wide_y * log(absolute(wide_x)))))
    high, low = _log_in_two(absolute(x))
    product, rest = two_product(y, high)
    rest = rest + y * low
    rest = select(absolute(product) < 1000.0, rest, 0.0)
    return _with_special_cases(x, y, exp_sum(product, rest))


def _log_in_two(a: Num) -> tuple[Num, Num]:
    """log a = high + low with an error near 2**-65 of it, for a positive finite double.

    s = f / (2 + f) in two terms; 2s + 2/3 s**3 in two terms, the rest of the series in one.
    """
    k, m = split(a)
    f = m - 1.0
    below, below_low = two_sum(1.0, m)
    s = f / below
    back, lost = two_product(s, below)
    s_low = (((f - back) - lost) - s * below_low) / below
    square, square_low = two_product(s, s)
    square_low = square_low + (s + s) * s_low
    cube, cube_low = two_product(s, square)
    cube_low = cube_low + (s * square_low + s_low * square)
    third, third_low = two_product(cube, cube.const(2.0 / 3.0))
    third_low = third_low + (cube_low * (2.0 / 3.0) + cube * _TWO_THIRDS_REST)
    fifth = cube * square * polynomial(square, POW.double)
    high, low = LN2["double"]
    total, error = fast_two_sum(k * high, s + s)
    total, error2 = two_sum(total, third)
    tail = ((error + error2) + (s_low + s_low)) + (third_low + fifth + k * low)
    return fast_two_sum(total, tail)


def _with_special_cases(x: Num, y: Num, magnitude: Num) -> Num:
    """x**y from |x|**y for positive finite |x| and finite y."""
    a = absolute(x)
    whole = floor(y).equals(y)
    half = y * 0.5
    odd = whole & floor(half).differs(half)
    grows = (a > 1.0) ^ (y < 0.0)
    limit = select(grows, x.const(INF), x.const(0.0))
    extreme = a.equals(0.0) | a.equals(INF) | absolute(y).equals(INF)
    result = select(extreme, limit, magnitude)
    result = select(a.equals(1.0), 1.0, result)
    negative = bits(x) < 0
    sign = select(negative & odd, bits(x.const(-0.0)), 0)
    result = real(bits(result) | sign)
    undefined = (x < 0.0) & ~whole & (a < INF)
    result = select(undefined | x.unordered(y), NAN, result)
    return select(x.equals(1.0) | y.equals(0.0), 1.0, result)
