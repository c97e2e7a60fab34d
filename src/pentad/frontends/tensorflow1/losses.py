"""tf.losses: losses with weights, collected to be added up."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.creation import ones_like
from pentad.frontends.tensorflow1.ops.elementwise import div_no_nan, squared_difference
from pentad.frontends.tensorflow1.ops.reductions import reduce_sum


def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES, reduction: Any = "weighted_sum_by_nonzero_weights",
) -> Any:
    """The mean of the squared differences, weighted."""
    with name_scope(scope, "mean_squared_error", [predictions, labels]):
        predictions = cast(predictions, "float32")
        labels = cast(labels, "float32")
        predictions.shape.assert_is_compatible_with(labels.shape)
        losses = squared_difference(predictions, labels)
        weights = cast(convert_to_tensor(weights), "float32")
        weighted = losses * weights
        present = ones_like(losses) * cast(weights != 0.0 if not hasattr(weights, "graph")
                                           else _nonzero(weights), "float32")
        loss = div_no_nan(reduce_sum(weighted), reduce_sum(present), name="value")
    if loss_collection:
        get_default_graph().add_to_collection(loss_collection, loss)
    return loss


def _nonzero(weights: Any) -> Any:
    from pentad.frontends.tensorflow1.ops.comparison import not_equal

    return not_equal(weights, 0.0)
