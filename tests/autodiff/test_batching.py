"""Batching from the op table: every sample of every op, vmapped over every choice of operands,
equals a Python loop over the examples."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest

import pentad.ops as ops
from pentad.autodiff.batching import batch_graph, one_by_one
from pentad.graph import dtypes
from pentad.graph.errors import CaptureError, GraphError
from pentad.graph.node import Graph, input_node
from pentad.graph.op import TABLE, Op, Sample
from pentad.graph.sizes import symbol
from pentad.graph.verify import verify
from pentad.ops.samples import sample_arrays, sample_node, sample_types
from pentad.runtime.interpreter import run

EXAMPLES = 3
MOST_ELEMENTS = 400
# Loops and branches take graphs: tests/autodiff/test_control.py.
LONE = {"input", "full", "iota", "loop", "cond", "result"}
OPS = [op for op in TABLE.values() if op.name not in LONE]
DERIVED = ("elementwise", "composite")


def _samples(op: Op) -> Iterator[Sample]:
    """Every kind of attributes and ranks once."""
    seen = set()
    for sample in op.samples() if op.samples else ():
        types = sample_types(sample)
        if not types or max(math.prod(shape) for shape, _ in types) > MOST_ELEMENTS:
            continue
        empty = any(0 in shape for shape, _ in types)
        ranks = tuple(len(shape) for shape, _ in types)
        short = any(d in (dtypes.float16, dtypes.bfloat16) for _, d in types)
        key = (ranks, empty, short, str(sorted(sample.attrs.items())))
        if key not in seen:
            seen.add(key)
            yield sample


def _patterns(count: int) -> Iterator[tuple[bool, ...]]:
    every = [p for p in itertools.product((True, False), repeat=count) if any(p)]
    yield from every[:8]


def _cases() -> Iterator[pytest.param]:
    for op in OPS:
        for i, sample in enumerate(_samples(op)):
            for flags in _patterns(len(sample.inputs)):
                marks = "".join("b" if f else "-" for f in flags)
                yield pytest.param(op, sample, flags, id=f"{op.name}-{i}-{marks}")


CASES = list(_cases())


def test_every_op_takes_part() -> None:
    assert {case.values[0].name for case in CASES} == {op.name for op in OPS}


def test_structured_ops_have_rules_of_their_own() -> None:
    """The loop over examples is for ops of the host; whatever has a kernel has a rule."""
    without = {
        op.name for op in OPS if op.batch is None and op.kind not in (*DERIVED, "host")
    }
    assert without == set()


def _draws(sample: Sample, seed: int) -> list[np.ndarray]:
    """Other values for each example: those that a sample gives as arrays have a meaning, which
    scaling keeps."""
    rng = np.random.default_rng(seed)
    found = []
    for given, a in zip(sample.inputs, sample_arrays(sample), strict=True):
        if not isinstance(given, np.ndarray):
            found.append(rng.permutation(a.ravel()).reshape(a.shape))
        elif a.dtype.kind == "f":
            found.append(a * np.asarray(1 + seed / 8, a.dtype))
        else:
            found.append(a)
    return found


@pytest.mark.parametrize("op,sample,flags", CASES)
def test_equals_a_loop(op: Op, sample: Sample, flags: tuple[bool, ...]) -> None:
    node = sample_node(op, sample)
    one = Graph(node.inputs, [node])
    draws = [_draws(sample, i) for i in range(EXAMPLES)]
    made = batch_graph(one, flags, EXAMPLES)
    verify(made.graph)
    assert made.outputs == (True,)
    given = [
        np.stack([d[i] for d in draws]) if f else draws[0][i] for i, f in enumerate(flags)
    ]
    [found] = run(made.graph, given)
    for e in range(EXAMPLES):
        [expected] = run(one, [draws[e][i] if f else draws[0][i] for i, f in enumerate(flags)])
        tolerance = 1e-5 if expected.dtype.kind == "f" else 0
        if node.dtype in (dtypes.float16, dtypes.bfloat16):
            tolerance = 2e-2
        np.testing.assert_allclose(found[e], expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("op", OPS, ids=str)
def test_no_examples(op: Op) -> None:
    sample = next(_samples(op))
    node = sample_node(op, sample)
    made = batch_graph(Graph(node.inputs, [node]), [True] * len(node.inputs), 0)
    assert made.graph.outputs[0].shape == (0, *node.shape)


def test_what_no_example_changes_is_computed_once() -> None:
    x, y = input_node("x", (4,), dtypes.float64), input_node("y", (4,), dtypes.float64)
    shared = ops.exp(y)
    graph = Graph([x, y], [shared * x, shared])
    made = batch_graph(graph, (True, False), 5)
    assert made.outputs == (True, False)
    exponentials = [n for n in made.graph.nodes if n.op.name == "exp"]
    assert [n.shape for n in exponentials] == [(4,)]


def test_one_by_one_is_right_for_any_op() -> None:
    x, y = input_node("x", (2, 3), dtypes.float64), input_node("y", (3, 2), dtypes.float64)
    node = ops.matmul(x, y)
    wide = input_node("x", (EXAMPLES, 2, 3), dtypes.float64)
    looped = one_by_one(node, [wide, y], [True, False], EXAMPLES)
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((EXAMPLES, 2, 3)), rng.standard_normal((3, 2))
    np.testing.assert_allclose(run(Graph([wide, y], [looped]), [a, b])[0], a @ b)


def test_refusals_say_why() -> None:
    x = input_node("x", (2,), dtypes.float64)
    with pytest.raises(GraphError, match="one flag for each input"):
        batch_graph(Graph([x], [x]), (True, True), 3)
    node = ops.sort(x, 0)
    n = symbol("n", 5, None)
    with pytest.raises(CaptureError, match="sort has no batch rule"):
        one_by_one(node, [input_node("x", (n, 2), dtypes.float64)], [True], n)


def test_lines_are_those_of_the_example() -> None:
    x = input_node("x", (2, 2), dtypes.float64)
    node = ops.softmax(x, axis=1)
    node.source = "model.py:3"
    made = batch_graph(Graph([x], [node]), (True,), 4)
    assert made.graph.outputs[0].source == "model.py:3"
