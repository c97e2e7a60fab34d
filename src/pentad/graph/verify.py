"""The rules that a graph obeys at each level, checked by `verify`.

    level      rule      what must hold
    any        inputs    every input is an `input` node whose name, a string, no other input has
    any        foreign   an `input` node below the outputs is one of the graph's inputs
    any        op        every op is the one registered under its name
    any        operands  every operand is a node of this graph that stands before its user
    any        data      every attribute is data (it has a text form)
    any        sizes     every size is an integer polynomial or a whole number from 0 to 2**62
    any        type      every node's type is what its op infers again from its operands
    any        outputs   every output is a node of this graph
    any        control   a control node's sub-graphs obey these rules, its results are read rightly
    primitive  opened    no composite op is left
    concrete   known     no size is symbolic, and every rule of `primitive` holds
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pentad.graph.dtypes import ALL
from pentad.graph.errors import ArgumentError, GraphError, PentadError, message
from pentad.graph.node import INPUT, Graph, Node, subgraphs
from pentad.graph.op import TABLE
from pentad.graph.sizes import Dim
from pentad.graph.text import node_names, print_node, print_value

LEVELS = ("any", "primitive", "concrete")
MAX_SIZE = 1 << 62


class Finding(NamedTuple):
    """A broken rule: what is expected and what was found at a node."""

    expected: str
    got: str


class Rule(NamedTuple):
    """One row of the table above; `check(graph, node, place)` looks at one node."""

    level: str
    name: str
    check: Callable[[Graph, Node, dict[Node, int]], Finding | None]


def verify(graph: Graph, level: str = "any") -> None:
    """Check every rule up to `level`; GraphError names the rule, the node and the user's line."""
    if level not in LEVELS:
        raise ArgumentError(
            message("verify: no such level", expected=", ".join(LEVELS), got=repr(level))
        )
    _verify_ends(graph)
    active = [r for r in RULES if LEVELS.index(r.level) <= LEVELS.index(level)]
    place = {n: i for i, n in enumerate(graph.nodes)}
    for node in graph.nodes:
        for rule in active:
            finding = rule.check(graph, node, place)
            if finding is not None:
                raise _broken(graph, rule.name, node, finding)
        for name, inner in subgraphs(node).items():
            try:
                verify(inner, level)
            except GraphError as error:
                raise GraphError(f"in {name} of {node.op.name}: {error}") from error


def _verify_ends(graph: Graph) -> None:
    """The rules `inputs` and `outputs`, which are about the graph as a whole."""
    names: set[object] = set()
    for node in graph.inputs:
        if not isinstance(node, Node) or node.op is not INPUT:
            raise _broken(graph, "inputs", node, Finding("an input node", repr(node)))
        name = node.attrs.get("name")
        if not isinstance(name, str) or name in names:
            expected = "a name that no other input has"
            raise _broken(graph, "inputs", node, Finding(expected, repr(name)))
        names.add(name)
    for output in graph.outputs:
        if not isinstance(output, Node):
            raise _broken(graph, "outputs", output, Finding("a node", repr(output)))


def _broken(graph: Graph, rule: str, node: Node, finding: Finding) -> GraphError:
    """The error for one broken rule."""
    return GraphError(
        message(
            f"verify: rule {rule!r} is broken by {_describe(graph, node)}",
            expected=finding.expected,
            got=finding.got,
            where=getattr(node, "source", None) or "a node without a source line",
        )
    )


def _describe(graph: Graph, node: Node) -> str:
    """The line of a node, as far as it can be printed."""
    if not isinstance(node, Node):
        return repr(node)
    try:
        return print_node(node, node_names(graph))
    except (PentadError, AttributeError, TypeError):
        return f"{node.op.name} with attributes {dict(node.attrs)!r:.200}"


# -- rules about one node ----------------------------------------------------------------------


def _foreign(graph: Graph, node: Node, place: dict[Node, int]) -> Finding | None:
    if node.op is INPUT and place[node] >= len(graph.inputs):
        return Finding("only inputs of this graph", f"the foreign input {node.attrs.get('name')!r}")
    return None


def _op(graph: Graph, node: Node, place: dict[Node, int]) -> Finding | None:
    if TABLE.get(node.op.name) is not node.op:
        return Finding("an op of the table", repr(node.op))
    return None


def _operands(graph: Graph, node: Node, place: dict[Node, int]) -> Finding | None:
    for operand in node.inputs:
        if place.get(operand, len(place)) >= place[node]:
            return Finding("operands that stand before the node", repr(operand))
    return None


def _data(graph: Graph, node: Node, place: dict[Node, int]) -> Finding | None:
    for name, value in node.attrs.items():
        if isinstance(value, Graph):
            continue
        try:
            print_value(value)
        except GraphError:
            return Finding("attributes that are data", f"{name}={value!r}")
    return None


def _sizes(graph: Graph, node: Node, place: dict[Node, int]) -> Finding | None:
    if not isinstance(node.shape, tuple) or not any(node.dtype is d for d in ALL):
        return Finding("a tuple of sizes and a dtype", repr(node.type))
    for size in node.shape:
        whole = isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= MAX_SIZE
        if not whole and not isinstance(size, Dim):
            return Finding(f"sizes from 0 to {MAX_SIZE}", repr(size))
    return None


def _type(graph: Graph, node: Node, place: dict[Node, int]) -> Finding | None:
    try:
        again = node.op.infer(*(i.type for i in node.inputs), **node.attrs)
    except (PentadError, TypeError, ValueError, IndexError, AttributeError) as error:
        return Finding("operands and attributes that the op takes", f"{error}")
    return None if again.matches(node.type) else Finding(str(again), str(node.type))


def _control(graph: Graph, node: Node, place: dict[Node, int]) -> Finding | None:
    if subgraphs(node) and node.op.kind != "control":
        return Finding("sub-graphs of control nodes only", node.op.name)
    if any(i.op.kind == "control" for i in node.inputs) != (node.op.kind == "result"):
        return Finding("a control node to be read by its results only", node.op.name)
    if node.op.kind != "result":
        return None
    control = node.inputs[0]
    if control.op.results is None:
        return Finding("results", repr(control))
    types = control.op.results(*(i.type for i in control.inputs), **control.attrs)
    index = node.attrs["index"]
    if not isinstance(index, int) or not 0 <= index < len(types):
        return Finding(f"one of {len(types)} results", repr(index))
    return None if types[index].matches(node.type) else Finding(str(types[index]), str(node.type))


def _opened(graph: Graph, node: Node, place: dict[Node, int]) -> Finding | None:
    if node.op.kind == "composite":
        return Finding("only primitive ops", f"the composite {node.op.name}")
    return None


def _known(graph: Graph, node: Node, place: dict[Node, int]) -> Finding | None:
    if any(isinstance(v, Dim) for v in _flat((node.shape, *node.attrs.values()))):
        return Finding("sizes that are numbers", str(node.type))
    return None


def _flat(value: object) -> Iterable[object]:
    if not isinstance(value, tuple):
        return [value]
    return [v for part in value for v in _flat(part)]


RULES = (
    Rule("any", "foreign", _foreign),
    Rule("any", "op", _op),
    Rule("any", "operands", _operands),
    Rule("any", "data", _data),
    Rule("any", "sizes", _sizes),
    Rule("any", "type", _type),
    Rule("any", "control", _control),
    Rule("primitive", "opened", _opened),
    Rule("concrete", "known", _known),
)
