"""Losses for numbers and distances: mse, l1, huber, margins, cosine similarity."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from pentad import ops
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.nn.functional.common import require_values
from pentad.nn.functional.losses import reduced
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import tensor
from pentad.tensor.promotion import normalize_dim, promoted_to_float


def _pair(name: str, x: Node, target: Node) -> tuple[Node, Node]:
    """The operands in one dtype and shape; a warning if they are broadcast, as in PyTorch."""
    if x.ndim != target.ndim or x.shape != target.shape:
        ops.broadcast_shapes(name, x.shape, target.shape)
        warnings.warn(
            message(
                f"{name}: input and target differ in shape and are broadcast",
                expected="equal shapes",
                got=f"{list(x.shape)} and {list(target.shape)}",
                hint="squeeze or unsqueeze one of them",
            ),
            stacklevel=2,
        )
    x, target = promoted_to_float(name, x, target)
    return x, target


@surface
def mse_loss(input: Node, target: Node, *, reduction: str = "mean") -> Node:
    """(input - target) ** 2."""
    x, target = _pair("mse_loss", input, target)
    return reduced("mse_loss", ops.square(ops.sub(x, target)), reduction)


@surface
def l1_loss(input: Node, target: Node, *, reduction: str = "mean") -> Node:
    """|input - target|."""
    x, target = _pair("l1_loss", input, target)
    return reduced("l1_loss", ops.abs(ops.sub(x, target)), reduction)


def _positive(name: str, what: str, value: float, zero: bool = False) -> None:
    if math.isnan(value) or value < 0 or (value == 0 and not zero):
        raise ArgumentError(
            message(f"{name}: {what}", expected=">= 0" if zero else "> 0", got=str(value))
        )


@surface
def smooth_l1_loss(
    input: Node, target: Node, *, reduction: str = "mean", beta: float = 1.0
) -> Node:
    """d ** 2 / (2 beta) for |d| < beta, else |d| - beta / 2, with d = input - target."""
    _positive("smooth_l1_loss", "beta", beta, zero=True)
    x, target = _pair("smooth_l1_loss", input, target)
    d = ops.sub(x, target)
    far = ops.abs(d)
    loss = far
    if beta > 0:
        near = ops.lt(far, ops.full_like(beta, far))
        loss = ops.where(near, d * d * (0.5 / beta), far - 0.5 * beta)
    return reduced("smooth_l1_loss", loss, reduction)


@surface
def huber_loss(input: Node, target: Node, *, reduction: str = "mean", delta: float = 1.0) -> Node:
    """d ** 2 / 2 for |d| <= delta, else delta * (|d| - delta / 2), with d = input - target."""
    _positive("huber_loss", "delta", delta)
    x, target = _pair("huber_loss", input, target)
    d = ops.sub(x, target)
    far = ops.abs(d)
    near = ops.le(far, ops.full_like(delta, far))
    loss = ops.where(near, d * d * 0.5, (far - 0.5 * delta) * delta)
    return reduced("huber_loss", loss, reduction)


@surface
def soft_margin_loss(input: Node, target: Node, *, reduction: str = "mean") -> Node:
    """log(1 + exp(-target * input)), target being 1 or -1."""
    x, target = _pair("soft_margin_loss", input, target)
    return reduced("soft_margin_loss", ops.softplus(ops.neg(ops.mul(x, target))), reduction)


@surface
def margin_ranking_loss(
    input1: Node, input2: Node, target: Node, *, margin: float = 0.0, reduction: str = "mean"
) -> Node:
    """max(0, -target * (input1 - input2) + margin)."""
    a, b, target = promoted_to_float("margin_ranking_loss", input1, input2, target)
    loss = ops.relu(ops.neg(ops.mul(target, ops.sub(a, b))) + margin)
    return reduced("margin_ranking_loss", loss, reduction)


@surface
def hinge_embedding_loss(
    input: Node, target: Node, *, margin: float = 1.0, reduction: str = "mean"
) -> Node:
    """input where the target is 1, max(0, margin - input) where it is -1."""
    x, target = _pair("hinge_embedding_loss", input, target)
    zero = ops.full_like(0, x)
    # PyTorch's formula, which gives a target that is neither 1 nor -1 both parts.
    similar = ops.where(ops.ne(target, ops.full_like(-1, x)), x, zero)
    apart = ops.where(ops.ne(target, ops.full_like(1, x)), ops.relu(ops.neg(x) + margin), zero)
    return reduced("hinge_embedding_loss", ops.add(similar, apart), reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """(log(var) + (input - target) ** 2 / var) / 2, with var at least eps.

    var has the input's shape, that without the last dimension, or one that broadcasts to it.
    ArgumentError for a negative one; compiled functions do not look at it.
    """
    require_values("gaussian_nll_loss", var, lambda v: ~(v < 0), "var has negative entry/entries",
                   "var >= 0")
    return _gaussian_nll_loss(input, target, var, full=full, eps=eps, reduction=reduction)


@surface
def _gaussian_nll_loss(
    input: Node, target: Node, var: Node, *, full: bool, eps: float, reduction: str
) -> Node:
    _positive("gaussian_nll_loss", "eps", eps)
    if var.ndim and var.shape != input.shape and var.shape == input.shape[:-1]:
        var = ops.reshape(var, (*var.shape, 1))
    x, target, var = promoted_to_float("gaussian_nll_loss", input, target, var)
    safe = ops.add(var, ops.stop_gradient(ops.sub(ops.maximum(var, ops.full_like(eps, var)), var)))
    loss = (ops.log(safe) + ops.square(x - target) / safe) * 0.5
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced("gaussian_nll_loss", loss, reduction)


@surface
def poisson_nll_loss(
    input: Node, target: Node, *, log_input: bool = True, full: bool = False, eps: float = 1e-8,
    reduction: str = "mean",
) -> Node:
    """exp(input) - target * input (log_input), or input - target * log(input + eps)."""
    x, target = _pair("poisson_nll_loss", input, target)
    loss = ops.exp(x) - target * x if log_input else x - target * ops.log(x + eps)
    if full:
        one = ops.full_like(1, target)
        many = ops.gt(target, one)
        safe = ops.where(many, target, one)
        stirling = safe * ops.log(safe) - safe + 0.5 * ops.log(safe * (2 * math.pi))
        loss = loss + ops.where(many, stirling, ops.full_like(0, stirling))
    return reduced("poisson_nll_loss", loss, reduction)


# -- directions ------------------------------------------------------------------------------------


def length(x: Node, axis: int) -> Node:
    """The Euclidean norm along an axis, which stays with size 1; its gradient at 0 is 0."""
    squares = ops.reduce_sum(ops.mul(x, x), (axis,))
    zero = ops.full_like(0, squares)
    none = ops.eq(squares, zero)
    root = ops.sqrt(ops.where(none, ops.full_like(1, squares), squares))
    kept = [1 if i == axis else n for i, n in enumerate(x.shape)]
    return ops.reshape(ops.where(none, zero, root), kept)


def _norm(x: Node, p: float, axis: int) -> Node:
    """The p-norm along an axis, which stays with one element; real for complex numbers too."""
    if x.dtype.is_complex:
        x = ops.abs(x)
    if p == 2:
        return length(x, axis)
    size = ops.abs(x)
    if p == 0:
        counted = ops.ne(size, ops.full_like(0, size))
        found = ops.reduce_sum(ops.cast(counted, x.dtype), (axis,))
        return ops.reshape(found, [1 if i == axis else n for i, n in enumerate(x.shape)])
    if math.isinf(p):
        found = ops.reduce_max(size, (axis,))
    elif p == 1:
        found = ops.reduce_sum(size, (axis,))
    else:
        powers = ops.reduce_sum(ops.pow(size, ops.full_like(p, size)), (axis,))
        none = ops.eq(powers, ops.full_like(0, powers))  # where the root has no slope
        root = ops.pow(ops.where(none, ops.full_like(1, powers), powers),
                       ops.full_like(1 / p, powers))
        found = ops.where(none, ops.full_like(0, powers), root)
    return ops.reshape(found, [1 if i == axis else n for i, n in enumerate(x.shape)])


def _at_least(x: Node, eps: float) -> Node:
    low = ops.full_like(eps, x)
    return ops.where(ops.lt(x, low), low, x)


@surface
def normalize(input: Node, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Node:
    """input / max(its p-norm along a dimension, eps)."""
    axis = normalize_dim("normalize", dim, input.ndim)
    if input.ndim == 0:
        size = _at_least(ops.reshape(_norm(ops.reshape(input, (1,)), p, 0), ()), eps)
        return ops.div(input, ops.cast(size, input.dtype))
    size = ops.cast(_at_least(_norm(input, p, axis), eps), input.dtype)
    return ops.div(input, ops.broadcast(size, input.shape))


@surface
def cosine_similarity(x1: Node, x2: Node, dim: int = 1, eps: float = 1e-8) -> Node:
    """x1 . x2 / (max(|x1|, eps) * max(|x2|, eps)) along a dimension."""
    x1, x2 = promoted_to_float("cosine_similarity", x1, x2)
    axis = normalize_dim("cosine_similarity", dim, x1.ndim)
    if x1.ndim == 0:
        x1, x2 = (ops.reshape(x, (1,)) for x in (x1, x2))
    a, b = (ops.broadcast(_at_least(length(x, axis), eps), x.shape) for x in (x1, x2))
    return ops.reduce_sum(ops.mul(ops.div(x1, a), ops.div(x2, b)), (axis,))


@surface
def cosine_embedding_loss(
    input1: Node, input2: Node, target: Node, *, margin: float = 0.0, reduction: str = "mean"
) -> Node:
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1."""
    a, b = promoted_to_float("cosine_embedding_loss", input1, input2)
    axis = a.ndim - 1
    dots = ops.reduce_sum(ops.mul(a, b), (axis,))
    eps = 1e-12  # PyTorch's, added to the squares
    norms = [ops.reduce_sum(ops.mul(x, x), (axis,)) + eps for x in (a, b)]
    cosine = ops.div(dots, ops.sqrt(ops.mul(*norms)))
    cosine, target = promoted_to_float("cosine_embedding_loss", cosine, target)
    zero = ops.full_like(0, cosine)
    same = ops.where(ops.eq(target, ops.full_like(1, cosine)), ops.neg(cosine) + 1, zero)
    apart = ops.where(ops.eq(target, ops.full_like(-1, cosine)), ops.relu(cosine - margin), zero)
    return reduced("cosine_embedding_loss", ops.add(same, apart), reduction)


