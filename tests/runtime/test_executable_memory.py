"""Executables and memory: nothing leaks, bad indices are reported, impossible sizes refused."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ShapeError
from pentad.graph.node import Graph, Node, input_node
from pentad.runtime.executable import build
from tests.runtime.native import run_native

F32, I64 = dtypes.float32, dtypes.int64


def resident_bytes() -> int:
    """Memory of this process that is in use."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def _layer() -> Graph:
    x, w = input_node("x", (64, 300), F32), input_node("w", (300, 500), F32)
    hidden = ops.softmax(ops.gelu(ops.matmul(x, w)), axis=1)
    return Graph(
        [x, w], [ops.reduce_sum(hidden, [0]), ops.matmul(hidden, ops.transpose(w, [1, 0]))]
    )


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")
def test_executables_that_are_dropped_leave_no_memory_behind() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(n.shape).astype(np.float32) for n in _layer().inputs]
    for _ in range(30):
        run_native(_layer(), arrays, specialise=True)
    gc.collect()
    before = resident_bytes()
    for _ in range(300):
        run_native(_layer(), arrays, specialise=True)
    gc.collect()
    assert resident_bytes() - before < 8 << 20, "one executable has an arena of 256 KiB"


def _lookups() -> list[tuple[str, Graph]]:
    x, i = input_node("x", (5, 33), F32), input_node("i", (40,), I64)
    updates = input_node("u", (40, 33), F32)
    rows = ops.gather(x, i, axes=[0])
    logits = input_node("logits", (40, 5), F32)
    return [
        ("gather", Graph([x, i], [ops.exp(rows)])),
        ("gather and sum", Graph([x, i], [ops.reduce_sum(rows, [1]), rows])),
        ("scatter", Graph([x, i, updates], [ops.scatter(x, updates, i, axes=[0])])),
        ("labels", Graph([logits, i], [ops.cross_entropy(logits, i)])),
    ]


@pytest.mark.parametrize("name, graph", _lookups(), ids=[n for n, _ in _lookups()])
@pytest.mark.parametrize("specialise", [True, False])
@pytest.mark.parametrize("bad", [5, -6, 1 << 40, -(1 << 62), (1 << 63) - 1, -(1 << 63)])
@pytest.mark.parametrize("place", [0, 17, 39])
def test_an_index_out_of_range_is_reported(
    name: str, graph: Graph, specialise: bool, bad: int, place: int
) -> None:
    rng = np.random.default_rng(1)
    arrays = [
        rng.integers(0, 5, n.shape) if n.dtype is I64 else rng.random(n.shape).astype(np.float32)
        for n in graph.inputs
    ]
    assert run_native(graph, arrays, specialise=specialise)[0] == 0
    arrays[[n.dtype for n in graph.inputs].index(I64)][place] = bad
    assert run_native(graph, arrays, specialise=specialise)[0] == 1
    arrays[[n.dtype for n in graph.inputs].index(I64)][place] = 0
    assert run_native(graph, arrays, specialise=specialise)[0] == 0


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64, dtypes.int8, dtypes.float16])
def test_operands_may_begin_anywhere(dtype: dtypes.DType) -> None:
    """Views into larger storage begin at multiples of their elements, of nothing more."""
    rng = np.random.default_rng(2)
    x, y = input_node("x", (9, 37), dtype), input_node("y", (37,), dtype)
    wide = ops.broadcast(y, (9, 37), [1])
    outputs = [
        ops.maximum(ops.mul(x, wide), x),
        ops.reduce_sum(x, [1]),
        ops.dot_general(x, y, ((1,), (0,))),
    ]
    graph = Graph([x, y], outputs)
    expected = None
    for shift in range(8):
        rng = np.random.default_rng(3)
        memory = []
        for node in (*graph.inputs, *graph.outputs):
            count = int(np.prod(node.shape))
            whole = np.zeros(count + 64, node.dtype.memory)
            aligned = -whole.ctypes.data % 64 // whole.itemsize
            memory.append(whole[aligned + shift : aligned + shift + count].reshape(node.shape))
        for array in memory[:2]:
            array[...] = rng.integers(-3, 4, array.shape)
        executable = build(graph, [None, None], specialise=True)
        assert executable.run([m.ctypes.data for m in memory]) == 0
        found = [m.copy() for m in memory[2:]]
        expected = expected or found
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def _huge(*shape: int) -> Node:
    return input_node("x", shape, F32)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ops.exp(_huge(1 << 62)),
        lambda: ops.exp(_huge(1 << 40, 1 << 40)),
        lambda: ops.reduce_sum(ops.broadcast(_huge(3), (1 << 60, 3), [1]), [0, 1]),
        lambda: ops.pad(_huge(3), [1 << 61], [1 << 61]),
        lambda: ops.matmul(_huge(1 << 31, 1), _huge(1, 1 << 31)),
        lambda: ops.concatenate([_huge(1 << 61), _huge(1 << 61)], 0),
        lambda: ops.full(1, (1 << 63,), F32),
    ],
)
def test_sizes_beyond_any_memory_are_refused(make: Callable[[], Node]) -> None:
    output = make()
    inputs = [n for n in Graph([], [output]).nodes if n.op.name == "input"]
    with pytest.raises(ShapeError, match="memory"):
        build(Graph(inputs, [output]), [None] * len(inputs))
