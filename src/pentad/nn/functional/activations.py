"""Activation functions; `inplace=True` writes the result over the input."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import normalize_dim
from pentad.tensor.reductions import log_softmax, softmax


def activation(function: Callable[..., Node]) -> Callable[..., Any]:
    """Make a surface function with a further last argument `inplace`, as PyTorch's have it."""
    apply = surface(function)
    count = function.__code__.co_argcount

    @functools.wraps(function)
    def call(input: Any, *args: Any, inplace: bool = False, **kwargs: Any) -> Any:
        if len(args) == count:
            *args, inplace = args  # type: ignore[assignment]
        return (apply.inplace if inplace else apply)(input, *args, **kwargs)

    call.surface = apply.surface  # type: ignore[attr-defined]
    return call


@activation
def relu(x: Node) -> Node:
    """max(x, 0)."""
    if x.dtype.is_floating_point:
        return ops.relu(x)
    return ops.maximum(x, ops.full_like(0, x))


@activation
def relu6(x: Node) -> Node:
    """x limited to [0, 6]."""
    return ops.relu6(x)


@activation
def leaky_relu(x: Node, negative_slope: float = 0.01) -> Node:
    """x where positive, else negative_slope * x."""
    return ops.leaky_relu(x, negative_slope)


@activation
def elu(x: Node, alpha: float = 1.0) -> Node:
    """x where positive, else alpha * (exp(x) - 1)."""
    return ops.elu(x, alpha)


@activation
def celu(x: Node, alpha: float = 1.0) -> Node:
    """x where positive, else alpha * (exp(x / alpha) - 1)."""
    return ops.celu(x, alpha)


@activation
def selu(x: Node) -> Node:
    """The self-normalising elu (Klambauer et al., 2017)."""
    return ops.selu(x)


@activation
def silu(x: Node) -> Node:
    """x * sigmoid(x), also called swish."""
    return ops.silu(x)


@activation
def mish(x: Node) -> Node:
    """x * tanh(softplus(x)) (Misra, 2019)."""
    return ops.mish(x)


@activation
def hardtanh(x: Node, min_val: float = -1.0, max_val: float = 1.0) -> Node:
    """x limited to [min_val, max_val]."""
    return ops.hardtanh(x, min_val, max_val)


@activation
def hardsigmoid(x: Node) -> Node:
    """x / 6 + 1 / 2, limited to [0, 1]."""
    return ops.hardsigmoid(x)


@activation
def hardswish(x: Node) -> Node:
    """x * hardsigmoid(x) (Howard et al., 2019)."""
    return ops.hardswish(x)


@activation
def threshold(x: Node, threshold: float, value: float) -> Node:
    """x where it is above the threshold, else `value`."""
    return ops.threshold(x, threshold, value)


@surface
def gelu(x: Node, approximate: str = "none") -> Node:
    """x * Phi(x), by erf, or with approximate="tanh" by tanh (Hendrycks and Gimpel, 2016)."""
    if approximate not in ("none", "tanh"):
        raise ArgumentError(
            message("gelu: unknown approximation", expected='"none" or "tanh"',
                    got=repr(approximate))
        )
    return ops.gelu(x, approximate == "tanh")


@surface
def softplus(x: Node, beta: float = 1.0, threshold: float = 20.0) -> Node:
    """log(1 + exp(beta * x)) / beta; `threshold` is PyTorch's and not needed: nothing overflows."""
    return ops.softplus(x, beta)


@surface
def softsign(x: Node) -> Node:
    """x / (1 + |x|)."""
    return ops.softsign(x)


@surface
def softshrink(x: Node, lambd: float = 0.5) -> Node:
    """x moved toward 0 by lambd, at most to 0."""
    return ops.softshrink(x, lambd)


@surface
def hardshrink(x: Node, lambd: float = 0.5) -> Node:
    """x where it is farther than lambd from 0, else 0."""
    return ops.hardshrink(x, lambd)


@surface
def tanhshrink(x: Node) -> Node:
    """x - tanh(x)."""
    return ops.tanhshrink(x)


@surface
def logsigmoid(x: Node) -> Node:
    """log(sigmoid(x)), for every x."""
    return ops.log_sigmoid(x)


@surface
def tanh(x: Node) -> Node:
    """The hyperbolic tangent."""
    return ops.tanh(x)


@surface
def sigmoid(x: Node) -> Node:
    """1 / (1 + exp(-x))."""
    return ops.sigmoid(x)


@surface
def softmin(x: Node, dim: int) -> Node:
    """softmax(-x) along a dimension."""
    return ops.softmax(ops.neg(x), axis=normalize_dim("softmin", dim, x.ndim))


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


@surface
def glu(x: Node, dim: int = -1) -> Node:
    """The first half along a dimension times the sigmoid of the second (Dauphin et al., 2017)."""
    at = normalize_dim("glu", dim, x.ndim)
    n = x.shape[at]
    if n % 2 != 0:
        raise ShapeError(
            message("glu: the dimension cannot be halved", expected="an even size", got=str(n))
        )
    middle, start, limit = n // 2, [0] * x.ndim, list(x.shape)
    start[at] = limit[at] = middle
    first = ops.slice_(x, [0] * x.ndim, limit)
    return ops.mul(first, ops.sigmoid(ops.slice_(x, start, x.shape)))


__all__ = [
    "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "log_softmax", "logsigmoid", "mish", "prelu", "relu", "relu6", "selu", "sigmoid",
    "silu", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink",
    "threshold",
]
