"""Exponentials, logarithms, roots, trigonometric, hyperbolic and error functions of floats."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from pentad.graph import dtypes
from pentad.graph.node import Node
from pentad.ops.arithmetic import zeros
from pentad.ops.comparison import eq, where
from pentad.ops.define import OpFunction, elementwise
from pentad.ops.sources import full_like

LN2 = math.log(2.0)

# -- exponentials, logarithms, roots -----------------------------------------------------------

exp = elementwise(
    "exp",
    "e**x.",
    allowed=dtypes.INEXACT,
    reference=np.exp,
    lower=lambda k, x: k.exp(x),
    vjp=lambda g, y, x: (g * y,),
)

exp2 = elementwise(
    "exp2",
    "2**x.",
    allowed=dtypes.INEXACT,
    reference=np.exp2,
    lower=lambda k, x: k.exp2(x),
    vjp=lambda g, y, x: (g * y * LN2,),
)

expm1 = elementwise(
    "expm1",
    "e**x - 1, exact near 0.",
    allowed=dtypes.INEXACT,
    reference=np.expm1,
    lower=lambda k, x: k.expm1(x),
    vjp=lambda g, y, x: (g * (y + 1),),
)

log2 = elementwise(
    "log2",
    "The logarithm to the base 2.",
    allowed=dtypes.INEXACT,
    reference=np.log2,
    lower=lambda k, x: k.log2(x),
    vjp=lambda g, y, x: (g / (x * LN2),),
    ranges=((0.1, 9.0),),
)

log1p = elementwise(
    "log1p",
    "log(1 + x), exact near 0.",
    allowed=dtypes.INEXACT,
    reference=np.log1p,
    lower=lambda k, x: k.log1p(x),
    vjp=lambda g, y, x: (g / (x + 1),),
    ranges=((-0.9, 9.0),),
)

sqrt = elementwise(
    "sqrt",
    "The square root.",
    allowed=dtypes.INEXACT,
    reference=np.sqrt,
    lower=lambda k, x: k.sqrt(x),
    vjp=lambda g, y, x: (g / (y * 2),),
    ranges=((0.1, 9.0),),
)

rsqrt = elementwise(
    "rsqrt",
    "1 / sqrt(x).",
    allowed=dtypes.INEXACT,
    reference=lambda x: 1 / np.sqrt(x),
    lower=lambda k, x: k.rsqrt(x),
    vjp=lambda g, y, x: (g * -0.5 * y * y * y,),
    ranges=((0.1, 9.0),),
)

# -- trigonometric -----------------------------------------------------------------------------

sin = elementwise(
    "sin",
    "The sine of an angle in radians.",
    allowed=dtypes.INEXACT,
    reference=np.sin,
    lower=lambda k, x: k.sin(x),
    vjp=lambda g, y, x: (g * cos(x),),
)

cos: OpFunction = elementwise(
    "cos",
    "The cosine of an angle in radians.",
    allowed=dtypes.INEXACT,
    reference=np.cos,
    lower=lambda k, x: k.cos(x),
    vjp=lambda g, y, x: (-(g * sin(x)),),
)

tan = elementwise(
    "tan",
    "The tangent of an angle in radians.",
    allowed=dtypes.INEXACT,
    reference=np.tan,
    lower=lambda k, x: k.tan(x),
    vjp=lambda g, y, x: (g * (y * y + 1),),
    ranges=((-1.2, 1.2),),
)

asin = elementwise(
    "asin",
    "The angle in [-pi/2, pi/2] whose sine is x.",
    allowed=dtypes.INEXACT,
    reference=np.arcsin,
    lower=lambda k, x: k.asin(x),
    vjp=lambda g, y, x: (g * rsqrt(1 - x * x),),
    ranges=((-0.9, 0.9),),
)

acos = elementwise(
    "acos",
    "The angle in [0, pi] whose cosine is x.",
    allowed=dtypes.INEXACT,
    reference=np.arccos,
    lower=lambda k, x: k.acos(x),
    vjp=lambda g, y, x: (-(g * rsqrt(1 - x * x)),),
    ranges=((-0.9, 0.9),),
)

atan = elementwise(
    "atan",
    "The angle in [-pi/2, pi/2] whose tangent is x.",
    allowed=dtypes.INEXACT,
    reference=np.arctan,
    lower=lambda k, x: k.atan(x),
    vjp=lambda g, y, x: (g / (x * x + 1),),
)


def _vjp_acosh(g: Node, y: Node, x: Node) -> tuple[Node]:
    """1 / sqrt(x^2 - 1), of complex x with the root's branch that fits acosh's."""
    if x.dtype.is_complex:
        return (g * rsqrt(x - 1) * rsqrt(x + 1),)
    return (g * rsqrt(x * x - 1),)


def _vjp_atan2(g: Node, z: Node, y: Node, x: Node) -> tuple[Node, Node]:
    """x / r^2 and -y / r^2 with r^2 = x^2 + y^2; 0 at the origin."""
    squared = x * x + y * y
    origin = eq(squared, zeros(squared))
    scale = where(origin, zeros(g), g / where(origin, full_like(1, squared), squared))
    return scale * x, -(scale * y)


atan2 = elementwise(
    "atan2",
    "The angle in [-pi, pi] of the point (second operand, first operand).",
    arity=2,
    reference=np.arctan2,
    lower=lambda k, y, x: k.atan2(y, x),
    vjp=_vjp_atan2,
)

# -- hyperbolic --------------------------------------------------------------------------------

sinh = elementwise(
    "sinh",
    "The hyperbolic sine.",
    allowed=dtypes.INEXACT,
    reference=np.sinh,
    lower=lambda k, x: k.sinh(x),
    vjp=lambda g, y, x: (g * cosh(x),),
)

cosh: OpFunction = elementwise(
    "cosh",
    "The hyperbolic cosine.",
    allowed=dtypes.INEXACT,
    reference=np.cosh,
    lower=lambda k, x: k.cosh(x),
    vjp=lambda g, y, x: (g * sinh(x),),
)

tanh = elementwise(
    "tanh",
    "The hyperbolic tangent.",
    allowed=dtypes.INEXACT,
    reference=np.tanh,
    lower=lambda k, x: k.tanh(x),
    vjp=lambda g, y, x: (g * (1 - y * y),),
)

asinh = elementwise(
    "asinh",
    "The inverse hyperbolic sine.",
    allowed=dtypes.INEXACT,
    reference=np.arcsinh,
    lower=lambda k, x: k.asinh(x),
    vjp=lambda g, y, x: (g * rsqrt(x * x + 1),),
)

acosh = elementwise(
    "acosh",
    "The inverse hyperbolic cosine, for x >= 1.",
    allowed=dtypes.INEXACT,
    reference=np.arccosh,
    lower=lambda k, x: k.acosh(x),
    vjp=_vjp_acosh,
    ranges=((1.1, 9.0),),
)

atanh = elementwise(
    "atanh",
    "The inverse hyperbolic tangent, for |x| <= 1.",
    allowed=dtypes.INEXACT,
    reference=np.arctanh,
    lower=lambda k, x: k.atanh(x),
    vjp=lambda g, y, x: (g / (1 - x * x),),
    ranges=((-0.9, 0.9),),
)

# -- error function, logistic ------------------------------------------------------------------


def _per_element(function: Callable[[float], float]) -> Callable[[np.ndarray], np.ndarray]:
    """A function of Python floats on arrays: NumPy has no error function of its own."""
    vectorised = np.vectorize(function, otypes=[np.float64])
    return lambda x: vectorised(x).astype(x.dtype) if x.size else x


def _bell(x: Node) -> Node:
    """2 / sqrt(pi) * exp(-x^2), the derivative of erf."""
    return exp(-(x * x)) * (2.0 / math.sqrt(math.pi))


erf = elementwise(
    "erf",
    "The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.",
    reference=_per_element(math.erf),
    lower=lambda k, x: k.erf(x),
    vjp=lambda g, y, x: (g * _bell(x),),
)

erfc = elementwise(
    "erfc",
    "1 - erf(x), exact in the tail.",
    reference=_per_element(math.erfc),
    lower=lambda k, x: k.erfc(x),
    vjp=lambda g, y, x: (-(g * _bell(x)),),
)


def _reference_sigmoid(x: np.ndarray) -> np.ndarray:
    if x.dtype.kind == "c":
        return np.asarray(1 / (1 + np.exp(-x)))
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(np.signbit(x), small, np.ones_like(x)) / (1 + small))


sigmoid = elementwise(
    "sigmoid",
    "The logistic function 1 / (1 + exp(-x)).",
    allowed=dtypes.INEXACT,
    reference=_reference_sigmoid,
    lower=lambda k, x: k.sigmoid(x),
    vjp=lambda g, y, x: (g * y * (1 - y),),
)
