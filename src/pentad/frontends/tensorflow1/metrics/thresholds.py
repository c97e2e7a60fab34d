"""Counts at several thresholds, and curves over them."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.metrics.counts import KINDS
from pentad.frontends.tensorflow1.metrics.state import (
    aligned,
    collected,
    running,
    spread_weights,
)
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import equal, logical_and, logical_not
from pentad.frontends.tensorflow1.ops.elementwise import abs, divide, maximum, minimum
from pentad.frontends.tensorflow1.ops.gathering import gather
from pentad.frontends.tensorflow1.ops.reductions import (
    argmax,
    argmin,
    cumsum,
    reduce_min,
    reduce_sum,
)
from pentad.frontends.tensorflow1.ops.shaping import reshape
from pentad.frontends.tensorflow1.variables.scope import variable_scope

EPSILON = 1e-7
Pair = tuple[Any, Any]


def _counts(
    labels: Any, predictions: Any, thresholds: Any, weights: Any, kinds: Any
) -> dict[str, Pair]:
    """For each kind the counts at the thresholds: (what they are, the update)."""
    predictions, labels = aligned(cast(predictions, dtypes.float32), cast(labels, dtypes.bool_))
    spread = None if weights is None else reshape(spread_weights(weights, predictions), [1, -1])
    flat, true = reshape(predictions, [1, -1]), reshape(labels, [1, -1])
    over = flat > reshape(convert_to_tensor(thresholds, dtypes.float32), [-1, 1])
    found = {}
    for kind in kinds:
        said, is_true = KINDS[kind]
        hit = cast(logical_and(over if said else logical_not(over),
                               true if is_true else logical_not(true)), dtypes.float32)
        if spread is not None:
            hit = hit * spread
        found[kind] = running(kind, reduce_sum(hit, 1), [len(thresholds)])
    return found


def _at_thresholds(kind: str) -> Any:
    def call(
        labels: Any, predictions: Any, thresholds: Any, weights: Any = None,
        metrics_collections: Any = None, updates_collections: Any = None,
        name: str | None = None,
    ) -> Any:
        with variable_scope(name, kind, []):
            found = _counts(labels, predictions, thresholds, weights, [kind])[kind]
            return collected(*found, metrics_collections, updates_collections)

    call.__doc__ = f"The number of {kind.replace('_', ' ')} at each threshold."
    return call


(true_positives_at_thresholds, false_positives_at_thresholds, false_negatives_at_thresholds,
 true_negatives_at_thresholds) = map(_at_thresholds, KINDS)


def _share(default: str, other: str) -> Any:
    def call(
        labels: Any, predictions: Any, thresholds: Any, weights: Any = None,
        metrics_collections: Any = None, updates_collections: Any = None,
        name: str | None = None,
    ) -> Any:
        with variable_scope(name, default, []):
            found = _counts(labels, predictions, thresholds, weights, ["true_positives", other])
            value, update = (
                divide(found["true_positives"][i],
                       EPSILON + found["true_positives"][i] + found[other][i]) for i in (0, 1))
            return collected(value, update, metrics_collections, updates_collections)

    call.__doc__ = f"The {default.split('_')[0]} at each threshold."
    return call


precision_at_thresholds = _share("precision_at_thresholds", "false_positives")
recall_at_thresholds = _share("recall_at_thresholds", "false_negatives")


def spaced(count: int) -> list[float]:
    """Thresholds from just below zero to just above one."""
    inner = [(i + 1) * 1.0 / (count - 1) for i in range(count - 2)]
    return [0.0 - EPSILON, *inner, 1.0 + EPSILON]


def _area(counts: dict[str, Any], curve: str, method: str) -> Any:
    tp, fp, tn, fn = (counts[k] for k in ("true_positives", "false_positives", "true_negatives",
                                          "false_negatives"))
    if curve == "PR" and method == "careful_interpolation":
        return _careful(tp, fp, fn)
    recall = divide(tp + EPSILON, tp + fn + EPSILON)
    if curve == "ROC":
        x, y = divide(fp, fp + tn + EPSILON), recall
    else:
        x, y = recall, divide(tp + EPSILON, tp + fp + EPSILON)
    heights = {"trapezoidal": lambda a, b: (a + b) / 2.0,
               "careful_interpolation": lambda a, b: (a + b) / 2.0,
               "minoring": minimum, "majoring": maximum}[method]
    return reduce_sum((x[:-1] - x[1:]) * heights(y[:-1], y[1:]))


def _careful(tp: Any, fp: Any, fn: Any) -> Any:
    """The area under precision and recall, with the slope between points (Davis, 2006)."""
    from pentad.frontends.tensorflow1.ops.comparison import where
    from pentad.frontends.tensorflow1.ops.creation import ones_like
    from pentad.frontends.tensorflow1.ops.elementwise import div_no_nan, log

    step, positive = tp[:-1] - tp[1:], tp + fp
    slope = div_no_nan(step, maximum(positive[:-1] - positive[1:], 0.0))
    start = tp[1:] - slope * positive[1:]
    safe = logical_and(positive[:-1] > 0, positive[1:] > 0)
    ratio = where(safe, div_no_nan(positive[:-1], maximum(positive[1:], 0.0)), ones_like(slope))
    parts = div_no_nan(slope * (step + start * log(ratio)), maximum(tp[1:] + fn[1:], 0.0))
    return reduce_sum(parts)


def auc(
    labels: Any, predictions: Any, weights: Any = None, num_thresholds: int = 200,
    metrics_collections: Any = None, updates_collections: Any = None, curve: str = "ROC",
    name: str | None = None, summation_method: str = "trapezoidal", thresholds: Any = None,
) -> Any:
    """The area under the curve of hits over false alarms, or of precision over recall."""
    if curve not in ("ROC", "PR"):
        raise pt.ArgumentError(f"curve must be either ROC or PR, {curve} unknown")
    if summation_method not in ("trapezoidal", "careful_interpolation", "minoring", "majoring"):
        raise pt.ArgumentError(f"Invalid summation_method: {summation_method}")
    with variable_scope(name, "auc", []):
        at = spaced(num_thresholds) if thresholds is None else [
            0.0 - EPSILON, *sorted(thresholds), 1.0 + EPSILON]
        found = _counts(labels, predictions, at, weights, KINDS)
        value, update = (_area({k: v[i] for k, v in found.items()}, curve, summation_method)
                         for i in (0, 1))
        return collected(value, update, metrics_collections, updates_collections)


def _chosen(default: str, wanted: str, rule: Any) -> Any:
    def call(
        labels: Any, predictions: Any, level: float, weights: Any = None,
        num_thresholds: int = 200, metrics_collections: Any = None,
        updates_collections: Any = None, name: str | None = None, **named: Any,
    ) -> Any:
        level = named.pop(wanted, level)
        if not 0 <= level <= 1:
            raise pt.ArgumentError(f"`{wanted}` must be in the range [0, 1].")
        with variable_scope(name, default, []):
            found = _counts(labels, predictions, spaced(num_thresholds), weights, KINDS)
            value, update = (rule({k: v[i] for k, v in found.items()}, level) for i in (0, 1))
            return collected(value, update, metrics_collections, updates_collections)

    call.__doc__ = f"{default.replace('_', ' ').capitalize()}, at the best threshold."
    return call


def _ratio(a: Any, b: Any) -> Any:
    return divide(a, a + b + EPSILON)


def _sensitivity(counts: dict[str, Any], level: float) -> Any:
    specificity = _ratio(counts["true_negatives"], counts["false_positives"])
    place = argmin(abs(specificity - level), 0)
    return _ratio(gather(counts["true_positives"], place),
                  gather(counts["false_negatives"], place))


def _specificity(counts: dict[str, Any], level: float) -> Any:
    distance = abs(_ratio(counts["true_positives"], counts["false_negatives"]) - level)
    # The last of equally good thresholds.
    place = argmax(cumsum(cast(equal(distance, reduce_min(distance)), dtypes.int64)), 0)
    return _ratio(gather(counts["true_negatives"], place),
                  gather(counts["false_positives"], place))


sensitivity_at_specificity = _chosen("sensitivity_at_specificity", "specificity", _sensitivity)
specificity_at_sensitivity = _chosen("specificity_at_sensitivity", "sensitivity", _specificity)
