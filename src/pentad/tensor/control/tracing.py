"""Control flow into a trace: what the traced bodies (bodies.py) become, and their gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad import ops
from pentad.graph.errors import AutogradError, message
from pentad.graph.node import Graph, Node, input_node, substitute
from pentad.graph.op import TensorType
from pentad.tensor.control.bodies import U64, Body, metas_of, stream_key
from pentad.tensor.control.trees import (
    Tree,
    require_same,
    require_unchanged,
    tensors_of,
    tree_of,
    types_of,
)
from pentad.tensor.functions.random import default_generator
from pentad.tensor.nodes import record
from pentad.tensor.specialise import Specialised
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor


class _Refused:
    """The Plan of a loop without a gradient: `backward` raises the reason."""

    saved = hidden = places = ()

    def __init__(self, spec: Specialised, needs: tuple[bool, ...], reason: AutogradError) -> None:
        self.spec, self.needs, self.refusal = spec, needs, reason
        self.outputs = spec.graph.outputs
        self.visible = len(self.outputs)


def _emit(
    name: str, graph: Graph, operands: Sequence[Tensor], custom: bool = False
) -> list[Tensor]:
    """Add a graph with a control node to the trace. custom: a gradient was written by hand inside
    of it, of which the graph shows nothing."""
    spec = Specialised(name, graph, metas_of(operands), multiple=True)
    try:
        if custom and _requires(operands):
            raise _by_hand(name)
        return state.trace.run(spec, operands)  # type: ignore[no-any-return]
    except AutogradError as error:
        before, state.grad = state.grad, False
        try:
            results = state.trace.run(spec, operands)
        finally:
            state.grad = before
        needs = tuple(t.node is not None for t in operands)
        refused: Any = _Refused(spec, needs, error)
        record(refused, operands, results)
        return results  # type: ignore[no-any-return]


def _by_hand(name: str) -> AutogradError:
    return AutogradError(
        message(
            f"the gradient of {name}, whose body has a gradient written by hand",
            expected="a body of operations whose gradients are known",
            got="autograd.Function, custom_vjp or checkpoint inside of it",
            hint="put the rule around the whole loop",
        )
    )


def _requires(tensors: Sequence[Tensor]) -> bool:
    return state.grad and any(t.node is not None for t in tensors)


def traced(
    body: Callable[[], Body], function: Callable[..., Tree],
    trees: Sequence[tuple[Any, list[TensorType]]], smooth: bool,
    read: Callable[[Body, Tree], Any],
) -> tuple[Body, Any]:
    """(a body, what `read` makes of the function's result) for arguments of these structures and
    types; smooth: they require gradients.

    If it turns out that something captured does, and the body took a value for a constant that
    eager code might not have, it is traced again with arguments that do.
    """
    made = body()
    with made:
        args = [
            tree_of(s, [made.parameter(type, smooth) for type in types]) for s, types in trees
        ]
        found = read(made, function(*args))
    if made.severed and not smooth and _requires([t for t, _ in made.captured]):
        return traced(body, function, trees, True, read)
    return made, found


def _merged(bodies: Sequence[Body]) -> list[tuple[Tensor, Node]]:
    """What any of the bodies captured, once."""
    found: dict[int, tuple[Tensor, Node]] = {}
    for body in bodies:
        for t, node in body.captured:
            found.setdefault(id(t), (t, node))
    return list(found.values())


def _inputs(tensors: Sequence[Tensor]) -> list[Node]:
    return [input_node(f"x{i}", t.shape, t.dtype) for i, t in enumerate(tensors)]


class LoopTrace:
    """A loop on its way into the trace: carried values, sequences, and the body's results."""

    def __init__(
        self, name: str, carry: tuple[Any, list[Tensor]], xs: tuple[Any, list[Tensor]]
    ) -> None:
        self.name, self.carry, self.xs = name, carry, xs
        self.smooth = _requires([*carry[1], *xs[1]])

    def step(
        self, body: Callable[[], Body], function: Callable[[Tree, Tree], tuple[Tree, Tree]]
    ) -> tuple[Body, list[Node]]:
        """Trace a step; the nodes of the new carried values and of what is stacked."""
        each = [TensorType(t.shape[1:], t.dtype) for t in self.xs[1]]
        trees = [(self.carry[0], types_of(self.carry[1])), (self.xs[0], each)]

        def read(made: Body, found: tuple[Tree, Tree]) -> list[Node]:
            after = tensors_of(self.name, "what the body carries", found[0])
            require_unchanged(self.name, self.carry, after)
            self.ys, stacked = tensors_of(self.name, "the result of the body", found[1])
            return [made.value(t) for t in (*after[1], *stacked)]

        return traced(body, function, trees, self.smooth, read)

    def emit(
        self, body: Body, nodes: list[Node], length: Any, reverse: bool,
        ends: tuple[Body, Node] | None = None,
    ) -> tuple[Tree, Tree, Tensor]:
        """(carried values at last, what was stacked, number of steps)."""
        captured = _merged([body] if ends is None else [ends[0], body])
        inner = body.graph(nodes, captured)
        c, nx = len(self.carry[1]), len(self.xs[1])
        cond_graph = None if ends is None else ends[0].graph([ends[1]], captured)
        operands = [*self.carry[1], *self.xs[1], *(t for t, _ in captured)]
        inputs = _inputs(operands)
        carries = inputs[:c]
        if body.streams:
            # Where in its stream a step begins is one more carried value.
            after = ops.add(body.position, ops.full(body.drawn, (), U64))
            inner = Graph(
                [*inner.inputs[:c], body.position, *inner.inputs[c:]],
                [*inner.outputs[:c], after, *inner.outputs[c:]],
            )
            carries = [*carries, ops.full(0, (), U64)]
            if cond_graph is not None:
                unseen = input_node("position", (), U64)
                seen = [*cond_graph.inputs[:c], unseen, *cond_graph.inputs[c:]]
                cond_graph = Graph(seen, cond_graph.outputs)
        made = ops.loop(
            carries, inputs[c : c + nx], inputs[c + nx :], body=inner, cond=cond_graph,
            length=length, reverse=reverse,
        )
        if body.streams:
            del made[c]
        found = _emit(self.name, Graph(inputs, made), operands, body.custom)
        return tree_of(self.carry[0], found[:c]), tree_of(self.ys, found[c:-1]), found[-1]


def trace_cond(
    predicate: Tensor, operands: tuple[Any, list[Tensor]], functions: Sequence[Callable[..., Tree]]
) -> Tree:
    """The result of a branch: both functions are traced."""
    structure, leaves = operands
    trace = state.trace
    key = reserved_key(trace)
    bodies, results = [], []
    for function in functions:
        body, result = traced(
            lambda: Body(trace, "cond", key=key), lambda args, f=function: f(*args),
            [(structure, types_of(leaves))], _requires(leaves), _read_branch,
        )
        bodies.append(body)
        results.append(result)
    (shape, found, _), (other, others, _) = results
    require_same(
        "cond: the branches give different results", (shape, found), (other, others),
        "give both results the same structure, shapes and dtypes",
    )
    captured = _merged(bodies)
    zero = ops.full(0, (), U64)
    graphs = [
        _without_position(b, b.graph(nodes, captured), zero)
        for b, (_, _, nodes) in zip(bodies, results, strict=True)
    ]
    given = [predicate, *leaves, *(t for t, _ in captured)]
    inputs = _inputs(given)
    made = ops.cond(inputs[0], inputs[1:], *graphs)
    return tree_of(shape, _emit("cond", Graph(inputs, made), given, any(b.custom for b in bodies)))


def _read_branch(body: Body, result: Tree) -> tuple[Any, list[Tensor], list[Node]]:
    shape, found = tensors_of("cond", "the result", result)
    return shape, found, [body.value(t) for t in found]


def reserved_key(trace: Any) -> Tensor | None:
    """The key of a stream, for which one number of the stream outside is used up. Under vmap,
    where a random number may be an error, that is done when the first one is drawn."""
    around = trace
    while around is not None:
        if hasattr(around, "randomness"):
            return None
        around = around.outer
    return stream_key(*trace.draw(default_generator, 1))  # type: ignore[no-any-return]


def _without_position(body: Body, graph: Graph, zero: Node) -> Graph:
    """A branch begins at the start of its stream."""
    return Graph(graph.inputs, substitute(graph.outputs, {body.position: zero}))
