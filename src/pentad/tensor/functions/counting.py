"""Distinct elements, counts, histograms, and places in sorted sequences.

What has a size that depends on values (unique, bincount) runs eagerly only; while tracing it is a
CaptureError that names the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.convert import values_of
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import check_shape, store
from pentad.tensor.functions.ordering import sorting_order
from pentad.tensor.meta import contiguous_meta
from pentad.tensor.promotion import normalize_dim, result_type
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor, empty_tensor


def from_values(array: np.ndarray, dtype: DType) -> Any:
    """A new tensor of a dtype with the values of an array."""
    t = empty_tensor(contiguous_meta(array.shape, dtype))
    store(t, np.ascontiguousarray(array))
    return t


# -- distinct elements -----------------------------------------------------------------------------


def _returned(
    input: Tensor, found: np.ndarray, inverse: np.ndarray | None, counts: np.ndarray | None
) -> Any:
    values = from_values(found, input.dtype)
    rest = [from_values(a, dtypes.int64) for a in (inverse, counts) if a is not None]
    return (values, *rest) if rest else values


def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False,
    return_counts: bool = False, dim: int | None = None,
) -> Any:
    """The distinct elements in order (or slices along `dim`); NaN is distinct from every NaN.

    With return_inverse also where each element of the input went, with return_counts how often
    each was there. Eager only: the size of the result depends on values.
    """
    array = values_of(input, "unique()")
    axis = None if dim is None else normalize_dim("unique", dim, input.ndim)
    if axis is not None and array.size == 0:
        if array.shape[axis] and 0 in array.shape:
            raise ShapeError(
                message("unique: slices without elements", expected="sizes > 0 but for dim",
                        got=str(list(input.shape)))
            )
    found, inverse, counts = np.unique(
        array, return_inverse=True, return_counts=True, axis=axis, equal_nan=False
    )
    shape = array.shape if axis is None else (array.shape[axis],)
    return _returned(
        input, found, inverse.reshape(shape) if return_inverse else None,
        counts if return_counts else None,
    )  # fmt: skip


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The elements (or slices along `dim`) without those equal to the one before.

    Eager only: the size of the result depends on values.
    """
    array = values_of(input, "unique_consecutive()")
    axis = 0 if dim is None else normalize_dim("unique_consecutive", dim, input.ndim)
    rows = array.reshape(-1) if dim is None else np.moveaxis(array, axis, 0)
    n = rows.shape[0]
    flat = rows.reshape(n, -1) if rows.size else rows.reshape(n, 0)
    new = np.ones(n, bool)
    new[1:] = np.any(flat[1:] != flat[:-1], axis=1)
    kept = rows[new]
    found = kept if dim is None else np.moveaxis(kept, 0, axis)
    inverse = np.cumsum(new) - 1
    ends = np.append(np.flatnonzero(new), n)
    return _returned(
        input, found,
        inverse.reshape(array.shape if dim is None else (n,)) if return_inverse else None,
        np.diff(ends) if return_counts else None,
    )  # fmt: skip


# -- counts ----------------------------------------------------------------------------------------


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Any:
    """How often each number 0, 1, ... occurs in a vector (or the sums of its weights).

    Eager only: the size of the result depends on values.
    """
    array = values_of(input, "bincount()")
    if array.ndim != 1 or not (input.dtype.is_integer):
        raise DTypeError(
            message("bincount: the input", expected="a vector of integers",
                    got=str(input.meta.type))
        )
    if array.size and int(array.min()) < 0:
        raise ArgumentError(
            message("bincount: a negative number", expected=">= 0", got=str(int(array.min())))
        )
    if not isinstance(minlength, int) or minlength < 0:
        raise ArgumentError(message("bincount: minlength", expected=">= 0", got=repr(minlength)))
    places = array.astype(np.int64)
    if weights is None:
        return from_values(np.bincount(places, minlength=minlength), dtypes.int64)
    if weights.shape != input.shape:
        raise ShapeError(
            message("bincount: weights", expected=str(list(input.shape)),
                    got=str(list(weights.shape)))
        )
    dtype = dtypes.float32 if weights.dtype is dtypes.float32 else dtypes.float64
    shares = values_of(weights).astype(dtype.numpy)
    n = max(minlength, int(places.max()) + 1 if places.size else 0)
    total = np.zeros(n, dtype.numpy)
    np.add.at(total, places, shares)
    return from_values(total, dtype)


def _limits(
    name: str, x: Tensor, low: float, high: float, apart: float
) -> tuple[float, float]:
    """The given limits, or those of the elements; moved apart if they are equal."""
    if low == high == 0 and x.numel():
        array = values_of(x, f"{name}() without limits")
        low, high = float(array.min()), float(array.max())
    if low == high:
        low, high = low - apart, high + apart
    if not (np.isfinite(low) and np.isfinite(high)) or low > high:
        raise ArgumentError(
            message(f"{name}: limits", expected="finite, min <= max", got=f"{low}, {high}")
        )
    return low, high


