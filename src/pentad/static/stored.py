"""Nodes as data: what a node is made of, without its code, and nodes made of that again.

An operation is stored as its name: where in Pentad it stands, or, if it was made for a pattern, by
which maker of what. Only operations that Pentad itself has are found by name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pentad.graph import dtypes
from pentad.graph.errors import FormatError, message
from pentad.static.control import Block
from pentad.static.graph import Body, Graph, Node, Op, Symbol, ancestors
from pentad.static.ops import CONSTANT, PLACEHOLDER, VARIABLE, constant, placeholder, variable
from pentad.static.probing import apply
from pentad.static.values import STRING, Type
from pentad.tensor.misfit import guarded

Reference = tuple[Node, int]
KEPT = ("value", "allow_downcast", "kind", "print", "seed", "eager", "eager_gradient", "variables")
"""What of a node's `extra` belongs to it; the rest is found again when it is needed."""
_PLACES = ("pentad.static.", "pentad.frontends.")
_makers: dict[str, Callable[..., Op]] = {}
_named: dict[str, Op] = {}
_names: dict[int, str] = {}


class Stored(NamedTuple):
    """What a node is made of."""

    op: tuple[Any, ...]
    inputs: list[Reference]
    attrs: dict[str, Any]
    types: list[tuple[str, Any]]
    control: list[Node]
    body: Body | None
    extra: dict[str, Any]
    bodies: list[tuple[list[Reference], list[Node], list[Reference], list[Reference]]]
    told: bool


def op_maker(name: str) -> Callable[[Callable[..., Op]], Callable[..., Op]]:
    """A decorator: operations with `made_by = (name, *arguments)` are made by this function."""
    def register(make: Callable[..., Op]) -> Callable[..., Op]:
        _makers[name] = make
        return make

    return register


def op_name(op: Op) -> tuple[Any, ...]:
    """What an operation is stored as; FormatError if it has no name."""
    made_by: tuple[Any, ...] | None = getattr(op, "made_by", None)
    if made_by is not None:
        return made_by
    if id(op) not in _names:
        _search()
    if id(op) not in _names:
        raise FormatError(
            message(f"the operation {op} cannot be stored", expected="one that Pentad has",
                    got=type(op).__name__)
        )
    return (_names[id(op)],)


def named_op(name: Sequence[Any]) -> Op:
    """The operation of such a name."""
    if len(name) > 1 and name[0] in _makers:
        return _makers[name[0]](*name[1:])
    if name[0] not in _named:
        _search()
    if len(name) != 1 or name[0] not in _named:
        raise FormatError(message("no operation of that name", got=str(name[0])[:80]))
    return _named[name[0]]


def _search() -> None:
    """Find the operations that stand in modules, alone or in tables."""
    for module in [m for n, m in sys.modules.items() if n.startswith(_PLACES)]:
        for attribute, value in list(vars(module).items()):
            rows: Iterable[Any] = [(attribute, value)]
            if isinstance(value, Mapping):
                rows = ((f"{attribute}[{k}]", v) for k, v in value.items())
            for name, op in rows:
                if isinstance(op, Op) and id(op) not in _names:
                    full = f"{module.__name__}:{name}"
                    _names[id(op)], _named[full] = full, op


# -- nodes ---------------------------------------------------------------------------------------


def in_order(symbols: Sequence[Symbol]) -> list[Node]:
    """The nodes that symbols need, those within bodies too, each after what it is made of."""
    found: dict[Node, None] = {}
    stack = list(ancestors([s.node for s in symbols]))
    while stack:
        node = stack.pop()
        if node in found:
            continue
        found[node] = None
        stack += [s.node for s in node.inputs] + list(node.control)
        stack += node.extra.get("variables", ())
        for block in node.extra.get("bodies", ()):
            stack += block.nodes
            stack += [s.node for s in (*block.parameters, *block.results, *block.captures)]
    return sorted(found, key=lambda n: n.place)


def _refer(symbols: Iterable[Symbol]) -> list[Reference]:
    return [(s.node, s.index) for s in symbols]


def _found(references: Iterable[Reference]) -> list[Symbol]:
    return [node.outputs[index] for node, index in references]


@guarded
def stored(node: Node) -> Stored:
    """What a node is made of."""
    types = []
    for s in node.outputs:
        if s.static_type.dtype is STRING:
            raise FormatError(message("values of Python are not stored", got=str(s)))
        types.append((s.static_type.dtype.name, s.static_type.shape))
    blocks = node.extra.get("bodies", ())
    bodies = [(_refer(b.parameters), list(b.nodes), _refer(b.results), _refer(b.captures))
              for b in blocks]
    op = node.op
    told = op.host or op.dynamic or bool(blocks) or op.known is None
    return Stored(op_name(op), _refer(node.inputs), node.attrs, types, list(node.control),
                  node.body, {k: v for k, v in node.extra.items() if k in KEPT}, bodies, told)


@guarded
def restored(graph: Graph, found: Stored) -> Node:
    """A new node of the graph that is made of this."""
    extra = dict(found.extra)
    if found.bodies:
        extra["bodies"] = tuple(
            Block(*(tuple(p) for p in (_found(a), nodes, _found(results), _found(captures))))
            for a, nodes, results, captures in found.bodies
        )
    if {name for name, _ in found.types} - _TYPES:
        raise FormatError(message("no element type of that name", got=str(found.types)[:80]))
    types = [Type(getattr(dtypes, _spelled(name)), shape) for name, shape in found.types]
    outer, graph.body = graph.body, found.body
    try:
        return _made(graph, named_op(found.op), found, types, extra)
    finally:
        graph.body = outer


def _made(
    graph: Graph, op: Op, found: Stored, types: list[Type], extra: dict[str, Any]
) -> Node:
    name = graph.unique_name(op.name)
    if op is CONSTANT:
        return constant(graph, extra["value"], types[0].dtype, name).node
    if op is PLACEHOLDER:
        return placeholder(graph, *types[0], name=name).node
    if op is VARIABLE:
        return variable(graph, *types[0], name=name, extra=extra).node
    return apply(graph, op, _found(found.inputs), found.attrs, name=name,
                 types=types if found.told else None, extra=extra, control=found.control)


_TYPES = {
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16",
    "bfloat16", "float32", "float64", "complex64", "complex128",
}


def _spelled(name: str) -> str:
    return "bool_" if name == "bool" else name


__all__ = ["Stored", "in_order", "named_op", "op_maker", "op_name", "restored", "stored"]
