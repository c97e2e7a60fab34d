"""Patterns over nodes, written as graph expressions.

    x = var("x")
    p.log(1 + p.exp(x))                          # numbers are constants of any type and shape
    p.exp(x) / p.broadcast(s, dims=var("dims"))  # attributes can be bound too

A name that stands twice binds one node (cse has run before). Commutative ops match in either
order. A constant is a `full` seen through views; its zero has a sign: 0.0 is not -0.0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pentad.graph.dtypes import DType
from pentad.graph.node import INPUT, Graph, Node
from pentad.graph.sizes import Dim

COMMUTATIVE = frozenset(
    ("add", "mul", "maximum", "minimum", "eq", "ne", "logical_and", "logical_or", "logical_xor")
    + ("bitwise_and", "bitwise_or", "bitwise_xor")
)
VIEWS = frozenset(("broadcast", "reshape", "transpose", "slice", "reverse", "stop_gradient"))
_MAX_VIEWS = 8

Bindings = Mapping[str, Any]


class Pattern:
    """What a node may look like; arithmetic of patterns makes patterns."""

    def match(self, node: Node, bound: Bindings) -> Iterator[Bindings]:
        """Every way in which `node` has this look, as extensions of `bound`."""
        raise NotImplementedError

    def __add__(self, other: Pattern | float) -> Call:
        return Call("add", (self, other))

    def __radd__(self, other: float) -> Call:
        return Call("add", (other, self))

    def __sub__(self, other: Pattern | float) -> Call:
        return Call("sub", (self, other))

    def __rsub__(self, other: float) -> Call:
        return Call("sub", (other, self))

    def __mul__(self, other: Pattern | float) -> Call:
        return Call("mul", (self, other))

    def __rmul__(self, other: float) -> Call:
        return Call("mul", (other, self))

    def __truediv__(self, other: Pattern | float) -> Call:
        return Call("div", (self, other))

    def __rtruediv__(self, other: float) -> Call:
        return Call("div", (other, self))

    def __neg__(self) -> Call:
        return Call("neg", (self,))


class Var(Pattern):
    """Any node, or any value of an attribute, called `name`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def match(self, node: Node, bound: Bindings) -> Iterator[Bindings]:
        if self.name not in bound:
            yield {**bound, self.name: node}
        elif bound[self.name] is node:
            yield bound


class Const(Pattern):
    """A constant equal to `value`, with the same sign if it is a zero."""

    def __init__(self, value: float) -> None:
        self.value = value

    def match(self, node: Node, bound: Bindings) -> Iterator[Bindings]:
        value = constant_of(node)
        if value is None or value != self.value:
            return
        if math.copysign(1, value) == math.copysign(1, self.value):
            yield bound


class Constant(Pattern):
    """Any constant; `name` is bound to its value."""

    def __init__(self, name: str) -> None:
        self.name = name

    def match(self, node: Node, bound: Bindings) -> Iterator[Bindings]:
        value = constant_of(node)
        if value is not None and bound.get(self.name, value) == value:
            yield {**bound, self.name: value}


class Call(Pattern):
    """An application of `op`. Attributes that are not mentioned may have any value."""

    def __init__(
        self,
        op: str,
        arguments: tuple[Pattern | float, ...],
        attrs: Mapping[str, Any] | None = None,
    ) -> None:
        self.op = op
        self.arguments = tuple(
            a if isinstance(a, Pattern) else Const(a) for a in arguments
        )
        self.attrs = dict(attrs or {})
        self.name: str | None = None

    def named(self, name: str) -> Call:
        """The same pattern; the node itself is bound to `name`."""
        call = Call(self.op, self.arguments, self.attrs)
        call.name = name
        return call

    def match(self, node: Node, bound: Bindings) -> Iterator[Bindings]:
        if node.op.name != self.op or len(node.inputs) != len(self.arguments):
            return
        if self.name is not None:
            if bound.get(self.name, node) is not node:
                return
            bound = {**bound, self.name: node}
        here = self._match_attrs(node, bound)
        if here is None:
            return
        yield from _match_all(self.arguments, node.inputs, here)
        if self.op in COMMUTATIVE:
            yield from _match_all(self.arguments, node.inputs[::-1], here)

    def _match_attrs(self, node: Node, bound: Bindings) -> Bindings | None:
        found = dict(bound)
        for name, wanted in self.attrs.items():
            value = node.attrs.get(name)
            if isinstance(wanted, Var):
                wanted = found.setdefault(wanted.name, value)
            if attribute_key(wanted) != attribute_key(value):
                return None
        return found


def _match_all(
    patterns: tuple[Pattern, ...], nodes: tuple[Node, ...], bound: Bindings
) -> Iterator[Bindings]:
    if not patterns:
        yield bound
        return
    for first in patterns[0].match(nodes[0], bound):
        yield from _match_all(patterns[1:], nodes[1:], first)


class _Ops:
    """`p.exp(x)` is the pattern of an application of the op `exp`."""

    def __getattr__(self, op: str) -> Callable[..., Call]:
        def call(*arguments: Pattern | float, **attrs: Any) -> Call:
            return Call(op, arguments, attrs)

        return call


p = _Ops()
var = Var


def attribute_key(value: object) -> str:
    """Text that two attributes share when they are the same in type and value (0.0 is not -0.0).

    Sizes by structure: their `==` would ask and leave guards.
    """
    if isinstance(value, tuple):
        return f"({','.join(map(attribute_key, value))})"
    if isinstance(value, DType):
        return value.name
    if isinstance(value, Dim):
        return f"size {value}"
    if isinstance(value, Graph):
        return _graph_key(value)
    return f"{type(value).__name__} {value!r}"


def _graph_key(graph: Graph) -> str:
    """Text that two graphs share when they compute the same in the same way."""
    place = {n: i for i, n in enumerate(graph.nodes)}
    lines = []
    for node in graph.nodes:
        named = {k: v for k, v in node.attrs.items() if node.op is not INPUT or k != "name"}
        attrs = ",".join(f"{k}={attribute_key(v)}" for k, v in sorted(named.items()))
        lines.append(f"{node.op.name}({[place[i] for i in node.inputs]}){{{attrs}}}{node.type}")
    return f"graph {';'.join(lines)} -> {[place[n] for n in graph.outputs]}"


def constant_of(node: Node) -> float | None:
    """The number that fills a constant seen through views; None if it is none."""
    for _ in range(_MAX_VIEWS):
        if node.op.name == "full":
            value = node.attrs["value"]
            return value if isinstance(value, (bool, int, float)) else None
        if node.op.name not in VIEWS:
            return None
        node = node.inputs[0]
    return None
