"""tf.contrib.losses: tf.losses with the predictions before the labels."""

from __future__ import annotations

from typing import Any

import pentad.frontends.tensorflow1 as tf
from pentad.frontends.missing import absent


def _flipped(name: str, first: str, second: str) -> Any:
    """The loss of tf.losses, called with (predictions, labels); `first` and `second` are what it
    calls them."""
    def loss(
        predictions: Any = None, labels: Any = None, weights: Any = 1.0, *more: Any,
        scope: Any = None, **options: Any,
    ) -> Any:
        predictions = options.pop(first, predictions)
        labels = options.pop(second, labels)
        made = getattr(tf.losses, name)
        return made(labels, predictions, weights, *more, scope=scope, **options)

    loss.__name__ = name
    loss.__doc__ = f"tf.losses.{name} of ({first}, {second})."
    return loss


absolute_difference = _flipped("absolute_difference", "predictions", "labels")
mean_squared_error = _flipped("mean_squared_error", "predictions", "labels")
mean_pairwise_squared_error = _flipped("mean_pairwise_squared_error", "predictions", "labels")
log_loss = _flipped("log_loss", "predictions", "labels")
hinge_loss = _flipped("hinge_loss", "logits", "labels")
sigmoid_cross_entropy = _flipped("sigmoid_cross_entropy", "logits", "multi_class_labels")
softmax_cross_entropy = _flipped("softmax_cross_entropy", "logits", "onehot_labels")
sparse_softmax_cross_entropy = _flipped("sparse_softmax_cross_entropy", "logits", "labels")


def cosine_distance(
    predictions: Any, labels: Any = None, axis: Any = None, weights: Any = 1.0, scope: Any = None,
    dim: Any = None,
) -> Any:
    """1 - the products of two unit vectors along an axis."""
    return tf.losses.cosine_distance(labels, predictions, dim if axis is None else axis, weights,
                                     scope)


def compute_weighted_loss(losses: Any, weights: Any = 1.0, scope: Any = None) -> Any:
    """The weighted mean of losses."""
    return tf.losses.compute_weighted_loss(losses, weights, scope)


def add_loss(loss: Any, loss_collection: Any = "losses") -> None:
    """Count a loss of one's own among those of the graph."""
    tf.losses.add_loss(loss, loss_collection)


def get_losses(scope: Any = None, loss_collection: Any = "losses") -> Any:
    """The losses of the graph."""
    return tf.losses.get_losses(scope, loss_collection)


def get_regularization_losses(scope: Any = None) -> Any:
    """Those of the weights."""
    return tf.losses.get_regularization_losses(scope)


def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss") -> Any:
    """Their sum."""
    return tf.losses.get_total_loss(add_regularization_losses, name)


__getattr__ = absent(__name__)
