"""Graphs of very many nodes are built without recursion, in time that grows with their length."""

from __future__ import annotations

import gc
import time

import numpy as np
import pytest

from pentad import ops
from pentad.autodiff.reverse import vjp_graph
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.runtime import interpreter
from pentad.runtime.executable import Executable, build
from tests.runtime.native import assert_close


def chain(length: int) -> Graph:
    """The gradient of a chain of sines."""
    x = input_node("x", (8,), dtypes.float32)
    y = x
    for _ in range(length):
        y = ops.sin(y)
    return vjp_graph(Graph([x], [y]), [0])


def build_seconds(length: int) -> tuple[float, Graph, Executable]:
    """The processor time of making a chain's gradient runnable; the collector, whose passes take
    as long as everything else in this process is large, is off."""
    gc.collect()
    gc.disable()
    try:
        started = time.process_time()
        graph = chain(length)
        executable = build(graph, [None, None], specialise=True)
        return time.process_time() - started, graph, executable
    finally:
        gc.enable()


@pytest.mark.slow
def test_the_gradient_of_twenty_thousand_sines() -> None:
    build_seconds(500)  # the kernels of any such chain are compiled now
    short, _, _ = build_seconds(5000)
    medium, _, _ = build_seconds(10000)
    long, graph, executable = build_seconds(20000)
    assert long < 60
    assert medium < 3 * short + 0.5
    assert long < 3 * medium
    arrays = [np.linspace(-1, 1, 8, dtype=np.float32), np.ones(8, np.float32)]
    found = np.zeros(8, np.float32)
    assert executable.run([a.ctypes.data for a in (*arrays, found)]) == 0
    assert_close([found], interpreter.run(graph, arrays), 1e-3)
