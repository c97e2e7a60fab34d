"""Long epilogues take vectors in pairs: the bits are those of the same ops in a kernel apart."""

import re

import numpy as np
import pytest

from pentad import ops
from pentad.codegen.llvm.kernels import emit_module
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.schedule.lower import lower
from pentad.schedule.spec import GemmKernel
from pentad.target import cpu
from tests.runtime.native import run_native

F32 = dtypes.float32
HOST = cpu.host()


def _gelu_and_slope(x):
    below = ops.erf(x * 0.7) * 0.5 + 0.5
    return [x * below, below + x * ops.exp(x * x * -0.5)]


@pytest.mark.parametrize("columns", [8, 16, 24, 37, 61])
@pytest.mark.parametrize("specialise", [True, False])
def test_pairs_of_vectors_give_the_bits_of_single_ones(columns, specialise):
    types = (29, 20), (20, columns)
    rng = np.random.default_rng(columns)
    arrays = [rng.standard_normal(t).astype("f") for t in types]
    inputs = [input_node(n, t, dtypes.float32) for n, t in zip("xw", types, strict=True)]
    product = ops.matmul(*inputs)
    _, fused = run_native(Graph(inputs, _gelu_and_slope(product)), arrays, specialise=specialise)
    _, alone = run_native(Graph(inputs, [product]), arrays, specialise=specialise)
    x = input_node("x", product.shape, dtypes.float32)
    _, apart = run_native(Graph([x], _gelu_and_slope(x)), alone, specialise=specialise)
    for a, b in zip(fused, apart, strict=True):
        assert a.tobytes() == b.tobytes()


def _momentum(p, v, g, rate, decay):
    v = v * ops.broadcast(decay, v.shape) + ops.sqrt(g * g)
    return [p - v * ops.broadcast(rate, v.shape), v]


@pytest.mark.parametrize("columns", [8, 16, 23, 24, 61])
@pytest.mark.parametrize("rows", [3, 29])
@pytest.mark.parametrize("specialise", [True, False])
def test_an_update_gives_the_bits_of_one_apart(columns, rows, specialise):
    """Numbers that are loaded once, matrices that are read and written: for tiles of any width."""
    rng = np.random.default_rng(columns)
    shapes = [(rows, 20), (20, columns), *[(rows, columns)] * 2, (), ()]
    arrays = [rng.standard_normal(s).astype("f") for s in shapes]
    x, w, p, v, rate, decay = (input_node(f"i{i}", s, F32) for i, s in enumerate(shapes))
    graph = Graph([x, w, p, v, rate, decay], _momentum(p, v, ops.matmul(x, w), rate, decay))
    _, fused = run_native(graph, arrays, specialise=specialise)
    _, [g] = run_native(Graph([x, w], [ops.matmul(x, w)]), arrays[:2], specialise=specialise)
    given = input_node("g", g.shape, F32)
    apart = Graph([p, v, given, rate, decay], _momentum(p, v, given, rate, decay))
    _, two = run_native(apart, [*arrays[2:4], g, *arrays[4:]], specialise=specialise)
    for a, b in zip(fused, two, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("columns", [24, 61, None])
def test_numbers_are_loaded_once_for_a_tile(columns):
    """None: for run-time sizes."""
    shapes = [(40, 20), (20, columns or 50), *[(40, columns or 50)] * 2, (), ()]
    x, w, p, v, rate, decay = (input_node(f"i{i}", s, F32) for i, s in enumerate(shapes))
    graph = Graph([x, w, p, v, rate, decay], _momentum(p, v, ops.matmul(x, w), rate, decay))
    program = lower(graph, HOST, specialise=columns is not None)
    [spec] = [s.spec for s in program.steps if isinstance(s.spec, GemmKernel)]
    assert len([i for i in spec.epilogue.instrs if i.op == "load"]) == 4
    text = emit_module({"kernel": spec}, HOST)
    finishers = re.findall(r"^define [^\n]*\.finish.*?^}", text, re.MULTILINE | re.DOTALL)
    assert finishers
    for finisher in finishers:
        entry, *loops = re.split(r"^\w+:$", finisher, flags=re.MULTILINE)[1:]
        assert entry.count("= load float,") == 2
        assert "load float," not in "".join(loops)
        assert "load ptr," not in "".join(loops)
