"""Losses for classes: cross entropy and its relatives."""

from __future__ import annotations

from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.nn.functional.common import require_same_dtype, require_values
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import promoted, require_floating

REDUCTIONS = ("none", "mean", "sum")


def require_reduction(name: str, reduction: str, allowed: tuple[str, ...] = REDUCTIONS) -> None:
    """ArgumentError unless the reduction is a known one."""
    if reduction not in allowed:
        raise ArgumentError(
            message(f"{name}: unknown reduction", expected=", ".join(map(repr, allowed)),
                    got=repr(reduction))
        )


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction that the arguments of PyTorch before 0.4 ask for, where they are given."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


def total(x: Node) -> Node:
    """The sum of all elements."""
    return ops.reduce_sum(x, range(x.ndim))


def reduced(name: str, loss: Node, reduction: str) -> Node:
    """The loss of each element, their sum, or their mean."""
    require_reduction(name, reduction)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return total(loss)
    return ops.mean(loss, range(loss.ndim))


def _class_axis(name: str, x: Node) -> int:
    if x.ndim == 0:
        raise ShapeError(
            message(f"{name}: no classes", expected="scores [C], [N, C] or [N, C, ...]", got="[]")
        )
    return 0 if x.ndim == 1 else 1


def _class_weights(name: str, x: Node, weight: Node, axis: int) -> Node:
    """The weight of each class, repeated to the shape of the scores."""
    require_same_dtype(name, x, weight)
    if weight.ndim != 1 or weight.shape[0] != x.shape[axis]:
        raise ShapeError(
            message(f"{name}: the weights do not fit", expected=f"[{x.shape[axis]}]: one a class",
                    got=str(list(weight.shape)))
        )
    return ops.broadcast(weight, x.shape, (axis,))


def _weights_of(wide: Node, target: Node, axis: int, ignore_index: int) -> Node:
    """The weight of each sample's class; 0 for those that are ignored."""
    return ops.neg(ops.nll(wide, target, axis, ignore_index))


def _average(loss: Node, weights: Node | None, target: Node, ignore_index: int) -> Node:
    """The sum of the losses over that of the weights (else the number) of counted samples."""
    if weights is None:
        weights = ops.cast(ops.counted_labels(target, ignore_index), loss.dtype)
    return ops.div(total(loss), total(weights))


@surface
def cross_entropy(
    input: Node, target: Node, weight: Node | None = None, *, ignore_index: int = -100,
    reduction: str = "mean", label_smoothing: float = 0.0,
) -> Node:
    """The cross entropy of scores [C], [N, C] or [N, C, ...] and a target.

    target: class indices without the class dimension (one out of range is an IndexOutOfRange
    when run, those equal to ignore_index do not count), or class probabilities of the scores'
    shape. weight [C] weighs classes; the mean is then a weighted one, as in PyTorch.
    """
    require_reduction("cross_entropy", reduction)
    require_floating("cross_entropy", input)
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(
            message("cross_entropy: label_smoothing", expected="0 <= label_smoothing <= 1",
                    got=str(label_smoothing))
        )
    axis = _class_axis("cross_entropy", input)
    wide = None if weight is None else _class_weights("cross_entropy", input, weight, axis)
    if target.dtype.is_floating_point:
        return _soft_target(input, target, wide, axis, reduction, label_smoothing)
    if wide is None:
        loss, weights = ops.cross_entropy(input, target, axis, label_smoothing, ignore_index), None
    else:
        loss, weights = _weighted(input, target, wide, axis, label_smoothing, ignore_index)
    if reduction == "mean":
        return _average(loss, weights, target, ignore_index)
    return reduced("cross_entropy", loss, reduction)


def _weighted(
    x: Node, target: Node, wide: Node, axis: int, smoothing: float, ignore_index: int
) -> tuple[Node, Node]:
    """(loss, weight) of each sample with class weights."""
    weights = _weights_of(wide, target, axis, ignore_index)
    loss = ops.mul(weights, ops.cross_entropy(x, target, axis, 0.0, ignore_index))
    if not smoothing:
        return loss, weights
    log_p = ops.log_softmax(x, axis=axis)
    spread = ops.neg(ops.reduce_sum(ops.mul(wide, log_p), (axis,)))
    spread = spread * smoothing / ops.full_like(x.shape[axis], spread)
    counted = ops.counted_labels(target, ignore_index)
    smooth = ops.where(counted, spread, ops.full_like(0, spread))
    return loss * (1 - smoothing) + smooth, weights


def _soft_target(
    x: Node, target: Node, wide: Node | None, axis: int, reduction: str, smoothing: float
) -> Node:
    """Cross entropy with class probabilities."""
    require_same_dtype("cross_entropy", x, target)
    if target.shape != x.shape:
        raise ShapeError(
            message(
                "cross_entropy: the target does not fit",
                expected=f"class indices (integers), or probabilities of shape {list(x.shape)}",
                got=f"{target.dtype.name} {list(target.shape)}",
                hint="convert class indices with .long()",
            )
        )
    if smoothing:
        target = target * (1 - smoothing) + smoothing / x.shape[axis]
    log_p = ops.log_softmax(x, axis=axis)
    share = ops.mul(target, log_p)
    loss = ops.neg(ops.reduce_sum(share if wide is None else ops.mul(wide, share), (axis,)))
    return reduced("cross_entropy", loss, reduction)


