"""checkpoint: memory for time. What a function computes on the way is not kept for the backward
pass, which computes it again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from pentad import ops
from pentad.graph.errors import AutogradError, message
from pentad.graph.node import Node
from pentad.tensor.autocast import autocast_to
from pentad.tensor.autograd import run_backward
from pentad.tensor.dispatch import surface
from pentad.tensor.function import attach, check_saved, python_node, renewed
from pentad.tensor.nodes import GradNode, Port, edge
from pentad.tensor.pytree import flatten, unflatten
from pentad.tensor.state import enable_grad, state
from pentad.tensor.tensor import Leaf, Tensor
from pentad.tensor.views import alias_view

_numbers = itertools.count(1)


def checkpoint(
    function: Callable[..., Any], *args: Any, use_reentrant: bool | None = None,
    preserve_rng_state: bool = True, **kwargs: Any,
) -> Any:
    """The result of a function; its backward pass runs the function again instead of keeping what
    it computed on the way (torch.utils.checkpoint.checkpoint, without reentrance).

    Gradients flow to tensors in the arguments and to those that the function found by itself, such
    as a module's parameters. Random operations give the same numbers again (preserve_rng_state).
    The function must compute the same the second time; use_reentrant is accepted for PyTorch's
    sake. In compiled functions the second computation is kept apart from the first.

    >>> import pentad as pt
    >>> x = pt.tensor([1.0, 2.0], requires_grad=True)
    >>> pt.checkpoint(lambda x: x.exp().sin(), x).sum().backward()
    >>> bool(pt.allclose(x.grad, (x.exp().cos() * x.exp()).detach()))
    True
    """
    leaves: list[Tensor] = []
    structure = flatten((args, kwargs), leaves)
    if not state.grad or state.anomaly:
        return function(*args, **kwargs)
    draws = Draws()
    call = _Call(function, structure, leaves, draws if preserve_rng_state else None)
    return call.first()


class Draws:
    """What random operations drew, to be drawn again."""

    def __init__(self) -> None:
        self.drawn: list[Any] = []
        self.again: int | None = None
        self.outer: Any = None

    def __enter__(self) -> Draws:
        self.outer, state.replay = state.replay, self
        return self

    def __exit__(self, *_: object) -> None:
        state.replay = self.outer

    def draw(self, generator: Any, count: Any) -> Any:
        """New numbers, noted; or those of the first time."""
        if self.again is not None:
            self.again += 1
            return self.drawn[self.again - 1]
        state.replay = self.outer
        try:
            drawn = generator.draw(count)
        finally:
            state.replay = self
        self.drawn.append(drawn)
        return drawn


class _Call:
    """One call of a checkpointed function."""

    def __init__(
        self, function: Callable[..., Any], structure: Any, leaves: Sequence[Tensor],
        draws: Draws | None,
    ) -> None:
        self.function = function
        self.structure = structure
        self.leaves = leaves
        self.draws = draws
        self.beyond: list[Any] = []
        self.autocast = state.autocast

    def _run(self, variables: Sequence[Tensor]) -> Any:
        each = iter(variables)
        args, kwargs = unflatten(self.structure, lambda: next(each))
        if self.draws is None:
            return self.function(*args, **kwargs)
        with self.draws:
            return self.function(*args, **kwargs)

    def first(self) -> Any:
        """Run the function, find what its gradient flows to, and forget the rest."""
        variables = [self._variable(t, False) for t in self.leaves]
        state.anomaly = True  # nodes made meanwhile know their lines
        try:
            result = self._run(variables)
        finally:
            state.anomaly = False
        outputs: list[Tensor] = []
        arranged = flatten(result, outputs)
        own = {v.node for v in variables if v.node is not None}
        self.beyond = _boundary([t.node for t in outputs if t.node is not None], own)
        parents = [*(t.node for t in self.leaves), *self.beyond]
        if all(p is None for p in parents):
            return result
        node = python_node("checkpoint", parents, outputs, self._gradients, self.leaves)
        fresh = []
        for i, t in enumerate(outputs):
            if t.node is not None:
                t = renewed(t)
                attach(node, i, t)
            fresh.append(t)
        each = iter(fresh)
        return unflatten(arranged, lambda: next(each))

    def _variable(self, t: Tensor, linked: bool) -> Tensor:
        """The argument for the function: a leaf, or (`linked`) an alias with its history."""
        if t.node is None:
            return t
        return alias_view(t) if linked else renewed(t).requires_grad_()

    def _gradients(self, node: GradNode, cotangents: Sequence[Any], wanted: Any) -> list[Any]:
        check_saved(node)
        create = state.grad
        inputs = self.leaves
        with enable_grad(), autocast_to(self.autocast):
            variables = [self._variable(t, create) for t in inputs]
            if state.trace is not None:
                number = next(_numbers)
                variables = [_apart(v, number) if v.dtype.is_inexact else v
                             for v in variables]
            if self.draws is not None:
                self.draws.again = 0
            outputs: list[Tensor] = []
            flatten(self._run(variables), outputs)
        if len(outputs) != len(cotangents):
            raise AutogradError(
                message("checkpoint: the function gave another number of results the second time",
                        expected=str(len(cotangents)), got=str(len(outputs)))
            )
        targets = [v.node for v in variables] + self.beyond
        roots = [
            (t.node, c) for t, c in zip(outputs, cotangents, strict=True)
            if c is not None and t.node is not None
        ]
        found = run_backward(
            roots, retain_graph=True, create_graph=create,
            targets=[t for t in targets if t is not None], stop=True,
        )
        return [None if t is None else found.get(edge(t)) for t in targets]


@surface
def _apart(x: Node, number: int) -> Node:
    """The value, computed from again."""
    return ops.fence(x, number)


def _boundary(starts: Sequence[Any], own: set[Any]) -> list[Any]:
    """The leaves and the nodes of before that gradients from `starts` flow to, but for `own`."""
    found: list[Any] = []
    seen: set[Any] = set()
    stack = list(starts)
    while stack:
        at = stack.pop()
        node = at.owner if type(at) is Port else at
        outside = type(node) is Leaf or node.line is None
        key = edge(at) if outside else node
        if key in seen or node in own:
            continue
        seen.add(key)
        if outside:
            found.append(at)
        else:
            stack += [p for p in node.parents if p is not None]
    _forget_lines(starts)
    return found


def _forget_lines(starts: Sequence[Any]) -> None:
    """What is made here is not part of a graph in which lines are kept."""
    stack = [edge(s)[0] for s in starts]
    while stack:
        node = stack.pop()
        if type(node) is not Leaf and node.line is not None:
            node.line = None
            stack += [edge(p)[0] for p in node.parents if p is not None]