@surface
def _histc(x: Node, bins: int, low: float, high: float) -> Node:
    flat = ops.reshape(x, (product(x.shape),))
    place = ops.floor((flat - low) * bins / (high - low))
    inside = ops.logical_and(
        ops.ge(flat, ops.full_like(low, flat)), ops.le(flat, ops.full_like(high, flat))
    )
    place = ops.where(inside, place, ops.full_like(0, place))
    index = ops.cast(place, dtypes.int64)
    index = ops.minimum(index, ops.full_like(bins - 1, index))
    return ops.scatter(
        ops.full(0, (bins,), x.dtype), ops.cast(inside, x.dtype), index, axes=(0,), mode="clip"
    )


_histc.surface.name = "histc"


def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many elements lie in each of `bins` equal intervals from min to max.

    Both 0: from the least to the largest element. Others, and NaN, are not counted.
    """
    if not input.dtype.is_floating_point:
        raise DTypeError(message("histc: dtype", expected="a float type", got=input.dtype.name))
    if not isinstance(bins, int) or bins <= 0:
        raise ArgumentError(message("histc: bins", expected="> 0", got=repr(bins)))
    low, high = _limits("histc", input.detach(), float(min), float(max), 1.0)  # type: ignore[attr-defined]
    return _histc(input.detach(), bins, low, high)  # type: ignore[attr-defined]


class Histogram(NamedTuple):
    """What `histogram` returns."""

    hist: Any
    bin_edges: Any


def histogram(
    input: Tensor, bins: Any, *, range: Sequence[float] | None = None,
    weight: Tensor | None = None, density: bool = False,
) -> Histogram:
    """(hist, bin_edges) of `bins` equal intervals, or of the intervals between given edges."""
    array = values_of(input, "histogram()")
    if isinstance(bins, Tensor):
        edges = values_of(bins, "histogram()")
    else:
        low, high = range or (0.0, 0.0 if array.size else 1.0)
        low, high = _limits("histogram", input.detach(), float(low), float(high), 0.5)  # type: ignore[attr-defined]
        edges = np.linspace(low, high, bins + 1)
    shares = None if weight is None else values_of(weight).reshape(-1)
    counts, _ = np.histogram(array.reshape(-1), edges, weights=shares)
    if density:
        counts = counts / (counts.sum() * np.diff(edges))
    return Histogram(from_values(counts, input.dtype), from_values(edges, input.dtype))


def histogramdd(
    input: Tensor, bins: Any, *, range: Sequence[float] | None = None,
    weight: Tensor | None = None, density: bool = False,
) -> Histogram:
    """(hist, bin_edges) of points [..., d] in boxes: of equal intervals along each of the d axes
    (`bins` of them, or a number for each), or between given edges."""
    points = values_of(input, "histogramdd()")
    d = points.shape[-1] if points.ndim else 0
    if points.ndim < 2 or d == 0:
        raise ShapeError(
            message("histogramdd: points", expected="[..., d]", got=str(list(input.shape)))
        )
    flat = points.reshape(-1, d)
    given = list(bins) if isinstance(bins, (list, tuple)) else [bins] * d
    edges = []
    for i, each in enumerate(given):
        if isinstance(each, Tensor):
            edges.append(values_of(each, "histogramdd()"))
            continue
        low, high = (0.0, float(not len(flat))) if range is None else range[2 * i : 2 * i + 2]
        column = from_values(flat[:, i], input.dtype)
        low, high = _limits("histogramdd", column, float(low), float(high), 0.5)
        edges.append(np.linspace(low, high, each + 1))
    shares = None if weight is None else values_of(weight).reshape(-1)
    counts, _ = np.histogramdd(flat, edges, weights=shares, density=density)
    return Histogram(
        from_values(counts, input.dtype), tuple(from_values(e, input.dtype) for e in edges)
    )


# -- places in a shape ---------------------------------------------------------------------------


@surface
def _unravelled(index: Node, shape: tuple[int, ...]) -> tuple[Node, ...]:
    found = []
    for n in reversed(shape):
        size = ops.full_like(max(n, 1), index)
        found.append(ops.remainder(index, size))
        index = ops.floor_divide(index, size)
    return tuple(reversed(found))


def unravel_index(indices: Tensor, shape: Any) -> tuple[Any, ...]:
    """The index along each dimension of `shape` of places counted in row-major order.

    DTypeError unless they are whole numbers, ShapeError where they lie outside (negative ones
    too), or for negative sizes.
    """
    sizes = check_shape("unravel_index", (tuple(shape) if isinstance(shape, (tuple, list))
                                          else (shape,),))
    if not indices.dtype.is_integer:
        raise DTypeError(
            message("unravel_index: dtype", expected="whole numbers", got=indices.dtype.name)
        )
    if state.trace is None and indices.numel():
        array = values_of(indices)
        if array.min() < 0 or array.max() >= product(sizes):
            raise ShapeError(
                message("unravel_index: outside the shape", got=f"{array.min()} to {array.max()}",
                        expected=f"0 <= index < {product(sizes)}")
            )
    return tuple(_unravelled(indices, sizes))


# -- places in sorted sequences --------------------------------------------------------------------


def search(rows: Node, values: Node, right: bool) -> Node:
    """For each value how many elements of its row stand before it, by bisection along the last
    dimension: log2(n) steps, each one gather."""
    n = int(rows.shape[-1])
    found = ops.full(0, values.shape, dtypes.int64)
    last = rows.ndim - 1
    step = 1 << max(n.bit_length() - 1, 0)
    while n and step:
        probe = ops.add(found, ops.full_like(step, found))
        inside = ops.le(probe, ops.full_like(n, probe))
        at = ops.minimum(probe, ops.full_like(n, probe)) - 1
        if rows.ndim == 1:
            met = ops.gather(rows, at, axes=(0,))
        else:
            met = ops.take_along_axis(rows, at, last)
        # Written so that NaN comes after everything.
        stays = ops.gt(met, values) if right else ops.ge(met, values)
        found = ops.where(ops.logical_and(inside, ops.logical_not(stays)), probe, found)
        step //= 2
    return found


@surface
def _searched(sequence: Node, values: Node, sorter: Node | None, right: bool, dtype: DType) -> Node:
    if sorter is not None:
        sequence = ops.take_along_axis(sequence, ops.cast(sorter, dtypes.int64), sequence.ndim - 1)
    common = result_type((sequence, values))
    sequence, values = ops.cast(sequence, common), ops.cast(values, common)
    if common is dtypes.bool_:
        sequence, values = (ops.cast(v, dtypes.uint8) for v in (sequence, values))
    return ops.cast(search(sequence, values, right), dtype)


_searched.surface.name = "searchsorted"


def searchsorted(
    sorted_sequence: Tensor, values: Any, *, out_int32: bool = False, right: bool = False,
    side: str | None = None, sorter: Tensor | None = None,
) -> Any:
    """Where each value would be put into its sorted row: before equal elements, or after (right).

    sorted_sequence: a vector for all values, or rows [..., n] for values [..., m].
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        raise ArgumentError(
            message("searchsorted: side", expected="'left' or 'right', as `right` says",
                    got=repr(side))
        )
    shown = values.shape if isinstance(values, Tensor) else ()
    rows = sorted_sequence.shape[:-1]
    if sorted_sequence.ndim == 0 or (sorted_sequence.ndim > 1 and rows != shown[:-1]):
        raise ShapeError(
            message("searchsorted: the values do not fit", expected=f"rows of {list(rows)}",
                    got=str(list(shown)))
        )
    if sorter is not None and sorter.shape != sorted_sequence.shape:
        raise ShapeError(
            message("searchsorted: the sorter", expected=str(list(sorted_sequence.shape)),
                    got=str(list(sorter.shape)))
        )
    dtype = dtypes.int32 if out_int32 else dtypes.int64
    return _searched(sorted_sequence, values, sorter, right or side == "right", dtype)


