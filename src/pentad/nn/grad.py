"""Gradients of convolutions alone, by the names and arguments of torch.nn.grad.

They take the gradient of a loss with respect to a convolution's result, `grad_output`, and need not
compute that result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph.node import Node
from pentad.nn.functional.common import per_axis, require_dims, require_same_dtype
from pentad.tensor.dispatch import surface

__all__ = [
    "conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input",
    "conv3d_weight",
]  # fmt: skip

Sizes = int | Sequence[int]


def _geometry(name: str, rank: int, stride: Sizes, padding: Sizes, dilation: Sizes) -> list[Any]:
    strides, sides, dilations = (
        per_axis(name, word, value, rank)
        for word, value in (("stride", stride), ("padding", padding), ("dilation", dilation))
    )
    return [strides, [(p, p) for p in sides], dilations]


def _input_grad(
    name: str, rank: int, input_size: Sequence[int], weight: Node, grad_output: Node,
    stride: Sizes, padding: Sizes, dilation: Sizes, groups: int,
) -> Node:
    for value in (weight, grad_output):
        require_dims(name, value, (rank + 2,), f"{rank + 2} dimensions")
    require_same_dtype(name, weight, grad_output)
    geometry = _geometry(name, rank, stride, padding, dilation)
    return ops.convolution_input_grad(grad_output, weight, tuple(input_size), *geometry, groups)


def _weight_grad(
    name: str, rank: int, input: Node, weight_size: Sequence[int], grad_output: Node,
    stride: Sizes, padding: Sizes, dilation: Sizes, groups: int,
) -> Node:
    for value in (input, grad_output):
        require_dims(name, value, (rank + 2,), f"{rank + 2} dimensions")
    require_same_dtype(name, input, grad_output)
    geometry = _geometry(name, rank, stride, padding, dilation)
    return ops.convolution_weight_grad(grad_output, input, tuple(weight_size), *geometry, groups)


@surface
def conv1d_input(
    input_size: Sequence[int], weight: Node, grad_output: Node, stride: Sizes = 1,
    padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1,
) -> Node:
    """The gradient to an input [N, C, L] of `conv1d`, whose shape is `input_size`.

    Raises ShapeError if `grad_output` is not of the shape of the convolution's result.
    """
    return _input_grad("conv1d_input", 1, input_size, weight, grad_output,
                       stride, padding, dilation, groups)  # fmt: skip


@surface
def conv1d_weight(
    input: Node, weight_size: Sequence[int], grad_output: Node, stride: Sizes = 1,
    padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1,
) -> Node:
    """The gradient to a weight [out, C / groups, k] of `conv1d`, whose shape is `weight_size`.

    Raises ShapeError if `grad_output` is not of the shape of the convolution's result.
    """
    return _weight_grad("conv1d_weight", 1, input, weight_size, grad_output,
                        stride, padding, dilation, groups)  # fmt: skip


@surface
def conv2d_input(
    input_size: Sequence[int], weight: Node, grad_output: Node, stride: Sizes = 1,
    padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1,
) -> Node:
    """The gradient to an input [N, C, H, W] of `conv2d`, whose shape is `input_size`.

    Raises ShapeError if `grad_output` is not of the shape of the convolution's result.
    """
    return _input_grad("conv2d_input", 2, input_size, weight, grad_output,
                       stride, padding, dilation, groups)  # fmt: skip


@surface
def conv2d_weight(
    input: Node, weight_size: Sequence[int], grad_output: Node, stride: Sizes = 1,
    padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1,
) -> Node:
    """The gradient to a weight [out, C / groups, kh, kw] of `conv2d`, of shape `weight_size`.

    Raises ShapeError if `grad_output` is not of the shape of the convolution's result.
    """
    return _weight_grad("conv2d_weight", 2, input, weight_size, grad_output,
                        stride, padding, dilation, groups)  # fmt: skip


@surface
def conv3d_input(
    input_size: Sequence[int], weight: Node, grad_output: Node, stride: Sizes = 1,
    padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1,
) -> Node:
    """The gradient to an input [N, C, D, H, W] of `conv3d`, whose shape is `input_size`.

    Raises ShapeError if `grad_output` is not of the shape of the convolution's result.
    """
    return _input_grad("conv3d_input", 3, input_size, weight, grad_output,
                       stride, padding, dilation, groups)  # fmt: skip


@surface
def conv3d_weight(
    input: Node, weight_size: Sequence[int], grad_output: Node, stride: Sizes = 1,
    padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1,
) -> Node:
    """The gradient to a weight [out, C / groups, kd, kh, kw] of `conv3d`, of shape `weight_size`.

    Raises ShapeError if `grad_output` is not of the shape of the convolution's result.
    """
    return _weight_grad("conv3d_weight", 3, input, weight_size, grad_output,
                        stride, padding, dilation, groups)  # fmt: skip
