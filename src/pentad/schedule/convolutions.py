"""The convolution ops as ConvSpecs: operands, geometry, and the axes of their results."""

from __future__ import annotations

from collections.abc import Sequence

from pentad.graph.node import Node
from pentad.schedule.conv_spec import ConvSpec
from pentad.schedule.layout import Layouts

KINDS = {
    "convolution": "forward",
    "convolution_input_grad": "input_grad",
    "convolution_weight_grad": "kernel_grad",
}


def operands(node: Node) -> tuple[Node, Node]:
    """The operands as the kernels count them: images (or their cotangent) first."""
    first, second = node.inputs
    return (second, first) if node.op.name == "convolution_weight_grad" else (first, second)


def conv_spec(node: Node, layouts: Layouts) -> ConvSpec:
    """The spec of a convolution or one of its gradients."""
    a, b = operands(node)
    x_shape, w_shape = _forward_shapes(node)
    return ConvSpec.of(
        KINDS[node.op.name],
        a.dtype,
        b.dtype,
        x_shape,
        w_shape,
        stride=node.attrs["stride"],
        padding=node.attrs["padding"],
        dilation=node.attrs["dilation"],
        groups=node.attrs["groups"],
        a_strides=layouts.resolve(a)[1].strides,
        b_strides=layouts.resolve(b)[1].strides,
    )


def _forward_shapes(node: Node) -> tuple[tuple[int, ...], tuple[int, ...]]:
    first, second = (n.shape for n in node.inputs)
    match node.op.name:
        case "convolution":
            x, w = first, second
        case "convolution_input_grad":
            x, w = node.attrs["input_shape"], second
        case _:
            x, w = second, node.attrs["kernel_shape"]
    return x, w  # type: ignore[return-value]


def axes_of(node: Node) -> tuple[tuple[int, ...], ...]:
    """Positions in the result's shape, without axes of size 1, of the kernel's dimensions.

    Images: (image, pixel, channel). Kernels: (tap, channel in its group, kernel).
    """
    position: dict[int, int] = {}
    for i, n in enumerate(node.shape):
        if n != 1:
            position[i] = len(position)

    def kept(axes: Sequence[int]) -> tuple[int, ...]:
        return tuple(position[i] for i in axes if i in position)

    spatial = kept(range(2, node.ndim))
    if node.op.name == "convolution_weight_grad":
        return spatial, kept([1]), kept([0])
    return kept([0]), spatial, kept([1])
