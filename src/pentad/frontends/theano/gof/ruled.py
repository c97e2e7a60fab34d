"""Operations whose gradients are expressions that the program wrote.

The expressions are built once for each node, and replayed on the tensors of the backward pass: so
that they are differentiated in their turn where a gradient of the gradient is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.disconnected import Missing, NullType
from pentad.frontends.theano.gof.graph import Apply, Constant, Variable


class Rule(NamedTuple):
    """The expressions of a gradient: what they are computed of, and for which inputs there are."""

    feeds: list[Any]
    places: list[int]
    results: list[Any]
    nodes: list[static.Node]
    wanted: frozenset[Any]
    higher: frozenset[Any]


class Ruled(static.Op):
    """An operation with `compute`, its values, and `slopes`, expressions of its gradients."""

    def compute(self, replay: Any, node: static.Node, tensors: Sequence[Any]) -> tuple[Any, ...]:
        """The results for tensors, of which no gradient is kept."""
        raise NotImplementedError

    def slopes(
        self, node: static.Node, inputs: list[Any], outputs: list[Any], weights: list[Any]
    ) -> list[Any]:
        """For each input an expression of the weights of the outputs, or a type that says why
        there is none."""
        raise NotImplementedError

    def evaluate(self, replay: Any, node: static.Node, inputs: Sequence[Any]) -> Any:
        """The results; their gradient is that of the expressions."""
        tensors = [replay.tensor(v) for v in inputs]
        if not any(isinstance(t, pt.Tensor) and t.requires_grad for t in tensors):
            return self.compute(replay, node, tensors)
        if any(s.static_type.dtype is static.STRING for s in (*node.inputs, *node.outputs)):
            raise pt.AutogradError(
                static.message(f"the gradient of {node.op.name}, which takes or gives objects that "
                               "are no tensors", got=f"a gradient through it ({node.line})",
                               hint="give gradients to an operation of tensors only")
            )
        return _differentiable(self, replay, node).apply(*tensors)

    def expressions(self, node: static.Node) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        """Variables for inputs, outputs and weights, and what `slopes` gives for them."""
        found = node.extra.get("expressions")
        if found is None:
            inputs = [v if isinstance(v, Constant) else v.type() for v in node.inputs]
            outputs, weights = ([v.type() for v in node.outputs] for _ in range(2))
            slopes = self.slopes(node, inputs, outputs, weights)
            found = node.extra["expressions"] = inputs, outputs, weights, slopes
        return found  # type: ignore[no-any-return]

    def undefined(self, node: static.Node) -> list[tuple[Any, str]]:
        """The inputs by which there is no gradient that means anything, and why."""
        return [
            (v, g.type.why_null) for v, g in zip(node.inputs, self.expressions(node)[3])
            if isinstance(g, Missing) and isinstance(g.type, NullType)
        ]

    def reached(self, node: static.Node, outputs: set[int], within: Any) -> Iterable[int]:
        """The inputs that results depend on, as `connection_pattern` of the operation says."""
        pattern = getattr(getattr(self, "shown", None), "connection_pattern", None)
        rows = [] if pattern is None else pattern(Apply.of(node))
        return [i for i in range(len(node.inputs))
                if i >= len(rows) or any(rows[i][o] for o in outputs)]

    def rule(self, node: static.Node) -> Rule:
        """The expressions of a node."""
        found = node.extra.get("slopes")
        if found is None:
            found = node.extra["slopes"] = _built(self, node)
        return found  # type: ignore[no-any-return]


def _differentiable(op: Ruled, replay: Any, node: static.Node) -> Any:
    """The operation for autograd."""

    class Computed(pt.autograd.Function):
        """One application."""

        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            """The values."""
            made = tuple(op.compute(replay, node, tensors))
            ctx.save_for_backward(*tensors, *made)
            return made

        @staticmethod
        def backward(ctx: Any, *weights: Any) -> Any:
            """The gradients by the inputs."""
            rule, count = op.rule(node), len(node.inputs)
            inner = replay.inner()
            inner.wanted, inner.higher = inner.wanted | rule.wanted, inner.higher | rule.higher
            given = [*ctx.saved_tensors, *weights]
            # Expressions that are gradients themselves need a record of what they differentiate.
            with pt.set_grad_enabled(pt.is_grad_enabled() or bool(rule.wanted)):
                for symbol, value in zip(rule.feeds, given, strict=True):
                    if symbol is not None:
                        inner.give(symbol, value.to(symbol.static_type.dtype))
                inner.run([n for n in rule.nodes if not replay.has(n)])
            found: list[Any] = [None] * count
            for place, symbol in zip(rule.places, rule.results):
                value = inner.tensor(inner.value(symbol))
                found[place] = value.to(given[place].dtype).broadcast_to(given[place].shape)
            return tuple(found)

    return Computed


def _built(op: Ruled, node: static.Node) -> Rule:
    inputs, outputs, weights, found = op.expressions(node)
    places = [
        i for i, g in enumerate(found) if isinstance(g, Variable) and not isinstance(g, Missing)
    ]
    feeds = [None if isinstance(v, Constant) else v for v in inputs] + outputs + weights
    given = {v.node for v in feeds if v is not None}
    results = [found[i] for i in places]
    nodes = static.ancestors([v.node for v in results], lambda n: n in given)
    return Rule(feeds, places, results, nodes, *static.wanted_by(list(static.with_bodies(nodes))))


__all__ = ["Rule", "Ruled"]
