"""Batch, layer, group, instance and RMS norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import promoted_to_float, require_floating
from pentad.tensor.state import no_grad


def _channels(name: str, x: Any, *parameters: Any) -> None:
    """ShapeError unless `x` is [N, C, ...] and each parameter has C elements."""
    require_floating(name, x)
    if x.ndim < 2:
        raise ShapeError(
            message(f"{name}: wrong number of dimensions", expected="[N, C] or [N, C, ...]",
                    got=str(list(x.shape)))
        )
    for parameter in parameters:
        if parameter is not None and parameter.shape != (x.shape[1],):
            raise ShapeError(
                message(
                    f"{name}: channels do not fit",
                    expected=f"{list(parameter.shape)} channels in dimension 1, as the layer has",
                    got=f"{x.shape[1]} in an input of shape {list(x.shape)}",
                    hint="is the input [N, C, ...]?",
                )
            )


@surface
def _normalized_batch(
    x: Node, weight: Node | None, bias: Node | None, eps: float
) -> tuple[Node, Node, Node]:
    """(y, mean, unbiased variance) of a batch."""
    _channels("batch_norm", x, weight, bias)
    n = product(tuple(s for i, s in enumerate(x.shape) if i != 1))
    if isinstance(n, int) and n <= 1:
        raise ShapeError(
            message(
                "batch_norm: more than one value for each channel is needed in training",
                expected="a batch of at least two, or several positions",
                got=str(list(x.shape)),
                hint="call eval() first to use the running statistics",
            )
        )
    y, mean, variance = ops.batch_norm(x, weight, bias, 1, eps)
    ratio = ops.full_like(n, variance) / ops.full_like(n - 1, variance)
    return y, ops.stop_gradient(mean), ops.stop_gradient(ops.mul(variance, ratio))


@surface
def _toward(running: Node, value: Node, momentum: Node) -> Node:
    """(1 - momentum) * running + momentum * value."""
    m = ops.broadcast(ops.cast(momentum, running.dtype), running.shape)
    return running * (ops.full_like(1, m) - m) + m * ops.cast(value, running.dtype)


@surface
def _normalized_by(
    x: Node, running_mean: Node, running_var: Node, weight: Node | None, bias: Node | None,
    eps: float,
) -> Node:
    _channels("batch_norm", x, running_mean, running_var, weight, bias)
    return ops.batch_norm_inference(x, running_mean, running_var, weight, bias, 1, eps)


_normalized_batch.surface.name = _normalized_by.surface.name = "batch_norm"
_toward.surface.name = "running_statistics"


def batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
    training: bool = False, momentum: Any = 0.1, eps: float = 1e-5,
) -> Any:
    """Each channel of [N, C, ...] standardised (Ioffe and Szegedy, 2015).

    training: by the batch's own mean and variance, and the running ones, if given, are moved
    toward them in place by `momentum` (a number or a 0-d tensor; the variance unbiased, as in
    PyTorch). Otherwise by the running ones.
    """
    _channels("batch_norm", input, running_mean, running_var)
    if not training:
        if running_mean is None or running_var is None:
            raise ArgumentError(
                message("batch_norm: nothing to normalise by", expected="running_mean and "
                        "running_var, or training=True", got="neither")
            )
        return _normalized_by(input, running_mean, running_var, weight, bias, eps)
    y, mean, variance = _normalized_batch(input, weight, bias, eps)
    with no_grad():
        for running, value in ((running_mean, mean), (running_var, variance)):
            if running is not None:
                _toward.inplace(running, value, momentum)
    return y


@surface
def _normalized_samples(
    x: Node, weight: Node | None, bias: Node | None, eps: float
) -> Node:
    _channels("instance_norm", x, weight, bias)
    return ops.group_norm(x, weight, bias, x.shape[1], eps)


@surface
def _sample_statistics(x: Node) -> tuple[Node, Node]:
    """The means over the batch of each channel's mean and unbiased variance within a sample."""
    axes = tuple(range(2, x.ndim))
    n = product(x.shape[2:])
    mean = ops.mean(x, axes)
    apart = ops.sub(x, ops.broadcast(mean, x.shape, (0, 1)))
    squares = ops.reduce_sum(ops.mul(apart, apart), axes)
    return ops.mean(mean, (0,)), ops.mean(squares / ops.full_like(n - 1, squares), (0,))


_normalized_samples.surface.name = _sample_statistics.surface.name = "instance_norm"


def instance_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None,
    bias: Any = None, use_input_stats: bool = True, momentum: Any = 0.1, eps: float = 1e-5,
) -> Any:
    """Each channel of each sample of [N, C, ...] standardised (Ulyanov et al., 2016).

    use_input_stats: by its own mean and variance, and the running ones, if given, are moved toward
    the batch's by `momentum`, in place; otherwise by the running ones.
    """
    _channels("instance_norm", input, running_mean, running_var, weight, bias)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ArgumentError(
                message("instance_norm: nothing to normalise by", expected="running_mean and "
                        "running_var, or use_input_stats=True", got="neither")
            )
        return _normalized_by(input, running_mean, running_var, weight, bias, eps)
    n = product(input.shape[2:])
    if isinstance(n, int) and n <= 1:
        raise ShapeError(
            message("instance_norm: more than one position for each channel is needed",
                    expected="[N, C, ...] with two positions or more",
                    got=str(list(input.shape)))
        )
    if running_mean is not None or running_var is not None:
        with no_grad():
            found = _sample_statistics(input.detach())
            for running, value in zip((running_mean, running_var), found, strict=True):
                if running is not None:
                    _toward.inplace(running, value, momentum)
    return _normalized_samples(input, weight, bias, eps)


