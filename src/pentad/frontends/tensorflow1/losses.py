"""tf.losses: losses with weights, collected to be added up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.ops import entropies
from pentad.frontends.tensorflow1.ops.activations import relu
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import not_equal
from pentad.frontends.tensorflow1.ops.creation import ones_like
from pentad.frontends.tensorflow1.ops.elementwise import (
    abs,
    div_no_nan,
    log,
    minimum,
    multiply,
    squared_difference,
    subtract,
)
from pentad.frontends.tensorflow1.ops.identity import stop_gradient
from pentad.frontends.tensorflow1.ops.reductions import add_n, reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import expand_dims, squeeze
from pentad.frontends.tensorflow1.ops.shaping import size as size_of


class Reduction:
    """How the losses of elements become one."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
        return (cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE, "weighted_sum_over_nonzero",
                cls.SUM_BY_NONZERO_WEIGHTS)

    @classmethod
    def validate(cls, key: str) -> None:
        """ValueError unless it is one of them."""
        if key not in cls.all():
            raise pt.ArgumentError(static.message(f"Invalid Reduction Key {key}.",
                                                  expected=", ".join(cls.all())))


_BY_WEIGHTS = Reduction.SUM_BY_NONZERO_WEIGHTS


def _fits(weights: Any, losses: Any) -> None:
    """ValueError unless weights can be spread over losses."""
    ours, theirs = weights.shape, losses.shape
    if ours.ndims in (0, None) or theirs.ndims is None:
        return
    wrong = ours.ndims != theirs.ndims
    if not wrong:
        pairs = zip(ours.as_list(), theirs.as_list())
        wrong = any(a is not None and b is not None and a not in (1, b) for a, b in pairs)
    if wrong:
        raise pt.ShapeError(static.message(
            "weights can not be broadcast to values.", expected=f"a shape that fits {theirs}",
            got=str(ours)))


def _present(losses: Any, weights: Any, per_batch: bool = False) -> Any:
    """How many losses have a weight that is not zero."""
    marks = cast(not_equal(weights, 0.0), losses.dtype)
    spread = marks * ones_like(losses)
    if per_batch:
        axes = list(range(1, spread.shape.ndims))
        return reduce_sum(spread, axes, keepdims=True)
    return reduce_sum(spread)


def compute_weighted_loss(
    losses: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES, reduction: str = _BY_WEIGHTS,
) -> Any:
    """Losses times weights, reduced, and added to a collection."""
    Reduction.validate(reduction)
    with name_scope(scope, "weighted_loss", [losses, weights]):
        losses = convert_to_tensor(losses)
        kind = losses.dtype.base_dtype
        losses = cast(losses, "float32")
        weights = cast(convert_to_tensor(weights), "float32")
        _fits(weights, losses)
        weighted = multiply(losses, weights)
        loss = _reduced(weighted, losses, weights, reduction)
        loss = cast(loss, kind if kind.is_floating else "float32")
    if loss_collection:
        get_default_graph().add_to_collection(loss_collection, loss)
    return loss


def _reduced(weighted: Any, losses: Any, weights: Any, reduction: str) -> Any:
    if reduction == Reduction.NONE:
        return weighted
    total = reduce_sum(weighted)
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.MEAN:
        return div_no_nan(total, reduce_sum(ones_like(losses) * weights))
    if reduction == Reduction.SUM_OVER_BATCH_SIZE:
        return div_no_nan(total, cast(size_of(losses), "float32"))
    return div_no_nan(total, _present(losses, weights), name="value")


def _elementwise(default: str, rule: Callable[..., Any], doc: str) -> Any:
    """A loss of labels and predictions, element by element."""
    def call(
        labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None,
        loss_collection: Any = GraphKeys.LOSSES, reduction: str = _BY_WEIGHTS,
    ) -> Any:
        with name_scope(scope, default, [predictions, labels, weights]) as scope:
            predictions, labels = _pair(predictions, labels)
            return compute_weighted_loss(rule(labels, predictions), weights, scope,
                                         loss_collection, reduction)

    call.__name__, call.__doc__ = default, doc
    return call


def _pair(predictions: Any, labels: Any) -> tuple[Any, Any]:
    if labels is None or predictions is None:
        raise pt.ArgumentError("labels and predictions must not be None.")
    predictions = cast(convert_to_tensor(predictions), "float32")
    labels = cast(convert_to_tensor(labels), "float32")
    predictions.shape.assert_is_compatible_with(labels.shape)
    return predictions, labels


absolute_difference = _elementwise(
    "absolute_difference", lambda y, p: abs(subtract(p, y)), "The mean of |p - y|, weighted.")
mean_squared_error = _elementwise(
    "mean_squared_error", lambda y, p: squared_difference(p, y),
    "The mean of the squared differences, weighted.")


def huber_loss(
    labels: Any, predictions: Any, weights: Any = 1.0, delta: float = 1.0,
    scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_WEIGHTS,
) -> Any:
    """Squares of small differences, the absolute value of large ones."""
    def rule(y: Any, p: Any) -> Any:
        distance = abs(subtract(p, y))
        near = minimum(distance, delta)
        return 0.5 * near * near + delta * (distance - near)

    return _elementwise("huber_loss", rule, "")(labels, predictions, weights, scope,
                                                loss_collection, reduction)


def log_loss(
    labels: Any, predictions: Any, weights: Any = 1.0, epsilon: float = 1e-7,
    scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_WEIGHTS,
) -> Any:
    """-y log(p) - (1 - y) log(1 - p)."""
    def rule(y: Any, p: Any) -> Any:
        return -multiply(y, log(p + epsilon)) - multiply(1 - y, log(1 - p + epsilon))

    return _elementwise("log_loss", rule, "")(labels, predictions, weights, scope,
                                              loss_collection, reduction)


