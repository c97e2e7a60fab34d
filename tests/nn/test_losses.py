from __future__ import annotations

import math

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import ArgumentError, DTypeError, IndexOutOfRange, ShapeError
from pentad.nn import functional as F
from tests.nn.numeric import check_gradients, close, normal

X = normal(6, 4)
LABELS = np.array([0, 3, 1, 2, 1, 3])
WEIGHT = np.array([0.5, 1.0, 2.0, 3.0])


def log_softmax(x):
    x = x - x.max(1, keepdims=True)
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def picked(labels=LABELS):
    return -log_softmax(X)[np.arange(len(labels)), labels]


def cross_entropy(labels=LABELS, **options):
    return F.cross_entropy(pt.tensor(X), pt.tensor(labels), **options)


def test_cross_entropy_reductions():
    close(cross_entropy(reduction="none"), picked())
    close(cross_entropy(), picked().mean())
    close(cross_entropy(reduction="sum"), picked().sum())
    with pytest.raises(ArgumentError, match="unknown reduction"):
        cross_entropy(reduction="average")


def test_cross_entropy_leaves_ignored_labels_out():
    labels = np.where(LABELS == 3, -100, LABELS)
    kept = LABELS != 3
    close(cross_entropy(labels), picked()[kept].mean())
    assert math.isnan(cross_entropy(np.full(6, -100)).item())
    x = pt.tensor(X, requires_grad=True)
    F.cross_entropy(x, pt.tensor(labels)).backward()
    assert not x.grad.numpy()[~kept].any()


def test_cross_entropy_weights_and_smoothing_by_pytorchs_formulas():
    weights = WEIGHT[LABELS]
    close(cross_entropy(weight=pt.tensor(WEIGHT)), (weights * picked()).sum() / weights.sum())
    smooth = -log_softmax(X).mean(1)
    close(cross_entropy(label_smoothing=0.2), (0.8 * picked() + 0.2 * smooth).mean())
    both = 0.8 * weights * picked() - 0.2 / 4 * (log_softmax(X) * WEIGHT).sum(1)
    close(cross_entropy(weight=pt.tensor(WEIGHT), label_smoothing=0.2),
          both.sum() / weights.sum())


def test_cross_entropy_with_probabilities():
    p = np.exp(normal(6, 4, seed=1))
    p /= p.sum(1, keepdims=True)
    found = F.cross_entropy(pt.tensor(X), pt.tensor(p), label_smoothing=0.1)
    close(found, -((p * 0.9 + 0.025) * log_softmax(X)).sum(1).mean())
    check_gradients(lambda x, q: F.cross_entropy(x, q), X[:2], p[:2])


def test_cross_entropy_over_pixels_and_one_sample():
    x = np.moveaxis(X.reshape(2, 3, 4), 2, 1).copy()
    found = F.cross_entropy(pt.tensor(x), pt.tensor(LABELS.reshape(2, 3)))
    close(found, picked().mean())
    close(F.cross_entropy(pt.tensor(X[1]), pt.tensor(3)), picked()[1])


@pytest.mark.parametrize("bad", [4, -1, 10**6])
def test_a_label_out_of_range_is_an_error_eager_and_compiled(bad):
    labels = pt.tensor([0, 1, bad, 2, 1, 3])
    for function in (F.cross_entropy, pt.compile(lambda x, y: F.cross_entropy(x, y))):
        with pytest.raises(IndexOutOfRange):
            function(pt.tensor(X), labels)


def test_cross_entropy_refuses_what_does_not_fit():
    with pytest.raises(ShapeError, match="labels do not fit"):
        cross_entropy(LABELS[:5])
    with pytest.raises(ShapeError, match="convert class indices with"):
        F.cross_entropy(pt.tensor(X), pt.tensor(LABELS.astype(float)))
    with pytest.raises(ShapeError, match="one a class"):
        cross_entropy(weight=pt.ones(3, dtype=pt.float64))
    with pytest.raises(ArgumentError, match="label_smoothing"):
        cross_entropy(label_smoothing=2.0)


def test_cross_entropy_and_nll_gradients():
    labels = pt.tensor(LABELS[:3])
    check_gradients(lambda x: F.cross_entropy(x, labels, label_smoothing=0.1), X[:3])
    check_gradients(lambda x: F.nll_loss(F.log_softmax(x, 1), labels), X[:3])
    close(F.nll_loss(pt.tensor(log_softmax(X)), pt.tensor(LABELS)), picked().mean())


def test_large_scores_lose_no_digits():
    scores = pt.tensor([[1000.0, 0.0], [0.0, -1000.0]])
    close(F.cross_entropy(scores, pt.tensor([0, 0]), reduction="none"), [0.0, 0.0])
    close(F.cross_entropy(scores, pt.tensor([1, 1]), reduction="none"), [1000.0, 1000.0])


# -- two classes -----------------------------------------------------------------------------------


P = 1 / (1 + np.exp(-X))
T = (normal(6, 4, seed=2) > 0).astype(float)


