"""Numerical stabilisation: formulas that overflow, underflow or cancel become ones that do not.

After Theano's `local_log_softmax`, `local_log1p`, `local_expm1`, `local_softplus` and their kin,
with rows of our own for variances, hyperbolic functions and the gradients of these formulas. Both
sides of a row are equal for real numbers; the tests evaluate both in float64 on extreme inputs:
the right side is never worse, and somewhere better.

`cse` must have run (one name, one node), and `canonicalise` (keepdims is one broadcast). The pass
may run before differentiation too, whose formulas are then stable as well.
"""

from __future__ import annotations

import math

from pentad import ops
from pentad.graph.node import Graph, Node, apply
from pentad.ops.special_error import erfcx
from pentad.passes.canonical_views import broadcast
from pentad.passes.pattern import VIEWS, Call, Constant, Pattern, p, var
from pentad.passes.quotients import (
    POSITIVE,
    RATIOS,
    by_ratios,
    restores,
    softmax_over,
    terms_of,
)
from pentad.passes.rewrite import Rule, by_rules, first_of, rewrite
from pentad.passes.stable_matrices import MATRIX_RULES


def stabilise(graph: Graph) -> Graph:
    """The graph after every rule below."""
    return rewrite(graph, _STEP)


x, y, h, t = var("x"), var("y"), var("h"), var("t")
axes, dims = var("axes"), var("dims")

_MOVES = VIEWS | {"gather"}
_MAX_MOVES = 8
_MOST_LEAVES = 16


def spread(inner: Pattern) -> Call:
    """What a reduction along `axes` gave, repeated along them again."""
    return p.broadcast(inner, dims=dims)


def _softmax_by_hand(x: Node, axes: tuple[int, ...], dims: tuple[int, ...]) -> Node | None:
    return softmax_over(x, axes) if restores(x, axes, dims) else None


def _log_softmax_by_hand(x: Node, axes: tuple[int, ...], dims: tuple[int, ...]) -> Node | None:
    return softmax_over(x, axes, "log_softmax") if restores(x, axes, dims) else None


def _logsumexp(x: Node, axes: tuple[int, ...]) -> Node | None:
    return None if _is_centred(x, axes) else ops.logsumexp(x, axes)


def _is_centred(x: Node, axes: tuple[int, ...]) -> bool:
    """x is y - max(y) along `axes`: exp(x) cannot overflow, another maximum would be a waste."""
    shift = _shift_along(x, axes)
    if shift is None:
        return False
    return (
        shift.op.name == "reduce_max"
        and shift.inputs[0] is x.inputs[0]
        and shift.attrs["axes"] == axes
    )


def _shift_along(x: Node, axes: tuple[int, ...]) -> Node | None:
    """t if x is y - t with t the same all along `axes`, without these axes."""
    if x.op.name != "sub":
        return None
    shift = x.inputs[1]
    if shift.op.name == "stop_gradient":
        shift = shift.inputs[0]
    if shift.op.name != "broadcast" or not restores(x, axes, shift.attrs["dims"]):
        return None
    return shift.inputs[0]


def _unshifted(out: Node, x: Node) -> Node | None:
    """softmax and log_softmax do not change when something is subtracted all along the axis."""
    if _shift_along(x, (out.attrs["axis"] % x.ndim,)) is None:
        return None
    return apply(out.op, x.inputs[0], axis=out.attrs["axis"])


def _unshifted_logsumexp(x: Node, axes: tuple[int, ...], t: Node) -> Node | None:
    """log(sum(exp(y - t))) + t."""
    return ops.logsumexp(x.inputs[0], axes) if _shift_along(x, axes) is t else None


def _gradient_of_logsumexp(
    h: Node, x: Node, axes: tuple[int, ...], dims: tuple[int, ...]
) -> Node | None:
    """h / sum(exp(x)) * exp(x), where h belongs to each sum: softmax shares it out."""
    shared = softmax_over(x, axes) if restores(x, axes, dims) else None
    return None if shared is None else broadcast(h, x.shape, dims) * shared


def _log_of_moved(x: Node) -> Node | None:
    """log(part of softmax) = part of log_softmax: the logarithm goes below what moves elements."""
    moves: list[Node] = []
    while x.op.name in _MOVES and len(moves) < _MAX_MOVES:
        moves.append(x)
        x = x.inputs[0]
    if x.op.name not in ("softmax", "sigmoid"):
        return None
    softmax = x.op.name == "softmax"
    made = ops.log_softmax(x.inputs[0], **x.attrs) if softmax else ops.log_sigmoid(x.inputs[0])
    for move in reversed(moves):
        made = Node(move.op, (made, *move.inputs[1:]), move.attrs, move.type, move.source)
    return made


