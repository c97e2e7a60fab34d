"""Running sums, products and extrema; differences, slopes and areas along a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.ordering import narrowed
from pentad.tensor.functions.reductions import ValuesIndices
from pentad.tensor.promotion import (
    broadcast_shapes,
    normalize_dim,
    normalize_dims,
    promoted_to_float,
    require_floating,
    result_type,
)
from pentad.tensor.state import get_default_dtype
from pentad.tensor.tensor import Tensor


def _summable(x: Node, dtype: DType | None) -> Node:
    if dtype is None and not x.dtype.is_inexact:
        dtype = dtypes.int64
    return x if dtype is None else ops.cast(x, dtype)


@surface
def cumsum(x: Node, dim: int, *, dtype: DType | None = None) -> Node:
    """The running sum along a dimension; integers are summed as int64."""
    at = normalize_dim("cumsum", dim, x.ndim)
    x = _summable(x, dtype)
    return ops.copy(x) if x.ndim == 0 else ops.cumsum(x, at)


@surface
def cumprod(x: Node, dim: int, *, dtype: DType | None = None) -> Node:
    """The running product along a dimension; integers are multiplied as int64."""
    at = normalize_dim("cumprod", dim, x.ndim)
    x = _summable(x, dtype)
    return ops.copy(x) if x.ndim == 0 else ops.cumprod(x, at)


def _complex_logcumsumexp(x: Node, at: int) -> Node:
    """By doubling: after the step of width w each element stands for the last 2 w elements."""
    from pentad.tensor.functions.numeric import complex_logaddexp

    n, width = int(x.shape[at]), 1
    while width < n:
        head, tail = narrowed(x, at, 0, width), narrowed(x, at, width, n)
        x = ops.concatenate([head, complex_logaddexp(tail, narrowed(x, at, 0, n - width))], at)
        width *= 2
    return x


@surface
def logcumsumexp(x: Node, dim: int) -> Node:
    """log(cumsum(exp(x))) along a dimension, without overflow."""
    at = normalize_dim("logcumsumexp", dim, x.ndim)
    if x.dtype.is_complex:
        return ops.copy(x) if x.ndim == 0 else _complex_logcumsumexp(x, at)
    require_floating("logcumsumexp", x)
    return ops.copy(x) if x.ndim == 0 else ops.logcumsumexp(x, at)


def _running_extremum(name: str, x: Node, dim: int, largest: bool) -> tuple[Node, Node]:
    at = normalize_dim(name, dim, x.ndim)
    if x.ndim == 0:
        return ops.copy(x), ops.full(0, (), dtypes.int64)
    ordered = ops.cast(x, dtypes.uint8) if x.dtype is dtypes.bool_ else x
    where = ops.cumargmax(ordered, at) if largest else ops.cumargmin(ordered, at)
    return ops.take_along_axis(x, where, at), where


@surface
def _cummax(x: Node, dim: int) -> tuple[Node, Node]:
    return _running_extremum("cummax", x, dim, True)


@surface
def _cummin(x: Node, dim: int) -> tuple[Node, Node]:
    return _running_extremum("cummin", x, dim, False)


_cummax.surface.name, _cummin.surface.name = "cummax", "cummin"


def cummax(input: Tensor, dim: int) -> ValuesIndices:
    """(values, indices) of the largest elements so far along a dimension, the last of equals."""
    return ValuesIndices(*_cummax(input, dim))


def cummin(input: Tensor, dim: int) -> ValuesIndices:
    """(values, indices) of the smallest elements so far along a dimension, the last of equals."""
    return ValuesIndices(*_cummin(input, dim))


# -- differences -----------------------------------------------------------------------------------


def along(x: Node, at: int, start: Any, limit: Any) -> Node:
    """Positions start <= i < limit along one dimension."""
    starts, limits = [0] * x.ndim, list(x.shape)
    starts[at], limits[at] = start, limit
    return ops.slice_(x, starts, limits)


@surface
def _differences(parts: Sequence[Node], n: int, dim: int) -> Node:
    x = parts[0]
    at = normalize_dim("diff", dim, x.ndim)
    dtype = result_type(list(parts))
    if len(parts) > 1:
        x = ops.concatenate([ops.cast(p, dtype) for p in parts], at)
    for _ in range(n):
        size = int(x.shape[at])
        if size == 0:
            return ops.copy(x)
        later, earlier = along(x, at, 1, size), along(x, at, 0, size - 1)
        if x.dtype is dtypes.bool_:
            x = ops.logical_xor(later, earlier)
        else:
            x = ops.sub(later, earlier)
    return ops.copy(x)


_differences.surface.name = "diff"


def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Any:
    """The n-th differences x[i + 1] - x[i] along a dimension.

    prepend, append: what the elements are extended by first. ShapeError for a 0-d tensor,
    ArgumentError for a negative n.
    """
    if input.ndim == 0:
        raise ShapeError(message("diff: no dimension", expected="at least one", got="a 0-d tensor"))
    if not isinstance(n, int) or n < 0:
        raise ArgumentError(message("diff: order", expected="n >= 0", got=repr(n)))
    at = normalize_dim("diff", dim, input.ndim)
    parts = [p for p in (prepend, input, append) if p is not None]
    for p in parts:
        pairs = enumerate(zip(p.shape, input.shape, strict=False))
        if p.ndim != input.ndim or any(i != at and a != b for i, (a, b) in pairs):
            raise ShapeError(
                message("diff: prepend or append does not fit",
                        expected=f"{list(input.shape)} but for dimension {at}",
                        got=str(list(p.shape)))
            )
    return _differences(parts if n else [input], n, at)


# -- areas -----------------------------------------------------------------------------------------


def _panels(name: str, y: Node, x: Node | None, dx: Node | None, dim: int) -> tuple[Node, int]:
    """The areas of the trapezoids between neighbours, and their dimension."""
    if y.ndim == 0:
        raise ShapeError(message(f"{name}: no dimension", expected="at least one", got="0-d"))
    at = normalize_dim(name, dim, y.ndim)
    size = int(y.shape[at])
    if x is None:
        assert dx is not None
        y, dx = promoted_to_float(name, y, dx)
        width = along(dx, at, 0, max(size - 1, 0))
    else:
        if x.ndim == 1 and y.ndim > 1:
            x = ops.reshape(x, tuple(x.shape[0] if i == at else 1 for i in range(y.ndim)))
        while x.ndim < y.ndim:
            x = ops.reshape(x, (1, *x.shape))
        n = int(x.shape[at])
        gaps = ops.sub(along(x, at, min(1, n), n), along(x, at, 0, max(n - 1, 0)))
        dtype = result_type((y, x))
        y = ops.cast(y, dtype if dtype.is_inexact else get_default_dtype())
        width = ops.cast(gaps, y.dtype)
        shape = list(y.shape)
        shape[at] = max(size - 1, 0)
        whole = broadcast_shapes(name, (shape, width.shape))
        width = ops.broadcast(width, whole)
        wide = list(whole)
        wide[at] = size
        y = ops.broadcast(y, wide)
    both = ops.add(along(y, at, min(1, size), size), along(y, at, 0, max(size - 1, 0)))
    return ops.mul(ops.mul(both, width), ops.full_like(0.5, both)), at


@surface
def _trapezoid(y: Node, x: Node | None, dx: Node | None, dim: int) -> Node:
    areas, at = _panels("trapezoid", y, x, dx, dim)
    return ops.reduce_sum(areas, (at,))


@surface
def _cumulative_trapezoid(y: Node, x: Node | None, dx: Node | None, dim: int) -> Node:
    areas, at = _panels("cumulative_trapezoid", y, x, dx, dim)
    return ops.cumsum(areas, at)


_trapezoid.surface.name = "trapezoid"
_cumulative_trapezoid.surface.name = "cumulative_trapezoid"


def _spaced(name: str, x: Any, dx: Any) -> tuple[Any, Any]:
    if x is not None and dx is not None:
        raise ArgumentError(
            message(f"{name}: places and distance", expected="x or dx", got="both")
        )
    return (x, None) if x is not None else (None, 1.0 if dx is None else dx)


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integral of samples `y` along a dimension by the trapezoidal rule.

    x: the places of the samples (a vector, or broadcast against y); dx: their distance.
    """
    x, dx = _spaced("trapezoid", x, dx)
    return _trapezoid(y, x, dx, dim)


