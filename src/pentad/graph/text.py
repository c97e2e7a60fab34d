"""The text form of graphs: one line a node, printed and parsed back to the same graph.

    graph (x: float32[n, 784], w: float32[784, 512]) where n = 32 {
      %2 = dot_general(%x, %w) {batch=((), ()), contract=((1,), (0,))} : float32[n, 512]  # a.py:12
      return %2
    }

Attributes are Python literals, dtypes by their bare names and sizes as expressions of names with
`+ - * //`; `where` lists the values that symbolic sizes have in the traced call. A trailing comment
is the user's line. Reading infers every type again and checks it against the one written. Nothing
is executed; the limits below bound time and memory. A text that is no graph raises GraphError,
which names the line.
"""

from __future__ import annotations

import ast
import json
import keyword
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import GraphError, PentadError, message
from pentad.graph.node import INPUT, Graph, Node
from pentad.graph.op import TensorType, by_name
from pentad.graph.sizes import Dim, Quotient, Size, Symbol, symbol

MAX_TEXT = 1 << 28
MAX_LINE = 1 << 20
MAX_EXPRESSION = 1 << 14
MAX_DEPTH = 128
MAX_TERMS = 64

_DTYPES = {d.name: d for d in dtypes.ALL}
_WORDS = {"inf": math.inf, "nan": math.nan}
_STRING = r'"(?:[^"\\]|\\.)*+"'
_REF = rf"%(?:[\w.]++|{_STRING})"
_BODY = rf"(?:{_STRING}|'(?:[^'\\]|\\.)*+'|[^\"'{{}}])*+"
_NODE = re.compile(
    rf"%(?P<index>\d+) = (?P<op>\w+)\((?P<operands>(?:{_REF}(?:, {_REF})*+)?)\)"
    rf"(?: \{{(?P<attrs>{_BODY})\}})? : (?P<type>\w+\[[^\]#]*+\])(?:  # (?P<source>.*))?"
)
_PARAMETER = re.compile(
    rf"(?P<name>{_STRING}|[\w.]+): (?P<type>\w+\[[^\]#]*+\])(?:,?  # (?P<source>.*)|, ?)?"
)
_HEADER_END = re.compile(r"\)(?: where (?P<sizes>\w+ = \d+(?:, \w+ = \d+)*))? \{")
_PLAIN = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)


# -- printing ----------------------------------------------------------------------------------


def print_graph(graph: Graph) -> str:
    """The text of a graph; GraphError if an attribute or a size has no text form."""
    names = node_names(graph)
    inputs = set(graph.inputs)
    lines = [_header(graph)]
    lines += [f"  {print_node(n, names)}" for n in graph.nodes if n not in inputs]
    returned = ", ".join(names[n] for n in graph.outputs)
    return "\n".join([*lines, f"  return {returned}".rstrip(), "}", ""])


def node_names(graph: Graph) -> dict[Node, str]:
    """What the text calls each node: inputs by their names, others by their positions."""
    names = {node: f"%{i}" for i, node in enumerate(graph.nodes)}
    names.update((n, f"%{_quoted(str(n.attrs.get('name')))}") for n in graph.inputs)
    return names


def print_node(node: Node, names: Mapping[Node, str]) -> str:
    """The line of one node, its operands called by `names`."""
    operands = ", ".join(names.get(i, "%?") for i in node.inputs)
    attrs = ", ".join(f"{k}={print_value(v)}" for k, v in sorted(node.attrs.items()))
    attrs = f" {{{attrs}}}" if attrs else ""
    line = f"{names.get(node, '%?')} = {node.op.name}({operands}){attrs} : {_type(node.type)}"
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


def _header(graph: Graph) -> str:
    parameters = [f"{_quoted(n.attrs['name'])}: {_type(n.type)}" for n in graph.inputs]
    hints = _hints(graph)
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


def _type(type: TensorType) -> str:
    return f"{type.dtype.name}[{', '.join(map(_size, type.shape))}]"


def _size(size: Size) -> str:
    for s in _symbols(size):
        reserved = s.name in _DTYPES or s.name in _WORDS or keyword.iskeyword(s.name)
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


# -- parsing -----------------------------------------------------------------------------------


