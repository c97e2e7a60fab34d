"""Node: one immutable, typed application of an op. Graph: nodes between inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pentad.graph.dtypes import DType
from pentad.graph.errors import GraphError, ShapeError, message
from pentad.graph.op import Op, TensorType, register
from pentad.graph.sizes import Size, evaluate, symbols_of

OPERATORS: dict[str, Callable[..., Node]] = {}
"""Filled by `pentad.ops`: what `+`, `*`, `-x` ... of nodes mean (equal types, no promotion)."""


class Node:
    """An op applied to nodes; compared by identity.

    `source` is the user's `file:line` when the node was traced.
    """

    __slots__ = ("__weakref__", "attrs", "inputs", "op", "source", "type")

    op: Op
    inputs: tuple[Node, ...]
    attrs: Mapping[str, Any]
    type: TensorType
    source: str | None

    def __init__(
        self,
        op: Op,
        inputs: Sequence[Node],
        attrs: Mapping[str, Any],
        type: TensorType,
        source: str | None = None,
    ) -> None:
        self.op = op
        self.inputs = tuple(inputs)
        self.attrs = attrs
        self.type = type
        self.source = source

    @property
    def shape(self) -> tuple[Size, ...]:
        return self.type.shape

    @property
    def dtype(self) -> DType:
        return self.type.dtype

    @property
    def ndim(self) -> int:
        return len(self.type.shape)

    def __repr__(self) -> str:
        return f"<{self.op.name}: {self.type}>"

    def __add__(self, other: Node | float) -> Node:
        return OPERATORS["add"](self, other)

    def __radd__(self, other: float) -> Node:
        return OPERATORS["add"](other, self)

    def __sub__(self, other: Node | float) -> Node:
        return OPERATORS["sub"](self, other)

    def __rsub__(self, other: float) -> Node:
        return OPERATORS["sub"](other, self)

    def __mul__(self, other: Node | float) -> Node:
        return OPERATORS["mul"](self, other)

    def __rmul__(self, other: float) -> Node:
        return OPERATORS["mul"](other, self)

    def __truediv__(self, other: Node | float) -> Node:
        return OPERATORS["div"](self, other)

    def __rtruediv__(self, other: float) -> Node:
        return OPERATORS["div"](other, self)

    def __neg__(self) -> Node:
        return OPERATORS["neg"](self)


_SOURCE: list[Callable[[], str | None]] = []


def apply(op: Op, *inputs: Node, **attrs: Any) -> Node:
    """Apply an op: infer its type and make the node. Raises what the op's shape rule raises."""
    type = op.infer(*(n.type for n in inputs), **attrs)
    return Node(op, inputs, attrs, type, _SOURCE[-1]() if _SOURCE else None)


class recording_source:
    """While active, new nodes carry what `line()` says (the tracer passes `lines.user_line`)."""

    def __init__(self, line: Callable[[], str | None]) -> None:
        self._line = line

    def __enter__(self) -> None:
        _SOURCE.append(self._line)

    def __exit__(self, *_: object) -> None:
        _SOURCE.pop()


def _infer_input(*, name: str, shape: tuple[Size, ...], dtype: DType) -> TensorType:
    return TensorType(shape, dtype)


INPUT = register(
    Op(
        name="input",
        doc="A value given from outside.",
        kind="source",
        infer=_infer_input,
        nondifferentiable="an input has no operands",
    )
)


def input_node(name: str, shape: Sequence[Size], dtype: DType) -> Node:
    """An input of a graph."""
    return apply(INPUT, name=name, shape=tuple(shape), dtype=dtype)


class Graph:
    """A function of its `inputs` (input nodes, in order) with its `outputs` (any nodes)."""

    __slots__ = ("_nodes", "inputs", "outputs")

    def __init__(self, inputs: Sequence[Node], outputs: Sequence[Node]) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self._nodes: tuple[Node, ...] | None = None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every node that the outputs need, operands before users; unused inputs come first."""
        if self._nodes is None:
            self._nodes = tuple(topological(self.outputs, self.inputs))
        return self._nodes

    def symbols(self) -> set[str]:
        """The names of the symbolic sizes in the inputs' shapes."""
        return {s for n in self.inputs for d in n.shape for s in symbols_of(d)}

    def __str__(self) -> str:
        from pentad.graph.text import print_graph

        return print_graph(self)

    def __repr__(self) -> str:
        return f"<Graph: {len(self.inputs)} inputs, {len(self.outputs)} outputs>"


