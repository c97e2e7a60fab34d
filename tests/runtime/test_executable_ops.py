"""Every sample of every op: native code, for known and run-time sizes, and the interpreter."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import pentad.ops
from pentad.graph import dtypes
from pentad.graph.errors import IndexOutOfRange
from pentad.graph.node import Graph, Node
from pentad.graph.op import TABLE, Op, Sample
from pentad.ops.samples import sample_arrays, sample_node
from pentad.runtime import interpreter
from tests.runtime.native import assert_close, run_native

assert pentad.ops  # the table is filled by the import

TOLERANCE = {"float16": 1e-2, "bfloat16": 1e-1, "float32": 2e-5, "float64": 1e-12}
TOLERANCE.update(complex64=2e-5, complex128=1e-12)


def _cases() -> Iterator[pytest.param]:
    for op in TABLE.values():
        for number, sample in enumerate(op.samples() if op.samples is not None else ()):
            yield pytest.param(op, sample, number, id=f"{op.name}-{number}")


@pytest.mark.parametrize(("op", "sample", "number"), list(_cases()))
def test_native_code_agrees_with_the_reference(op: Op, sample: Sample, number: int) -> None:
    node = sample_node(op, sample)
    arrays = sample_arrays(sample, seed=number)
    graph = Graph(_inputs(node), [node])
    try:
        expected = interpreter.run(graph, arrays)
    except IndexOutOfRange:
        for specialise in (True, False):
            assert run_native(graph, arrays, specialise=specialise)[0] != 0
        return
    for specialise in (True, False):
        status, found = run_native(graph, arrays, specialise=specialise)
        assert status == 0
        assert_close(found, expected, TOLERANCE.get(node.dtype.name, 0))


def _inputs(node: Node) -> list[Node]:
    return [n for n in node.inputs if n.op.name == "input"]


def test_empty_graphs_and_repeated_outputs() -> None:
    x = pentad.ops.full(3, (2,), dtypes.float32)
    status, found = run_native(Graph([], [x, x]), [], specialise=True)
    assert status == 0
    assert [f.tolist() for f in found] == [[3, 3], [3, 3]]
    assert np.shape(found[0]) == (2,)
