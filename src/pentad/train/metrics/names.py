"""The metrics that have a name of their own in `fit(metrics=[...])`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.train.metrics.classes import (
    Accuracy,
    BinaryAccuracy,
    ConfusionMatrix,
    F1Score,
    LogLoss,
    Perplexity,
    Precision,
    Recall,
    TopKAccuracy,
)
from pentad.train.metrics.metric import MeanOf, Metric
from pentad.train.metrics.ranking import AveragePrecision, RocAuc
from pentad.train.metrics.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    R2Score,
    RootMeanSquaredError,
)

_MAKERS: tuple[Callable[[], Metric], ...] = (
    Accuracy, BinaryAccuracy, TopKAccuracy, Precision, Recall, F1Score, ConfusionMatrix, RocAuc,
    AveragePrecision, LogLoss, Perplexity, MeanSquaredError, MeanAbsoluteError,
    RootMeanSquaredError, R2Score,
)
BY_NAME: dict[str, Callable[[], Metric]] = {make().name: make for make in _MAKERS}


def as_metrics(given: Iterable[Any]) -> list[Metric]:
    """Metrics from metrics, names and functions that give a batch's mean.

    ArgumentError for a name that is not known, or two metrics of the same name.
    """
    found = [_metric(m) for m in given]
    names = [m.name for m in found]
    twice = sorted({n for n in names if n == "loss" or names.count(n) > 1})
    if twice:
        raise ArgumentError(
            message("metrics: a name is taken", expected="a name of its own for each, not \"loss\"",
                    got=", ".join(twice), hint='give one a name: MeanOf(function, name="...")')
        )
    return found


def _metric(given: Any) -> Metric:
    if isinstance(given, Metric):
        return given
    if isinstance(given, str) and given in BY_NAME:
        return BY_NAME[given]()
    if isinstance(given, str) or not callable(given) or isinstance(given, type):
        raise ArgumentError(
            message("metrics: no metric", expected=f"a Metric, a function, or {', '.join(BY_NAME)}",
                    got=repr(given))
        )
    return MeanOf(given)