def topological(outputs: Iterable[Node], first: Iterable[Node] = ()) -> Iterator[Node]:
    """The nodes under `outputs`, operands first, without recursion; `first` come before all."""
    done: set[Node] = set()
    for n in first:
        if n not in done:
            done.add(n)
            yield n
    for root in outputs:
        stack: list[tuple[Node, int]] = [(root, 0)]
        while stack:
            node, at = stack.pop()
            if node in done:
                continue
            if at == len(node.inputs):
                done.add(node)
                yield node
                continue
            stack.append((node, at + 1))
            if node.inputs[at] not in done:
                stack.append((node.inputs[at], 0))


def rebuild(
    graph: Graph, replace: Callable[[Node, tuple[Node, ...]], Node | None]
) -> Graph:
    """Walk a graph from inputs to outputs and put nodes in place of nodes.

    `replace(node, new_inputs)` gives the node that takes its place, or None to keep it (with its
    new inputs). Input nodes stay.
    """
    new: dict[Node, Node] = {n: n for n in graph.inputs}
    for node in graph.nodes:
        if node in new:
            continue
        inputs = tuple(new[i] for i in node.inputs)
        made = replace(node, inputs)
        if made is None:
            same = all(a is b for a, b in zip(inputs, node.inputs, strict=True))
            made = node if same else Node(node.op, inputs, node.attrs, node.type, node.source)
        new[node] = made
    return Graph(graph.inputs, [new[n] for n in graph.outputs])


def inline(graph: Graph, arguments: Sequence[Node]) -> list[Node]:
    """The outputs of `graph` with its inputs replaced by `arguments` (the same types)."""
    if len(arguments) != len(graph.inputs):
        expected, got = f"{len(graph.inputs)} arguments", str(len(arguments))
        raise GraphError(message("inline: wrong number of arguments", expected=expected, got=got))
    new: dict[Node, Node] = dict(zip(graph.inputs, arguments, strict=True))
    for node in graph.nodes:
        if node not in new:
            inputs = [new[i] for i in node.inputs]
            new[node] = Node(node.op, inputs, node.attrs, node.type, node.source)
    return [new[n] for n in graph.outputs]


def substitute(outputs: Sequence[Node], replacement: Mapping[Node, Node]) -> list[Node]:
    """The outputs with nodes in place of nodes; what lies under a replaced node is not visited."""
    new: dict[Node, Node] = dict(replacement)
    stack: list[tuple[Node, bool]] = [(n, False) for n in reversed(outputs)]
    while stack:
        node, ready = stack.pop()
        if node in new:
            continue
        if ready or not node.inputs:
            inputs = tuple(new[i] for i in node.inputs)
            same = all(a is b for a, b in zip(inputs, node.inputs, strict=True))
            new[node] = node if same else Node(
                node.op, inputs, node.attrs, node.type, node.source
            )
        else:
            stack.append((node, True))
            stack.extend((i, False) for i in node.inputs)
    return [new[n] for n in outputs]


def subgraphs(node: Node) -> dict[str, Graph]:
    """The sub-graphs of a control node by the names of the attributes; none for other nodes."""
    return {k: v for k, v in node.attrs.items() if isinstance(v, Graph)}


def map_subgraphs(graph: Graph, change: Callable[[Graph], Graph]) -> Graph:
    """The graph with `change(sub-graph)` in place of each sub-graph of its control nodes."""

    def changed(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        found = subgraphs(node)
        if not found:
            return None
        attrs = {**node.attrs, **{k: change(g) for k, g in found.items()}}
        return Node(node.op, inputs, attrs, node.type, node.source)

    if not any(n.op.kind == "control" for n in graph.nodes):
        return graph
    return rebuild(graph, changed)


def bind_sizes(graph: Graph, sizes: Mapping[str, int]) -> Graph:
    """The graph with numbers in place of its symbolic sizes."""
    new: dict[Node, Node] = {}  # of sub-graphs too, some of which share nodes

    def number(value: Any) -> Any:
        if isinstance(value, Graph):
            return bound(value)
        if isinstance(value, tuple):
            return tuple(number(v) for v in value)
        return evaluate(value, sizes) if not isinstance(value, (int, float, str)) and hasattr(
            value, "terms"
        ) else value

    def bound(graph: Graph) -> Graph:
        for node in graph.nodes:
            if node not in new:
                type = TensorType(number(node.shape), node.dtype)
                attrs = {k: number(v) for k, v in node.attrs.items()}
                inputs = tuple(new[i] for i in node.inputs)
                new[node] = Node(node.op, inputs, attrs, type, node.source)
        return Graph([new[n] for n in graph.inputs], [new[n] for n in graph.outputs])

    made = bound(graph)
    if any(not isinstance(d, int) for n in new.values() for d in n.shape):
        raise ShapeError(message("bind_sizes: a symbolic size has no value"))
    return made
