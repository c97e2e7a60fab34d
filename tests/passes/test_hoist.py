"""Sums that a loop only collects are made after it; what else it carries stays."""

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.graph.verify import verify
from pentad.ops.control import loop
from pentad.passes.control import control
from pentad.runtime.interpreter import run

F64 = dtypes.float64
STEPS, ROWS, WIDTH = 5, 3, 4


def collecting(term, *, reverse=False, read=lambda total, made: made, length=STEPS):
    """A loop over x and y that carries a state h and adds term(x, y, h) to a total."""
    total, h = input_node("total", (WIDTH, WIDTH), F64), input_node("h", (ROWS, WIDTH), F64)
    x, y = (input_node(n, (ROWS, WIDTH), F64) for n in "xy")
    made = ops.add(total, term(x, y, h))
    body = Graph([total, h, x, y], [read(total, made), ops.tanh(ops.add(h, x)), ops.mul(x, h)])
    outer = [
        input_node("t0", (WIDTH, WIDTH), F64), input_node("h0", (ROWS, WIDTH), F64),
        *(input_node(n, (length, ROWS, WIDTH), F64) for n in ("xs", "ys")),
    ]  # fmt: skip
    found = loop(outer[:2], outer[2:], body=body, length=length, reverse=reverse)
    return Graph(outer, found[:3])


def carries(graph):
    [node] = [n for n in graph.nodes if n.op.name == "loop"]
    return node.attrs["carries"]


def assert_same_values(before, after):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(n.shape) for n in before.inputs]
    for a, b in zip(run(before, arrays), run(after, arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def outer_product(x, y, h):
    return ops.dot_general(x, y, contract=((0,), (0,)))


TERMS = {
    "product of sequences": outer_product,
    "product with a carried value": lambda x, y, h: ops.dot_general(h, y, contract=((0,), (0,))),
    "product of what a step computes": lambda x, y, h: ops.dot_general(
        ops.sin(ops.mul(x, h)), y, contract=((0,), (0,))
    ),
    "in another order": lambda x, y, h: ops.transpose(outer_product(x, y, h), (1, 0)),
}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("term", TERMS.values(), ids=TERMS)
def test_products_are_summed_after_the_loop(term, reverse):
    before = collecting(term, reverse=reverse)
    after = control(before)
    verify(after)
    assert carries(after) == 1
    assert_same_values(before, after)


def test_loops_without_steps_leave_the_first_value():
    before = collecting(outer_product, length=0)
    after = control(before)
    assert carries(after) == 1
    assert_same_values(before, after)


def test_a_total_that_is_read_on_the_way_stays():
    seen = collecting(outer_product, read=lambda total, made: ops.add(made, ops.mul(total, total)))
    assert carries(control(seen)) == 2


def test_a_total_that_decides_the_next_step_stays():
    before = collecting(lambda x, y, h: ops.mul(outer_product(x, y, h), outer_product(y, x, h)))
    assert carries(control(before)) == 2


def test_factors_much_larger_than_the_total_are_not_stacked():
    total, x = input_node("total", (2,), F64), input_node("x", (2,), F64)
    wide = ops.sin(ops.broadcast(x, (1000, 2)))
    body = Graph([total, x], [ops.add(total, ops.reduce_sum(wide, (0,)))])
    outer = [input_node("t0", (2,), F64), input_node("xs", (STEPS, 2), F64)]
    [found, _] = loop(outer[:1], outer[1:], body=body, length=STEPS)
    before = Graph(outer, [found])
    after = control(before)
    assert carries(after) == 1
    assert_same_values(before, after)
