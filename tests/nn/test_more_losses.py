"""CTC, margins, the adaptive softmax: against formulas and enumerations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import ArgumentError, DTypeError, IndexOutOfRange, ShapeError
from pentad.nn import functional as F
from tests.nn.numeric import check_gradients, close, normal


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


# -- CTC -------------------------------------------------------------------------------------------


def collapsed(path, blank):
    return [k for k, _ in itertools.groupby(path) if k != blank]


def enumerated(log_probs, target, blank=0):
    """Minus the logarithm of the sum over all paths that collapse to the target."""
    steps, classes = log_probs.shape
    total = sum(math.exp(sum(log_probs[t, c] for t, c in enumerate(path)))
                for path in itertools.product(range(classes), repeat=steps)
                if collapsed(path, blank) == list(target))
    return -math.log(total) if total else math.inf


LOGS = log_softmax(normal(5, 3, 4))
TARGETS = np.array([[1, 2, 2], [3, 1, 9], [2, 9, 9]])
LENGTHS, TIMES = [3, 2, 1], [5, 4, 5]
EXPECTED = [enumerated(LOGS[:t, i], TARGETS[i, :n])
            for i, (t, n) in enumerate(zip(TIMES, LENGTHS, strict=True))]


def test_ctc_sums_over_all_paths():
    flat = np.concatenate([t[:n] for t, n in zip(TARGETS, LENGTHS, strict=True)])
    for targets in (np.minimum(TARGETS, 3), flat):
        found = F.ctc_loss(pt.tensor(LOGS), pt.tensor(targets), TIMES, LENGTHS, reduction="none")
        close(found, EXPECTED, 1e-9)
    mean = np.mean(np.array(EXPECTED) / LENGTHS)
    layer = nn.CTCLoss()
    close(layer(pt.tensor(LOGS), pt.tensor(TARGETS), pt.tensor(TIMES), pt.tensor(LENGTHS)), mean)
    compiled = pt.compile(lambda x: F.ctc_loss(x, pt.tensor(TARGETS), TIMES, LENGTHS))
    close(compiled(pt.tensor(LOGS)), mean)
    single = F.ctc_loss(pt.tensor(LOGS[:, 0]), pt.tensor(TARGETS[0]), (5,), (3,), reduction="sum")
    close(single, EXPECTED[0])


def test_ctc_with_another_blank():
    found = F.ctc_loss(pt.tensor(LOGS[:, :1]), pt.tensor([[0, 3]]), (5,), (2,), 1, "none")
    close(found, [enumerated(LOGS[:, 0], [0, 3], 1)])


def test_the_gradient_of_ctc():
    def loss(x):
        return F.ctc_loss(x, pt.tensor(TARGETS), TIMES, LENGTHS, reduction="none")

    check_gradients(lambda x: loss(x.log_softmax(-1)), normal(5, 3, 4))


def test_the_gradient_of_ctc_takes_log_probs_for_a_log_softmax():
    """Then its sum over the classes is 0 at each step, as PyTorch has it; 0 beyond the input."""
    x = pt.tensor(LOGS, requires_grad=True)
    F.ctc_loss(x, pt.tensor(TARGETS), TIMES, LENGTHS, reduction="sum").backward()
    close(x.grad.sum(-1), np.zeros((5, 3)))
    assert x.grad[4, 1].tolist() == [0.0] * 4
    assert x.grad[0].abs().min().item() > 0
    scores = pt.tensor(LOGS * 300, requires_grad=True)  # no probabilities, but no NaN either
    F.ctc_loss(-scores, pt.tensor(TARGETS), TIMES, LENGTHS, reduction="sum").backward()
    assert scores.grad.isfinite().all()


def test_a_target_that_is_too_long_is_infinite_or_zero():
    x = pt.tensor(LOGS[:2, :1], requires_grad=True)
    args = pt.tensor([[1, 1]]), (2,), (2,)  # needs a blank between
    assert F.ctc_loss(x, *args, reduction="none").tolist() == [math.inf]
    loss = F.ctc_loss(x, *args, zero_infinity=True)
    assert loss.item() == 0
    loss.backward()
    assert np.abs(x.grad.numpy()).max() == 0
    empty = F.ctc_loss(x, pt.zeros(1, 0, dtype=pt.int64), (2,), (0,), reduction="none")
    close(empty, [-LOGS[:2, 0, 0].sum()])


@pytest.mark.parametrize(("change", "error"), [
    ({"blank": 4}, ArgumentError), ({"target_lengths": [1, 1]}, ShapeError),
    ({"targets": pt.tensor([[9, 1, 1]] * 3)}, IndexOutOfRange),
    ({"targets": pt.ones(3, 3)}, DTypeError), ({"log_probs": pt.ones(4)}, ShapeError),
    ({"targets": pt.tensor([1, 2])}, ShapeError), ({"reduction": "max"}, ArgumentError),
])
def test_errors_of_ctc(change, error):
    given = {"log_probs": pt.tensor(LOGS), "targets": pt.tensor(TARGETS), "input_lengths": TIMES,
             "target_lengths": LENGTHS} | change
    with pytest.raises(error):
        F.ctc_loss(**given)


# -- margins ---------------------------------------------------------------------------------------


X, Y = normal(3, 4), np.array([1, 0, 3])


@pytest.mark.parametrize("p", [1, 2])
def test_multi_margin_loss(p):
    weight = np.array([0.5, 1, 2, 3])
    expected = [sum(max(0, 0.7 - x[y] + x[i]) ** p for i in range(4) if i != y) * weight[y] / 4
                for x, y in zip(X, Y, strict=True)]
    layer = nn.MultiMarginLoss(p, 0.7, pt.tensor(weight), reduction="none")
    close(layer(pt.tensor(X), pt.tensor(Y)), expected)
    close(F.multi_margin_loss(pt.tensor(X[0]), pt.tensor(1), p, 0.7, pt.tensor(weight)),
          expected[0])
    check_gradients(lambda x: F.multi_margin_loss(x, pt.tensor(Y), p, 0.7, reduction="none"), X)


def test_multilabel_margin_loss():
    lists = np.array([[1, 2, -1, 0], [-1, 0, 0, 0], [3, 2, 1, 0]])
    expected = []
    for x, row in zip(X, lists, strict=True):
        own = list(itertools.takewhile(lambda j: j >= 0, row))
        rest = [i for i in range(4) if i not in own]
        expected.append(sum(max(0, 1 - x[j] + x[i]) for j in own for i in rest) / 4)
    layer = nn.MultiLabelMarginLoss(reduction="none")
    close(layer(pt.tensor(X), pt.tensor(lists)), expected)
    check_gradients(lambda x: layer(x, pt.tensor(lists)), X)


def test_multilabel_soft_margin_loss():
    target = np.array([[1, 0, 0, 1.0]] * 3)
    p = 1 / (1 + np.exp(-X))
    expected = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean(1)
    close(nn.MultiLabelSoftMarginLoss(reduction="none")(pt.tensor(X), pt.tensor(target)), expected)


def test_triplet_loss_with_a_distance():
    a, b, c = (normal(3, 4, seed=i) for i in range(3))

    def distance(x, y):
        return (x - y).abs().sum(-1)

    d = [np.abs(x - y).sum(-1) for x, y in ((a, b), (a, c), (b, c))]
    layer = nn.TripletMarginWithDistanceLoss(distance_function=distance, margin=0.5, swap=True,
                                             reduction="none")
    close(layer(pt.tensor(a), pt.tensor(b), pt.tensor(c)),
          np.maximum(d[0] - np.minimum(d[1], d[2]) + 0.5, 0))


@pytest.mark.parametrize("p", [0.0, 1.0, 2.0, 3.5, math.inf])
def test_pdist(p):
    pairs = [np.linalg.norm(X[i] - X[j], p) for i, j in itertools.combinations(range(3), 2)]
    close(F.pdist(pt.tensor(X), p), pairs)
    if p:
        check_gradients(lambda x: F.pdist(x, p), X)


@pytest.mark.parametrize(("call", "error"), [
    (lambda x: F.multi_margin_loss(x, pt.tensor([0, 1])), ShapeError),
    (lambda x: F.multi_margin_loss(x, pt.tensor(Y), 3), ArgumentError),
    (lambda x: F.multi_margin_loss(x, pt.tensor([0, 1, 4])), IndexOutOfRange),
    (lambda x: F.multilabel_margin_loss(x, pt.tensor(Y)), ShapeError),
    (lambda x: F.multilabel_margin_loss(x, x), DTypeError),
    (lambda x: F.triplet_margin_with_distance_loss(x, x, x, margin=0), ArgumentError),
    (lambda x: F.pdist(x[0]), ShapeError), (lambda x: F.pdist(x, -1), ArgumentError),
])
def test_errors_of_margins(call, error):
    with pytest.raises(error):
        call(pt.tensor(X))


# -- losses with parameters ------------------------------------------------------------------------


def test_the_adaptive_softmax_is_a_distribution():
    pt.manual_seed(0)
    layer = nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], 2.0).double()
    x, y = pt.tensor(normal(5, 8)), pt.tensor([0, 2, 4, 6, 11])
    scores = layer.log_prob(x)
    close(scores.exp().sum(1), np.ones(5))
    output, loss = layer(x, y)
    close(output, [scores[i, k].item() for i, k in enumerate(y.tolist())])
    close(loss, -np.mean(output.tolist()))
    assert layer.predict(x).tolist() == np.asarray(scores.detach().numpy()).argmax(1).tolist()
    assert [tuple(p.shape) for p in layer.parameters()] == [(5, 8), (4, 8), (4, 4), (2, 8), (5, 2)]
    close(layer(x[0], y[0]).output, output[0].item())
    with pytest.raises(ArgumentError):
        nn.AdaptiveLogSoftmaxWithLoss(8, 12, [7, 3])
    with pytest.raises(IndexOutOfRange):
        layer(x, y + 1)


def test_linear_cross_entropy_is_both():
    x, w, b = normal(5, 3), normal(4, 2, 3, seed=1), normal(4, 2, seed=2)
    y = pt.tensor(np.arange(10).reshape(5, 2) % 4)
    scores = pt.tensor(np.einsum("ni,cdi->ncd", x, w) + b)
    found = F.linear_cross_entropy(pt.tensor(x), pt.tensor(w), y, linear_bias=pt.tensor(b))
    close(found, F.cross_entropy(scores, y).item())
    layer = nn.LinearCrossEntropyLoss(3, 4, out_features=(2,), bias=True)
    assert layer(pt.tensor(x).float(), y).shape == ()
    with pytest.raises(ShapeError):
        F.linear_cross_entropy(pt.tensor(x), pt.tensor(w[..., :2]), y)


def test_gaussian_variances_without_the_last_dimension():
    x, t, v = normal(3, 4), normal(3, 4, seed=1), np.array([1.0, 2, 3])
    close(F.gaussian_nll_loss(pt.tensor(x), pt.tensor(t), pt.tensor(v)),
          (0.5 * (np.log(v[:, None]) + (x - t) ** 2 / v[:, None])).mean())
