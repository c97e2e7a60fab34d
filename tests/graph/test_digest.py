"""Equal graphs have equal digests, and no others."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.digest import digest, lines_of
from pentad.graph.node import Graph, Node, input_node
from pentad.graph.op import TABLE
from pentad.graph.sizes import symbol


def graph(shape=(3, 4), dtype=dtypes.float32, value=2.0, swap=False, name="x", lines=(None, None)):
    x = input_node(name, shape, dtype)
    y = input_node("y", shape, dtype)
    a, b = (y, x) if swap else (x, y)
    node = ops.sub(a, b)
    node = Node(node.op, node.inputs, node.attrs, node.type, lines[0])
    full = ops.full(value, shape, dtype)
    node = ops.mul(node, full)
    return Graph([x, y], [Node(node.op, node.inputs, node.attrs, node.type, lines[1])])


def test_equal_graphs_are_equal_in_every_process():
    code = "from tests.graph.test_digest import digest, graph; print(digest(graph()))"
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert digest(graph()) == digest(graph(name="another")) == other.strip()


@pytest.mark.parametrize(
    "other",
    [
        graph(shape=(4, 3)), graph(dtype=dtypes.float64), graph(value=3.0),
        graph(value=-2.0), graph(swap=True), graph(lines=("a:1", "a:2")),
    ],
)  # fmt: skip
def test_what_differs_has_another(other):
    assert digest(other) != digest(graph())


def test_zeros_of_both_signs_and_the_order_of_outputs():
    assert digest(graph(value=0.0)) != digest(graph(value=-0.0))
    one = graph()
    twice = Graph(one.inputs, [*one.outputs, one.inputs[0]])
    turned = Graph(one.inputs, [one.inputs[0], *one.outputs])
    assert len({digest(g) for g in (one, twice, turned)}) == 3
    assert digest(Graph(one.inputs[::-1], one.outputs)) != digest(one)


def test_lines_may_move_but_not_part():
    moved, parted = graph(lines=("a:5", "a:9")), graph(lines=("a:5", "a:5"))
    assert digest(moved) == digest(graph(lines=("a:1", "a:2"))) != digest(parted)
    assert lines_of(moved) == ["a:5", "a:9"]


def test_sub_graphs_count():
    def looped(value):
        c = input_node("c", (2,), dtypes.float32)
        body = Graph([c], [ops.add(c, ops.full(value, (2,), dtypes.float32))])
        x = input_node("x", (2,), dtypes.float32)
        return Graph([x], [ops.loop([x], body=body, length=3)[0]])

    assert digest(looped(1.0)) == digest(looped(1.0)) != digest(looped(2.0))


def test_no_digest():
    x = input_node("x", (symbol("n", 4, None),), dtypes.float32)
    assert digest(Graph([x], [ops.neg(x)])) is None
    y = input_node("y", (4,), dtypes.float32)
    foreign = replace(TABLE["neg"], lower=lambda k, v: v)
    assert digest(Graph([y], [Node(foreign, (y,), {}, y.type)])) is None
    assert digest(Graph([y], [Node(TABLE["neg"], (y,), {"f": print}, y.type)])) is None
