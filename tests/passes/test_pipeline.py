"""The passes together: levels, reports, and the same values for graphs of every composite."""

from __future__ import annotations

import time

import numpy as np
import pytest

from pentad import ops
from pentad.autodiff.reverse import pullback
from pentad.graph import dtypes
from pentad.graph.config import config
from pentad.graph.errors import GraphError
from pentad.graph.node import Graph, Node, apply, input_node
from pentad.graph.op import TABLE, Op, Sample, TensorType
from pentad.graph.text import print_graph
from pentad.graph.verify import verify
from pentad.passes.decompose import decompose
from pentad.passes.pipeline import PIPELINE, Pass, run
from pentad.runtime import interpreter
from tests.passes.instances import assert_close_values, random_graph

F32, F64 = dtypes.float32, dtypes.float64

SHORT = (dtypes.float16, dtypes.bfloat16)


def test_every_pass_says_why():
    for step in PIPELINE:
        assert step.why.endswith(".")
        assert step.name.isidentifier()
    levels = [step.level for step in PIPELINE]
    assert levels == sorted(levels)
    assert levels[-1] == "primitive"


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_keep_their_values(seed):
    graph = random_graph(seed)
    after = run(graph, verify=True)
    verify(after, "concrete")
    assert_close_values(graph, after, seed)


def drawn(sample: Sample) -> list[np.ndarray]:
    """Moderate numbers for a sample's operands, within its ranges."""
    rng = np.random.default_rng(0)
    arrays = []
    for i, (shape, dtype) in enumerate(sample.inputs):
        given = sample.ranges[i] if i < len(sample.ranges) else None
        low, high = given or (0.2, 2.0)
        if dtype.is_complex:
            parts = rng.uniform(low, high, (2, *shape))
            arrays.append((parts[0] + 1j * parts[1]).astype(dtype.numpy))
            continue
        floats = dtype.is_floating_point
        draw = rng.uniform if floats else lambda a, b, s: rng.integers(int(a), max(int(b), 1), s)
        arrays.append(draw(low, high, shape).astype(dtype.numpy))
    return arrays


def with_gradients(op: Op, sample: Sample) -> Graph:
    """The op, and the cotangents of its operands where it has any."""
    inputs = [input_node(f"x{i}", *given) for i, given in enumerate(sample.inputs)]
    output = apply(op, *inputs, **sample.attrs)
    outputs = [output]
    if not op.nondifferentiable and output.dtype.is_inexact:
        found = pullback([output], [ops.full_like(1.0, output)], inputs)
        outputs += [g for g in found if g is not None]
    return Graph(inputs, outputs)


def is_tried(sample: Sample) -> bool:
    """Given by shapes, without 16-bit floats, whose every rounding shows."""
    if any(isinstance(x, np.ndarray) for x in sample.inputs):
        return False
    return all(0 not in shape and dtype not in SHORT for shape, dtype in sample.inputs)


@pytest.mark.parametrize("name", sorted(n for n, op in TABLE.items() if op.samples))
def test_every_op_and_its_gradient_keep_their_values(name):
    op = TABLE[name]
    assert op.samples is not None
    for sample in filter(is_tried, op.samples()):
        graph = with_gradients(op, sample)
        after = run(graph, verify=True)
        verify(after, "concrete")
        arrays = drawn(sample)
        for a, b in zip(interpreter.run(graph, arrays), interpreter.run(after, arrays)):
            assert a.dtype == b.dtype
            tolerance = 1e-9 if a.dtype in (np.float64, np.complex128) else 1e-4
            wide = complex if np.iscomplexobj(a) else float
            np.testing.assert_allclose(
                b.astype(wide), a.astype(wide), rtol=tolerance, atol=tolerance
            )


def test_a_second_run_changes_nothing():
    x = input_node("x", (3, 4), F64)
    nodes = [ops.softmax(x, axis=1), ops.log_softmax(x, axis=-1), ops.var(x, (1,)), ops.mish(x)]
    for node in nodes:
        once = run(Graph([x], [node]))
        assert print_graph(run(once)) == print_graph(once)


def broken_pass(graph: Graph) -> Graph:
    (old,) = graph.outputs
    return Graph(graph.inputs, [Node(old.op, old.inputs, old.attrs, TensorType((7,), old.dtype))])


