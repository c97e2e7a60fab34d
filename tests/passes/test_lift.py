"""Slices move to the inputs: what they drop is not computed, what they keep has the same bits."""

from __future__ import annotations

import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node
from pentad.graph.sizes import symbol
from pentad.graph.verify import verify
from pentad.passes.lift import lift
from pentad.passes.pipeline import run
from pentad.passes.rewrite import recording_rules
from tests.passes.instances import assert_close_values, assert_equal_values, random_graph

F64 = dtypes.float64


def given(*shape: int, name: str = "x") -> Node:
    return input_node(name, shape, F64)


def first(x: Node, n: int = 1) -> Node:
    """The first n elements along the first axis."""
    return ops.slice_(x, (0,) * x.ndim, (n, *x.shape[1:]))


def lifted(graph: Graph) -> Graph:
    after = lift(graph)
    verify(after)
    assert_equal_values(graph, after)
    return after


def shapes(graph: Graph) -> set[tuple[object, ...]]:
    """The shapes of what is computed."""
    return {n.shape for n in graph.nodes if n.op.name not in ("input", "slice")}


def test_a_row_of_a_formula_is_a_formula_of_rows():
    x, y = given(6, 4), given(6, 4, name="y")
    after = lifted(Graph([x, y], [first(ops.exp(x) * ops.full_like(3.0, x) + y * ops.exp(x))]))
    assert shapes(after) == {(1, 4)}
    assert [n.op.name for n in after.nodes].count("slice") == 2


@pytest.mark.parametrize("step", [1, 2])
def test_broadcasts_and_transposes(step):
    x, row = given(6, 4), given(4, name="row")
    whole = ops.transpose(x, (1, 0)) * ops.transpose(ops.broadcast(row, (6, 4), (1,)), (1, 0))
    part = ops.slice_(whole, (1, 2), (4, 6), (1, step))
    after = lifted(Graph([x, row], [part]))
    assert (4, 6) not in shapes(after)


def test_a_repeated_number_is_read_whole():
    x, number = given(6, 4), given(name="n")
    after = lifted(Graph([x, number], [first(x + ops.broadcast(number, (6, 4), ()))]))
    assert shapes(after) == {(1, 4)}


@pytest.mark.parametrize("start, limit", [(0, 2), (1, 2), (1, 5), (2, 5), (6, 9), (0, 9), (3, 3)])
def test_parts_of_a_concatenation(start, limit):
    xs = [given(n, 3, name=f"x{n}") for n in (2, 3, 4)]
    whole = ops.concatenate([ops.exp(x) for x in xs], 0)
    after = lifted(Graph(xs, [ops.slice_(whole, (start, 0), (limit, 3))]))
    computed = sum(n.shape[0] for n in after.nodes if n.op.name == "exp")
    assert computed == (limit - start if limit > start else 9)


def test_rows_and_columns_of_a_product():
    x, y = given(2, 6, 5), given(2, 5, 7, name="y")
    product = ops.dot_general(x, y, contract=((2,), (1,)), batch=((0,), (0,)))
    part = ops.slice_(product, (1, 2, 3), (2, 4, 7))
    graph = Graph([x, y], [part])
    after = lift(graph)
    verify(after)
    assert_close_values(graph, after)
    assert shapes(after) == {(1, 2, 4)}
    [made] = [n for n in after.nodes if n.op.name == "dot_general"]
    assert [n.shape for n in made.inputs] == [(1, 2, 5), (1, 5, 4)]


def test_what_others_read_stays_whole():
    x = given(6, 4)
    e = ops.exp(x)
    for graph in (
        Graph([x], [first(e), e]),
        Graph([x], [first(e), ops.neg(e)]),
        Graph([x], [first(e), first(e, 2)]),
        Graph([x], [first(ops.reduce_max(e, (1,)))]),
    ):
        after = lifted(graph)
        assert (6, 4) in shapes(after)
        assert len(after.nodes) == len(graph.nodes)


def test_several_readers_of_the_same_part_share_it():
    x = given(6, 4)
    e = ops.exp(x)
    after = lifted(Graph([x], [first(e) + first(ops.neg(e))]))
    assert shapes(after) == {(1, 4)}


def test_sizes_that_are_not_known_ask_nothing():
    n = symbol("n", 6)
    x = input_node("x", (n, 4), F64)
    part = ops.slice_(ops.exp(x), (0, 0), (n, 2))
    after = lift(Graph([x], [part]))
    verify(after)
    [e] = [node for node in after.nodes if node.op.name == "exp"]
    assert e.shape[1] == 2


def test_the_rule_is_told():
    x = given(6, 4)
    with recording_rules() as fired:
        run(Graph([x], [first(ops.exp(x))]))
    assert [f.rule for f in fired] == ["slice of exp"]


def test_a_graph_without_slices_is_returned_as_it_is():
    x = given(3)
    graph = Graph([x], [ops.exp(x)])
    assert lift(graph) is graph


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_keep_every_bit(seed):
    graph = random_graph(seed, 20)
    outputs = [first(n) if n.ndim and n.shape[0] > 1 else n for n in graph.outputs]
    lifted(Graph(graph.inputs, outputs))
