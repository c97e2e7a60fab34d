"""A hash of what a graph computes: equal in every process for equal graphs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from pentad.graph.dtypes import DType
from pentad.graph.node import Graph, Node
from pentad.graph.op import Op
from pentad.graph.sizes import Dim

_OURS = ("pentad", "numpy")
_MEANING = ("infer", "reference", "lower", "decompose", "results")


def digest(graph: Graph) -> str | None:
    """The SHA-256 of a graph of concrete sizes, in hexadecimal; None if it has none.

    Names of inputs and lines of the user do not count, apart from which nodes share a line. A
    graph has no digest if it holds a symbolic size, an attribute that is no data, or an op that
    is not defined in this package, whose meaning a name does not tell.
    """
    try:
        lines = _lines(graph, {}, set())
    except _NoDigest:
        return None
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def lines_of(graph: Graph) -> list[str]:
    """The user's lines in a graph, sub-graphs included, each once, in order of the digest."""
    numbers: dict[str | None, int] = {}
    _number(graph, numbers)
    return [line for line in numbers if line is not None]


class _NoDigest(Exception):
    pass


def _number(graph: Graph, numbers: dict[str | None, int]) -> None:
    for node in graph.nodes:
        numbers.setdefault(node.source, len(numbers))
        for value in node.attrs.values():
            if isinstance(value, Graph):
                _number(value, numbers)


def _lines(graph: Graph, sources: dict[str | None, int], known: set[Op]) -> list[str]:
    """A line of text for each node, which calls its operands by their positions."""
    numbers: dict[Node, int] = {}
    inputs = {node: i for i, node in enumerate(graph.inputs)}
    found = [f"{len(inputs)}"]
    for node in graph.nodes:
        numbers[node] = len(numbers)
        source = sources.setdefault(node.source, len(sources))
        type = f"{node.type.dtype.name}{_plain(node.type.shape)}"
        if node in inputs:
            found.append(f"input {inputs[node]} {type} {source}")
            continue
        if node.op not in known:
            _check_op(node.op)
            known.add(node.op)
        operands = ",".join([str(numbers[i]) for i in node.inputs])
        attrs = node.attrs
        text = ";".join([f"{k}={_text(attrs[k], sources, known)}" for k in sorted(attrs)])
        found.append(f"{node.op.name}({operands}){{{text}}}{type} {source}")
    found.append(",".join([str(numbers[n]) for n in graph.outputs]))
    return found


def _check_op(op: Op) -> None:
    for name in _MEANING:
        function: Callable[..., Any] | None = getattr(op, name)
        if function is None:
            continue
        module = getattr(function, "__module__", None) or type(function).__module__
        if module.partition(".")[0] not in _OURS:
            raise _NoDigest


def _text(value: Any, sources: dict[str | None, int], known: set[Op]) -> str:
    """The text of an attribute. No two that differ have the same."""
    kind = type(value)
    if kind in (int, bool, float, str) or value is None:
        return repr(value)
    if kind is tuple:
        return f"({','.join([_text(v, sources, known) for v in value])})"
    if kind is DType:
        return f"<{value.name}>"
    if kind is Graph:
        return "[" + "\n".join(_lines(value, sources, known)) + "]"
    raise _NoDigest


def _plain(shape: tuple[Any, ...]) -> str:
    if any(isinstance(n, Dim) for n in shape):
        raise _NoDigest
    return str(shape)
