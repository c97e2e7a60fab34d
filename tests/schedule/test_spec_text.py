"""What PENTAD_DEBUG=4 prints: kernel specs and calls as text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node
from pentad.passes.pipeline import run as run_passes
from pentad.schedule.lower import lower
from pentad.schedule.program import Call, Program
from pentad.schedule.spec_text import describe, describe_calls
from pentad.target import cpu

F32, I64 = dtypes.float32, dtypes.int64


def _node(name: str, *shape: int, dtype: dtypes.DType = F32) -> Node:
    return input_node(name, shape, dtype)


def _program(*outputs: Node, inputs: list[Node]) -> Program:
    graph = run_passes(Graph(inputs, outputs))
    return lower(graph, cpu.by_name("avx2"))


def _described(program: Program) -> str:
    return "\n".join(describe(s.spec) for s in program.steps if isinstance(s, Call))


X, W = _node("x", 20, 30), _node("w", 300, 400)
IMAGES, KERNELS = _node("images", 2, 3, 9, 9), _node("kernels", 4, 3, 3, 3)
INDEX, UPDATES = _node("index", 7, dtype=I64), _node("updates", 7, 30)


@pytest.mark.parametrize(
    ("make", "inputs", "expected"),
    [
        (lambda: ops.exp(X), [X],
         ["loop over 600, 0 dims parallel, lanes along dim 0", "= exp(%0) float32", "pass 0"]),
        (lambda: ops.reduce_sum(X, [1]), [X], ["loop over 20x[30]", "= sum of %", "store %"]),
        (lambda: ops.iota((5,), 0, I64), [], ["= position(", "dim 0"]),
        (lambda: ops.cumsum(X, 0), [X], ["running sum of float32", "lanes"]),
        (lambda: ops.argsort(X, 1, descending=True), [X], ["order of float32", ", descending"]),
        (lambda: ops.relu(ops.matmul(ops.transpose(W, (1, 0)), W)), [W],
         ["gemm(", "pack a of gemm(", "  plan ", "maximum("]),
        (lambda: ops.convolution(IMAGES, KERNELS), [IMAGES, KERNELS], [" of conv(forward"]),
        (lambda: ops.gather(X, INDEX, axes=(0,)), [X, INDEX], ["checked index of sizes 20"]),
        (lambda: ops.scatter(X, UPDATES, INDEX, axes=(0,)), [X, UPDATES, INDEX],
         ["add %", "checked index of sizes 20"]),
    ],
    ids=["map", "reduce", "iota", "scan", "sort", "product", "convolution", "gather", "scatter"],
)  # fmt: skip
def test_a_kernel_says_what_it_computes(
    make: Callable[[], Node], inputs: list[Node], expected: list[str]
) -> None:
    text = _described(_program(make(), inputs=inputs))
    for part in expected:
        assert part in text, text


def test_a_long_reduction_says_that_its_blocks_are_ragged() -> None:
    x = _node("x", 100_001)
    text = _described(_program(ops.reduce_sum(x, [0]), inputs=[x]))
    assert "is a block of 100001, numbered by dim 0" in text


def test_calls_name_their_buffers_and_parameters() -> None:
    y = ops.reduce_max(ops.matmul(X, ops.transpose(X, (1, 0))), [1])
    lines = describe_calls(_program(y, inputs=[X])).splitlines()
    assert [line.split()[:2] for line in lines] == [["call", str(i)] for i in range(len(lines))]
    assert "input 0(2400 B)" in lines[0]
    assert "output 0(80 B)" in lines[-1]
    assert "params " in describe_calls(_program(ops.cumsum(X, 0), inputs=[X]))


def test_steps_in_python_and_loops_show_what_is_inside() -> None:
    a = _node("a", 3, 3)
    assert " in Python: input 0(36 B)" in describe_calls(_program(ops.inverse(a), inputs=[a]))
    h = _node("h", 3)
    body = Graph([h], [ops.sin(h)])
    x = _node("x", 3)
    last = ops.loop([x], [], [], body=body, length=5)[0]
    text = describe_calls(_program(last, inputs=[x]))
    assert text.startswith("call 0 loop: ")
    assert "\n  call 0 " in text
