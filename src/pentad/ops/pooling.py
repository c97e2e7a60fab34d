"""Sums and maxima over sliding windows, and the gradient of the maxima."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size
from pentad.ops.arithmetic import zeros
from pentad.ops.batching import one_more_axis
from pentad.ops.comparison import eq, isnan, logical_and, logical_not, logical_or, where
from pentad.ops.define import (
    F32,
    OpFunction,
    define,
    in_single,
    require_count,
    require_dtype,
    require_same_dtype,
)
from pentad.ops.movement import pad, slice_
from pentad.ops.sources import full
from pentad.ops.windows import Padding, require_geometry, window_count

Sizes = tuple[int, ...]

# -- shapes ------------------------------------------------------------------------------------


def _window_shape(
    name: str,
    shape: Sequence[Size],
    window: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> tuple[Size, ...]:
    """How many windows there are along each axis; ShapeError if they do not fit."""
    require_geometry(name, len(shape), stride, padding, dilation)
    if len(window) != len(shape) or any(k < 1 for k in window):
        raise ShapeError(
            message(
                f"{name}: the window does not fit",
                expected=f"a size >= 1 for each of {len(shape)} axes",
                got=str(window),
            )
        )
    counts = tuple(
        window_count(n, k, s, *p, d)
        for n, k, s, p, d in zip(shape, window, stride, padding, dilation, strict=True)
    )
    if any(isinstance(m, int) and m == 0 and n != 0 for m, n in zip(counts, shape, strict=True)):
        raise ShapeError(
            message(
                f"{name}: the window is larger than the padded operand",
                expected=f"padded sizes of at least {list(window)} (dilated by {dilation})",
                got=f"{list(shape)} padded by {padding}",
            )
        )
    return counts


def lowest(dtype: DType) -> float:
    """The value that no element lies below: what padding holds under a maximum."""
    return -float("inf") if dtype.is_floating_point else int(np.iinfo(dtype.numpy).min)


# -- references --------------------------------------------------------------------------------


def _parts(
    window: Sizes, out: Sequence[Size], stride: Sizes, dilation: Sizes
) -> Iterator[tuple[list[int], list[Size]]]:
    """For each place in the window, row-major: the first padded element that it meets in each
    axis, and the end."""
    for at in np.ndindex(*window):
        start = [i * d for i, d in zip(at, dilation, strict=True)]
        end = [a + (m - 1) * s + 1 for a, m, s in zip(start, out, stride, strict=True)]
        yield start, end


def _views(
    padded: np.ndarray, window: Sizes, out: Sequence[int], stride: Sizes, dilation: Sizes
) -> Iterator[np.ndarray]:
    for start, end in _parts(window, out, stride, dilation):
        yield padded[tuple(map(slice, start, end, stride))]


def _low(dtype: np.dtype) -> float:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _reference_window(
    x: np.ndarray, *, window: Sizes, stride: Sizes, padding: Padding, dilation: Sizes, kind: str
) -> np.ndarray:
    out: Any = _window_shape("reduce_window", x.shape, window, stride, padding, dilation)
    start = _low(x.dtype) if kind == "max" else 0
    y = np.full(out, start, x.dtype)
    if y.size:
        combine: Any = np.maximum if kind == "max" else np.add
        padded = np.pad(x, padding, constant_values=start)
        for part in _views(padded, window, out, stride, dilation):
            combine(y, part, out=y)
    return y


def _reference_max_grad(
    g: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    *,
    window: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> np.ndarray:
    back = np.zeros([n + sum(p) for n, p in zip(x.shape, padding, strict=True)], g.dtype)
    if g.size:
        padded = np.pad(x, padding, constant_values=_low(x.dtype))
        waiting = np.ones(y.shape, bool)
        geometry = window, y.shape, stride, dilation
        for seen, cell in zip(_views(padded, *geometry), _views(back, *geometry), strict=True):
            first = waiting & ((seen == y) | (np.isnan(seen) & np.isnan(y)))
            cell += np.where(first, g, 0)
            waiting &= ~first
    return back[tuple(slice(low, low + n) for n, (low, _) in zip(x.shape, padding, strict=True))]


# -- reduce_window -----------------------------------------------------------------------------


def _infer_window(
    x: TensorType, *, window: Sizes, stride: Sizes, padding: Padding, dilation: Sizes, kind: str
) -> TensorType:
    if kind not in ("sum", "max"):
        raise ArgumentError(
            message("reduce_window: unknown kind", expected="'sum' or 'max'", got=repr(kind))
        )
    require_dtype("reduce_window", x.dtype, dtypes.NUMERIC)
    shape = _window_shape("reduce_window", x.shape, window, stride, padding, dilation)
    return TensorType(shape, x.dtype)


def _spread_windows(
    g: Node, x: Node, window: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> Node:
    """The transpose of the window sum: each element gets the sum of its windows' cotangents."""
    if any(isinstance(n, int) and n == 0 for n in (*x.shape, *g.shape)):
        return zeros(x)
    low, high = [], []
    sizes = zip(x.shape, g.shape, window, stride, padding, dilation, strict=True)
    for n, m, k, s, (before, _), d in sizes:
        reach = (k - 1) * d
        low.append(reach - before)
        high.append(n + before - ((m - 1) * s + 1))
    spaced = pad(g, low, high, [s - 1 for s in stride])
    ones = (1,) * x.ndim
    return reduce_window(spaced, window, ones, ((0, 0),) * x.ndim, dilation, "sum")


