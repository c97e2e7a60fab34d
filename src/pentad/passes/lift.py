"""Slices move below what makes the elements that they drop, if nobody else reads these.

x.exp()[0] computes one row, (a @ b)[0] takes one row of a, and of a concatenation only the parts
that are kept are made. Every element is computed as before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pentad.graph.node import Graph, Node, rebuild
from pentad.graph.op import TensorType, by_name
from pentad.graph.sizes import Size, same
from pentad.ops.contraction import free_axes
from pentad.passes.pattern import attribute_key
from pentad.passes.rewrite import noted


class _Span(NamedTuple):
    """What is kept of one axis; `size` elements."""

    start: Size
    limit: Size
    step: int
    size: Size


_Part = tuple[_Span, ...]
"""What is kept of a value."""


class _Plan(NamedTuple):
    """A node of which but a part is made: from these operands, of each but a part (None: all)."""

    part: _Part
    operands: tuple[tuple[int, _Part | None], ...]
    attrs: dict[str, Any]


def lift(graph: Graph) -> Graph:
    """The graph with its slices as near to its inputs as they can be taken."""
    plans = _plans(graph)
    if not plans:
        return graph
    new: dict[Node, Node] = {}
    slices: dict[tuple[Node, str], Node] = {}

    def sliced(node: Node, part: _Part | None) -> Node:
        """A part of an operand, which is a plan's own or cut out of the whole."""
        if part is None or node in plans:
            return new[node]
        key = new[node], _key(part)
        if key not in slices:
            slices[key] = _slice(new[node], part)
        return slices[key]

    def replaced(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        new.update(zip(node.inputs, inputs, strict=True))
        plan = plans.get(node)
        if plan is not None:
            operands = [sliced(node.inputs[i], part) for i, part in plan.operands]
            if node.op.name == "concatenate" and len(operands) == 1:
                return operands[0]
            shape = tuple(span.size for span in plan.part)
            return Node(
                node.op, operands, plan.attrs, TensorType(shape, node.dtype), node.source
            )
        if node.op.name == "slice" and node.inputs[0] in plans:
            return noted(f"slice of {node.inputs[0].op.name}", node, inputs[0])
        return None

    return rebuild(graph, replaced)


def _plans(graph: Graph) -> dict[Node, _Plan]:
    """The nodes of which all readers want the same part, from the outputs back."""
    if not any(n.op.name == "slice" for n in graph.nodes):
        return {}
    wanted: dict[Node, _Part | None] = dict.fromkeys(graph.outputs)
    plans: dict[Node, _Plan] = {}

    def want(node: Node, part: _Part | None) -> None:
        known = wanted.setdefault(node, part)
        if known is not None and (part is None or _key(part) != _key(known)):
            wanted[node] = None

    for node in reversed(graph.nodes):
        part = wanted.get(node)
        plan = None if part is None else _plan(node, part)
        if plan is not None:
            plans[node] = plan
            for i, inner in plan.operands:
                want(node.inputs[i], inner)
        elif node.op.name == "slice":
            want(node.inputs[0], _kept(node))
        else:
            for operand in node.inputs:
                want(operand, None)
    return plans


def _kept(node: Node) -> _Part | None:
    """What a slice keeps, None if that is all."""
    bounds = (node.attrs["start"], node.attrs["limit"], node.attrs["step"], node.shape)
    return _unless_whole(map(_Span, *bounds), node.inputs[0])


def _unless_whole(spans: Iterable[_Span], node: Node) -> _Part | None:
    part = tuple(spans)
    return None if all(map(_is_whole, part, node.shape)) else part


def _is_whole(span: _Span, size: Size) -> bool:
    return span.step == 1 and same(span.start, 0) and same(span.size, size)


def _whole(size: Size) -> _Span:
    return _Span(0, size, 1, size)


def _key(part: _Part) -> str:
    return attribute_key(tuple(tuple(span) for span in part))


def _slice(x: Node, part: _Part) -> Node:
    """Made from its record, which asks sizes nothing."""
    start, limit, step, shape = (tuple(i) for i in zip(*part, strict=True))
    attrs = {"start": start, "limit": limit, "step": step}
    return Node(by_name("slice"), (x,), attrs, TensorType(shape, x.dtype), x.source)


# -- what a part of a result needs of the operands ---------------------------------------------


def _plan(node: Node, part: _Part) -> _Plan | None:
    if node.op.kind == "elementwise":
        every = tuple((i, part) for i in range(len(node.inputs)))
        return _Plan(part, every, dict(node.attrs)) if every else None
    found = _PLANS.get(node.op.name)
    return None if found is None else found(node, part)


def _of_full(node: Node, part: _Part) -> _Plan:
    return _Plan(part, (), {**node.attrs, "shape": tuple(span.size for span in part)})


def _of_broadcast(node: Node, part: _Part) -> _Plan | None:
    [x] = node.inputs
    spans = []
    for size, d in zip(x.shape, node.attrs["dims"], strict=True):
        if not (same(size, node.shape[d]) or same(size, 1)):
            return None
        spans.append(part[d] if same(size, node.shape[d]) else _whole(1))
    attrs = {**node.attrs, "shape": tuple(span.size for span in part)}
    return _Plan(part, ((0, _unless_whole(spans, x)),), attrs)


def _of_transpose(node: Node, part: _Part) -> _Plan:
    axes = node.attrs["axes"]
    spans = (part[axes.index(i)] for i in range(len(axes)))
    return _Plan(part, ((0, tuple(spans)),), dict(node.attrs))


def _of_concatenation(node: Node, part: _Part) -> _Plan | None:
    """The operands that overlap with the part, each cut to it."""
    axis = node.attrs["axis"]
    cut = part[axis]
    sizes = [x.shape[axis] for x in node.inputs]
    known = [s for s in (cut.start, cut.size, *sizes) if isinstance(s, int)]
    if cut.step != 1 or len(known) < len(sizes) + 2 or not known[1]:
        return None
    (start, size), at = known[:2], 0
    operands = []
    for i, (x, length) in enumerate(zip(node.inputs, known[2:], strict=True)):
        first, last = max(start - at, 0), min(start + size - at, length)
        if first < last:
            span = _Span(first, last, 1, last - first)
            operands.append((i, _unless_whole((*part[:axis], span, *part[axis + 1 :]), x)))
        at += length
    return _Plan(part, tuple(operands), dict(node.attrs))


def _of_product(node: Node, part: _Part) -> _Plan:
    """The result's axes: those of the batch, then the free ones of either side."""
    spans: list[dict[int, _Span]] = [{}, {}]
    contract, batch = node.attrs["contract"], node.attrs["batch"]
    at = len(batch[0])
    for side, x in enumerate(node.inputs):
        spans[side] = {a: part[i] for i, a in enumerate(batch[side])}
        for a in free_axes(x.ndim, contract[side], batch[side]):
            spans[side][a] = part[at]
            at += 1
    operands = (
        (i, _unless_whole((spans[i].get(a, _whole(s)) for a, s in enumerate(x.shape)), x))
        for i, x in enumerate(node.inputs)
    )
    return _Plan(part, tuple(operands), dict(node.attrs))


_PLANS = {
    "full": _of_full,
    "broadcast": _of_broadcast,
    "transpose": _of_transpose,
    "concatenate": _of_concatenation,
    "dot_general": _of_product,
}
