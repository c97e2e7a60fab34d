"""Elementary functions of complex numbers as rules on pairs (see pairs.py).

x = a + bi everywhere. The special cases are those of C's Annex G, which the Array API standard
follows; the formulas are the ones of Kahan, Branch cuts for complex elementary functions, 1987.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops import arithmetic as ar
from pentad.ops import transcendental as tr
from pentad.ops.batching import same
from pentad.ops.comparison import (
    eq,
    gt,
    isfinite,
    isinf,
    isnan,
    logical_and,
    logical_not,
    logical_or,
    lt,
    where,
)
from pentad.ops.complex import complex_
from pentad.ops.conversion import bitcast
from pentad.ops.define import define, quiet, require_dtype
from pentad.ops.pairs import PAIRS, Pair, absolute, div, is_zero, like, mul, pair_rule

__all__ = ["PAIRS", "Pair", "host_function"]

INF = float("inf")

# -- on the host -----------------------------------------------------------------------------------

HOSTED: dict[str, Callable[..., Any]] = {
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
}


def _infer_hosted(x: TensorType, *, name: str) -> TensorType:
    require_dtype("host_function", x.dtype, dtypes.COMPLEX)
    if name not in HOSTED:
        raise ArgumentError(
            message("host_function: unknown", expected=", ".join(HOSTED), got=repr(name))
        )
    return x


host_function = define(
    "host_function",
    "An elementary function of complex numbers by NumPy, on the host: those whose branch cuts and "
    "special cases are too many to be worth a kernel.",
    kind="host",
    infer=_infer_hosted,
    batch=same,
    reference=quiet(lambda x, *, name: HOSTED[name](x)),
    nondifferentiable="it is put in place of a differentiable op once gradients are made",
    samples=lambda: [
        Sample((((4, 9), d),), {"name": n}) for n in HOSTED for d in dtypes.COMPLEX
    ],
    errors=lambda: [
        Sample((((2,), dtypes.float32),), {"name": "asin"}, DTypeError, "not supported"),
        Sample((((2,), dtypes.complex64),), {"name": "erf"}, ArgumentError, "unknown"),
    ],
)


def _on_host(name: str) -> None:
    @pair_rule(name)
    def rule(x: Pair) -> Node:
        return host_function(complex_(*x), name=name)


for _name in HOSTED:
    _on_host(_name)

# -- what the rules share --------------------------------------------------------------------------


def _zero(x: Node) -> Node:
    return eq(x, like(0, x))


def _negative(x: Node) -> Node:
    """Is the sign bit set? So it is of -0 and of some NaNs."""
    bits = bitcast(x, dtypes.int32 if x.dtype is dtypes.float32 else dtypes.int64)
    return lt(bits, like(0, bits))


def _signed(size: Node, sign: Node) -> Node:
    """`size` (>= 0, or NaN) with the sign of `sign`."""
    return where(_negative(sign), ar.neg(size), size)


def _grown(a: Node, *factors: Node) -> list[Node]:
    """e^a times each factor, without overflow before the product has its own."""
    largest = 88.0 if a.dtype is dtypes.float32 else 709.0
    over = gt(a, like(largest, a))
    # e^a = e^(a - shift) * e^shift where e^a alone would be infinite; e^64 and e^512 are exact
    # enough, for they are rounded once.
    shift = 64.0 if a.dtype is dtypes.float32 else 512.0
    power = tr.exp(a - where(over, like(shift, a), like(0, a)))
    again = where(over, like(math.exp(shift), a), like(1, a))
    return [power * f * again for f in factors]


def _kept_zero(part: Node, product: Node) -> Node:
    """`product`, which has a factor 0 where `part` is 0; `part` itself there if it is NaN, for the
    other factor is not finite."""
    return where(logical_and(_zero(part), isnan(product)), part, product)


# -- exponentials and logarithms -------------------------------------------------------------------


@pair_rule("exp")
def exp(x: Pair) -> Pair:
    """e^a (cos b + i sin b)."""
    a, b = x
    re, im = _grown(a, tr.cos(b), tr.sin(b))
    im = where(_zero(b), b, im)
    wild = logical_not(isfinite(b))
    vanished = logical_and(wild, eq(a, like(-INF, a)))
    endless = logical_and(wild, eq(a, like(INF, a)))
    re = where(vanished, like(0, a), where(endless, a, re))
    return Pair(re, where(vanished, like(0, a), im))


@pair_rule("exp2")
def _exp2(x: Pair) -> Pair:
    return exp(Pair(x.re * tr.LN2, x.im * tr.LN2))


@pair_rule("expm1")
def _expm1(x: Pair) -> Pair:
    """The real part is expm1(a) cos b - 2 sin(b/2)^2, exact near 0."""
    whole = exp(x)
    half = tr.sin(x.im * 0.5)
    near = tr.expm1(x.re) * tr.cos(x.im) - half * half * 2
    small = lt(ar.abs(x.re), like(1, x.re))
    return Pair(where(small, near, whole.re - 1), whole.im)


def _log_of_size(x: Pair) -> Node:
    """log |x|: around 1 from |x|^2 - 1 = (m - 1)(m + 1) + n^2 of the parts m >= n."""
    a, b = ar.abs(x.re), ar.abs(x.im)
    m, n = ar.maximum(a, b), ar.minimum(a, b)
    nothing = _zero(m)
    ratio = n / where(nothing, like(1, m), m)
    far = ar.log(m) + tr.log1p(ratio * ratio) * 0.5
    near = tr.log1p((m - 1) * (m + 1) + n * n) * 0.5
    around = logical_and(gt(m, like(0.7, m)), lt(m, like(1.5, m)))
    size = where(around, near, far)
    return where(logical_or(isinf(x.re), isinf(x.im)), like(INF, size), size)


@pair_rule("log")
def log(x: Pair) -> Pair:
    """log |x| + i angle(x)."""
    return Pair(_log_of_size(x), tr.atan2(x.im, x.re))


@pair_rule("log2")
def _log2(x: Pair) -> Pair:
    found = log(x)
    return Pair(found.re * (1 / tr.LN2), found.im * (1 / tr.LN2))


@pair_rule("log1p")
def _log1p(x: Pair) -> Pair:
    """Near 0, log |1 + x| = log1p(2a + a^2 + b^2) / 2."""
    shifted = Pair(x.re + 1, x.im)
    found = log(shifted)
    near = tr.log1p(x.re * 2 + (x.re * x.re + x.im * x.im)) * 0.5
    small = logical_and(lt(ar.abs(x.re), like(0.5, x.re)), lt(ar.abs(x.im), like(0.5, x.im)))
    return Pair(where(small, near, found.re), found.im)


@pair_rule("pow")
def _pow(x: Pair, y: Pair) -> Pair:
    """e^(y log x); 0 to a power is 1 (of 0), 0 (of one whose real part is positive) or NaN."""
    found = exp(mul(y, log(x)))
    nothing = logical_and(_zero(x.re), _zero(x.im))
    one = _zero(y.re) if is_zero(y.im) else logical_and(_zero(y.re), _zero(y.im))
    vanishing = gt(y.re, like(0, y.re))
    unknown = like(float("nan"), found.re)
    at_zero = where(one, like(1, unknown), where(vanishing, like(0, unknown), unknown))
    beside = where(logical_or(one, vanishing), like(0, unknown), unknown)
    return Pair(where(nothing, at_zero, found.re), where(nothing, beside, found.im))


# -- roots -----------------------------------------------------------------------------------------


@pair_rule("sqrt")
def sqrt(x: Pair) -> Pair:
    """t = sqrt((|a| + |x|) / 2) and b / 2t, in the order that the sign of a wants; x is scaled by a
    power of 4 first, so that |x| neither overflows nor loses its last digits."""
    a, b = x
    single = a.dtype is dtypes.float32
    big, tiny, step = (2.0**120, 2.0**-100, 32) if single else (2.0**1000, 2.0**-960, 64)
    large = ar.maximum(ar.abs(a), ar.abs(b))
    high, low = gt(large, like(big, a)), lt(large, like(tiny, a))

    def chosen(up: float, down: float) -> Node:
        return where(high, like(down, a), where(low, like(up, a), like(1, a)))

    scale, back = chosen(2.0 ** (2 * step), 1 / 16), chosen(2.0**-step, 4.0)
    p, q = a * scale, b * scale
    t = tr.sqrt((ar.abs(p) + absolute(Pair(p, q))) * 0.5)
    other = ar.abs(q) / where(_zero(t), like(1, t), t * 2)
    right = logical_not(_negative(a))
    re = where(right, t, other) * back
    im = where(right, other, t) * back
    return _special_root(x, Pair(re, im))


def _special_root(x: Pair, root: Pair) -> Pair:
    """sqrt where a part is 0 or not finite."""
    a, b = x
    up = isinf(b)
    ends = isinf(a)
    at_infinity = logical_and(ends, logical_not(up))
    right = gt(a, like(0, a))
    bounded = logical_not(isnan(b))
    beside = where(bounded, like(0, a), b)
    re = where(up, like(INF, a), where(at_infinity, where(right, a, beside), root.re))
    im = where(up, like(INF, a), where(at_infinity, where(right, beside, ar.abs(a)), root.im))
    return Pair(re, _signed(im, b))


@pair_rule("rsqrt")
def _rsqrt(x: Pair) -> Pair:
    root = sqrt(x)
    return div(Pair(like(1, root.re), like(0, root.re)), root)


@pair_rule("sigmoid")
def _sigmoid(x: Pair) -> Pair:
    """1 / (1 + e^-x) of a >= 0, else e^x / (1 + e^x): the exponential is at most 1."""
    left = _negative(x.re)
    turned = Pair(ar.neg(ar.abs(x.re)), where(left, x.im, ar.neg(x.im)))
    small = exp(turned)
    one = like(1, small.re)
    above = Pair(where(left, small.re, one), where(left, small.im, like(0, one)))
    return div(above, Pair(small.re + 1, small.im))


# -- hyperbolic, and through i times the operand trigonometric -------------------------------------


def _hyperbolic(a: Node, b: Node) -> tuple[Node, Node, Node, Node]:
    """cosh a cos b, sinh a sin b, sinh a cos b, cosh a sin b; where e^|a| would overflow, halves of
    it take the place of cosh and sinh."""
    cos, sin = tr.cos(b), tr.sin(b)
    size = ar.abs(a)
    large = gt(size, like(80.0 if a.dtype is dtypes.float32 else 700.0, a))
    calm = where(large, like(0, a), a)
    e_cos, e_sin = _grown(size, cos * 0.5, sin * 0.5)
    c, s = tr.cosh(calm), tr.sinh(calm)
    left = _negative(a)
    return (
        where(large, e_cos, c * cos),
        where(large, where(left, ar.neg(e_sin), e_sin), s * sin),
        where(large, where(left, ar.neg(e_cos), e_cos), s * cos),
        where(large, e_sin, c * sin),
    )


def _zero_product(a: Node, b: Node) -> Node:
    """0 with the sign of a * b, for parts of which one is 0."""
    return where(_zero(a), _signed_like(a, b), _signed_like(b, a))


def _signed_like(zero: Node, other: Node) -> Node:
    return where(_negative(other), ar.neg(zero), zero)


@pair_rule("cosh")
def cosh(x: Pair) -> Pair:
    """cosh a cos b + i sinh a sin b."""
    a, b = x
    re, im, _, _ = _hyperbolic(a, b)
    flat = logical_or(_zero(a), _zero(b))
    im = where(logical_and(flat, isnan(im)), _zero_product(a, b), im)
    endless = logical_and(isinf(a), logical_not(isfinite(b)))
    re = where(endless, ar.abs(a), re)
    return Pair(re, im)


@pair_rule("sinh")
def sinh(x: Pair) -> Pair:
    """sinh a cos b + i cosh a sin b."""
    a, b = x
    _, _, re, im = _hyperbolic(a, b)
    endless = logical_and(isinf(a), logical_not(isfinite(b)))
    return Pair(_kept_zero(a, where(endless, ar.abs(a), re)), _kept_zero(b, im))


@pair_rule("tanh")
def tanh(x: Pair) -> Pair:
    """With t = tan b and s = sinh a, (t^2 + 1) s cosh a and t over 1 + (t^2 + 1) s^2; far out
    +-1 and 4 sin b cos b e^(-2|a|)."""
    a, b = x
    far = gt(ar.abs(a), like(11.0 if a.dtype is dtypes.float32 else 22.0, a))
    calm = where(far, like(0, a), a)
    t, s, c = tr.tan(b), tr.sinh(calm), tr.cosh(calm)
    beta = t * t + 1
    divisor = beta * s * s + 1
    re = where(far, _signed(like(1, a), a), beta * s * c / divisor)
    tail = tr.sin(b) * tr.cos(b) * 4 * tr.exp(ar.abs(a) * -2)
    tail = where(isinf(a), _signed(like(0, a), where(isfinite(b), tr.sin(b * 2), b)), tail)
    im = where(far, tail, t / divisor)
    known = logical_or(isinf(a), isfinite(b))
    return Pair(_kept_zero(a, where(known, re, b - b)), _kept_zero(b, im))


def _times_i(x: Pair) -> Pair:
    return Pair(ar.neg(x.im), x.re)


def _over_i(x: Pair) -> Pair:
    return Pair(x.im, ar.neg(x.re))


@pair_rule("sin")
def _sin(x: Pair) -> Pair:
    found = _over_i(sinh(_times_i(x)))
    endless = logical_and(isinf(x.im), logical_not(isfinite(x.re)))
    return Pair(found.re, where(endless, like(INF, x.im), found.im))


@pair_rule("cos")
def _cos(x: Pair) -> Pair:
    return cosh(_times_i(x))


@pair_rule("tan")
def _tan(x: Pair) -> Pair:
    return _over_i(tanh(_times_i(x)))
