"""Graphs as nodes and edges with attributes, as Graphviz has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import formats, static
from pentad.frontends.missing import absent
from pentad.frontends.theano.compile.sharedvalue import SharedVariable
from pentad.frontends.theano.gof.fg import FunctionGraph
from pentad.frontends.theano.gof.graph import Apply, Constant, Variable
from pentad.frontends.theano.gof.op import label


class DotNode:
    """A node: its name, and how it is shown."""

    def __init__(self, name: str, attributes: dict[str, Any]) -> None:
        self.name, self.attributes = name, attributes

    def get_name(self) -> str:
        """Its name."""
        return self.name

    def get_label(self) -> str:
        """Its text."""
        return str(self.attributes["label"])

    def get_attributes(self) -> dict[str, Any]:
        """How it is shown."""
        return self.attributes


class DotEdge:
    """An edge from one node to another."""

    def __init__(self, source: str, destination: str, attributes: dict[str, Any]) -> None:
        self.source, self.destination, self.attributes = source, destination, attributes

    def get_source(self) -> str:
        """The name of the node where it begins."""
        return self.source

    def get_destination(self) -> str:
        """The name of the node where it ends."""
        return self.destination

    def get_attributes(self) -> dict[str, Any]:
        """How it is shown."""
        return self.attributes


class Dot:
    """Nodes and edges, and the graphs that lie within nodes."""

    def __init__(self, name: str = "theano") -> None:
        self.name = name
        self.nodes: dict[str, DotNode] = {}
        self.edges: list[DotEdge] = []
        self.subgraphs: list[Dot] = []

    def get_name(self) -> str:
        """Its name."""
        return self.name

    def get_nodes(self) -> list[DotNode]:
        """The nodes."""
        return list(self.nodes.values())

    def get_edges(self) -> list[DotEdge]:
        """The edges."""
        return list(self.edges)

    def get_subgraph_list(self) -> list[Dot]:
        """The graphs within nodes."""
        return list(self.subgraphs)

    def to_string(self) -> str:
        """The graph in Graphviz's language."""
        return "\n".join(["digraph " + self.name + " {", *self._lines(), "}", ""])

    def _lines(self) -> list[str]:
        found = [f"  {n.name} [{_written(n.attributes)}];" for n in self.nodes.values()]
        found += [
            f"  {e.source} -> {e.destination} [{_written(e.attributes)}];" for e in self.edges
        ]
        for inner in self.subgraphs:
            found += [f"  subgraph {inner.name} {{", *inner._lines(), "  }"]
        return found

    def create_dot(self) -> bytes:
        """The same as bytes."""
        return self.to_string().encode()

    def write_dot(self, path: Any) -> None:
        """Write it to a file."""
        with formats.files.replacing(path) as file:
            file.write(self.create_dot())


def _written(attributes: dict[str, Any]) -> str:
    shown = {k: v for k, v in attributes.items() if v is not None}
    return ", ".join(
        k + '="' + str(v).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        for k, v in shown.items()
    )