def test_the_pass_that_breaks_a_rule_is_named():
    x = input_node("x", (3,), F64)
    graph = Graph([x], [ops.exp(x)])
    broken = Pass(broken_pass, "Breaks.")
    with pytest.raises(GraphError, match="after the pass broken_pass: verify: rule 'type'"):
        run(graph, [broken], verify=True)
    assert run(graph, [broken], verify=False).outputs[0].shape == (7,)
    with config.override(debug=1), pytest.raises(GraphError, match="broken_pass"):
        run(graph, [broken])


def test_a_broken_graph_is_refused_at_once():
    x = input_node("x", (3,), F64)
    graph = broken_pass(Graph([x], [ops.exp(x)]))
    with pytest.raises(GraphError) as raised:
        run(graph, verify=True)
    assert "after the pass" not in str(raised.value)


def test_reports_go_to_stderr(capsys):
    x = input_node("x", (3,), F64)
    graph = Graph([x], [ops.neg(ops.neg(x))])
    for debug, pieces in ((1, 0), (2, len(PIPELINE)), (3, 2 * len(PIPELINE))):
        with config.override(debug=debug):
            run(graph)
        out, err = capsys.readouterr()
        assert not out
        assert err.count("pass ") + err.count("graph (") == pieces
    assert "pass 4 canonicalise: 3 -> 1 nodes\ngraph (x: float64[3]) {\n" in err


# -- decompose ---------------------------------------------------------------------------------


def endless(x: Node) -> Node:
    return apply(ENDLESS, x)


ENDLESS = Op("endless", "Itself.", "composite", infer=lambda x: x, decompose=endless)


def test_a_composite_that_contains_itself_is_refused():
    x = input_node("x", (3,), F64)
    with pytest.raises(GraphError, match="endless is not made of primitive ops"):
        decompose(Graph([x], [endless(x)]))


def test_stop_gradient_is_dropped():
    x = input_node("x", (3,), F64)
    after = decompose(Graph([x], [ops.stop_gradient(ops.exp(x))]))
    assert [n.op.name for n in after.nodes] == ["input", "exp"]


# -- gradients ---------------------------------------------------------------------------------


def gradient(graph: Graph) -> Graph:
    (x,), (loss,) = graph.inputs, graph.outputs
    (g,) = pullback([loss], [ops.full_like(1.0, loss)], [x])
    assert g is not None
    return Graph([x], [g])


STABLE = [step.name for step in PIPELINE].index("stabilise") + 1


def naive_loss(x: Node) -> Node:
    """-log(softmax(x))[:, 0], by hand."""
    e = ops.exp(x)
    total = ops.broadcast(ops.reduce_sum(e, (1,)), x.shape, (0,))
    first = ops.slice_(ops.log(e / total), (0, 0), (x.shape[0], 1))
    return ops.neg(ops.reduce_sum(first, (0, 1)))


@pytest.mark.parametrize("before_differentiation", [True, False])
def test_the_gradient_of_a_naive_loss_is_finite(before_differentiation):
    x = input_node("x", (2, 3), F64)
    graph = Graph([x], [naive_loss(x)])
    if before_differentiation:
        given = gradient(run(graph, PIPELINE[:STABLE], verify=True))
    else:
        softmax = Graph([x], [ops.neg(ops.reduce_sum(ops.log(ops.softmax(x, axis=1)), (0, 1)))])
        given = gradient(softmax)
    (g,) = interpreter.run(run(given, verify=True), [np.array([[-1e3, 0, 0], [5, 1e3, 2.0]])])
    assert np.isfinite(g).all()
    np.testing.assert_allclose(g.sum(1), 0, atol=1e-12)


# -- length ------------------------------------------------------------------------------------


def test_a_chain_of_20000_nodes_passes_in_linear_time():
    def seconds(length: int) -> float:
        x = first = input_node("x", (4, 5), F32)
        for i in range(length // 2):
            x = ops.sin(x) + ops.full_like(float(i % 3), x)
        start = time.process_time()
        after = run(Graph([first], [x]))
        elapsed = time.process_time() - start
        assert len(after.nodes) > length // 2
        return elapsed

    short, long = seconds(10_000), seconds(20_000)
    assert long < 20
    assert long < 4 * short + 0.5


def test_stabilise_sees_through_the_whole_pipeline():
    x = input_node("x", (3,), F64)
    after = run(Graph([x], [ops.log(ops.exp(x) + 1)]), verify=True)
    (y,) = interpreter.run(after, [np.array([-800.0, 0.0, 800.0])])
    np.testing.assert_allclose(y, [0.0, np.log(2), 800.0], rtol=1e-15)
