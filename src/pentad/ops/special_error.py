"""Relatives of the error function: scaled, inverse, the normal distribution's logarithm."""

from __future__ import annotations

import math

from pentad.graph import dtypes
from pentad.graph.node import Node
from pentad.ops import special_tables as tables
from pentad.ops.arithmetic import abs, log, sign
from pentad.ops.comparison import eq
from pentad.ops.conversion import cast
from pentad.ops.define import OpFunction
from pentad.ops.special_tools import (
    F64,
    above,
    below,
    chebyshev,
    clipped,
    constant,
    either,
    polynomial,
    special,
)
from pentad.ops.transcendental import erf, erfc, exp, log1p, sqrt

ROOT_PI = math.sqrt(math.pi)
_SCALE = 3.75


def _positive_erfcx(x: Node) -> Node:
    """exp(x^2) erfc(x) for x >= 0: (1 + 2x) times it is smooth in (x - k) / (x + k).

    Shepherd and Laframboise, Mathematics of Computation 36 (1981).
    """
    near = clipped(x, 0.0, 1e15)
    found = chebyshev(tables.ERFCX, (near - _SCALE) / (near + _SCALE)) / (1 + 2 * near)
    return either(above(x, 1e15), 1 / (x * ROOT_PI), found)


def _exp_square(x: Node) -> Node:
    """exp(x^2) with the square's rounding error taken in."""
    head = cast(cast(x, dtypes.float32), F64)
    return exp(head * head) * exp((x - head) * (x + head))


def _erfcx(x: Node) -> Node:
    positive = _positive_erfcx(abs(x))
    mirrored = 2 * _exp_square(clipped(x, -27.0, 0.0)) - positive
    mirrored = either(below(x, -26.7), math.inf, mirrored)
    return either(below(x, 0.0), mirrored, either(eq(x, x), positive, x))


erfcx: OpFunction = special(
    "erfcx",
    "exp(x^2) erfc(x).",
    _erfcx,
    vjp=lambda g, y, x: (g * (2 * (x * y) - 2 / ROOT_PI),),
    ranges=((-2.0, 9.0),),
)

# pi/12, 7 pi^2/480, ...: the series of erfinv(2 y / sqrt(pi)) / y.
_SERIES = (1.0, math.pi / 12, 7 * math.pi**2 / 480, 127 * math.pi**3 / 40320,
           4369 * math.pi**4 / 5806080)


def _tail_inverse(t: Node) -> Node:
    """y > 0 with erfc(y) = t for 0 < t < 0.6: Winitzki's approximation, then Halley's steps on
    log(erfc(y)), which is nearly a parabola however small t is."""
    t = clipped(t, 5e-324, 0.6)
    length = log(t * (2 - t))
    half = length * 0.5 + 2 / (math.pi * 0.147)
    y = sqrt(sqrt(half * half - length / 0.147) - half)
    target = log(t)
    for _ in range(3):
        scaled = _positive_erfcx(y)
        gap = log(scaled) - y * y - target
        slope = -2 / (ROOT_PI * scaled)
        curve = slope * (-2 * y) - slope * slope
        y = y - 2 * gap * slope / (2 * slope * slope - gap * curve)
    return y


def _erfinv(x: Node) -> Node:
    size = abs(x)
    small = clipped(size, 0.0, 0.5)
    y = small * (ROOT_PI / 2)
    y = y * polynomial(_SERIES, small * small)
    for _ in range(2):
        step = (erf(y) - small) * exp(y * y) * (ROOT_PI / 2)
        y = y - step / (1 + y * step)
    found = either(below(size, 0.4), y, _tail_inverse(1 - size))
    found = either(eq(size, constant(1.0, size)), math.inf, found)
    found = either(below(size, 1.5), found, math.nan)
    found = either(above(size, 1.0), math.nan, found)
    return either(eq(x, constant(0.0, x)), x, found * sign(x))


erfinv: OpFunction = special(
    "erfinv",
    "The x with erf(x) = y; infinite at -1 and 1, NaN beyond.",
    _erfinv,
    vjp=lambda g, y, x: (g * exp(y * y) * (ROOT_PI / 2),),
    ranges=((-0.95, 0.95),),
)


def _ndtri(p: Node) -> Node:
    upper = above(p, 0.5)
    tail = either(upper, 1 - p, p)
    far = -_tail_inverse(2 * tail)
    near = _erfinv(2 * clipped(p, 0.0, 1.0) - 1)
    found = either(below(tail, 0.25), either(upper, -far, far), near) * math.sqrt(2)
    found = either(eq(p, constant(0.0, p)), -math.inf, found)
    found = either(eq(p, constant(1.0, p)), math.inf, found)
    outside = either(below(p, 0.0), math.nan, either(above(p, 1.0), math.nan, found))
    return either(eq(p, p), outside, p)


ndtri: OpFunction = special(
    "ndtri",
    "The standard normal's quantile: the x below which it lies with probability p.",
    _ndtri,
    vjp=lambda g, y, p: (g * exp(y * y * 0.5) * math.sqrt(2 * math.pi),),
    ranges=((0.05, 0.95),),
)


def _log_ndtr(x: Node) -> Node:
    z = x * -math.sqrt(0.5)
    far = log(_positive_erfcx(clipped(z, 0.0, 1e300)) * 0.5) - (x * 0.5) * x
    near = log1p(-0.5 * erfc(-z))
    return either(below(x, -1.0), far, near)


log_ndtr: OpFunction = special(
    "log_ndtr",
    "The logarithm of the standard normal's distribution function.",
    _log_ndtr,
    vjp=lambda g, y, x: (
        g * math.sqrt(2 / math.pi) / erfcx(x * -math.sqrt(0.5)),
    ),
    ranges=((-9.0, 3.0),),
)
