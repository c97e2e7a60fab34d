"""What shares a kernel, and that it computes the same."""

from __future__ import annotations

import numpy as np
import pytest

from pentad import ops
from pentad.autodiff.reverse import pullback
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node
from pentad.passes.pipeline import run as run_passes
from pentad.runtime import interpreter
from pentad.schedule.lower import lower
from pentad.schedule.program import Call, Program
from pentad.target import cpu
from tests.runtime.native import assert_close, run_native

F32 = dtypes.float32
ONE = ops.full(1.0, (), F32)


def _input(name: str, *shape: int) -> Node:
    return input_node(name, shape, F32)


def _program(graph: Graph, donated: dict[int, int] | None = None) -> Program:
    return lower(run_passes(graph), cpu.by_name("avx2"), donated=donated)


def _labels(graph: Graph, donated: dict[int, int] | None = None) -> list[str]:
    steps = _program(graph, donated).steps
    return [s.label for s in steps if isinstance(s, Call) and s.label != "pack"]


def _check(graph: Graph, donated: dict[int, int] | None = None) -> None:
    rng = np.random.default_rng(0)
    arrays = [
        rng.standard_normal(n.shape).astype(np.float32)
        if n.dtype is F32
        else rng.integers(0, 4, n.shape)
        for n in graph.inputs
    ]
    expected = interpreter.run(graph, arrays)
    for specialise in (True, False):
        status, found = run_native(graph, arrays, specialise=specialise, donated=donated)
        assert status == 0
        assert_close(found, expected, 1e-5)


@pytest.mark.parametrize("function", [ops.softmax, ops.log_softmax])
def test_softmax_is_one_kernel(function: object) -> None:
    x = _input("x", 37, 10)
    graph = Graph([x], [function(x, axis=1)])  # type: ignore[operator]
    assert len(_labels(graph)) == 1
    _check(graph)


def test_layer_norm_and_its_gradient_are_few_kernels() -> None:
    x, w, b = _input("x", 24, 40), _input("w", 40), _input("b", 40)
    y = ops.layer_norm(x, w, b, axes=(1,), eps=1e-5)
    assert len(_labels(Graph([x, w, b], [y]))) == 1
    g = _input("g", 24, 40)
    graph = Graph([x, w, b, g], [y, *pullback([y], [g], [x, w, b])])  # type: ignore[list-item]
    assert len(_labels(graph)) <= 3
    _check(graph)


def test_cross_entropy_and_its_gradient_read_the_logits_once() -> None:
    logits = _input("logits", 33, 10)
    labels = input_node("labels", (33,), dtypes.int64)
    loss = ops.mean(ops.cross_entropy(logits, labels, axis=1), (0,))
    [grad] = pullback([loss], [ONE], [logits])
    graph = Graph([logits, labels], [loss, grad])  # type: ignore[list-item]
    readers = [
        s
        for s in _program(graph).steps
        if isinstance(s, Call) and any(b.place == "input" and b.index == 0 for b in s.buffers)
    ]
    assert len(readers) == 1
    _check(graph)


def test_bias_and_activation_follow_the_product_in_registers() -> None:
    x, w, b = _input("x", 9, 20), _input("w", 20, 13), _input("b", 13)
    y = ops.relu(ops.matmul(x, w) + ops.broadcast(b, (9, 13)))
    graph = Graph([x, w, b], [y])
    assert len(_labels(graph)) == 1
    _check(graph)


def test_an_update_is_the_epilogue_of_the_gradient() -> None:
    """SGD and momentum are computed on the tile of the weight gradient, in place."""
    x, g = _input("x", 16, 24), _input("g", 16, 40)
    w, m = _input("w", 24, 40), _input("m", 24, 40)
    grad = ops.dot_general(x, g, contract=((0,), (0,)), batch=((), ()))
    momentum = m * 0.9 + grad
    graph = Graph([x, g, w, m], [w - momentum * 0.1, momentum])
    donated = {0: 2, 1: 3}
    assert len(_labels(graph, donated)) == 1
    _check(graph, donated)


