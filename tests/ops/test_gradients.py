"""Every op's derivatives against central differences in float64: first and second order, forward.

A sample takes part if its operands are floats (index and mask operands stay as they are) and it
is small enough for one evaluation per element.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import pentad.ops
from pentad.autodiff.forward import jvp_graph
from pentad.autodiff.gradcheck import gradcheck, gradgradcheck, random_like
from pentad.autodiff.reverse import vjp_graph
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.graph.op import TABLE, Op, Sample
from pentad.graph.verify import verify
from pentad.ops.samples import sample_arrays, sample_node, sample_types
from pentad.runtime.interpreter import run

MOST_ELEMENTS = 48
# By their parameters they are differentiated once; a second time is an AutogradError.
ONCE = {"betainc", "gammainc", "gammaincc", "zeta"}
CENTRAL = {"atol": 1e-6, "rtol": 1e-5}


def _wide(dtype: dtypes.DType) -> dtypes.DType:
    """The double precision of a float or complex dtype."""
    return dtypes.complex128 if dtype.is_complex else (
        dtypes.float64 if dtype.is_floating_point else dtype
    )


def _in_double(sample: Sample) -> Sample:
    def double(given: object) -> object:
        if isinstance(given, np.ndarray):
            wide = {"f": np.float64, "c": np.complex128}.get(given.dtype.kind)
            return given if wide is None else given.astype(wide)
        shape, dtype = given
        return shape, _wide(dtype)

    attrs = dict(sample.attrs)
    if isinstance(attrs.get("dtype"), dtypes.DType):
        attrs["dtype"] = _wide(attrs["dtype"])
    return replace(sample, inputs=tuple(map(double, sample.inputs)), attrs=attrs)


def _worth_checking(sample: Sample) -> bool:
    finite = all(np.all(np.isfinite(x)) for x in sample.inputs if isinstance(x, np.ndarray))
    types = sample_types(sample)
    moving = sum(math.prod(shape) for shape, dtype in types if dtype.is_inexact)
    return finite and 0 < moving <= MOST_ELEMENTS


def _samples(op: Op) -> Iterator[Sample]:
    seen = set()
    for sample in map(_in_double, op.samples() if op.samples else ()):
        key = str((sample_types(sample), sorted(sample.attrs.items())))
        if key not in seen and _worth_checking(sample):
            seen.add(key)
            yield sample


OPS = [op for op in TABLE.values() if op.kind not in ("control", "result")]
"""All ops but those of control flow, which take graphs: see tests/autodiff/test_control.py."""


def _cases() -> Iterator[pytest.param]:
    for op in OPS:
        if op.nondifferentiable or op.name == "stop_gradient":
            continue
        found = list(_samples(op))
        if op.kind == "elementwise":
            complexity = lambda s: sample_types(s)[-1][1].is_complex  # noqa: E731
            size = lambda s: math.prod(sample_types(s)[0][0])  # noqa: E731
            kinds = [[s for s in found if complexity(s) == c] for c in (False, True)]
            found = [s for kind in kinds for s in sorted(kind, key=size)[-1:]]
        for i, sample in enumerate(found):
            if sample_node(op, sample).dtype.is_inexact:
                yield pytest.param(op, sample, id=f"{op.name}-{i}")


CASES = list(_cases())


def test_no_differentiable_op_is_left_out() -> None:
    checked = {case.values[0].name for case in CASES}
    differentiable = {op.name for op in OPS if not op.nondifferentiable}
    assert differentiable - checked == {"stop_gradient"}


def _graph(op: Op, sample: Sample) -> tuple[Graph, list[np.ndarray]]:
    node = sample_node(op, sample)
    return Graph(node.inputs, [node]), sample_arrays(sample)


def test_stop_gradient_severs() -> None:
    x = input_node("x", (3,), dtypes.float64)
    graph = Graph([x], [pentad.ops.stop_gradient(x) * x])
    value, seed = np.array([1.0, 2.0, 3.0]), np.ones(3)
    assert np.array_equal(run(vjp_graph(graph, [0]), [value, seed])[0], value)
    assert np.array_equal(run(jvp_graph(graph, [0]), [value, seed])[1], value)


@pytest.mark.parametrize("op,sample", CASES)
def test_first_order(op: Op, sample: Sample) -> None:
    gradcheck(*_graph(op, sample), run, **CENTRAL)


@pytest.mark.parametrize("op,sample", [c for c in CASES if c.values[0].name not in ONCE])
def test_second_order(op: Op, sample: Sample) -> None:
    gradgradcheck(*_graph(op, sample), run, **CENTRAL)


@pytest.mark.parametrize("op,sample", CASES)
def test_forward_mode_is_the_transpose_of_reverse_mode(op: Op, sample: Sample) -> None:
    graph, arrays = _graph(op, sample)
    rng = np.random.default_rng(5)
    wrt = [i for i, a in enumerate(arrays) if a.dtype in (np.float64, np.complex128)]
    tangents = [random_like(rng, arrays[i]) for i in wrt]
    cotangent = random_like(rng, np.empty(graph.outputs[0].shape, graph.outputs[0].dtype.numpy))
    pushed = run(jvp_graph(graph, wrt), [*arrays, *tangents])[1]
    pulled = run(vjp_graph(graph, wrt), [*arrays, cotangent])
    left = float(np.sum((pushed * np.conj(cotangent)).real))
    products = ((np.conj(p) * t).real for p, t in zip(pulled, tangents, strict=True))
    right = sum(float(np.sum(p)) for p in products)
    assert left == pytest.approx(right, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("op", [op for op in OPS if not op.nondifferentiable], ids=str)
def test_derivatives_have_the_types_of_what_they_derive(op: Op) -> None:
    for sample in op.samples() if op.samples else ():
        node = sample_node(op, sample)
        wrt = [i for i, x in enumerate(node.inputs) if x.dtype.is_inexact]
        if not wrt or not node.dtype.is_inexact:
            continue
        graph = Graph(node.inputs, [node])
        reverse, forward = vjp_graph(graph, wrt), jvp_graph(graph, wrt)
        verify(reverse)
        verify(forward)
        for i, cotangent in zip(wrt, reverse.outputs, strict=True):
            assert cotangent.type.matches(node.inputs[i].type)
        assert forward.outputs[1].type.matches(node.type)
