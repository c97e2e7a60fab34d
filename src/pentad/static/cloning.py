"""Copies of a part of a graph, in which some symbols are others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pentad.static.gradients import GRADIENT
from pentad.static.graph import Node, Symbol, ancestors
from pentad.static.ops import VARIABLE
from pentad.static.plan import ordered
from pentad.static.probing import apply
from pentad.static.windows import SLICE
from pentad.tensor.misfit import guarded


@guarded
def clone(symbols: Sequence[Symbol], replace: Mapping[Symbol, Symbol]) -> list[Symbol]:
    """The symbols computed anew from `replace[s]` wherever a symbol s was used.

    Nodes that do not depend on what is replaced are shared, and variables always are.
    """
    new = dict(replace)
    stopped = {s.node for s in replace if len(s.node.outputs) == 1}
    needed = ancestors([s.node for s in symbols if s not in replace], lambda n: n in stopped)
    made: dict[Node, Node] = {}
    for node in ordered(needed):
        changed = any(s in new for s in node.inputs) or any(n in made for n in node.control)
        if not changed or node.op is VARIABLE:
            continue
        copy = made[node] = apply(
            node.graph, node.op, [new.get(s, s) for s in node.inputs], node.attrs,
            name=node.graph.unique_name(node.name), extra=node.extra,
            control=[made.get(n, n) for n in node.control],
            types=[s.static_type for s in node.outputs] if _typed(node) else None,
        )
        for old, fresh in zip(node.outputs, copy.outputs, strict=True):
            new.setdefault(old, fresh)
    return [new.get(s, s) for s in symbols]


def _typed(node: Node) -> bool:
    """Were the types of the results told, so that the op cannot be tried?"""
    told = node.op.host or node.op.dynamic or node.op in (GRADIENT, SLICE)
    return "bodies" in node.extra or told
