"""Metrics: quantities of outputs and targets that are the same for any cutting into batches."""

from __future__ import annotations

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
from pentad.train.metrics.names import as_metrics
from pentad.train.metrics.ranking import AveragePrecision, RocAuc
from pentad.train.metrics.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    R2Score,
    RootMeanSquaredError,
)
from pentad.train.metrics.totals import Totals, measured

__all__ = [
    "Accuracy",
    "AveragePrecision",
    "BinaryAccuracy",
    "ConfusionMatrix",
    "F1Score",
    "LogLoss",
    "MeanAbsoluteError",
    "MeanOf",
    "MeanSquaredError",
    "Metric",
    "Perplexity",
    "Precision",
    "R2Score",
    "Recall",
    "RocAuc",
    "RootMeanSquaredError",
    "TopKAccuracy",
    "Totals",
    "as_metrics",
    "measured",
]
