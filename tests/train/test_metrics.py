"""Metrics against scikit-learn, over batches of different sizes."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from sklearn import metrics as sk

import pentad as pt
from pentad import nn, train
from pentad.graph.errors import ArgumentError, ShapeError
from pentad.train.metrics import Totals, as_metrics, measured

CLASSES, N = 4, 53
RNG = np.random.default_rng(5)
SCORES = RNG.normal(size=(N, CLASSES)).astype(np.float32)
LABELS = np.where(RNG.random(N) < 0.5, SCORES.argmax(1), RNG.integers(0, CLASSES - 1, N))
SAID = SCORES.argmax(1)
PROBABILITIES = np.exp(SCORES.astype(np.float64))
PROBABILITIES /= PROBABILITIES.sum(1, keepdims=True)
SINGLE = np.round(RNG.normal(size=N), 1).astype(np.float32)  # with equal ones among them
BINARY = (SINGLE + RNG.normal(size=N) > 0).astype(np.int64)
VALUES = (RNG.normal(size=(N, 3)) + 1000).astype(np.float32)
GUESSES = (VALUES + RNG.normal(size=(N, 3))).astype(np.float32)


def over(metric, outputs, targets, cuts=(0, 1, 7, 30, N), compiled=False):
    """A metric over batches of these sizes."""
    [metric] = as_metrics([metric])
    totals = Totals([metric])

    def measure(a, b):
        return tuple(measured([metric], a, b))

    function = pt.compile(measure) if compiled else measure
    for start, end in zip(cuts, cuts[1:], strict=False):
        batch = pt.tensor(outputs[start:end]), pt.tensor(targets[start:end])
        totals.add(end - start, 0.0, function(*batch))
    return totals.results()[metric.name]


SINGLE_TRUTH = {"y_true": BINARY, "y_pred": (SINGLE > 0).astype(int)}
CASES = [
    ("accuracy", SCORES, LABELS, sk.accuracy_score(LABELS, SAID)),
    (train.TopKAccuracy(2), SCORES, LABELS,
     sk.top_k_accuracy_score(LABELS, SCORES, k=2, labels=range(CLASSES))),
    ("binary_accuracy", SINGLE, BINARY, sk.accuracy_score(**SINGLE_TRUTH)),
    ("confusion_matrix", SCORES, LABELS,
     sk.confusion_matrix(LABELS, SAID, labels=range(CLASSES)).tolist()),
    ("roc_auc", SINGLE, BINARY, sk.roc_auc_score(BINARY, SINGLE)),
    ("average_precision", SINGLE, BINARY, sk.average_precision_score(BINARY, SINGLE)),
    ("log_loss", SCORES, LABELS, sk.log_loss(LABELS, PROBABILITIES, labels=range(CLASSES))),
    ("log_loss", SINGLE, BINARY, sk.log_loss(BINARY, 1 / (1 + np.exp(-SINGLE.astype(float))))),
    ("perplexity", SCORES, LABELS,
     math.exp(sk.log_loss(LABELS, PROBABILITIES, labels=range(CLASSES)))),
    ("mse", GUESSES, VALUES, sk.mean_squared_error(VALUES, GUESSES)),
    ("mae", GUESSES, VALUES, sk.mean_absolute_error(VALUES, GUESSES)),
    ("rmse", GUESSES[:, 0], VALUES[:, 0], sk.root_mean_squared_error(VALUES[:, 0], GUESSES[:, 0])),
    ("r2", GUESSES, VALUES, sk.r2_score(VALUES, GUESSES)),
    ("r2", GUESSES[:, :1], VALUES[:, 0], sk.r2_score(VALUES[:, 0], GUESSES[:, 0])),
    *[
        (make(average), SCORES, LABELS,
         score(LABELS, SAID, average=average, zero_division=0,
               labels=range(CLASSES) if average is None else None))
        for make, score in ((train.Precision, sk.precision_score), (train.Recall, sk.recall_score),
                            (train.F1Score, sk.f1_score))
        for average in ("macro", "micro", "weighted", None)
    ],
    (train.F1Score("binary"), SINGLE, BINARY, sk.f1_score(**SINGLE_TRUTH)),
    (train.F1Score("macro", beta=2), SCORES, LABELS,
     sk.fbeta_score(LABELS, SAID, beta=2, average="macro", zero_division=0)),
]


@pytest.mark.parametrize(("metric", "outputs", "targets", "expected"), CASES, ids=[
    f"{i}-{m if isinstance(m, str) else m.name}" for i, (m, *_) in enumerate(CASES)])
def test_a_metric_is_that_of_scikit_learn_for_any_batches(metric, outputs, targets, expected):
    whole = over(metric, outputs, targets, (0, N))
    np.testing.assert_allclose(whole, expected, rtol=2e-6)
    np.testing.assert_allclose(over(metric, outputs, targets), expected, rtol=2e-6)


def test_ranking_of_several_classes():
    labels = RNG.integers(0, CLASSES, N)
    expected = sk.roc_auc_score(labels, PROBABILITIES, multi_class="ovr")
    assert math.isclose(over("roc_auc", SCORES, labels), expected, rel_tol=1e-6)
    given = train.RocAuc(probabilities=True)
    assert math.isclose(over(given, PROBABILITIES, labels), expected, rel_tol=1e-6)
    each = [sk.average_precision_score(labels == c, PROBABILITIES[:, c]) for c in range(CLASSES)]
    assert math.isclose(over("average_precision", SCORES, labels), np.mean(each), rel_tol=1e-6)
    two = sk.roc_auc_score(labels % 2, SCORES[:, 1] - SCORES[:, 0])
    assert math.isclose(over("roc_auc", SCORES[:, :2], labels % 2), two, rel_tol=1e-6)
    assert math.isnan(over("roc_auc", SINGLE, np.ones(N, int)))
    assert math.isnan(over("average_precision", SINGLE, np.zeros(N, int)))


@pytest.mark.parametrize("metric", ["accuracy", "f1", "r2", "roc_auc", "mse", "top5_accuracy"])
def test_metrics_are_the_same_when_compiled_for_any_size(metric):
    wide = np.concatenate([SCORES, SCORES[:, ::-1]], 1)
    outputs = {"r2": GUESSES, "mse": GUESSES, "top5_accuracy": wide}.get(metric, SCORES)
    targets = VALUES if outputs is GUESSES else LABELS
    cuts = (0, 5, 12, 30, N)
    found = over(metric, outputs, targets, cuts, compiled=True)
    assert math.isclose(found, over(metric, outputs, targets, cuts), rel_tol=1e-12)


def test_elements_of_sequences_and_what_is_ignored():
    scores = RNG.normal(size=(6, 5, 7)).astype(np.float32)  # [N, C, T]
    labels = RNG.integers(0, 5, (6, 7))
    labels[0, 3:] = -100
    counted = labels != -100
    said = scores.argmax(1)
    cuts = (0, 1, 6)
    expected = (said == labels)[counted].mean()
    assert math.isclose(over("accuracy", scores, labels, cuts), expected, rel_tol=1e-9)
    lost = nn.functional.cross_entropy(pt.tensor(scores), pt.tensor(labels)).item()
    assert math.isclose(over("perplexity", scores, labels, cuts), math.exp(lost), rel_tol=1e-5)
    assert math.isclose(over("log_loss", scores, labels, cuts), lost, rel_tol=1e-5)


def test_targets_that_do_not_vary():
    same = np.full(N, 3.0, np.float32)
    assert over("r2", same, same) == 1.0
    assert over("r2", GUESSES[:, 0], same) == 0.0


def test_labels_out_of_range_are_an_error_and_shapes_must_fit():
    with pytest.raises(IndexError):
        over("confusion_matrix", SCORES, LABELS + CLASSES)
    with pytest.raises(IndexError):
        over("f1", SCORES, LABELS - CLASSES * 2)
    with pytest.raises(ShapeError, match="do not fit"):
        over("f1", SCORES, np.stack([LABELS, LABELS], 1))
    with pytest.raises(ShapeError, match="do not fit"):
        over("mse", GUESSES, VALUES[:, 0])
    with pytest.raises(ShapeError, match="do not fit"):
        over("roc_auc", SCORES, VALUES)


def test_names():
    assert [m.name for m in as_metrics(["accuracy", "f1", nn.functional.mse_loss])] == [
        "accuracy", "f1", "mse_loss"]
    for given in (["acuracy"], ["accuracy", train.Accuracy()], [train.Accuracy], [3]):
        with pytest.raises(ArgumentError, match="metrics: "):
            as_metrics(given)
    for make in (lambda: train.F1Score("mean"), lambda: train.TopKAccuracy(0),
                 lambda: train.F1Score(beta=0)):
        with pytest.raises(ArgumentError):
            make()
    with pytest.raises(ArgumentError, match="two classes"):
        over(train.Precision("binary"), SCORES, LABELS)


def test_before_the_first_batch_there_is_nothing():
    assert math.isnan(Totals(as_metrics(["accuracy"])).results()["accuracy"])


class Sum(train.Metric):
    """The sum of the outputs over the batches, element by element."""

    name = "sum"

    def measure(self, output, target):
        return output.sum(0)

    def result(self, totals, samples):
        return totals[0].tolist()


class Largest(Sum):
    name = "largest"

    def measure(self, output, target):
        return output.max(0).values

    def merge(self, totals, values):
        return [np.maximum(a, b) for a, b in zip(totals, values, strict=True)]


class Outputs(Sum):
    name, kept = "outputs", True

    def measure(self, output, target):
        return output[:, ::2]


@pytest.mark.parametrize("dtype", [pt.float32, pt.bfloat16, pt.int32, pt.bool])
def test_contributions_are_added_kept_or_merged(dtype):
    values = pt.tensor(RNG.integers(0, 2, (2501, 4))).to(dtype)
    plain = values.float().numpy().astype(float)
    totals = Totals([Sum(), Outputs(), Largest()] if dtype != pt.bool else [Sum(), Outputs()])
    cuts = [0, 1, *range(201, 2502, 100)]  # sums that bfloat16 holds
    for start, end in pairwise(cuts):
        part = values[start:end]
        totals.add(end - start, 0.0, measured(totals.metrics, part, None))
        again = Totals(totals.metrics)  # as a checkpoint keeps it
        again.load_state_dict(totals.state_dict())
        totals = again
    results = totals.results()
    assert results["sum"] == plain.sum(0).tolist()
    assert results["outputs"] == plain[:, ::2].tolist()
    assert results.get("largest", [1, 1, 1, 1]) == plain.max(0).tolist()


@pytest.mark.parametrize(("metric", "shapes"), [(Sum(), [(2, 3), (2, 4)]),
                                                (Outputs(), [(2, 3), (2, 6)])])
def test_contributions_of_other_shapes_are_refused(metric, shapes):
    totals = Totals([metric])
    first, second = (pt.zeros(*s) for s in shapes)
    totals.add(2, 0.0, measured([metric], first, None))
    with pytest.raises(ShapeError, match="expected"):
        totals.add(2, 0.0, measured([metric], second, None))


def test_kept_contributions_have_rows():
    metric = train.MeanOf(lambda output, target: output.mean())
    metric.kept = True
    with pytest.raises(ShapeError, match="without an axis"):
        Totals([metric]).add(2, 0.0, measured([metric], pt.zeros(2, 3), None))
