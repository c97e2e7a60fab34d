"""Batch rules: what an op becomes when some of its operands have a leading batch axis.

A rule is `rule(node, operands, batched, n)`: `operands[i]` has an axis 0 of size `n` in front where
`batched[i]`; the result has one. None says that the rule does not cover the case. Ops without a
rule have one derived (autodiff/batching.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad.graph.node import Node, apply
from pentad.graph.op import by_name
from pentad.graph.sizes import Size

Rule = Callable[[Node, Sequence[Node], Sequence[bool], Size], "Node | None"]


def repeated(x: Node, n: Size) -> Node:
    """`x` once for each example."""
    dims = tuple(range(1, x.ndim + 1))
    return apply(by_name("broadcast"), x, shape=(n, *x.shape), dims=dims)


def all_batched(operands: Sequence[Node], batched: Sequence[bool], n: Size) -> list[Node]:
    """The operands, all with a batch axis."""
    return [x if b else repeated(x, n) for x, b in zip(operands, batched, strict=True)]


def moved(x: Node, source: int, target: int) -> Node:
    """`x` with axis `source` at place `target`."""
    if source == target:
        return x
    order = [i for i in range(x.ndim) if i != source]
    order.insert(target, source)
    return apply(by_name("transpose"), x, axes=tuple(order))


def same(node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size) -> Node:
    """The op itself on operands that all have the axis: what treats leading axes alike."""
    return apply(node.op, *all_batched(operands, batched, n), **node.attrs)


def later_axes(*names: str, shared: bool = False) -> Rule:
    """The op with the axes in the attributes `names` one place later; the batch axis is one more
    axis that it leaves alone. shared: operands after the first may stay without the axis, and the
    rule covers only that."""

    def rule(
        node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
    ) -> Node | None:
        ndim = node.inputs[0].ndim

        def later(value: Any) -> Any:
            return tuple(map(later, value)) if isinstance(value, tuple) else value % ndim + 1

        if shared and (not batched[0] or any(batched[1:])):
            return None
        given = list(operands) if shared else all_batched(operands, batched, n)
        attrs = {k: later(v) if k in names else v for k, v in node.attrs.items()}
        return apply(node.op, *given, **attrs)

    return rule


BATCH = object()
"""Stands for the number of examples among the entries that `one_more_axis` puts in front."""


def one_more_axis(**first: Any) -> Rule:
    """The op with one more entry, for the batch axis, at the front of attributes that have one for
    each axis."""

    def rule(
        node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
    ) -> Node | None:
        front = {k: n if v is BATCH else v for k, v in first.items()}
        attrs = {k: (front[k], *v) if k in front else v for k, v in node.attrs.items()}
        return apply(node.op, *all_batched(operands, batched, n), **attrs)

    return rule
