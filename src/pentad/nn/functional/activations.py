"""Activation functions; `inplace=True` writes the result over the input."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.elementary import hardshrink, prelu
from pentad.tensor.functions.random import default_generator
from pentad.tensor.functions.reductions import log_softmax, softmax
from pentad.tensor.promotion import normalize_dim, promoted_to_float, require_floating


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
    call.inplace = apply.inplace  # type: ignore[attr-defined]
    return call


@activation
def relu(x: Node) -> Node:
    """max(x, 0)."""
    if x.dtype.is_floating_point:
        return ops.relu(x)
    return ops.maximum(x, ops.full_like(0, x))


def _limited(x: Node, low: int, high: int) -> Node:
    """Whole numbers limited to [low, high]."""
    return ops.minimum(ops.maximum(x, ops.full_like(low, x)), ops.full_like(high, x))


@activation
def relu6(x: Node) -> Node:
    """x limited to [0, 6]."""
    if not x.dtype.is_floating_point:
        return _limited(x, 0, 6)
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
    if x.dtype.is_complex:
        return ops.div(x, ops.exp(ops.neg(x)) + 1)
    return ops.silu(x)


@activation
def mish(x: Node) -> Node:
    """x * tanh(softplus(x)) (Misra, 2019)."""
    return ops.mish(x)


@activation
def hardtanh(x: Node, min_val: float = -1.0, max_val: float = 1.0) -> Node:
    """x limited to [min_val, max_val]."""
    if not x.dtype.is_floating_point:
        return _limited(x, int(min_val), int(max_val))
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
    if not x.dtype.is_floating_point:
        above = ops.gt(x, ops.full_like(math.floor(threshold), x))
        return ops.where(above, x, ops.full_like(int(value), x))
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
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x is above the threshold."""
    far = ops.gt(x * beta, ops.full_like(threshold, x))
    return ops.where(far, x, ops.softplus(x, beta))


@surface
def softsign(x: Node) -> Node:
    """x / (1 + |x|)."""
    (x,) = promoted_to_float("softsign", x)
    if x.dtype.is_complex:
        return ops.div(x, ops.cast(ops.abs(x) + 1, x.dtype))
    return ops.softsign(x)


@surface
def softshrink(x: Node, lambd: float = 0.5) -> Node:
    """x moved toward 0 by lambd, at most to 0."""
    return ops.softshrink(x, lambd)


@surface
def tanhshrink(x: Node) -> Node:
    """x - tanh(x)."""
    (x,) = promoted_to_float("tanhshrink", x)
    if x.dtype.is_complex:
        return ops.sub(x, ops.tanh(x))
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


def softmin(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """softmax(-x) along a dimension; dtype: converted to it first."""
    wide = input if dtype is None else input.to(dtype)
    return softmax(-wide, dim)


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


# -- random ----------------------------------------------------------------------------------------


@surface
def _leaked(x: Node, key: Node, offset: Node, lower: float, upper: float) -> Node:
    """x where positive, else x times a slope of its own, uniform in [lower, upper)."""
    require_floating("rrelu", x)
    uniform = ops.uniform_from_bits(ops.random_bits(key, offset, x.shape), dtype=x.dtype)
    slope = uniform * (upper - lower) + lower
    return ops.where(ops.gt(x, ops.full_like(0, x)), x, ops.mul(x, slope))


_leaked.surface.name = "rrelu"


def rrelu(
    input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
    inplace: bool = False,
) -> Any:
    """leaky_relu with a random slope for each element in training, else the mean slope.

    ArgumentError unless lower <= upper, both finite (Xu et al., 2015).
    """
    if not -math.inf < lower <= upper < math.inf:
        raise ArgumentError(
            message("rrelu: slopes", expected="finite numbers, lower <= upper",
                    got=f"{lower}, {upper}")
        )
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace=inplace)
    key, offset = default_generator.draw(product(input.shape))
    leak = _leaked.inplace if inplace else _leaked
    return leak(input, key, offset, float(lower), float(upper))


@surface
def _gumbel_softmax(
    x: Node, key: Node, offset: Node, tau: float, hard: bool, dim: int
) -> Node:
    require_floating("gumbel_softmax", x)
    axis = normalize_dim("gumbel_softmax", dim, x.ndim)
    uniform = ops.uniform_from_bits(ops.random_bits(key, offset, x.shape), dtype=x.dtype)
    least = ops.full_like(2.0**-24, uniform)  # log(0) has no finite value
    noise = ops.neg(ops.log(ops.neg(ops.log(ops.maximum(uniform, least)))))
    soft = ops.softmax(ops.add(x, noise) * (1 / tau), axis=axis)
    if not hard:
        return soft
    best = ops.argmax(ops.stop_gradient(soft), axis)
    wide = ops.broadcast(best, x.shape, [i for i in range(x.ndim) if i != axis])
    chosen = ops.cast(ops.eq(wide, ops.iota(x.shape, axis, dtypes.int64)), x.dtype)
    return ops.add(ops.sub(chosen, ops.stop_gradient(soft)), soft)


_gumbel_softmax.surface.name = "gumbel_softmax"


def gumbel_softmax(
    logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Any:
    """A random point near the corners of the simplex, of the odds exp(logits) (Jang et al., 2017).

    tau: the temperature; hard: exactly a corner, with the gradient of the soft point. eps is
    PyTorch's and has no effect.
    """
    if not tau > 0:
        raise ArgumentError(message("gumbel_softmax: tau", expected="> 0", got=str(tau)))
    key, offset = default_generator.draw(product(logits.shape))
    return _gumbel_softmax(logits, key, offset, float(tau), hard, dim)


# -- in place, by PyTorch's names ------------------------------------------------------------------

relu_, leaky_relu_, elu_, celu_ = relu.inplace, leaky_relu.inplace, elu.inplace, celu.inplace
selu_, hardtanh_, threshold_ = selu.inplace, hardtanh.inplace, threshold.inplace


def rrelu_(
    input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False
) -> Any:
    """rrelu written over its input."""
    return rrelu(input, lower, upper, training, inplace=True)


__all__ = [
    "celu", "celu_", "elu", "elu_", "gelu", "glu", "gumbel_softmax", "hardshrink", "hardsigmoid",
    "hardswish", "hardtanh", "hardtanh_", "leaky_relu", "leaky_relu_", "log_softmax", "logsigmoid",
    "mish", "prelu", "relu", "relu6", "relu_", "rrelu", "rrelu_", "selu", "selu_", "sigmoid",
    "silu", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink",
    "threshold", "threshold_",
]
