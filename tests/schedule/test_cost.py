"""The work of kernel calls, told from their specs."""

from __future__ import annotations

import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.passes.pipeline import run as run_passes
from pentad.schedule.cost import Cost, cost
from pentad.schedule.gemm_spec import GemmSpec, gemm_plan
from pentad.schedule.lower import lower
from pentad.schedule.program import Call
from pentad.schedule.spec import PackKernel
from pentad.target import cpu


def costs(*outputs, inputs, specialise=True) -> list[Cost]:
    """The costs of the calls of a graph."""
    graph = run_passes(Graph(inputs, list(outputs)))
    program = lower(graph, cpu.by_name("avx2"), specialise=specialise)
    return [cost(step) for step in program.steps if isinstance(step, Call)]


def tensor(*shape, dtype=dtypes.float32):
    return input_node("x", shape, dtype)


both = pytest.mark.parametrize("specialise", [True, False], ids=["known", "run-time sizes"])


@both
def test_a_chain_of_operations_moves_its_operands_once(specialise):
    x, y = tensor(50, 40), tensor(50, 40)
    [found] = costs(ops.add(ops.mul(x, y), x), inputs=[x, y], specialise=specialise)
    assert (found.kind, found.flops, found.bytes) == ("loop", 2 * 2000, 3 * 4 * 2000)


@both
def test_a_broadcast_operand_counts_its_own_elements(specialise):
    x, b = tensor(50, 40), tensor(40)
    wide = ops.broadcast(b, dims=(1,), shape=(50, 40))
    [found] = costs(ops.add(x, wide), inputs=[x, b], specialise=specialise)
    assert (found.flops, found.bytes) == (2000, 4 * (2 * 2000 + 40))


@both
def test_a_reduction_counts_an_operation_for_each_element(specialise):
    x = tensor(50, 40)
    [found] = costs(ops.reduce_sum(x, axes=(1,)), inputs=[x], specialise=specialise)
    assert (found.kind, found.flops, found.bytes) == ("reduction", 2000, 4 * (2000 + 50))
    assert found.size.endswith("[40]")


def test_float64_is_told():
    x = tensor(50, 40, dtype=dtypes.float64)
    [found] = costs(ops.add(x, x), inputs=[x])
    assert (found.double, found.bytes) == (True, 8 * 2 * 2000)


@both
def test_a_matrix_product_and_its_epilogue(specialise):
    x, w, b = tensor(64, 96), tensor(96, 32), tensor(32)
    product = ops.dot_general(x, w, batch=((), ()), contract=((1,), (0,)))
    result = ops.add(product, ops.broadcast(b, dims=(1,), shape=(64, 32)))
    found = [c for c in costs(result, inputs=[x, w, b], specialise=specialise) if c.kind == "gemm"]
    [gemm] = found
    assert gemm.flops == 2 * 64 * 96 * 32 + 64 * 32
    assert gemm.bytes == 4 * (64 * 96 + 96 * 32 + 64 * 32 + 32)
    assert gemm.size == "64x32x96"


@pytest.mark.parametrize(("operand", "elements"), [("a", 3 * 64 * 512), ("b", 512 * 256)])
def test_packing_reads_and_writes_its_operand(operand, elements):
    f = dtypes.float32
    gemm = GemmSpec(f, f, 3, 64, 256, 512, (64 * 512, 512, 1), (0, 256, 1))
    spec = PackKernel(gemm, gemm_plan(gemm, cpu.by_name("avx2")), operand)
    found = cost(Call(spec, [], (), 1, 1))
    assert (found.kind, found.flops, found.bytes) == ("pack", 0, 2 * 4 * elements)


@both
@pytest.mark.parametrize("gradient", ["", "_input_grad", "_weight_grad"])
def test_a_convolution_has_two_operations_for_each_tap(gradient, specialise):
    x, w, g = tensor(4, 8, 10, 10), tensor(16, 8, 3, 3), tensor(4, 16, 10, 10)
    geometry = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    if not gradient:
        result, inputs = ops.convolution(x, w, **geometry), [x, w]
    elif gradient == "_input_grad":
        result = ops.convolution_input_grad(g, w, input_shape=x.shape, **geometry)
        inputs = [g, w]
    else:
        result = ops.convolution_weight_grad(g, x, kernel_shape=w.shape, **geometry)
        inputs = [g, x]
    found = costs(result, inputs=inputs, specialise=specialise)
    products = [c for c in found if c.kind.startswith("conv") and not c.kind.endswith("sum")]
    assert [c.flops for c in products] == [2 * 4 * 16 * 100 * 8 * 9]
    assert all(c.bytes > 0 for c in found)


def test_looking_up_rows_reads_what_was_asked_for():
    table, rows = tensor(1000, 64), input_node("rows", (10,), dtypes.int64)
    [found] = costs(ops.gather(table, rows, axes=(0,)), inputs=[table, rows])
    assert 4 * 2 * 640 <= found.bytes <= 4 * 2 * 640 + 10 * 8


@both
@pytest.mark.parametrize(("op", "kind"), [("cumsum", "scan"), ("argsort", "sort")])
def test_lines(op, kind, specialise):
    x = tensor(50, 40)
    attrs = {"axis": 1, "descending": False} if op == "argsort" else {"axis": 1}
    [found] = costs(getattr(ops, op)(x, **attrs), inputs=[x], specialise=specialise)
    assert found.kind == kind
    assert found.bytes == 2000 * 4 + 2000 * (8 if op == "argsort" else 4)
