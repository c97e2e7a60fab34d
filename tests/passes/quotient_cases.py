"""More cases of `test_stabilise`: logarithms of powers and sums, and factors that are joined."""

from __future__ import annotations

import math
from decimal import Decimal

from pentad import ops
from pentad.graph.node import Node
from pentad.ops.determinants import cofactor
from pentad.ops.matrices import mm
from tests.passes.stabilise_cases import (
    INF,
    NUMBERS,
    Case,
    Row,
    along,
    column,
    each,
    exact_softmax,
    finite,
    kept,
    one,
    sigmoid,
    sum_exp,
)


def logaddexp(*terms: Decimal) -> Decimal:
    top = max(terms)
    return top + sum((t - top).exp() for t in terms).ln()


def inverse_erfcx(x: Decimal) -> Decimal:
    """exp(-x^2) / erfc(x), for large x by the continued fraction."""
    if x < 3:
        return (-x * x).exp() / Decimal(math.erfc(float(x)))
    part = Decimal(1)
    for k in range(80, 0, -1):
        part = 1 + Decimal(k) / (2 * x * x) / part
    return x * Decimal(math.pi).sqrt() * part


def log_erfc(x: Decimal) -> Decimal:
    if x < 0.5:
        return Decimal(math.log1p(-math.erf(float(x))))
    return -x * x - inverse_erfcx(x).ln()


def matrices(x: Node) -> Node:
    return ops.reshape(x, (x.shape[0], 2, 2))


def log_determinant(x: Row) -> Row:
    return [(x[0] * x[3] - x[1] * x[2]).ln()]


def number(value: float, like: Node) -> Node:
    return ops.full_like(value, like)


def thousandfold(h: Node) -> Node:
    return h * 1000.0


def guarded(x: Node, y: Node) -> Node:
    """The exponent in the slope of x ** y, as its derivative has it."""
    zero = ops.logical_and(ops.eq(x, number(0.0, x)), ops.eq(y, number(0.0, y)))
    return ops.where(zero, number(1.0, y), y)


def positive(x: float) -> bool:
    return 0 < x < INF


MATRICES = ((1e-200, 0.0, 0.0, 1e-200), (2.0, 1.0, 1.0, 3.0), (1e200, 0.0, 0.0, 1e200))
FACTORS = ((1e-200, 1e-200, 3.0), (1e200, 2.0, -1e150), (1.0, 0.0, 2.0), (0.5, 0.25, 3.0))
POSITIVE = tuple((v,) for v in NUMBERS if v > 0)

LOGARITHM_CASES = [
    each(
        "log(exp(x) + exp(y))",
        lambda x: ops.log(ops.exp(x) + ops.exp(x * 2)),
        lambda x: logaddexp(x, 2 * x),
        finite,
    ),
    each(
        "log(exp(x) + exp(y))",
        lambda x: ops.log(ops.exp(x) + 1 + ops.exp(x * 2)),
        lambda x: logaddexp(x, 2 * x, Decimal(0)),
        finite,
    ),
    each("log(erfc(x))", lambda x: ops.log(ops.erfc(x)), log_erfc, finite),
    each(
        "log(x ** number)",
        lambda x: ops.log(ops.pow(x, number(2.5, x))),
        lambda x: x.ln() * Decimal("2.5"),
        lambda x: x >= 0,
    ),
    each(
        "log(x ** number)",
        lambda x: ops.log(ops.pow(x, number(-4.0, x))),
        lambda x: -4 * abs(x).ln(),
    ),
    Case(
        "log(x ** y)",
        lambda x, h: ops.log(ops.pow(x, thousandfold(h))),
        lambda x, h: [1000 * b * a.ln() for a, b in zip(x, h)],
        ((0.0,), *POSITIVE),
    ),
    each(
        "log(x * x * x ...)",
        lambda x: ops.log(x * (x * x)),
        lambda x: 3 * x.ln(),
        lambda x: x >= 0,
    ),
    Case(
        "log(prod(x))",
        lambda x, h: column(ops.log(ops.reduce_prod(x * x, (1,)))),
        lambda x, h: [2 * sum(abs(v).ln() for v in x)],
        FACTORS,
    ),
    Case(
        "log(det(x))",
        lambda x, h: column(ops.log(ops.determinant(matrices(x)))),
        lambda x, h: log_determinant(x),
        MATRICES,
    ),
    Case(
        "log(abs(det(x)))",
        lambda x, h: column(ops.log(ops.abs(ops.determinant(ops.neg(matrices(x)))))),
        lambda x, h: log_determinant(x),
        MATRICES,
    ),
    *(
        Case(
            rule,
            lambda x, h, f=product: ops.reshape(f(matrices(x)), x.shape),
            lambda x, h: [Decimal(1), Decimal(0), Decimal(0), Decimal(1)],
            ((1.0, 1.0, 1.0, 1.0 + 3e-13), (2.0, 1.0, 1.0, 3.0)),
        )
        for rule, product in (
            ("inv(x) @ y", lambda a: mm(ops.inverse(a), a)),
            ("y @ inv(x)", lambda a: mm(a, ops.inverse(a))),
        )
    ),
    each("h / x + h / x", lambda x: one(x) / x + one(x) / x, lambda x: 2 / x, positive),
]

