"""Copies of a part of a graph, in which some symbols are others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pentad.static.gradients import GRADIENT, connected
from pentad.static.graph import Node, Op, Symbol, ancestors
from pentad.static.ops import VARIABLE
from pentad.static.plan import ordered
from pentad.static.probing import apply
from pentad.static.values import Type
from pentad.static.windows import SLICE
from pentad.tensor.misfit import guarded

NUMBER = Op("number", lambda x: x.detach(), differentiable=False)
"""What was put in place of a symbol before which gradients end."""


@guarded
def clone(symbols: Sequence[Symbol], replace: Mapping[Symbol, Symbol]) -> list[Symbol]:
    """The symbols computed anew from `replace[s]` wherever a symbol s was used.

    Nodes that do not depend on what is replaced are shared, and variables always are. Gradients
    among them stay those of the graph as it was, at the values that are put in place: nothing
    passes through what is put in place of a symbol that nothing computes.
    """
    stopped = {s.node for s in replace if len(s.node.outputs) == 1}
    wanted = [s.node for s in symbols if s not in replace]
    nodes = ordered(ancestors(wanted, lambda n: n in stopped))
    taken = [n for n in nodes if n.op is GRADIENT]
    ends = _ends(taken, replace)
    if not ends:
        return _copied(symbols, nodes, replace)
    # What gradients are taken of is copied with those ends, apart from what else it is used for.
    ended = _copied([s for n in taken for s in n.outputs], nodes, {**replace, **ends})
    found = dict(zip([s for n in taken for s in n.outputs], ended, strict=True))
    return _copied(symbols, nodes, {**found, **replace})


def _ends(taken: Sequence[Node], replace: Mapping[Symbol, Symbol]) -> dict[Symbol, Symbol]:
    """For symbols that nothing computes, and for which others are computed that some of the
    gradients are taken by: those others, as numbers."""
    found = {}
    for old, new in replace.items():
        by = {x for n in taken for x in n.inputs[n.attrs["ys"]:][:n.attrs["xs"]] if x is not old}
        if not old.node.inputs and connected([new], [replace.get(x, x) for x in by]):
            found[old] = apply(new.graph, NUMBER, [new]).outputs[0]
    return found


def _copied(
    symbols: Sequence[Symbol], nodes: Sequence[Node], replace: Mapping[Symbol, Symbol]
) -> list[Symbol]:
    new = dict(replace)
    made: dict[Node, Node] = {}
    for node in nodes:
        done = all(s in new for s in node.outputs) and node.outputs
        changed = any(s in new for s in node.inputs) or any(n in made for n in node.control)
        if done or not changed or node.op is VARIABLE:
            continue
        copy = made[node] = apply(
            node.graph, node.op, [new.get(s, s) for s in node.inputs], node.attrs,
            name=node.graph.unique_name(node.name), extra=node.extra,
            control=[made.get(n, n) for n in node.control],
            types=_types(node, new),
        )
        for old, fresh in zip(node.outputs, copy.outputs, strict=True):
            new.setdefault(old, fresh)
    return [new.get(s, s) for s in symbols]


def _types(node: Node, new: Mapping[Symbol, Symbol]) -> list[Type] | None:
    """The types of a copy's results, where trying the op would not tell them."""
    if _typed(node):
        return [s.static_type for s in node.outputs]
    changed = [(s.static_type, new[s].static_type) for s in node.inputs if s in new]
    if not node.extra.get("told") or not all(_alike(old, fresh) for old, fresh in changed):
        return None
    # What is put in place can have any sizes: of those of the results, only ones are sure.
    return [
        Type(t.dtype, None if t.shape is None else tuple(1 if n == 1 else None for n in t.shape))
        for t in (s.static_type for s in node.outputs)
    ]


def _alike(a: Type, b: Type) -> bool:
    """Have they the same dtype and as many axes?"""
    if a.shape is None or b.shape is None:
        return False
    return a.dtype is b.dtype and len(a.shape) == len(b.shape)


def _typed(node: Node) -> bool:
    """Were the types of the results told, so that the op cannot be tried?"""
    told = node.op.host or node.op.dynamic or node.op in (GRADIENT, SLICE)
    return "bodies" in node.extra or told
