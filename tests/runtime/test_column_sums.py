"""Sums over rows: each column has its own lane, however many stand side by side."""

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from tests.runtime.native import run_native

ROWS = 37


def graph(columns):
    x = input_node("x", (ROWS, columns), dtypes.float32)
    y = input_node("y", (ROWS, columns), dtypes.float32)
    scaled = ops.mul(x, y)
    return Graph([x, y], [ops.reduce_sum(scaled, (0,)), ops.reduce_max(scaled, (0,))])


@pytest.mark.parametrize("columns", [1, 3, 8, 20, 50, 63, 64, 65, 100])
def test_a_column_has_the_same_sum_beside_any_others(columns):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, ROWS, 100)).astype(np.float32)
    _, [sums, largest] = run_native(graph(100), [x, y], specialise=False)
    parts = [np.ascontiguousarray(v[:, :columns]) for v in (x, y)]
    _, found = run_native(graph(columns), parts, specialise=True)
    np.testing.assert_allclose(sums, (x * y).sum(0, dtype=np.float64), rtol=1e-5, atol=1e-5)
    if columns > 1:  # one column is a row, whose sum goes over lanes
        np.testing.assert_array_equal(found[0], sums[:columns])
    np.testing.assert_array_equal(found[1], largest[:columns])
