"""What each stabilising row means in exact arithmetic, and the inputs on which it is tried."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from pentad import ops
from pentad.graph.node import Node

INF = math.inf
Row = Sequence[Decimal]

# Digits enough for 1 + 1e-323, exponents enough for exp(1e17).
EXACT = decimal.Context(prec=400, Emax=10**17, Emin=-(10**17), traps=[decimal.InvalidOperation])

SIZES = (1e-320, 1e-300, 1e-20, 1e-10, 1e-5, 0.1, 0.5, 1.0, 3.0, 10.0, 30.0, 37.5, 100.0)
SIZES += (700.0, 709.5, 710.5, 745.0, 1000.0, 1e5, 1e10, 1e155, 1e300, INF)
NUMBERS = (0.0, *SIZES, *(-s for s in SIZES))

ROWS = (
    (0.0, 0.0, 0.0),
    (1.0, 2.0, 3.0),
    (0.25, -30.0, 20.0),
    (1000.0, 0.0, -1000.0),
    (-1000.0, -1001.0, -1002.0),
    (-740.0, -741.0, -739.0),
    (710.0, 709.0, 711.0),
    (1e5, 1e5 - 1, 0.0),
    (1e14, 1e14 + 1, 1e14 - 3),
    (1e-300, 0.0, -1e-300),
    (-INF, 0.0, 1.0),
)


class Case(NamedTuple):
    """`build(x, h)` matches the rule; `truth` is what a row of it means in exact arithmetic."""

    rule: str
    build: Callable[[Node, Node], Node]
    truth: Callable[[Row, Row], Row]
    rows: Sequence[Sequence[float]]


def each(
    rule: str,
    build: Callable[[Node], Node],
    truth: Callable[[Decimal], Decimal],
    where: Callable[[float], bool] = lambda x: True,
) -> Case:
    """A case of an element-wise function."""
    rows = [(x,) for x in NUMBERS if where(x)]
    return Case(rule, lambda x, h: build(x), lambda x, h: [truth(v) for v in x], rows)


def along(rule: str, build: Callable[..., Node], truth: Callable[[Row, Row], Row]) -> Case:
    """A case of a function of rows."""
    return Case(rule, build, truth, ROWS)


def one(x: Node) -> Node:
    return ops.full_like(1.0, x)


def kept(total: Node, like: Node) -> Node:
    """A reduction over axis 1 put back by keepdims and broadcasting, as users write it."""
    return ops.broadcast(ops.reshape(total, (like.shape[0], 1)), like.shape)


def sum_exp(x: Node) -> Node:
    return ops.reduce_sum(ops.exp(x), (1,))


def centred(x: Node) -> Node:
    return x - kept(ops.reduce_max(x, (1,)), x)


def shift(h: Node, scale: float) -> Node:
    return ops.reduce_max(h, (1,)) * scale


def hand_softmax(x: Node) -> Node:
    return ops.exp(x) / kept(sum_exp(x), x)


def exact_logsumexp(x: Row) -> Decimal:
    top = max(x)
    return top + sum((v - top).exp() for v in x).ln()


def exact_softmax(x: Row) -> Row:
    total = sum((v - max(x)).exp() for v in x)
    return [(v - max(x)).exp() / total for v in x]


def exact_log_softmax(x: Row) -> Row:
    lse = exact_logsumexp(x)
    return [v - lse for v in x]


def sigmoid(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


def softplus(x: Decimal) -> Decimal:
    return x if x > 1000 else (1 + x.exp()).ln()


def tanh(x: Decimal) -> Decimal:
    return 1 - 2 / ((2 * x).exp() + 1)


def libm(function: Callable[[float], float]) -> Callable[[Decimal], Decimal]:
    return lambda x: Decimal(function(float(x)))


def variance(x: Row) -> Row:
    mean = sum(x) / len(x)
    return [sum((v - mean) ** 2 for v in x) / len(x)]


def finite(x: float) -> bool:
    return math.isfinite(x)


def column(total: Node) -> Node:
    return ops.reshape(total, (total.shape[0], 1))


def variance_cases() -> list[Case]:
    rows = [(1e8, 1e8 + 1, 1e8 + 2), (1.0, 2.0, 4.0), (1e200, 1e200, 1e200), (3e7, 3e7, 3e7)]
    squares = (lambda v: v * v, ops.square)
    cases = []
    for i, (inner, outer) in enumerate((a, b) for a in squares for b in squares):
        def build(x: Node, h: Node, inner=inner, outer=outer) -> Node:
            return column(ops.mean(inner(x), (1,)) - outer(ops.mean(x, (1,))))

        cases.append(Case(f"variance by hand, {i}", build, lambda x, h: variance(x), rows))
    return cases


def gradient_cases() -> list[Case]:
    functions = {
        "softmax": (lambda x: ops.softmax(x, axis=1), exact_softmax),
        "sigmoid": (ops.sigmoid, lambda x: [sigmoid(v) for v in x]),
    }
    cases = []
    for name, (make, exact) in functions.items():
        cases.append(
            along(
                f"h / {name} * {name}",
                lambda x, h, f=make: h / f(x) * f(x),
                lambda x, h: h,
            )
        )
        cases.append(
            along(
                f"(h / {name} - t) * {name}",
                lambda x, h, f=make: (h / f(x) - ops.full_like(-1.0, x)) * f(x),
                lambda x, h, f=exact: [a + b for a, b in zip(h, f(x))],
            )
        )
    cases.append(each("h / exp * exp", lambda x: x / ops.exp(x) * ops.exp(x), lambda x: x, finite))
    cases.append(
        each(
            "(h / exp - t) * exp",
            lambda x: (x / ops.exp(x) - ops.full_like(-1.0, x)) * ops.exp(x),
            lambda x: x + x.exp(),
            lambda x: 0 <= x < INF or -1e-9 < x < 0 or x < -30,
        )
    )
    return cases


CASES = [
    along("softmax by hand", lambda x, h: hand_softmax(x), lambda x, h: exact_softmax(x)),
    along(
        "log(softmax or sigmoid)",
        lambda x, h: ops.log(ops.softmax(x, axis=1)),
        lambda x, h: exact_log_softmax(x),
    ),
    along(
        "log(softmax or sigmoid)",
        lambda x, h: ops.log(ops.reverse(ops.softmax(x, axis=1), (1,))),
        lambda x, h: exact_log_softmax(x)[::-1],
    ),
    each(
        "log(softmax or sigmoid)", lambda x: ops.log(ops.sigmoid(x)), lambda x: -softplus(-x)
    ),
    along(
        "log(sum(exp(x)))",
        lambda x, h: column(ops.log(sum_exp(x))),
        lambda x, h: [exact_logsumexp(x)],
    ),
    along(
        "x - logsumexp(x)",
        lambda x, h: x - kept(ops.logsumexp(x, (1,)), x),
        lambda x, h: exact_log_softmax(x),
    ),
    along(
        "log_softmax by hand",
        lambda x, h: centred(x) - kept(ops.log(sum_exp(centred(x))), x),
        lambda x, h: exact_log_softmax(x),
    ),
    along(
        "softmax(x - t)",
        lambda x, h: ops.softmax(x - kept(shift(h, 1e17), x), axis=1),
        lambda x, h: exact_softmax(x),
    ),
    along(
        "log_softmax(x - t)",
        lambda x, h: ops.log_softmax(x - kept(shift(h, 1e17), x), axis=-1),
        lambda x, h: exact_log_softmax(x),
    ),
    along(
        "log(sum(exp(x - t))) + t",
        lambda x, h: column(ops.log(sum_exp(centred(x))) + ops.reduce_max(x, (1,))),
        lambda x, h: [exact_logsumexp(x)],
    ),
    along(
        "logsumexp(x - t) + t",
        lambda x, h: column(
            ops.logsumexp(x - kept(shift(h, 1e17), x), (1,)) + shift(h, 1e17)
        ),
        lambda x, h: [exact_logsumexp(x)],
    ),
    each("1 / (1 + exp(-x))", lambda x: one(x) / (ops.exp(-x) + 1), sigmoid),
    each("1 / (1 + exp(x))", lambda x: one(x) / (ops.exp(x) + 1), lambda x: sigmoid(-x)),
    each("reciprocal(1 + exp(-x))", lambda x: ops.reciprocal(ops.exp(-x) + 1), sigmoid),
    each(
        "reciprocal(1 + exp(x))",
        lambda x: ops.reciprocal(one(x) + ops.exp(x)),
        lambda x: sigmoid(-x),
    ),
    each("exp(x) / (1 + exp(x))", lambda x: ops.exp(x) / (ops.exp(x) + 1), sigmoid),
    each("1 - sigmoid(x)", lambda x: one(x) - ops.sigmoid(x), lambda x: sigmoid(-x)),
    each("log(1 + exp(x))", lambda x: ops.log(ops.exp(x) + 1), softplus),
    each("log1p(exp(x))", lambda x: ops.log1p(ops.exp(x)), softplus),
    each(
        "softplus by hand",
        lambda x: ops.maximum(x, ops.full_like(0.0, x)) + ops.log1p(ops.exp(-ops.abs(x))),
        softplus,
    ),
    each(
        "log_sigmoid by hand",
        lambda x: ops.minimum(x, ops.full_like(0.0, x)) - ops.log1p(ops.exp(-ops.abs(x))),
        lambda x: -softplus(-x),
    ),
    each("log(1 - sigmoid(x))", lambda x: ops.log1p(-ops.sigmoid(x)), lambda x: -softplus(x)),
    each("log(1 + x)", lambda x: ops.log(x + 1), lambda x: (1 + x).ln(), lambda x: x > -1),
    each("log(1 - x)", lambda x: ops.log(1 - x), lambda x: (1 - x).ln(), lambda x: x < 1),
    each("exp(x) - 1", lambda x: ops.exp(x) - 1, lambda x: x.exp() - 1),
    each("exp(x) + -1", lambda x: ops.exp(x) + -1, lambda x: x.exp() - 1),
    each("1 - exp(x)", lambda x: 1 - ops.exp(x), lambda x: 1 - x.exp()),
    each("log(exp(x))", lambda x: ops.log(ops.exp(x)), lambda x: x),
    each("log(x * x)", lambda x: ops.log(x * x), lambda x: 2 * abs(x).ln()),
    each("log(square(x))", lambda x: ops.log(ops.square(x)), lambda x: 2 * abs(x).ln()),
    each("sqrt(x * x)", lambda x: ops.sqrt(x * x), abs),
    each("sqrt(square(x))", lambda x: ops.sqrt(ops.square(x)), abs),
    each("1 - erf(x)", lambda x: 1 - ops.erf(x), libm(math.erfc)),
    each("1 + erf(x)", lambda x: ops.erf(x) + 1, lambda x: libm(math.erfc)(-x)),
    each("1 - erfc(x)", lambda x: 1 - ops.erfc(x), libm(math.erf)),
    each(
        "tanh by hand",
        lambda x: (ops.exp(x) - ops.exp(-x)) / (ops.exp(x) + ops.exp(-x)),
        tanh,
    ),
    each(
        "sinh by hand",
        lambda x: (ops.exp(x) - ops.exp(-x)) / 2,
        lambda x: (x.exp() - (-x).exp()) / 2,
    ),
    along(
        "gradient of log(sum(exp(x)))",
        lambda x, h: kept(ops.reduce_max(h, (1,)) / sum_exp(x), x) * ops.exp(x),
        lambda x, h: [max(h) * v for v in exact_softmax(x)],
    ),
    *variance_cases(),
    *gradient_cases(),
]


# Their left sides are stable already; the right sides are the composites that say so.
NAMED_ONLY = {"log_softmax by hand", "log(sum(exp(x - t))) + t", "softplus by hand"}
NAMED_ONLY |= {"log_sigmoid by hand", "h / x + h / x"}
