"""Sums, products, means, extrema, and their running forms."""

from __future__ import annotations

from typing import Any

from pentad.array_api.array import Array, wrap
from pentad.array_api.data_types import check_dtype
from pentad.array_api.manipulation import axes_of, axis_of
from pentad.array_api.promotion import (
    ALL,
    FLOATING,
    NUMERIC,
    REAL,
    cast,
    tensor_of,
)
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.functions import cumulative, pointwise, reductions, shaping
from pentad.tensor.functions.creation import full as filled
from pentad.tensor.tensor import Tensor


def _over(name: str, t: Tensor, axis: Any) -> tuple[int, ...] | None:
    """The axes of a reduction; None if there are none, and each element stays."""
    return axes_of(name, axis, t.ndim) or None if axis is not None else tuple(range(t.ndim))


def _reduced(name: str, t: Tensor, axis: Any, keepdims: bool, function: Any) -> Array:
    axes = _over(name, t, axis)
    if axes is None or not t.ndim:  # each element by itself
        return wrap(shaping.reshape(function(shaping.unsqueeze(t, 0), 0, False), t.shape))
    return wrap(function(t, axes, keepdims))


def _total_dtype(name: str, t: Tensor, dtype: DType | None) -> DType:
    """The dtype of a sum or product: small integers become the default ones."""
    if dtype is not None:
        return check_dtype(name, dtype)
    if t.dtype.kind == "int":
        return dtypes.int64
    return dtypes.uint64 if t.dtype.kind == "uint" else t.dtype


def _total(
    name: str, reduction: Any, x: Array, axis: Any, dtype: DType | None, keepdims: bool
) -> Array:
    t = tensor_of(name, x, NUMERIC)
    wide = cast(t, _total_dtype(name, t, dtype))
    return _reduced(
        name, wide, axis, keepdims, lambda t, a, k: reduction(t, a, k, dtype=wide.dtype)
    )


def sum(
    x: Array, /, *, axis: Any = None, dtype: DType | None = None, keepdims: bool = False
) -> Array:
    """The sum over axes; integers are summed as int64 or uint64, unless `dtype` is given."""
    return _total("sum", reductions.sum, x, axis, dtype, keepdims)


def prod(
    x: Array, /, *, axis: Any = None, dtype: DType | None = None, keepdims: bool = False
) -> Array:
    """The product over axes; integers are multiplied as int64 or uint64, unless `dtype` is."""
    return _total("prod", reductions.prod, x, axis, dtype, keepdims)


def mean(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """The arithmetic mean over axes; NaN of nothing."""
    return _reduced("mean", tensor_of("mean", x, FLOATING), axis, keepdims, reductions.mean)


def var(
    x: Array, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False
) -> Array:
    """The variance over axes: the squared distances from the mean, divided by n - correction."""
    t = tensor_of("var", x, FLOATING)
    whole = int(correction) if correction == int(correction) else correction
    return _reduced(
        "var", t, axis, keepdims,
        lambda t, a, k: reductions.var(t, a, correction=whole, keepdim=k),
    )


def std(
    x: Array, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False
) -> Array:
    """The square root of the variance."""
    found = var(x, axis=axis, correction=correction, keepdims=keepdims)
    return wrap(found.tensor.sqrt())  # type: ignore[attr-defined]


def max(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """The largest element over axes, NaN if one is; ShapeError if there is none."""
    return _reduced("max", tensor_of("max", x, REAL), axis, keepdims, reductions.amax)


def min(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """The smallest element over axes, NaN if one is; ShapeError if there is none."""
    return _reduced("min", tensor_of("min", x, REAL), axis, keepdims, reductions.amin)


def all(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Are all elements over axes true (not 0)?"""
    return _reduced("all", tensor_of("all", x, ALL), axis, keepdims, reductions.all_)


def any(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Is one element over axes true (not 0)?"""
    return _reduced("any", tensor_of("any", x, ALL), axis, keepdims, reductions.any_)


def count_nonzero(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """How many elements over axes are not 0."""
    def counted(t: Tensor, axes: Any, keepdims: bool) -> Any:
        return reductions.sum(pointwise.cast(t, dtypes.bool_), axes, keepdims, dtype=dtypes.int64)

    return _reduced("count_nonzero", tensor_of("count_nonzero", x, ALL), axis, keepdims, counted)


# -- running sums ----------------------------------------------------------------------------------


def cumulative_sum(
    x: Array, /, *, axis: int | None = None, dtype: DType | None = None,
    include_initial: bool = False,
) -> Array:
    """The running sum along an axis, which only a vector may leave out."""
    return _running("cumulative_sum", x, axis, dtype, include_initial, 0, cumulative.cumsum)


def cumulative_prod(
    x: Array, /, *, axis: int | None = None, dtype: DType | None = None,
    include_initial: bool = False,
) -> Array:
    """The running product along an axis, which only a vector may leave out."""
    return _running("cumulative_prod", x, axis, dtype, include_initial, 1, cumulative.cumprod)


def _running(
    name: str, x: Any, axis: Any, dtype: DType | None, include_initial: bool, first: int,
    function: Any,
) -> Array:
    t = tensor_of(name, x, NUMERIC)
    if not t.ndim or (axis is None and t.ndim != 1):
        raise ShapeError(
            message(f"{name}: axis", expected="an axis, or a vector", got=f"{list(t.shape)}")
        )
    at = axis_of(name, 0 if axis is None else axis, t.ndim)
    wide = cast(t, _total_dtype(name, t, dtype))
    found = function(wide, at, dtype=wide.dtype)
    if include_initial:
        shape = tuple(1 if i == at else n for i, n in enumerate(t.shape))
        start = filled(shape, first, dtype=wide.dtype)
        # Not cat, which leaves out what it takes for a legacy empty vector.
        found = shaping.cat([start, found], at) if t.shape[at] else start
    return wrap(found)


def diff(
    x: Array, /, *, axis: int = -1, n: int = 1, prepend: Array | None = None,
    append: Array | None = None,
) -> Array:
    """The n-th differences of neighbours along an axis, with arrays put before and after."""
    from pentad.array_api.elementwise import not_equal, subtract
    from pentad.array_api.manipulation import concat

    t = tensor_of("diff", x, ALL)
    at = axis_of("diff", axis, t.ndim)
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise ArgumentError(message("diff: n", expected="an integer >= 0", got=repr(n)))
    parts = [p for p in (prepend, x, append) if p is not None]
    found = concat(parts, axis=at) if len(parts) > 1 else x
    apart = not_equal if found.dtype is dtypes.bool_ else subtract
    for _ in range(n):
        size = found.shape[at]
        if size < 1:
            break
        later = shaping.narrow(found.tensor, at, 1, size - 1)
        found = apart(wrap(later), wrap(shaping.narrow(found.tensor, at, 0, size - 1)))
    return wrap(pointwise.clone(found.tensor)) if found is x else found


