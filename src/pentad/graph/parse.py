"""Reading the text form of graphs (text.py): by hand and by line, nothing is executed."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from pentad.graph.errors import GraphError, PentadError, message
from pentad.graph.node import INPUT, Graph, Node
from pentad.graph.op import TensorType, by_name
from pentad.graph.sizes import Dim, symbol
from pentad.graph.text import DTYPES, MAX_LINE, WORDS, type_text

MAX_EXPRESSION = 1 << 14
MAX_DEPTH = 128
MAX_NESTING = 32
MAX_TERMS = 64

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
_SUBGRAPH = re.compile(r"(?P<name>\w+) = (?P<graph>graph \(.*)")


class Parser:
    """One reading of one text; `number` is the line being read."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.number = 0
        self.nodes: dict[str, Node] = {}
        self.depth = 0
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
        graph = self.graph(self.line())
        for rest in self.lines[self.number :]:
            self.number += 1
            if rest.strip() and not rest.strip().startswith("#"):
                raise self.error("text after the graph", got=rest[:60])
        return graph

    def graph(self, line: str) -> Graph:
        """The graph whose text begins with a line and ends with its bracket."""
        inputs = self.header(line)
        line = self.line()
        while not re.match(r"return\b", line):
            line = self.node(line)
        outputs = self.operands(line.removeprefix("return"))
        if self.line() != "}":
            raise self.error("text after `return`", expected="}")
        return Graph(inputs, outputs)

    def subgraph(self, line: str) -> Graph:
        """A graph inside of another one: it sees none of that one's nodes."""
        if self.depth >= MAX_NESTING:
            raise self.error(f"graphs are nested deeper than {MAX_NESTING}")
        outside, self.nodes, self.depth = self.nodes, {}, self.depth + 1
        graph = self.graph(line)
        self.nodes, self.depth = outside, self.depth - 1
        return graph

    # -- header --------------------------------------------------------------------------------

    def header(self, line: str) -> list[Node]:
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

    def node(self, line: str) -> str:
        """Enter the node of a line, with its sub-graphs; the line after them."""
        found = _NODE.fullmatch(line)
        if not found:
            expected = "%index = op(operands) {attributes} : dtype[sizes]"
            raise self.error("not a node", expected=expected, got=line[:80])
        operands = self.operands(found["operands"])
        attrs = self.attributes(found["attrs"] or "")
        written = self.type(found["type"])
        source = self.source(found["source"])
        here, line = self.number, self.line()
        while inner := _SUBGRAPH.fullmatch(line):
            if inner["name"] in attrs:
                raise self.error("an attribute is given twice", got=inner["name"])
            attrs[inner["name"]] = self.subgraph(inner["graph"])
            here, line = self.number, self.line()
        after, self.number = self.number, here
        try:
            op = by_name(found["op"])
            type = op.infer(*(n.type for n in operands), **attrs)
        except Exception as error:  # a shape rule also meets attributes that it does not expect
            reason = error if isinstance(error, PentadError) else repr(error)
            raise self.error(f"{found['op']} cannot be applied: {reason}", where=source) from error
        if not type.matches(written):
            given = type_text(type)
            raise self.error("the type is not what the op gives", expected=given, got=str(written))
        self.enter(f"%{found['index']}", Node(op, operands, attrs, type, source))
        self.number = after
        return line

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
        if name not in DTYPES:
            raise self.error(f"no dtype is called {name!r}", expected=", ".join(DTYPES))
        tree = self.tree(f"[{sizes}")
        shape = tuple(self.value(e) for e in tree.elts) if isinstance(tree, ast.List) else ()
        if any(not isinstance(d, (int, Dim)) or isinstance(d, bool) for d in shape):
            raise self.error("a size is not a whole number", got=text[:80])
        if any(isinstance(d, int) and d < 0 for d in shape):
            raise self.error("a size is negative", got=text[:80])
        return TensorType(shape, DTYPES[name])

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
        if name in DTYPES:
            return DTYPES[name]
        if name in WORDS:
            return WORDS[name]
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