def _softplus(x: Node) -> Node | None:
    """log(1 + exp(x)); of -|y|, which is part of a stable formula, it needs no care."""
    small = x.op.name == "neg" and x.inputs[0].op.name == "abs"
    return None if small else ops.softplus(x)


def _log_of_terms(s: Node, **_: Node) -> Node | None:
    """log(exp(x) + exp(y) + ...), of which one term may be 1."""
    terms = terms_of(s)
    if terms is None or sum(t is not None for t in terms) < 2:
        return None
    given = [t for t in terms if t is not None]
    made = given[0]
    for term in given[1:]:
        made = ops.logaddexp(made, term)
    ones = len(terms) - len(given)
    return ops.softplus(made) if ones == 1 else None if ones else made


def _log_erfc(x: Node) -> Node:
    """erfc vanishes for large x, and near 0 it is 1 but for what its logarithm is."""
    far = ops.log(erfcx(x)) - x * x
    return ops.where(ops.gt(x, ops.full_like(1.0, x)), far, ops.log1p(-ops.erf(x)))


def _twice_a_product(x: Node) -> Node | None:
    """So that its factors meet those that it is multiplied with."""
    return x * 2.0 if x.op.name in ("mul", "div") and x.dtype.is_floating_point else None


def _log_of_product(out: Node, **_: Node) -> Node | None:
    """log(x * x * x ...), as x ** n is written by those who multiply."""
    leaves, stack = [], [out]
    while stack:
        node = stack.pop()
        if node.op.name == "mul":
            stack += node.inputs
        else:
            leaves.append(node)
        if len(leaves) + len(stack) > _MOST_LEAVES or (leaves and leaves[-1] is not leaves[0]):
            return None
    return _log_of_power(leaves[0], float(len(leaves)))


def _log_of_power(x: Node, number: float) -> Node | None:
    """y log(x), if x ** y is no number or negative, as log(x), for all negative x."""
    if number == 0 or not math.isfinite(number):
        return None
    even = number % 2 == 0 and x.op.name not in POSITIVE
    return ops.log(ops.abs(x) if even else x) * number


def _log_of_any_power(x: Node, y: Node) -> Node:
    """y log|x| where x ** y has a logarithm: x is no less than 0, or y even."""
    size, half = ops.log(ops.abs(x)), y * 0.5
    zero = ops.full_like(0.0, x)
    nothing = ops.logical_or(ops.eq(y, zero), ops.eq(size, zero))  # inf * 0 would be NaN
    found = ops.where(nothing, zero, y * size)
    defined = ops.logical_or(ops.ge(x, zero), ops.eq(half, ops.floor(half)))
    return ops.where(ops.logical_or(nothing, defined), found, ops.full_like(math.nan, x))


def _log_of_prod(x: Node, axes: tuple[int, ...]) -> Node | None:
    """The sum of logarithms, if no factor is negative."""
    square = x.op.name == "mul" and x.inputs[0] is x.inputs[1]
    fine = square or x.op.name in (*POSITIVE, "square", "abs")
    return ops.reduce_sum(ops.log(x), axes) if fine else None


def _variance(x: Node, axes: tuple[int, ...]) -> Node:
    return ops.var(x, axes, correction=0)


_TAIL = p.log1p(p.exp(-p.abs(x)))
_MEAN = p.mean(x, axes=axes)

