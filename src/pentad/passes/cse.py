"""Common subexpressions: nodes that compute the same become one, which keeps the first's line.

Every op is a function of its operands and attributes (random ops of their counters), so that
merging is right for all of them.
"""

from __future__ import annotations

from collections.abc import Hashable

from pentad.graph.node import INPUT, Graph, Node, rebuild
from pentad.passes.pattern import COMMUTATIVE, attribute_key


def cse(graph: Graph) -> Graph:
    """The graph in which equal nodes (op, operands, attributes, type) are one."""
    first: dict[Hashable, Node] = {}

    def merged(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.op is INPUT:
            return None
        operands = tuple(map(id, inputs))
        if node.op.name in COMMUTATIVE:
            operands = tuple(sorted(operands))
        attrs = tuple(sorted((k, attribute_key(v)) for k, v in node.attrs.items()))
        shape = tuple(map(attribute_key, node.shape))
        key = (node.op, operands, attrs, shape, node.dtype)
        found = first.get(key)
        if found is not None:
            return found
        same = all(a is b for a, b in zip(inputs, node.inputs))
        new = node if same else Node(node.op, inputs, node.attrs, node.type, node.source)
        return first.setdefault(key, new)

    return rebuild(graph, merged)
