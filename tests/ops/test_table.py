"""What the record of every op promises, for each of its samples."""

from __future__ import annotations

import re

import numpy as np
import pytest

import pentad.ops
from pentad.graph.errors import PentadError
from pentad.graph.node import Graph
from pentad.graph.op import TABLE, Op, Sample
from pentad.ops.samples import sample_arrays, sample_node
from pentad.runtime.interpreter import run

KINDS = {"elementwise", "source", "view", "reduce", "structured", "composite", "host"}
# Control ops and their results are tested by tests/autodiff/test_control.py: they take graphs.
OPS = [op for op in TABLE.values() if op.name != "input" and op.kind not in ("control", "result")]


def _cases(field: str) -> list[pytest.param]:
    cases = []
    for op in OPS:
        make = getattr(op, field)
        for i, sample in enumerate(make() if make else ()):
            cases.append(pytest.param(op, sample, id=f"{op.name}-{i}"))
    return cases


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_record_is_complete(op: Op) -> None:
    assert op.kind in KINDS
    assert op.doc.endswith(".")
    assert op.samples is not None
    assert list(op.samples())
    assert op.vjp is not None or op.decompose is not None or op.nondifferentiable
    assert op.reference is not None or op.decompose is not None
    assert (op.lower is not None) == (op.kind in ("elementwise", "source"))
    assert op.decompose is None or op.kind in ("composite", "structured")
    assert op.decompose is not None or op.kind != "composite"
    assert bool(op.kernel) == (op.kind == "structured")


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_forward_rule_exists(op: Op) -> None:
    made = op.kind == "elementwise" or (op.kind == "host" and op.vjp is not None)
    derived = op.linear or made or op.nondifferentiable or op.decompose is not None
    assert op.jvp is not None or derived


@pytest.mark.parametrize("op,sample", _cases("samples"))
def test_reference_has_the_inferred_type(op: Op, sample: Sample) -> None:
    node = sample_node(op, sample)
    arrays = sample_arrays(sample)
    graph = Graph(node.inputs, [node])
    if op.reference is None:
        [value] = run(graph, arrays)
    else:
        value = np.asarray(op.reference(*arrays, **sample.attrs))
    assert value.shape == node.shape
    assert value.dtype == node.dtype.numpy


@pytest.mark.parametrize("op,sample", _cases("errors"))
def test_refused_calls_say_what_was_expected(op: Op, sample: Sample) -> None:
    assert sample.raises is not None
    assert issubclass(sample.raises, PentadError)
    with pytest.raises(sample.raises, match=re.escape(sample.match)) as caught:
        sample_node(op, sample)
    lines = str(caught.value).splitlines()
    assert any(line.startswith("  expected:") for line in lines)
    assert any(line.startswith("  got:") for line in lines)


def test_every_family_is_exported() -> None:
    exported = pentad.ops.__all__
    assert exported == sorted(exported)
    assert all(callable(getattr(pentad.ops, name)) for name in exported)