def parse_graph(text: str) -> Graph:
    """The graph that a text describes; GraphError if it describes none.

    Blank lines and lines that are only a comment are skipped. The ops must be registered
    (`import pentad.ops`).
    """
    if len(text) > MAX_TEXT:
        raise GraphError(message(f"text: longer than {MAX_TEXT} characters", got=str(len(text))))
    return _Parser(text).parse()


class _Parser:
    """One reading of one text; `number` is the line being read."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.number = 0
        self.nodes: dict[str, Node] = {}
        self.symbols: dict[str, Dim] = {}

    def error(self, what: str, **fields: str | None) -> GraphError:
        """The error that says what is wrong with the line being read."""
        fields["where"] = fields.get("where") or f"line {self.number} of the text"
        return GraphError(message(f"text, line {self.number}: {what}", **fields))

    def line(self) -> str:
        """The next line that is not blank and not a comment, stripped."""
        while self.number < len(self.lines):
            self.number += 1
            line = self.lines[self.number - 1].strip()
            if len(line) > MAX_LINE:
                raise self.error(f"longer than {MAX_LINE} characters")
            if line and not line.startswith("#"):
                return line
        raise self.error("the text ends too early", expected="}")

    def parse(self) -> Graph:
        inputs = self.header()
        line = self.line()
        while not re.match(r"return\b", line):
            self.node(line)
            line = self.line()
        outputs = self.operands(line.removeprefix("return"))
        if self.line() != "}":
            raise self.error("text after `return`", expected="}")
        for rest in self.lines[self.number :]:
            self.number += 1
            if rest.strip() and not rest.strip().startswith("#"):
                raise self.error("text after the graph", got=rest[:60])
        return Graph(inputs, outputs)

    # -- header --------------------------------------------------------------------------------

    def header(self) -> list[Node]:
        line = self.line()
        if not line.startswith("graph ("):
            raise self.error("no graph begins here", expected="graph (name: dtype[sizes], ...) {")
        line = line.removeprefix("graph (")
        rows: list[tuple[int, re.Match[str]]] = []
        while not (end := self.parameters(line, rows)):
            line = self.line()
        for assignment in filter(None, (end["sizes"] or "").split(", ")):
            name, value = assignment.split(" = ")
            if len(value) > 18:
                raise self.error("a size is out of range", expected="below 10**18", got=value[:40])
            self.symbols[name] = symbol(name, int(value))
        return [self.parameter(number, found) for number, found in rows]

    def parameters(
        self, line: str, rows: list[tuple[int, re.Match[str]]]
    ) -> re.Match[str] | None:
        """Collect the parameters of one line; the match of the header's end if it ends here."""
        at = 0
        while at < len(line):
            end = _HEADER_END.fullmatch(line, at)
            if end:
                return end
            found = _PARAMETER.match(line, at)
            if not found:
                rest = line[at : at + 60]
                raise self.error("not a parameter", expected="name: dtype[sizes]", got=rest)
            rows.append((self.number, found))
            at = found.end()
        return None

    def parameter(self, number: int, found: re.Match[str]) -> Node:
        here, self.number = self.number, number
        type = self.type(found["type"])
        attrs = {"name": self.name(found["name"]), "shape": type.shape, "dtype": type.dtype}
        node = Node(INPUT, (), attrs, type, self.source(found["source"]))
        self.enter(f"%{found['name']}", node)
        self.number = here
        return node

    def enter(self, name: str, node: Node) -> None:
        if name in self.nodes:
            raise self.error(f"{name} is defined twice")
        self.nodes[name] = node

    # -- nodes ---------------------------------------------------------------------------------

    def node(self, line: str) -> None:
        found = _NODE.fullmatch(line)
        if not found:
            expected = "%index = op(operands) {attributes} : dtype[sizes]"
            raise self.error("not a node", expected=expected, got=line[:80])
        operands = self.operands(found["operands"])
        attrs = self.attributes(found["attrs"] or "")
        written = self.type(found["type"])
        source = self.source(found["source"])
        try:
            op = by_name(found["op"])
            type = op.infer(*(n.type for n in operands), **attrs)
        except Exception as error:  # a shape rule also meets attributes that it does not expect
            reason = error if isinstance(error, PentadError) else repr(error)
            raise self.error(f"{found['op']} cannot be applied: {reason}", where=source) from error
        if not type.matches(written):
            given = _type(type)
            raise self.error("the type is not what the op gives", expected=given, got=str(written))
        self.enter(f"%{found['index']}", Node(op, operands, attrs, type, source))

    def operands(self, text: str) -> list[Node]:
        names = re.findall(_REF, text)
        if ", ".join(names) != text.strip():
            raise self.error("not a list of operands", expected="%a, %b", got=text[:80])
        for name in names:
            if name not in self.nodes:
                raise self.error(f"{name} is not defined above")
        return [self.nodes[name] for name in names]

    def attributes(self, text: str) -> dict[str, Any]:
        if not text:
            return {}
        call = self.tree(f"f({text})")
        if not isinstance(call, ast.Call) or call.args or any(not k.arg for k in call.keywords):
            expected = "{name=value, ...}"
            raise self.error("not a list of attributes", expected=expected, got=text[:80])
        attrs = {k.arg: self.value(k.value) for k in call.keywords if k.arg}
        if len(attrs) != len(call.keywords):
            raise self.error("an attribute is given twice", got=text[:80])
        return attrs

    def type(self, text: str) -> TensorType:
        name, _, sizes = text.partition("[")
        if name not in _DTYPES:
            raise self.error(f"no dtype is called {name!r}", expected=", ".join(_DTYPES))
        tree = self.tree(f"[{sizes}")
        shape = tuple(self.value(e) for e in tree.elts) if isinstance(tree, ast.List) else ()
        if any(not isinstance(d, (int, Dim)) or isinstance(d, bool) for d in shape):
            raise self.error("a size is not a whole number", got=text[:80])
        if any(isinstance(d, int) and d < 0 for d in shape):
            raise self.error("a size is negative", got=text[:80])
        return TensorType(shape, _DTYPES[name])

    def name(self, text: str) -> str:
        return self.string(text) if text.startswith('"') else text

    def source(self, text: str | None) -> str | None:
        return self.string(text) if text and text.startswith('"') else text

    def string(self, text: str) -> str:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            raise self.error("not a quoted string", got=text[:80]) from None
        return str(value)

    # -- expressions ---------------------------------------------------------------------------

    def tree(self, text: str) -> ast.expr:
        """The syntax tree of a short, shallow expression."""
        if len(text) > MAX_EXPRESSION:
            raise self.error(f"an expression is longer than {MAX_EXPRESSION} characters")
        try:
            return ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise self.error(f"not an expression: {error}", got=text[:80]) from None

    def value(self, tree: ast.expr, depth: int = 0) -> Any:
        """What an expression stands for: constants, names, tuples and the arithmetic of sizes."""
        if depth > MAX_DEPTH:
            raise self.error(f"an expression is nested deeper than {MAX_DEPTH}")
        if isinstance(tree, ast.Constant) and isinstance(
            tree.value, (bool, int, float, str, type(None))
        ):
            return tree.value
        if isinstance(tree, ast.Name):
            return self.word(tree.id)
        if isinstance(tree, ast.Tuple):
            return tuple(self.value(e, depth + 1) for e in tree.elts)
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
            return self.arithmetic(lambda a: -a, self.value(tree.operand, depth + 1))
        if isinstance(tree, ast.BinOp) and type(tree.op) in _ARITHMETIC:
            a, b = self.value(tree.left, depth + 1), self.value(tree.right, depth + 1)
            return self.arithmetic(_ARITHMETIC[type(tree.op)], a, b)
        expected = "a literal, a dtype or a size"
        raise self.error("not an attribute", expected=expected, got=type(tree).__name__)

    def word(self, name: str) -> Any:
        if name in _DTYPES:
            return _DTYPES[name]
        if name in _WORDS:
            return _WORDS[name]
        return self.symbols.setdefault(name, symbol(name))

    def arithmetic(self, function: Callable[..., Any], *values: Any) -> Any:
        numbers = (int, Dim) if len(values) == 2 else (int, float, Dim)
        if any(isinstance(v, bool) or not isinstance(v, numbers) for v in values):
            raise self.error("arithmetic is for sizes only", got=", ".join(map(repr, values))[:80])
        try:
            result = function(*values)
        except ZeroDivisionError:
            raise self.error("a size is divided by zero") from None
        if isinstance(result, Dim) and len(result.terms) > MAX_TERMS:
            raise self.error(f"a size has more than {MAX_TERMS} terms")
        return result


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
}
