"""One spelling for what has several, without changing a bit of any value.

What is not the identity stays: x + 0.0 turns -0.0 into 0.0, and x * 0 is NaN for an infinite x.
The rows for views and products are in `canonical_views`, those for parts of values in
`canonical_parts`.
"""

from __future__ import annotations

import math

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.node import Graph, Node
from pentad.passes.canonical_parts import PART_RULES
from pentad.passes.canonical_views import VIEW_RULES
from pentad.passes.pattern import Constant, p, var
from pentad.passes.rewrite import Rule, by_rules, rewrite


def canonicalise(graph: Graph) -> Graph:
    """The graph after every rule below."""
    return rewrite(graph, _STEP)


x, y, c = var("x"), var("y"), var("c")
number = Constant("number")


def _integer_only(x: Node) -> Node | None:
    return x if x.dtype.is_integer else None


def _never(x: Node) -> Node:
    """Less than itself is nothing, NaN neither."""
    return ops.full(False, x.shape, dtypes.bool_)


def _is_exact(x: Node) -> bool:
    """Every value equals itself: there is no NaN."""
    return x.dtype.is_integer or x.dtype is dtypes.bool_


def _always_of_integers(x: Node) -> Node | None:
    return ops.full(True, x.shape, dtypes.bool_) if _is_exact(x) else None


def _abs_of_signed(x: Node) -> Node | None:
    return ops.abs(x) if x.dtype.is_signed else None


def _times_reciprocal(x: Node, number: float) -> Node | None:
    """x / 2**k is x * 2**-k exactly where both powers are normal numbers of every float type."""
    mantissa, exponent = math.frexp(number) if math.isfinite(number) else (0.0, 0)
    if abs(mantissa) != 0.5 or abs(exponent) > 13:
        return None
    return x * (1 / number)


def _integer_power(x: Node, number: float) -> Node | None:
    """Small whole powers by multiplication, as every framework computes them."""
    return ops.integer_pow(x, int(number)) if number in (1, 2, 3) else None


def _cast_to_own_type(x: Node, dtype: DType) -> Node | None:
    return x if x.dtype is dtype else None


def _cast_of_cast(x: Node, middle: DType, dtype: DType) -> Node | None:
    """One cast, if the first loses nothing; but floats saturate to integers, integers wrap."""
    if not _holds_all_of(middle, x.dtype):
        return None
    through_float = middle.is_floating_point and x.dtype.is_integer and dtype.is_integer
    if through_float and not _holds_all_of(dtype, x.dtype):
        return None
    return ops.cast(x, dtype)


def _holds_all_of(wide: DType, narrow: DType) -> bool:
    """Every value of `narrow` is a value of `wide`."""
    if wide is narrow or narrow is dtypes.bool_:
        return True
    if wide.is_floating_point and narrow.is_floating_point:
        return wide.bits > narrow.bits
    if wide.is_floating_point:
        digits = {dtypes.float16: 11, dtypes.bfloat16: 8, dtypes.float32: 24, dtypes.float64: 53}
        return digits[wide] >= narrow.bits
    if not (wide.is_integer and narrow.is_integer):
        return False
    return wide.bits > narrow.bits and (wide.is_signed or not narrow.is_signed)


RULES = (
    # signs
    Rule("-(-x)", p.neg(p.neg(x)), lambda x: x),
    Rule("x + -y", x + (-y), lambda x, y: x - y),
    Rule("x - -y", x - (-y), lambda x, y: x + y),
    Rule("-x * -y", (-x) * (-y), lambda x, y: x * y),
    Rule("-x / -y", (-x) / (-y), lambda x, y: x / y),
    Rule("x * -1", x * -1, lambda x: -x),
    Rule("abs(-x)", p.abs(-x), _abs_of_signed),
    Rule("abs(abs(x))", p.abs(p.abs(x)), lambda x: ops.abs(x)),
    # neutral elements
    Rule("x - 0", x - 0.0, lambda x: x),
    Rule("x + -0", x + -0.0, lambda x: x),
    Rule("x + 0 of integers", x + 0, _integer_only),
    Rule("x * 1", x * 1, lambda x: x),
    Rule("x / 1", x / 1, lambda x: x),
    Rule("x / 2**k", x / number, _times_reciprocal),
    Rule("x ** 1, 2, 3", p.pow(x, number), _integer_power),
    Rule("maximum(x, x)", p.maximum(x, x), lambda x: x),
    Rule("minimum(x, x)", p.minimum(x, x), lambda x: x),
    # truth values
    Rule("not not x", p.logical_not(p.logical_not(x)), lambda x: x),
    Rule("not x == y", p.logical_not(p.eq(x, y)), lambda x, y: ops.ne(x, y)),
    Rule("not x != y", p.logical_not(p.ne(x, y)), lambda x, y: ops.eq(x, y)),
    Rule("x and x", p.logical_and(x, x), lambda x: x),
    Rule("x or x", p.logical_or(x, x), lambda x: x),
    Rule("x and false", p.logical_and(x, False), lambda x: ops.full_like(False, x)),
    Rule("x or true", p.logical_or(x, True), lambda x: ops.full_like(True, x)),
    Rule("x < x", p.lt(x, x), _never),
    Rule("x > x", p.gt(x, x), _never),
    Rule("x != x of integers", p.ne(x, x), lambda x: _never(x) if _is_exact(x) else None),
    *(
        Rule(f"x {sign} x of integers", pattern, _always_of_integers)
        for sign, pattern in (("==", p.eq(x, x)), ("<=", p.le(x, x)), (">=", p.ge(x, x)))
    ),
    Rule("x and true", p.logical_and(x, True), lambda x: x),
    Rule("x or false", p.logical_or(x, False), lambda x: x),
    Rule("~~x", p.bitwise_not(p.bitwise_not(x)), lambda x: x),
    Rule("where(c, x, x)", p.where(c, x, x), lambda c, x: x),
    Rule("where(true, x, y)", p.where(True, x, y), lambda x, y: x),
    Rule("where(false, x, y)", p.where(False, x, y), lambda x, y: y),
    Rule("where(not c, x, y)", p.where(p.logical_not(c), x, y), lambda c, x, y: ops.where(c, y, x)),
    # element types
    Rule("cast to its own type", p.cast(x, dtype=var("dtype")), _cast_to_own_type),
    Rule(
        "cast of a lossless cast",
        p.cast(p.cast(x, dtype=var("middle")), dtype=var("dtype")),
        _cast_of_cast,
    ),
    *VIEW_RULES,
    *PART_RULES,
)

_STEP = by_rules(RULES)
