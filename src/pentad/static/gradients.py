"""Gradients as nodes of the graph: what autograd finds when the graph is replayed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pentad.static.graph import Node, Op, Symbol, ancestors
from pentad.static.probing import apply
from pentad.static.replay import Replay
from pentad.static.values import STRING, Type
from pentad.tensor.functions.creation import ones_like, zeros_like
from pentad.tensor.functions.ranges import eye
from pentad.tensor.gradients import grad
from pentad.tensor.misfit import guarded
from pentad.tensor.tensor import Tensor
from pentad.tensor.transforms.vmap import vmap


class Gradient(Op):
    """inputs: ys, xs, then the gradients of those ys that have some. attrs: `ys` and `xs`, how
    many there are; `given`, for each y whether it has one; `each`, if there is one y, a vector, and
    the gradients of each of its elements are asked, as rows."""

    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        """For each x the gradient, zeros where nothing depends on it."""
        count, given = node.attrs["ys"], node.attrs["given"]
        ys = [replay.tensor(v) for v in inputs[:count]]
        xs = [replay.tensor(v) for v in inputs[count:count + node.attrs["xs"]]]
        seeds = iter(inputs[count + len(xs):])
        pairs = [
            (y, replay.tensor(next(seeds)) if has else ones_like(y))
            for y, has in zip(ys, given, strict=True)
        ]
        pairs = [(y, s) for y, s in pairs if y.requires_grad]
        asked = [x for x in xs if x.requires_grad]
        if node.attrs.get("each"):
            return _of_each(ys[0], xs, node in replay.higher)
        weights = [s.to(y.dtype).broadcast_to(y.shape) for y, s in pairs]
        found = iter(
            grad(
                [y for y, _ in pairs], asked, weights,
                retain_graph=True, create_graph=node in replay.higher, allow_unused=True,
            )
            if pairs and asked else [None] * len(asked)
        )
        results = [next(found) if x.requires_grad else None for x in xs]
        return tuple(
            zeros_like(x) if g is None else g for x, g in zip(xs, results, strict=True)
        )


def _of_each(y: Tensor, xs: Sequence[Tensor], again: bool) -> tuple[Tensor, ...]:
    """The gradients of the elements of a vector, as rows."""
    if not y.requires_grad:
        return tuple(x.new_zeros((*y.shape, *x.shape)) for x in xs)

    def row(weights: Tensor) -> tuple[Tensor, ...]:
        found = grad([y], list(xs), [weights], retain_graph=True, create_graph=again,
                     allow_unused=True)
        return tuple(zeros_like(x) if g is None else g for x, g in zip(xs, found, strict=True))

    return tuple(vmap(row)(eye(y.shape[0], dtype=y.dtype)))


GRADIENT = Gradient("gradient")


@guarded
def gradients(
    ys: Sequence[Symbol], xs: Sequence[Symbol], grad_ys: Sequence[Symbol | None] | None = None,
    name: str | None = None,
) -> list[Symbol | None]:
    """The gradient of the sum of `ys` by each of `xs`; None for an x that they do not depend on.

    grad_ys: what to weight the ys with, ones where None.
    """
    given = list(grad_ys) if grad_ys is not None else [None] * len(ys)
    reached = connected(ys, xs)
    used = [x for x in xs if x in reached]
    if not used:
        return [None] * len(xs)
    node = apply(
        ys[0].graph, GRADIENT, [*ys, *used, *[g for g in given if g is not None]],
        {"ys": len(ys), "xs": len(used), "given": tuple(g is not None for g in given)},
        name=name, types=[x.static_type for x in used],
    )
    found = dict(zip(used, node.outputs, strict=True))
    return [found.get(x) for x in xs]


@guarded
def jacobian(
    y: Symbol, xs: Sequence[Symbol], name: str | None = None
) -> list[Symbol | None]:
    """For a vector y the gradients of its elements by each of `xs`, as rows; None as above."""
    reached = connected([y], xs)
    used = [x for x in xs if x in reached]
    if not used:
        return [None] * len(xs)
    shape = y.static_type.shape
    rows = shape[0] if shape is not None else None
    kinds = [x.static_type for x in used]
    types = [Type(d, None if s is None else (rows, *s)) for d, s in kinds]
    node = apply(y.graph, GRADIENT, [y, *used],
                 {"ys": 1, "xs": len(used), "given": (False,), "each": True}, name=name,
                 types=types)
    found = dict(zip(used, node.outputs, strict=True))
    return [found.get(x) for x in xs]


@guarded
def connected(
    ys: Sequence[Symbol], xs: Sequence[Symbol], within: bool = False
) -> set[Symbol]:
    """Those of xs that a y depends on by a differentiable way; within: not by others of them."""
    asked = set(xs)
    reached = {y for y in ys if y in asked}
    ends = {x.node for x in xs} if within else set()
    inner = ancestors([y.node for y in ys], ends.__contains__)
    # From the ys back: a symbol counts if a node that counts reads it and it has a gradient.
    live = {y for y in ys if smooth(y)}
    for node in reversed(inner):
        outputs = {i for i, s in enumerate(node.outputs) if s in live}
        if not node.op.differentiable or not outputs:
            continue
        for i in node.op.reached(node, outputs, _within):
            if smooth(node.inputs[i]):
                live.add(node.inputs[i])
    return reached | (live & asked)


def _within(results: Sequence[Symbol], symbols: Sequence[Symbol]) -> set[Symbol]:
    return connected(results, symbols, within=True)


def smooth(symbol: Symbol) -> bool:
    """May it have a gradient?"""
    # Values of Python may hold tensors, which gradients pass through.
    if symbol.static_type.dtype is STRING:
        return "holds_tensors" in symbol.node.extra
    dtype = symbol.static_type.dtype
    return bool(
        getattr(dtype, "is_floating_point", False) or getattr(dtype, "is_complex", False)
    )


def wanted_by(nodes: Sequence[Node]) -> tuple[frozenset[Symbol], frozenset[Node]]:
    """The symbols that gradients are taken by, and the gradient nodes that are differentiated."""
    taken = [n for n in nodes if n.op is GRADIENT]
    wanted: set[Symbol] = set()
    higher: set[Node] = set()
    for node in taken:
        count = node.attrs["ys"]
        wanted.update(node.inputs[count:count + node.attrs["xs"]])
        if len(taken) > 1:
            needed = ancestors([s.node for s in node.inputs[:count]])
            higher.update(n for n in with_bodies(needed) if n.op is GRADIENT)
    return frozenset(wanted), frozenset(higher)


def with_bodies(nodes: Iterable[Node]) -> Iterator[Node]:
    """Nodes, each followed by those of its branches or of the body of its loop."""
    for node in nodes:
        yield node
        for body in node.extra.get("bodies", ()):
            yield from with_bodies(body.nodes)


__all__ = ["GRADIENT", "connected", "gradients", "smooth", "wanted_by", "with_bodies"]
