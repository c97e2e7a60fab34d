"""Whether the labels are among the first k predictions."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.metrics.state import collected, running, spread_weights
from pentad.frontends.tensorflow1.ops.activations import top_k
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import equal
from pentad.frontends.tensorflow1.ops.creation import ones_like
from pentad.frontends.tensorflow1.ops.creation import range as range_
from pentad.frontends.tensorflow1.ops.elementwise import div_no_nan, minimum
from pentad.frontends.tensorflow1.ops.reductions import cumsum, reduce_any, reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import expand_dims
from pentad.frontends.tensorflow1.variables.scope import variable_scope


def _labels(labels: Any, rank: int) -> Any:
    """Labels with an axis of several for each prediction; -1 stands for none."""
    labels = cast(convert_to_tensor(labels), dtypes.int64)
    return expand_dims(labels, -1) if labels.shape.ndims == rank - 1 else labels


def _matches(labels: Any, chosen: Any) -> Any:
    return equal(expand_dims(labels, -1), expand_dims(chosen, -2))


def _counted(
    kind: str, labels: Any, chosen: Any, k: Any, class_id: Any, weights: Any, name: Any,
    metrics: Any, updates: Any,
) -> Any:
    suffix = "" if class_id is None else f"_class{class_id}"
    with variable_scope(name, f"{kind}_at_{'top_k' if k is None else k}{suffix}", []):
        chosen = cast(convert_to_tensor(chosen), dtypes.int64)
        labels = _labels(labels, chosen.shape.ndims)
        matches = _matches(labels, chosen)
        of, axis = (chosen, -2) if kind == "precision" else (labels, -1)
        hit = cast(reduce_any(matches, axis), dtypes.float32)
        counted = cast(of >= 0, dtypes.float32)
        if class_id is not None:
            counted = counted * cast(equal(of, cast(class_id, dtypes.int64)), dtypes.float32)
        hits, all_ = (reduce_sum(v, -1) for v in (hit * counted, counted))
        if weights is not None:
            spread = spread_weights(weights, hits)
            hits, all_ = hits * spread, all_ * spread
        at = "" if k is None else f"_at_{k}"
        wrong = "false_positive" if kind == "precision" else "false_negative"
        right, right_more = running(f"true_positive{at}{suffix}", _total(hits))
        rest, rest_more = running(f"{wrong}{at}{suffix}", _total(all_ - hits))
        return collected(div_no_nan(right, right + rest),
                         div_no_nan(right_more, right_more + rest_more), metrics, updates)


def _total(values: Any) -> Any:
    """The sum, in the precision in which these metrics add up."""
    return cast(reduce_sum(values), dtypes.float64)


def precision_at_top_k(
    labels: Any, predictions_idx: Any, k: Any = None, class_id: Any = None, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> Any:
    """How many of the predicted classes are labels."""
    return _counted("precision", labels, predictions_idx, k, class_id, weights, name,
                    metrics_collections, updates_collections)


def precision_at_k(
    labels: Any, predictions: Any, k: int, class_id: Any = None, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> Any:
    """How many of the k likeliest classes are labels."""
    return precision_at_top_k(labels, top_k(predictions, k)[1], k, class_id, weights,
                              metrics_collections, updates_collections, name)


def recall_at_top_k(
    labels: Any, predictions_idx: Any, k: Any = None, class_id: Any = None, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> Any:
    """How many of the labels are among the predicted classes."""
    return _counted("recall", labels, predictions_idx, k, class_id, weights, name,
                    metrics_collections, updates_collections)


def recall_at_k(
    labels: Any, predictions: Any, k: int, class_id: Any = None, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> Any:
    """How many of the labels are among the k likeliest classes."""
    return recall_at_top_k(labels, top_k(predictions, k)[1], k, class_id, weights,
                           metrics_collections, updates_collections, name)


def average_precision_at_k(
    labels: Any, predictions: Any, k: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> Any:
    """The mean of the precisions at the places of the labels, averaged over examples."""
    with variable_scope(name, f"average_precision_at_{k}", []):
        chosen = cast(top_k(predictions, k)[1], dtypes.int64)
        labels = _labels(labels, chosen.shape.ndims)
        hit = cast(reduce_any(_matches(labels, chosen), -2), dtypes.float64)
        places = cast(range_(1, k + 1), dtypes.float64)
        precisions = cumsum(hit, -1) / places
        many = reduce_sum(cast(labels >= 0, dtypes.float64), -1)
        scores = div_no_nan(reduce_sum(precisions * hit, -1), minimum(many, float(k)))
        spread = ones_like(scores) if weights is None else cast(
            spread_weights(weights, scores), dtypes.float64)
        get_default_graph().unique_name("max")  # TensorFlow has a scope of that name first
        most, most_more = running("max", _total(spread))
        total, more = running("total", _total(scores * spread))
        return collected(div_no_nan(total, most), div_no_nan(more, most_more),
                         metrics_collections, updates_collections)
