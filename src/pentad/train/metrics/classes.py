"""Metrics of classification.

Outputs are scores [N, C, ...] and targets class indices [N, ...], as cross_entropy takes them; or
one score for each sample, [N] or [N, 1], and targets that are 0 or 1. The definitions are those of
scikit-learn, where what cannot be told (0/0) counts as 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn import functional as F
from pentad.tensor.functions.creation import zeros
from pentad.train.metrics.metric import Metric

_AVERAGES = ("binary", "macro", "micro", "weighted", None)


def single(output: Any, target: Any) -> bool:
    """Is there one score for each sample, rather than one for each class?"""
    return bool(output.ndim == 1 or (output.ndim == 2 and output.shape[1] == 1))


def predicted(output: Any, target: Any, threshold: float) -> tuple[Any, Any]:
    """(classes said, classes true), both int64 [M]; ShapeError if they do not fit."""
    if single(output, target):
        said = (output.reshape(-1) > threshold).long()
    else:
        said = output.argmax(1).reshape(-1)
    true = target.reshape(-1).long()
    if said.shape != true.shape:
        raise ShapeError(
            message("metrics: outputs and targets do not fit",
                    expected="scores [N, C, ...] and class indices [N, ...], or [N] and [N]",
                    got=f"{list(output.shape)} and {list(target.shape)}")
        )
    return said, true


class Accuracy(Metric):
    """The share of targets whose class has the largest score; those equal to ignore_index do not
    count. Of targets with further dimensions [N, ...], each element counts."""

    name = "accuracy"

    def __init__(self, ignore_index: int = -100) -> None:
        self.ignore_index = ignore_index

    def measure(self, output: Any, target: Any) -> Any:
        """(how many are right, how many count)."""
        return F.count_correct(output, target), (target != self.ignore_index).sum()

    def result(self, totals: list[Any], samples: int) -> float:
        """The share."""
        return totals[0] / totals[1] if totals[1] else math.nan


class BinaryAccuracy(Metric):
    """The share of elements where `output > threshold` is what the target (0 or 1) says.

    threshold: 0 for scores such as BCEWithLogitsLoss takes, 0.5 for probabilities.
    """

    name = "binary_accuracy"

    def __init__(self, threshold: float = 0.0) -> None:
        self.threshold = threshold

    def measure(self, output: Any, target: Any) -> Any:
        """(how many are right, how many there are)."""
        truth = target.reshape(output.shape) > 0.5
        hits = (output > self.threshold) == truth
        return hits.sum(), hits.numel()

    def result(self, totals: list[Any], samples: int) -> float:
        """The share."""
        return totals[0] / totals[1]  # type: ignore[no-any-return]


class TopKAccuracy(Metric):
    """The share of targets whose class is among the k largest scores."""

    def __init__(self, k: int = 5) -> None:
        if not isinstance(k, int) or k < 1:
            raise ArgumentError(message("TopKAccuracy: k", expected=">= 1", got=repr(k)))
        self.k, self.name = k, f"top{k}_accuracy"

    def measure(self, output: Any, target: Any) -> Any:
        """(how many have fewer than k classes above their own, how many there are)."""
        own = output.gather(1, target.long().unsqueeze(1))
        hits = (output > own).sum(1) < self.k
        return hits.sum(), hits.numel()

    def result(self, totals: list[Any], samples: int) -> float:
        """The share."""
        return totals[0] / totals[1]  # type: ignore[no-any-return]


class _Counting(Metric):
    """Made of the confusion matrix. threshold: from which a single score says 1."""

    def __init__(self, threshold: float = 0.0) -> None:
        self.threshold = threshold

    def measure(self, output: Any, target: Any) -> Any:
        """How many samples there are of each pair (true class, class said): int64 [C * C]."""
        said, true = predicted(output, target, self.threshold)
        n = 2 if single(output, target) else output.shape[1]
        counts: Any = zeros(n * n, dtype=dtypes.int64)
        return counts.scatter_add(0, true * n + said, (true == true).long())

    @staticmethod
    def matrix(totals: list[Any]) -> np.ndarray:
        """[C, C]: rows are the true classes."""
        n = math.isqrt(totals[0].size)
        return totals[0].reshape(n, n)  # type: ignore[no-any-return]


class ConfusionMatrix(_Counting):
    """How many samples of class i (row) were said to be of class j (column)."""

    name = "confusion_matrix"

    def result(self, totals: list[Any], samples: int) -> list[list[int]]:
        """The matrix as lists."""
        return self.matrix(totals).tolist()  # type: ignore[no-any-return]


class _Score(_Counting):
    """Precision, recall or F: of each class, and taken together.

    average: "macro" the mean over the classes that occur, "weighted" by how often they truly do,
    "micro" of all decisions together, "binary" of class 1 of two, None a list of all classes.
    """

    kind = "score"

    def __init__(self, average: str | None = "macro", threshold: float = 0.0) -> None:
        super().__init__(threshold)
        if average not in _AVERAGES:
            raise ArgumentError(
                message(f"{type(self).__name__}: average",
                        expected=", ".join(map(repr, _AVERAGES)), got=repr(average))
            )
        self.average = average
        self.name = self.kind if average == "macro" else f"{self.kind}_{average or 'each'}"

    def formula(self, hits: Any, said: Any, true: Any) -> tuple[Any, Any]:
        """(numerator, denominator) from the numbers of hits, of said and of true members."""
        raise NotImplementedError

    def result(self, totals: list[Any], samples: int) -> Any:
        """The score."""
        matrix = self.matrix(totals).astype(np.float64)
        hits, said, true = matrix.diagonal(), matrix.sum(0), matrix.sum(1)
        if self.average == "micro":
            hits, said, true = (v.sum(keepdims=True) for v in (hits, said, true))
        above, below = self.formula(hits, said, true)
        each = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
        match self.average:
            case None:
                return each.tolist()
            case "micro":
                return float(each[0])
            case "binary":
                return self._of_two(each)
            case "weighted":
                return float((each * true).sum() / true.sum())
        return float(each[(said + true) > 0].mean())

    def _of_two(self, each: np.ndarray) -> float:
        if len(each) != 2:
            raise ArgumentError(
                message(f"{type(self).__name__}: average=\"binary\"", expected="two classes",
                        got=str(len(each)), hint='take average="macro", "micro" or "weighted"')
            )
        return float(each[1])


class Precision(_Score):
    """Of what was said to be of a class, the share that is. average: see _Score."""

    name = kind = "precision"

    def formula(self, hits: Any, said: Any, true: Any) -> tuple[Any, Any]:
        """Hits of said."""
        return hits, said


class Recall(_Score):
    """Of what is of a class, the share that was found."""

    name = kind = "recall"

    def formula(self, hits: Any, said: Any, true: Any) -> tuple[Any, Any]:
        """Hits of true."""
        return hits, true


class F1Score(_Score):
    """The harmonic mean of precision and recall; with beta the F-beta score, in which recall
    counts beta times as much."""

    name = kind = "f1"

    def __init__(
        self, average: str | None = "macro", beta: float = 1.0, threshold: float = 0.0
    ) -> None:
        super().__init__(average, threshold)
        if not beta > 0:
            raise ArgumentError(message("F1Score: beta", expected="> 0", got=repr(beta)))
        self.beta = beta
        if beta != 1:
            self.name = self.name.replace("f1", f"f{beta:g}", 1)

    def formula(self, hits: Any, said: Any, true: Any) -> tuple[Any, Any]:
        """(1 + beta^2) hits of (said + beta^2 true)."""
        square = self.beta**2
        return (1 + square) * hits, said + square * true


class LogLoss(Metric):
    """The mean of -log p(true class), which goes by several names: cross entropy, negative log
    likelihood. Outputs are scores before softmax (or before the sigmoid, if single)."""

    name = "log_loss"

    def __init__(self, ignore_index: int = -100) -> None:
        self.ignore_index = ignore_index

    def measure(self, output: Any, target: Any) -> Any:
        """(the sum, how many count)."""
        if single(output, target):
            given = output.reshape(-1)
            true = target.reshape(-1).to(output.dtype)
            lost = F.binary_cross_entropy_with_logits(given, true, reduction="sum")
            return lost, given.numel()
        lost = F.cross_entropy(output, target, ignore_index=self.ignore_index, reduction="sum")
        return lost, (target != self.ignore_index).sum()

    def result(self, totals: list[Any], samples: int) -> float:
        """The mean."""
        return totals[0] / totals[1] if totals[1] else math.nan


class Perplexity(LogLoss):
    """exp of the mean cross entropy over all tokens of the pass that are not ignore_index.

    Outputs are scores [N, C, ...] and targets [N, ...], as cross_entropy takes them.
    """

    name = "perplexity"

    def result(self, totals: list[Any], samples: int) -> float:
        """exp of the mean."""
        mean = super().result(totals, samples)
        return math.exp(mean) if mean < 709 else math.inf if mean == mean else math.nan
