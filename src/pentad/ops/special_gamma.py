"""The gamma function and its relatives: log-gamma, digamma, zeta, incomplete gamma and beta."""

from __future__ import annotations

import math

from pentad.graph import dtypes
from pentad.graph.node import Node
from pentad.ops import special_tables as tables
from pentad.ops.arithmetic import abs, log, mul, round
from pentad.ops.comparison import eq, isinf
from pentad.ops.define import OpFunction, composite, elementwise_errors
from pentad.ops.host_gamma import (
    beta_inc,
    beta_inc_slopes,
    gamma_inc,
    gamma_slope,
    hurwitz_zeta,
    zeta_slope,
)
from pentad.ops.special_tools import (
    at_most,
    below,
    chebyshev,
    clipped,
    constant,
    either,
    host_function,
    polynomial,
    samples,
    special,
)
from pentad.ops.transcendental import exp, sin, tan

# B_2k / (2k (2k - 1)) and B_2k / 2k: Stirling's series of log-gamma and of its derivative.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
_STIRLING = [b / (2 * k * (2 * k - 1)) for k, b in enumerate(_BERNOULLI, 1)]
_PSI = [b / (2 * k) for k, b in enumerate(_BERNOULLI, 1)]


def _positive_lgamma(z: Node) -> Node:
    """log Gamma(z) for z >= 1: a series about 2 up to 3, Stirling's beyond 10, and between them
    Stirling's after the recurrence. Relative error some 1e-15, also beside the roots 1 and 2."""
    near = clipped(z, 1.0, 3.0)
    close = (near - 1) * (near - 2) * chebyshev(tables.LGAMMA, near - 2)
    short = below(z, 10.0)
    factors = z
    for k in range(1, 7):
        factors = factors * (z + k)
    far = either(short, z + 7, z)
    series = polynomial(_STIRLING, 1 / (far * far)) / far
    long = (far - 0.5) * (log(far) - 1) + series + (0.5 * math.log(2 * math.pi) - 0.5)
    long = long - either(short, log(either(short, factors, 1.0)), 0.0)
    return either(at_most(z, 3.0), close, long)


def _lgamma(x: Node) -> Node:
    negative = below(x, 0.0)
    z = either(negative, 1 - x, x)
    small = below(z, 1.0)
    found = _positive_lgamma(either(small, z + 1, z)) - either(
        small, log(either(small, z, 1.0)), 0.0
    )
    sine = abs(sin((x - round(x)) * math.pi))
    mirrored = math.log(math.pi) - log(sine) - found
    return either(isinf(x), math.inf, either(negative, mirrored, found))


lgamma: OpFunction = special(
    "lgamma",
    "log |Gamma(x)|; infinite at 0 and the negative integers.",
    _lgamma,
    vjp=lambda g, y, x: (g * digamma(x),),
    ranges=((0.2, 12.0),),
)


def _digamma(x: Node) -> Node:
    """The asymptotic series beyond 10, after the recurrence and the reflection."""
    negative = below(x, 0.0)
    z = either(negative, 1 - x, x)
    short = below(z, 10.0)
    shift = 1 / z
    for k in range(1, 10):
        shift = shift + 1 / (z + k)
    far = either(short, z + 10, z)
    square = 1 / (far * far)
    found = log(far) - 0.5 / far - square * polynomial(_PSI, square)
    found = found - either(short, shift, 0.0)
    rest = x - round(x)
    mirrored = found - math.pi / tan(rest * math.pi)
    whole = eq(rest, constant(0.0, rest))
    mirrored = either(whole, math.nan, mirrored)
    zero = eq(x, constant(0.0, x))
    return either(zero, -(1 / x), either(negative, mirrored, found))


digamma: OpFunction = special(
    "digamma",
    "The derivative of log Gamma(x); NaN at the negative integers, -inf at 0.",
    _digamma,
    vjp=lambda g, y, x: (g * polygamma(x, order=1),),
    ranges=((0.2, 12.0),),
)

# -- zeta, polygamma ---------------------------------------------------------------------------

zeta_by_exponent: OpFunction = host_function(
    "zeta_by_exponent",
    "The derivative of zeta(s, q) by s, from differences: good to 1e-9.",
    zeta_slope,
    arity=2,
    nondifferentiable="a difference quotient is not differentiated again",
    ranges=((1.5, 6.0), (0.3, 5.0)),
)