def hinge_loss(
    labels: Any, logits: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES, reduction: str = _BY_WEIGHTS,
) -> Any:
    """max(0, 1 - y z) for labels of 0 and 1, taken as -1 and 1."""
    def rule(y: Any, z: Any) -> Any:
        return relu(1.0 - multiply(2.0 * y - 1.0, z))

    return _elementwise("hinge_loss", rule, "")(labels, logits, weights, scope, loss_collection,
                                                reduction)


def cosine_distance(
    labels: Any, predictions: Any, axis: Any = None, weights: Any = 1.0,
    scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_WEIGHTS, dim: Any = None,
) -> Any:
    """1 - the product of directions along an axis."""
    axis = dim if axis is None else axis
    if axis is None:
        raise pt.ArgumentError("You must specify 'axis'.")
    with name_scope(scope, "cosine_distance_loss", [predictions, labels, weights]) as scope:
        predictions, labels = _pair(predictions, labels)
        losses = 1 - reduce_sum(multiply(predictions, labels), axis, keepdims=True)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def mean_pairwise_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
) -> Any:
    """The mean of squared differences between pairs of elements of one example."""
    with name_scope(scope, "mean_pairwise_squared_error", [predictions, labels, weights]):
        predictions, labels = _pair(predictions, labels)
        weights = cast(convert_to_tensor(weights), "float32")
        differences = subtract(predictions, labels)
        axes = list(range(1, differences.shape.ndims))
        squares = reduce_sum(differences * differences, axes, keepdims=True)
        count = _present(differences, weights, per_batch=True)
        first = 2.0 * div_no_nan(squares, relu(count - 1))
        total = reduce_sum(differences, axes, keepdims=True)
        second = 2.0 * div_no_nan(total * total, multiply(count, relu(count - 1)))
        weighted = multiply(first - second, weights)
        loss = reduce_sum(weighted * cast(_present(differences, weights) > 0, "float32"))
        if loss_collection:
            get_default_graph().add_to_collection(loss_collection, loss)
        return loss


# -- cross-entropies ---------------------------------------------------------------------------


def sigmoid_cross_entropy(
    multi_class_labels: Any, logits: Any, weights: Any = 1.0, label_smoothing: Any = 0,
    scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_WEIGHTS,
) -> Any:
    """The cross-entropy of independent yes-or-no classes."""
    with name_scope(scope, "sigmoid_cross_entropy_loss",
                    [logits, multi_class_labels, weights]) as scope:
        logits = convert_to_tensor(logits)
        labels = cast(convert_to_tensor(multi_class_labels), logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = entropies.sigmoid_cross_entropy_with_logits(
            labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def softmax_cross_entropy(
    onehot_labels: Any, logits: Any, weights: Any = 1.0, label_smoothing: Any = 0,
    scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _BY_WEIGHTS,
) -> Any:
    """The cross-entropy of classes, for rows of probabilities."""
    with name_scope(scope, "softmax_cross_entropy_loss",
                    [logits, onehot_labels, weights]) as scope:
        logits = convert_to_tensor(logits)
        labels = cast(convert_to_tensor(onehot_labels), logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            classes = int(labels.shape[-1])
            labels = labels * (1.0 - label_smoothing) + label_smoothing / classes
        losses = entropies.softmax_cross_entropy_with_logits_v2(
            labels=stop_gradient(labels), logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def sparse_softmax_cross_entropy(
    labels: Any, logits: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES, reduction: str = _BY_WEIGHTS,
) -> Any:
    """The cross-entropy of classes, for labels that are whole numbers."""
    with name_scope(scope, "sparse_softmax_cross_entropy_loss",
                    [logits, labels, weights]) as scope:
        labels, logits = convert_to_tensor(labels), convert_to_tensor(logits)
        weights = convert_to_tensor(weights)
        labels, weights = _squeezed(labels, logits, weights)
        losses = entropies.sparse_softmax_cross_entropy_with_logits(
            labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def _squeezed(labels: Any, logits: Any, weights: Any) -> tuple[Any, Any]:
    """Labels and weights without a last axis of one, where they have one too many."""
    ranks = labels.shape.ndims, logits.shape.ndims
    if None not in ranks and ranks[0] == ranks[1] and labels.shape[-1].is_compatible_with(1):
        labels = squeeze(labels, [-1])
    if weights.shape.ndims not in (0, None) and labels.shape.ndims is not None:
        more = weights.shape.ndims - labels.shape.ndims
        if more == 1 and weights.shape[-1].is_compatible_with(1):
            weights = squeeze(weights, [-1])
        elif more == -1:
            weights = expand_dims(weights, -1)
    return labels, weights


# -- collections -------------------------------------------------------------------------------


def add_loss(loss: Any, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Add a loss to a collection."""
    if loss_collection:
        get_default_graph().add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES) -> list[Any]:
    """The losses of a collection."""
    return get_default_graph().get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The losses of regularizers."""
    return get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(
    scope: str | None = None, name: str = "total_regularization_loss"
) -> Any:
    """The sum of the losses of regularizers, zero if there are none."""
    found = get_regularization_losses(scope)
    return add_n(found, name=name) if found else convert_to_tensor(0.0, "float32")


def get_total_loss(
    add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None
) -> Any:
    """The sum of all losses."""
    found = get_losses(scope)
    if add_regularization_losses:
        found = found + get_regularization_losses(scope)
    if not found:
        raise pt.ArgumentError(static.message(
            "get_total_loss: there are no losses", expected="losses made by tf.losses",
            hint="call tf.losses.add_loss for a loss of your own"))
    return add_n(found, name=name)


__getattr__ = absent(__name__)
