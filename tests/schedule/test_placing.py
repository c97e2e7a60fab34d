"""Rows placed into a donated input, such as a cache of keys and values, are written in place."""

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node
from pentad.passes.pipeline import run as run_passes
from pentad.runtime.interpreter import run as interpret
from pentad.schedule.lower import lower
from pentad.target import cpu
from tests.runtime.native import run_native

F32 = dtypes.float32


def placed(old: Node, rows: Node, at: Node, mode: str = "clip") -> Node:
    return ops.scatter(old, rows, at, axes=(0,), kind="set", mode=mode)


def graph_of(kind: str) -> Graph:
    old, rows = input_node("old", (40, 8), F32), input_node("rows", (2, 8), F32)
    at = input_node("at", (2,), dtypes.int64)
    if kind == "checked":
        return Graph([old, rows, at], [placed(old, rows, at, "check")])
    if kind == "read after":
        new = placed(old, rows, at)
        return Graph([old, rows, at], [new, ops.exp(new)])
    if kind == "read before":
        new = placed(old, rows, at)
        return Graph([old, rows, at], [new, ops.reduce_sum(ops.exp(old), axes=(1,))])
    if kind == "own rows":
        new = placed(old, ops.slice_(old, (3, 0), (5, 8)), at)
        return Graph([old, rows, at], [new])
    new = placed(old, rows + ops.slice_(old, (3, 0), (5, 8)), at)
    return Graph([old, rows, at], [new])


def steps(kind: str) -> list[str]:
    program = lower(run_passes(graph_of(kind)), cpu.by_name("avx2"), donated={0: 0})
    return [s.label for s in program.steps]


@pytest.mark.parametrize("kind", ["read after", "read before", "changed rows"])
def test_nothing_is_copied(kind):
    assert steps(kind).count("scatter") == 1
    assert "copy" not in steps(kind)


@pytest.mark.parametrize("kind", ["own rows", "checked"])
def test_what_may_not_be_overwritten_yet_is_made_elsewhere(kind):
    assert steps(kind).count("scatter") == 2
    assert "copy" in steps(kind)


@pytest.mark.parametrize("specialise", [False, True])
@pytest.mark.parametrize("kind", ["read after", "read before", "own rows", "checked"])
def test_what_was_placed_is_right(kind, specialise):
    graph = graph_of(kind)
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((40, 8), np.float32), rng.standard_normal((2, 8), np.float32),
              np.array([4, 3])]  # fmt: skip
    status, found = run_native(graph, arrays, specialise=specialise, donated={0: 0})
    assert status == 0
    for a, b in zip(found, interpret(graph, arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize("kind", ["add", "set"])
@pytest.mark.parametrize("columns", [64, 65, 200])
def test_blocks_of_columns_are_placed_in_parallel(kind, columns):
    x, rows = input_node("x", (2, 5, columns), F32), input_node("rows", (2, 30, columns), F32)
    at = input_node("at", (30,), dtypes.int64)
    updates = ops.transpose(rows, (1, 0, 2))
    graph = Graph([x, rows, at], [ops.scatter(x, updates, at, axes=(1,), kind=kind)])
    program = lower(run_passes(graph), cpu.by_name("host"))
    [call] = [s for s in program.steps if s.label == "scatter" and len(s.buffers) > 2]
    assert call.n == 2 * -(-columns // 64)
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(n.shape).astype(np.float32) for n in (x, rows)]
    arrays.append(rng.integers(-5, 5, 30))
    for specialise in (False, True):
        status, [found] = run_native(graph, arrays, specialise=specialise)
        assert status == 0
        np.testing.assert_array_equal(found, interpret(graph, arrays)[0])


@pytest.mark.parametrize("kind", ["zeros", "computed", "computed and read", "an input", "products"])
def test_what_is_computed_lies_where_a_scatter_places_into_it(kind):
    """Its kernel stores it there, and nothing is copied; what lies elsewhere is."""
    x, rows = input_node("x", (40, 8), F32), input_node("rows", (30, 8), F32)
    at = input_node("at", (30,), dtypes.int64)
    onto = {"zeros": ops.full(0.0, (40, 8), F32), "an input": x,
            "products": ops.matmul(x, ops.slice_(x, (0, 0), (8, 8)))}.get(kind, ops.exp(x))
    outputs = [ops.scatter(onto, rows, at, axes=(0,), kind="add")]
    if kind == "computed and read":
        outputs += [onto, ops.reduce_sum(onto, (1,))]
    graph = Graph([x, rows, at], outputs)
    copied = {"an input", "products"}
    labels = [s.label for s in lower(run_passes(graph), cpu.by_name("host")).steps]
    assert labels.count("scatter") == 1 + (kind in copied)
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(n.shape).astype(np.float32) for n in (x, rows)]
    arrays.append(rng.integers(0, 40, 30))
    status, found = run_native(graph, arrays, specialise=True)
    assert status == 0
    for a, b in zip(found, interpret(graph, arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)
