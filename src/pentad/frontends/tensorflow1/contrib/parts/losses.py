"""The losses of tf.contrib.losses: predictions come first, labels may be left out at first."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1 import losses as tf_losses


def _turned(name: str, first: str, second: str) -> Any:
    function = getattr(tf_losses, name)

    def call(predictions: Any = None, labels: Any = None, *args: Any, **kwargs: Any) -> Any:
        given = {second: kwargs.pop(second, predictions), first: kwargs.pop(first, labels)}
        weights = kwargs.pop("weights", args[0] if args else 1.0)
        rest = dict(zip(("scope",) if name not in _MORE else (_MORE[name], "scope"), args[1:]))
        return function(**given, weights=weights, **rest, **kwargs)

    call.__name__ = name
    call.__doc__ = f"tf.losses.{name} with predictions first."
    return call


_MORE = {"log_loss": "epsilon", "sigmoid_cross_entropy": "label_smoothing",
         "softmax_cross_entropy": "label_smoothing"}
absolute_difference, mean_squared_error, log_loss, mean_pairwise_squared_error = (
    _turned(name, "labels", "predictions")
    for name in ("absolute_difference", "mean_squared_error", "log_loss",
                 "mean_pairwise_squared_error"))
hinge_loss = _turned("hinge_loss", "labels", "logits")
sigmoid_cross_entropy = _turned("sigmoid_cross_entropy", "multi_class_labels", "logits")
softmax_cross_entropy = _turned("softmax_cross_entropy", "onehot_labels", "logits")
sparse_softmax_cross_entropy = _turned("sparse_softmax_cross_entropy", "labels", "logits")


def cosine_distance(
    predictions: Any, labels: Any = None, axis: Any = None, weights: Any = 1.0,
    scope: Any = None, dim: Any = None,
) -> Any:
    """1 - the product of directions along an axis."""
    return tf_losses.cosine_distance(labels, predictions, dim if axis is None else axis, weights,
                                     scope)


def compute_weighted_loss(losses: Any, weights: Any = 1.0, scope: Any = None) -> Any:
    """Losses times weights, as one mean over those that count."""
    return tf_losses.compute_weighted_loss(losses, weights, scope)


def get_losses(scope: Any = None, loss_collection: Any = "losses") -> list[Any]:
    """The losses of a collection."""
    return tf_losses.get_losses(scope, loss_collection)
