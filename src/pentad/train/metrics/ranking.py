"""Metrics of an order by scores. They keep the scores of a whole pass, and are exact."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pentad.graph.errors import ShapeError, message
from pentad.nn import functional as F
from pentad.train.metrics.classes import single
from pentad.train.metrics.metric import Metric


class _Ranking(Metric):
    """Outputs are one score for each sample, [N] or [N, 1], and targets 0 or 1; or scores [N, C]
    and class indices [N]. The latter become probabilities by softmax, unless probabilities=True
    says that they are; the result is then the mean over the classes, each against the rest (of
    two classes, that of class 1). NaN if a class or the rest does not occur."""

    kept = True
    live = False

    def __init__(self, probabilities: bool = False) -> None:
        self.probabilities = probabilities

    def measure(self, output: Any, target: Any) -> Any:
        """The scores and the labels, to be kept."""
        if single(output, target):
            return output.reshape(-1).float(), target.reshape(-1).long().clone()
        if output.ndim != 2 or target.ndim != 1:
            raise ShapeError(
                message(f"{type(self).__name__}: outputs and targets do not fit",
                        expected="[N] and [N], or scores [N, C] and class indices [N]",
                        got=f"{list(output.shape)} and {list(target.shape)}")
            )
        scores = output.float()
        kept = scores if self.probabilities else F.softmax(scores, 1)
        return kept, target.long().clone()  # results of a step are quicker than its arguments

    def result(self, totals: list[Any], samples: int) -> float:
        """The mean over the classes."""
        scores, labels = totals
        if scores.ndim == 1:
            return self.of_class(scores, labels == 1)
        if scores.shape[1] == 2:
            return self.of_class(scores[:, 1], labels == 1)
        each = [self.of_class(scores[:, c], labels == c) for c in range(scores.shape[1])]
        return float(np.mean(each))

    def of_class(self, scores: np.ndarray, positive: np.ndarray) -> float:
        """The quantity for the members of one class against the rest."""
        raise NotImplementedError


class RocAuc(_Ranking):
    """The area under the receiver operating characteristic: how probable it is that a member of
    the class has a larger score than a sample of the rest, equal ones counted half."""

    name = "roc_auc"

    def of_class(self, scores: np.ndarray, positive: np.ndarray) -> float:
        """The Mann-Whitney statistic over the number of pairs."""
        hits = int(positive.sum())
        rest = len(positive) - hits
        if not hits or not rest:
            return math.nan
        _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
        rank = np.cumsum(count) - (count - 1) / 2  # the mean rank of equal scores
        above = rank[place][positive].sum() - hits * (hits + 1) / 2
        return float(above / (hits * rest))


class AveragePrecision(_Ranking):
    """The mean of the precision at each threshold, weighed by the recall gained there."""

    name = "average_precision"

    def of_class(self, scores: np.ndarray, positive: np.ndarray) -> float:
        """The sum over the distinct scores, from the largest."""
        total = int(positive.sum())
        if not total:
            return math.nan
        order = np.argsort(-scores, kind="stable")
        sorted_scores, hit = scores[order], np.cumsum(positive[order])
        ends = np.append(np.flatnonzero(np.diff(sorted_scores)), len(scores) - 1)
        precision, recall = hit[ends] / (ends + 1), hit[ends] / total
        return float((np.diff(recall, prepend=0.0) * precision).sum())
