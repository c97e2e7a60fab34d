"""Loops and branches under the passes: what is known is decided, what nobody reads is dropped."""

from __future__ import annotations

import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node
from pentad.graph.verify import verify
from pentad.passes.control import control
from tests.passes.instances import assert_equal_values

F64 = dtypes.float64
X, Y = (input_node(n, (3,), F64) for n in "xy")


def branch(function: object) -> Graph:
    a, b = (input_node(n, (3,), F64) for n in "ab")
    return Graph([a, b], function(a, b))  # type: ignore[operator]


def chosen(predicate: Node) -> list[Node]:
    return ops.cond(
        predicate, [X, Y],
        branch(lambda a, b: [ops.sin(a), a + b]), branch(lambda a, b: [ops.cos(a), a - b]),
    )  # fmt: skip


@pytest.mark.parametrize(("known", "kept"), [(True, "sin"), (False, "cos")])
def test_a_known_predicate_leaves_one_branch(known: bool, kept: str) -> None:
    before = Graph([X, Y], chosen(ops.full(known, (), dtypes.bool_))[:1])
    after = control(before)
    verify(after)
    assert [n.op.name for n in after.nodes if n.op.name != "input"] == [kept]
    assert_equal_values(before, after)


def test_operands_that_only_dropped_results_need_are_dropped() -> None:
    predicate = input_node("p", (), dtypes.bool_)
    after = control(Graph([predicate, X, Y], chosen(predicate)[:1]))
    verify(after)
    [node] = [n for n in after.nodes if n.op.name == "cond"]
    assert node.inputs == (predicate, X)
