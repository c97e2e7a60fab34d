"""Batch rules of convolutions: examples become images, or kernels, or groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad.graph.node import Node, apply
from pentad.graph.sizes import Size
from pentad.ops.batching import all_batched, moved
from pentad.ops.views import reshape, transpose


def _folded(x: Node) -> Node:
    """[n, N, ...] -> [n * N, ...]."""
    return reshape(x, (x.shape[0] * x.shape[1], *x.shape[2:]))


def _split(x: Node, n: Size) -> Node:
    """[n * N, ...] -> [n, N, ...]."""
    return reshape(x, (n, x.shape[0] // n, *x.shape[1:]))


def _into_channels(x: Node) -> Node:
    """[n, N, C, ...] -> [N, n * C, ...]: each example has channels of its own."""
    inner = moved(x, 0, 1)
    return reshape(inner, (x.shape[1], x.shape[0] * x.shape[2], *x.shape[3:]))


def _from_channels(x: Node, n: Size) -> Node:
    """[N, n * C, ...] -> [n, N, C, ...]."""
    return moved(reshape(x, (x.shape[0], n, x.shape[1] // n, *x.shape[2:])), 1, 0)


def _into_groups(x: Node, channel: int, groups: int) -> Node:
    """The examples' channels at axis `channel` (without the batch axis) next to each other within
    each group: [n, ..., G * c, ...] -> [..., G * n * c, ...]."""
    n, at = x.shape[0], channel + 1
    shape = (*x.shape[:at], groups, x.shape[at] // groups, *x.shape[at + 1 :])
    order = [*range(1, at), at, 0, *range(at + 1, len(shape))]
    apart = transpose(reshape(x, shape), order)
    wide = (*x.shape[1:at], n * x.shape[at], *x.shape[at + 1 :])
    return reshape(apart, wide)


def _from_groups(x: Node, channel: int, groups: int, n: Size) -> Node:
    """The inverse of `_into_groups`."""
    inner = x.shape[channel] // (groups * n)
    shape = (*x.shape[:channel], groups, n, inner, *x.shape[channel + 1 :])
    apart = moved(reshape(x, shape), channel + 1, 0)
    return reshape(
        apart, (n, *x.shape[:channel], groups * inner, *x.shape[channel + 1 :])
    )


def _own_groups(node: Node, n: Size) -> dict[str, Any]:
    """The attributes where each example has groups of its own."""
    return {**node.attrs, "groups": node.attrs["groups"] * n}


def batch_convolution(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
) -> Node | None:
    """More images if these are batched, more kernels if those are, more groups if both."""
    x, w = operands
    if n == 0:
        return None
    if not batched[1]:
        return _split(apply(node.op, _folded(x), w, **node.attrs), n)
    groups = node.attrs["groups"]
    if not batched[0]:
        y = apply(node.op, x, _into_groups(w, 0, groups), **node.attrs)
        return _from_groups(y, 1, groups, n)
    y = apply(node.op, _into_channels(x), _folded(w), **_own_groups(node, n))
    return _from_channels(y, n)


def batch_input_grad(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
) -> Node | None:
    """More images, or more groups; the sum is over kernels, so that they must stay apart."""
    if n == 0:
        return None
    shape = node.attrs["input_shape"]
    if not batched[1]:
        attrs = {**node.attrs, "input_shape": (n * shape[0], *shape[1:])}
        return _split(apply(node.op, _folded(operands[0]), operands[1], **attrs), n)
    g, w = all_batched(operands, batched, n)
    attrs = {**_own_groups(node, n), "input_shape": (shape[0], n * shape[1], *shape[2:])}
    return _from_channels(apply(node.op, _into_channels(g), _folded(w), **attrs), n)


def batch_weight_grad(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
) -> Node | None:
    """More kernels if only the cotangent is batched, else more groups."""
    if n == 0:
        return None
    shape, groups = node.attrs["kernel_shape"], node.attrs["groups"]
    wide = (n * shape[0], *shape[1:])
    if not batched[1]:
        g = _into_groups(operands[0], 1, groups)
        dw = apply(node.op, g, operands[1], **{**node.attrs, "kernel_shape": wide})
        return _from_groups(dw, 0, groups, n)
    g, x = all_batched(operands, batched, n)
    attrs = {**_own_groups(node, n), "kernel_shape": wide}
    return _split(apply(node.op, _into_channels(g), _into_channels(x), **attrs), n)
