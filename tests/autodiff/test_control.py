"""Loops and branches: their derivatives against central differences, first and second order,
reverse mode against forward mode, and each of these graphs run natively."""

from __future__ import annotations

import numpy as np
import pytest

from pentad import ops
from pentad.autodiff.batching import batch_graph
from pentad.autodiff.forward import jvp_graph
from pentad.autodiff.gradcheck import gradcheck, gradgradcheck
from pentad.autodiff.reverse import vjp_graph
from pentad.graph import dtypes
from pentad.graph.errors import AutogradError, DTypeError, GraphError, PentadError, ShapeError
from pentad.graph.node import Graph, Node, bind_sizes, input_node
from pentad.graph.sizes import symbol
from pentad.graph.text import parse_graph, print_graph
from pentad.graph.verify import verify
from pentad.passes.pipeline import run as run_passes
from pentad.runtime.interpreter import run
from tests.fuzz.check import complaint

F64, I64 = dtypes.float64, dtypes.int64


def node(name: str, *shape: int, dtype: dtypes.DType = F64) -> Node:
    return input_node(name, shape, dtype)


def recurrence(*, host: bool = False) -> Graph:
    """(state, x, weight) -> (new state, output): a recurrent layer's step."""
    h, x, w = node("h", 3), node("x", 3), node("w", 3, 3)
    product = ops.reshape(ops.matmul(w, ops.reshape(h, (3, 1))), (3,))
    new = ops.tanh(product + x)
    if host:
        rows, columns = (ops.iota((3, 3), axis, F64) for axis in (0, 1))
        diagonal = ops.cast(ops.eq(rows, columns), F64) * 5
        new = new + ops.reduce_sum(ops.inverse(w + diagonal), [0])
    return Graph([h, x, w], [new, new * h])


def scan_graph(length: int, *, reverse: bool = False, host: bool = False) -> Graph:
    h, x, w = node("H", 3), node("X", length, 3), node("W", 3, 3)
    last, ys, _ = ops.loop(
        [h * 0.5], [x], [w], body=recurrence(host=host), length=length, reverse=reverse
    )
    return Graph([h, x, w], [last, ys])


def while_graph(bound: int | None) -> Graph:
    """Doubles until the sum is above 20."""
    a, k = node("a", 3), node("k", 3)
    body = Graph([a, k], [a * 1.5 + ops.sin(k)])
    seen, constant = node("a", 3), node("k", 3)
    total = ops.reduce_sum(ops.abs(seen), [0])
    cond = Graph([seen, constant], [ops.lt(total, ops.full_like(20, total))])
    x, c = node("X", 3), node("C", 3)
    return Graph([x, c], [ops.loop([x], [], [c], body=body, cond=cond, length=bound)[0]])


def cond_graph(value: bool) -> Graph:
    a, b = node("a", 3), node("b", 3)
    on_true = Graph([a, b], [ops.exp(a) * b, a])
    c, d = node("a", 3), node("b", 3)
    on_false = Graph([c, d], [ops.sin(d), ops.full(1, (3,), F64)])
    x, y = node("X", 3), node("Y", 3)
    total = ops.reduce_sum(x * x, [0])
    limit = ops.full_like(-1.0 if value else 1e9, total)
    return Graph([x, y], ops.cond(ops.gt(total, limit), [x, y], on_true, on_false))


def nested_graph() -> Graph:
    """A loop in a branch in a loop."""
    h, x, w = node("h", 3), node("x", 3), node("w", 3, 3)
    xs = ops.broadcast(x, (2, 3), [1])
    last, ys, _ = ops.loop([h], [xs], [w], body=recurrence(), length=2)
    inner = Graph([h, x, w], [last + ops.reduce_sum(ys, [0])])
    g, y, v = node("h", 3), node("x", 3), node("w", 3, 3)
    other = Graph([g, y, v], [ops.sin(g * y)])
    a, b, c = node("a", 3), node("b", 3), node("c", 3, 3)
    total = ops.reduce_sum(b, [0])
    [new] = ops.cond(ops.gt(total, ops.full_like(0, total)), [a, b, c], inner, other)
    body = Graph([a, b, c], [new, new * b])
    first, seq, weight = node("H", 3), node("X", 4, 3), node("W", 3, 3)
    return Graph([first, seq, weight], ops.loop([first], [seq], [weight], body=body, length=4)[:2])


GRAPHS = {
    "scan": scan_graph(5),
    "scan-reverse": scan_graph(4, reverse=True),
    "scan-one": scan_graph(1),
    "scan-none": scan_graph(0),
    "scan-host": scan_graph(3, host=True),
    "while": while_graph(12),
    "cond-true": cond_graph(True),
    "cond-false": cond_graph(False),
    "nested": nested_graph(),
}


