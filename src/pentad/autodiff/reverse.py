"""Reverse mode: the cotangents of a graph's inputs from those of its outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pentad import ops
from pentad.autodiff.control import control_pullback
from pentad.graph.errors import AutogradError, message
from pentad.graph.node import Graph, Node, input_node, topological
from pentad.ops.control import result_types


def pullback(
    outputs: Sequence[Node], cotangents: Sequence[Node | None], wrt: Sequence[Node]
) -> list[Node | None]:
    """Cotangents of `wrt` given those of `outputs`; None where no path leads to an output.

    Each node's rule is asked once, in reverse topological order, with the sum of the cotangents
    of its users; a control node's, with those of all its results. Only nodes that depend on `wrt`
    are visited.
    """
    order = list(topological(outputs))
    active = _depending_on(order, wrt)
    grads: dict[Node, Node] = {}
    for node, g in zip(outputs, cotangents, strict=True):
        if g is not None and node in active:
            _accumulate(grads, node, g)
    wanted = set(wrt)
    waiting: dict[Node, list[Node | None]] = {}
    for node in reversed(order):
        if node in waiting:
            found = control_pullback(node, waiting.pop(node), pullback)
            for operand, cotangent in zip(node.inputs, found, strict=True):
                if cotangent is not None and operand in active:
                    _accumulate(grads, operand, cotangent)
            continue
        if node not in grads or not any(i in active for i in node.inputs):
            continue
        g = grads[node] if node in wanted else grads.pop(node)
        if node.op.kind == "result":
            control, index = node.inputs[0], node.attrs["index"]
            slots = waiting.setdefault(control, [None] * len(result_types(control)))
            before = slots[index]
            slots[index] = g if before is None else ops.add(before, g)
            continue
        for operand, cotangent in zip(node.inputs, operand_cotangents(node, g), strict=True):
            if cotangent is not None and operand in active:
                _accumulate(grads, operand, cotangent)
    return [grads.get(n) for n in wrt]


def operand_cotangents(node: Node, g: Node) -> list[Node | None]:
    """The cotangents of a node's operands, from its op's rule (or its decomposition's)."""
    if node.op.vjp is not None:
        if any(n.dtype.is_complex for n in (node, *node.inputs)) and not _real_linear(node):
            found = node.op.vjp(ops.conjugate(g), node, *node.inputs, **node.attrs)
            return [None if c is None else ops.conjugate(c) for c in found]
        return list(node.op.vjp(g, node, *node.inputs, **node.attrs))
    if node.op.decompose is not None:
        opened = node.op.decompose(*node.inputs, **node.attrs)
        return pullback_within(opened, g, node.inputs)
    if node.op.nondifferentiable:
        return [None] * len(node.inputs)
    raise AutogradError(
        message(
            f"{node.op.name} has no gradient",
            expected="a differentiable operation on the path to the result",
            where=node.source,
            hint="detach the operand if no gradient should flow through it",
        )
    )


def _real_linear(node: Node) -> bool:
    """Are a node's cotangents those of PyTorch's convention as its rule gives them?

    That convention's gradient of a real loss L is dL/dRe + i dL/dIm: for a holomorphic y = f(x) it
    is g * conj(f'(x)), the conjugate of what the rule makes of conj(g).
    """
    return node.op.wirtinger or node.op.kind == "view"


def pullback_within(output: Node, g: Node, stops: Sequence[Node]) -> list[Node | None]:
    """Like `pullback`, treating `stops` as inputs: what lies under them is not visited."""
    placeholders = {s: input_node(f"stop{i}", s.shape, s.dtype) for i, s in enumerate(set(stops))}
    lowered = _substitute(output, placeholders)
    unique = list(placeholders)
    found = pullback([lowered], [g], [placeholders[s] for s in unique])
    back = {p: s for s, p in placeholders.items()}
    total = dict(zip(unique, (None if f is None else _substitute(f, back) for f in found)))
    taken: set[Node] = set()
    result: list[Node | None] = []
    for s in stops:
        result.append(None if s in taken else total[s])
        taken.add(s)
    return result


def vjp_graph(graph: Graph, wrt: Sequence[int]) -> Graph:
    """The graph (inputs..., cotangents of the outputs...) -> cotangents of inputs `wrt`.

    An input that no output depends on has a cotangent of zeros.
    """
    cotangents = [
        input_node(f"cotangent{i}", n.shape, n.dtype) for i, n in enumerate(graph.outputs)
    ]
    chosen = [graph.inputs[i] for i in wrt]
    found = pullback(graph.outputs, cotangents, chosen)
    grads = [
        ops.full(0, n.shape, n.dtype) if f is None else f
        for n, f in zip(chosen, found, strict=True)
    ]
    return Graph([*graph.inputs, *cotangents], grads)


def _depending_on(order: Sequence[Node], wrt: Sequence[Node]) -> set[Node]:
    active = {n for n in wrt if n.dtype.is_inexact}
    for node in order:
        if node not in active and any(i in active for i in node.inputs):
            active.add(node)
    return active


def _accumulate(grads: dict[Node, Node], node: Node, g: Node) -> None:
    grads[node] = ops.add(grads[node], g) if node in grads else g


def _substitute(output: Node, replacement: Mapping[Node, Node]) -> Node:
    new: dict[Node, Node] = dict(replacement)
    for node in _above(output, replacement):
        if node not in new:
            inputs = tuple(new.get(i, i) for i in node.inputs)
            changed = any(a is not b for a, b in zip(inputs, node.inputs, strict=True))
            new[node] = (
                Node(node.op, inputs, node.attrs, node.type, node.source) if changed else node
            )
    return new[output]


def _above(output: Node, stops: Mapping[Node, Node]) -> list[Node]:
    """The nodes under `output` down to `stops`, operands first."""
    order: list[Node] = []
    seen: set[Node] = set(stops)
    stack: list[tuple[Node, bool]] = [(output, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((i, False) for i in node.inputs)
    return order