def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1
) -> Any:
    """The running integral of samples `y` by the trapezoidal rule, one element shorter."""
    x, dx = _spaced("cumulative_trapezoid", x, dx)
    return _cumulative_trapezoid(y, x, dx, dim)


# -- slopes ----------------------------------------------------------------------------------------


def _ends(x: Node, at: int, order: int, gaps: Node, first: bool) -> Node:
    """The one-sided slope at an end, of first or second order; `gaps` between the places."""
    n = int(x.shape[at])

    def value(i: int) -> Node:
        return along(x, at, i, i + 1) if first else along(x, at, n - 1 - i, n - i)

    def gap(i: int) -> Node:
        return along(gaps, at, i, i + 1) if first else along(gaps, at, n - 2 - i, n - 1 - i)

    sign = 1 if first else -1
    near = ops.div(ops.sub(value(1), value(0)), gap(0))
    if order == 1:
        return near if sign == 1 else ops.neg(near)
    g0, g1 = gap(0), gap(1)
    total = g0 + g1
    slope = (
        ops.neg(value(0) * ((g0 * 2 + g1) / (g0 * total)))
        + value(1) * (total / (g0 * g1))
        - value(2) * (g0 / (g1 * total))
    )
    return slope if sign == 1 else ops.neg(slope)


