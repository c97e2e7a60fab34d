"""Arithmetic of update formulas: a parameter's node with numbers of the host."""

from __future__ import annotations

from pentad import ops
from pentad.graph.node import Node


def wide(number: Node, like: Node) -> Node:
    """A 0-d number as a tensor of the type of another."""
    return ops.broadcast(ops.cast(number, like.dtype), like.shape)


def scaled(x: Node, number: Node) -> Node:
    """x * number."""
    return ops.mul(x, wide(number, x))


def plus_scaled(x: Node, y: Node, number: Node) -> Node:
    """x + number * y."""
    return ops.add(x, ops.mul(wide(number, x), y))


def moved(x: Node, target: Node, share: Node) -> Node:
    """x + share * (target - x): a share of the way to the target (torch.lerp)."""
    return plus_scaled(x, ops.sub(target, x), share)


def squared_average(v: Node, g: Node, kept: Node, fresh: Node) -> Node:
    """kept * v + fresh * g * g."""
    return ops.add(scaled(v, kept), scaled(ops.mul(g, g), fresh))
