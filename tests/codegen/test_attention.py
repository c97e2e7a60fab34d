"""Attention's kernels against the formula, by ops, in other precision and in other order."""

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.ops.attention import attention
from pentad.ops.flash_attention import flash_attention, flash_attention_grad
from pentad.runtime.interpreter import run as interpret
from pentad.runtime.thread_pool import get_num_threads, set_num_threads
from tests.runtime.native import assert_close, run_native

SHAPES = [  # heads, queries, keys, d, e, causal
    ((), 16, 16, 8, 8, False),
    ((3,), 9, 11, 4, 3, True),
    ((2, 2), 40, 37, 8, 20, True),
    ((2,), 33, 300, 32, 17, False),
    ((1,), 150, 150, 33, 64, True),
    ((2,), 70, 200, 72, 130, True),
]


def types_of(lead, queries, keys, d, e):
    flat = queries * e + queries
    return [(*lead, queries, d), (*lead, keys, d), (*lead, keys, e), (*lead, flat),
            (*lead, queries, e), (*lead, queries)]  # fmt: skip


def drawn(shapes, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(s).astype(dtype.name) for s in shapes]


def graph_of(lead, queries, keys, d, e, causal, dtype, gradient):
    shapes = types_of(lead, queries, keys, d, e)
    inputs = [input_node(f"x{i}", s, dtype) for i, s in enumerate(shapes)]
    inputs = inputs if gradient else inputs[:3]
    op = flash_attention_grad if gradient else flash_attention
    return Graph(inputs, [op(*inputs, scale=0.3, causal=causal)])


def reference(lead, queries, keys, d, e, causal, arrays):
    """In float64, with the matrix: the result and the logarithms, side by side."""
    q, k, v = (a.astype(np.float64) for a in arrays[:3])
    scores = q @ np.swapaxes(k, -1, -2) * 0.3
    if causal:
        scores = np.where(np.tri(queries, keys, dtype=bool), scores, -np.inf)
    sums = np.log(np.exp(scores).sum(-1))
    out = np.exp(scores - sums[..., None]) @ v
    return np.concatenate([out.reshape(*lead, -1), sums], -1)


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64], ids=lambda d: d.name)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_attention_and_its_gradients(shape, dtype):
    arrays = drawn(types_of(*shape[:-1]), dtype)
    expected = reference(*shape, arrays)
    tolerance = 1e-5 if dtype is dtypes.float32 else 1e-13
    for specialise in (True, False):
        graph = graph_of(*shape, dtype, gradient=False)
        status, found = run_native(graph, arrays[:3], specialise=specialise)
        assert status == 0
        assert_close(found, [expected], tolerance)
    arrays[3] = expected.astype(dtype.name)
    graph = graph_of(*shape, dtype, gradient=True)
    _, found = run_native(graph, arrays, specialise=True)
    assert_close(found, interpret(graph, arrays), tolerance)


@pytest.mark.parametrize("gradient", [False, True])
def test_bits_do_not_depend_on_threads_or_on_which_sizes_are_known(gradient):
    shape = ((3, 2), 70, 140, 12, 20, True)
    arrays = drawn(types_of(*shape[:-1]), dtypes.float32)
    graph = graph_of(*shape, dtypes.float32, gradient=gradient)
    arrays = arrays if gradient else arrays[:3]
    before = get_num_threads()
    try:
        found = []
        for threads, specialise in ((1, True), (2, True), (5, False)):
            set_num_threads(threads)
            found.append(run_native(graph, arrays, specialise=specialise)[1][0])
    finally:
        set_num_threads(before)
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()


def test_a_head_alone_gives_the_same_bits_as_among_others():
    arrays = drawn(types_of((4,), 33, 50, 8, 8), dtypes.float32)[:3]
    both = run_native(graph_of((4,), 33, 50, 8, 8, False, dtypes.float32, False), arrays,
                      specialise=True)[1][0]  # fmt: skip
    alone = graph_of((1,), 33, 50, 8, 8, False, dtypes.float32, False)
    for i in range(4):
        found = run_native(alone, [a[i : i + 1] for a in arrays], specialise=True)[1][0]
        assert found.tobytes() == both[i : i + 1].tobytes()


def test_operands_are_read_where_they_lie():
    """Queries, keys and values that one product made side by side: no copies but of rows apart."""
    x = input_node("x", (2, 24, 3, 4, 8), dtypes.float32)
    turned = ops.transpose(x, (2, 0, 3, 1, 4))
    parts = [
        ops.reshape(ops.slice_(turned, (i, 0, 0, 0, 0), (i + 1, 2, 4, 24, 8)), (2, 4, 24, 8))
        for i in range(3)
    ]
    graph = Graph([x], [attention(*parts, causal=True)])
    [array] = drawn([(2, 24, 3, 4, 8)], dtypes.float32)
    assert_close(run_native(graph, [array], specialise=True)[1], interpret(graph, [array]), 1e-5)
    shapes = types_of((2, 4), 24, 24, 8, 8)[3:]
    rest = [input_node(f"g{i}", s, dtypes.float32) for i, s in enumerate(shapes)]
    gradients = Graph([x, *rest], [flash_attention_grad(*parts, *rest, scale=0.3, causal=True)])
    arrays = [array, *drawn(shapes, dtypes.float32)]
    found = run_native(gradients, arrays, specialise=True)[1]
    assert_close(found, interpret(gradients, arrays), 1e-5)
    swapped = [ops.transpose(p, (0, 1, 3, 2)) for p in parts]
    graph = Graph([x], [attention(*swapped)])
    assert_close(run_native(graph, [array], specialise=True)[1], interpret(graph, [array]), 1e-5)


def test_nan_and_infinity_come_through():
    arrays = drawn([(16, 4)] * 3, dtypes.float32)
    arrays[0][3, 1] = np.nan
    arrays[1][5, 0] = np.inf
    inputs = [input_node(f"x{i}", (16, 4), dtypes.float32) for i in range(3)]
    graph = Graph(inputs, [attention(*inputs)])
    with np.errstate(all="ignore"):
        [expected] = interpret(graph, arrays)
    [found] = run_native(graph, arrays, specialise=True)[1]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    assert np.isnan(found[3]).all()
