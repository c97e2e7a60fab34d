"""What is packed for one product is not packed again for the next."""

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node
from pentad.passes.pipeline import run as run_passes
from pentad.runtime.interpreter import run as interpret
from pentad.schedule.lower import lower
from pentad.schedule.program import Call, Loop, Program
from pentad.schedule.spec import PackKernel
from pentad.target import cpu
from tests.runtime.native import run_native

F32 = dtypes.float32


def by_columns(a: Node, b: Node) -> Node:
    """a^T b: both operands are packed where they are long."""
    return ops.dot_general(a, b, contract=((0,), (0,)), batch=((), ()))


def graph_of(kind: str) -> Graph:
    g, x, y = (input_node(n, (300, 400), F32) for n in "gxy")
    match kind:
        case "first shared":
            outputs = [by_columns(g, x), by_columns(g, y)]
        case "second shared":
            outputs = [by_columns(x, g), by_columns(y, g)]
        case "by turns":
            outputs = [by_columns(g, x), by_columns(y, x), by_columns(g, y), by_columns(y, y * x)]
        case _:
            outputs = [by_columns(g, x), by_columns(y, x * 2.0)]
    return Graph([g, x, y], outputs)


def packs(program: Program) -> list[str]:
    calls = [s for s in program.steps if isinstance(s, Call)]
    return [s.spec.operand for s in calls if isinstance(s.spec, PackKernel)]


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [("first shared", 1, 2), ("second shared", 2, 1), ("by turns", 3, 3), ("nothing shared", 2, 2)],
)  # fmt: skip
def test_packed_once(kind: str, a: int, b: int) -> None:
    found = packs(lower(run_passes(graph_of(kind)), cpu.by_name("avx2")))
    assert (found.count("a"), found.count("b")) == (a, b)


@pytest.mark.parametrize("specialise", [False, True])
@pytest.mark.parametrize("kind", ["first shared", "second shared", "by turns", "nothing shared"])
def test_values(kind: str, specialise: bool) -> None:
    graph = graph_of(kind)
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(n.shape).astype(np.float32) for n in graph.inputs]
    status, found = run_native(graph, arrays, specialise=specialise)
    assert status == 0
    for a, b in zip(found, interpret(graph, arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3)


def test_what_is_packed_before_a_loop_is_not_shared() -> None:
    """Two constants that a loop multiplies the same value by are packed beforehand, both."""
    h, v, w = (input_node(n, (300, 300), F32) for n in "hvw")
    body = Graph([h, v, w], [ops.tanh(by_columns(h, v) - by_columns(h, w))])
    inputs = [input_node(n.attrs["name"], n.shape, F32) for n in body.inputs]
    last, *_ = ops.loop(inputs[:1], [], inputs[1:], body=body, length=3)
    graph = Graph(inputs, [last])
    program = lower(run_passes(graph), cpu.by_name("avx2"))
    [loop] = (s for s in program.steps if isinstance(s, Loop))
    assert packs(program).count("b") == 2
    assert "b" not in packs(loop.body)
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(n.shape).astype(np.float32) / 20 for n in inputs]
    status, [found] = run_native(graph, arrays, specialise=True)
    assert status == 0
    np.testing.assert_allclose(found, interpret(graph, arrays)[0], rtol=1e-3, atol=1e-4)


def test_a_view_is_copied_once_for_the_products_that_read_it() -> None:
    x = input_node("x", (6, 8, 10), F32)
    w, g = input_node("w", (10, 5), F32), input_node("g", (48, 5), F32)
    turned = ops.reshape(ops.transpose(x, (1, 0, 2)), (48, 10))
    graph = Graph([x, w, g], [ops.matmul(turned, w), by_columns(turned, g)])
    program = lower(run_passes(graph), cpu.by_name("avx2"))
    assert [s.label for s in program.steps].count("copy") == 1