def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Any:
    """Between which of the sorted boundaries (a vector) each element lies."""
    if boundaries.ndim != 1:
        raise ShapeError(
            message("bucketize: boundaries", expected="a vector", got=str(list(boundaries.shape)))
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


_FEW = 16


@surface
def _is_in(elements: Node, tests: Node, invert: bool) -> Node:
    elements, tests = (
        ops.cast(v, result_type((elements, tests))) for v in (elements, tests)
    )
    if elements.dtype is dtypes.bool_:
        elements, tests = (ops.cast(v, dtypes.uint8) for v in (elements, tests))
    n = product(tests.shape)
    tests = ops.reshape(tests, (n,))
    if isinstance(n, int) and n <= _FEW:
        wide = (*elements.shape, n)
        left = ops.broadcast(elements, wide, range(elements.ndim))
        same = ops.eq(left, ops.broadcast(tests, wide))
        found = ops.reduce_or(same, (elements.ndim,))
    else:
        ordered = ops.gather(tests, sorting_order(tests, 0), axes=(0,))
        at = search(ordered, elements, False)
        at = ops.minimum(at, ops.full_like(n, at) - 1)
        found = ops.eq(ops.gather(ordered, at, axes=(0,)), elements)
    return ops.logical_not(found) if invert else found


_is_in.surface.name = "isin"


def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False
) -> Any:
    """Which elements are among test_elements (or are not, with invert); either may be a number."""
    return _is_in(elements, test_elements, bool(invert))


