"""How many multiply-adds the matrix products and convolutions of a graph take."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod as product
from typing import Any

from pentad.graph.node import Graph, Node, input_node


def multiply_adds(graph: Graph) -> int:
    """Those of all its nodes; a loop's body counts for each step, and of branches the dearer one.

    A loop that ends by a condition alone counts as one step. Element-wise operations, sums and
    look-ups do not count, as is usual for FLOPs of networks.
    """
    return sum(_of_node(node) for node in graph.nodes)


def _of_node(node: Node) -> int:
    name, shapes = node.op.name, [_sizes(i) for i in node.inputs]
    if name == "dot_general":
        return prod(_sizes(node)) * prod(shapes[0][i] for i in node.attrs["contract"][0])
    if name == "convolution":
        return prod(_sizes(node)) * prod(shapes[1][1:])
    if name == "convolution_input_grad":
        return prod(shapes[0]) * prod(shapes[1][1:])
    if name == "flash_attention":
        (*batch, queries, width), keys = shapes[0], shapes[1][-2]
        return prod([*batch, queries, keys, width + shapes[2][-1]])
    if node.op.kind == "control":
        return _of_control(node)
    if node.op.kind == "composite" and node.op.decompose is not None:
        parameters = [input_node(f"x{i}", n.shape, n.dtype) for i, n in enumerate(node.inputs)]
        return multiply_adds(Graph(parameters, [node.op.decompose(*parameters, **node.attrs)]))
    return 0


def _of_control(node: Node) -> int:
    graphs = [v for v in node.attrs.values() if isinstance(v, Graph)]
    costs = [multiply_adds(g) for g in graphs]
    if node.op.name == "loop":
        length = node.attrs["length"]
        return sum(costs) * (1 if length is None else prod([length]))
    return max(costs, default=0)


def _sizes(node: Node) -> tuple[Any, ...]:
    return node.shape


def prod(sizes: Iterable[Any]) -> int:
    """Their product; ints, for the graph is of a traced call of known sizes."""
    return int(product(sizes))
