"""Equal nodes become one; what only looks equal does not."""

from __future__ import annotations

import time

import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node, recording_source
from pentad.graph.sizes import SizeScope, symbol
from pentad.graph.text import print_graph
from pentad.graph.verify import verify
from pentad.passes.cse import cse
from tests.passes.instances import assert_equal_values, random_graph

F32 = dtypes.float32
a, b = (input_node(n, (2, 3), F32) for n in "ab")


def merges(x: Node, y: Node) -> bool:
    after = cse(Graph([a, b], [x, y]))
    verify(after)
    return after.outputs[0] is after.outputs[1]


@pytest.mark.parametrize(
    "build",
    [
        lambda: ops.exp(a),
        lambda: a + b,
        lambda: ops.full(1.0, (2,), F32),
        lambda: ops.full(float("nan"), (2,), F32),
        lambda: ops.transpose(ops.exp(a), (1, 0)),
        lambda: ops.iota((2, 3), 0, F32),
    ],
)
def test_equal_nodes_become_one(build):
    assert merges(build(), build())


def test_the_order_of_commutative_operands_does_not_matter():
    assert merges(a + b, b + a)
    assert merges(ops.maximum(a, b), ops.maximum(b, a))
    assert not merges(a - b, b - a)
    assert not merges(ops.pow(a, b), ops.pow(b, a))


@pytest.mark.parametrize(
    "x, y",
    [
        (ops.full(0.0, (2,), F32), ops.full(-0.0, (2,), F32)),
        (ops.full(1, (2,), dtypes.int32), ops.full(True, (2,), dtypes.bool_)),
        (ops.full(1, (2,), dtypes.int32), ops.full(1, (2,), dtypes.int64)),
        (ops.full(1, (2,), dtypes.int32), ops.full(1, (1, 2), dtypes.int32)),
        (ops.iota((2, 2), 0, F32), ops.iota((2, 2), 1, F32)),
        (ops.exp(a), ops.log(a)),
        (ops.exp(a), ops.exp(b)),
        (ops.cast(a, dtypes.int32), ops.cast(a, dtypes.int64)),
        (a, b),
    ],
)
def test_different_nodes_stay_two(x, y):
    assert not merges(x, y)


def test_the_first_line_stays():
    nodes = []
    for line in (3, 9):
        with recording_source(lambda line=line: f"a.py:{line}"):
            nodes.append(ops.exp(a))
    (merged,) = set(cse(Graph([a], nodes)).outputs)
    assert merged.source == "a.py:3"


def test_sizes_are_compared_by_structure():
    scope = SizeScope()
    n, m = symbol("n", 4, scope), symbol("m", 4, scope)
    x, y, z = (ops.full(1.0, (size,), F32) for size in (n, m, n))
    one, two, three = cse(Graph([], [x, y, z])).outputs
    assert one is three
    assert one is not two
    assert not scope.guards


@pytest.mark.parametrize("seed", range(30))
def test_random_graphs_keep_every_bit(seed):
    graph = random_graph(seed)
    doubled = Graph(graph.inputs, [*graph.outputs, *random_graph_again(graph, seed)])
    after = cse(doubled)
    verify(after)
    assert_equal_values(doubled, after, seed)
    half = len(graph.outputs)
    assert after.outputs[:half] == after.outputs[half:]
    assert print_graph(cse(after)) == print_graph(after)


def random_graph_again(graph: Graph, seed: int) -> list[Node]:
    """The same nodes built a second time over the same inputs."""
    copies: dict[Node, Node] = {n: n for n in graph.inputs}
    for n in graph.nodes:
        if n not in copies:
            copies[n] = Node(n.op, [copies[i] for i in n.inputs], dict(n.attrs), n.type)
    return [copies[n] for n in graph.outputs]


def test_two_chains_of_10000_nodes_become_one_fast():
    x = y = a
    for _ in range(10_000):
        x, y = ops.sin(x), ops.sin(y)
    start = time.perf_counter()
    after = cse(Graph([a], [x, y]))
    assert time.perf_counter() - start < 5
    assert len(after.nodes) == 10_001
