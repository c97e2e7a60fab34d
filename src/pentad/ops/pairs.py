"""What ops mean on complex numbers given as pairs of real nodes: the table PAIRS.

A rule gets its node's operands (a Pair for a complex one, a node for a real one) and its
attributes, and gives a Pair (a complex result) or a node (a real one, or a complex one that runs on
the host as it is). The pass `split_complex` applies them; complex_functions.py has those of the
elementary functions. Adding complex numbers to an op is one rule here, beside the complex dtypes
in the op's record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.node import Node, apply
from pentad.graph.op import by_name
from pentad.ops import arithmetic as ar
from pentad.ops.comparison import (
    eq,
    ge,
    isfinite,
    isinf,
    isnan,
    logical_and,
    logical_or,
    ne,
    where,
)
from pentad.ops.conversion import cast
from pentad.ops.define import normalize_axes
from pentad.ops.movement import pad, slice_
from pentad.ops.sources import full, full_like
from pentad.ops.transcendental import sqrt
from pentad.ops.views import reshape, transpose


class Pair(NamedTuple):
    """A complex value as its real and its imaginary part, nodes of one type."""

    re: Node
    im: Node


Rule = Callable[..., "Pair | Node"]
R = TypeVar("R", bound=Rule)
PAIRS: dict[str, Rule] = {}
"""The rules, by the names of ops."""


def pair_rule(*names: str) -> Callable[[R], R]:
    """Enter a rule for the ops called `names`."""

    def enter(rule: R) -> R:
        PAIRS.update(dict.fromkeys(names, rule))
        return rule

    return enter


def like(value: float, x: Node) -> Node:
    """`value` in the type of `x`."""
    return full_like(value, x)


# -- ops that do the same to both parts ------------------------------------------------------------


def _on_parts(name: str) -> None:
    def rule(*operands: Pair | Node, **attrs: Any) -> Pair:
        op = by_name(name)
        sides = ([o[i] if isinstance(o, Pair) else o for o in operands] for i in (0, 1))
        return Pair(*(apply(op, *side, **attrs) for side in sides))

    PAIRS[name] = rule


for _name in (
    *("add", "sub", "neg", "copy", "fence", "where", "reduce_sum", "cumsum"),
    *("reshape", "transpose", "broadcast", "slice", "reverse", "stop_gradient"),
    *("concatenate", "gather", "scatter"),
):
    _on_parts(_name)


@pair_rule("pad")
def _pad(x: Pair, *, value: float, **attrs: Any) -> Pair:
    op = by_name("pad")
    return Pair(apply(op, x.re, value=value, **attrs), apply(op, x.im, value=0.0, **attrs))


@pair_rule("full")
def _full(*, value: float, shape: Sequence[Any], dtype: DType) -> Pair:
    return Pair(full(value, shape, dtype.real), full(0, shape, dtype.real))


@pair_rule("iota")
def _iota(*, dtype: DType, **attrs: Any) -> Pair:
    line = apply(by_name("iota"), dtype=dtype.real, **attrs)
    return Pair(line, like(0, line))


# -- parts -----------------------------------------------------------------------------------------


@pair_rule("complex")
def _complex(re: Node, im: Node) -> Pair:
    return Pair(re, im)


@pair_rule("real")
def _real(x: Pair) -> Node:
    return x.re


@pair_rule("imag")
def _imag(x: Pair) -> Node:
    return x.im


@pair_rule("conj")
def _conj(x: Pair) -> Pair:
    return Pair(x.re, ar.neg(x.im))


@pair_rule("cast")
def _cast(x: Pair | Node, *, dtype: DType) -> Pair | Node:
    if isinstance(x, Node):
        part = cast(x, dtype.real)
        return Pair(part, like(0, part))
    if dtype.is_complex:
        return Pair(cast(x.re, dtype.real), cast(x.im, dtype.real))
    if dtype is dtypes.bool_:
        return logical_or(cast(x.re, dtype), cast(x.im, dtype))
    return cast(x.re, dtype)


# -- comparisons -----------------------------------------------------------------------------------


@pair_rule("eq")
def _eq(x: Pair, y: Pair) -> Node:
    return logical_and(eq(x.re, y.re), eq(x.im, y.im))


@pair_rule("ne")
def _ne(x: Pair, y: Pair) -> Node:
    return logical_or(ne(x.re, y.re), ne(x.im, y.im))


@pair_rule("isnan")
def _isnan(x: Pair) -> Node:
    return logical_or(isnan(x.re), isnan(x.im))


@pair_rule("isinf")
def _isinf(x: Pair) -> Node:
    return logical_or(isinf(x.re), isinf(x.im))


@pair_rule("isfinite")
def _isfinite(x: Pair) -> Node:
    return logical_and(isfinite(x.re), isfinite(x.im))


# -- arithmetic ------------------------------------------------------------------------------------


@pair_rule("mul")
def mul(x: Pair, y: Pair) -> Pair:
    """(a + bi)(c + di)."""
    for p, q in ((x, y), (y, x)):
        if is_zero(q.im):
            return Pair(p.re * q.re, p.im * q.re)
    return Pair(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re)


def is_zero(x: Node) -> bool:
    """Is a part known to be 0 everywhere: that of a real number made complex?"""
    while x.op.kind == "view" or x.op.name == "cast":
        x = x.inputs[0]
    return x.op.name == "full" and x.attrs["value"] == 0


@pair_rule("div")
def div(x: Pair, y: Pair) -> Pair:
    """Numerator times conjugate over |y|^2, both divided by the larger part of y, so that nothing
    overflows on the way (Smith, Algorithm 116, 1962); by 0, each part over 0."""
    if is_zero(y.im):
        return Pair(x.re / y.re, x.im / y.re)
    wide = ge(ar.abs(y.re), ar.abs(y.im))
    large, small = where(wide, y.re, y.im), where(wide, y.im, y.re)
    nothing = eq(large, like(0, large))
    ratio = where(nothing, like(0, large), small / where(nothing, like(1, large), large))
    divisor = large + small * ratio
    p, q = where(wide, x.re, x.im), where(wide, x.im, x.re)
    upper = where(nothing, p, p + q * ratio)
    lower = where(nothing, q, q - p * ratio)
    return Pair(upper / divisor, where(wide, lower, ar.neg(lower)) / divisor)


@pair_rule("abs")
def absolute(x: Pair) -> Node:
    """The larger part times sqrt(1 + (smaller / larger)^2); infinite if a part is."""
    a, b = ar.abs(x.re), ar.abs(x.im)
    large, small = ar.maximum(a, b), ar.minimum(a, b)
    nothing = eq(large, like(0, large))
    ratio = small / where(nothing, like(1, large), large)
    size = large * sqrt(ratio * ratio + 1)
    return where(_isinf(x), like(float("inf"), size), size)


@pair_rule("sign")
def _sign(x: Pair) -> Pair:
    size = absolute(x)
    nothing = eq(size, like(0, size))
    divisor = where(nothing, like(1, size), size)
    return Pair(x.re / divisor, x.im / divisor)


@pair_rule("reduce_prod")
def _product(x: Pair, *, axes: tuple[int, ...]) -> Pair:
    """The axes as one, halved again and again: elements i and i + half are multiplied."""
    ndim = x.re.ndim
    axes = normalize_axes("reduce_prod", axes, ndim)
    order = [*axes, *(i for i in range(ndim) if i not in axes)]
    kept = tuple(x.re.shape[i] for i in order[len(axes) :])
    n = 1
    for a in axes:
        n *= int(x.re.shape[a])
    x = Pair(*(reshape(transpose(part, order), (n, *kept)) for part in x))
    if n == 0:
        return Pair(full(1, kept, x.re.dtype), full(0, kept, x.re.dtype))
    while n > 1:
        half = n // 2
        low, high = (_rows(x, i * half, (i + 1) * half) for i in (0, 1))
        folded = mul(low, high)
        if n % 2:
            rest = _rows(x, 2 * half, n)
            joined = by_name("concatenate")
            folded = Pair(*(apply(joined, a, b, axis=0) for a, b in zip(folded, rest)))
        x, n = folded, half + n % 2
    return Pair(*(reshape(part, kept) for part in x))


def _rows(x: Pair, start: int, limit: int) -> Pair:
    zeros = [0] * (x.re.ndim - 1)
    ends = x.re.shape[1:]
    return Pair(*(slice_(part, [start, *zeros], [limit, *ends]) for part in x))


@pair_rule("cumprod")
def _running_product(x: Pair, *, axis: int) -> Pair:
    """log2(n) multiplications by what lies 1, 2, 4, ... before (Hillis and Steele, 1986)."""
    distance, n = 1, int(x.re.shape[axis])
    low, high = [0] * x.re.ndim, [0] * x.re.ndim
    while distance < n:
        low[axis], high[axis] = distance, -distance
        x = mul(x, Pair(pad(x.re, low, high, value=1), pad(x.im, low, high)))
        distance *= 2
    return x


@pair_rule("dot_general")
def _dot(x: Pair, y: Pair, **attrs: Any) -> Pair:
    """Four real products; three would do, but lose digits where one part is small."""
    op = by_name("dot_general")

    def dot(a: Node, b: Node) -> Node:
        return apply(op, a, b, **attrs)

    return Pair(
        dot(x.re, y.re) - dot(x.im, y.im),
        dot(x.re, y.im) + dot(x.im, y.re),
    )


