"""Opening composites, until only primitive ops are left."""

from __future__ import annotations

from pentad.graph.errors import GraphError, message
from pentad.graph.node import Graph, Node
from pentad.passes.rewrite import rewrite

MAX_NESTING = 64


def decompose(graph: Graph) -> Graph:
    """The graph with primitive ops in place of composites; `stop_gradient`, of which only
    differentiation takes notice, is dropped. GraphError if a composite contains itself."""
    opened = rewrite(graph, _open, MAX_NESTING)
    for node in opened.nodes:
        if node.op.kind == "composite":
            raise GraphError(
                message(
                    f"decompose: {node.op.name} is not made of primitive ops",
                    expected=f"composites nested at most {MAX_NESTING} deep",
                    where=node.source,
                )
            )
    return opened


def _open(node: Node) -> Node | None:
    if node.op.name == "stop_gradient":
        return node.inputs[0]
    if node.op.kind != "composite" or node.op.decompose is None:
        return None
    return node.op.decompose(*node.inputs, **node.attrs)
