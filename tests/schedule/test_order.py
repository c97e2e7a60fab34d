"""The order of the groups: possible, the same each time, and kept small."""

from __future__ import annotations

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node
from pentad.schedule.lower import lower
from pentad.schedule.program import Program
from pentad.target import cpu


def tensor(name: str, *shape: int) -> Node:
    return input_node(name, shape, dtypes.float32)


def product(a: Node, b: Node, k: tuple[int, int] = (1, 0)) -> Node:
    return ops.dot_general(a, b, batch=((), ()), contract=((k[0],), (k[1],)))


def chain_and_gradients(depth: int, n: int = 64) -> Program:
    """x -> x w0 -> x w0 w1 ... and back; each weight is updated in place, the first one first."""
    x = tensor("x", n, n)
    weights = [tensor(f"w{i}", n, n) for i in range(depth)]
    values = [x]
    for w in weights:
        values.append(ops.tanh(product(values[-1], w)))
    gradient, updates = values[-1], []
    for w, value in zip(reversed(weights), reversed(values[:-1]), strict=True):
        updates.append(ops.sub(w, product(value, gradient, (0, 0))))
        gradient = ops.mul(product(gradient, w, (1, 1)), value)
    outputs = [gradient, *reversed(updates)]
    donated = {i + 1: i + 1 for i in range(depth)}
    return lower(Graph([x, *weights], outputs), cpu.by_name("avx2"), donated=donated)


def test_gradients_of_weights_do_not_wait_for_the_end():
    program = chain_and_gradients(8)
    written = [
        number for number, step in enumerate(program.steps)
        if any(b.place == "input" and b.index > 0 for b in step.buffers[3:])
    ]
    assert len(written) == 8
    # the last layer's is run before the backward pass has come to the first layer
    assert written[0] < len(program.steps) // 2 + 2
    assert max(b - a for a, b in zip(written, written[1:], strict=False)) <= 3


def test_the_arena_holds_the_forward_values_and_little_more():
    value = 4 * 64 * 64
    eight, sixteen = (chain_and_gradients(depth).arena_bytes for depth in (8, 16))
    assert sixteen - eight <= 8 * value + value
    assert eight <= (8 + 5) * value


def test_the_order_is_the_same_each_time():
    first, second = (
        [s.label for s in chain_and_gradients(6).steps] for _ in range(2)
    )
    assert first == second

