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
from pentad.tensor.promotion import require_floating
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
def instance_norm(
    input: Node, weight: Node | None = None, bias: Node | None = None, *, eps: float = 1e-5
) -> Node:
    """Each channel of each sample of [N, C, ...] standardised (Ulyanov et al., 2016)."""
    _channels("instance_norm", input, weight, bias)
    return ops.group_norm(input, weight, bias, input.shape[1], eps)


def _last_axes(name: str, x: Node, shape: Sequence[Any], *parameters: Node | None) -> range:
    """The trailing axes that have the sizes `shape`; ShapeError if they do not."""
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
    axes = _last_axes("rms_norm", input, normalized_shape, weight)
    return ops.rms_norm(input, weight, axes, EPSILON[input.dtype] if eps is None else eps)


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
