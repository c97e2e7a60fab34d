"""Variables within what programs pickle: a variable is the nodes that it is made of, as data.

Nodes come in the order of their making, so that a deep graph is pickled without recursion; shared
variables take their values along. What is loaded is made anew in the graph of this process.
"""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.theano.gof.graph import GRAPH


def node_parts(node: static.Node) -> tuple[Any, ...]:
    """What `restored_node` takes: the node as data, names of its results, a shared value."""
    from pentad.frontends.theano.compile.sharedvalue import STORE

    found = static.stored(node)
    names = [getattr(s, "name", None) for s in node.outputs]
    shared = STORE.tensor(node).numpy().copy() if node.op.name == "var" else None
    return tuple(found), names, shared


def later_parts(node: static.Node) -> list[dict[str, Any]] | None:
    """What its results hold that may lead back to it; None if nothing."""
    found = [
        {k: v for k, v in s.__dict__.items() if k in ("_type", "_update", "rng", "update", "_tag")}
        for s in node.outputs
    ]
    return found if any(found) else None


def restored_node(
    parts: tuple[Any, ...], names: list[Any], shared: Any
) -> static.Node:
    """A new node of such parts."""
    from pentad.frontends.theano.compile.sharedvalue import STORE

    node = static.restored(GRAPH, static.Stored(*parts))
    for symbol, name in zip(node.outputs, names, strict=True):
        if name is not None:
            symbol.name = name  # type: ignore[attr-defined]
    if shared is not None:
        STORE.set(node, shared)
    return node


def variable_parts(variable: Any) -> tuple[Any, ...]:
    """What `chosen` takes: all nodes that a variable needs, and which of them it is."""
    nodes = static.in_order([variable])
    return nodes, nodes.index(variable.node), variable.index


def chosen(nodes: list[static.Node], place: int, index: int) -> Any:
    """A result of one of some nodes."""
    return nodes[place].outputs[index]


__all__ = ["chosen", "later_parts", "node_parts", "restored_node", "variable_parts"]
