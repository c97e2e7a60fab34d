"""The values of composites: against plain formulas in float64, and at extreme operands."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pentad import ops
from pentad.autodiff.reverse import vjp_graph
from pentad.graph import dtypes
from pentad.graph.errors import IndexOutOfRange
from pentad.graph.node import Graph, Node, input_node
from pentad.runtime.interpreter import run, run_node

INF, LN2 = np.inf, math.log(2)
X = np.linspace(-4, 4, 41)
PHI = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in X])


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    "function,attrs,expected",
    [
        (ops.relu, {}, np.maximum(X, 0)),
        (ops.relu6, {}, np.clip(X, 0, 6)),
        (ops.leaky_relu, {"slope": 0.2}, np.where(X > 0, X, 0.2 * X)),
        (ops.elu, {"alpha": 2.0}, np.where(X > 0, X, 2 * np.expm1(X))),
        (ops.celu, {"alpha": 2.0}, np.where(X > 0, X, 2 * np.expm1(X / 2))),
        (ops.selu, {}, 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543773 * np.expm1(X))),
        (ops.gelu, {}, X * PHI),
        (
            ops.gelu,
            {"approximate": True},
            X / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3))),
        ),
        (ops.silu, {}, X * _sigmoid(X)),
        (ops.softplus, {"beta": 2.0}, np.log1p(np.exp(2 * X)) / 2),
        (ops.log_sigmoid, {}, np.log(_sigmoid(X))),
        (ops.mish, {}, X * np.tanh(np.log1p(np.exp(X)))),
        (ops.softsign, {}, X / (1 + np.abs(X))),
        (ops.tanhshrink, {}, X - np.tanh(X)),
        (ops.hardtanh, {"low": -2.0, "high": 1.0}, np.clip(X, -2, 1)),
        (ops.hardsigmoid, {}, np.clip(X / 6 + 0.5, 0, 1)),
        (ops.hardswish, {}, X * np.clip(X / 6 + 0.5, 0, 1)),
        (ops.hardshrink, {"limit": 1.05}, np.where(np.abs(X) > 1.05, X, 0)),
        (ops.softshrink, {"limit": 1.0}, np.sign(X) * np.maximum(np.abs(X) - 1, 0)),
        (ops.threshold, {"limit": 1.05, "value": -7.0}, np.where(X > 1.05, X, -7)),
        (ops.clamp, {"low": -1, "high": None}, np.maximum(X, -1)),
        (ops.square, {}, X * X),
        (ops.reciprocal, {}, 1 / np.where(X == 0, np.inf, X)),
    ],
)
def test_activations(function: object, attrs: dict[str, object], expected: np.ndarray) -> None:
    x = np.where(X == 0, INF, X) if function is ops.reciprocal else X
    assert np.allclose(run_node(function, x, **attrs), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "function,attrs,x,expected",
    [
        (ops.softplus, {}, [1e4, -1e4], [1e4, 0]),
        (ops.log_sigmoid, {}, [1e4, -1e4], [0, -1e4]),
        (ops.elu, {}, [1e4, -1e4], [1e4, -1]),
        (ops.silu, {}, [1e4, -1e4], [1e4, 0]),
        (ops.mish, {}, [1e4, -1e4], [1e4, 0]),
        (ops.softmax, {"axis": 0}, [1e4, 1e4, -1e4], [0.5, 0.5, 0]),
        (ops.log_softmax, {"axis": 0}, [1e4, 0, 1e4], [-LN2, -1e4 - LN2, -LN2]),
        (ops.masked_softmax, {"axis": 0}, [-INF, -INF], [0, 0]),
        (ops.masked_softmax, {"axis": 0}, [-INF, 3], [0, 1]),
    ],
)
def test_nothing_overflows(
    function: object, attrs: dict[str, object], x: list[float], expected: list[float]
) -> None:
    found = run_node(function, np.array(x, np.float32), **attrs)
    assert found == pytest.approx(expected, rel=1e-6)


def test_logsumexp_of_infinities() -> None:
    rows = np.array([[-INF, -INF], [INF, 0], [1e4, 1e4]], np.float32)
    found = run_node(ops.logsumexp, rows, axes=(1,))
    assert found.tolist() == pytest.approx([-INF, INF, 1e4 + LN2])
    pair = run_node(ops.logaddexp, np.array([-INF, 1e4]), np.array([-INF, 1e4]))
    assert pair.tolist() == pytest.approx([-INF, 1e4 + LN2])


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 2), (-1,)])
def test_statistics(axes: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).standard_normal((3, 4, 5)) + 7
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    assert np.allclose(run_node(ops.mean, x, axes=axes), x.mean(axes))
    assert np.allclose(run_node(ops.var, x, axes=axes, correction=1), x.var(axes, ddof=1))
    standard = run_node(ops.standardize, x, axes=axes, eps=0.1)
    assert np.allclose(standard, (x - mean) / np.sqrt(var + 0.1))
    assert np.allclose(run_node(ops.logsumexp, x, axes=axes), np.log(np.exp(x).sum(axes)))


def _outputs(make: object, *arrays: np.ndarray) -> list[np.ndarray]:
    inputs = [
        input_node(f"x{i}", a.shape, dtypes.from_numpy(a.dtype)) for i, a in enumerate(arrays)
    ]
    made = make(*inputs)  # type: ignore[operator]
    return run(Graph(inputs, [made] if isinstance(made, Node) else made), arrays)


def test_normalising_layers() -> None:
    rng = np.random.default_rng(1)
    x, w, b = rng.standard_normal((2, 4, 3)), rng.standard_normal(4), rng.standard_normal(4)
    column = (slice(None), None)
    y, mean, var = _outputs(lambda x, w, b: ops.batch_norm(x, w, b), x, w, b)
    assert np.allclose(mean, x.mean((0, 2)))
    assert np.allclose(var, x.var((0, 2)))
    expected = (x - mean[column]) / np.sqrt(var[column] + 1e-5) * w[column] + b[column]
    assert np.allclose(y, expected)
    [again] = _outputs(ops.batch_norm_inference, x, mean, var, w, b)
    assert np.allclose(again, expected)
    parts = x.reshape(2, 2, 6)
    parts = (parts - parts.mean(2, keepdims=True)) / np.sqrt(parts.var(2, keepdims=True) + 1e-5)
    [grouped] = _outputs(lambda x, w, b: ops.group_norm(x, w, b, 2), x, w, b)
    assert np.allclose(grouped, parts.reshape(x.shape) * w[column] + b[column])
    last = w[:3]
    [rms] = _outputs(lambda x, w: ops.rms_norm(x, w, [-1], eps=0.1), x, last)
    assert np.allclose(rms, x / np.sqrt((x * x).mean(-1, keepdims=True) + 0.1) * last)
    [layer] = _outputs(lambda x, b: ops.layer_norm(x, None, b, [-1], eps=0.1), x, last)
    centred = x - x.mean(-1, keepdims=True)
    assert np.allclose(layer, centred / np.sqrt(x.var(-1, keepdims=True) + 0.1) + last)


def test_batch_norm_of_half_precision_has_single_statistics() -> None:
    x = input_node("x", (4, 2), dtypes.float16)
    y, mean, var = ops.batch_norm(x, None, None)
    assert (y.dtype, mean.dtype, var.dtype) == (dtypes.float16, dtypes.float32, dtypes.float32)


# -- losses ------------------------------------------------------------------------------------


def test_cross_entropy() -> None:
    rng = np.random.default_rng(2)
    x, labels = rng.standard_normal((3, 5)), np.array([4, -100, 0])
    logp = x - np.log(np.exp(x).sum(1, keepdims=True))
    plain = -logp[range(3), np.maximum(labels, 0)] * (labels >= 0)
    assert np.allclose(run_node(ops.cross_entropy, x, labels), plain)
    smooth = np.where(labels >= 0, 0.9 * plain - 0.1 * logp.mean(1), 0)
    assert np.allclose(run_node(ops.cross_entropy, x, labels, label_smoothing=0.1), smooth)
    assert np.allclose(run_node(ops.nll, logp, labels), plain)
    assert run_node(ops.counted_labels, labels).tolist() == [True, False, True]


def test_cross_entropy_keeps_its_digits_among_large_scores() -> None:
    x, labels = np.array([[10000.0, 9999.0]], np.float32), np.array([0])
    found = run_node(ops.cross_entropy, x, labels)
    assert found[0] == pytest.approx(math.log1p(math.exp(-1)), rel=1e-6)


@pytest.mark.parametrize("label", [5, -1, -5])
def test_a_label_outside_the_classes_is_an_error(label: int) -> None:
    with pytest.raises(IndexOutOfRange):
        run_node(ops.cross_entropy, np.zeros((1, 5)), np.array([label]))


def test_ignored_samples_have_no_gradient() -> None:
    x, labels = input_node("x", (2, 3), dtypes.float64), input_node("t", (2,), dtypes.int64)
    graph = vjp_graph(Graph([x, labels], [ops.cross_entropy(x, labels)]), [0])
    [g] = run(graph, [np.zeros((2, 3)), np.array([-100, 1]), np.ones(2)])
    assert np.allclose(g, [[0, 0, 0], [1 / 3, -2 / 3, 1 / 3]])


def test_binary_cross_entropy() -> None:
    t = np.linspace(0, 1, X.size)
    expected = -t * np.log(_sigmoid(X)) - (1 - t) * np.log(_sigmoid(-X))
    assert np.allclose(run_node(ops.binary_cross_entropy_with_logits, X, t), expected)


# -- attention ---------------------------------------------------------------------------------


def _attention(q: np.ndarray, k: np.ndarray, v: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    scores = np.where(allowed, q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]), -INF)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v


def test_attention() -> None:
    rng = np.random.default_rng(3)
    q, k = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 5, 4))
    v = rng.standard_normal((2, 5, 6))
    everything, lower = np.ones((3, 5), bool), np.tril(np.ones((3, 5), bool))
    assert np.allclose(_outputs(ops.attention, q, k, v)[0], _attention(q, k, v, everything))
    [causal] = _outputs(lambda *x: ops.attention(*x, causal=True), q, k, v)
    assert np.allclose(causal, _attention(q, k, v, lower))
    [masked] = _outputs(ops.attention, q, k, v, lower)
    assert np.allclose(masked, causal)
    [added] = _outputs(ops.attention, q, k, v, np.where(lower, 0, -INF))
    assert np.allclose(added, causal)


def test_a_query_that_may_attend_to_nothing_gets_zeros() -> None:
    x = np.random.default_rng(4).standard_normal((2, 3))
    mask = np.array([[True, True], [False, False]])
    [y] = _outputs(ops.attention, x, x, x, mask)
    assert np.all(np.isfinite(y))
    assert y[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", [dtypes.float16, dtypes.bfloat16], ids=lambda d: d.name)
def test_short_floats_are_rounded_once(dtype: dtypes.DType) -> None:
    x = input_node("x", (2, 64), dtype)
    value = np.random.default_rng(5).standard_normal((2, 64)).astype(dtype.numpy)
    if dtype is dtypes.bfloat16:
        value = dtypes.round_bfloat16(value)
    for function in (ops.softmax, ops.log_softmax):
        short = run(Graph([x], [function(x, axis=1)]), [value])[0].astype(np.float32)
        single = run_node(function, value.astype(np.float32), axis=1)
        rounded = single.astype(np.float16) if dtype is dtypes.float16 else single
        rounded = dtypes.round_bfloat16(rounded) if dtype is dtypes.bfloat16 else rounded
        assert np.array_equal(short, rounded.astype(np.float32))
