"""Losses that need care: cross entropy from logits and its relatives, for each sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample
from pentad.ops.arithmetic import abs, log, maximum, zeros
from pentad.ops.batching import later_axes, same
from pentad.ops.broadcast import reduce_sum, spread
from pentad.ops.checks import check_index
from pentad.ops.comparison import eq, ne, where
from pentad.ops.conversion import cast
from pentad.ops.define import (
    F32,
    composite,
    diagonal_jvp,
    normalize_axis,
    require_dtype,
    require_same,
)
from pentad.ops.precision import in_float32
from pentad.ops.reduce import reduce_max
from pentad.ops.softmax import softmax
from pentad.ops.sources import full_like, iota
from pentad.ops.statistics import mean
from pentad.ops.transcendental import exp, log1p, sigmoid
from pentad.ops.views import stop_gradient

I64 = dtypes.int64


def _require_labels(name: str, x: Node, labels: Node, axis: int) -> int:
    """The normalised class axis; ShapeError or DTypeError if the labels do not fit."""
    axis = normalize_axis(name, axis, x.ndim)
    require_dtype(name, x.dtype, dtypes.FLOATS)
    require_dtype(name, labels.dtype, dtypes.INTEGERS)
    expected = (*x.shape[:axis], *x.shape[axis + 1 :])
    if labels.ndim != len(expected) or labels.shape != expected:
        raise ShapeError(
            message(
                f"{name}: labels do not fit",
                expected=f"{list(expected)}: the shape of the scores without the class axis {axis}",
                got=str(list(labels.shape)),
            )
        )
    return axis


def _at_labels(x: Node, labels: Node, axis: int, ignore_index: int) -> Node:
    """The score of each label; one outside the classes is an IndexOutOfRange when run.

    As a sum of what equals the label, not as a gather: so it is part of the loss's own kernel.
    """
    wide = cast(labels, I64)
    counted = where(eq(wide, full_like(ignore_index, wide)), zeros(wide), wide)
    checked = check_index(counted, full_like(x.shape[axis], wide))
    hit = eq(iota(x.shape, axis, I64), spread(checked, x, (axis,)))
    return reduce_sum(where(hit, x, zeros(x)), (axis,))


def _unless_ignored(loss: Node, labels: Node, ignore_index: int) -> Node:
    wide = cast(labels, I64)
    return where(eq(wide, full_like(ignore_index, wide)), zeros(loss), loss)


# -- cross entropy -----------------------------------------------------------------------------


def _cross_entropy(
    x: Node, labels: Node, *, axis: int, label_smoothing: float, ignore_index: int
) -> Node:
    axis = _require_labels("cross_entropy", x, labels, axis)
    peak = stop_gradient(reduce_max(x, (axis,)))
    centred = x - spread(peak, x, (axis,))
    total = log(reduce_sum(exp(centred), (axis,)))
    # Subtracting the peak before the total keeps the digits that large scores would swallow.
    loss = total - (_at_labels(x, labels, axis, ignore_index) - peak)
    if label_smoothing:
        loss = loss * (1 - label_smoothing) + (total - mean(centred, (axis,))) * label_smoothing
    return _unless_ignored(loss, labels, ignore_index)


def _vjp_cross_entropy(
    g: Node,
    y: Node,
    x: Node,
    labels: Node,
    *,
    axis: int,
    label_smoothing: float,
    ignore_index: int,
) -> tuple[Node, None]:
    """softmax less the target distribution, times the cotangent of each counted sample."""
    axis %= x.ndim
    hit = cast(eq(iota(x.shape, axis, I64), spread(cast(labels, I64), x, (axis,))), x.dtype)
    target = hit
    if label_smoothing:
        share = full_like(label_smoothing, x) / full_like(x.shape[axis], x)
        target = hit * (1 - label_smoothing) + share
    counted = _unless_ignored(g, labels, ignore_index)
    return (softmax(x, axis=axis) - target) * spread(counted, x, (axis,)), None


def _label_samples(variants: Sequence[dict[str, Any]]) -> Iterable[Sample]:
    cases: tuple[tuple[tuple[int, ...], int], ...] = (
        ((5,), 0),
        ((4, 3), 1),
        ((3, 17), 1),
        ((2, 3, 4), 1),
        ((0, 3), 1),
    )
    for attrs in variants:
        for shape, axis in cases:
            rest = shape[:axis] + shape[axis + 1 :]
            labels = (0, shape[axis])
            yield Sample(
                ((shape, F32), (rest, I64)), {"axis": axis, **attrs}, ranges=(None, labels)
            )
    for dtype in dtypes.FLOATS:
        inputs = (((4, 9), dtype), ((4,), dtypes.int32))
        yield Sample(inputs, {"axis": 1, **variants[0]}, ranges=(None, (0, 9)))


def _label_errors(attrs: dict[str, Any]) -> Iterable[Sample]:
    x, attrs = ((4, 3), F32), {"axis": 1, **attrs}
    yield Sample((x, ((3,), I64)), attrs, ShapeError, "labels do not fit")
    yield Sample((x, ((4,), F32)), attrs, DTypeError, "not supported")
    yield Sample((((4, 3), I64), ((4,), I64)), attrs, DTypeError, "not supported")
    yield Sample((x, ((4,), I64)), {**attrs, "axis": 2}, ShapeError, "axis out of range")


_PLAIN = {"label_smoothing": 0.0, "ignore_index": -100}

_cross_entropy_op = composite(
    "cross_entropy",
    "The negative log-likelihood of each label under softmax of the logits along an axis; "
    "label_smoothing mixes in the uniform distribution, ignored labels cost 0.",
    decompose=in_float32(_cross_entropy),
    vjp=in_float32(_vjp_cross_entropy),
    batch=later_axes("axis"),
    samples=lambda: _label_samples(
        (_PLAIN, {"label_smoothing": 0.1, "ignore_index": -100}, {**_PLAIN, "ignore_index": 1})
    ),
    errors=lambda: _label_errors(_PLAIN),
)


def cross_entropy(
    logits: Node,
    labels: Node,
    axis: int = 1,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
) -> Node:
    """The loss of each sample; a label outside the classes is an IndexOutOfRange when run."""
    return _cross_entropy_op(
        logits,
        labels,
        axis=normalize_axis("cross_entropy", axis, logits.ndim),
        label_smoothing=label_smoothing,
        ignore_index=ignore_index,
    )


# -- negative log-likelihood -------------------------------------------------------------------


def _nll(x: Node, labels: Node, *, axis: int, ignore_index: int) -> Node:
    axis = _require_labels("nll", x, labels, axis)
    return _unless_ignored(-_at_labels(x, labels, axis, ignore_index), labels, ignore_index)


_nll_op = composite(
    "nll",
    "Minus the log-probability of each label along an axis; ignored labels cost 0.",
    decompose=_nll,
    batch=later_axes("axis"),
    samples=lambda: _label_samples(({"ignore_index": -100}, {"ignore_index": 1})),
    errors=lambda: _label_errors({"ignore_index": -100}),
)


def nll(log_probabilities: Node, labels: Node, axis: int = 1, ignore_index: int = -100) -> Node:
    """The loss of each sample; a label outside the classes is an IndexOutOfRange when run."""
    axis = normalize_axis("nll", axis, log_probabilities.ndim)
    return _nll_op(log_probabilities, labels, axis=axis, ignore_index=ignore_index)


def counted_labels(labels: Node, ignore_index: int = -100) -> Node:
    """True for the labels that are not ignored: what a mean over samples divides by."""
    wide = cast(labels, I64)
    return ne(wide, full_like(ignore_index, wide))


# -- two classes -------------------------------------------------------------------------------


def _binary_cross_entropy(x: Node, target: Node) -> Node:
    require_same("binary_cross_entropy_with_logits", (x.type, target.type))
    require_dtype("binary_cross_entropy_with_logits", x.dtype, dtypes.FLOATS)
    return maximum(x, zeros(x)) - x * target + log1p(exp(-abs(x)))


_binary_vjp = in_float32(lambda g, y, x, target: (g * (sigmoid(x) - target), -(g * x)))

binary_cross_entropy_with_logits = composite(
    "binary_cross_entropy_with_logits",
    "-t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)) for each element, for every x.",
    decompose=in_float32(_binary_cross_entropy),
    batch=same,
    vjp=_binary_vjp,
    jvp=diagonal_jvp(_binary_vjp),
    samples=lambda: [
        Sample(((s, d), (s, d)), ranges=(None, (0.0, 1.0)))
        for s, d in (
            *((s, F32) for s in ((), (0,), (17,), (2, 3, 4))),
            *(((4, 9), d) for d in dtypes.FLOATS),
        )
    ],
    errors=lambda: [
        Sample((((2,), F32), ((3,), F32)), {}, ShapeError, "different shapes"),
        Sample((((2,), F32), ((2,), I64)), {}, DTypeError, "different dtypes"),
    ],
)
