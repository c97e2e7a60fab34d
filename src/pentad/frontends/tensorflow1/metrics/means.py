"""Means of what is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.metrics.state import (
    aligned,
    collected,
    running,
    spread_weights,
)
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import equal, less, where
from pentad.frontends.tensorflow1.ops.creation import one_hot, ones_like, zeros_like
from pentad.frontends.tensorflow1.ops.elementwise import (
    abs,
    div_no_nan,
    sqrt,
    squared_difference,
    subtract,
)
from pentad.frontends.tensorflow1.ops.matrices import matmul
from pentad.frontends.tensorflow1.ops.reductions import reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import reshape
from pentad.frontends.tensorflow1.ops.shaping import size as size_of
from pentad.frontends.tensorflow1.variables.scope import variable_scope


def _running_mean(values: Any, weights: Any) -> tuple[Any, Any]:
    values = cast(convert_to_tensor(values), dtypes.float32)
    if weights is None:
        count = cast(size_of(values), dtypes.float32)
    else:
        spread = spread_weights(weights, values)
        values, count = values * spread, reduce_sum(spread)
    total, more = running("total", reduce_sum(values))
    seen, seen_more = running("count", count)
    return div_no_nan(total, seen), div_no_nan(more, seen_more)


def mean(
    values: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Any:
    """The mean of values: (what it is, the update)."""
    with variable_scope(name, "mean", []):
        return collected(*_running_mean(values, weights), metrics_collections,
                         updates_collections)


def _of_pairs(
    default: str, rule: Callable[[Any, Any], Any], doc: str, after: Any = None
) -> Any:
    """A mean of what a rule makes of predictions and labels."""
    def call(
        labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
        updates_collections: Any = None, name: str | None = None,
    ) -> Any:
        with variable_scope(name, default, []):
            predictions, labels = aligned(predictions, labels)
            found = _running_mean(rule(predictions, labels), weights)
            value, update = found if after is None else [after(v) for v in found]
            return collected(value, update, metrics_collections, updates_collections)

    call.__name__, call.__doc__ = default, doc
    return call


def _floats(rule: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda p, y: rule(cast(p, dtypes.float32), cast(y, dtypes.float32))


def _correct(predictions: Any, labels: Any) -> Any:
    if predictions.dtype.base_dtype is not labels.dtype.base_dtype:
        predictions = cast(predictions, labels.dtype.base_dtype)
    return equal(predictions, labels)


accuracy = _of_pairs("accuracy", _correct, "How often predictions are the labels.")
mean_absolute_error = _of_pairs(
    "mean_absolute_error", _floats(lambda p, y: abs(subtract(p, y))), "The mean of |p - y|.")
mean_squared_error = _of_pairs(
    "mean_squared_error", _floats(lambda p, y: squared_difference(y, p)),
    "The mean of (p - y)^2.")
root_mean_squared_error = _of_pairs(
    "root_mean_squared_error", _floats(lambda p, y: squared_difference(y, p)),
    "The root of the mean of (p - y)^2.", sqrt)


def mean_relative_error(
    labels: Any, predictions: Any, normalizer: Any, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> Any:
    """The mean of |p - y| / normalizer."""
    def rule(p: Any, y: Any) -> Any:
        bottom = convert_to_tensor(normalizer, p.dtype.base_dtype)
        return where(equal(bottom, 0.0), zeros_like(y), div_no_nan(abs(y - p), bottom))

    return _of_pairs("mean_relative_error", _floats(rule), "")(
        labels, predictions, weights, metrics_collections, updates_collections, name)


def mean_cosine_distance(
    labels: Any, predictions: Any, dim: int, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> Any:
    """1 - the mean of products of directions."""
    return _of_pairs(
        "mean_cosine_distance", _floats(lambda p, y: reduce_sum(p * y, [dim], keepdims=True)),
        "", lambda v: subtract(1.0, v))(
            labels, predictions, weights, metrics_collections, updates_collections, name)


def percentage_below(
    values: Any, threshold: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Any:
    """The share of values below a threshold."""
    with variable_scope(name, "percentage_below_threshold", []):
        below = less(convert_to_tensor(values), threshold)
        return collected(*_running_mean(below, weights), metrics_collections,
                         updates_collections)


def mean_tensor(
    values: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Any:
    """The mean of each element over all batches."""
    with variable_scope(name, "mean", []):
        values = cast(convert_to_tensor(values), dtypes.float32)
        counted = ones_like(values)
        if weights is not None:
            counted = spread_weights(weights, values)
            values = values * counted
        total, more = running("total_tensor", values, values.shape)
        seen, seen_more = running("count_tensor", counted, values.shape)
        return collected(div_no_nan(total, seen), div_no_nan(more, seen_more),
                         metrics_collections, updates_collections)


# -- classes -----------------------------------------------------------------------------------


def _flat_classes(labels: Any, predictions: Any, weights: Any) -> tuple[Any, Any, Any]:
    predictions = reshape(cast(convert_to_tensor(predictions), dtypes.int64), [-1])
    labels = reshape(cast(convert_to_tensor(labels), dtypes.int64), [-1])
    if weights is None:
        return labels, predictions, ones_like(cast(labels, dtypes.float32))
    return labels, predictions, reshape(cast(convert_to_tensor(weights), dtypes.float32), [-1])


def _mean_iou(matrix: Any, num_classes: int) -> Any:
    diagonal = reduce_sum(matrix * _identity(num_classes), 0)
    union = reduce_sum(matrix, 0) + reduce_sum(matrix, 1) - diagonal
    valid = reduce_sum(cast(union > 0, dtypes.float32))
    return div_no_nan(reduce_sum(div_no_nan(diagonal, union)), valid)


def _identity(size: int) -> Any:
    return one_hot(list(range(size)), size)


def mean_iou(
    labels: Any, predictions: Any, num_classes: int, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> Any:
    """The mean over classes of intersection over union: (what it is, the update of the counts)."""
    with variable_scope(name, "mean_iou", []):
        labels, predictions, weights = _flat_classes(labels, predictions, weights)
        wide = cast(reshape(weights, [-1, 1]), dtypes.float64)
        rows = one_hot(labels, num_classes, dtype=dtypes.float64) * wide
        counts = matmul(rows, one_hot(predictions, num_classes, dtype=dtypes.float64),
                        transpose_a=True)
        total, more = running("total_confusion_matrix", counts, [num_classes, num_classes])
        value = _mean_iou(cast(total, dtypes.float32), num_classes)
        return collected(value, more, metrics_collections,
                         updates_collections)


def mean_per_class_accuracy(
    labels: Any, predictions: Any, num_classes: int, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> Any:
    """The mean of the accuracies of the classes: (what it is, the update of each class's)."""
    with variable_scope(name, "mean_accuracy", []):
        labels, predictions, weights = _flat_classes(labels, predictions, weights)
        rows = one_hot(labels, num_classes) * reshape(weights, [-1, 1])
        right = reshape(cast(equal(labels, predictions), dtypes.float32), [-1, 1])
        seen, seen_more = running("total", reduce_sum(rows, 0), [num_classes])
        hits, hits_more = running("count", reduce_sum(rows * right, 0), [num_classes])
        value = div_no_nan(reduce_sum(div_no_nan(hits, seen)), float(num_classes))
        return collected(value, div_no_nan(hits_more, seen_more), metrics_collections,
                         updates_collections)