QUOTIENT_CASES = [
    each(
        "exp(x) / (exp(x) + ...)",
        lambda x: ops.exp(x) / (ops.exp(x) + ops.exp(x * 2)),
        lambda x: sigmoid(-x),
        finite,
    ),
    each(
        "exp(x) / (exp(x) + ...)",
        lambda x: number(3.0, x) / (1 + ops.exp(x * 2) + ops.exp(x)) * ops.exp(x),
        lambda x: 3 / ((-x).exp() + x.exp() + 1),
        finite,
    ),
    along(
        "exp(x) / sum(exp(x))",
        lambda x, h: h * ops.exp(x) / kept(sum_exp(x), x),
        lambda x, h: [a * b for a, b in zip(h, exact_softmax(x))],
    ),
    each("sigmoid(-x) * exp(x)", lambda x: ops.sigmoid(-x) * ops.exp(x), sigmoid),
    each(
        "sigmoid(x) * exp(-x)",
        lambda x: ops.exp(-x) * ops.sigmoid(x),
        lambda x: sigmoid(-x),
    ),
    *(
        each(
            f"exp(-{name}) / erfc({'-x' if sign < 0 else 'x'})",
            lambda x, f=square, s=sign: ops.exp(-f(x)) / ops.erfc(-x if s < 0 else x),
            lambda x, s=sign: inverse_erfcx(s * x),
            lambda x, s=sign: finite(x) and s * x > -4,
        )
        for name, square in (("x * x", lambda x: x * x), ("square(x)", ops.square))
        for sign in (1, -1)
    ),
    each(
        "x ** (y - 1) / x ** y",
        lambda x: ops.pow(x, number(2.5, x) - 1) / ops.pow(x, number(2.5, x)),
        lambda x: 1 / x,
        positive,
    ),
    Case(
        "x ** (y or 1 - 1) / x ** y",
        lambda x, h: ops.pow(x, guarded(x, thousandfold(h)) - 1) / ops.pow(x, thousandfold(h)),
        lambda x, h: [1 / v for v in x],
        POSITIVE,
    ),
    Case(
        "cofactor / det",
        lambda x, h: ops.reshape(
            ops.broadcast(
                number(1.0, ops.determinant(matrices(x))) / ops.determinant(matrices(x)),
                (x.shape[0], 2, 2),
                (0,),
            )
            * cofactor(matrices(x)),
            x.shape,
        ),
        lambda x, h: [
            v / (x[0] * x[3] - x[1] * x[2]) for v in (x[3], -x[2], -x[1], x[0])
        ],
        MATRICES,
    ),
    each(
        "h / s * s",
        lambda x: x / ops.exp(x) * number(2.0, x) * ops.exp(x),
        lambda x: 2 * x,
        lambda x: abs(x) < 1e300,
    ),
]
