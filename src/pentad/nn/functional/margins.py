"""Losses by margins between scores: multi_margin, multilabel and triplet losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.nn.functional.common import require_same_dtype
from pentad.nn.functional.linear import checked, require_indices
from pentad.nn.functional.losses import reduced, require_reduction
from pentad.nn.functional.regression import pairwise_distance
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.pointwise import minimum
from pentad.tensor.promotion import promoted_to_float, require_floating
from pentad.tensor.tensor import Tensor


def _scores(name: str, x: Node, target: Node, target_ndim: int) -> tuple[Node, Node]:
    """(scores [N, C], targets of `target_ndim` dimensions) of [N, C] or [C]; ShapeError else."""
    require_floating(name, x)
    require_indices(name, target)
    single = x.ndim < 2
    flat = ops.reshape(x, (1, x.shape[0] if x.ndim else 1)) if single else x
    lead = (flat.shape[0],) if target_ndim == 1 else flat.shape
    small = target.ndim == 0 or (target.ndim == 1 and target.shape == lead[-1:])
    fits = small if single else target.shape == lead
    if x.ndim > 2 or not fits or (isinstance(flat.shape[1], int) and flat.shape[1] == 0):
        raise ShapeError(
            message(f"{name}: the operands do not fit",
                    expected="scores [N, C] (or [C]) with a target "
                    + ("[N] (or [])" if target_ndim == 1 else "[N, C] (or [C])"),
                    got=f"{list(x.shape)} and {list(target.shape)}")
        )
    return flat, ops.reshape(target, lead)


@surface
def multi_margin_loss(
    input: Node, target: Node, p: int = 1, margin: float = 1.0, weight: Node | None = None, *,
    reduction: str = "mean",
) -> Node:
    """The mean over classes i other than the target y of max(0, margin - x[y] + x[i]) ** p.

    input [N, C], target [N]; weight [C] weighs the losses by their target classes. p is 1 or 2.
    """
    if p not in (1, 2):
        raise ArgumentError(message("multi_margin_loss: p", expected="1 or 2", got=repr(p)))
    x, labels = _scores("multi_margin_loss", input, target, 1)
    count, classes = x.shape
    labels = checked(labels, classes)
    own = ops.take_along_axis(x, ops.reshape(labels, (count, 1)), 1)
    gap = ops.relu(ops.sub(x, ops.broadcast(own, x.shape)) + margin)
    gap = ops.mul(gap, gap) if p == 2 else gap
    if weight is not None:
        require_same_dtype("multi_margin_loss", x, weight)
        if weight.shape != (classes,):
            raise ShapeError(
                message("multi_margin_loss: the weights", expected=f"[{classes}]",
                        got=str(list(weight.shape)))
            )
        share = ops.gather(weight, labels, axes=(0,))
        gap = ops.mul(gap, ops.broadcast(share, x.shape, (0,)))
    same = ops.eq(ops.broadcast(labels, x.shape, (0,)), ops.iota(x.shape, 1, dtypes.int64))
    gap = ops.where(same, ops.full_like(0, gap), gap)
    loss = ops.reduce_sum(gap, (1,)) / ops.full(classes, (count,), x.dtype)
    loss = ops.reshape(loss, ()) if input.ndim < 2 and target.ndim == 0 else loss
    return reduced("multi_margin_loss", loss, reduction)


@surface
def multilabel_margin_loss(input: Node, target: Node, *, reduction: str = "mean") -> Node:
    """The sum over target classes j and other classes i of max(0, 1 - x[j] + x[i]), over C.

    target [N, C]: each row lists its classes, and ends at the first -1.
    """
    x, labels = _scores("multilabel_margin_loss", input, target, 2)
    count, classes = x.shape
    labels = ops.cast(labels, dtypes.int64)
    zero = ops.full_like(0, labels)
    stop = ops.cast(ops.lt(labels, zero), dtypes.int64)
    listed = ops.eq(ops.cumsum(stop, 1), zero)
    labels = checked(ops.where(listed, labels, zero), classes)
    cube = (count, classes, classes)  # [sample, place in the list, class]
    counted = ops.broadcast(listed, cube, (0, 1))
    named = ops.eq(ops.broadcast(labels, cube, (0, 1)), ops.iota(cube, 2, dtypes.int64))
    is_target = ops.reduce_or(ops.logical_and(named, counted), (1,))
    own = ops.take_along_axis(x, labels, 1)
    gap = ops.sub(ops.broadcast(x, cube, (0, 2)), ops.broadcast(own, cube, (0, 1))) + 1
    other = ops.logical_not(ops.broadcast(is_target, cube, (0, 2)))
    gap = ops.where(ops.logical_and(counted, other), ops.relu(gap), ops.full_like(0, gap))
    loss = ops.reduce_sum(gap, (1, 2)) / ops.full(classes, (count,), x.dtype)
    loss = ops.reshape(loss, ()) if input.ndim < 2 else loss
    return reduced("multilabel_margin_loss", loss, reduction)


@surface
def multilabel_soft_margin_loss(
    input: Node, target: Node, weight: Node | None = None, *, reduction: str = "mean"
) -> Node:
    """The binary cross entropy of sigmoid(input) with targets 0 and 1, averaged over classes."""
    x, target = promoted_to_float("multilabel_soft_margin_loss", input, target)
    loss = ops.sub(ops.softplus(x), ops.mul(target, x))
    if weight is not None:
        loss = ops.mul(loss, ops.broadcast(ops.cast(weight, x.dtype), loss.shape))
    loss = ops.mean(loss, (loss.ndim - 1,)) if loss.ndim else loss
    return reduced("multilabel_soft_margin_loss", loss, reduction)


@surface
def _triplet(near: Node, far: Node, margin: float, reduction: str) -> Node:
    near, far = promoted_to_float("triplet_margin_with_distance_loss", near, far)
    loss = ops.relu(ops.sub(near, far) + margin)
    return reduced("triplet_margin_with_distance_loss", loss, reduction)


_triplet.surface.name = "triplet_margin_with_distance_loss"


def triplet_margin_with_distance_loss(
    anchor: Any, positive: Any, negative: Any, *,
    distance_function: Callable[[Any, Any], Any] | None = None, margin: float = 1.0,
    swap: bool = False, reduction: str = "mean",
) -> Any:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin); d: pairwise_distance if None.

    swap: the negative's distance is that to the nearer of anchor and positive.
    """
    require_reduction("triplet_margin_with_distance_loss", reduction)
    if margin <= 0:
        raise ArgumentError(
            message("triplet_margin_with_distance_loss: margin", expected="> 0", got=str(margin))
        )
    for t in (anchor, positive, negative):
        if not isinstance(t, Tensor):
            raise DTypeError(
                message("triplet_margin_with_distance_loss: not a tensor", expected="Tensor",
                        got=type(t).__name__)
            )
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ShapeError(
            message("triplet_margin_with_distance_loss: the operands do not fit",
                    expected="equal numbers of dimensions",
                    got=f"{anchor.ndim}, {positive.ndim}, {negative.ndim}")
        )
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return _triplet(near, far, float(margin), reduction)