def test_binary_cross_entropies_agree():
    expected = -(T * np.log(P) + (1 - T) * np.log(1 - P))
    close(F.binary_cross_entropy(pt.tensor(P), pt.tensor(T)), expected.mean())
    close(F.binary_cross_entropy_with_logits(pt.tensor(X), pt.tensor(T)), expected.mean())
    close(F.binary_cross_entropy(pt.tensor(P), pt.tensor(T), pt.tensor(WEIGHT)),
          (expected * WEIGHT).mean())
    pw = -(T * 3 * np.log(P) + (1 - T) * np.log(1 - P))
    found = F.binary_cross_entropy_with_logits(
        pt.tensor(X), pt.tensor(T), pos_weight=pt.tensor(3.0), reduction="sum"
    )
    close(found, pw.sum())
    check_gradients(lambda x: F.binary_cross_entropy(x.sigmoid(), pt.tensor(T[:2])), X[:2])


def test_binary_cross_entropy_is_finite_at_the_ends():
    x = pt.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    loss = F.binary_cross_entropy(x, pt.tensor([0.0, 1.0, 1.0, 0.0]), reduction="none")
    close(loss, [0, 0, 100, 100])
    loss.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_binary_targets_have_the_shape_of_the_input():
    with pytest.raises(ShapeError, match="squeeze or unsqueeze"):
        F.binary_cross_entropy(pt.tensor(P), pt.tensor(T[:, 0]))
    with pytest.raises(DTypeError):
        F.binary_cross_entropy_with_logits(pt.tensor(X), pt.tensor(T.astype(int)))


def test_kl_div():
    target = np.array([[0.0, 0.25, 0.75]])
    x = np.log(np.array([[0.2, 0.3, 0.5]]))
    each = np.array([[0, 0.25 * np.log(0.25 / 0.3), 0.75 * np.log(0.75 / 0.5)]])
    close(F.kl_div(pt.tensor(x), pt.tensor(target), reduction="batchmean"), each.sum())
    close(F.kl_div(pt.tensor(x), pt.tensor(target), reduction="none"), each)
    logs = F.kl_div(pt.tensor(x), pt.tensor(x), log_target=True)
    close(logs, 0.0)


# -- numbers ---------------------------------------------------------------------------------------


A, B = normal(3, 4), normal(3, 4, seed=1)
D = A - B


@pytest.mark.parametrize("name,options,expected", [
    ("mse_loss", {}, D**2),
    ("l1_loss", {}, np.abs(D)),
    ("smooth_l1_loss", {"beta": 0.5}, np.where(np.abs(D) < 0.5, D**2, np.abs(D) - 0.25)),
    ("smooth_l1_loss", {"beta": 0.0}, np.abs(D)),
    ("huber_loss", {"delta": 0.5}, np.where(np.abs(D) <= 0.5, D**2 / 2,
                                            0.5 * (np.abs(D) - 0.25))),
    ("soft_margin_loss", {}, np.log1p(np.exp(-A * B))),
    ("poisson_nll_loss", {}, np.exp(A) - A * B),
])
def test_losses_of_numbers(name, options, expected):
    function = getattr(F, name)
    close(function(pt.tensor(A), pt.tensor(B), reduction="none", **options), expected)
    close(function(pt.tensor(A), pt.tensor(B), **options), expected.mean())
    check_gradients(lambda a, b: function(a, b, **options), A[:1], B[:1], tolerance=1e-5)


def test_operands_of_different_shapes_are_broadcast_with_a_warning():
    with pytest.warns(UserWarning, match="differ in shape"):
        found = F.mse_loss(pt.tensor(A), pt.tensor(B[:1] + 0.5))
    close(found, ((A - B[:1] - 0.5) ** 2).mean())


def test_directions():
    dots = (A * B).sum(1)
    norms = np.linalg.norm(A, axis=1) * np.linalg.norm(B, axis=1)
    close(F.cosine_similarity(pt.tensor(A), pt.tensor(B)), dots / norms)
    close(F.normalize(pt.tensor(A)), A / np.linalg.norm(A, axis=1, keepdims=True))
    close(F.normalize(pt.tensor(A), p=1, dim=0), A / np.abs(A).sum(0))
    close(F.pairwise_distance(pt.tensor(A), pt.tensor(B)), np.linalg.norm(D + 1e-6, axis=1))
    zero = pt.zeros(2, 3, requires_grad=True)
    F.normalize(zero).sum().backward()
    assert np.isfinite(zero.grad.numpy()).all()


def test_losses_as_layers_have_the_same_values():
    x, y = pt.tensor(X), pt.tensor(LABELS)
    weighted = nn.CrossEntropyLoss(weight=pt.tensor(WEIGHT), label_smoothing=0.2)
    close(weighted(x, y), cross_entropy(weight=pt.tensor(WEIGHT), label_smoothing=0.2).item())
    assert "weight" in weighted.state_dict()
    close(nn.HuberLoss(delta=0.5)(pt.tensor(A), pt.tensor(B)),
          F.huber_loss(pt.tensor(A), pt.tensor(B), delta=0.5).item())
    close(nn.TripletMarginLoss()(pt.tensor(A), pt.tensor(B), pt.tensor(-A)),
          F.triplet_margin_loss(pt.tensor(A), pt.tensor(B), pt.tensor(-A)).item())
    with pytest.raises(TypeError, match="no argument 'gamma'"):
        nn.MSELoss(gamma=1)
    with pytest.raises(ArgumentError):
        nn.L1Loss(reduction="batchmean")


def test_count_correct():
    assert F.count_correct(pt.tensor(X), pt.tensor(X.argmax(1))).item() == 6
    assert F.count_correct(pt.tensor(X), pt.tensor((X.argmax(1) + 1) % 4)).item() == 0
