"""Operations: the records that the front end's own functions are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.gof.graph import GRAPH

_absent = absent(__name__)


class Native(static.Op):
    """An operation that Pentad computes; `shows` makes its text from a node's attributes."""

    def __init__(
        self, name: str, run: Callable[..., Any], *, shows: str | Callable[..., str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(name, run, **more)
        self.shows = shows

    def __str__(self) -> str:
        return self.shows if isinstance(self.shows, str) else self.name

    __repr__ = __str__


_CORE = {"slice": "Subtensor{int64:int64:}", "gradient": "Gradient", "cond": "if"}
"""Ops of the core."""


def label(node: static.Node) -> str:
    """What printing calls the op of a node."""
    shows = getattr(node.op, "shows", None)
    if node.op.name == "scan":
        return f"for{{cpu,{node.name}}}"
    if node.op.name in _CORE:
        return _CORE[node.op.name]
    if callable(shows):
        return shows(**node.attrs)
    return str(getattr(node.op, "shown", node.op))


def all_known(inputs: Sequence[Any]) -> bool:
    """Are the values of all inputs known, or what sizes they come from?"""
    return all(isinstance(p, static.Known) for s in inputs for p in s.probes)


def make(
    op: static.Op, inputs: Sequence[Any], attrs: dict[str, Any] | None = None, *,
    types: Sequence[static.Type] | None = None, extra: Any = (), name: str | None = None,
) -> static.Node:
    """A node; `types` are used where the values of the inputs are not known."""
    from pentad.frontends.theano.gof.test_values import compute

    if types is not None and op.known is not None and all_known(inputs):
        types = None
    node = static.apply(GRAPH, op, inputs, attrs, types=types, extra=extra, name=name)
    compute(node)
    return node


def one(op: static.Op, *inputs: Any, types: Any = None, **attrs: Any) -> Any:
    """The only result of an op."""
    return make(op, inputs, attrs, types=types).outputs[0]


def bind(op: Any, inputs: list[Any], outputs: list[Any]) -> static.Node:
    """A node of an operation that a program wrote; variables of its results become its outputs."""
    for v in [*inputs, *outputs]:
        if not hasattr(v, "static_type"):
            raise TypeError(
                static.message("an operation of a program's own takes and gives tensors, or "
                               "objects of Python", got=f"{v}: {getattr(v, 'type', type(v))}",
                               hint="hand the parts of a sparse matrix to it")
            )
    for v in outputs:
        if v.node.op.name != "placeholder":
            raise ValueError(
                static.message("an output of an Apply must be a new variable", got=str(v),
                               where=v.node.line, hint="make it by calling a type: x.type()")
            )
    types = [v.static_type for v in outputs]
    kinds = [v.type if v.static_type.dtype is static.STRING else None for v in outputs]
    extra = {"value_types": kinds} if any(kinds) else ()
    node = static.apply(GRAPH, op.record(len(outputs)), inputs, types=types, extra=extra)
    for i, (own, given) in enumerate(zip(node.outputs, outputs, strict=True)):
        given.node, given.index, given.probes = node, i, own.probes
    node.outputs = tuple(outputs)
    return node


def __getattr__(name: str) -> Any:
    """The classes of programs' own operations, which are made of these records."""
    if name in ("Op", "PureOp"):
        from pentad.frontends.theano.gof.userop import Op

        return Op
    return _absent(name)
