"""Batching: a graph for one example becomes a graph for many, Graph -> Graph (vmap).

A batched value has a leading axis for the examples. Each node becomes what its op's batch rule
says, or where there is none: an element-wise op is itself, a composite is opened, and any other op
is applied to one example after the other. Nodes on which no example depends stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pentad import ops
from pentad.autodiff.control_batching import batch_control
from pentad.graph.errors import CaptureError, GraphError, message
from pentad.graph.node import Graph, Node, apply, inline, input_node
from pentad.graph.sizes import Size
from pentad.ops.batching import all_batched, same

MOST_EXAMPLES = 4096
"""So many examples may an op without a rule be applied to, one after the other."""


class Batched(NamedTuple):
    """A graph for many examples, and which of its outputs have the leading axis."""

    graph: Graph
    outputs: tuple[bool, ...]


def batch_graph(graph: Graph, batched: Sequence[bool], n: Size) -> Batched:
    """The graph over `n` examples, where the inputs marked in `batched` have a leading axis."""
    if len(batched) != len(graph.inputs):
        what, expected = "batch_graph: one flag for each input", f"{len(graph.inputs)} flags"
        raise GraphError(message(what, expected=expected, got=str(len(batched))))
    inputs = [
        input_node(x.attrs["name"], (n, *x.shape) if b else x.shape, x.dtype)
        for x, b in zip(graph.inputs, batched, strict=True)
    ]
    new = dict(zip(graph.inputs, zip(inputs, batched, strict=True), strict=True))
    of_control: dict[Node, list[tuple[Node, bool]]] = {}
    for node in graph.nodes:
        if node in new:
            continue
        if node.op.kind == "result":
            new[node] = of_control[node.inputs[0]][node.attrs["index"]]
            continue
        pairs = [new[i] for i in node.inputs]
        if node.op.kind == "control":
            operands, flags = [p[0] for p in pairs], [p[1] for p in pairs]
            of_control[node] = batch_control(node, operands, flags, n, batch_graph)
            new[node] = node, False  # read by its results only
        else:
            new[node] = batch_node(node, [p[0] for p in pairs], [p[1] for p in pairs], n)
    outputs = [new[o] for o in graph.outputs]
    return Batched(Graph(inputs, [o for o, _ in outputs]), tuple(b for _, b in outputs))


def batch_node(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
) -> tuple[Node, bool]:
    """(what takes the node's place, does it have the leading axis?)."""
    if not any(batched):
        unchanged = all(a is b for a, b in zip(operands, node.inputs, strict=True))
        kept = Node(node.op, operands, node.attrs, node.type, node.source)
        return node if unchanged else kept, False
    made = node.op.batch(node, operands, batched, n) if node.op.batch is not None else None
    if made is None:
        made = _derived(node, operands, batched, n)
    if made.shape != (n, *node.shape) or made.dtype is not node.dtype:
        raise GraphError(
            message(
                f"the batch rule of {node.op.name} gives another type",
                expected=f"{node.dtype.name}[{n}] and then {list(node.shape)}",
                got=str(made.type),
                where=node.source,
            )
        )
    return _at_line(made, node.source, operands), True


def _derived(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
) -> Node:
    if node.op.kind == "elementwise":
        return same(node, operands, batched, n)
    if node.op.decompose is not None:
        stops = [input_node(f"x{i}", x.shape, x.dtype) for i, x in enumerate(node.inputs)]
        opened = Graph(stops, [node.op.decompose(*stops, **node.attrs)])
        made, flags = batch_graph(opened, batched, n)
        [value] = inline(made, operands)
        return value if flags[0] else all_batched([value], [False], n)[0]
    return one_by_one(node, operands, batched, n)


def one_by_one(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
) -> Node:
    """The op on each example, the results joined: right for every op, if not fast."""
    if not isinstance(n, int) or n > MOST_EXAMPLES:
        raise CaptureError(
            message(
                f"vmap: {node.op.name} has no batch rule",
                expected=f"a number of examples known while tracing, at most {MOST_EXAMPLES}",
                got=str(n),
                where=node.source,
                hint="use chunk_size, or a loop over the examples",
            )
        )
    if n == 0:
        return ops.full(0, (0, *node.shape), node.dtype)
    parts = []
    for i in range(n):
        given = [_example(x, i) if b else x for x, b in zip(operands, batched, strict=True)]
        part = apply(node.op, *given, **node.attrs)
        parts.append(ops.reshape(part, (1, *part.shape)))
    return ops.concatenate(parts, 0)


def _example(x: Node, i: int) -> Node:
    start, limit = [0] * x.ndim, list(x.shape)
    start[0], limit[0] = i, i + 1
    return ops.reshape(ops.slice_(x, start, limit), x.shape[1:])


def _at_line(made: Node, line: str | None, operands: Sequence[Node]) -> Node:
    """The new nodes know the line of the one that they replace."""
    if line is not None:
        stack, seen = [made], set(operands)
        while stack:
            node = stack.pop()
            if node not in seen and node.source is None:
                seen.add(node)
                node.source = line
                stack.extend(node.inputs)
    return made