def _vjp_window(g: Node, y: Node, x: Node, *, kind: str, **geometry: Any) -> tuple[Node]:
    if kind == "max":
        return (max_pool_grad(g, x, y, **geometry),)
    return (_spread_windows(g, x, **geometry),)


def _jvp_window(
    t: Sequence[Node | None], y: Node, x: Node, *, kind: str, **geometry: Any
) -> Node | None:
    if t[0] is None:
        return None
    if kind == "max":
        return take_window_maxima(t[0], x, y, **geometry)
    return reduce_window(t[0], **geometry, kind="sum")


def take_window_maxima(
    t: Node, x: Node, y: Node, *, window: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> Node:
    """The elements of `t` where `x` has the first maximum `y` of each window."""
    low, high = [p[0] for p in padding], [p[1] for p in padding]
    values, moved = pad(x, low, high, value=lowest(x.dtype)), pad(t, low, high)
    missing = isnan(y)
    waiting = full(True, y.shape, dtypes.bool_)
    taken = zeros(y)
    for start, end in _parts(window, y.shape, stride, dilation):
        seen = slice_(values, start, end, stride)
        match = logical_or(eq(seen, y), logical_and(isnan(seen), missing))
        taken = where(logical_and(waiting, match), slice_(moved, start, end, stride), taken)
        waiting = logical_and(waiting, logical_not(match))
    return taken


_SHAPES: tuple[tuple[Sizes, Sizes, dict[str, Any]], ...] = (
    ((6,), (2,), {"stride": (2,)}),
    ((7,), (3,), {"stride": (2,), "padding": ((1, 1),)}),
    ((2, 5), (1, 3), {}),
    ((2, 5, 4), (1, 2, 2), {"stride": (1, 2, 2), "padding": ((0, 0), (1, 0), (1, 0))}),
    ((5, 6), (2, 2), {"dilation": (2, 3)}),
    ((9,), (2,), {"stride": (4,)}),
    ((2, 0, 3), (1, 1, 2), {}),
)


def _geometry(rank: int, **given: Any) -> dict[str, Any]:
    plain = {"stride": (1,) * rank, "padding": ((0, 0),) * rank, "dilation": (1,) * rank}
    return {**plain, **given}


def _window_samples() -> Iterable[Sample]:
    for kind in ("sum", "max"):
        for shape, window, given in _SHAPES:
            attrs = {"window": window, **_geometry(len(shape), **given), "kind": kind}
            yield Sample(((shape, F32),), attrs)
        for dtype in dtypes.NUMERIC:
            attrs = {"window": (1, 3), **_geometry(2), "kind": kind}
            yield Sample((((2, 6), dtype),), attrs)


def _window_errors() -> Iterable[Sample]:
    cases: tuple[tuple[Sizes, dict[str, Any], str, type[Exception], str], ...] = (
        ((2, 2), {}, "mean", ArgumentError, "unknown kind"),
        ((2,), {}, "sum", ShapeError, "window does not fit"),
        ((0, 2), {}, "sum", ShapeError, "window does not fit"),
        ((4, 1), {}, "max", ShapeError, "larger than the padded operand"),
        ((2, 2), {"stride": (1,)}, "max", ShapeError, "geometry"),
    )
    for window, given, kind, error, text in cases:
        attrs = {"window": window, **_geometry(2, **given), "kind": kind}
        yield Sample((((3, 3), F32),), attrs, error, text)


_reduce_window: OpFunction = define(
    "reduce_window",
    "The sum or the maximum of each window; padding counts as 0 or as the lowest value.",
    kind="structured",
    kernel="reduce_window",
    infer=_infer_window,
    reference=in_single(_reference_window),
    vjp=_vjp_window,
    batch=one_more_axis(window=1, stride=1, padding=(0, 0), dilation=1),
    jvp=_jvp_window,
    samples=_window_samples,
    errors=_window_errors,
)


def reduce_window(
    x: Node,
    window: Sequence[int],
    stride: Sequence[int] | None = None,
    padding: Sequence[tuple[int, int]] | None = None,
    dilation: Sequence[int] | None = None,
    kind: str = "sum",
) -> Node:
    """`x` reduced over windows; each argument has an entry for every axis (1: untouched)."""
    attrs = _settled(x.ndim, window, stride, padding, dilation)
    return _reduce_window(x, **attrs, kind=kind)


def _settled(
    rank: int,
    window: Sequence[int],
    stride: Sequence[int] | None,
    padding: Sequence[tuple[int, int]] | None,
    dilation: Sequence[int] | None,
) -> dict[str, Any]:
    plain = _geometry(rank)
    return {
        "window": tuple(window),
        "stride": plain["stride"] if stride is None else tuple(stride),
        "padding": plain["padding"] if padding is None else tuple((a, b) for a, b in padding),
        "dilation": plain["dilation"] if dilation is None else tuple(dilation),
    }


# -- max_pool_grad -----------------------------------------------------------------------------


def _infer_max_grad(*types: TensorType, **geometry: Any) -> TensorType:
    require_count("max_pool_grad", types, 3)
    require_same_dtype("max_pool_grad", types)
    g, x, y = types
    require_dtype("max_pool_grad", x.dtype, dtypes.FLOATS)
    expected = _window_shape("max_pool_grad", x.shape, **geometry)
    if any(t.ndim != len(expected) or t.shape != expected for t in (g, y)):
        raise ShapeError(
            message(
                "max_pool_grad: the cotangent or the maxima do not fit",
                expected=f"{list(expected)}, the shape of the windows",
                got=f"{list(g.shape)} and {list(y.shape)}",
            )
        )
    return x


def _max_grad_samples() -> Iterable[Sample]:
    rng = np.random.default_rng(3)
    for shape, window, given in _SHAPES:
        attrs = {"window": window, **_geometry(len(shape), **given)}
        x = rng.standard_normal(shape).astype(np.float32)
        y = _reference_window(x, **attrs, kind="max")
        yield Sample(((y.shape, F32), x, y), attrs)


_max_pool_grad: OpFunction = define(
    "max_pool_grad",
    "The gradient of the window maxima: each window's cotangent goes to its first maximum in "
    "row-major order, as in PyTorch.",
    kind="structured",
    kernel="max_pool_grad",
    infer=_infer_max_grad,
    reference=in_single(_reference_max_grad),
    vjp=lambda c, dx, g, x, y, **geometry: (take_window_maxima(c, x, y, **geometry), None, None),
    batch=one_more_axis(window=1, stride=1, padding=(0, 0), dilation=1),
    jvp=lambda t, dx, g, x, y, **geometry: (
        None if t[0] is None else _max_pool_grad(t[0], x, y, **geometry)
    ),
    samples=_max_grad_samples,
    errors=lambda: [
        Sample(
            (((2,), F32), ((6,), F32), ((3,), F32)),
            {"window": (2,), **_geometry(1, stride=(2,))},
            ShapeError,
            "do not fit",
        ),
        Sample(
            (((3,), F32), ((6,), F32), ((3,), dtypes.float64)),
            {"window": (2,), **_geometry(1, stride=(2,))},
            DTypeError,
            "different dtypes",
        ),
    ],
)


def max_pool_grad(
    g: Node,
    x: Node,
    y: Node,
    window: Sequence[int],
    stride: Sequence[int] | None = None,
    padding: Sequence[tuple[int, int]] | None = None,
    dilation: Sequence[int] | None = None,
) -> Node:
    """The gradient to `x` from that of its window maxima `y`, `g`."""
    return _max_pool_grad(g, x, y, **_settled(x.ndim, window, stride, padding, dilation))