zeta: OpFunction = host_function(
    "zeta",
    "The Hurwitz zeta function, the sum of (q + k)^-s over k >= 0, for s > 1 (Euler-Maclaurin).",
    hurwitz_zeta,
    arity=2,
    vjp=lambda g, y, s, q: (
        g * zeta_by_exponent(s, q), -(g * s * zeta(s + 1, q))
    ),
    ranges=((1.5, 6.0), (0.3, 5.0)),
)


def _polygamma(x: Node, *, order: int) -> Node:
    try:
        factor = math.factorial(order) * 1.0
    except OverflowError:
        factor = math.inf
    return zeta(constant(order + 1.0, x), x) * (factor if order % 2 else -factor)


_polygamma_op = composite(
    "polygamma",
    "The derivative of digamma of some order >= 1.",
    decompose=_polygamma,
    vjp=lambda g, y, x, *, order: (g * polygamma(x, order=order + 1),),
    jvp=lambda t, y, x, *, order: None if t[0] is None else t[0] * polygamma(x, order=order + 1),
    samples=lambda: [s for n in (1, 2) for s in samples(1, ((0.3, 6.0),), order=n)],
    errors=lambda: list(elementwise_errors(1, dtypes.FLOATS, order=1))[1:],
)


def polygamma(x: Node, *, order: int) -> Node:
    """The derivative of digamma of `order`, from 0 on."""
    return digamma(x) if order == 0 else _polygamma_op(x, order=order)


# -- incomplete gamma --------------------------------------------------------------------------

gamma_derivative: OpFunction = host_function(
    "gamma_derivative",
    "How a gamma variate x of shape a moves with a at a fixed probability: -(dP/da) / (dP/dx).",
    gamma_slope,
    arity=2,
    nondifferentiable="PyTorch has no second derivative of it either",
    ranges=((0.5, 4.0), (0.2, 5.0)),
)


def _density(a: Node, x: Node) -> Node:
    """x^(a-1) exp(-x) / Gamma(a), the derivative of P(a, x) by x."""
    return exp((a - 1) * log(x) - x - lgamma(a))


def _vjp_gammainc(g: Node, y: Node, a: Node, x: Node) -> tuple[Node, Node]:
    by_x = g * _density(a, x)
    return -(by_x * gamma_derivative(a, x)), by_x


gammainc: OpFunction = host_function(
    "gammainc",
    "The regularised lower incomplete gamma function P(a, x).",
    lambda a, x: gamma_inc(a, x, upper=False),
    arity=2,
    vjp=_vjp_gammainc,
    ranges=((0.5, 4.0), (0.2, 5.0)),
)

gammaincc: OpFunction = host_function(
    "gammaincc",
    "The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x).",
    lambda a, x: gamma_inc(a, x, upper=True),
    arity=2,
    vjp=lambda g, y, a, x: _vjp_gammainc(-g, y, a, x),
    ranges=((0.5, 4.0), (0.2, 5.0)),
)

# -- incomplete beta ---------------------------------------------------------------------------


def _slope(name: str, which: int) -> OpFunction:
    return host_function(
        name,
        f"The derivative of I_x(a, b) by its {'first' if which == 0 else 'second'} parameter, "
        "from differences: good to 1e-8.",
        lambda a, b, x: beta_inc_slopes(a, b, x, which),
        arity=3,
        nondifferentiable="a difference quotient is not differentiated again",
        ranges=((0.5, 4.0), (0.5, 4.0), (0.1, 0.9)),
    )


_by_a, _by_b = _slope("betainc_by_a", 0), _slope("betainc_by_b", 1)


def _vjp_betainc(g: Node, y: Node, a: Node, b: Node, x: Node) -> tuple[Node, Node, Node]:
    log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
    density = exp((a - 1) * log(x) + (b - 1) * log(1 - x) - log_beta)
    return mul(g, _by_a(a, b, x)), mul(g, _by_b(a, b, x)), g * density


betainc: OpFunction = host_function(
    "betainc",
    "The regularised incomplete beta function I_x(a, b).",
    beta_inc,
    arity=3,
    vjp=_vjp_betainc,
    ranges=((0.5, 4.0), (0.5, 4.0), (0.1, 0.9)),
)