def arrays_of(graph: Graph) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [np.asarray(rng.standard_normal(n.shape)) for n in graph.inputs]


@pytest.mark.parametrize("name", GRAPHS)
def test_first_order(name: str) -> None:
    gradcheck(GRAPHS[name], arrays_of(GRAPHS[name]), run)


@pytest.mark.parametrize("name", GRAPHS)
def test_second_order(name: str) -> None:
    gradgradcheck(GRAPHS[name], arrays_of(GRAPHS[name]), run)


@pytest.mark.parametrize("name", GRAPHS)
def test_forward_mode_is_the_transpose_of_reverse_mode(name: str) -> None:
    graph, rng = GRAPHS[name], np.random.default_rng(5)
    arrays, wrt = arrays_of(graph), list(range(len(graph.inputs)))
    tangents = [rng.standard_normal(a.shape) for a in arrays]
    cotangents = [rng.standard_normal(n.shape) for n in graph.outputs]
    forward, reverse = jvp_graph(graph, wrt), vjp_graph(graph, wrt)
    verify(forward)
    verify(reverse)
    pushed = run(forward, [*arrays, *tangents])[len(cotangents) :]
    pulled = run(reverse, [*arrays, *cotangents])
    left = sum(float(np.sum(p * c)) for p, c in zip(pushed, cotangents, strict=True))
    right = sum(float(np.sum(p * t)) for p, t in zip(pulled, tangents, strict=True))
    assert left == pytest.approx(right, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", GRAPHS)
def test_native_code_and_the_references_agree(name: str) -> None:
    graph = GRAPHS[name]
    wrt = list(range(len(graph.inputs)))
    for g in (graph, vjp_graph(graph, wrt), jvp_graph(graph, wrt)):
        assert complaint(g, 1) is None


def test_a_loop_without_a_bound_has_a_forward_mode_only() -> None:
    graph = while_graph(None)
    arrays = arrays_of(graph)
    bounded = while_graph(50)
    tangents = [np.ones(3), np.ones(3)]
    for a, b in zip(
        run(jvp_graph(graph, [0, 1]), [*arrays, *tangents]),
        run(jvp_graph(bounded, [0, 1]), [*arrays, *tangents]),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(AutogradError, match="no bound"):
        vjp_graph(graph, [0])


def test_the_gradient_runs_the_steps_once_forward_and_once_backward() -> None:
    after = run_passes(vjp_graph(scan_graph(1000), [0, 1, 2]))
    assert [n.op.name for n in after.nodes if n.op.kind == "control"] == ["loop", "loop"]
    graph = scan_graph(1000)
    both = Graph(graph.inputs, [*graph.outputs, *vjp_graph(graph, [2]).outputs])
    cotangents = vjp_graph(graph, [2])
    both = Graph(cotangents.inputs, [*graph.outputs, *cotangents.outputs])
    after = run_passes(both)
    assert sum(n.op.name == "loop" for n in after.nodes) == 2
    assert len(after.nodes) < 40


@pytest.mark.parametrize("name", GRAPHS)
def test_control_flow_comes_back_from_its_text(name: str) -> None:
    graph = vjp_graph(GRAPHS[name], [0])
    text = print_graph(graph)
    again = parse_graph(text)
    verify(again)
    assert print_graph(again) == text
    rng = np.random.default_rng(0)
    arrays = [np.asarray(rng.standard_normal(n.shape)) for n in graph.inputs]
    for a, b in zip(run(graph, arrays), run(again, arrays), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_text_of_a_broken_inner_graph_names_its_line() -> None:
    text = print_graph(scan_graph(2))
    line = next(i for i, row in enumerate(text.splitlines(), 1) if " tanh(" in row)
    with pytest.raises(GraphError, match=f"line {line}: .*cannot be applied"):
        parse_graph(text.replace("tanh(", "matmul("))
    rows = (f"{'b = ' if i else ''}graph () {{\n%0 = loop() : uint8[0]" for i in range(40))
    deep = "\n".join(rows)
    with pytest.raises(GraphError, match="nested deeper"):
        parse_graph(deep)


def test_sizes_of_sequences_may_be_symbols() -> None:
    n = symbol("n", 4)
    h, x, w = node("H", 3), input_node("X", (n, 3), F64), node("W", 3, 3)
    last, ys, steps = ops.loop([h], [x], [w], body=recurrence(), length=n)
    graph = Graph([h, x, w], [last, ys])
    gradient = vjp_graph(graph, [0, 1, 2])
    verify(gradient)
    assert steps.shape == ()
    assert print_graph(parse_graph(print_graph(gradient))) == print_graph(gradient)
    fixed = scan_graph(6)
    arrays = arrays_of(fixed)
    cotangents = [np.ones(3), np.ones((6, 3))]
    bound = bind_sizes(gradient, {"n": 6})
    arrays[0] *= 0.5
    got = run(bound, [*arrays, *cotangents])
    arrays[0] /= 0.5
    want = run(vjp_graph(fixed, [0, 1, 2]), [*arrays, *cotangents])
    np.testing.assert_allclose(got[2], want[2])
    np.testing.assert_allclose(got[0] * 0.5, want[0])


def body_of(*outputs: Node) -> Graph:
    return Graph([node("h", 3), node("x", 3)], outputs)


@pytest.mark.parametrize("make, error, text", [
    (lambda: ops.loop([node("h", 3)], [], body=Graph([h := node("a", 3)], [ops.reduce_sum(h, [0])]),
                      length=2), ShapeError, "changes its type"),
    (lambda: ops.loop([node("h", 3)], [], body=Graph([h := node("a", 3)], [ops.cast(h, I64)]),
                      length=2), DTypeError, "changes its type"),
    (lambda: ops.loop([node("h", 3)], [], body=Graph([h := node("a", 3)], [h]), length=-1),
     ShapeError, "negative"),
    (lambda: ops.loop([node("h", 3)], [], body=Graph([h := node("a", 3)], [h])),
     GraphError, "no length"),
    (lambda: ops.loop([node("h", 3)], [node("x", 4, 3)], body=Graph(
        [h := node("a", 3), node("b", 3)], [h]), length=5), ShapeError, "operand 1"),
    (lambda: ops.loop([node("h", 3)], [], body=Graph([], []), length=1), GraphError, "operands"),
    (lambda: ops.loop([node("h", 3)], [], body=Graph([h := node("a", 3)], [h]),
                      cond=Graph([g := node("a", 3)], [g]), length=1), DTypeError, "condition"),
    (lambda: ops.cond(node("p"), [], Graph([], []), Graph([], [])), DTypeError, "predicate"),
    (lambda: ops.cond(node("p", dtype=dtypes.bool_), [], Graph([], [ops.full(1, (2,), F64)]),
                      Graph([], [ops.full(1, (3,), F64)])), ShapeError, "branches"),
    (lambda: ops.cond(node("p", dtype=dtypes.bool_), [], Graph([], [ops.full(1, (2,), F64)]),
                      Graph([], [])), GraphError, "results"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(make, error: type[PentadError], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        make()
    assert "expected:" in str(caught.value)
    assert "got:" in str(caught.value)


def test_the_verifier_looks_inside() -> None:
    good = scan_graph(2)
    verify(good, "any")
    [control] = [n for n in good.nodes if n.op.kind == "control"]
    body = control.attrs["body"]
    stranger = Graph(body.inputs, [body.outputs[0] + node("stranger", 3), body.outputs[1]])
    attrs = {**control.attrs, "body": stranger}
    broken = Node(control.op, control.inputs, attrs, control.type)
    read = Node(good.outputs[0].op, (broken,), good.outputs[0].attrs, good.outputs[0].type)
    with pytest.raises(GraphError, match=r"in body of loop: .*foreign"):
        verify(Graph(good.inputs, [read]))
    wrong = Node(read.op, (control,), {**read.attrs, "index": 7}, read.type)
    with pytest.raises(GraphError, match="rule 'control'"):
        verify(Graph(good.inputs, [wrong]))
    direct = Node(control.op, control.inputs, control.attrs, control.type)
    with pytest.raises(GraphError):
        verify(Graph(good.inputs, [ops.add(direct, direct)]))


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("kind", ["plain", "reverse", "forward"])
def test_many_examples_at_once_are_a_loop_over_them(name: str, kind: str) -> None:
    graph = GRAPHS[name]
    if kind != "plain":
        derive = vjp_graph if kind == "reverse" else jvp_graph
        graph = derive(graph, list(range(len(graph.inputs))))
    rng, n = np.random.default_rng(7), 3
    for pattern in range(1, 1 << min(len(graph.inputs), 4), 3):
        flags = [bool(pattern >> (i % 4) & 1) for i in range(len(graph.inputs))]
        made = batch_graph(graph, flags, n)
        verify(made.graph)
        arrays = [
            np.asarray(rng.standard_normal((n, *x.shape) if f else x.shape))
            for f, x in zip(flags, graph.inputs, strict=True)
        ]
        found = run(made.graph, arrays)
        for e in range(n):
            one = [a[e] if f else a for a, f in zip(arrays, flags, strict=True)]
            for got, has, want in zip(found, made.outputs, run(graph, one), strict=True):
                np.testing.assert_allclose(got[e] if has else got, want, rtol=1e-9, atol=1e-12)
