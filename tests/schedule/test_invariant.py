"""A loop packs its constants once, before its first step."""

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.passes.pipeline import run as run_passes
from pentad.runtime.interpreter import run as interpret
from pentad.schedule.lower import lower
from pentad.schedule.program import Call, Loop
from pentad.schedule.spec import GemmKernel, PackKernel
from pentad.target import cpu
from tests.runtime.native import assert_close, run_native

F32 = dtypes.float32


def recurrent(host: bool = False) -> Graph:
    """h = tanh(h W^T V) + x[t], whose first product packs W; V changes from step to step."""
    h, x = input_node("h", (8, 48), F32), input_node("x", (8, 48), F32)
    v, w = input_node("v", (48, 48), F32), input_node("w", (48, 48), F32)
    made = ops.matmul(ops.matmul(h, ops.transpose(w, (1, 0))), ops.transpose(v, (1, 0)))
    new = ops.tanh(made) + x
    if host:
        [values] = [ops.svdvals(new)]
        new = new / ops.broadcast(ops.reduce_max(values, axes=(0,)), new.shape)
    body = Graph([h, v, x, w], [new, ops.tanh(v)])
    first, change = input_node("h0", (8, 48), F32), input_node("v0", (48, 48), F32)
    xs, weights = input_node("xs", (5, 8, 48), F32), input_node("weights", (48, 48), F32)
    found = ops.loop((first, change), xs=(xs,), constants=(weights,), body=body, length=5)
    return Graph([first, change, xs, weights], list(found[:2]))


def packings(steps) -> list[PackKernel]:
    return [s.spec for s in steps if isinstance(s, Call) and isinstance(s.spec, PackKernel)]


def test_constants_are_packed_before_the_loop():
    program = lower(run_passes(recurrent()), cpu.by_name("avx2"))
    [loop] = [s for s in program.steps if isinstance(s, Loop)]
    assert len(packings(program.steps)) == 1
    assert not packings(loop.body.steps)
    products = [s.spec.plan for s in loop.body.steps if isinstance(s.spec, GemmKernel)]
    assert [p.early_b for p in products] == [True, False], "what changes is packed by its tasks"
    at = program.steps.index(loop)
    assert packings(program.steps[:at])
    constants = loop.body.inputs[3:]
    assert len(constants) == 2
    assert len(loop.operands) == len(loop.body.inputs)


@pytest.mark.parametrize("host", [False, True])
@pytest.mark.parametrize("specialise", [False, True])
def test_loops_that_pack_before_compute_what_is_meant(host, specialise):
    graph = recurrent(host)
    rng = np.random.default_rng(3)
    arrays = [(rng.standard_normal(n.shape) / 7).astype(np.float32) for n in graph.inputs]
    status, found = run_native(graph, arrays, specialise=specialise)
    assert status == 0
    assert_close(found, interpret(graph, arrays), 1e-5)