def test_what_only_reductions_read_is_not_stored_by_the_product_before_them() -> None:
    """As in the gradient of a layer norm: the product is stored for the sum of its columns, and
    what its rows are multiplied by is left to the kernels that sum."""
    x, w, y, scale = _input("x", 24, 20), _input("w", 20, 40), _input("y", 24, 40), _input("s", 40)
    product = ops.matmul(x, w)
    scaled = product * ops.broadcast(scale, (24, 40), (1,))
    rows = ops.broadcast(ops.reduce_sum(scaled, (1,)), (24, 40), (0,))
    outputs = [scaled - rows * y, ops.reduce_sum(product, (0,)), ops.reduce_sum(product * y, (0,))]
    graph = Graph([x, w, y, scale], outputs)
    assert _labels(graph)[0] == "dot_general"
    assert len(_labels(graph)) <= 4
    _check(graph)
    alone = Graph([x, w, y, scale], [ops.reduce_sum(product * y, (0,))])
    assert _labels(alone)[0] == "dot_general+mul"  # the product itself is stored for nobody
    _check(alone)


def test_a_reader_of_a_donated_input_runs_before_its_writer() -> None:
    w, x = _input("w", 8, 8), _input("x", 8, 8)
    graph = Graph([w, x], [w - x * 0.5, ops.matmul(x, w)])
    _check(graph, {0: 0})
    cyclic = Graph([w, x], [w + ops.matmul(w, w), ops.matmul(w, w + ops.matmul(w, w))])
    _check(cyclic, {0: 0})
    transposed = Graph([w], [ops.transpose(w, (1, 0)) + w])
    _check(transposed, {0: 0})


def test_long_reductions_are_cut_by_size_alone() -> None:
    x = _input("x", 40, 5000)
    graph = Graph([x], [ops.reduce_sum(x * x, [0, 1]), ops.reduce_max(x, [0, 1])])
    assert len(_labels(graph)) > 2
    _check(graph)


def test_arena_buffers_do_not_overlap_while_they_live() -> None:
    x = _input("x", 64, 64)
    y = x
    for _ in range(6):
        y = ops.relu(ops.matmul(y, x))
    program = _program(Graph([x], [y]))
    buffers = {
        b for s in program.steps if isinstance(s, Call) for b in s.buffers if b.place == "arena"
    }
    for a in buffers:
        for b in buffers - {a}:
            alive = a.first <= b.last and b.first <= a.last
            apart = a.index + a.nbytes <= b.index or b.index + b.nbytes <= a.index
            assert apart or not alive
    assert program.arena_bytes < 6 * 64 * 64 * 4


def test_images_keep_their_channels_last() -> None:
    """A small network of convolutions, pooling and a linear layer, with all gradients."""
    x, w = _input("x", 2, 3, 8, 8), _input("w", 5, 3, 3, 3)
    v, b = _input("v", 4, 5 * 4 * 4), _input("b", 5)
    labels = input_node("labels", (2,), dtypes.int64)
    y = ops.convolution(x, w, (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    y = ops.relu(y + ops.broadcast(b, y.shape, (1,)))
    y = ops.reduce_window(y, (1, 1, 2, 2), (1, 1, 2, 2), None, None, "max")
    logits = ops.matmul(ops.reshape(y, (2, 80)), ops.transpose(v, (1, 0)))
    loss = ops.mean(ops.cross_entropy(logits, labels, axis=1), (0,))
    grads = pullback([loss], [ONE], [x, w, v, b])
    _check(Graph([x, w, v, b, labels], [loss, *grads]))  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("kind", "rows", "kernels"),
    [("apart", 20, 1), ("apart", 3000, 2), ("one operand", 3000, 1), ("one result", 3000, 1)],
)
def test_large_reductions_share_a_kernel_only_with_an_operand(
    kind: str, rows: int, kernels: int
) -> None:
    """Or the operand of one would wait until that of the other is there, and leave the caches."""
    x, y, w = (_input(n, rows, 40) for n in "xyw")
    pairs = {"apart": (x, y), "one operand": (x * w, y * w), "one result": (x, x * y)}
    graph = Graph([x, y, w], [ops.reduce_sum(z, (0,)) for z in pairs[kind]])
    assert len(_labels(graph)) == kernels
    _check(graph)


def test_large_reductions_share_a_kernel_if_what_comes_of_them_meets() -> None:
    """Or the product of x and w would be stored for the second kernel (as in layer norm)."""
    x, y, w = (_input(n, 3000, 40) for n in "xyw")
    product = x * w
    total = ops.broadcast(ops.reduce_sum(y, (1,)), (3000, 40), (0,))
    graph = Graph([x, y, w], [ops.reduce_sum(product, (1,)),
                              ops.reduce_sum((y - total) * product, (1,))])
    assert len(_labels(graph)) == 1
    _check(graph)
