"""Sums and other reductions over rows that belong together; unique, histograms, searching."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS, INDEX, NUMBERS, REALS
from pentad.frontends.tensorflow1.framework.make import op

_IDS = {"Tindices": INDEX}


def _lowest(dtype: Any, largest: bool) -> Any:
    info = np.finfo(dtype.numpy) if dtype.is_floating_point else np.iinfo(dtype.numpy)
    return float(info.max if largest else info.min) if dtype.is_floating_point else int(
        info.max if largest else info.min)


def reduced(rule: str, data: Any, ids: Any, count: Any) -> Any:
    """Rows of data with the same id, reduced; what has no rows is zero, or the neutral element."""
    tail = tuple(data.shape[ids.ndim:])
    flat, rows = ids.reshape(-1).to(pt.int64), data.reshape(ids.numel(), *tail)
    inside = (flat >= 0).reshape(-1, *[1] * len(tail))
    flat = flat.clamp(0, None)
    if rule in ("sum", "mean", "sqrt_n"):
        rows = pt.where(inside, rows, pt.zeros_like(rows))
        total = pt.zeros(count, *tail, dtype=data.dtype).index_add(0, flat, rows)
        if rule == "sum":
            return total
        ones = inside.reshape(-1).to(data.dtype)
        number = pt.zeros(count, dtype=data.dtype).index_add(0, flat, ones).clamp(1, None)
        number = number.reshape(-1, *[1] * len(tail))
        return total / (number if rule == "mean" else pt.sqrt(number))
    neutral = 1 if rule == "prod" else _lowest(data.dtype, rule == "amin")
    base = pt.full((count, *tail), neutral, dtype=data.dtype)
    rows = pt.where(inside, rows, pt.full_like(rows, neutral))
    return base.index_reduce(0, flat, rows, rule)


def _unsorted(name: str, rule: str, allow: Any) -> Any:
    return op(
        name, "data: T, segment_ids: Tindices, num_segments: Tnum -> output: T",
        lambda data, ids, count: reduced(rule, data, ids, count.tolist()), sizes=(2,),
        allow={**_IDS, "Tnum": INDEX, "T": allow}, infer=_unsorted_type)


def _unsorted_type(data: Any, ids: Any, count: Any, node: Any) -> Any:
    known = constant_value(node.inputs[2])
    if data.shape is None or ids.shape is None:
        return [static.Type(data.dtype, None)]
    rows = None if known is None else int(known)
    return [static.Type(data.dtype, (rows, *data.shape[len(ids.shape):]))]


unsorted_segment_sum = _unsorted("UnsortedSegmentSum", "sum", NUMBERS)
unsorted_segment_prod = _unsorted("UnsortedSegmentProd", "prod", NUMBERS)
unsorted_segment_max = _unsorted("UnsortedSegmentMax", "amax", REALS)
unsorted_segment_min = _unsorted("UnsortedSegmentMin", "amin", REALS)
unsorted_segment_mean = _unsorted("UnsortedSegmentMean", "mean", FLOATS)
unsorted_segment_sqrt_n = _unsorted("UnsortedSegmentSqrtN", "sqrt_n", FLOATS)


def _last(ids: Any) -> int:
    """The number of segments of sorted ids: the last one decides."""
    return int(ids[-1].item()) + 1 if ids.numel() else 0


def _segment_shape(data: Any, ids: Any) -> Any:
    known = data.static_type.shape
    return None if known is None else (None, *known[1:])


def _sorted_rule(rule: str) -> Any:
    def run(data: Any, ids: Any) -> Any:
        found = reduced(rule, data, ids, _last(ids))
        if rule in ("amax", "amin"):
            # Segments without rows are zero here.
            there = reduced("sum", pt.ones_like(data), ids, _last(ids)) > 0
            return pt.where(there, found, pt.zeros_like(found))
        return found

    return run


segment_sum, segment_mean, segment_prod, segment_max, segment_min = (
    op(f"Segment{name}", "data: T, segment_ids: Tindices -> output: T", _sorted_rule(rule),
       dynamic=True, allow=_IDS, types=lambda d, i: [(d.dtype, _segment_shape(d, i))])
    for name, rule in (("Sum", "sum"), ("Mean", "mean"), ("Prod", "prod"), ("Max", "amax"),
                       ("Min", "amin"))
)


def _sparse(rule: str) -> Any:
    def run(data: Any, indices: Any, ids: Any) -> Any:
        return reduced(rule, data.index_select(0, indices.to(pt.int64)), ids, _last(ids))

    return run


def _sparse_counted(rule: str) -> Any:
    def run(data: Any, indices: Any, ids: Any, count: Any) -> Any:
        return reduced(rule, data.index_select(0, indices.to(pt.int64)), ids, count.tolist())

    return run


def _sparse_segment(public: str, name: str, rule: str) -> Any:
    plain = op(
        f"SparseSegment{name}", "data: T, indices: Tidx, segment_ids: int32 -> output: T",
        _sparse(rule), dynamic=True, allow={"Tidx": INDEX},
        types=lambda d, i, s: [(d.dtype, _segment_shape(d, i))])
    counted = op(
        f"SparseSegment{name}WithNumSegments",
        "data: T, indices: Tidx, segment_ids: int32, num_segments: Tnum -> output: T",
        _sparse_counted(rule), sizes=(3,), allow={"Tidx": INDEX, "Tnum": INDEX})

    def call(
        data: Any, indices: Any, segment_ids: Any, name: str | None = None,
        num_segments: Any = None,
    ) -> Any:
        if num_segments is None:
            return plain(data, indices, segment_ids, name=name)
        return counted(data, indices, segment_ids, num_segments, name=name)

    call.__name__ = public
    call.__doc__ = f"Rows of data at indices, in segments: {rule.replace('_', ' of ')}."
    return call


sparse_segment_sum = _sparse_segment("sparse_segment_sum", "Sum", "sum")
sparse_segment_mean = _sparse_segment("sparse_segment_mean", "Mean", "mean")
sparse_segment_sqrt_n = _sparse_segment("sparse_segment_sqrt_n", "SqrtN", "sqrt_n")


# -- unique, lists -----------------------------------------------------------------------------


def _first_seen(x: Any) -> tuple[Any, Any, Any]:
    """Distinct elements in the order of their first places, the places in it, the counts."""
    _, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return x[first[order]], rank[inverse.reshape(-1)], counts[order]


def _unique_types(x: Any, out_idx: Any) -> Any:
    return [(x.dtype, (None,)), (out_idx, x.static_type.shape)]


def _counted_types(x: Any, out_idx: Any) -> Any:
    return [*_unique_types(x, out_idx), (out_idx, (None,))]


def _as(out_idx: Any, *arrays: Any) -> Any:
    return tuple(a.astype(out_idx.as_numpy_dtype) for a in arrays)


_UNIQUE = op("Unique", "x: T; out_idx=int32 -> y: T, idx: out_idx",
             lambda x, out_idx: (_first_seen(x)[0], *_as(out_idx, _first_seen(x)[1])), host=True,
             types=_unique_types, differentiable=False)
_UNIQUE_COUNTS = op(
    "UniqueWithCounts", "x: T; out_idx=int32 -> y: T, idx: out_idx, count: out_idx",
    lambda x, out_idx: (_first_seen(x)[0], *_as(out_idx, *_first_seen(x)[1:])), host=True,
    types=_counted_types, differentiable=False)


def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """(distinct elements in the order of their first places, the place of each of x in them)."""
    return _UNIQUE(x, out_idx=out_idx, name=name)


def unique_with_counts(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """As tf.unique, and how often each is there."""
    return _UNIQUE_COUNTS(x, out_idx=out_idx, name=name)


def _difference(x: Any, y: Any, out_idx: Any) -> Any:
    kept = np.flatnonzero(~np.isin(x, y))
    return x[kept], *_as(out_idx, kept)


_DIFFERENCE = op("ListDiff", "x: T, y: T; out_idx=int32 -> out: T, idx: out_idx", _difference,
                 host=True, differentiable=False,
                 types=lambda x, y, out_idx: [(x.dtype, (None,)), (out_idx, (None,))])


def setdiff1d(x: Any, y: Any, index_dtype: Any = dtypes.int32, name: str | None = None) -> Any:
    """(elements of x that are not in y, their places)."""
    return _DIFFERENCE(x, y, out_idx=index_dtype, name=name)


# -- counting, searching, sorting --------------------------------------------------------------


def _counted(arr: Any, size: Any, weights: Any) -> Any:
    count, flat = int(size), arr.reshape(-1).to(pt.int64)
    inside = flat < count
    values = weights.reshape(-1) if weights.numel() else pt.ones_like(flat, dtype=weights.dtype)
    values = pt.where(inside, values, pt.zeros_like(values))
    return pt.zeros(count, dtype=values.dtype).index_add(0, flat.clamp(0, count - 1), values)


_BINCOUNT = op("Bincount", "arr: int32, size: int32, weights: T -> bins: T", _counted, sizes=(1,),
               infer=lambda a, s, w, node: [static.Type(w.dtype, (None,))], differentiable=False)


def bincount(
    arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None,
    dtype: Any = dtypes.int32, name: str | None = None,
) -> Any:
    """How often each number is there, or the sums of the weights of each."""
    from pentad.frontends.tensorflow1.ops import elementwise, reductions
    from pentad.frontends.tensorflow1.ops.casting import cast

    arr = convert_to_tensor(arr, dtypes.int32)
    found = reductions.reduce_max(arr) + 1
    if minlength is not None:
        found = elementwise.maximum(convert_to_tensor(minlength, dtypes.int32), found)
    if maxlength is not None:
        found = elementwise.minimum(convert_to_tensor(maxlength, dtypes.int32), found)
    if weights is None:
        weights = convert_to_tensor(np.zeros(0, dtypes.as_dtype(dtype).as_numpy_dtype))
    return _BINCOUNT(arr, cast(found, dtypes.int32), weights, name=name)


def _bins(values: Any, value_range: Any, nbins: Any) -> Any:
    low, high = (value_range[i].to(pt.float64) for i in (0, 1))
    scaled = (values.to(pt.float64) - low) / (high - low)
    return pt.floor(scaled * int(nbins)).clamp(0, int(nbins) - 1).to(pt.int32)


_BINS = op("HistogramFixedWidthBins",
           "values: T, value_range: T, nbins: int32; dtype=int32 -> out: dtype",
           lambda v, r, n, dtype: _bins(v, r, n).to(dtype.tensor_dtype), sizes=(2,),
           differentiable=False)


def histogram_fixed_width_bins(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """The bin of each value, of so many of equal width."""
    return _BINS(values, value_range, nbins, dtype=dtype, name=name)


_HISTOGRAM = op(
    "HistogramFixedWidth", "values: T, value_range: T, nbins: int32; dtype=int32 -> out: dtype",
    lambda v, r, n, dtype: pt.zeros(int(n), dtype=dtype.tensor_dtype).index_add(
        0, _bins(v, r, n).reshape(-1).to(pt.int64),
        pt.ones(v.numel(), dtype=dtype.tensor_dtype)),
    sizes=(2,), differentiable=False)


def histogram_fixed_width(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """How many values are in each of so many bins of equal width."""
    return _HISTOGRAM(values, value_range, nbins, dtype=dtype, name=name)


def _sorted(values: Any, axis: int, direction: str) -> Any:
    return values.sort(axis, descending=direction == "DESCENDING")


_SORT = op("Sort", "values: T; axis=-1, direction='ASCENDING' -> output: T",
           lambda values, axis, direction: _sorted(values, axis, direction)[0])
_ARGSORT = op("ArgSort", "values: T; axis=-1, direction='ASCENDING' -> output: int32",
              lambda values, axis, direction: values.argsort(
                  axis, descending=direction == "DESCENDING", stable=True).to(pt.int32),
              differentiable=False)


def _direction(direction: str) -> str:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise pt.ArgumentError(
            f"Direction must be either 'ASCENDING' or 'DESCENDING', got {direction!r}")
    return direction


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING", name: Any = None) -> Any:
    """The elements in order along an axis."""
    return _SORT(values, axis=axis, direction=_direction(direction), name=name)


def argsort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False,
    name: str | None = None,
) -> Any:
    """The places of the elements in order along an axis."""
    return _ARGSORT(values, axis=axis, direction=_direction(direction), name=name)


def _searched(side: str) -> Any:
    def run(sorted_inputs: Any, values: Any, out_type: Any) -> Any:
        return pt.searchsorted(sorted_inputs, values, right=side == "right").to(
            out_type.tensor_dtype)

    return run


_LOWER, _UPPER = (
    op(name, "sorted_inputs: T, values: T; out_type=int32 -> output: out_type", _searched(side),
       differentiable=False)
    for name, side in (("LowerBound", "left"), ("UpperBound", "right"))
)


def searchsorted(
    sorted_sequence: Any, values: Any, side: str = "left", out_type: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Where values belong in sorted rows."""
    return (_LOWER if side == "left" else _UPPER)(sorted_sequence, values, out_type=out_type,
                                                  name=name)