@surface
def _slope(x: Node, gaps: Node, dim: int, edge_order: int) -> Node:
    """Second-order differences inside, one-sided ones at the ends (numpy.gradient)."""
    n = int(x.shape[dim])
    gaps = ops.cast(gaps, x.dtype)
    if gaps.ndim == 0:
        gaps = ops.broadcast(gaps, [n - 1 if i == dim else 1 for i in range(x.ndim)])
    else:
        gaps = ops.reshape(gaps, [n - 1 if i == dim else 1 for i in range(x.ndim)])
    gaps = ops.broadcast(gaps, [n - 1 if i == dim else m for i, m in enumerate(x.shape)])
    first, last = (_ends(x, dim, edge_order, gaps, f) for f in (True, False))
    if n == 2:
        return ops.concatenate([first, last], dim)
    a, b = along(gaps, dim, 0, n - 2), along(gaps, dim, 1, n - 1)
    before, here, after = (along(x, dim, i, n - 2 + i) for i in range(3))
    inner = (
        after * (a / (b * (a + b)))
        + here * ((b - a) / (a * b))
        - before * (b / (a * (a + b)))
    )
    return ops.concatenate([first, inner, last], dim)


_slope.surface.name = "gradient"


def gradient(
    input: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1
) -> list[Any]:
    """The slopes of samples along each of `dim` (all, if None), as a list.

    spacing: one distance, one for each dimension, or the places along each dimension.
    edge_order: 1 or 2, the order of the differences at the ends.
    """
    dims = normalize_dims("gradient", dim, input.ndim)
    if isinstance(dim, (list, tuple)):
        dims = tuple(normalize_dim("gradient", d, input.ndim) for d in dim)
    spacing = 1 if spacing is None else spacing
    given = list(spacing) if isinstance(spacing, (list, tuple)) else [spacing] * len(dims)
    if edge_order not in (1, 2):
        raise ArgumentError(
            message("gradient: edge_order", expected="1 or 2", got=repr(edge_order))
        )
    if len(given) != len(dims):
        raise ArgumentError(
            message("gradient: spacing", expected=f"one for each of {len(dims)} dimensions",
                    got=str(len(given)))
        )
    x = input if input.dtype.is_inexact else input.to(get_default_dtype())  # type: ignore[attr-defined]
    slopes = []
    for d, step in zip(dims, given, strict=True):
        if input.shape[d] < edge_order + 1:
            raise ShapeError(
                message("gradient: too few samples", expected=f"at least {edge_order + 1}",
                        got=f"{input.shape[d]} along dimension {d}")
            )
        if isinstance(step, Tensor) and step.ndim:
            step = diff(step)
        slopes.append(_slope(x, step, d, edge_order))
    return slopes
