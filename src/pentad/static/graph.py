"""What define-and-run programs are made of: ops, nodes, symbols, graphs.

A `Node` is one application of an `Op`; a `Symbol` is one of its results, a value that will be known
when the graph is run. Nodes are kept in the order in which they were made, with the line of the
program that made them. Nothing is computed here but types (probing.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pentad.graph.errors import GraphError, message
from pentad.graph.lines import user_line
from pentad.static.values import Type, Unknown
from pentad.tensor.misfit import guarded

if TYPE_CHECKING:
    from pentad.static.replay import Replay


Reach = Callable[[Sequence["Symbol"], Sequence["Symbol"]], "set[Symbol]"]
"""Of results and symbols: which of the latter the results depend on."""


def _unrunnable(*values: Any, **attrs: Any) -> Any:
    raise GraphError(message("an op without a rule was run"))


class Op:
    """An operation on values.

    run: values and attributes (as keywords) to a value, or a tuple of them; written in Pentad's
    functions of tensors. known: the same for NumPy arrays whose elements may be symbolic sizes;
    it keeps sizes and what is computed of them out of the native code. sizes: the positions of
    inputs that must be known while tracing, and come as NumPy arrays. infer: types of the results
    where sizes are unknown and `run` cannot tell. host: `run` takes and gives NumPy arrays, and
    runs outside of native code. from_type: it reads only the shape of its inputs, and gives it as a
    known array. dynamic: the sizes of its results depend on values, so that a
    graph with it runs without being compiled. effect: it does something besides its results.
    linear: `add`, `sub`, `mul`, `neg` or `same` if it does that with whole numbers (windows.py).
    clips: a result may be as long as a number says, but not where an input is shorter.
    backward: for an op of the host, a function of the node, the inputs and the gradients of the
    results (tensors) that gives the gradients of the inputs, None for zeros; without it an op of
    the host has none.
    watches: an op of the host that gives its first input, or nothing, and only looks at values.
    """

    gives_sizes = True
    """May whole numbers that it gives on the host be sizes? Not if they are drawn at random."""

    def __init__(
        self, name: str, run: Callable[..., Any] = _unrunnable, *,
        known: Callable[..., Any] | None = None, sizes: Sequence[int] = (),
        infer: Callable[..., Any] | None = None, host: bool = False, from_type: bool = False,
        dynamic: bool = False, effect: bool = False, differentiable: bool = True,
        linear: str | None = None, clips: bool = False,
        backward: Callable[..., Any] | None = None, watches: bool = False,
    ) -> None:
        self.name, self.run, self.known, self.infer = name, run, known, infer
        self.sizes = frozenset(sizes)
        self.host, self.from_type, self.dynamic, self.effect = host, from_type, dynamic, effect
        self.differentiable = differentiable and (not host or backward is not None)
        self.linear, self.clips, self.backward = linear, clips, backward
        self.watches = watches

    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        """The results for inputs of a replay."""
        if self.from_type:
            shapes = [v.shape for v in inputs]
            return replay.knowing(self.run(*shapes, **node.attrs), node)
        if self.host:
            return replay.on_host(node, inputs)
        if self.known is not None and replay.all_known(inputs):
            return replay.knowing(self.known(*[v.array for v in inputs], **node.attrs), node)
        return self.run(*replay.operands(node, inputs), **node.attrs)

    def states(self, node: Node) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        """The variables that a node reads, and those that it writes."""
        return (), ()

    def reached(self, node: Node, outputs: set[int], within: Reach) -> Iterable[int]:
        """The positions of the inputs that some of the outputs depend on; `within` tells the same
        of the symbols of a body."""
        return range(len(node.inputs))

    def __repr__(self) -> str:
        return f"<op {self.name}>"


class Symbol:
    """A value that will be known when the graph runs: result `index` of a node."""

    __hash__ = object.__hash__

    def __init__(self, node: Node, index: int, probes: tuple[Any, ...], dtype: Any) -> None:
        self.node, self.index, self.probes = node, index, probes
        self.static_type = Type(dtype, Type.common(probes))

    @property
    def graph(self) -> Graph:
        """The graph that it belongs to."""
        return self.node.graph

    def refine(self, shape: tuple[int | None, ...] | None) -> None:
        """Add what is known of the shape; ShapeError if it contradicts what was known."""
        self.static_type = self.static_type.refined(shape, self)
        self.probes = Unknown.probes(self.static_type, self.probes)

    def __repr__(self) -> str:
        return f"<symbol {self.node.name}:{self.index} {self.static_type}>"


class Node:
    """One application of an op to symbols."""

    __slots__ = (
        "__weakref__", "attrs", "body", "control", "extra", "graph", "inputs", "line", "name", "op",
        "outputs", "place",
    )

    def __init__(
        self, graph: Graph, op: Op, inputs: Sequence[Symbol], attrs: dict[str, Any], name: str
    ) -> None:
        self.graph, self.op, self.inputs, self.attrs = graph, op, tuple(inputs), attrs
        self.name = name
        self.control: tuple[Node, ...] = ()
        self.body = graph.body
        self.line = user_line()
        self.outputs: tuple[Symbol, ...] = ()
        self.extra: dict[str, Any] = {}
        self.place = graph.made

    def __repr__(self) -> str:
        return f"<node {self.name} {self.op.name}>"


class Body:
    """The nodes made within a branch or the body of a loop: they run when it does."""

    def __init__(self, outer: Body | None) -> None:
        self.outer = outer

    def holds(self, node: Node) -> bool:
        """Was the node made within this body, or within one inside it?"""
        body = node.body
        while body is not None and body is not self:
            body = body.outer
        return body is self


class Graph:
    """Nodes in the order in which they were made, and their names."""

    symbol_type: type[Symbol] = Symbol
    node_type: type[Node] = Node

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.by_name: dict[str, Node] = {}
        self.made = 0
        self._counts: dict[str, int] = {}
        self.body: Body | None = None
        self.finalized = False
        self.lock = threading.RLock()

    def unique_name(self, name: str) -> str:
        """The name, or with `_1`, `_2`, ... behind it if it is taken; it counts as taken then."""
        key = name.lower()
        count = self._counts.get(key, 0)
        self._counts[key] = count + 1
        if not count:
            return name
        while True:
            made = f"{name}_{count}"
            if made.lower() not in self._counts:
                self._counts[key], self._counts[made.lower()] = count + 1, 1
                return made
            count += 1

    def add(self, op: Op, inputs: Sequence[Symbol], attrs: dict[str, Any], name: str) -> Node:
        """A new node without results yet; GraphError if the graph is finalized."""
        if self.finalized:
            raise GraphError(
                message("the graph is finalized and cannot be modified", got=f"a new {op.name}",
                        hint="make all nodes before the session starts")
            )
        with self.lock:
            node = self.node_type(self, op, inputs, attrs, name)
            self.made += 1
            self.keep(node)
        return node

    def keep(self, node: Node) -> None:
        """Hold a new node. A graph that holds none lets those go that nothing needs."""
        self.nodes.append(node)
        self.by_name[node.name] = node

    def discard(self, node: Node) -> None:
        """Forget the node that was made last."""
        self.nodes.remove(node)
        del self.by_name[node.name]

    @contextmanager
    def inside(self, body: Body | None = None) -> Iterator[Body]:
        """Nodes made within it belong to a body of their own, or to one that was begun before."""
        outer = self.body
        self.body = made = Body(outer) if body is None else body
        try:
            yield made
        finally:
            self.body = outer

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.nodes)} nodes>"


@guarded
def ancestors(
    targets: Sequence[Node], stop: Callable[[Node], bool] = lambda node: False
) -> list[Node]:
    """The nodes that the targets need, the targets too, in the order of their making; not beyond
    nodes where `stop` holds."""
    seen: set[Node] = set()
    stack = list(targets)
    while stack:
        node = stack.pop()
        if node in seen or stop(node):
            continue
        seen.add(node)
        stack.extend(s.node for s in node.inputs)
        stack.extend(node.control)
    return sorted(seen, key=lambda n: n.place)
