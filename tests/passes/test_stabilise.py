"""Both sides of every stabilising row, in float64 on extreme inputs, against exact arithmetic."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable, Sequence
from decimal import Decimal

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node
from pentad.graph.verify import verify
from pentad.passes.canonicalise import canonicalise
from pentad.passes.cse import cse
from pentad.passes.quotients import CANCELLED, RATIOS, by_ratios
from pentad.passes.rewrite import by_rules
from pentad.passes.stabilise import RULES, stabilise
from pentad.runtime import interpreter
from tests.passes.instances import assert_close_values, random_graph
from tests.passes.quotient_cases import LOGARITHM_CASES, QUOTIENT_CASES
from tests.passes.stabilise_cases import (
    CASES,
    EXACT,
    NAMED_ONLY,
    Case,
    Row,
    centred,
    hand_softmax,
    kept,
    one,
    sum_exp,
)

INF = math.inf
ALL_CASES = [*CASES, *LOGARITHM_CASES, *QUOTIENT_CASES]
STEPS = {rule.name: by_rules([rule]) for rule in RULES}
STEPS |= {CANCELLED: by_ratios(()), **{row.name: by_ratios((row,)) for row in RATIOS}}
F64 = dtypes.float64


def case_name(case: Case) -> str:
    return case.rule


def graph_of(case: Case) -> Graph:
    shape = (len(case.rows), len(case.rows[0]))
    x, h = (input_node(n, shape, F64) for n in "xh")
    return canonicalise(cse(Graph([x, h], [case.build(x, h)])))


def errors(values: np.ndarray, truth: Sequence[Row]) -> np.ndarray:
    """Relative errors; inf where one is not finite and they differ."""
    exact = np.array([[float(v) for v in row] for row in truth])
    with np.errstate(all="ignore"):
        relative = np.abs(values - exact) / np.maximum(np.abs(exact), np.finfo(float).tiny)
    return np.where(values == exact, 0.0, np.where(np.isfinite(relative), relative, INF))


def measured(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """The errors before and after the pass."""
    rng = np.random.default_rng(0)
    graph = graph_of(case)
    x = np.array(case.rows)
    h = rng.integers(1, 9, x.shape) / 8
    with decimal.localcontext(EXACT):
        truth = [
            case.truth([Decimal(v) for v in a], [Decimal(v) for v in b])
            for a, b in zip(x.tolist(), h.tolist())
        ]
    sides = (interpreter.run(g, [x, h])[0] for g in (graph, stabilise(graph)))
    before, after = (errors(side, truth) for side in sides)
    return before, after


@pytest.mark.parametrize("case", ALL_CASES, ids=case_name)
def test_the_rule_fires_and_keeps_types(case):
    graph = graph_of(case)
    assert any(STEPS[case.rule](n) is not None for n in graph.nodes)
    after = stabilise(graph)
    verify(after)
    assert after.outputs[0].type.matches(graph.outputs[0].type)


@pytest.mark.parametrize("case", ALL_CASES, ids=case_name)
def test_never_worse_and_somewhere_better(case):
    before, after = measured(case)
    worse = (after > 4 * before) & (after > 1e-14)  # rounding may differ by a few units
    assert not worse.any(), (np.array(case.rows)[worse.any(1)], before[worse], after[worse])
    if case.rule not in NAMED_ONLY:
        assert ((after < 1e-14) & (before > 1e-6)).any()


def test_every_row_has_a_case():
    assert {c.rule for c in ALL_CASES} == set(STEPS)
    assert len(STEPS) == len(RULES) + len(RATIOS) + 1


# -- through the pieces that users write -------------------------------------------------------


def ops_in(graph: Graph) -> list[str]:
    return [n.op.name for n in graph.nodes]


def stabilised(build: Callable[[Node], Node], *shape: int) -> Graph:
    x = input_node("x", shape, dtypes.float32)
    after = stabilise(canonicalise(cse(Graph([x], [build(x)]))))
    verify(after)
    return after


def test_softmax_and_its_logarithm_by_hand():
    after = stabilised(lambda x: ops.log(hand_softmax(x)), 3, 4)
    assert ops_in(after) == ["input", "log_softmax"]


def test_softmax_with_the_maximum_subtracted_by_hand():
    def build(x: Node) -> Node:
        z = x - kept(ops.reduce_max(x, (1,)), x)
        return ops.log(ops.exp(z) / kept(ops.reduce_sum(ops.exp(z), (1,)), z))

    assert ops_in(stabilised(build, 3, 4)) == ["input", "log_softmax"]


def test_a_sum_of_centred_exponentials_needs_no_second_maximum():
    after = stabilised(lambda x: ops.log(sum_exp(centred(x))), 3, 4)
    assert ops_in(after).count("reduce_max") == 1
    assert "logsumexp" not in ops_in(after)


def test_cross_entropy_by_picking_a_probability():
    def build(x: Node) -> Node:
        rows = ops.iota((3,), 0, dtypes.int64)
        picked = ops.gather(ops.softmax(x, axis=1), rows, rows, axes=(0, 1), mode="clip")
        return ops.neg(ops.log(picked))

    assert ops_in(stabilised(build, 3, 4)) == ["input", "log_softmax", "iota", "gather", "neg"]


def test_log_of_one_minus_sigmoid():
    after = stabilised(lambda x: ops.log(1 - ops.sigmoid(x)), 5)
    assert ops_in(after) == ["input", "neg", "log_sigmoid"]


def test_binary_cross_entropy_by_hand():
    def build(x: Node) -> Node:
        return ops.log(one(x) - one(x) / (ops.exp(-x) + 1))

    assert ops_in(stabilised(build, 5)) == ["input", "neg", "log_sigmoid"]


def test_a_stable_softplus_by_hand_gets_its_name():
    def build(x: Node) -> Node:
        return ops.maximum(x, ops.full_like(0.0, x)) + ops.log(ops.exp(-ops.abs(x)) + 1)

    assert ops_in(stabilised(build, 5)) == ["input", "softplus"]


def test_a_sum_over_other_axes_is_no_softmax():
    def build(x: Node) -> Node:
        return ops.exp(x) / ops.broadcast(sum_exp(x), x.shape, (1,))

    assert "softmax" not in ops_in(stabilised(build, 4, 4))


def test_what_only_looks_alike_stays():
    def left_alone(build: Callable[[Node], Node]) -> bool:
        x = input_node("x", (3, 4), F64)
        graph = canonicalise(Graph([x], [build(x)]))
        return ops_in(stabilise(graph)) == ops_in(graph)

    assert left_alone(lambda x: ops.log(x + 2))
    assert left_alone(lambda x: ops.exp(ops.log(x)))
    assert left_alone(lambda x: x / ops.abs(x) * ops.abs(x))
    assert left_alone(lambda x: ops.sqrt(x * ops.neg(ops.exp(x))))
    assert left_alone(lambda x: ops.log(ops.reduce_sum(ops.softmax(x, axis=1), (1,))))


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_keep_their_values(seed):
    graph = random_graph(seed)
    after = stabilise(graph)
    verify(after)
    assert_close_values(graph, after, seed)
