"""Sorting, searching, and sets of values."""

from __future__ import annotations

from typing import Any, NamedTuple

from pentad.array_api.array import Array, wrap
from pentad.array_api.manipulation import axis_of
from pentad.array_api.promotion import ALL, BOOL, COMPLEX, NUMBERS, REAL, cast, tensor_of, together
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.tensor.functions import (
    compare,
    counting,
    cumulative,
    indexing,
    ordering,
    picking,
    pointwise,
    reductions,
    shaping,
)
from pentad.tensor.functions.creation import tensor
from pentad.tensor.functions.ranges import arange
from pentad.tensor.tensor import Tensor


def sort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """x in order along an axis; NaN is largest."""
    t = tensor_of("sort", x, (*BOOL, *REAL))
    at = axis_of("sort", axis, t.ndim)
    return wrap(ordering.sort(t, at, descending).values)


def argsort(
    x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Array:
    """The int64 positions that sort along an axis; equal elements keep their order."""
    t = tensor_of("argsort", x, (*BOOL, *REAL))
    at = axis_of("argsort", axis, t.ndim)
    return wrap(ordering.argsort(t, at, descending))


def argmax(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The position of the first largest element; of the flattened array if axis is None."""
    return _position("argmax", x, axis, keepdims, reductions.argmax)


def argmin(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The position of the first smallest element; of the flattened array if axis is None."""
    return _position("argmin", x, axis, keepdims, reductions.argmin)


def _position(name: str, x: Any, axis: int | None, keepdims: bool, function: Any) -> Array:
    t = tensor_of(name, x, REAL)
    return wrap(function(t, None if axis is None else axis_of(name, axis, t.ndim), keepdims))


def nonzero(x: Array, /) -> tuple[Array, ...]:
    """The int64 positions of the elements that are not 0: one vector for each axis."""
    t = tensor_of("nonzero", x, ALL)
    if not t.ndim:
        raise ShapeError(message("nonzero: a 0-d array", expected="one axis or more", got="[]"))
    return tuple(wrap(v) for v in indexing.nonzero(t, as_tuple=True))


def searchsorted(
    x1: Array, x2: Array, /, *, side: str = "left", sorter: Array | None = None
) -> Array:
    """Where the elements of x2 belong in the sorted vector x1, before or after equal ones."""
    if side not in ("left", "right"):
        raise ArgumentError(
            message("searchsorted: side", expected='"left" or "right"', got=repr(side))
        )
    for x in (x1, x2):
        tensor_of("searchsorted", x, REAL)
    ordered, values = together("searchsorted", (x1, x2), REAL)
    if ordered.ndim != 1:
        raise ShapeError(
            message("searchsorted: x1", expected="a vector", got=str(list(ordered.shape)))
        )
    if sorter is not None:
        order = tensor_of("searchsorted", sorter, dtypes.INTEGERS)
        ordered = picking.index_select(ordered, 0, order)
    return wrap(counting.searchsorted(ordered, values, side=side))


def where(condition: Array, x1: Any, x2: Any, /) -> Array:
    """x1 where the condition is true, else x2; one of them may be a number."""
    given = tensor_of("where", condition, BOOL)
    if isinstance(x1, NUMBERS) and isinstance(x2, NUMBERS):
        raise DTypeError(
            message("where: two numbers", expected="at least one Array of the two",
                    got=f"{x1!r} and {x2!r}")
        )
    return wrap(pointwise.where(given, *together("where", (x1, x2))))


# -- sets ------------------------------------------------------------------------------------------


class UniqueAllResult(NamedTuple):
    """What unique_all returns."""

    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCountsResult(NamedTuple):
    """What unique_counts returns."""

    values: Array
    counts: Array


class UniqueInverseResult(NamedTuple):
    """What unique_inverse returns."""

    values: Array
    inverse_indices: Array


def unique_all(x: Array, /) -> UniqueAllResult:
    """(values, first positions in the flattened array, the index of each element's value, counts).

    The values are in order; each NaN is a value of its own.
    """
    t = tensor_of("unique_all", x, ALL)
    flat = shaping.reshape(t, -1)
    order, ordered = _in_order(flat)
    n = flat.numel()
    if n > 1:
        new = compare.ne(shaping.narrow(ordered, 0, 1, n - 1), shaping.narrow(ordered, 0, 0, n - 1))
        new = shaping.cat([tensor([True]), new], 0)
    else:
        new = tensor([True] * n, dtype=dtypes.bool_)
    starts = shaping.reshape(indexing.nonzero(new), -1)
    ends = shaping.cat([starts, tensor([n], dtype=dtypes.int64)], 0)
    counts = pointwise.minus(
        shaping.narrow(ends, 0, 1, starts.numel()), shaping.narrow(ends, 0, 0, starts.numel())
    )
    place = pointwise.minus(cumulative.cumsum(cast(new, dtypes.int64), 0), 1)
    back = ordering.argsort(order, 0)
    return UniqueAllResult(
        wrap(picking.index_select(ordered, 0, starts)),
        wrap(picking.index_select(order, 0, starts)),
        wrap(shaping.reshape(picking.index_select(place, 0, back), t.shape)),
        wrap(counts),
    )


def _in_order(flat: Tensor) -> tuple[Tensor, Tensor]:
    """(positions, elements) of a vector in order; complex numbers by real, then imaginary part."""
    if flat.dtype not in COMPLEX:
        order = ordering.argsort(flat, 0)
    else:
        order = ordering.argsort(pointwise.clone(flat.imag), 0)  # type: ignore[attr-defined]
        real = picking.index_select(pointwise.clone(flat.real), 0, order)  # type: ignore[attr-defined]
        order = picking.index_select(order, 0, ordering.argsort(real, 0))
    if not flat.numel():
        order = arange(0)
    return order, picking.index_select(flat, 0, order)


def unique_counts(x: Array, /) -> UniqueCountsResult:
    """(values in order, how often each occurs)."""
    found = unique_all(x)
    return UniqueCountsResult(found.values, found.counts)


def unique_inverse(x: Array, /) -> UniqueInverseResult:
    """(values in order, the index of each element's value)."""
    found = unique_all(x)
    return UniqueInverseResult(found.values, found.inverse_indices)


def unique_values(x: Array, /) -> Array:
    """The values in order, each once."""
    return unique_all(x).values
