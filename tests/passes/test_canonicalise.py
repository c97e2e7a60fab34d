"""Every row of canonicalise changes no bit of any value."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, apply, input_node
from pentad.graph.op import by_name
from pentad.graph.sizes import SizeScope, symbol
from pentad.graph.text import print_graph
from pentad.graph.verify import verify
from pentad.passes.canonical_parts import PART_RULES
from pentad.passes.canonical_views import VIEW_RULES, unit_axes
from pentad.passes.canonicalise import RULES, canonicalise
from pentad.passes.rewrite import Rule, by_rules
from pentad.runtime import interpreter
from tests.passes.instances import assert_equal_values, instances, random_graph

F32, F64 = dtypes.float32, dtypes.float64
CASTS = {"cast to its own type", "cast of a lossless cast"}
BY_HAND = {r.name for r in (*VIEW_RULES, *PART_RULES)} | CASTS


def fires(rule: Rule, graph: Graph) -> bool:
    return any(by_rules([rule])(n) is not None for n in graph.nodes)


@pytest.mark.parametrize("rule", [r for r in RULES if r.name not in BY_HAND], ids=lambda r: r.name)
def test_a_row_keeps_every_bit_for_every_dtype(rule):
    fired = 0
    for graph in instances(rule.pattern):
        after = canonicalise(graph)
        verify(after)
        fired += fires(rule, graph)
        if rule.name != "x ** 1, 2, 3":
            assert_equal_values(graph, after)
    assert fired


@pytest.mark.parametrize("number", [1, 2, 3])
def test_powers_become_products(number):
    x = input_node("x", (8,), F64)
    graph = Graph([x], [ops.pow(x, ops.full_like(float(number), x))])
    after = canonicalise(graph)
    assert {n.op.name for n in after.nodes} <= {"input", "mul"}
    array = np.array([0.0, -0.0, 1.5, -3.0, 1e-200, 1e200, np.inf, -np.inf])
    with np.errstate(all="ignore"):
        (given,) = interpreter.run(after, [array])
        np.testing.assert_allclose(given, array**number, rtol=1e-15)


def x_of(*shape: int, dtype: dtypes.DType = F64) -> Node:
    return input_node("x", shape, dtype)


def raw(name: str, *inputs: Node, **attrs: object) -> Node:
    """An op as its record applies it, without the shortcuts of `ops`."""
    return apply(by_name(name), *inputs, **attrs)


def sliced(x: Node, *bounds: tuple[int, int, int]) -> Node:
    start, limit, step = zip(*bounds)
    return raw("slice", x, start=start, limit=limit, step=step)


W = ops.cast(ops.iota((5, 4), 0, dtypes.int64), F64)

VIEWS: dict[str, Callable[[Node], Node]] = {
    "reshape to the same shape": lambda x: raw("reshape", x, shape=x.shape),
    "reshape of reshape": lambda x: ops.reshape(ops.reshape(x, (20,)), (2, 10)),
    "transpose of unit axes": lambda x: ops.transpose(ops.reshape(x, (4, 1, 5)), (1, 0, 2)),
    "transpose of transpose": lambda x: ops.transpose(
        ops.transpose(ops.reshape(x, (2, 2, 5)), (2, 0, 1)), (1, 0, 2)
    ),
    "broadcast to the same shape": lambda x: raw("broadcast", x, shape=x.shape, dims=(0, 1)),
    "broadcast of broadcast": lambda x: ops.broadcast(
        ops.broadcast(x, (4, 3, 5), (0, 2)), (2, 4, 3, 5, 6), (1, 2, 3)
    ),
    "broadcast of new unit axes": lambda x: ops.broadcast(
        ops.reshape(ops.reduce_max(x, (1,)), (4, 1)), (4, 5)
    ),
    "transpose of broadcast": lambda x: ops.transpose(
        ops.broadcast(x, (4, 3, 5), (0, 2)), (2, 1, 0)
    ),
    "slice of everything": lambda x: sliced(x, (0, 4, 1), (0, 5, 1)),
    "slice of slice": lambda x: sliced(sliced(x, (1, 4, 1), (0, 5, 2)), (0, 3, 2), (1, 3, 1)),
    "reverse no axes": lambda x: raw("reverse", x, axes=()),
    "reverse of reverse": lambda x: ops.reverse(ops.reverse(x, (0,)), (0, 1)),
    "pad by nothing": lambda x: raw(
        "pad", x, low=(0, 0), high=(0, 0), interior=(0, 0), value=0.0
    ),
    "concatenate one": lambda x: raw("concatenate", x, axis=0),
    "reduce_prod over no axes": lambda x: raw("reduce_prod", x, axes=()),
    "reduce_max over no axes": lambda x: raw("reduce_max", x, axes=()),
    "reduce_min over no axes": lambda x: raw("reduce_min", x, axes=()),
    "product of a transpose": lambda x: ops.dot_general(ops.transpose(x, (1, 0)), x, ((1,), (0,))),
    "product with a transpose": lambda x: ops.dot_general(
        x, ops.transpose(ops.reshape(x, (1, 4, 5)), (1, 0, 2)), ((0, 1), (0, 2))
    ),
    "transpose of a product": lambda x: ops.transpose(
        ops.dot_general(ops.reshape(x, (2, 2, 5)), W, ((2,), (0,))), (2, 0, 1)
    ),
}


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_view_row_keeps_every_bit(name):
    (rule,) = (r for r in VIEW_RULES if r.name == name)
    x = x_of(4, 5)
    graph = Graph([x], [VIEWS[name](x)])
    assert fires(rule, graph)
    after = canonicalise(graph)
    verify(after)
    assert len(after.nodes) < len(graph.nodes) or name == "transpose of broadcast"
    assert_equal_values(graph, after)


def test_every_view_row_has_a_case():
    assert set(VIEWS) == {r.name for r in VIEW_RULES}


def test_rows_have_different_names():
    names = [r.name for r in RULES]
    assert len(set(names)) == len(names)


# -- what must stay ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build",
    [
        lambda x: x + 0.0,
        lambda x: x - ops.full_like(-0.0, x),
        lambda x: x * 0.0,
        lambda x: x - x,
        lambda x: x / x,
        lambda x: ops.neg(x - ops.exp(x)),
        lambda x: apply(by_name("reduce_sum"), x, axes=()),  # 0.0 + -0.0
        lambda x: x / 3.0,
        lambda x: x / 2.0**20,
        lambda x: ops.pow(x, ops.full_like(0.5, x)),
        lambda x: ops.logical_not(ops.lt(x, ops.exp(x))),
        lambda x: ops.transpose(ops.dot_general(x, x, ((0,), (0,))), (0, 1)),
    ],
)
def test_what_is_not_the_identity_stays(build):
    x = x_of(4, 5)
    graph = Graph([x], [build(x)])
    assert print_graph(canonicalise(graph)) == print_graph(graph)


def test_a_transpose_that_reorders_free_axes_stays():
    x, y = x_of(2, 3, 4), input_node("y", (4, 5), F64)
    turned = ops.transpose(x, (1, 0, 2))
    graph = Graph([x, y], [ops.dot_general(turned, y, ((2,), (0,)))])
    assert print_graph(canonicalise(graph)) == print_graph(graph)


# -- casts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", dtypes.REAL, ids=lambda d: d.name)
def test_two_casts_become_one_only_if_no_value_changes(first):
    fewer = 0
    for middle, last in itertools.product(dtypes.REAL, dtypes.REAL):
        x = input_node("x", (6, 8), first)
        graph = Graph([x], [ops.cast(ops.cast(x, middle), last)])
        after = canonicalise(graph)
        fewer += len(after.nodes) < len(graph.nodes)
        assert_equal_values(graph, after)
    assert fewer or first.bits == 64  # nothing is wider


# -- parts and wholes --------------------------------------------------------------------------


def part(x: Node, start: int, limit: int) -> Node:
    """Rows start..limit of x, where they were, among zeros."""
    rows = ops.slice_(x, (start, 0), (limit, 5))
    return ops.pad(rows * 2, (start, 0), (8 - limit, 0))


def parts(graph: Graph) -> Graph:
    after = canonicalise(graph)
    verify(after)
    return after


def test_a_sum_of_padded_parts_is_their_concatenation():
    x = x_of(8, 5)
    graph = Graph([x], [part(x, 3, 4) + part(x, 6, 8) + (part(x, 0, 3) + part(x, 4, 6))])
    after = parts(graph)
    names = [n.op.name for n in after.nodes]
    assert "pad" not in names
    assert names.count("concatenate") == 1
    assert_equal_values(graph, after)


@pytest.mark.parametrize("bounds", [((0, 3), (4, 8)), ((0, 5), (4, 8)), ((0, 4), (4, 7))])
def test_parts_that_overlap_or_leave_gaps_stay_padded(bounds):
    x = x_of(8, 5)
    graph = Graph([x], [part(x, *bounds[0]) + part(x, *bounds[1])])
    after = parts(graph)
    assert [n.op.name for n in after.nodes].count("pad") == 2
    assert_equal_values(graph, after)


def test_parts_of_integers_and_of_other_sums():
    x = x_of(8, 5, dtype=dtypes.int32)
    graph = Graph([x], [part(x, 0, 4) + part(x, 4, 8)])
    assert "pad" not in [n.op.name for n in parts(graph).nodes]
    assert_equal_values(graph, parts(graph))
    rest = Graph([x], [part(x, 0, 4) + (part(x, 4, 8) + x)])
    assert_equal_values(rest, parts(rest))


@pytest.mark.parametrize("start, limit, left", [(2, 6, "input"), (0, 2, "full"), (6, 9, "full"),
                                                (1, 6, "slice"), (2, 5, "slice")])  # fmt: skip
def test_what_is_cut_out_of_padding(start, limit, left):
    x = x_of(4, 5)
    wide = ops.pad(x, (2, 0), (3, 0), value=7.0)
    graph = Graph([x], [ops.slice_(wide, (start, 0), (limit, 5))])
    after = parts(graph)
    assert after.outputs[0].op.name == left
    assert_equal_values(graph, after)


def test_the_transpose_of_a_concatenation_moves_its_parts_once():
    x = x_of(4, 5)
    whole = ops.concatenate([ops.reshape(x, (1, 4, 5))] * 3, 0)
    graph = Graph([x], [ops.reshape(ops.transpose(whole, (1, 0, 2)), (4, 15))])
    after = parts(graph)
    assert [n.op.name for n in after.nodes][-2:] == ["concatenate", "reshape"]
    assert_equal_values(graph, after)


# -- symbolic sizes ----------------------------------------------------------------------------


def test_no_size_is_asked_anything():
    scope = SizeScope()
    n, m = symbol("n", 4, scope), symbol("m", 4, scope)
    x = input_node("x", (n, m), F64)
    turned = ops.transpose(ops.transpose(ops.transpose(x, (1, 0)), (1, 0)), (1, 0))
    flat = ops.reshape(ops.reshape(turned, (m * n,)), (m, n))
    wide = ops.broadcast(ops.reshape(ops.reduce_max(flat, (1,)), (m, 1)), (m, n))
    before = list(map(str, scope.guards))
    after = canonicalise(Graph([x], [wide, flat]))
    assert list(map(str, scope.guards)) == before
    verify(after)
    assert [n.op.name for n in after.nodes] == ["input", "transpose", "reduce_max", "broadcast"]


@pytest.mark.parametrize(
    "narrow, wide, places",
    [
        ((3,), (3, 1), (0,)),
        ((3,), (1, 3, 1), (1,)),
        ((1, 3), (1, 1, 3), (0, 2)),
        ((), (1, 1), ()),
        ((3,), (3, 3), None),
        ((3, 1), (3,), None),
        ((2, 3), (3, 2), None),
    ],
)
def test_unit_axes(narrow, wide, places):
    assert unit_axes(narrow, wide) == places


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_keep_every_bit(seed):
    graph = random_graph(seed)
    after = canonicalise(graph)
    verify(after)
    assert len(after.nodes) <= len(graph.nodes)
    assert_equal_values(graph, after, seed)
    assert print_graph(canonicalise(after)) == print_graph(after)
