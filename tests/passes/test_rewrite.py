"""Patterns and the walk that applies rules."""

from __future__ import annotations

import time

import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import GraphError
from pentad.graph.node import Graph, Node, input_node, recording_source
from pentad.graph.sizes import SizeScope, symbol
from pentad.passes.pattern import Call, Constant, attribute_key, constant_of, p, var
from pentad.passes.rewrite import ROUNDS, Rule, by_rules, rewrite

F32 = dtypes.float32
a, b = (input_node(n, (2, 3), F32) for n in "ab")
x, y = var("x"), var("y")


def bindings(pattern: Call, node: Node) -> list[dict]:
    return [dict(found) for found in pattern.match(node, {})]


def number(value: float) -> Node:
    return ops.full(value, (2, 3), F32)


def test_a_variable_binds_any_node():
    assert bindings(p.exp(x), ops.exp(a)) == [{"x": a}]
    assert bindings(p.exp(x), ops.log(a)) == []


def test_a_name_that_stands_twice_binds_one_node():
    assert bindings(p.sub(x, x), ops.sub(a, a)) == [{"x": a}]
    assert bindings(p.sub(x, x), ops.sub(a, b)) == []


def test_commutative_ops_match_in_either_order():
    assert bindings(x + 1, ops.add(number(1), a)) == [{"x": a}]
    assert bindings(1 + x, ops.add(a, number(1))) == [{"x": a}]
    assert bindings(1 - x, ops.sub(a, number(1))) == []
    assert bindings(x + p.exp(x), ops.add(ops.exp(a), a)) == [{"x": a}]


def test_a_wrong_first_choice_is_taken_back():
    pattern = (x + y) * x
    assert bindings(pattern, ops.mul(ops.add(a, b), b)) == [{"x": b, "y": a}]


@pytest.mark.parametrize(
    "wanted, value, fits",
    [(1, 1.0, True), (1, 2.0, False), (0.0, 0.0, True), (0.0, -0.0, False), (-0.0, -0.0, True)],
)
def test_constants_match_by_value_and_sign(wanted, value, fits):
    assert bool(bindings(x + wanted, ops.add(a, number(value)))) == fits


def test_constants_are_seen_through_views():
    c = ops.broadcast(ops.reshape(ops.full(2.0, (), F32), (1,)), (2, 3))
    assert constant_of(c) == 2.0
    assert bindings(x * 2, ops.mul(a, c)) == [{"x": a}]
    assert bindings(x * Constant("n"), ops.mul(a, c)) == [{"n": 2.0, "x": a}]
    assert constant_of(ops.exp(c)) is None
    assert constant_of(ops.full(symbol("n", 3), (), F32)) is None


def test_attributes_are_compared_or_bound():
    node = ops.transpose(a, (1, 0))
    axes = var("axes")
    assert bindings(p.transpose(x, axes=axes), node) == [{"x": a, "axes": (1, 0)}]
    assert bindings(p.transpose(x, axes=(1, 0)), node) == [{"x": a}]
    assert bindings(p.transpose(x, axes=(0, 1)), node) == []
    twice = ops.transpose(node, (1, 0))
    assert bindings(p.transpose(p.transpose(x, axes=axes), axes=axes), twice)


def test_a_call_can_be_named():
    node = ops.exp(a)
    assert bindings(p.log(p.exp(x).named("e")), ops.log(node)) == [{"x": a, "e": node}]


def test_attribute_keys_tell_apart_what_is_not_the_same():
    n, m = symbol("n", 3), symbol("m", 3)
    values = [0, 0.0, -0.0, False, None, "0", (0,), ((0,),), n, m, n * m, F32, "float32", (n, 0)]
    keys = {attribute_key(v) for v in values}
    assert len(keys) == len(values)
    assert attribute_key(float("nan")) == attribute_key(float("nan"))


def test_comparing_symbolic_attributes_leaves_no_guard():
    scope = SizeScope()
    n, m = symbol("n", 3, scope), symbol("m", 3, scope)
    assert attribute_key((n, 1)) != attribute_key((m, 1))
    assert not scope.guards


# -- the walk ----------------------------------------------------------------------------------


def rewritten(node: Node, *rules: Rule) -> Node:
    return rewrite(Graph([a, b], [node]), by_rules(rules)).outputs[0]


def test_what_a_rule_makes_is_rewritten_again():
    rules = (
        Rule("log of exp", p.log(p.exp(x)), lambda x: x),
        Rule("exp2 to exp", p.exp2(x), lambda x: ops.exp(x)),
    )
    assert rewritten(ops.log(ops.exp2(a)), *rules) is a


def test_nodes_inside_a_replacement_are_rewritten_too():
    rules = (
        Rule("tan", p.tan(x), lambda x: ops.sin(ops.neg(ops.neg(x)))),
        Rule("neg of neg", p.neg(p.neg(x)), lambda x: x),
    )
    made = rewritten(ops.tan(a), *rules)
    assert made.op.name == "sin"
    assert made.inputs == (a,)


def test_a_rule_that_declines_leaves_the_next_one_its_turn():
    rules = (
        Rule("declines", p.neg(x), lambda x: None),
        Rule("accepts", p.neg(x), lambda x: ops.abs(x)),
    )
    assert rewritten(ops.neg(a), *rules).op.name == "abs"


def test_rules_that_never_end_are_stopped():
    calls = []

    def turn(x: Node) -> Node:
        calls.append(x)
        return ops.abs(x) if len(calls) % 2 else ops.neg(x)

    rules = (Rule("there", p.neg(x), turn), Rule("back", p.abs(x), turn))
    assert rewritten(ops.neg(a), *rules).inputs == (a,)
    assert len(calls) == ROUNDS


def test_new_nodes_carry_the_line_of_what_they_replace():
    with recording_source(lambda: "model.py:3"):
        node = ops.neg(a)
    made = rewritten(node, Rule("r", p.neg(x), lambda x: ops.sin(ops.cos(x))))
    assert made.source == made.inputs[0].source == "model.py:3"


def test_a_rule_that_changes_a_type_is_refused():
    rule = Rule("wrong", p.neg(x), lambda x: ops.transpose(x, (1, 0)))
    with pytest.raises(GraphError, match="rule 'wrong' changes the type of neg"):
        rewritten(ops.neg(a), rule)


def test_a_graph_without_matches_keeps_its_nodes():
    node = ops.exp(ops.neg(a))
    assert rewritten(node, Rule("r", p.neg(p.neg(x)), lambda x: x)) is node


def test_a_chain_of_20000_nodes_is_rewritten_in_linear_time():
    def seconds(length: int) -> float:
        node = a
        for i in range(length):
            node = ops.neg(node) if i % 3 else ops.exp(node)
        start = time.process_time()
        made = rewritten(node, Rule("r", p.neg(p.neg(x)), lambda x: x))
        elapsed = time.process_time() - start
        depth = 0
        while made is not a:
            made, depth = made.inputs[0], depth + 1
        assert depth == length // 3 + (length % 3 > 0)
        return elapsed

    # The least of some: a pause of the machine or the collector is not the pass's.
    short, long = (min(seconds(n) for _ in range(3)) for n in (9_999, 20_001))
    assert long < 5
    assert long < 4 * short + 0.5
