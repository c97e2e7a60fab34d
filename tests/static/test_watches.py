"""Host steps that only look at values, amid what is computed."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import static


class Broken(pt.PentadError):
    """What the check below raises."""


def _noted(seen):
    def look(x, *rest):
        seen.append(np.array(x).tolist())
        return x

    return look


def _checked(x):
    if np.any(x > 100):
        raise Broken("too large")
    return x


def _passed(node, inputs, gradients):
    return (gradients[0], *[None] * (len(inputs) - 1))


def watch(graph, function, symbol, *more):
    op = static.Op("watch", function, host=True, effect=True, watches=True, backward=_passed)
    return static.apply(graph, op, [symbol, *more], types=[symbol.static_type]).outputs[0]


MUL = static.Op("mul", lambda a, b: a * b)
SUM = static.Op("sum", lambda a: a.sum())


@pytest.fixture
def step():
    """A graph with a step of training that is looked at amid the way: w -= grad(sum(w * x)^2)."""
    graph = static.Graph()
    x = static.placeholder(graph, pt.float64, (3,))
    w = static.variable(graph, pt.float64, (3,))
    store = static.Store()
    store.set(w.node, np.ones(3))
    return graph, store, x, w


def _training(graph, x, w, look):
    product = static.apply(graph, MUL, [w, x]).outputs[0]
    product = look(product)
    total = static.apply(graph, SUM, [product]).outputs[0]
    loss = static.apply(graph, MUL, [total, total]).outputs[0]
    [gradient] = static.gradients([loss], [w])
    less = static.Op("less", lambda a, b: a - 0.5 * b)
    new = static.apply(graph, less, [w, gradient]).outputs[0]
    return loss, static.assign(w, new)


def test_a_step_that_is_looked_at_is_compiled(step):
    graph, store, x, w = step
    seen = []
    loss, update = _training(graph, x, w, lambda p: watch(graph, _noted(seen), p))
    run = static.Run(store, [loss, update], [x])
    assert run.reason is None
    [found, _] = run([np.array([1.0, 2.0, 3.0])])
    assert run.reason is None
    assert found == 36.0
    assert seen == [[1.0, 2.0, 3.0]]
    # d loss / d w = 2 * 6 * x, and the gradient passes what looks.
    assert store.tensor(w.node).numpy().tolist() == [-5.0, -11.0, -17.0]
    eager = static.Run(store, [loss, update], [x], eager_first=5)
    store.set(w.node, np.ones(3))
    assert eager([np.array([1.0, 2.0, 3.0])])[0] == 36.0
    assert seen == [[1.0, 2.0, 3.0]] * 2
    assert store.tensor(w.node).numpy().tolist() == [-5.0, -11.0, -17.0]


def test_a_check_that_fails_leaves_variables_as_they_were(step):
    graph, store, x, w = step
    loss, update = _training(graph, x, w, lambda p: watch(graph, _checked, p))
    run = static.Run(store, [loss, update], [x])
    run([np.array([0.0, 0.0, 1.0])])
    before = store.tensor(w.node).numpy().copy()
    assert run.reason is None
    store.set(w.node, np.ones(3))
    with pytest.raises(Broken):
        run([np.array([1000.0, 0.0, 0.0])])
    assert store.tensor(w.node).numpy().tolist() == [1.0, 1.0, 1.0]
    assert run.reason is None
    run([np.array([0.0, 0.0, 1.0])])
    assert store.tensor(w.node).numpy().tolist() == before.tolist()


def test_what_one_step_sees_another_sees_too(step):
    graph, store, x, w = step
    first, second, scaled = [], [], []
    twice = static.Op("twice", lambda v: 2 * v, host=True, differentiable=False)

    def look(p):
        p = watch(graph, _noted(first), p)
        more = static.apply(graph, twice, [p], types=[p.static_type]).outputs[0]

        def both(value, other):
            second.append(value.tolist())
            scaled.append(other.tolist())
            return value

        return watch(graph, both, p, more)

    loss, update = _training(graph, x, w, look)
    run = static.Run(store, [loss, update], [x])
    run([np.array([1.0, 0.0, 0.0])])
    assert run.reason is None
    assert first == second == [[1.0, 0.0, 0.0]]
    assert scaled == [[2.0, 0.0, 0.0]]


def test_a_watch_can_be_fetched(step):
    graph, store, x, w = step
    seen = []
    kept = []

    def look(p):
        kept.append(watch(graph, _noted(seen), p))
        return kept[0]

    loss, update = _training(graph, x, w, look)
    run = static.Run(store, [kept[0], update], [x])
    assert run([np.array([1.0, 2.0, 3.0])])[0].tolist() == [1.0, 2.0, 3.0]
    assert run.reason is None
    assert seen == [[1.0, 2.0, 3.0]]


def test_other_steps_amid_what_is_computed_still_run_eagerly(step):
    graph, store, x, w = step
    changing = static.Op("changing", lambda v: v + 1, host=True, differentiable=False)

    def look(p):
        return static.apply(graph, changing, [p], types=[p.static_type]).outputs[0]

    product = static.apply(graph, MUL, [w, x]).outputs[0]
    total = static.apply(graph, SUM, [look(product)]).outputs[0]
    run = static.Run(store, [total], [x])
    assert "runs in Python" in run.reason
    assert run([np.array([1.0, 2.0, 3.0])])[0] == 9.0