class PyDotFormatter:
    """Makes a `Dot` of a function, a variable or a list of them.

    compact: results that stay within the graph have no node of their own, unless they have names.
    """

    def __init__(self, compact: bool = True) -> None:
        self.compact = compact
        self.node_colors = {
            "input": "limegreen", "constant_input": "SpringGreen", "shared_input": "YellowGreen",
            "output": "dodgerblue", "unused": "lightgrey",
        }
        self.apply_colors = {
            "Scan": "yellow", "Shape": "cyan", "IfElse": "magenta", "Elemwise": "#FFAABB",
            "Subtensor": "#FFAAFF", "Alloc": "#FFAA22",
        }
        self.shapes = {"input": "box", "output": "box", "apply": "ellipse"}

    def __call__(self, fct: Any, graph: Dot | None = None) -> Dot:
        """The graph."""
        found = _as_graph(fct)
        made = Dot() if graph is None else graph
        names: dict[Any, str] = {}
        prefix = f"{made.name}_" if graph is not None else "n"

        def named(key: Any) -> str:
            return names.setdefault(key, f"{prefix}{len(names) + 1}")

        order, ends = found.toposort(), set(found.inputs)
        read = {v for a in order for v in a.inputs}
        for a in order:
            self._apply(made, a, ends, named)
            for v in a.outputs:
                self._result(made, v, named(a), named, v in found.outputs, v in read)
        for v in found.outputs:
            if v.owner is None or v in ends:
                self._value(made, v, named(v), "output")
        return made

    def _apply(self, made: Dot, a: Apply, ends: set[Any], named: Any) -> None:
        text, name = apply_label(a), named(a)
        kind = _family(a)
        color = next((c for word, c in self.apply_colors.items() if word in (kind, text)), None)
        made.nodes[name] = node = DotNode(name, {
            "label": text, "node_type": "apply", "apply_op": text, "shape": self.shapes["apply"],
            "tag": a.node.line, "style": "filled" if color else None, "fillcolor": color,
        })
        for i, v in enumerate(a.inputs):
            leaf = v.owner is None or v in ends
            source = named(v if leaf else v.owner)
            if leaf:
                self._value(made, v, source, _input_kind(v))
            place = f"{i} " if len(a.inputs) > 1 else ""
            made.edges.append(DotEdge(source, name, {"label": f"{place}{type_to_str(v.type)}"}))
        for i, body in enumerate(a.node.extra.get("bodies", ())):
            inner = Dot(f"cluster_{name}_{i}")
            given = [*body.parameters, *body.captures]
            PyDotFormatter(self.compact)(FunctionGraph(given, list(body.results)), inner)
            made.subgraphs.append(inner)
            node.attributes["subg"] = inner.name

    def _value(self, made: Dot, v: Any, name: str, kind: str) -> None:
        if name not in made.nodes:
            made.nodes[name] = DotNode(name, {
                "label": var_label(v), "node_type": kind, "dtype": type_to_str(v.type),
                "tag": var_tag(v), "style": "filled", "fillcolor": self.node_colors[kind],
                "shape": self.shapes["output" if kind == "output" else "input"],
            })

    def _result(
        self, made: Dot, v: Any, source: str, named: Any, asked: bool, read: bool
    ) -> None:
        """A node for a result that is an output, has a name, or that nobody reads."""
        if not asked and read and (self.compact and v.name is None):
            return
        name = named(("output", v))
        self._value(made, v, name, "output")
        if not asked and not read:
            made.nodes[name].attributes["fillcolor"] = self.node_colors["unused"]
        made.edges.append(DotEdge(source, name, {"label": type_to_str(v.type)}))


def _as_graph(fct: Any) -> Any:
    if hasattr(fct, "maker"):
        return fct.maker.fgraph
    if isinstance(fct, FunctionGraph):
        return fct
    listed: Sequence[Any]
    listed = fct.outputs if isinstance(fct, Apply) else fct if isinstance(fct, list | tuple) else [
        fct]
    if not listed or not all(isinstance(v, Variable) for v in listed):
        raise TypeError(
            static.message("d3viz draws functions, variables and lists of variables",
                           got=str(type(fct)))
        )
    return FunctionGraph([], list(listed))


def _family(a: Apply) -> str:
    """The word by which Theano colours an operation."""
    name = a.node.op.name
    words = {"scan": "Scan", "cond": "IfElse", "shape": "Shape", "alloc": "Alloc"}
    if hasattr(a.op, "scalar_op"):
        return "Elemwise"
    return "Subtensor" if "ubtensor" in label(a.node) else words.get(name, name)


def _input_kind(v: Any) -> str:
    if isinstance(v, Constant):
        return "constant_input"
    return "shared_input" if isinstance(v, SharedVariable) else "input"


def var_label(var: Any, precision: int = 3) -> str:
    """The text of a variable: its name, its value if it is known, else its type."""
    if var.name is not None:
        return str(var.name)
    if isinstance(var, Constant):
        text = np.array2string(np.asarray(var.data), precision=precision)
        return text.partition("\n")[0]
    return type_to_str(var.type)


def var_tag(var: Any) -> str | None:
    """The line of the program where a variable was made."""
    return var.node.line  # type: ignore[no-any-return]


def apply_label(node: Apply) -> str:
    """The text of an operation."""
    return label(node.node)


def type_to_str(t: Any) -> str:
    """The text of a type."""
    return str(t)


__all__ = [
    "Dot", "DotEdge", "DotNode", "PyDotFormatter", "apply_label", "type_to_str", "var_label",
    "var_tag",
]
__getattr__ = absent(__name__)