@surface
def nll_loss(
    input: Node, target: Node, weight: Node | None = None, *, ignore_index: int = -100,
    reduction: str = "mean",
) -> Node:
    """Minus the log-probability [C], [N, C] or [N, C, ...] of each target class."""
    require_reduction("nll_loss", reduction)
    require_floating("nll_loss", input)
    axis = _class_axis("nll_loss", input)
    loss, weights = ops.nll(input, target, axis, ignore_index), None
    if weight is not None:
        wide = _class_weights("nll_loss", input, weight, axis)
        weights = _weights_of(wide, target, axis, ignore_index)
        loss = ops.mul(weights, loss)
    if reduction == "mean":
        return _average(loss, weights, target, ignore_index)
    return reduced("nll_loss", loss, reduction)


# -- two classes -----------------------------------------------------------------------------------


def _same_shape(name: str, x: Node, target: Node) -> None:
    require_floating(name, x)
    require_same_dtype(name, x, target)
    if target.shape != x.shape:
        raise ShapeError(
            message(
                f"{name}: the target does not fit",
                expected=f"{list(x.shape)}, as the input",
                got=str(list(target.shape)),
                hint="squeeze or unsqueeze one of them",
            )
        )


def _reweighted(name: str, loss: Node, weight: Node | None, reduction: str) -> Node:
    if weight is not None:
        loss = ops.mul(loss, ops.broadcast(ops.cast(weight, loss.dtype), loss.shape))
    return reduced(name, loss, reduction)


def _clamped_log(x: Node) -> Node:
    """max(log x, -100), whose gradient is 0 where it is cut off."""
    low = ops.le(x, ops.full_like(3.7835e-44, x))
    safe = ops.where(low, ops.full_like(1, x), x)
    return ops.where(low, ops.full_like(-100, x), ops.log(safe))


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """-t log(x) - (1 - t) log(1 - x) of probabilities x; the logarithms are at least -100.

    ArgumentError for inputs or targets outside [0, 1]; compiled functions do not look at them.
    """
    for what, given in (("input", input), ("target", target)):
        require_values("binary_cross_entropy", given, lambda x: (x >= 0) & (x <= 1),
                       f"all elements of {what} should be between 0 and 1", f"0 <= {what} <= 1")
    return _binary_cross_entropy(input, target, weight, reduction=reduction)


@surface
def _binary_cross_entropy(
    input: Node, target: Node, weight: Node | None = None, *, reduction: str = "mean"
) -> Node:
    _same_shape("binary_cross_entropy", input, target)
    one = ops.full_like(1, input)
    rest = ops.mul(ops.sub(one, target), _clamped_log(ops.sub(one, input)))
    loss = ops.neg(ops.add(ops.mul(target, _clamped_log(input)), rest))
    return _reweighted("binary_cross_entropy", loss, weight, reduction)


@surface
def binary_cross_entropy_with_logits(
    input: Node, target: Node, weight: Node | None = None, *, reduction: str = "mean",
    pos_weight: Node | None = None,
) -> Node:
    """The binary cross entropy of sigmoid(input), for every input; pos_weight weighs t = 1."""
    _same_shape("binary_cross_entropy_with_logits", input, target)
    if pos_weight is None:
        loss = ops.binary_cross_entropy_with_logits(input, target)
    else:
        extra = ops.broadcast(ops.cast(pos_weight, input.dtype), input.shape)
        positive = ops.mul(ops.mul(target, extra), ops.softplus(ops.neg(input)))
        negative = ops.mul(ops.sub(ops.full_like(1, target), target), ops.softplus(input))
        loss = ops.add(positive, negative)
    return _reweighted("binary_cross_entropy_with_logits", loss, weight, reduction)


@surface
def kl_div(
    input: Node, target: Node, *, reduction: str = "mean", log_target: bool = False
) -> Node:
    """target * (log(target) - input), input being log-probabilities.

    reduction "batchmean" is the Kullback-Leibler divergence: the sum over the batch size.
    """
    require_reduction("kl_div", reduction, (*REDUCTIONS, "batchmean"))
    input, target = promoted("kl_div", input, target)
    if log_target:
        loss = ops.mul(ops.exp(target), ops.sub(target, input))
    else:
        zero, one = ops.full_like(0, target), ops.full_like(1, target)
        positive = ops.gt(target, zero)
        logarithm = ops.log(ops.where(positive, target, one))
        loss = ops.mul(target, ops.sub(logarithm, input))
    if reduction == "batchmean":
        batch = loss.shape[0] if loss.ndim else 1
        return ops.div(total(loss), ops.full(batch, (), loss.dtype))
    return reduced("kl_div", loss, reduction)


@surface
def count_correct(input: Node, target: Node) -> Node:
    """How many scores [N, C, ...] have their maximum at the target class: int64, 0-d."""
    axis = _class_axis("count_correct", input)
    hit = ops.eq(ops.argmax(input, axis), ops.cast(target, dtypes.int64))
    if product(hit.shape) == 0:
        return ops.full(0, (), dtypes.int64)
    return total(ops.cast(hit, dtypes.int64))
