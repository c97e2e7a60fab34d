"""Elementary functions of one tensor; integers become the default float dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import is_weak, number_dtype, promoted_to_float
from pentad.tensor.state import get_default_dtype


def _float_function(name: str, doc: str, graph: Callable[..., Node]) -> Any:
    def function(x: Node) -> Node:
        if not x.dtype.is_inexact or is_weak(x):
            x = ops.cast(x, number_dtype(x.dtype) if x.dtype.is_complex else get_default_dtype())
        return graph(x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    function.__annotations__ = {"x": "Node"}
    return surface(function)


exp = _float_function("exp", "e ** x.", ops.exp)
exp2 = _float_function("exp2", "2 ** x.", ops.exp2)
expm1 = _float_function("expm1", "e ** x - 1.", ops.expm1)
log = _float_function("log", "The natural logarithm.", ops.log)
log2 = _float_function("log2", "The logarithm to base 2.", ops.log2)
log1p = _float_function("log1p", "log(1 + x).", ops.log1p)
log10 = _float_function(
    "log10",
    "The logarithm to base 10.",
    lambda x: ops.mul(ops.log2(x), ops.full_like(0.30102999566398119521, x)),
)
sqrt = _float_function("sqrt", "The square root.", ops.sqrt)
rsqrt = _float_function("rsqrt", "1 / sqrt(x).", ops.rsqrt)
sin = _float_function("sin", "The sine.", ops.sin)
cos = _float_function("cos", "The cosine.", ops.cos)
tan = _float_function("tan", "The tangent.", ops.tan)
asin = _float_function("asin", "The inverse sine.", ops.asin)
acos = _float_function("acos", "The inverse cosine.", ops.acos)
atan = _float_function("atan", "The inverse tangent.", ops.atan)
sinh = _float_function("sinh", "The hyperbolic sine.", ops.sinh)
cosh = _float_function("cosh", "The hyperbolic cosine.", ops.cosh)
tanh = _float_function("tanh", "The hyperbolic tangent.", ops.tanh)
asinh = _float_function("asinh", "The inverse hyperbolic sine.", ops.asinh)
acosh = _float_function("acosh", "The inverse hyperbolic cosine.", ops.acosh)
atanh = _float_function("atanh", "The inverse hyperbolic tangent.", ops.atanh)
erf = _float_function("erf", "The error function.", ops.erf)
erfc = _float_function("erfc", "1 - erf(x).", ops.erfc)
sigmoid = _float_function("sigmoid", "1 / (1 + exp(-x)).", ops.sigmoid)
reciprocal = _float_function(
    "reciprocal", "1 / x.", lambda x: ops.div(ops.full_like(1, x), x)
)


@surface
def square(x: Node) -> Node:
    """x * x; bools count as 0 and 1."""
    x = ops.cast(x, dtypes.int64) if x.dtype is dtypes.bool_ else x
    return ops.mul(x, x)


@surface
def relu(x: Node) -> Node:
    """max(x, 0)."""
    return ops.where(ops.le(x, zero := ops.full_like(0, x)), zero, x)


@surface
def atan2(y: Node, x: Node) -> Node:
    """The angle of the point (x, y)."""
    return ops.atan2(*promoted_to_float("atan2", y, x))


def _rounding(name: str, doc: str, graph: Callable[..., Node]) -> Any:
    def function(x: Node) -> Node:
        return graph(x) if x.dtype.is_inexact else x

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    function.__annotations__ = {"x": "Node"}
    return surface(function)


floor = _rounding("floor", "The largest whole number <= x.", ops.floor)
ceil = _rounding("ceil", "The smallest whole number >= x.", ops.ceil)
trunc = _rounding("trunc", "x rounded toward zero.", ops.trunc)


@surface
def round_(x: Node, *, decimals: int = 0) -> Node:
    """x rounded to so many decimals (to tens, hundreds, ... if negative), ties to even."""
    if not x.dtype.is_inexact:
        if decimals:
            raise DTypeError(
                message("round: decimals of whole numbers", expected="a floating-point tensor",
                        got=x.dtype.name)
            )
        return x
    if not decimals:
        return ops.round(x)
    scale = ops.full_like(10.0 ** abs(decimals), x)
    there, back = (ops.mul, ops.div) if decimals > 0 else (ops.div, ops.mul)
    return back(ops.round(there(x, scale)), scale)


round_.surface.name = "round"


# -- activations that are methods, too -------------------------------------------------------------


@surface
def hardshrink(x: Node, lambd: float = 0.5) -> Node:
    """x where it is farther than lambd from 0, else 0."""
    return ops.hardshrink(x, lambd)


@surface
def prelu(x: Node, weight: Node) -> Node:
    """x where positive, else weight * x; one weight, or one for each channel (dimension 1)."""
    channels = x.shape[1] if x.ndim > 1 else 1
    single = weight.ndim <= 1 and weight.shape in ((), (1,))
    if not single and (weight.ndim != 1 or weight.shape[0] != channels):
        raise ShapeError(
            message("prelu: the weights do not fit", expected=f"[1] or [{channels}]",
                    got=str(list(weight.shape)))
        )
    slope = (
        ops.broadcast(ops.reshape(weight, ()), x.shape)
        if single
        else ops.broadcast(weight, x.shape, (1,))
    )
    return ops.where(ops.gt(x, ops.full_like(0, x)), x, ops.mul(slope, x))
