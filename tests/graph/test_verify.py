"""Each rule of the verifier, broken once."""

from __future__ import annotations

import re

import pytest

import pentad.ops as ops
from pentad.graph import dtypes
from pentad.graph import verify as verifier
from pentad.graph.errors import ArgumentError, GraphError
from pentad.graph.node import Graph, Node, input_node
from pentad.graph.op import Op, TensorType
from pentad.graph.sizes import symbol
from pentad.graph.verify import RULES, verify

F32 = dtypes.float32


def x_input(name: str = "x") -> Node:
    return input_node(name, (2, 3), F32)


def raw(op: Op, *inputs: Node, shape: tuple = (3, 2), dtype=F32, **attrs: object) -> Node:
    """A node whose type nobody inferred."""
    return Node(op, inputs, attrs, TensorType(shape, dtype), "model.py:7")


def transposed(x: Node) -> Node:
    return ops.transpose(x, (1, 0))


TRANSPOSE = transposed(x_input()).op
IDENTITY = Op(
    name="identity_for_test",
    doc="Itself.",
    kind="composite",
    infer=lambda x: x,
    decompose=lambda x: x,
)


def graph_of(node: Node, *inputs: Node) -> Graph:
    return Graph(inputs, [node])


def broken(rule: str) -> tuple[Graph, str]:
    """A graph that breaks one rule, and what its error says."""
    x = x_input()
    cases = {
        "inputs": (Graph([transposed(x)], []), "an input node"),
        "outputs": (Graph([x], ["x"]), "a node"),
        "foreign": (graph_of(transposed(x_input("y")), x), "the foreign input 'y'"),
        "op": (graph_of(raw(IDENTITY, x, shape=(2, 3)), x), "an op of the table"),
        "data": (graph_of(raw(TRANSPOSE, x, axes=[1, 0]), x), "axes=[1, 0]"),
        "sizes": (graph_of(raw(ops.full(0, (), F32).op, shape=(-1,)), x), "sizes from 0"),
        "type": (graph_of(raw(TRANSPOSE, x, axes=(1, 0), shape=(2, 3)), x), "float32[3, 2]"),
        "opened": (graph_of(raw(IDENTITY, x, shape=(2, 3)), x), "composite identity_for_test"),
        "known": (graph_of(ops.full(0, (symbol("n", 4),), F32), x), "sizes that are numbers"),
    }
    return cases[rule]


def level_of(rule: str) -> str:
    return {"opened": "primitive", "known": "concrete"}.get(rule, "any")


NAMES = ("inputs", "outputs", "foreign", "op", "data", "sizes", "type", "opened", "known")


@pytest.mark.parametrize("rule", NAMES)
def test_a_broken_rule_is_named(rule, monkeypatch):
    if rule == "opened":
        monkeypatch.setitem(verifier.TABLE, IDENTITY.name, IDENTITY)
    graph, text = broken(rule)
    with pytest.raises(GraphError) as raised:
        verify(graph, level_of(rule))
    assert f"rule '{rule}' is broken" in str(raised.value)
    assert text in str(raised.value)


@pytest.mark.parametrize("rule", ["opened", "known"])
def test_later_rules_do_not_hold_earlier(rule, monkeypatch):
    monkeypatch.setitem(verifier.TABLE, IDENTITY.name, IDENTITY)
    verify(broken(rule)[0], "any")


def test_an_operand_must_stand_before_its_user():
    x = x_input()
    graph = graph_of(transposed(x), x)
    assert len(graph.nodes) == 2
    graph._nodes = graph.nodes[::-1]
    with pytest.raises(GraphError, match="rule 'operands' is broken by %0 = transpose"):
        verify(graph)


def test_the_error_names_node_and_line():
    x = x_input()
    with pytest.raises(GraphError) as raised:
        verify(graph_of(raw(TRANSPOSE, x, axes=(1, 0), shape=(2, 3)), x))
    assert str(raised.value) == (
        "verify: rule 'type' is broken by "
        "%1 = transpose(%x) {axes=(1, 0)} : float32[2, 3]  # model.py:7\n"
        "  expected: float32[3, 2]\n"
        "  got:      float32[2, 3]\n"
        "  at:       model.py:7"
    )


@pytest.mark.parametrize(
    "node",
    [
        raw(TRANSPOSE, x_input(), x_input(), axes=(1, 0)),
        raw(TRANSPOSE, x_input(), axes=(1, 1)),
        raw(TRANSPOSE, x_input(), axes=3),
        raw(TRANSPOSE, x_input(), axis=3),
        raw(TRANSPOSE, x_input(), axes=(1, 0), dtype=dtypes.float64),
        raw(TRANSPOSE, x_input(), axes=(1, 0), shape=(3, 2, 1)),
    ],
)
def test_the_type_rule(node):
    x = node.inputs[0]
    node = Node(node.op, [x] * len(node.inputs), node.attrs, node.type, node.source)
    with pytest.raises(GraphError, match="rule 'type'"):
        verify(graph_of(node, x))


@pytest.mark.parametrize("size", [-1, 1 << 63, 2.0, True, "n"])
def test_the_sizes_rule(size):
    with pytest.raises(GraphError, match="rule 'sizes'"):
        verify(Graph([], [raw(ops.full(0, (), F32).op, shape=(size,))]))


def test_equal_names_of_inputs():
    with pytest.raises(GraphError, match="a name that no other input has"):
        verify(Graph([x_input(), x_input()], []))


def test_a_correct_graph_passes_every_level():
    x, y = x_input(), x_input("y")
    graph = Graph([x, y], [transposed(x), ops.concatenate([x, y], 0), x])
    for level in verifier.LEVELS:
        verify(graph, level)


def test_an_unknown_level():
    with pytest.raises(ArgumentError, match="no such level"):
        verify(Graph([], []), "final")


def test_the_table_lists_every_rule():
    rows = re.findall(r"^    (any|primitive|concrete) +(\w+) ", verifier.__doc__ or "", re.M)
    assert set(rows) == {(r.level, r.name) for r in RULES} | {("any", "inputs"), ("any", "outputs")}
