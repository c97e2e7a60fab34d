"""The metrics of tf.contrib.metrics: predictions come first; covariance, correlation, rates."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.tensorflow1 import metrics as tf_metrics
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.metrics.state import (
    collected,
    running,
    spread_weights,
)
from pentad.frontends.tensorflow1.ops.activations import in_top_k
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import equal
from pentad.frontends.tensorflow1.ops.creation import ones_like
from pentad.frontends.tensorflow1.ops.elementwise import div_no_nan, sqrt
from pentad.frontends.tensorflow1.ops.reductions import reduce_mean, reduce_sum
from pentad.frontends.tensorflow1.variables.scope import variable_scope

streaming_mean, streaming_mean_tensor = tf_metrics.mean, tf_metrics.mean_tensor
streaming_percentage_less = tf_metrics.percentage_below


def _turned(name: str) -> Any:
    function = getattr(tf_metrics, name)

    def call(predictions: Any, labels: Any, *args: Any, **kwargs: Any) -> Any:
        return function(labels, predictions, *args, **kwargs)

    call.__name__ = f"streaming_{name}"
    call.__doc__ = f"tf.metrics.{name} with predictions first."
    return call


(streaming_accuracy, streaming_mean_absolute_error, streaming_mean_squared_error,
 streaming_root_mean_squared_error, streaming_mean_relative_error,
 streaming_mean_cosine_distance, streaming_mean_iou, streaming_precision, streaming_recall,
 streaming_auc) = map(_turned, (
     "accuracy", "mean_absolute_error", "mean_squared_error", "root_mean_squared_error",
     "mean_relative_error", "mean_cosine_distance", "mean_iou", "precision", "recall", "auc"))
(streaming_true_positives, streaming_true_negatives, streaming_false_positives,
 streaming_false_negatives) = map(_turned, (
     "true_positives", "true_negatives", "false_positives", "false_negatives"))
(streaming_true_positives_at_thresholds, streaming_true_negatives_at_thresholds,
 streaming_false_positives_at_thresholds, streaming_false_negatives_at_thresholds,
 streaming_precision_at_thresholds, streaming_recall_at_thresholds) = map(_turned, (
     "true_positives_at_thresholds", "true_negatives_at_thresholds",
     "false_positives_at_thresholds", "false_negatives_at_thresholds",
     "precision_at_thresholds", "recall_at_thresholds"))
(streaming_sensitivity_at_specificity, streaming_specificity_at_sensitivity,
 streaming_sparse_recall_at_k, streaming_sparse_precision_at_k,
 streaming_sparse_precision_at_top_k, sparse_recall_at_top_k,
 streaming_sparse_average_precision_at_k) = map(_turned, (
     "sensitivity_at_specificity", "specificity_at_sensitivity", "recall_at_k",
     "precision_at_k", "precision_at_top_k", "recall_at_top_k", "average_precision_at_k"))


def streaming_recall_at_k(
    predictions: Any, labels: Any, k: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Any:
    """How often the label is among the k likeliest classes."""
    found = in_top_k(predictions, labels, k)
    return tf_metrics.mean(cast(found, dtypes.float32), weights, metrics_collections,
                           updates_collections, name or f"recall_at_{k}")


def _rate(default: str, wrong: str, right: str) -> Any:
    def call(
        predictions: Any, labels: Any, weights: Any = None, metrics_collections: Any = None,
        updates_collections: Any = None, name: str | None = None,
    ) -> Any:
        with variable_scope(name, default, []):
            bad, bad_more = getattr(tf_metrics, wrong)(labels, predictions, weights)
            good, good_more = getattr(tf_metrics, right)(labels, predictions, weights)
            return collected(div_no_nan(bad, bad + good),
                             div_no_nan(bad_more, bad_more + good_more), metrics_collections,
                             updates_collections)

    call.__doc__ = f"{wrong.replace('_', ' ')} over themselves and {right.replace('_', ' ')}."
    return call


streaming_false_positive_rate = _rate("false_positive_rate", "false_positives", "true_negatives")
streaming_false_negative_rate = _rate("false_negative_rate", "false_negatives", "true_positives")


def _moments(predictions: Any, labels: Any, weights: Any) -> tuple[dict[str, Any], ...]:
    """Running sums of weights, of both, and of their products: what they are, the updates."""
    x, y = (cast(convert_to_tensor(v), dtypes.float32) for v in (predictions, labels))
    w = ones_like(x) if weights is None else spread_weights(weights, x)
    parts = {"count": w, "x": x * w, "y": y * w, "xy": x * y * w, "xx": x * x * w, "yy": y * y * w}
    sums = {k: running(k, reduce_sum(v)) for k, v in parts.items()}
    return tuple({k: v[i] for k, v in sums.items()} for i in (0, 1))


def _covariance(s: dict[str, Any], a: str, b: str) -> Any:
    return div_no_nan(s[a + b] - div_no_nan(s[a] * s[b], s["count"]), s["count"] - 1.0)


def streaming_covariance(
    predictions: Any, labels: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Any:
    """The covariance of predictions and labels."""
    with variable_scope(name, "covariance", []):
        found = [_covariance(s, "x", "y") for s in _moments(predictions, labels, weights)]
        return collected(*found, metrics_collections, updates_collections)


def streaming_pearson_correlation(
    predictions: Any, labels: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Any:
    """The correlation of predictions and labels."""
    with variable_scope(name, "pearson_r", []):
        found = [
            div_no_nan(_covariance(s, "x", "y"),
                       sqrt(_covariance(s, "x", "x")) * sqrt(_covariance(s, "y", "y")))
            for s in _moments(predictions, labels, weights)
        ]
        return collected(*found, metrics_collections, updates_collections)


def count(
    values: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Any:
    """How many values were seen, or the sum of their weights."""
    with variable_scope(name, "count", []):
        values = convert_to_tensor(values)
        seen = ones_like(cast(values, dtypes.float32)) if weights is None else spread_weights(
            weights, values)
        return collected(*running("count", reduce_sum(seen)), metrics_collections,
                         updates_collections)


def accuracy(predictions: Any, labels: Any, weights: Any = None, name: Any = None) -> Any:
    """How often predictions are the labels, in this batch."""
    right = cast(equal(predictions, labels), dtypes.float32)
    if weights is None:
        return reduce_mean(right)
    weights = cast(weights, dtypes.float32)
    return div_no_nan(reduce_sum(right * weights), reduce_sum(weights))


def aggregate_metrics(*value_update_tuples: Any) -> tuple[list[Any], list[Any]]:
    """Pairs of value and update as a list of values and one of updates."""
    if not value_update_tuples:
        raise pt.ArgumentError(
            "Expected at least one value_tensor/update_op pair to be provided")
    values, updates = zip(*value_update_tuples)
    return list(values), list(updates)


def aggregate_metric_map(names_to_tuples: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The same for a dict of pairs: two dicts."""
    return ({k: v[0] for k, v in names_to_tuples.items()},
            {k: v[1] for k, v in names_to_tuples.items()})
