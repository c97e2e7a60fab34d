"""Operands of a concatenation are stored into it by the kernels that compute them."""

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, apply, input_node
from pentad.graph.op import by_name
from pentad.passes.pipeline import run as run_passes
from pentad.runtime.interpreter import run as interpret
from pentad.schedule.lower import lower
from pentad.target import cpu
from tests.runtime.native import run_native

F32 = dtypes.float32


def joined(*parts: Node, axis: int) -> Node:
    return apply(by_name("concatenate"), *parts, axis=axis)


def graph_of(kind: str) -> Graph:
    x, y = input_node("x", (6, 80), F32), input_node("y", (6, 80), F32)
    inputs = [x, y]
    match kind:
        case "columns":
            outputs = [joined(ops.exp(x), x * y, ops.sin(y), axis=1)]
        case "rows":
            outputs = [joined(ops.exp(x), x * y, axis=0)]
        case "part is an output":
            part = ops.exp(x)
            outputs = [joined(part, x * y, axis=1), part]
        case "part is read":
            part = ops.exp(x)
            outputs = [joined(part, x * y, axis=1) * 2.0, ops.reduce_sum(part, (1,))]
        case "twice":
            part = ops.exp(x)
            outputs = [joined(part, part, axis=1), joined(y * y, part, axis=0)]
        case "nested":
            inner = joined(ops.exp(x), x * y, axis=1)
            outputs = [joined(inner, joined(y * y, y + x, axis=1), axis=0)]
        case "after a reduction":
            total = ops.broadcast(ops.reduce_sum(x, (1,)), (6, 80), (0,))
            outputs = [joined(ops.exp(x - total), ops.sqrt(y), axis=1)]
        case "after a product":
            product = ops.matmul(x, ops.transpose(y, (1, 0)))
            outputs = [joined(ops.exp(product), ops.sin(x), axis=1)]
        case "no operand is computed":
            outputs = [joined(x, ops.slice_(y, (0, 3), (6, 77)), axis=1)]
        case "one operand is computed":
            outputs = [joined(x, ops.exp(y), ops.full(2.0, (6, 70), F32), axis=1)]
        case "into an input's memory":
            part = ops.exp(x)
            whole = input_node("whole", (6, 160), F32)
            inputs.append(whole)
            outputs = [joined(part, y * y, axis=1) + 0.0, ops.reduce_sum(whole, (0,))]
        case "transposed sum of padded values":
            z = input_node("z", (6, 80), F32)
            inputs.append(z)
            pads = [
                ops.pad(ops.reshape(v, (1, 6, 80)), (i, 0, 0), (2 - i, 0, 0))
                for i, v in enumerate(inputs)
            ]
            outputs = [ops.transpose(pads[0] + pads[1] + pads[2], (1, 0, 2)) * 2.0]
        case _:
            narrow = [ops.exp(ops.slice_(v, (0, 0), (6, 3))) for v in (x, y)]
            outputs = [joined(*narrow, axis=1)]
    return Graph(inputs, outputs)


KINDS = (
    "columns", "rows", "part is an output", "part is read", "twice", "nested", "after a reduction",
    "after a product", "no operand is computed", "one operand is computed", "short rows",
    "transposed sum of padded values",
)  # fmt: skip


def copies(graph: Graph) -> int:
    program = lower(run_passes(graph), cpu.by_name("avx2"))
    return sum(s.label == "concatenate" for s in program.steps)


@pytest.mark.parametrize(
    ("kind", "count"),
    [("columns", 0), ("rows", 0), ("part is an output", 0), ("part is read", 0), ("twice", 0),
     ("nested", 2), ("after a reduction", 0), ("no operand is computed", 2),
     ("one operand is computed", 1), ("short rows", 2),
     ("transposed sum of padded values", 0)],
)  # fmt: skip
def test_what_a_kernel_computes_is_not_copied(kind: str, count: int) -> None:
    assert copies(graph_of(kind)) == count


def test_all_parts_of_one_space_are_one_kernel() -> None:
    program = lower(run_passes(graph_of("columns")), cpu.by_name("avx2"))
    assert len(program.steps) == 1


@pytest.mark.parametrize(
    ("kind", "specialise"),
    [*((k, True) for k in KINDS), ("into an input's memory", True), ("columns", False),
     ("after a product", False), ("one operand is computed", False)],
)  # fmt: skip
def test_values(kind: str, specialise: bool) -> None:
    graph = graph_of(kind)
    rng = np.random.default_rng(0)
    arrays = [rng.random(n.shape, np.float32) for n in graph.inputs]
    donated = {0: 2} if kind == "into an input's memory" else None
    status, found = run_native(graph, arrays, specialise=specialise, donated=donated)
    assert status == 0
    for a, b in zip(found, interpret(graph, arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4)
