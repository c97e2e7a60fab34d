"""Arithmetic on numbers. Integers wrap; integer division and remainder by zero give 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.node import Node
from pentad.ops.comparison import eq, le, logical_and, ne, where
from pentad.ops.complex import conj, real
from pentad.ops.conversion import cast
from pentad.ops.define import elementwise
from pentad.ops.sources import full_like


def zeros(like: Node) -> Node:
    """Zeros of the type of `like`."""
    return full_like(0, like)


add = elementwise(
    "add",
    "x + y.",
    arity=2,
    allowed=dtypes.NUMBERS,
    reference=np.add,
    lower=lambda k, x, y: k.add(x, y),
    wirtinger=True,
    vjp=lambda g, z, x, y: (g, g),
)

sub = elementwise(
    "sub",
    "x - y.",
    arity=2,
    allowed=dtypes.NUMBERS,
    reference=np.subtract,
    lower=lambda k, x, y: k.sub(x, y),
    wirtinger=True,
    vjp=lambda g, z, x, y: (g, -g),
)

mul = elementwise(
    "mul",
    "x * y.",
    arity=2,
    allowed=dtypes.NUMBERS,
    reference=np.multiply,
    lower=lambda k, x, y: k.mul(x, y),
    vjp=lambda g, z, x, y: (g * y, g * x),
    linear=(0, 1),
)

div = elementwise(
    "div",
    "x / y of floats or complex numbers.",
    arity=2,
    allowed=dtypes.INEXACT,
    reference=np.divide,
    lower=lambda k, x, y: k.div(x, y),
    vjp=lambda g, z, x, y: (g / y, -(g * z) / y),
    ranges=(None, (0.5, 3.0)),
)

neg = elementwise(
    "neg",
    "-x; unsigned integers wrap.",
    allowed=dtypes.NUMBERS,
    reference=np.negative,
    lower=lambda k, x: k.neg(x),
    wirtinger=True,
    vjp=lambda g, y, x: (-g,),
    linear=(0,),
)

floor_divide = elementwise(
    "floor_divide",
    "floor(x / y), worked out from the exact remainder as Python's //; an integer by zero is 0.",
    arity=2,
    allowed=dtypes.NUMERIC,
    reference=np.floor_divide,
    lower=lambda k, x, y: k.floordiv(x, y),
    vjp=lambda g, z, x, y: (None, None),
)

remainder = elementwise(
    "remainder",
    "x - floor(x / y) * y, with the sign of y as Python's %; an integer by zero is 0.",
    arity=2,
    allowed=dtypes.NUMERIC,
    reference=np.remainder,
    lower=lambda k, x, y: k.mod(x, y),
    vjp=lambda g, z, x, y: (g, -(g * floor_divide(x, y))),
    ranges=(None, (0.5, 3.0)),
)


def _reference_sign(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.where(x == 0, 0, x / np.abs(x)) if x.dtype.kind == "c" else np.sign(x))


def _turned(g: Node, y: Node, x: Node) -> Node | None:
    """The derivative of x / |x|, a symmetric map: what stands upright on it, over |x|; 0 at 0."""
    if not x.dtype.is_complex:
        return None
    along = y * cast(real(g * conj(y)), x.dtype)
    size = cast(abs(x), x.dtype)
    origin = eq(size, zeros(size))
    return where(origin, zeros(g), (g - along) / where(origin, full_like(1, size), size))


sign = elementwise(
    "sign",
    "-1, 0 or 1 with the sign of x, x / |x| of complex numbers; NaN stays.",
    allowed=dtypes.NUMBERS,
    reference=_reference_sign,
    lower=lambda k, x: k.sign(x),
    vjp=lambda g, y, x: (_turned(g, y, x),),
    jvp=lambda t, y, x: _turned(t[0], y, x),
    wirtinger=True,
)

def _jvp_abs(t: Sequence[Node | None], y: Node, x: Node) -> Node | None:
    if t[0] is None:
        return None
    return real(t[0] * conj(sign(x))) if x.dtype.is_complex else t[0] * sign(x)


# `abs` and the rounding functions shadow built-ins only inside this package's flat namespace.
abs = elementwise(
    "abs",
    "|x|, real for complex x; the smallest signed integer stays. The derivative at 0 is 0.",
    allowed=dtypes.NUMBERS,
    magnitude=True,
    reference=np.absolute,
    lower=lambda k, x: k.abs(x),
    vjp=lambda g, y, x: (cast(g, x.dtype) * sign(x),),
    jvp=_jvp_abs,
    wirtinger=True,
)


def _vjp_extremum(g: Node, z: Node, a: Node, b: Node) -> tuple[Node, Node]:
    """The gradient goes to the operand that was chosen, half to each of equal ones (PyTorch)."""
    shared = where(eq(a, b), g * 0.5, g)
    return where(ne(a, z), zeros(g), shared), where(ne(b, z), zeros(g), shared)


maximum = elementwise(
    "maximum",
    "The larger operand; NaN if one is NaN. Equal operands share the gradient.",
    arity=2,
    allowed=dtypes.NUMERIC,
    reference=np.maximum,
    lower=lambda k, x, y: k.max(x, y),
    vjp=_vjp_extremum,
)

minimum = elementwise(
    "minimum",
    "The smaller operand; NaN if one is NaN. Equal operands share the gradient.",
    arity=2,
    allowed=dtypes.NUMERIC,
    reference=np.minimum,
    lower=lambda k, x, y: k.min(x, y),
    vjp=_vjp_extremum,
)


def _vjp_pow(g: Node, z: Node, x: Node, y: Node) -> tuple[Node, Node]:
    """y x^(y-1) and x^y log x. Where x and y are 0 the first is 0; x = 0 <= y makes the second 0.

    The guards sit inside pow and log, so that higher derivatives stay finite there too.
    """
    base_is_zero = eq(x, zeros(x))
    both = logical_and(base_is_zero, eq(y, zeros(y)))
    one = full_like(1, x)
    rising = real(y) if y.dtype.is_complex else y
    flat = logical_and(base_is_zero, le(zeros(rising), rising))
    slope = y * pow(x, where(both, one, y) - 1)
    growth = z * log(where(flat, one, x))
    return g * slope, g * growth


pow = elementwise(
    "pow",
    "x**y of floats, with C's special cases, or of complex numbers.",
    arity=2,
    allowed=dtypes.INEXACT,
    reference=np.power,
    lower=lambda k, x, y: k.pow(x, y),
    vjp=_vjp_pow,
    ranges=((0.3, 3.0), (-3.0, 3.0)),
)

log = elementwise(
    "log",
    "The natural logarithm; of complex numbers the imaginary part is in [-pi, pi].",
    allowed=dtypes.INEXACT,
    reference=np.log,
    lower=lambda k, x: k.log(x),
    vjp=lambda g, y, x: (g / x,),
    ranges=((0.1, 9.0),),
)

floor = elementwise(
    "floor",
    "The largest whole number <= x.",
    reference=np.floor,
    lower=lambda k, x: k.floor(x),
    vjp=lambda g, y, x: (None,),
)

ceil = elementwise(
    "ceil",
    "The smallest whole number >= x.",
    reference=np.ceil,
    lower=lambda k, x: k.ceil(x),
    vjp=lambda g, y, x: (None,),
)

round = elementwise(
    "round",
    "The nearest whole number; halves go to the even one.",
    reference=np.rint,
    lower=lambda k, x: k.round(x),
    vjp=lambda g, y, x: (None,),
)

trunc = elementwise(
    "trunc",
    "The whole part, toward zero.",
    reference=np.trunc,
    lower=lambda k, x: k.trunc(x),
    vjp=lambda g, y, x: (None,),
)


def integer_pow(x: Node, exponent: int) -> Node:
    """`x` multiplied by itself `exponent` times, by repeated squaring; a negative exponent of
    floats gives the reciprocal."""
    if exponent < 0:
        return full_like(1, x) / integer_pow(x, -exponent)
    result: Node | None = None
    while exponent:
        if exponent & 1:
            result = x if result is None else result * x
        exponent >>= 1
        if exponent:
            x = x * x
    return full_like(1, x) if result is None else result
