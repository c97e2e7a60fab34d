"""Counts of right and wrong answers of yes and no, and what follows from them."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.metrics.state import (
    aligned,
    collected,
    running,
    spread_weights,
)
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import logical_and, logical_not
from pentad.frontends.tensorflow1.ops.elementwise import div_no_nan
from pentad.frontends.tensorflow1.ops.reductions import reduce_sum
from pentad.frontends.tensorflow1.variables.scope import variable_scope

# name -> the answer that was given, what the label is
KINDS = {"true_positives": (True, True), "false_positives": (True, False),
         "false_negatives": (False, True), "true_negatives": (False, False)}


def _count(kind: str, predictions: Any, labels: Any, weights: Any) -> tuple[Any, Any]:
    said, true = KINDS[kind]
    hit = logical_and(predictions if said else logical_not(predictions),
                      labels if true else logical_not(labels))
    values = cast(hit, dtypes.float32)
    if weights is not None:
        values = values * spread_weights(weights, values)
    return running("count", reduce_sum(values))


def _boolean(predictions: Any, labels: Any) -> tuple[Any, Any]:
    predictions, labels = aligned(predictions, labels)
    return cast(predictions, dtypes.bool_), cast(labels, dtypes.bool_)


def _counter(kind: str) -> Any:
    def call(
        labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
        updates_collections: Any = None, name: str | None = None,
    ) -> Any:
        with variable_scope(name, kind, []):
            found = _count(kind, *_boolean(predictions, labels), weights)
            return collected(*found, metrics_collections, updates_collections)

    call.__name__, call.__doc__ = kind, f"The number of {kind.replace('_', ' ')}."
    return call


true_positives, false_positives, false_negatives, true_negatives = map(_counter, KINDS)


def _share(default: str, other: str, doc: str) -> Any:
    """True positives over themselves and another count."""
    def call(
        labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
        updates_collections: Any = None, name: str | None = None,
    ) -> Any:
        with variable_scope(name, default, []):
            pair = _boolean(predictions, labels)
            with variable_scope(None, "true_positives", []):
                hits, hits_more = _count("true_positives", *pair, weights)
            with variable_scope(None, other, []):
                rest, rest_more = _count(other, *pair, weights)
            return collected(div_no_nan(hits, hits + rest),
                             div_no_nan(hits_more, hits_more + rest_more),
                             metrics_collections, updates_collections)

    call.__name__, call.__doc__ = default, doc
    return call


precision = _share("precision", "false_positives", "How many of the positive answers are right.")
recall = _share("recall", "false_negatives", "How many of the positive labels are found.")
