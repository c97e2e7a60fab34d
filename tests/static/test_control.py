"""Branches and loops of graphs, eager and compiled, and gradients through them."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import static
from tests.static.common import ADD, LENGTH, MUL, SUB, SUM, TANH, make

SCALAR = static.Type(pt.float64, ())


@pytest.fixture(params=[0, 9], ids=["compiled", "eager"])
def eager_first(request):
    return request.param


@pytest.fixture
def graph():
    return static.Graph()


def test_scan_and_its_gradient(graph, eager_first):
    x = static.placeholder(graph, pt.float64, (None, 2))
    row = static.Type(pt.float64, (2,))
    with graph.inside() as body:
        item, carry = static.parameter(graph, row, "item"), static.parameter(graph, row, "carry")
        after = make(TANH, make(ADD, item, make(MUL, carry, carry)))
    start = static.constant(graph, np.zeros(2))
    node = static.scan(
        graph, static.block(body, [item, carry], [after, after]), make(LENGTH, x), [x], [start],
        [row, static.Type(pt.float64, (None, 2))],
    )
    [g] = static.gradients([make(SUM, node.outputs[1])], [x])
    run = static.Run(static.Store(), [*node.outputs, g], [x], eager_first=eager_first)
    value = np.random.default_rng(0).standard_normal((4, 2))

    def total(v):
        s, out = np.zeros(2), 0.0
        for r in v:
            s = np.tanh(r + s * s)
            out += s.sum()
        return s, out

    last, ys, found = run([value])
    np.testing.assert_allclose(last, total(value)[0], rtol=1e-12)
    assert ys.shape == (4, 2)
    for place in ((0, 0), (2, 1)):
        step = np.zeros_like(value)
        step[place] = 1e-6
        slope = (total(value + step)[1] - total(value - step)[1]) / 2e-6
        np.testing.assert_allclose(found[place], slope, rtol=1e-7)


def test_a_branch_may_write_variables(graph, eager_first):
    w = static.variable(graph, pt.float64, (), "w")
    p = static.placeholder(graph, pt.bool, ())
    two = static.constant(graph, 2.0, pt.float64)
    with graph.inside() as first:
        doubled = static.assign(w, make(MUL, w, two)).outputs[0]
    with graph.inside() as second:
        kept = make(ADD, w, two)
    node = static.cond(
        p, (static.block(first, [], [doubled]), static.block(second, [], [kept])), [SCALAR]
    )
    store = static.Store()
    store.set(w.node, 1.0)
    run = static.Run(store, node.outputs, [p], eager_first=eager_first)
    assert [run([v])[0] for v in (True, False, True)] == [2.0, 4.0, 4.0]
    assert store.values[w.node].item() == 4.0


@pytest.mark.parametrize("limit", [None, 20])
def test_while_and_its_gradient(graph, eager_first, limit):
    x = static.placeholder(graph, pt.float64, ())
    count = static.Type(pt.float64, ())
    one, five = (static.constant(graph, v, pt.float64) for v in (1.0, 5.0))
    less = static.Op("less", lambda a, b: a < b)
    with graph.inside() as body:
        i, y = static.parameter(graph, count, "i"), static.parameter(graph, SCALAR, "y")
        asks = static.block(body, [i, y], [make(less, i, five)])
    with graph.inside() as body:
        i2, y2 = static.parameter(graph, count, "i"), static.parameter(graph, SCALAR, "y")
        step = static.block(body, [i2, y2], [make(ADD, i2, one), make(MUL, y2, x)])
    node = static.while_loop(
        graph, asks, step, [make(SUB, one, one), one], [count, SCALAR], max_steps=limit
    )
    [g] = static.gradients([node.outputs[1]], [x])
    plain = static.Run(static.Store(), [node.outputs[1]], [x], eager_first=eager_first)
    assert plain.reason is None
    assert plain([2.0]) == [32.0]
    run = static.Run(static.Store(), [g], [x], eager_first=eager_first)
    assert (run.reason is None) == (limit is not None)
    assert run([2.0]) == [80.0]


def test_gradients_of_gradients(graph, eager_first):
    x = static.placeholder(graph, pt.float64, ())
    [first] = static.gradients([make(MUL, x, make(MUL, x, x))], [x])
    [second] = static.gradients([first], [x])
    run = static.Run(static.Store(), [first, second], [x], eager_first=eager_first)
    assert run([2.0]) == [12.0, 12.0]
    assert static.gradients([first], [static.constant(graph, 1.0)]) == [None]


def test_random_numbers_within_a_loop_differ_and_repeat(graph, eager_first):
    draw = static.RandomOp("draw", lambda g: pt.rand((), generator=g, dtype=pt.float64))
    with graph.inside() as body:
        carry = static.parameter(graph, SCALAR, "carry")
        drawn = static.apply(graph, draw, extra={"seed": 1}).outputs[0]
        block = static.block(body, [carry], [make(ADD, carry, drawn), drawn])
    node = static.scan(graph, block, static.constant(graph, 4), [],
                       [static.constant(graph, 0.0, pt.float64)],
                       [SCALAR, static.Type(pt.float64, (4,))])
    found = []
    for _ in range(2):
        pt.manual_seed(5)
        run = static.Run(static.Store(), [node.outputs[1]], [], eager_first=eager_first)
        found.append([run([])[0].tolist() for _ in range(2)])
    assert found[0] == found[1]
    assert len({v for row in found[0] for v in row}) == 8


def test_what_a_body_takes_from_outside_can_be_replaced(graph, eager_first):
    x, y = (static.placeholder(graph, pt.float64, ()) for _ in range(2))
    square = make(MUL, x, x)
    with graph.inside() as body:
        carry = static.parameter(graph, SCALAR, "carry")
        block = static.block(body, [carry], [make(ADD, carry, square)])
    node = static.scan(graph, block, static.constant(graph, 3), [],
                       [static.constant(graph, 0.0, pt.float64)], [SCALAR])
    [copy] = static.clone(node.outputs, {square: y})
    run = static.Run(
        static.Store(), [node.outputs[0], copy], [x, y], replaced={x: y}, eager_first=eager_first
    )
    assert run([5.0, 2.0]) == [12.0, 6.0]


def test_a_branch_that_writes_comes_after_who_reads_beside_it(graph, eager_first):
    w = static.variable(graph, pt.float64, (), "w")
    one = static.constant(graph, 1.0, pt.float64)
    p = static.placeholder(graph, pt.bool, ())
    with graph.inside() as first:
        more = static.assign(w, make(ADD, w, one)).outputs[0]
    with graph.inside() as second:
        same = make(ADD, w, one)
    blocks = (static.block(first, [], [more]), static.block(second, [], [same]))
    node = static.cond(p, blocks, [SCALAR])
    before = make(MUL, w, one)
    store = static.Store()
    store.set(w.node, 1.0)
    run = static.Run(store, [node.outputs[0], before], [p], eager_first=eager_first)
    assert run([True]) == [2.0, 1.0]


def test_steps_in_python_within_a_branch_run_eagerly(graph):
    shout = static.Op("shout", lambda a: a + 1.0, host=True)
    p, x = static.placeholder(graph, pt.bool, ()), static.placeholder(graph, pt.float64, ())
    with graph.inside() as first:
        up = static.apply(graph, shout, [x], types=[SCALAR]).outputs[0]
    with graph.inside() as second:
        pass
    node = static.cond(
        p, (static.block(first, [], [up]), static.block(second, [], [x])), [SCALAR])
    run = static.Run(static.Store(), node.outputs, [p, x])
    assert "within a branch or loop" in run.reason
    assert [run([v, 1.0])[0] for v in (True, False)] == [2.0, 1.0]


def test_the_gradients_of_each_element(graph, eager_first):
    x, y = (static.placeholder(graph, pt.float64, (None,)) for _ in "xy")
    [rows, none] = static.jacobian(make(TANH, make(MUL, x, x)), [x, y])
    assert none is None
    [slope] = static.gradients([make(SUM, make(MUL, x, make(MUL, x, x)))], [x])
    [curved] = static.jacobian(slope, [x])
    run = static.Run(static.Store(), [rows, curved], [x], eager_first=eager_first)
    v = np.array([0.5, -1.0, 0.25])
    found, second = run([v])
    np.testing.assert_allclose(found, np.diag(2 * v / np.cosh(v * v) ** 2), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(second, np.diag(6 * v), rtol=1e-12, atol=1e-15)
