"""What explain says of graphs: kernels, costs, and the reason of every boundary."""

from __future__ import annotations

import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node
from pentad.passes.pipeline import run as run_passes
from pentad.schedule.explain import Explanation, explain, short
from pentad.schedule.lower import lower
from pentad.schedule.program import Call
from pentad.target import cpu
from tests.fuzz.generate import random_graph

F32 = dtypes.float32
AVX2 = cpu.by_name("avx2")


def _input(name: str, *shape: int) -> Node:
    return input_node(name, shape, F32)


X, Y, W = _input("x", 20, 30), _input("y", 20, 30), _input("w", 30, 40)
SQUARE, LONG = _input("s", 24, 24), _input("long", 100_000)
INDEX = input_node("i", (7,), dtypes.int64)


def _explain(*outputs: Node) -> Explanation:
    return explain(run_passes(Graph([X, Y, W, SQUARE, LONG, INDEX], outputs)), AVX2)


def test_a_softmax_is_one_line_with_its_cost() -> None:
    [kernel] = _explain(ops.softmax(X, axis=1)).kernels
    assert kernel.ops == ("reduce_max", "sub", "exp", "reduce_sum", "div")
    assert kernel.over == "20x[30]"
    assert kernel.reads == ("x float32[20, 30]",)
    assert kernel.writes == ("output 0 float32[20, 30]",)
    assert kernel.bytes == 2 * 20 * 30 * 4
    assert kernel.flops > 4 * 20 * 30
    assert kernel.plan.startswith("loop, 3 passes")


def test_products_and_convolutions_count_two_operations_for_each_multiplication() -> None:
    [kernel] = _explain(ops.matmul(X, W)).kernels
    assert kernel.flops == 2 * 20 * 30 * 40
    assert kernel.bytes == 4 * (20 * 30 + 30 * 40 + 20 * 40)
    images, filters = _input("images", 2, 3, 8, 8), _input("filters", 4, 3, 3, 3)
    result = ops.convolution(images, filters, stride=(1, 1), padding=((1, 1), (1, 1)))
    gradient = ops.convolution_weight_grad(
        result, images, (4, 3, 3, 3), stride=(1, 1), padding=((1, 1), (1, 1))
    )
    kernels = explain(run_passes(Graph([images, filters], [gradient])), AVX2).kernels
    assert [k.flops for k in kernels] == [2 * 2 * 8 * 8 * 4 * 3 * 9] * 2


def test_a_broadcast_operand_counts_once() -> None:
    row = _input("row", 30)
    graph = Graph([X, row], [ops.add(X, ops.broadcast(row, (20, 30)))])
    [kernel] = explain(graph, AVX2).kernels
    assert kernel.bytes == 4 * (20 * 30 + 30 + 20 * 30)


def _sines(count: int) -> Node:
    x = X
    for _ in range(count):
        x = ops.sin(x)
    return x


def _merged(x: Node) -> Node:
    """A product whose rows are two axes, and an operand in which these do not merge."""
    product = ops.dot_general(x, W, contract=((2,), (0,)))
    return ops.add(product, ops.transpose(_OTHER, (1, 0, 2)))


_THREE, _OTHER = _input("three", 4, 6, 30), _input("other", 6, 4, 40)
_COLUMNS = ops.reduce_sum(ops.exp(X), (1,))
_SUM = ops.reduce_sum(LONG, (0,))
REASONS = [
    ("outside", [ops.exp(X)], 0,
     "its operands come from outside, and no open kernel runs over 20x30"),
    ("product", [ops.matmul(ops.exp(X), W)], 1,
     "dot_general begins a kernel: its operands must be in memory"),
    ("cap", [_sines(20)], 1, "kernel 0 is full: it weighs 252, 240 is the cap"),
    ("space", [ops.add(ops.transpose(ops.exp(X), (1, 0)), ops.transpose(Y, (1, 0)))], 1,
     "another iteration space: 30x20, kernel 0 has 20x30"),
    ("axes", [ops.reduce_sum(ops.exp(X), (1,)), ops.reduce_sum(ops.exp(X), (0,))], 1,
     "it reduces axes 0, kernel 0 reduces 1"),
    ("epilogue", [ops.reduce_max(ops.matmul(X, W), (1,))], 1, "a reduction cannot end kernel 0"),
    ("order", [ops.add(ops.transpose(ops.exp(SQUARE), (1, 0)), SQUARE)], 1,
     "it needs exp of kernel 0 in another order, so in memory first"),
    ("strides", [_merged(_THREE)], 1,
     "other, which it reads too, does not lie as the epilogue of kernel 0 needs it"),
    ("long", [_SUM], 0, "a reduction of 100000 elements to a few results is cut into parts"),
    ("parts", [ops.exp(_SUM)], 1, "kernel 0 is a long reduction, whose parts must be complete"),
    ("python", [ops.gcd(INDEX, INDEX)], 0, "gcd runs in Python"),
    ("after python", [ops.neg(ops.gcd(INDEX, INDEX))], 1,
     "kernel 0 takes nothing else in, its result must be in memory"),
    ("own", [ops.pad(ops.exp(X), (1, 1), (0, 0))], 1,
     "pad has a kernel of its own, which takes nothing else in"),
    ("gather", [ops.gather(X, INDEX, axes=(0,), mode="clip")], 0,
     "gather begins a kernel: it reads its operand at computed places"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("outputs", "number", "why"), [r[1:] for r in REASONS], ids=[r[0] for r in REASONS]
)
def test_the_reason_of_a_boundary_is_named(outputs: list[Node], number: int, why: str) -> None:
    inputs = [X, Y, W, SQUARE, LONG, INDEX, _THREE, _OTHER]
    found = explain(run_passes(Graph(inputs, outputs)), AVX2)
    assert why in found.kernels[number].why
    assert f"  why new   {found.kernels[number].why}" in str(found)


@pytest.mark.parametrize("seed", range(60))
def test_every_boundary_of_random_graphs_has_a_reason(seed: int) -> None:
    graph = run_passes(random_graph(seed))
    found = explain(graph, AVX2)
    assert [k.number for k in found.kernels] == list(range(len(found.kernels)))
    for kernel in found.kernels:
        assert kernel.why
        assert "was not ready" not in kernel.why
        assert kernel.writes


def test_the_kernels_are_those_of_the_program() -> None:
    hidden = ops.relu(ops.matmul(X, W))
    graph = run_passes(Graph([X, W], [ops.softmax(hidden, axis=1)]))
    program, found = lower(graph, AVX2), explain(graph, AVX2)
    labels = [s.label for s in program.steps if isinstance(s, Call) and s.label != "pack"]
    assert ["+".join(dict.fromkeys(k.ops)) for k in found.kernels] == labels
    assert found.arena_bytes == program.arena_bytes
    head = str(found).splitlines()[0]
    assert head.startswith(f"graph: {len(labels)} kernels for haswell, ")


def test_a_donated_input_is_written() -> None:
    graph = Graph([X, Y], [ops.sub(X, Y)])
    [kernel] = explain(graph, AVX2, donated={0: 0}).kernels
    assert kernel.writes == ("output 0 float32[20, 30]",)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 "), (999, "999 "), (1000, "1 k"), (123_456, "123 k"), (2.5e9, "2.5 G"),
     (4e15, "4e+03 T")],
)  # fmt: skip
def test_numbers_have_three_digits(number: float, text: str) -> None:
    assert short(number) == text
