"""The text form of graphs: one line a node, printed and parsed back to the same graph.

    graph (x: float32[n, 784], w: float32[784, 512]) where n = 32 {
      %2 = dot_general(%x, %w) {batch=((), ()), contract=((1,), (0,))} : float32[n, 512]  # a.py:12
      return %2
    }

A sub-graph of a node stands on the lines below it, as `name = graph (...) {` to `}`.
Attributes are Python literals, dtypes by their bare names and sizes as expressions of names with
`+ - * //`; `where` lists the values that symbolic sizes have in the traced call. A trailing comment
is the user's line. Reading infers every type again and checks it against the one written. Nothing
is executed; the limits below bound time and memory. A text that is no graph raises GraphError,
which names the line.
"""

from __future__ import annotations

import json
import keyword
import math
import re
from collections.abc import Iterator, Mapping

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import GraphError, message
from pentad.graph.node import Graph, Node, subgraphs
from pentad.graph.op import TensorType
from pentad.graph.sizes import Dim, Quotient, Size, Symbol

MAX_TEXT = 1 << 28
MAX_LINE = 1 << 20

DTYPES = {d.name: d for d in dtypes.ALL}
WORDS = {"inf": math.inf, "nan": math.nan}
_PLAIN = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)


# -- printing ----------------------------------------------------------------------------------


def print_graph(graph: Graph) -> str:
    """The text of a graph; GraphError if an attribute or a size has no text form."""
    return "\n".join([*_lines(graph, _hints(graph)), ""])


def _lines(graph: Graph, hints: Mapping[str, int]) -> Iterator[str]:
    """The lines of a graph; each sub-graph stands indented below the node that runs it."""
    names = node_names(graph)
    inputs = set(graph.inputs)
    yield from _header(graph, hints).split("\n")
    for node in graph.nodes:
        if node in inputs:
            continue
        yield f"  {print_node(node, names)}"
        for name, inner in sorted(subgraphs(node).items()):
            first, *rest = _lines(inner, {})
            yield f"    {name} = {first}"
            yield from (f"    {line}" for line in rest)
    returned = ", ".join(names[n] for n in graph.outputs)
    yield f"  return {returned}".rstrip()
    yield "}"


def node_names(graph: Graph) -> dict[Node, str]:
    """What the text calls each node: inputs by their names, others by their positions."""
    names = {node: f"%{i}" for i, node in enumerate(graph.nodes)}
    names.update((n, f"%{_quoted(name)}") for n, name in _input_names(graph).items())
    return names


def _input_names(graph: Graph) -> dict[Node, str]:
    """The names of the inputs; the second of a name gets a number."""
    found: dict[str, Node] = {}
    for node in graph.inputs:
        given = name = str(node.attrs.get("name"))
        number = 2
        while name in found:
            name, number = f"{given}_{number}", number + 1
        found[name] = node
    return {node: name for name, node in found.items()}


def print_node(node: Node, names: Mapping[Node, str]) -> str:
    """The line of one node, its operands called by `names`."""
    operands = ", ".join(names.get(i, "%?") for i in node.inputs)
    plain = sorted((k, v) for k, v in node.attrs.items() if not isinstance(v, Graph))
    attrs = ", ".join(f"{k}={print_value(v)}" for k, v in plain)
    attrs = f" {{{attrs}}}" if attrs else ""
    line = f"{names.get(node, '%?')} = {node.op.name}({operands}){attrs} : {type_text(node.type)}"
    return line + _comment(node)


def print_value(value: object) -> str:
    """The text of an attribute; GraphError if it is not data."""
    if isinstance(value, tuple):
        inside = ", ".join(map(print_value, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, DType):
        return value.name
    if isinstance(value, Dim):
        return _size(value)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    raise GraphError(
        message(
            "text: an attribute has no text form",
            expected="None, bool, int, float, str, dtype, size, or a tuple of them",
            got=f"{type(value).__name__} {value!r}",
        )
    )


def _header(graph: Graph, hints: Mapping[str, int]) -> str:
    names = _input_names(graph)
    parameters = [f"{_quoted(names[n])}: {type_text(n.type)}" for n in graph.inputs]
    where = f" where {', '.join(f'{k} = {v}' for k, v in hints.items())}" if hints else ""
    line = f"graph ({', '.join(parameters)}){where} {{"
    if len(line) <= 100 and all(n.source is None for n in graph.inputs):
        return line
    rows = (f"  {p},{_comment(n)}" for p, n in zip(parameters, graph.inputs))
    return "\n".join(["graph (", *rows, f"){where} {{"])


def _hints(graph: Graph) -> dict[str, int]:
    """The values of all symbolic sizes in the traced call, by name."""
    found: dict[str, int] = {}
    for node in graph.nodes:
        for size in (*node.shape, *node.attrs.values()):
            for s in _symbols(size):
                if s.hint is not None:
                    found.setdefault(s.name, s.hint)
    return dict(sorted(found.items()))


def _symbols(value: object) -> Iterator[Symbol]:
    if isinstance(value, tuple):
        for v in value:
            yield from _symbols(v)
    elif isinstance(value, Dim):
        for monomial, _ in value.terms:
            for atom in monomial:
                if isinstance(atom, Quotient):
                    yield from _symbols((atom.numerator, atom.denominator))
                else:
                    yield atom


def type_text(type: TensorType) -> str:
    """The text of a type."""
    return f"{type.dtype.name}[{', '.join(map(_size, type.shape))}]"


def _size(size: Size) -> str:
    for s in _symbols(size):
        reserved = s.name in DTYPES or s.name in WORDS or keyword.iskeyword(s.name)
        if reserved or not re.fullmatch(r"[A-Za-z_]\w*", s.name, re.ASCII):
            raise GraphError(
                message(
                    "text: a symbolic size has a name that cannot be written",
                    expected="an ASCII identifier that is no dtype and no keyword",
                    got=repr(s.name),
                )
            )
    return str(size)


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name)


def _comment(node: Node) -> str:
    if node.source is None:
        return ""
    plain = node.source.isprintable() and node.source == node.source.strip() != ""
    plain = plain and not node.source.startswith('"')
    return f"  # {node.source if plain else json.dumps(node.source)}"


def parse_graph(text: str) -> Graph:
    """The graph that a text describes; GraphError if it describes none.

    Blank lines and lines that are only a comment are skipped. The ops must be registered
    (`import pentad.ops`).
    """
    from pentad.graph.parse import Parser

    if len(text) > MAX_TEXT:
        raise GraphError(message(f"text: longer than {MAX_TEXT} characters", got=str(len(text))))
    return Parser(text).parse()