@surface
def pairwise_distance(
    x1: Node, x2: Node, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Node:
    """The p-norm of x1 - x2 + eps along the last dimension."""
    a, b = promoted_to_float("pairwise_distance", x1, x2)
    found = _norm(a - b + eps, p, a.ndim - 1)
    return found if keepdim else ops.reshape(found, found.shape[:-1])


@surface
def triplet_margin_loss(
    anchor: Node, positive: Node, negative: Node, *, margin: float = 1.0, p: float = 2.0,
    eps: float = 1e-6, swap: bool = False, reduction: str = "mean",
) -> Node:
    """max(0, |anchor - positive| - |anchor - negative| + margin)."""
    _positive("triplet_margin_loss", "margin", margin)
    a, b, c = promoted_to_float("triplet_margin_loss", anchor, positive, negative)
    last = a.ndim - 1
    near, far = _norm(a - b + eps, p, last), _norm(a - c + eps, p, last)
    if swap:
        far = ops.minimum(far, _norm(b - c + eps, p, last))
    loss = ops.relu(near - far + margin)
    return reduced("triplet_margin_loss", ops.reshape(loss, loss.shape[:-1]), reduction)


@surface
def _between(a: Node, b: Node, p: float) -> Node:
    found = _norm(ops.sub(a, b), p, 1)
    return ops.reshape(found, found.shape[:1])


_between.surface.name = "pdist"


def pdist(input: Any, p: float = 2.0) -> Any:
    """The p-norm distances of all pairs i < j of the rows of [N, M]: [N (N - 1) / 2]."""
    if input.ndim != 2:
        raise ShapeError(
            message("pdist: the input is no matrix", expected="[N, M]", got=str(list(input.shape)))
        )
    if not p >= 0:
        raise ArgumentError(message("pdist: p", expected=">= 0", got=str(p)))
    first, second = (tensor(index) for index in np.triu_indices(input.shape[0], 1))
    return _between(input.index_select(0, first), input.index_select(0, second), float(p))
