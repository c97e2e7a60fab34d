"""Kernels that differ only in where their operands begin are one kernel."""

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.passes.pipeline import run as run_passes
from pentad.runtime.interpreter import run as interpret
from pentad.schedule.lower import lower
from pentad.schedule.program import Call
from pentad.target import cpu
from tests.runtime.native import run_native


def calls(graph):
    program = lower(run_passes(graph), cpu.host())
    return [s for s in program.steps if isinstance(s, Call)]


def row(x, i):
    return ops.reshape(ops.slice_(x, (i, 0), (i + 1, x.shape[1]), (1, 1)), (x.shape[1],))


def unrolled(steps):
    """h = tanh(W (h + x[t])) for each row x[t]: what an unrolled recurrent network is."""
    x = input_node("x", (steps, 40), dtypes.float32)
    w = input_node("w", (40, 40), dtypes.float32)
    h = input_node("h", (8, 40), dtypes.float32)
    first = h
    for t in range(steps):
        h = ops.tanh(ops.matmul(ops.add(h, ops.broadcast(row(x, t), (8, 40))), w))
    return Graph([x, w, first], [h])


def test_steps_of_an_unrolled_loop_share_their_kernels():
    few, many = calls(unrolled(4)), calls(unrolled(12))
    assert len(many) > len(few)
    assert {c.spec for c in many} == {c.spec for c in few}


def test_offsets_are_bytes_of_each_operand():
    x = input_node("x", (6, 5), dtypes.float64)
    graph = Graph([x], [ops.neg(row(x, 4))])
    [call] = calls(graph)
    assert sorted(call.offsets) == [0, 4 * 5 * 8]


def test_parts_of_one_operand_keep_their_distance():
    x = input_node("x", (3, 7), dtypes.float32)
    graph = Graph([x], [ops.sub(row(x, 1), row(x, 2))])
    [call] = calls(graph)
    assert sorted(call.offsets) == [0, 7 * 4]
    value = np.arange(21, dtype=np.float32).reshape(3, 7)
    _, [found] = run_native(graph, [value], specialise=True)
    np.testing.assert_array_equal(found, value[1] - value[2])


def test_unrolled_steps_compute_what_the_interpreter_does():
    rng = np.random.default_rng(0)
    graph = unrolled(5)
    arrays = [rng.standard_normal(n.shape).astype(np.float32) for n in graph.inputs]
    [want] = interpret(graph, arrays)
    _, [found] = run_native(graph, arrays, specialise=False)
    np.testing.assert_allclose(found, want, rtol=1e-4, atol=1e-5)
