"""What metrics share: their variables, weights, where they are collected."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.creation import ones_like, zeros
from pentad.frontends.tensorflow1.ops.shaping import expand_dims, squeeze
from pentad.frontends.tensorflow1.ops.state import assign_add
from pentad.frontends.tensorflow1.variables.variable import Variable


def metric_variable(shape: Any, dtype: Any, name: str) -> Any:
    """A variable that begins at zero, is local, and belongs to a metric."""
    return Variable(
        initial_value=lambda: zeros(shape, dtype), trainable=False, name=name,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES])


def running(name: str, value: Any, shape: Any = ()) -> tuple[Any, Any]:
    """A running sum: what it is, and the update that adds a value and gives what it is then."""
    dtype = value.dtype.base_dtype if hasattr(value, "dtype") else dtypes.float32
    variable = metric_variable(shape, dtype, name)
    return variable.value(), assign_add(variable, value)


def collected(value: Any, update: Any, metrics: Any, updates: Any) -> tuple[Any, Any]:
    """The metric and its update, added to collections."""
    graph = get_default_graph()
    if metrics:
        graph.add_to_collections(metrics, value)
    if updates:
        graph.add_to_collections(updates, update)
    return value, update


def spread_weights(weights: Any, like: Any) -> Any:
    """Weights of the shape of values."""
    weights = cast(convert_to_tensor(weights), dtypes.float32)
    ranks = weights.shape.ndims, like.shape.ndims
    if None not in ranks and ranks[0]:
        if ranks[0] == ranks[1] + 1 and weights.shape[-1].is_compatible_with(1):
            weights = squeeze(weights, [-1])
        elif ranks[0] == ranks[1] - 1:
            weights = expand_dims(weights, -1)
    return weights * cast(ones_like(like), dtypes.float32)


def aligned(predictions: Any, labels: Any) -> tuple[Any, Any]:
    """Predictions and labels, without a last axis of one that only one of them has."""
    predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
    ranks = predictions.shape.ndims, labels.shape.ndims
    if None not in ranks:
        if ranks[0] == ranks[1] + 1 and predictions.shape[-1].is_compatible_with(1):
            predictions = squeeze(predictions, [-1])
        elif ranks[1] == ranks[0] + 1 and labels.shape[-1].is_compatible_with(1):
            labels = squeeze(labels, [-1])
    predictions.shape.assert_is_compatible_with(labels.shape)
    return predictions, labels
