"""Running sums, products and extrema along an axis: each element combined with those before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, ShapeError
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.arithmetic import abs as absolute
from pentad.ops.arithmetic import log
from pentad.ops.batching import later_axes
from pentad.ops.comparison import gt, where
from pentad.ops.define import (
    F32,
    OpFunction,
    define,
    in_single,
    normalize_axis,
    require_dtype,
)
from pentad.ops.movement import pad, slice_
from pentad.ops.sources import full_like
from pentad.ops.transcendental import exp
from pentad.ops.views import reverse

_SHAPES = (((5,), 0), ((3, 17), 1), ((17, 3), 0), ((2, 3, 4), 1), ((2, 0), 1), ((1, 1), 0))


def _running(
    name: str,
    doc: str,
    reference: Callable[..., Any],
    *,
    allowed: Sequence[DType] = dtypes.NUMERIC,
    result: DType | None = None,
    samples: Sequence[np.ndarray] = (),
    **fields: Any,
) -> OpFunction:
    """Define a cumulative op; its kernel is `scan`, which goes along each line in order."""

    def infer(x: TensorType, *, axis: int) -> TensorType:
        normalize_axis(name, axis, x.ndim)
        require_dtype(name, x.dtype, allowed)
        return TensorType(x.shape, result or x.dtype)

    def drawn() -> Iterable[Sample]:
        for shape, axis in _SHAPES:
            yield Sample(((shape, F32),), {"axis": axis})
        for dtype in allowed:
            yield Sample((((4, 9), dtype),), {"axis": 1})
        for array in samples:
            yield Sample((array,), {"axis": 0})

    def errors() -> Iterable[Sample]:
        yield Sample((((2, 3), F32),), {"axis": 2}, ShapeError, "axis out of range")
        yield Sample((((2,), dtypes.bool_),), {"axis": 0}, DTypeError, "not supported")

    return define(
        name, doc, kind="structured", kernel="scan", infer=infer, reference=in_single(reference),
        batch=later_axes("axis"), samples=drawn, errors=errors, **fields,
    )  # fmt: skip


# -- sums --------------------------------------------------------------------------------------


_cumsum = _running(
    "cumsum",
    "The sums of the elements up to each position along an axis; 16-bit floats in float32.",
    lambda x, *, axis: np.cumsum(x, axis, dtype=x.dtype),
    allowed=dtypes.NUMBERS,
    wirtinger=True,
    vjp=lambda g, y, x, *, axis: (reverse(cumsum(reverse(g, [axis]), axis), [axis]),),
    linear=(0,),
)


def cumsum(x: Node, axis: int) -> Node:
    """Running sums of `x` along `axis`."""
    return _cumsum(x, axis=normalize_axis("cumsum", axis, x.ndim))


# -- products ----------------------------------------------------------------------------------


def _shifted(x: Node, axis: int, by: int, value: float) -> Node:
    """Element i + `by` at place i (i - |by| for a negative one), `value` where there is none."""
    low, high = [0] * x.ndim, [0] * x.ndim
    low[axis], high[axis] = -by, by
    return pad(x, low, high, value=value)


def linear_recurrence(a: Node, b: Node, axis: int) -> Node:
    """r with r[i] = b[i] + a[i] r[i-1] along an axis, r[-1] = 0, in log2(n) element-wise steps.

    No division, so that it is exact whatever the zeros in `a`, and differentiable (Hillis and
    Steele, Data parallel algorithms, 1986; the pairs (a, b) compose as affine functions).
    """
    distance, n = 1, int(a.shape[axis])
    while distance < n:
        b = b + a * _shifted(b, axis, -distance, 0)
        a = a * _shifted(a, axis, -distance, 1)
        distance *= 2
    return b


def _before(y: Node, axis: int) -> Node:
    """The product of the elements before each place."""
    return _shifted(y, axis, -1, 1)


def _vjp_cumprod(g: Node, y: Node, x: Node, *, axis: int) -> tuple[Node]:
    """dx[k] = P[k-1] r[k], r[k] = g[k] + x[k+1] r[k+1]."""
    factors = _shifted(x, axis, 1, 1)
    back = linear_recurrence(reverse(factors, [axis]), reverse(g, [axis]), axis)
    return (_before(y, axis) * reverse(back, [axis]),)


def _jvp_cumprod(t: Sequence[Node | None], y: Node, x: Node, *, axis: int) -> Node | None:
    return None if t[0] is None else linear_recurrence(x, t[0] * _before(y, axis), axis)


_cumprod = _running(
    "cumprod",
    "The products of the elements up to each position along an axis; 16-bit floats in float32.",
    lambda x, *, axis: np.cumprod(x, axis, dtype=x.dtype),
    allowed=dtypes.NUMBERS,
    vjp=_vjp_cumprod,
    jvp=_jvp_cumprod,
    samples=(np.array([2.0, -3.0, 0.0, 1.5, 0.0, 4.0]),),
)


def cumprod(x: Node, axis: int) -> Node:
    """Running products of `x` along `axis`."""
    return _cumprod(x, axis=normalize_axis("cumprod", axis, x.ndim))


# -- extrema -----------------------------------------------------------------------------------


def _positions(x: np.ndarray, running: np.ndarray, axis: int) -> np.ndarray:
    """Where each running extremum was last met; NaN, once met, stays."""
    same = (x == running) | ((x != x) & (running != running))
    line = [1] * x.ndim
    line[axis] = x.shape[axis]
    place = np.arange(x.shape[axis], dtype=np.int64).reshape(line)
    return np.asarray(np.maximum.accumulate(np.where(same, place, 0), axis))


_cumargmax = _running(
    "cumargmax",
    "The position of the largest element up to each position along an axis, the last of equal "
    "ones; NaN is largest.",
    lambda x, *, axis: _positions(x, np.maximum.accumulate(x, axis), axis),
    result=dtypes.int64,
    nondifferentiable="a position is a whole number",
    samples=(np.array([1.0, 3.0, 3.0, np.nan, 5.0, np.nan]), np.array([2.0, -0.0, 0.0, 2.0])),
)
_cumargmin = _running(
    "cumargmin",
    "The position of the smallest element up to each position along an axis, the last of equal "
    "ones; NaN is smallest.",
    lambda x, *, axis: _positions(x, np.minimum.accumulate(x, axis), axis),
    result=dtypes.int64,
    nondifferentiable="a position is a whole number",
    samples=(np.array([3.0, 1.0, 1.0, np.nan, 0.0, np.nan]), np.array([-2.0, -0.0, 0.0, -2.0])),
)


def cumargmax(x: Node, axis: int) -> Node:
    """Where the largest element of `x` up to each position along `axis` lies (int64)."""
    return _cumargmax(x, axis=normalize_axis("cumargmax", axis, x.ndim))


def cumargmin(x: Node, axis: int) -> Node:
    """Where the smallest element of `x` up to each position along `axis` lies (int64)."""
    return _cumargmin(x, axis=normalize_axis("cumargmin", axis, x.ndim))


# -- log of sums of exponentials ---------------------------------------------------------------


def _vjp_logcumsumexp(g: Node, y: Node, x: Node, *, axis: int) -> tuple[Node]:
    """dx[k] = sum over j >= k of g[j] exp(x[k] - y[j]): positive and negative cotangents apart,
    each in logarithms, so that nothing overflows."""
    zero, least = full_like(0, g), full_like(float("-inf"), g)

    def part(chosen: Node, size: Node) -> Node:
        logs = where(chosen, log(where(chosen, size, full_like(1, g))) - y, least)
        total = reverse(logcumsumexp(reverse(logs, [axis]), axis), [axis])
        some = gt(total, least)
        return where(some, exp(where(some, total, zero) + x), zero)

    return (part(gt(g, zero), g) - part(gt(zero, g), absolute(g)),)


def _jvp_logcumsumexp(
    t: Sequence[Node | None], y: Node, x: Node, *, axis: int
) -> Node | None:
    """The tangents weighted by exp(x[k] - y[j]): a recurrence whose factors are at most 1."""
    if t[0] is None:
        return None
    decay = exp(_shifted(y, axis, -1, 0) - y)
    start, limit = [0] * x.ndim, list(x.shape)
    start[axis] = min(1, int(x.shape[axis]))
    first = [0] * x.ndim
    first[axis] = start[axis]
    decay = pad(slice_(decay, start, limit), first, [0] * x.ndim, value=0)
    return linear_recurrence(decay, t[0] * exp(x - y), axis)


_logcumsumexp = _running(
    "logcumsumexp",
    "log(sum(exp(x))) of the elements up to each position along an axis, without overflow.",
    lambda x, *, axis: np.logaddexp.accumulate(x, axis) if x.size else x,
    allowed=dtypes.FLOATS,
    vjp=_vjp_logcumsumexp,
    jvp=_jvp_logcumsumexp,
    samples=(np.array([-2.0, 1.0, 0.5, 800.0, 3.0]),),
)


def logcumsumexp(x: Node, axis: int) -> Node:
    """Running log-sum-exp of `x` along `axis`."""
    return _logcumsumexp(x, axis=normalize_axis("logcumsumexp", axis, x.ndim))
