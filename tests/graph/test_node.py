"""Ops, nodes and graphs: what the table, inlining and reading of texts refuse."""

from __future__ import annotations

import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import GraphError
from pentad.graph.node import Graph, inline, input_node
from pentad.graph.op import TABLE, register
from pentad.graph.text import MAX_TEXT, parse_graph

F32 = dtypes.float32


def test_a_name_is_given_to_one_op() -> None:
    before = dict(TABLE)
    with pytest.raises(GraphError, match="op 'exp' is registered twice"):
        register(TABLE["exp"])
    assert before == TABLE


def test_inlining_asks_for_an_argument_for_each_input() -> None:
    x = input_node("x", (2,), F32)
    with pytest.raises(GraphError, match="wrong number of arguments") as caught:
        inline(Graph([x], [ops.exp(x)]), [x, x])
    assert "expected: 1 arguments" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("#" * (MAX_TEXT + 1), "longer than"),
        ("graph (x: float32[2]) {\n  %0 = reshape(%x) {shape=(-2.5 * 2,)} : float32[2]\n"
         "  return %0\n}", "arithmetic is for sizes only"),
        ("graph (x: float32[-1]) {\n  return %x\n}", "negative"),
        ("graph (x: float32[" + "*".join(f"(a{i} + 1)" for i in range(7)) + "]) {\n"
         "  return %x\n}", "more than 64 terms"),
    ],
    ids=["long", "float", "negative", "terms"],
)  # fmt: skip
def test_texts_that_are_no_graph_are_refused(text: str, match: str) -> None:
    with pytest.raises(GraphError, match=match):
        parse_graph(text)