@surface
def local_response_norm(
    input: Node, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Node:
    """x / (k + alpha * mean of the squares of `size` neighbouring channels) ** beta.

    input [N, C, ...]; channels beyond the borders count as 0 (Krizhevsky et al., 2012).
    """
    if input.ndim < 3:
        raise ShapeError(
            message("local_response_norm: wrong number of dimensions", expected="[N, C, L, ...]",
                    got=str(list(input.shape)))
        )
    if input.dtype.is_integer and size > 0 and 0 not in input.shape:
        # The mean of whole squares is a whole number in PyTorch.
        squares = _window_of_channels(ops.mul(input, input), size // 2, (size - 1) // 2)
        squares = ops.floor_divide(squares, ops.full_like(size, squares))
        x, squares = promoted_to_float("local_response_norm", input, squares)
        return _over_power(x, squares, alpha, beta, k)
    return _by_neighbours(input, size // 2, (size - 1) // 2, alpha / max(size, 1), beta, k)


@surface
def neighbours_norm(
    x: Node, before: int, after: int, alpha: float, beta: float, k: float
) -> Node:
    """x / (k + alpha * sum of the squares of the channels around) ** beta."""
    return _by_neighbours(x, before, after, alpha, beta, k)


def _by_neighbours(
    x: Node, before: int, after: int, alpha: float, beta: float, k: float
) -> Node:
    if not (x.dtype.is_integer and 0 in x.shape):
        require_floating("local_response_norm", x)
    if before + after < 0:
        raise ArgumentError(message("local_response_norm: size", expected=">= 1", got="less"))
    if any(n == 0 for n in x.shape):
        return x
    squares = _window_of_channels(ops.mul(x, x), before, after)
    return _over_power(x, squares, alpha, beta, k)


def _window_of_channels(x: Node, before: int, after: int) -> Node:
    """The sums of each channel and its neighbours."""
    rank = x.ndim
    window, plain = [1] * rank, [(0, 0)] * rank
    window[1], plain[1] = before + after + 1, (before, after)
    ones = (1,) * rank
    return ops.reduce_window(x, window, ones, plain, ones, "sum")


def _over_power(x: Node, squares: Node, alpha: float, beta: float, k: float) -> Node:
    scale = squares * alpha + k
    return ops.div(x, ops.pow(scale, ops.full_like(beta, scale)))


def _last_axes(name: str, x: Node, shape: Sequence[Any], *parameters: Node | None) -> range:
    """The trailing axes that have the sizes `shape`; ShapeError if they do not."""
    if not (name == "rms_norm" and x.dtype.is_complex):
        require_floating(name, x)
    n = len(shape)
    if n == 0 or n > x.ndim or tuple(x.shape[x.ndim - n :]) != tuple(shape):
        raise ShapeError(
            message(
                f"{name}: the input does not fit normalized_shape",
                expected=f"last sizes {list(shape)}",
                got=f"an input of shape {list(x.shape)}",
            )
        )
    for parameter in parameters:
        if parameter is not None and tuple(parameter.shape) != tuple(shape):
            raise ShapeError(
                message(f"{name}: weight or bias does not fit", expected=str(list(shape)),
                        got=str(list(parameter.shape)))
            )
    return range(x.ndim - n, x.ndim)


@surface
def layer_norm(
    input: Node, normalized_shape: Sequence[int], weight: Node | None = None,
    bias: Node | None = None, eps: float = 1e-5,
) -> Node:
    """The last dimensions, of sizes normalized_shape, standardised (Ba et al., 2016)."""
    axes = _last_axes("layer_norm", input, normalized_shape, weight, bias)
    return ops.layer_norm(input, weight, bias, axes, eps)


@surface
def rms_norm(
    input: Node, normalized_shape: Sequence[int], weight: Node | None = None,
    eps: float | None = None,
) -> Node:
    """The last dimensions over their root mean square (Zhang and Sennrich, 2019).

    eps defaults to the machine epsilon of the dtype.
    """
    if input.dtype.is_complex:
        return _complex_rms_norm(input, normalized_shape, weight, eps)
    axes = _last_axes("rms_norm", input, normalized_shape, weight)
    return ops.rms_norm(input, weight, axes, EPSILON[input.dtype] if eps is None else eps)


def _complex_rms_norm(
    x: Node, shape: Sequence[int], weight: Node | None, eps: float | None
) -> Node:
    """The same formula, with squares that are complex too, as in PyTorch."""
    axes = _last_axes("rms_norm", x, shape, weight)
    if eps is None:
        eps = EPSILON[dtypes.float32 if x.dtype is dtypes.complex64 else dtypes.float64]
    kept = [1 if i in axes else n for i, n in enumerate(x.shape)]
    total = ops.reduce_sum(x * x, axes)
    mean = total / ops.full_like(product(tuple(shape)), total)
    root = ops.reshape(ops.sqrt(mean + eps), kept)
    y = ops.div(x, ops.broadcast(root, x.shape))
    return y if weight is None else ops.mul(y, ops.broadcast(weight, x.shape, axes))


EPSILON = {
    dtypes.float16: 2.0**-10, dtypes.bfloat16: 2.0**-7, dtypes.float32: 2.0**-23,
    dtypes.float64: 2.0**-52,
}


@surface
def group_norm(
    input: Node, num_groups: int, weight: Node | None = None, bias: Node | None = None,
    eps: float = 1e-5,
) -> Node:
    """Groups of channels of each sample of [N, C, ...] standardised (Wu and He, 2018)."""
    _channels("group_norm", input, weight, bias)
    return ops.group_norm(input, weight, bias, num_groups, eps)
