"""Ops that work with what a store keeps beside variables."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import pentad as pt
from pentad import static


def _next(store, node, step, first):
    store.resources[node] = store.resources.get(node, first - int(step)) + int(step)
    return np.int64(store.resources[node])


COUNT = static.ResourceOp("count", _next)


def test_a_counter_of_each_store():
    graph = static.Graph()
    step = static.placeholder(graph, pt.int64, ())
    types = [static.Type(pt.int64, ())]
    count = static.apply(graph, COUNT, [step], {"first": 5}, types=types).outputs[0]
    doubled = static.apply(graph, static.Op("twice", lambda x: x * 2), [count]).outputs[0]
    runs = [static.Run(static.Store(), [doubled, count], [step]) for _ in range(2)]
    assert [r([3]) for r in (runs[0], runs[0], runs[1])] == [[10, 5], [16, 8], [10, 5]]


def test_a_number_that_python_gives_may_be_a_size():
    graph = static.Graph()
    step = static.placeholder(graph, pt.int64, ())
    types = [static.Type(pt.int64, ())]
    count = static.apply(graph, COUNT, [step], {"first": 2}, types=types).outputs[0]
    range_op = static.Op("range", lambda n: pt.arange(int(n)) * 2, sizes=(0,))
    found = static.apply(graph, range_op, [count]).outputs[0]
    assert found.static_type.shape == (None,)
    run = static.Run(static.Store(), [found], [step])
    assert [run([1])[0].tolist() for _ in range(3)] == [[0, 2], [0, 2, 4], [0, 2, 4, 6]]
    assert run.reason is None


def test_threads_that_begin_together_share_what_is_kept():
    store, together = static.Store(), threading.Barrier(4)

    def make():
        time.sleep(0.02)
        return object()

    def ask(_):
        together.wait()
        return store.resource("queue", make)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1


def test_large_constants():
    graph = static.Graph()
    value = static.constant(graph, np.arange(100.0))
    run = static.Run(static.Store(), [value], [])
    run([])[0][0] = 5
    assert run([])[0].tolist() == list(range(100))


def test_a_fed_number_may_be_an_index():
    graph = static.Graph()
    table, index = static.constant(graph, np.arange(3)), static.placeholder(graph, pt.int64, ())
    pick = static.Op("pick", lambda x, i: x[i], known=lambda x, i: x[i])
    found = static.apply(graph, pick, [table, index]).outputs[0]
    run = static.Run(static.Store(), [found], [index])
    assert [run([i])[0].tolist() for i in (2, 0)] == [2, 0]


def test_texts_are_moved_as_arrays():
    graph = static.Graph()
    words = static.placeholder(graph, static.STRING, (None,))
    column = static.Op("column", lambda x: x[:, None], known=lambda x: x[:, None])
    found = static.apply(graph, column, [words]).outputs[0]
    assert found.static_type == static.Type(static.STRING, (None, 1))
    run = static.Run(static.Store(), [found], [words])
    assert run([np.array([b"a", b"bc"], object)])[0].tolist() == [[b"a"], [b"bc"]]
