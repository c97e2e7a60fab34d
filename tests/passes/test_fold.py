"""Constants are folded exactly, and only into what `full` can say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, apply, inline, input_node
from pentad.graph.op import TABLE, Op
from pentad.graph.sizes import symbol
from pentad.graph.verify import verify
from pentad.passes.fold import MAX_ELEMENTS, fold
from tests.passes.instances import assert_equal_values, random_graph

F32, F64 = dtypes.float32, dtypes.float64
NUMBERS = (0.0, -0.0, 1.0, -2.5, 3.0, float("inf"), float("-inf"), float("nan"), 1e30, 7.0)


def folded(node: Node) -> Node:
    graph = Graph([], [node])
    after = fold(graph)
    verify(after)
    return after.outputs[0]


def value_of(node: Node) -> object:
    assert node.op.name == "full"
    return node.attrs["value"]


ELEMENTWISE = [
    op
    for op in TABLE.values()
    if op.kind == "elementwise" and op.samples and op.name != "check_index"
]


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_elementwise_ops_of_constants_fold_to_their_exact_value(op: Op):
    rng = np.random.default_rng(len(op.name))
    kinds = set()
    for sample in op.samples():
        if any(isinstance(x, np.ndarray) for x in sample.inputs):
            continue
        given = [dtype for _, dtype in sample.inputs]
        if any(d.is_complex for d in (*given, sample.attrs.get("dtype", F32))):
            continue  # split into pairs before
        kind = tuple((dtype, *sample.attrs.values()) for _, dtype in sample.inputs)
        if kind in kinds:
            continue
        kinds.add(kind)
        for _ in range(6):
            operands = [constant(rng, dtype) for _, dtype in sample.inputs]
            made = apply(op, *operands, **sample.attrs)
            if made.dtype.is_complex:
                break  # so are those that become complex
            graph = Graph([], [ops.reshape(made, (6,))])
            after = fold(graph)
            verify(after)
            assert after.outputs[0].op.name == "full"
            assert_equal_values(graph, after)
    assert kinds


def constant(rng: np.random.Generator, dtype: dtypes.DType) -> Node:
    number = float(rng.choice(NUMBERS))
    if not dtype.is_floating_point:
        number = int(rng.integers(0, 120)) if dtype.is_integer else bool(number > 0)
    return ops.full(number, (2, 3), dtype)


def test_arithmetic_is_that_of_the_dtype():
    tenth, half = ops.full(0.1, (2,), F32), ops.full(0.1, (2,), dtypes.bfloat16)
    assert value_of(folded(tenth + tenth)) == float(np.float32(0.1) + np.float32(0.1))
    assert value_of(folded(half + half)) == 0.2001953125
    big = ops.full(200, (), dtypes.uint8)
    assert value_of(folded(ops.add(big, big))) == 144


def test_views_of_constants_are_constants_for_unknown_sizes_too():
    n = symbol("n", 5)
    one = ops.full(1.0, (n, 1), F32)
    wide = ops.broadcast(ops.transpose(one, (1, 0)), (4, n), (0, 1))
    result = folded(ops.exp(ops.neg(wide)))
    assert value_of(result) == float(np.exp(np.float32(-1)))
    assert result.type.matches(wide.type)


def test_large_constants_are_not_computed_element_by_element():
    huge = ops.full(2.0, (1 << 40, 1 << 20), F64)
    assert value_of(folded(ops.sqrt(ops.transpose(huge, (1, 0))))) == 2.0**0.5


def test_reductions_products_and_joins_of_small_constants():
    two = ops.full(2.0, (3, 4), F64)
    assert value_of(folded(ops.reduce_sum(two, (0, 1)))) == 24.0
    assert value_of(folded(ops.dot_general(two, two, ((1,), (1,))))) == 16.0
    assert value_of(folded(ops.concatenate([two, two], 0))) == 2.0
    assert value_of(folded(ops.pad(two, (1, 0), (0, 0), value=2.0))) == 2.0


def test_small_arrays_are_known_but_stay_unless_they_are_one_number():
    line = ops.iota((5,), 0, dtypes.int64)
    assert value_of(folded(ops.reduce_max(line, (0,)))) == 4
    assert value_of(folded(ops.lt(line, ops.full(9, (5,), dtypes.int64)))) is True
    assert folded(line).op.name == "iota"
    assert folded(ops.add(line, line)).op.name == "add"
    assert folded(ops.full(0.0, (2,), F32)).op.name == "full"


def test_zeros_of_both_signs_are_no_constant():
    zeros = ops.concatenate([ops.full(0.0, (1,), F64), ops.full(-0.0, (1,), F64)], 0)
    assert folded(zeros).op.name == "concatenate"


def test_what_is_too_large_or_unknown_is_left():
    n = symbol("n", 3)
    big = ops.reduce_sum(ops.full(1.0, (MAX_ELEMENTS + 1,), F64), (0,))
    assert folded(big).op.name == "reduce_sum"
    assert folded(ops.reduce_sum(ops.full(1.0, (n,), F64), (0,))).op.name == "reduce_sum"
    assert folded(ops.neg(ops.full(n, (2,), F64))).op.name == "neg"


def test_an_index_out_of_range_is_left_to_the_run():
    x = ops.full(1.0, (3,), F64)
    bad = ops.gather(x, ops.full(7, (2,), dtypes.int64), axes=(0,), mode="check")
    assert folded(bad).op.name == "gather"


def test_a_failing_check_is_left_to_the_run():
    size, good, bad = (ops.full(v, (2,), dtypes.int64) for v in (5, 4, 5))
    assert value_of(folded(ops.check_index(good, size))) == 4
    assert folded(ops.check_index(bad, size)).op.name == "check_index"


def test_nothing_is_folded_that_depends_on_an_input():
    x = input_node("x", (3,), F64)
    graph = Graph([x], [x * 0.0, ops.reduce_sum(x, (0,)), ops.where(ops.eq(x, x), x, x)])
    assert fold(graph).outputs == graph.outputs


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_keep_every_bit(seed):
    graph = random_graph(seed)
    numbers = [ops.full(v, n.shape, n.dtype) for v, n in zip((2.0, -0.5), graph.inputs)]
    for inputs in itertools.product(*zip(graph.inputs, numbers)):
        given = Graph([n for n in inputs if n.op.name == "input"], inline(graph, inputs))
        after = fold(given)
        verify(after)
        assert_equal_values(given, after, seed)
