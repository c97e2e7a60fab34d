"""What the gradient of a loop keeps of a step: the cheapest choice there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pentad import ops
from pentad.autodiff.residuals import _INSTRUCTION, _READ, _WRITE, residuals
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node, topological
from pentad.ops.weights import weight

F32 = dtypes.float32


def node(name: str, *shape: int) -> Node:
    return input_node(name, shape, F32)


def kept(body: Graph, carries: int, xs: int, *read: Node) -> list[Node]:
    return residuals(body, carries, xs, [r * 2.0 for r in read])


def test_what_takes_many_instructions_is_kept_and_what_takes_few_computed_again():
    h, c = node("h", 8), node("c", 8)
    heavy = ops.sigmoid(h * c)
    light = (h + c) * h
    body = Graph([h, c], [heavy + light])
    assert kept(body, 1, 0, heavy) == [heavy]
    assert set(kept(body, 1, 0, light, h)) == {h, c}


def test_a_sum_is_kept_in_place_of_its_terms():
    h, x, w = node("h", 4, 8), node("x", 4, 8), node("w", 8, 8)
    total = ops.matmul(h, w) + x
    out = ops.relu(total)
    body = Graph([h, x, w], [out])
    found = kept(body, 1, 1, ops.slice_(total, (0, 0), (4, 8)))
    assert found == [total]


def test_a_product_is_never_computed_again():
    h, w = node("h", 2, 2), node("w", 2, 2)
    product = ops.matmul(w, w)
    body = Graph([h, w], [h + product])
    assert kept(body, 1, 0, product + 1.0) != [w]
    assert kept(body, 1, 0, product) == [product]


def test_what_is_there_anyway_is_read():
    h, x = node("h", 8), node("x", 8)
    y = ops.tanh(x) + 1.0
    body = Graph([h, x], [h + x, y])
    assert kept(body, 1, 1, y) == [y]
    assert kept(body, 1, 1, x + 1.0) == [x]


def test_of_a_constant_comes_what_costs_little():
    h, b = node("h", 4, 8), node("b", 8)
    wide = ops.broadcast(b, (4, 8), (1,))
    body = Graph([h, b], [h * wide])
    assert kept(body, 1, 0, wide) == [b]


def cost_of(body: Graph, carries: int, wanted: list[Node], chosen: set[Node]) -> float:
    """What a choice costs by the definition; infinite if it does not do."""
    total, made = 0.0, set()
    for n in chosen:
        constant = n in body.inputs[carries:]
        traffic = (1 + n.shape[0]) * 4 * (_READ + _WRITE)
        total += 1 if constant else traffic
    stack = list(wanted)
    while stack:
        n = stack.pop()
        if n in chosen or n in made:
            continue
        made.add(n)
        if n.op.kind != "elementwise":
            return float("inf")
        total += _INSTRUCTION * (1 + n.shape[0]) * weight(n)
        stack += n.inputs
    return total


@pytest.mark.parametrize("seed", range(25))
def test_no_other_choice_is_cheaper(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = [node(f"i{k}", 7) for k in range(3)]
    nodes = list(inputs)
    for _ in range(7):
        a, b = (nodes[i] for i in rng.integers(len(nodes), size=2))
        make = (ops.exp, ops.sigmoid, ops.sqrt, ops.add, ops.mul, ops.div)[rng.integers(6)]
        nodes.append(make(a) if make in (ops.exp, ops.sigmoid, ops.sqrt) else make(a, b))
    wanted = [n for n in nodes[3:] if rng.random() < 0.5] or [nodes[-1]]
    body = Graph(inputs, [inputs[0], inputs[1], *(n * 3.0 for n in wanted)])
    found = set(kept(body, 2, 0, *wanted))
    values = list(topological(wanted))
    choices = (
        set(c) for size in range(len(values) + 1) for c in itertools.combinations(values, size)
    )
    least = min(cost_of(body, 2, wanted, choice) for choice in choices)
    assert cost_of(body, 2, wanted, found) == least
