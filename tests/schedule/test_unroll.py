"""Loops over a few elements are written out, and compute the same."""

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.passes.pipeline import run as run_passes
from pentad.runtime.interpreter import run as interpret
from pentad.schedule.lower import lower
from pentad.target import cpu
from tests.runtime.native import run_native

PAIRS = (5, 3, 6, 2, 7, 2)
KINDS = {"sum": ops.reduce_sum, "prod": ops.reduce_prod, "max": ops.reduce_max,
         "min": ops.reduce_min}


def specs(graph):
    return [step.spec for step in lower(run_passes(graph), cpu.host()).steps]


def values(graph, seed=0):
    rng = np.random.default_rng(seed)
    return [
        rng.integers(-9, 9, n.shape).astype(n.dtype.numpy) if n.dtype.kind != "float"
        else rng.standard_normal(n.shape).astype(n.dtype.numpy) for n in graph.inputs
    ]


def same(graph, given=None, specialise=True):
    given = values(graph) if given is None else given
    _, found = run_native(graph, [g.copy() for g in given], specialise=specialise)
    for a, b in zip(found, interpret(graph, given), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def window(kind, dtype=dtypes.float32):
    x = input_node("x", PAIRS, dtype)
    return Graph([x], [KINDS[kind](x, (3, 5))])


@pytest.mark.parametrize("specialise", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_reduction_of_few_elements_is_a_chain(kind, specialise):
    graph = window(kind)
    [spec] = specs(graph)
    assert spec.reduced == 0
    assert not spec.stages[0].reductions
    same(graph, specialise=specialise)


@pytest.mark.parametrize("dtype", [dtypes.int32, dtypes.int64, dtypes.float64])
def test_chains_of_other_dtypes(dtype):
    same(window("max", dtype))
    same(window("sum", dtype))


def test_a_nan_is_the_largest_of_a_window():
    graph = window("max")
    [x] = values(graph)
    x[1, 2, 3, 1, 4, 0] = np.nan
    _, [found] = run_native(graph, [x], specialise=True)
    np.testing.assert_array_equal(found, x.max((3, 5)))
    assert np.isnan(found).sum() == 1


def test_half_precision_keeps_its_wide_sums():
    [spec] = specs(window("sum", dtypes.float16))
    assert spec.reduced == 2


def test_values_of_every_element_and_of_windows_in_one_loop():
    x = input_node("x", PAIRS, dtypes.float32)
    top = ops.broadcast(ops.reshape(ops.reduce_max(x, (3, 5)), (5, 3, 6, 1, 7, 1)), PAIRS)
    same(Graph([x], [ops.where(ops.eq(x, top), ops.exp(top), x), top]))


def test_a_map_over_pairs_has_lanes_over_what_is_before():
    x = input_node("x", (40, 2), dtypes.float32)
    b = input_node("b", (2,), dtypes.float32)
    graph = Graph([x, b], [ops.mul(x, ops.broadcast(b, (40, 2)))])
    [spec] = specs(graph)
    assert spec.dims == (40,)
    assert len(spec.stages[0].stores) == 2
    same(graph)
    same(graph, specialise=False)


def test_elements_are_counted_where_loops_are_written_out():
    position = ops.iota((30, 3), 1, dtypes.int64)
    x = input_node("x", (30, 3), dtypes.int64)
    row = ops.iota((30, 3), 0, dtypes.int64)
    same(Graph([x], [ops.add(ops.mul(position, row), ops.transpose(x, (0, 1)))]))


def test_long_bodies_stay_loops():
    x = input_node("x", (40, 3), dtypes.float32)
    b = input_node("b", (3,), dtypes.float32)
    y = ops.add(x, ops.broadcast(b, (40, 3)))
    for _ in range(3):
        y = ops.tanh(y)
    [spec] = specs(Graph([x, b], [y]))
    assert spec.dims == (40, 3)


def test_short_lines_take_turns_within_a_task():
    x = input_node("x", (50, 6, 5), dtypes.float32)
    y = ops.transpose(x, (0, 2, 1))
    graph = Graph([x], [ops.exp(y)])
    [spec] = specs(graph)
    assert spec.parallel < len(spec.dims) - 1
    same(graph)
    same(graph, specialise=False)
