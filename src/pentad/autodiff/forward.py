"""Forward mode: the tangents of a graph's outputs from those of its inputs."""

from __future__ import annotations

from collections.abc import Sequence

from pentad import ops
from pentad.autodiff.control import control_pushforward
from pentad.autodiff.reverse import pullback
from pentad.graph.errors import AutogradError, message
from pentad.graph.node import Graph, Node, apply, input_node, topological


def pushforward(
    outputs: Sequence[Node], inputs: Sequence[Node], tangents: Sequence[Node]
) -> list[Node | None]:
    """Tangents of `outputs` given those of `inputs`; None where nothing depends on them."""
    known: dict[Node, Node] = dict(zip(inputs, tangents, strict=True))
    of_control: dict[Node, list[Node | None]] = {}
    for node in topological(outputs):
        if node in known:
            continue
        if node.op.kind == "result":
            found = of_control.get(node.inputs[0])
            if found is not None and (t := found[node.attrs["index"]]) is not None:
                known[node] = t
            continue
        operands = [known.get(i) for i in node.inputs]
        if any(t is not None for t in operands):
            if node.op.kind == "control":
                of_control[node] = control_pushforward(node, operands, pushforward)
                continue
            tangent = tangent_of(node, operands)
            if tangent is not None:
                known[node] = tangent
    return [known.get(n) for n in outputs]


def tangent_of(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    """The tangent of a node from those of its operands: the op's rule, or one derived.

    Derived rules: an op that is linear in each of some operands (a view, a matrix product) is
    applied to their tangents; an element-wise op has a diagonal Jacobian, so that its
    reverse-mode rule serves forward too; a composite is opened; a host step's reverse-mode rule
    is transposed.
    """
    op = node.op
    if op.jvp is not None:
        return op.jvp(tuple(tangents), node, *node.inputs, **node.attrs)
    if op.linear:
        return _linear(node, tangents)
    if op.kind == "elementwise" and op.vjp is not None:
        parts = (
            list(op.vjp(t, node, *node.inputs, **node.attrs))[i]
            for i, t in enumerate(tangents)
            if t is not None
        )
        return _total(parts)
    if op.decompose is not None:
        return _opened(node, tangents)
    if op.kind == "host" and op.vjp is not None:
        return _transposed(node, tangents)
    if op.nondifferentiable:
        return None
    raise AutogradError(message(f"{op.name} has no forward-mode rule", where=node.source))


def _opened(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    assert node.op.decompose is not None
    inputs = [input_node(f"x{i}", n.shape, n.dtype) for i, n in enumerate(node.inputs)]
    moving = [
        (x, input_node(f"t{i}", x.shape, x.dtype), t)
        for i, (x, t) in enumerate(zip(inputs, tangents, strict=True))
        if t is not None
    ]
    opened = node.op.decompose(*inputs, **node.attrs)
    [tangent] = pushforward([opened], [m[0] for m in moving], [m[1] for m in moving])
    if tangent is None:
        return None
    graph = Graph([*inputs, *(m[1] for m in moving)], [tangent])
    from pentad.graph.node import inline

    return inline(graph, [*node.inputs, *(m[2] for m in moving)])[0]


def _linear(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    parts = []
    for i in node.op.linear:
        t = tangents[i]
        if t is not None:
            operands = [*node.inputs[:i], t, *node.inputs[i + 1 :]]
            parts.append(apply(node.op, *operands, **node.attrs))
    return _total(parts)


def _transposed(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    """J t from the rule for J^T g, which is linear in g: its own cotangent at t is J t."""
    assert node.op.vjp is not None
    g = input_node("g", node.shape, node.dtype)
    rule = list(node.op.vjp(g, node, *node.inputs, **node.attrs))
    pairs = [(c, t) for c, t in zip(rule, tangents, strict=True) if c is not None and t is not None]
    return pullback([c for c, _ in pairs], [t for _, t in pairs], [g])[0] if pairs else None


def _total(parts: object) -> Node | None:
    total: Node | None = None
    for part in parts:  # type: ignore[attr-defined]
        if part is not None:
            total = part if total is None else ops.add(total, part)
    return total


def jvp_graph(graph: Graph, wrt: Sequence[int]) -> Graph:
    """The graph (inputs..., tangents of inputs `wrt`...) -> (outputs..., their tangents...)."""
    chosen = [graph.inputs[i] for i in wrt]
    tangents = [input_node(f"tangent{i}", n.shape, n.dtype) for i, n in enumerate(chosen)]
    found = pushforward(graph.outputs, chosen, tangents)
    filled = [
        ops.full(0, n.shape, n.dtype) if t is None else t
        for n, t in zip(graph.outputs, found, strict=True)
    ]
    return Graph([*graph.inputs, *tangents], [*graph.outputs, *filled])