RULES = (
    # softmax and its logarithm
    Rule("softmax by hand", p.exp(x) / spread(p.reduce_sum(p.exp(x), axes=axes)), _softmax_by_hand),
    Rule("log(softmax or sigmoid)", p.log(x), _log_of_moved),
    Rule(
        "log(sum(exp(x)))",
        p.log(p.reduce_sum(p.exp(x), axes=axes)),
        _logsumexp,
    ),
    Rule("x - logsumexp(x)", x - spread(p.logsumexp(x, axes=axes)), _log_softmax_by_hand),
    # stable formulas by hand get their names
    Rule(
        "log_softmax by hand",
        x - spread(p.log(p.reduce_sum(p.exp(x), axes=axes))),
        _log_softmax_by_hand,
    ),
    Rule("softmax(x - t)", p.softmax(x).named("out"), _unshifted),
    Rule("log_softmax(x - t)", p.log_softmax(x).named("out"), _unshifted),
    Rule(
        "log(sum(exp(x - t))) + t",
        p.log(p.reduce_sum(p.exp(x), axes=axes)) + t,
        _unshifted_logsumexp,
    ),
    Rule("logsumexp(x - t) + t", p.logsumexp(x, axes=axes) + t, _unshifted_logsumexp),
    Rule("log(exp(x) + exp(y))", p.log((x + y).named("s")), _log_of_terms),
    # sigmoid
    Rule("1 / (1 + exp(-x))", 1 / (1 + p.exp(-x)), lambda x: ops.sigmoid(x)),
    Rule("1 / (1 + exp(x))", 1 / (1 + p.exp(x)), lambda x: ops.sigmoid(-x)),
    Rule("reciprocal(1 + exp(-x))", p.reciprocal(1 + p.exp(-x)), lambda x: ops.sigmoid(x)),
    Rule("reciprocal(1 + exp(x))", p.reciprocal(1 + p.exp(x)), lambda x: ops.sigmoid(-x)),
    Rule("exp(x) / (1 + exp(x))", p.exp(x) / (1 + p.exp(x)), lambda x: ops.sigmoid(x)),
    Rule("1 - sigmoid(x)", 1 - p.sigmoid(x), lambda x: ops.sigmoid(-x)),
    # softplus
    Rule("log(1 + exp(x))", p.log(1 + p.exp(x)), _softplus),
    Rule("log1p(exp(x))", p.log1p(p.exp(x)), _softplus),
    Rule("softplus by hand", p.maximum(x, 0) + _TAIL, lambda x: ops.softplus(x)),
    Rule("log_sigmoid by hand", p.minimum(x, 0) - _TAIL, lambda x: ops.log_sigmoid(x)),
    Rule("log(1 - sigmoid(x))", p.log1p(-p.sigmoid(x)), lambda x: ops.log_sigmoid(-x)),
    # logarithms and exponentials near their zeros
    Rule("log(1 + x)", p.log(1 + x), lambda x: ops.log1p(x)),
    Rule("log(1 - x)", p.log(1 - x), lambda x: ops.log1p(-x)),
    Rule("exp(x) - 1", p.exp(x) - 1, lambda x: ops.expm1(x)),
    Rule("exp(x) + -1", p.exp(x) + -1, lambda x: ops.expm1(x)),
    Rule("1 - exp(x)", 1 - p.exp(x), lambda x: -ops.expm1(x)),
    Rule("log(exp(x))", p.log(p.exp(x)), lambda x: x),
    Rule("log(x * x)", p.log(x * x), lambda x: ops.log(ops.abs(x)) * 2.0),
    Rule("log(square(x))", p.log(p.square(x)), lambda x: ops.log(ops.abs(x)) * 2.0),
    # logarithms of powers and products
    Rule("log(x ** number)", p.log(p.pow(x, Constant("number"))), _log_of_power),
    Rule("log(x ** y)", p.log(p.pow(x, y)), _log_of_any_power),
    Rule("log(x * x * x ...)", p.log((x * y).named("out")), _log_of_product),
    Rule("log(prod(x))", p.log(p.reduce_prod(x, axes=axes)), _log_of_prod),
    Rule("h / x + h / x", x + x, _twice_a_product),
    # roots of squares
    Rule("sqrt(x * x)", p.sqrt(x * x), lambda x: ops.abs(x)),
    Rule("sqrt(square(x))", p.sqrt(p.square(x)), lambda x: ops.abs(x)),
    # the error function
    Rule("1 - erf(x)", 1 - p.erf(x), lambda x: ops.erfc(x)),
    Rule("1 + erf(x)", 1 + p.erf(x), lambda x: ops.erfc(-x)),
    Rule("1 - erfc(x)", 1 - p.erfc(x), lambda x: ops.erf(x)),
    Rule("log(erfc(x))", p.log(p.erfc(x)), _log_erfc),
    # hyperbolic functions by hand
    Rule(
        "tanh by hand",
        (p.exp(x) - p.exp(-x)) / (p.exp(x) + p.exp(-x)),
        lambda x: ops.tanh(x),
    ),
    Rule("sinh by hand", (p.exp(x) - p.exp(-x)) * 0.5, lambda x: ops.sinh(x)),
    # mean(x**2) - mean(x)**2
    *(
        Rule(f"variance by hand, {i}", p.mean(square, axes=axes) - power, _variance)
        for i, (square, power) in enumerate(
            (a, b) for a in (x * x, p.square(x)) for b in (_MEAN * _MEAN, p.square(_MEAN))
        )
    ),
    # gradients of logarithms: what is divided by a positive s is multiplied by s again
    *(
        row
        for s in (getattr(p, name)(x).named("s") for name in POSITIVE)
        for row in (
            Rule(f"h / {s.op} * {s.op}", (h / s) * s, lambda h, s, x: h),
            Rule(
                f"(h / {s.op} - t) * {s.op}",
                ((h / s) - t) * s,
                lambda h, s, t, x: h - s * t,
            ),
        )
    ),
    Rule(
        "gradient of log(sum(exp(x)))",
        spread(h / p.reduce_sum(p.exp(x), axes=axes)) * p.exp(x),
        _gradient_of_logsumexp,
    ),
    *MATRIX_RULES,
)

_STEP = first_of(by_rules(RULES), by_ratios(RATIOS))
