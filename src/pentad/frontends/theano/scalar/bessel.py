"""Bessel functions of any order, by the integrals that define them."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

import pentad as pt

POINTS = 120
"""Points of the quadrature; enough for float64 where order and argument are below about 80."""


@cache
def _rule() -> tuple[Any, Any]:
    """Points in (0, 1) and their weights."""
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    return (points + 1) / 2, weights / 2


def _integrals(v: Any, x: Any, around: Any, beyond: Any, far: Any) -> Any:
    """(the integral of `around` over (0, pi) - sin(v pi) that of `beyond` over (0, oo)) / pi."""
    v, x = v.to(pt.float64).unsqueeze(-1), x.to(pt.float64).unsqueeze(-1)
    points, weights = (pt.tensor(a) for a in _rule())
    angles = points * math.pi
    near = (around(v, x, angles) * weights).sum(-1) * math.pi
    end = far(x.detach())
    tail = (beyond(v, x, points * end) * weights * end).sum(-1)
    return (near - pt.sin(v.squeeze(-1) * math.pi) * tail) / math.pi


def jv(v: Any, x: Any) -> Any:
    """The Bessel function of the first kind of order v, for positive x."""
    found = _integrals(
        v, x, lambda v, x, a: pt.cos(v * a - x * pt.sin(a)),
        lambda v, x, t: pt.exp(-x * pt.sinh(t) - v * t), lambda x: pt.asinh(745.0 / x),
    )
    return found.to(x.dtype)


def iv(v: Any, x: Any) -> Any:
    """The modified Bessel function of the first kind of order v, for positive x."""
    found = _integrals(
        v, x, lambda v, x, a: pt.exp(x * pt.cos(a)) * pt.cos(v * a),
        lambda v, x, t: pt.exp(-x * pt.cosh(t) - v * t), lambda x: pt.acosh(745.0 / x + 1.0),
    )
    return found.to(x.dtype)
