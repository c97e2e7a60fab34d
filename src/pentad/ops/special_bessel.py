"""Bessel functions of order 0 and 1, the modified ones, and Airy's.

Chebyshev series on [0, 8] and, for what is left after the known growth or oscillation, beyond.
The angle x - pi/4 is never formed: its cosine and sine come from those of x itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from pentad.graph.node import Node
from pentad.ops import special_tables as tables
from pentad.ops.arithmetic import abs, log, sign
from pentad.ops.comparison import eq
from pentad.ops.define import OpFunction
from pentad.ops.special_tools import (
    above,
    at_most,
    below,
    chebyshev,
    clipped,
    constant,
    either,
    special,
)
from pentad.ops.transcendental import cos, exp, sin, sqrt

# -- modified, first kind ----------------------------------------------------------------------


def _scaled_i0(x: Node) -> Node:
    """exp(-x) I0(x) for x >= 0."""
    small = chebyshev(tables.I0_SMALL, clipped(x, 0.0, 8.0) * 0.25 - 1)
    far = clipped(x, 8.0, math.inf)
    large = chebyshev(tables.I0_LARGE, 16 / far - 1) / sqrt(far)
    return either(at_most(x, 8.0), small, large)


def _scaled_i1(x: Node) -> Node:
    """exp(-x) I1(x) for x >= 0."""
    near = clipped(x, 0.0, 8.0)
    small = near * chebyshev(tables.I1_SMALL, near * 0.25 - 1)
    far = clipped(x, 8.0, math.inf)
    large = chebyshev(tables.I1_LARGE, 16 / far - 1) / sqrt(far)
    return either(at_most(x, 8.0), small, large)


def _growth(size: Node) -> tuple[Node, Node]:
    """exp(x) in two factors, so that I(x) overflows no earlier than it must."""
    half = exp(size * 0.5)
    return half, half


def _i0(x: Node) -> Node:
    size = abs(x)
    first, second = _growth(size)
    return either(eq(size, constant(math.inf, size)), math.inf, _scaled_i0(size) * first * second)


def _i1(x: Node) -> Node:
    size = abs(x)
    first, second = _growth(size)
    found = _scaled_i1(size) * first * second
    return either(eq(size, constant(math.inf, size)), x, found * sign(x))


def _vjp_i1(g: Node, y: Node, x: Node) -> tuple[Node]:
    zero = eq(x, constant(0.0, x))
    ratio = y / either(zero, constant(1.0, x), x)
    return (g * either(zero, constant(0.5, x), i0(x) - ratio),)


def _vjp_i1e(g: Node, y: Node, x: Node) -> tuple[Node]:
    zero = eq(x, constant(0.0, x))
    ratio = y / either(zero, constant(1.0, x), x)
    return (g * either(zero, constant(0.5, x), i0e(x) - y * sign(x) - ratio),)


i0: OpFunction = special(
    "i0", "The modified Bessel function of the first kind of order 0.", _i0,
    vjp=lambda g, y, x: (g * i1(x),), ranges=((-12.0, 12.0),),
)
i1: OpFunction = special(
    "i1", "The modified Bessel function of the first kind of order 1.", _i1,
    vjp=_vjp_i1, ranges=((0.5, 12.0),),
)
i0e: OpFunction = special(
    "i0e", "exp(-|x|) I0(x).", lambda x: _scaled_i0(abs(x)),
    vjp=lambda g, y, x: (g * (i1e(x) - y * sign(x)),), ranges=((0.5, 12.0),),
)
i1e: OpFunction = special(
    "i1e", "exp(-|x|) I1(x).", lambda x: _scaled_i1(abs(x)) * sign(x),
    vjp=_vjp_i1e, ranges=((0.5, 12.0),),
)

# -- modified, second kind ---------------------------------------------------------------------


def _domain(x: Node, found: Node) -> Node:
    """Infinite at 0, NaN below and for NaN."""
    found = either(eq(x, constant(0.0, x)), math.inf, found)
    return either(below(x, 0.0), math.nan, either(eq(x, x), found, x))


def _scaled_k(order: int) -> Callable[[Node], Node]:
    small_table = tables.K1_SMALL if order else tables.K0_SMALL
    large_table = tables.K1_LARGE if order else tables.K0_LARGE
    first = _scaled_i1 if order else _scaled_i0

    def scaled(x: Node) -> Node:
        near = clipped(x, 1e-320, 2.0)
        series = chebyshev(small_table, near * near * 0.5 - 1)
        grown = log(near * 0.5) * first(near) * exp(near)
        small = (series / near + grown if order else series - grown) * exp(near)
        far = clipped(x, 2.0, 1e300)
        large = chebyshev(large_table, 4 / far - 1) / sqrt(far)
        return _domain(x, either(at_most(x, 2.0), small, large))

    return scaled


def _plain_k(order: int) -> Callable[[Node], Node]:
    scaled = _scaled_k(order)

    def plain(x: Node) -> Node:
        half = exp(x * -0.5)
        return _domain(x, scaled(clipped(x, 0.0, 2000.0)) * half * half)

    return plain


modified_bessel_k0: OpFunction = special(
    "modified_bessel_k0", "The modified Bessel function of the second kind of order 0.",
    _plain_k(0), vjp=lambda g, y, x: (-(g * modified_bessel_k1(x)),), ranges=((0.3, 9.0),),
)
modified_bessel_k1: OpFunction = special(
    "modified_bessel_k1", "The modified Bessel function of the second kind of order 1.",
    _plain_k(1), vjp=lambda g, y, x: (-(g * (modified_bessel_k0(x) + y / x)),),
    ranges=((0.3, 9.0),),
)
scaled_modified_bessel_k0: OpFunction = special(
    "scaled_modified_bessel_k0", "exp(x) K0(x).", _scaled_k(0),
    vjp=lambda g, y, x: (g * (y - scaled_modified_bessel_k1(x)),), ranges=((0.3, 9.0),),
)
scaled_modified_bessel_k1: OpFunction = special(
    "scaled_modified_bessel_k1", "exp(x) K1(x).", _scaled_k(1),
    vjp=lambda g, y, x: (g * (y - scaled_modified_bessel_k0(x) - y / x),), ranges=((0.3, 9.0),),
)

# -- oscillating -------------------------------------------------------------------------------

_P = (tables.JY0_P, tables.JY1_P)
_Q = (tables.JY0_Q, tables.JY1_Q)


def _waves(order: int, x: Node) -> tuple[Node, Node]:
    """(J, Y) for x >= 8: sqrt(2 / (pi x)) times (P cos t - Q sin t, P sin t + Q cos t), where
    t = x - (2 order + 1) pi / 4."""
    ratio = 8 / x
    y = 2 * (ratio * ratio) - 1
    p, q = chebyshev(_P[order], y), chebyshev(_Q[order], y) * ratio
    c, s = cos(x), sin(x)
    # cos and sin of t, times sqrt(2).
    turned = (c + s, s - c) if order == 0 else (s - c, -(s + c))
    scale = 1 / sqrt(x * math.pi)
    return (p * turned[0] - q * turned[1]) * scale, (p * turned[1] + q * turned[0]) * scale


def _bounded(x: Node, found: Node) -> Node:
    """0 at infinity, where sine and cosine have no value."""
    return either(eq(x, constant(math.inf, x)), 0.0, found)


def _j(order: int, x: Node) -> Node:
    near = clipped(x, 0.0, 8.0)
    small = chebyshev(tables.J1_SMALL if order else tables.J0_SMALL, near * near / 32 - 1)
    small = small * near if order else small
    large = _waves(order, clipped(x, 8.0, math.inf))[0]
    return _bounded(x, either(at_most(x, 8.0), small, large))


def _y(order: int, x: Node) -> Node:
    near = clipped(x, 1e-320, 8.0)
    series = chebyshev(tables.Y1_SMALL if order else tables.Y0_SMALL, near * near / 32 - 1)
    series = series / near if order else series
    small = series + log(near * 0.5) * _j(order, near) * (2 / math.pi)
    large = _waves(order, clipped(x, 8.0, math.inf))[1]
    found = _bounded(x, either(at_most(x, 8.0), small, large))
    found = either(eq(x, constant(0.0, x)), -math.inf, found)
    return either(below(x, 0.0), math.nan, either(eq(x, x), found, x))


def _vjp_j1(g: Node, y: Node, x: Node) -> tuple[Node]:
    zero = eq(x, constant(0.0, x))
    ratio = y / either(zero, constant(1.0, x), x)
    return (g * either(zero, constant(0.5, x), bessel_j0(x) - ratio),)


bessel_j0: OpFunction = special(
    "bessel_j0", "The Bessel function of the first kind of order 0.", lambda x: _j(0, abs(x)),
    vjp=lambda g, y, x: (-(g * bessel_j1(x)),), ranges=((-12.0, 12.0),),
)
bessel_j1: OpFunction = special(
    "bessel_j1", "The Bessel function of the first kind of order 1.",
    lambda x: _j(1, abs(x)) * sign(x), vjp=_vjp_j1, ranges=((0.5, 12.0),),
)
bessel_y0: OpFunction = special(
    "bessel_y0", "The Bessel function of the second kind of order 0.", lambda x: _y(0, x),
    vjp=lambda g, y, x: (-(g * bessel_y1(x)),), ranges=((0.5, 12.0),),
)
bessel_y1: OpFunction = special(
    "bessel_y1", "The Bessel function of the second kind of order 1.", lambda x: _y(1, x),
    vjp=lambda g, y, x: (g * (bessel_y0(x) - y / x),), ranges=((0.5, 12.0),),
)

# -- Airy --------------------------------------------------------------------------------------

_FROM_2, _FROM_5 = 2 / 3 * 2**1.5, 2 / 3 * 5**1.5


def _airy(x: Node) -> Node:
    middle = chebyshev(tables.AIRY_MIDDLE, (clipped(x, -5.0, 2.0) + 1.5) / 3.5)
    right = clipped(x, 2.0, 1e4)
    root = sqrt(right)
    zeta = right * root * (2 / 3)
    decay = exp(zeta * -0.5)
    high = chebyshev(tables.AIRY_LARGE, 2 * _FROM_2 / zeta - 1) / sqrt(root) * decay * decay
    left = clipped(-x, 5.0, 1e300)
    root = sqrt(left)
    zeta = left * root * (2 / 3)
    ratio = _FROM_5 / zeta
    y = 2 * (ratio * ratio) - 1
    p, q = chebyshev(tables.AIRY_P, y), chebyshev(tables.AIRY_Q, y) * ratio
    c, s = cos(zeta), sin(zeta)
    low = (p * (c + s) + q * (s - c)) * math.sqrt(0.5 / math.pi) / sqrt(root)
    found = either(below(x, -5.0), low, either(above(x, 2.0), high, middle))
    infinite = eq(abs(x), constant(math.inf, x))
    return either(eq(x, x), either(infinite, 0.0, found), x)


airy_ai: OpFunction = special(
    "airy_ai",
    "Airy's function Ai.",
    _airy,
    nondifferentiable="PyTorch has no derivative of it",
    ranges=((-9.0, 5.0),),
)
