"""Complex values become pairs of real ones, for kernels see (re, im).

After this pass complex values are left only at a graph's ends and around host steps and control
nodes: inputs, of which nodes `real` and `imag` are taken (views of their memory), and nodes
`complex`, which are outputs or operands of such a node.
"""

from __future__ import annotations

from collections.abc import Iterable

from pentad.graph.errors import GraphError, message
from pentad.graph.node import Graph, Node, input_node, recording_source
from pentad.ops.complex import complex_, imag, real
from pentad.ops.complex_functions import PAIRS, Pair

Value = Pair | Node


def split_complex(graph: Graph) -> Graph:
    """The graph with pairs of real nodes in place of complex ones, by the rules of ops/pairs.py.

    GraphError for an op on complex values that has no rule, is no composite and no host step.
    """
    if not any(n.dtype.is_complex for n in graph.nodes):
        return graph
    values: dict[Node, Value] = {n: _parts(n) for n in graph.inputs}
    for node in graph.nodes:
        if node not in values:
            with recording_source(lambda line=node.source: line):  # type: ignore[misc]
                values[node] = _split(node, [values[i] for i in node.inputs])
    return Graph(graph.inputs, [_joined(values[n]) for n in graph.outputs])


def _parts(node: Node) -> Value:
    return Pair(real(node), imag(node)) if node.dtype.is_complex else node


def _joined(value: Value) -> Node:
    return complex_(*value) if isinstance(value, Pair) else value


def _split(node: Node, operands: list[Value]) -> Value:
    op = node.op
    if not (node.dtype.is_complex or any(isinstance(o, Pair) for o in operands)):
        same = all(a is b for a, b in zip(operands, node.inputs, strict=True))
        if same:
            return node
        return Node(op, operands, node.attrs, node.type, node.source)  # type: ignore[arg-type]
    rule = PAIRS.get(op.name)
    if rule is not None:
        made = rule(*operands, **node.attrs)
        return _parts(made) if isinstance(made, Node) else made
    if op.kind == "composite" and op.decompose is not None:
        return _opened(node, operands)
    if op.kind in ("host", "control", "result"):
        return _parts(Node(op, [*map(_joined, operands)], node.attrs, node.type, node.source))
    raise GraphError(
        message(
            f"{op.name} has no rule for complex numbers",
            expected="an op of ops/pairs.py, a composite or a host step",
            got=", ".join(str(i.type) for i in node.inputs),
            where=node.source,
        )
    )


def _opened(node: Node, operands: Iterable[Value]) -> Value:
    """A composite's decomposition, split in turn."""
    assert node.op.decompose is not None
    inputs = [input_node(f"x{i}", n.shape, n.dtype) for i, n in enumerate(node.inputs)]
    values: dict[Node, Value] = dict(zip(inputs, operands, strict=True))
    for inner in Graph(inputs, [output := node.op.decompose(*inputs, **node.attrs)]).nodes:
        if inner not in values:
            values[inner] = _split(inner, [values[i] for i in inner.inputs])
    return values[output]
