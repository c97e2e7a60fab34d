"""Ops that work with what a store keeps beside variables."""

from __future__ import annotations

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
