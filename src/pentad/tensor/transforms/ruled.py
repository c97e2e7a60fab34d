"""An operation whose gradient is a graph of its own, not the one that its forward graph implies.

So it is where a function under vmap has rules of its own inside (autograd.Function, custom_vjp):
the gradient was traced beside the values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pentad import ops
from pentad.autodiff.reverse import pullback
from pentad.graph.node import Graph, Node, input_node, topological
from pentad.tensor.meta import Meta
from pentad.tensor.specialise import Plan, Specialised


class Ruled(Specialised):
    """A Specialised with the gradient of its operands given.

    cotangents: an input node for each output, None where no gradient comes from; gradients: for
    each operand a node made of these and of the graph's nodes, or None.
    """

    __slots__ = ("cotangents", "gradients")

    def __init__(
        self, name: str, graph: Graph, metas: Sequence[Meta], cotangents: Sequence[Node | None],
        gradients: Sequence[Node | None],
    ) -> None:
        super().__init__(name, graph, metas, multiple=True)
        self.cotangents = tuple(cotangents)
        self.gradients = tuple(gradients)

    def plan(self, needs: tuple[bool, ...]) -> Plan:
        """The Plan for recording."""
        found = self.plans.get(needs)
        if found is None:
            found = self.plans[needs] = RuledPlan(self, needs)
        return found


class RuledPlan(Plan):
    """A Plan that takes the gradient from its Ruled; of hidden values, from the forward graph."""

    __slots__ = ()

    def _pull(
        self, outputs: Sequence[Node], given: Sequence[bool]
    ) -> tuple[list[Node], list[Node | None]]:
        spec = self.spec
        assert isinstance(spec, Ruled)
        arrived = [
            input_node(f"g{i}", n.shape, n.dtype) if has and n.dtype.is_inexact else None
            for i, (n, has) in enumerate(zip(outputs, given, strict=True))
        ]
        values = {
            c: ops.full(0, c.shape, c.dtype) if g is None else g
            for c, g in zip(spec.cotangents, arrived, strict=False)
            if c is not None
        }
        visible = len(spec.cotangents)
        asked = [g if n else None for g, n in zip(spec.gradients, self.needs, strict=True)]
        ruled = iter(substituted([g for g in asked if g is not None], values))
        implied = pullback(outputs[visible:], arrived[visible:], spec.graph.inputs)
        totals: list[Node | None] = []
        for g, other, need in zip(asked, implied, self.needs, strict=True):
            total = None if g is None else next(ruled)
            if need and other is not None:
                total = other if total is None else ops.add(total, other)
            totals.append(total)
        return [a for a in arrived if a is not None], totals


def substituted(outputs: Sequence[Node], values: Mapping[Node, Node]) -> list[Node]:
    """The outputs with nodes replaced; what does not depend on these stays the same node."""
    new: dict[Node, Node] = dict(values)
    for node in topological(outputs):
        if node not in new:
            inputs = tuple(new[i] for i in node.inputs)
            changed = any(a is not b for a, b in zip(inputs, node.inputs, strict=True))
            new[node] = (
                Node(node.op, inputs, node.attrs, node.type, node.source) if changed else node
            )
    return [new[o] for o in outputs]
