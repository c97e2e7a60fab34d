"""Cross-entropies of logits, and other losses of each element."""

from __future__ import annotations

import math
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS, INDEX
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.identity import stop_gradient


def _soft(features: Any, labels: Any, axis: int) -> Any:
    return -(labels * pt.log_softmax(features, axis)).sum(axis)


def _sparse(features: Any, labels: Any) -> Any:
    flat = features.reshape(-1, features.shape[-1])
    losses = pt.nn.functional.cross_entropy(
        flat, labels.reshape(-1).to(pt.int64), reduction="none")
    return losses.reshape(labels.shape)


def _sigmoid(logits: Any, labels: Any) -> Any:
    positive = logits >= 0
    zeros = pt.zeros_like(logits)
    kept = pt.where(positive, logits, zeros)
    return kept - logits * labels + pt.log1p(pt.exp(pt.where(positive, -logits, logits)))


def _weighted(logits: Any, labels: Any, weight: Any) -> Any:
    scale = 1 + (weight - 1) * labels
    small = pt.log1p(pt.exp(-pt.abs(logits))) + pt.nn.functional.relu(-logits)
    return (1 - labels) * logits + scale * small


_SOFT = op("SoftmaxCrossEntropyWithLogits", "features: T, labels: T; axis=-1 -> loss: T", _soft,
           allow={"T": FLOATS})
_SPARSE = op("SparseSoftmaxCrossEntropyWithLogits", "features: T, labels: Tlabels -> loss: T",
             _sparse, allow={"T": FLOATS, "Tlabels": INDEX},
             infer=lambda f, l, node: [static.Type(f.dtype, l.shape)])
_SIGMOID = op("SigmoidCrossEntropyWithLogits", "logits: T, labels: T -> loss: T", _sigmoid,
              allow={"T": FLOATS})
_WEIGHTED = op("WeightedCrossEntropyWithLogits", "logits: T, labels: T, pos_weight: T -> loss: T",
               _weighted, allow={"T": FLOATS})


def _named_arguments(function: str, sentinel: Any, labels: Any, logits: Any) -> None:
    """The old order of the arguments is refused, as they must be named."""
    if sentinel is not None:
        raise pt.ArgumentError(static.message(
            f"Only call `{function}` with named arguments (labels=..., logits=..., ...)"))
    if labels is None or logits is None:
        raise pt.ArgumentError(static.message("Both labels and logits must be provided."))


def _same_shape(logits: Any, labels: Any) -> None:
    if not logits.shape.is_compatible_with(labels.shape):
        raise pt.ShapeError(static.message(
            "logits and labels must have the same shape",
            got=f"({logits.shape} vs {labels.shape})"))


def _as_logits(labels: Any, logits: Any) -> Any:
    """Labels in the logits' type: these alone are cast, as TensorFlow does."""
    wanted = logits.dtype.base_dtype
    if not hasattr(labels, "graph"):
        return convert_to_tensor(labels, wanted, name="labels")
    labels = convert_to_tensor(labels, name="labels")
    return labels if labels.dtype.base_dtype is wanted else cast(labels, wanted)


def softmax_cross_entropy_with_logits_v2(
    labels: Any = None, logits: Any = None, axis: Any = None, name: str | None = None,
    dim: Any = None,
) -> Any:
    """-sum(labels * log_softmax(logits)) along an axis."""
    axis = axis if axis is not None else -1 if dim is None else dim
    with name_scope(name, "softmax_cross_entropy_with_logits", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = _as_logits(labels, logits)
        if logits.shape.ndims == labels.shape.ndims or None in (
            logits.shape.ndims, labels.shape.ndims):
            return _SOFT(logits, labels, axis=axis, name=scope)
        _same_shape(logits, labels)
        return _SOFT(logits, labels, axis=axis, name=scope)


def softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, dim: Any = -1,
    name: str | None = None, axis: Any = None,
) -> Any:
    """The same; gradients do not pass to the labels."""
    _named_arguments("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as scope:
        labels = stop_gradient(
            _as_logits(labels, convert_to_tensor(logits)), name="labels_stop_gradient")
        return softmax_cross_entropy_with_logits_v2(
            labels, logits, axis=dim if axis is None else axis, name=scope)


def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """-log_softmax(logits) at the labels, which are whole numbers."""
    _named_arguments("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        ranks = labels.shape.ndims, logits.shape.ndims
        if ranks[1] == 0:
            raise pt.ArgumentError("Logits cannot be scalars - received shape ().")
        if None not in ranks and ranks[0] != ranks[1] - 1:
            raise pt.ShapeError(static.message(
                f"Rank mismatch: Rank of labels (received {ranks[0]}) should equal rank of logits "
                f"minus 1 (received {ranks[1]}).", got=f"{labels.shape} and {logits.shape}",
                hint="labels are whole numbers here, not rows of probabilities"))
        if not labels.shape.is_compatible_with(logits.shape[:-1]):
            raise pt.ShapeError(static.message(
                "Shape mismatch: The shape of labels should equal the shape of logits except for "
                "the last dimension", got=f"{labels.shape} and {logits.shape}"))
        return _SPARSE(logits, labels, name=name)


def sigmoid_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """The cross-entropy of independent yes-or-no classes."""
    _named_arguments("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, logits.dtype.base_dtype, name="labels")
        _same_shape(logits, labels)
        return _SIGMOID(logits, labels, name=scope)


def weighted_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, pos_weight: Any = None, name: str | None = None,
    targets: Any = None,
) -> Any:
    """The same, with a weight for the positive class."""
    labels = targets if labels is None else labels
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        dtype = logits.dtype.base_dtype
        labels = convert_to_tensor(labels, dtype, name="labels")
        _same_shape(logits, labels)
        return _WEIGHTED(logits, labels, convert_to_tensor(pos_weight, dtype), name=scope)


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Any:
    """The loss of a Poisson distribution of which log_input is the logarithm of the rate."""
    from pentad.frontends.tensorflow1.ops.comparison import logical_and, where
    from pentad.frontends.tensorflow1.ops.creation import zeros_like
    from pentad.frontends.tensorflow1.ops.elementwise import exp, log

    with name_scope(name, "log_poisson_loss", [log_input, targets]):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, log_input.dtype.base_dtype, name="targets")
        _same_shape(log_input, targets)
        found = exp(log_input) - log_input * targets
        if compute_full_loss:
            stirling = targets * log(targets) - targets + 0.5 * log(2 * math.pi * targets)
            small = logical_and(targets >= 0.0, targets <= 1.0)
            found += where(small, zeros_like(targets), stirling)
        return found
