"""Operations on sparse tensors: places and values, sorted by place."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.ops import elementwise, gathering, reductions, segments, shaping
from pentad.frontends.tensorflow1.ops.casting import cast

_ROWS = (dtypes.int64, (None, None))


def _sparse(value: Any) -> SparseTensor:
    if isinstance(value, tuple) and hasattr(value, "dense_shape"):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError(static.message("Input must be a SparseTensor.", got=repr(value)))
    return value


def _places(x: SparseTensor) -> Any:
    """The places as places in one long row."""
    strides = elementwise.floordiv(
        reductions.cumprod(x.dense_shape, reverse=True), x.dense_shape)
    return reductions.reduce_sum(x.indices * strides, 1)


# -- to dense and back -------------------------------------------------------------------------


def _scattered(
    indices: Any, shape: Any, values: Any, default: Any, validate_indices: bool
) -> Any:
    sizes = tuple(shape.tolist())
    total = 1
    for n in sizes:
        total = total * n
    places = indices.reshape(-1) if indices.ndim < 2 else None
    if places is None:
        places = pt.zeros(indices.shape[0], dtype=pt.int64)
        for axis, n in enumerate(sizes):
            places = places * n + indices[:, axis].to(pt.int64)
    base = default.broadcast_to((total,)).clone()
    rows = values.broadcast_to(places.shape)
    return base.index_copy(0, places.to(pt.int64), rows).reshape(sizes)


_TO_DENSE = op(
    "SparseToDense", "sparse_indices: I, output_shape: I, sparse_values: T, default_value: T; "
    "validate_indices=True -> dense: T", _scattered, sizes=(1,), allow={"I": dtypes.INDEX})


def sparse_to_dense(
    sparse_indices: Any, output_shape: Any, sparse_values: Any, default_value: Any = 0,
    validate_indices: bool = True, name: str | None = None,
) -> Any:
    """A tensor with values at places and one value elsewhere."""
    values = convert_to_tensor(sparse_values)
    default = convert_to_tensor(default_value, values.dtype.base_dtype)
    return _TO_DENSE(sparse_indices, output_shape, values, default,
                     validate_indices=validate_indices, name=name)


def sparse_tensor_to_dense(
    sp_input: Any, default_value: Any = None, validate_indices: bool = True,
    name: str | None = None,
) -> Any:
    """The tensor with all its elements."""
    x = _sparse(sp_input)
    if x.dtype is dtypes.string:
        return _TEXTS(x.indices, x.dense_shape, x.values, default_value or "", name=name)
    zero = 0 if default_value is None else default_value
    return sparse_to_dense(x.indices, x.dense_shape, x.values, zero, validate_indices, name)


def _text_table(indices: Any, shape: Any, values: Any, default: Any) -> Any:
    found = np.full(tuple(shape), default.item(), object)
    found[tuple(indices.T)] = values
    return found


_TEXTS = op("SparseToDenseTexts", "indices: int64, shape: int64, values: string, default: string "
            "-> dense: string", _text_table, host=True, differentiable=False,
            types=lambda *_: [(dtypes.string, None)])


def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The elements that are not zero, and their places."""
    from pentad.frontends.tensorflow1.ops.comparison import not_equal, where

    with name_scope(name, "dense_to_sparse", [tensor]):
        tensor = convert_to_tensor(tensor)
        places = where(not_equal(tensor, convert_to_tensor(0, tensor.dtype.base_dtype)))
        values = gathering.gather_nd(tensor, places)
        return SparseTensor(places, values, shaping.shape(tensor, out_type=dtypes.int64))


def sparse_tensor_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Any:
    """The product with a matrix."""
    with name_scope(name, "SparseTensorDenseMatMul", []) as scope:
        a, b = _sparse(sp_a), convert_to_tensor(b)
        b = shaping.matrix_transpose(b, conjugate=True) if adjoint_b else b
        into, of = (1, 0) if adjoint_a else (0, 1)
        rows = gathering.gather(b, a.indices[:, of]) * shaping.expand_dims(a.values, 1)
        return segments.unsorted_segment_sum(rows, a.indices[:, into], a.dense_shape[into],
                                             name=scope)


# -- choosing and ordering ---------------------------------------------------------------------


def _kept(x: SparseTensor, mask: Any, shape: Any = None, indices: Any = None) -> SparseTensor:
    places = x.indices if indices is None else indices
    return SparseTensor(
        gathering.boolean_mask(places, mask), gathering.boolean_mask(x.values, mask),
        x.dense_shape if shape is None else shape)


def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """Only those elements where to_retain is true."""
    return _kept(_sparse(sp_input), convert_to_tensor(to_retain))


def _in_order(x: SparseTensor, indices: Any, shape: Any) -> SparseTensor:
    moved = SparseTensor(indices, x.values, shape)
    order = segments.argsort(_places(moved), stable=True)
    return SparseTensor(gathering.gather(indices, order), gathering.gather(x.values, order), shape)


def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The same, sorted by place."""
    x = _sparse(sp_input)
    return _in_order(x, x.indices, x.dense_shape)


def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """The axes in another order."""
    x = _sparse(sp_input)
    rank = x.indices.shape[1].value
    perm = list(range(rank))[::-1] if perm is None else perm
    return _in_order(x, gathering.gather(x.indices, perm, axis=1),
                     gathering.gather(x.dense_shape, perm))


def sparse_reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """The same elements in another shape."""
    x = _sparse(sp_input)
    wanted = cast(convert_to_tensor(shape), dtypes.int64)
    total = reductions.reduce_prod(x.dense_shape)
    from pentad.frontends.tensorflow1.ops.comparison import equal, where

    free = equal(wanted, -1)
    known = reductions.reduce_prod(where(free, wanted * 0 + 1, wanted))
    full = where(free, wanted * 0 + total // known, wanted)
    strides = elementwise.floordiv(reductions.cumprod(full, reverse=True), full)
    column = shaping.expand_dims(_places(x), 1)
    indices = elementwise.floormod(elementwise.floordiv(column, strides), full)
    return SparseTensor(indices, x.values, full)


def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """A part of that size, from a place."""
    from pentad.frontends.tensorflow1.ops.comparison import greater_equal, less, logical_and

    x = _sparse(sp_input)
    start, size = (convert_to_tensor(v, dtypes.int64) for v in (start, size))
    end = elementwise.minimum(start + size, x.dense_shape)
    inside = reductions.reduce_all(
        logical_and(greater_equal(x.indices, start), less(x.indices, end)), 1)
    return _kept(x, inside, end - start, x.indices - start)


def sparse_split(
    keyword_required: Any = None, sp_input: Any = None, num_split: Any = None, axis: Any = None,
    name: str | None = None, split_dim: Any = None,
) -> list[SparseTensor]:
    """Parts of nearly equal size along an axis."""
    x, axis = _sparse(sp_input), split_dim if axis is None else axis
    rank = x.indices.shape[1].value
    unit = convert_to_tensor(np.eye(rank, dtype=np.int64)[axis])
    size, found = x.dense_shape[axis], []
    first = size * 0
    for i in range(num_split):
        length = size // num_split + cast(size % num_split > i, dtypes.int64)
        rest = x.dense_shape * (1 - unit)
        found.append(sparse_slice(x, unit * first, rest + unit * length))
        first = first + length
    return found


def sparse_mask(a: Any, mask_indices: Any, name: str | None = None) -> Any:
    """The rows of IndexedSlices that are not at these indices."""
    from pentad.frontends.tensorflow1.framework.slices import IndexedSlices

    out, kept = segments.setdiff1d(a.indices, mask_indices)
    return IndexedSlices(gathering.gather(a.values, kept), out, a.dense_shape)


def sparse_reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """The same with another shape, the smallest that holds it if none is given."""
    x = _sparse(sp_input)
    if new_shape is None:
        return SparseTensor(x.indices, x.values, reductions.reduce_max(x.indices, 0) + 1)
    return SparseTensor(x.indices, x.values, convert_to_tensor(new_shape, dtypes.int64))


def _row_fill(indices: Any, values: Any, shape: Any, default: Any) -> Any:
    empty = np.setdiff1d(np.arange(shape[0]), indices[:, 0])
    more = np.zeros((empty.size, indices.shape[1]), np.int64)
    more[:, 0] = empty
    places = np.concatenate([indices, more])
    filled = np.concatenate([values, np.full(empty.size, default, values.dtype)])
    order = np.argsort(places[:, 0], kind="stable")
    return places[order], filled[order], np.isin(np.arange(shape[0]), empty)


_FILL_ROWS = op(
    "SparseFillEmptyRows", "indices: int64, values: T, dense_shape: int64, default_value: T -> "
    "output_indices: int64, output_values: T, empty_row_indicator: bool", _row_fill, host=True,
    types=lambda i, v, s, d: [_ROWS, (v.dtype, (None,)), (dtypes.bool_, (None,))],
    differentiable=False)


def sparse_fill_empty_rows(sp_input: Any, default_value: Any, name: str | None = None) -> Any:
    """(the same with a value in each empty row, which rows were empty)."""
    x = _sparse(sp_input)
    default = convert_to_tensor(default_value, x.values.dtype.base_dtype)
    found = _FILL_ROWS(x.indices, x.values, x.dense_shape, default, name=name)
    return SparseTensor(found[0], found[1], x.dense_shape), found[2]


# -- sums, extremes ----------------------------------------------------------------------------


def _dense_reduction(public: str, reduce: Any, largest: bool) -> Any:
    def call(
        sp_input: Any, axis: Any = None, keepdims: Any = None, reduction_axes: Any = None,
        keep_dims: Any = None,
    ) -> Any:
        x = _sparse(sp_input)
        axis = reduction_axes if axis is None else axis
        keep = bool(keep_dims if keepdims is None else keepdims)
        dense = sparse_tensor_to_dense(x, x.dtype.min if largest else 0)
        found = reduce(dense, axis, keep)
        if not largest:
            return found
        from pentad.frontends.tensorflow1.ops.comparison import equal, where

        lowest = convert_to_tensor(x.dtype.min, x.dtype.base_dtype)
        return where(equal(found, lowest), found * 0, found)

    def sparse(*args: Any, **kwargs: Any) -> SparseTensor:
        return from_dense(call(*args, **kwargs))

    call.__name__, sparse.__name__ = public, f"{public}_sparse"
    call.__doc__ = f"{public} over axes, as a tensor."
    sparse.__doc__ = f"{public} over axes, as a SparseTensor."
    return call, sparse


sparse_reduce_sum, sparse_reduce_sum_sparse = _dense_reduction(
    "sparse_reduce_sum", reductions.reduce_sum, False)
sparse_reduce_max, sparse_reduce_max_sparse = _dense_reduction(
    "sparse_reduce_max", reductions.reduce_max, True)


def _matched(a: SparseTensor, b: SparseTensor) -> tuple[Any, Any, Any]:
    """The places of both, and the values of each at these, zero where it has none."""
    places = shaping.concat([_places(a), _places(b)], 0)
    joint, _ = segments.unique(segments.sort(places), dtypes.int64)
    count = cast(shaping.size(joint), dtypes.int64)
    found = []
    for x in (a, b):
        where = cast(segments.searchsorted(joint, _places(x)), dtypes.int64)
        found.append(segments.unsorted_segment_sum(x.values, where, count))
    shape = a.dense_shape
    strides = elementwise.floordiv(reductions.cumprod(shape, reverse=True), shape)
    indices = elementwise.floormod(elementwise.floordiv(shaping.expand_dims(joint, 1), strides),
                                   shape)
    return indices, found[0], found[1]


def sparse_add(
    a: Any, b: Any, threshold: Any = None, thresh: Any = None
) -> Any:
    """The sum of two tensors, one of which at least is sparse."""
    if not (isinstance(a, SparseTensor) and isinstance(b, SparseTensor)):
        sparse, dense = (a, b) if isinstance(a, SparseTensor) else (b, a)
        return sparse_tensor_to_dense(sparse) + dense
    indices, x, y = _matched(a, b)
    found = SparseTensor(indices, x + y, a.dense_shape)
    limit = thresh if threshold is None else threshold
    if limit is None:
        return found
    return _kept(found, elementwise.abs(found.values) >= limit)


def sparse_maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The larger of two, element by element."""
    indices, x, y = _matched(_sparse(sp_a), _sparse(sp_b))
    return SparseTensor(indices, elementwise.maximum(x, y), sp_a.dense_shape)


def sparse_minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The smaller of two, element by element."""
    indices, x, y = _matched(_sparse(sp_a), _sparse(sp_b))
    return SparseTensor(indices, elementwise.minimum(x, y), sp_a.dense_shape)


def sparse_softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The softmax of the elements that are there, over the last axis."""
    x = _sparse(sp_input)
    rows = elementwise.floordiv(_places(x), x.dense_shape[-1])
    count = elementwise.floordiv(reductions.reduce_prod(x.dense_shape), x.dense_shape[-1])
    largest = gathering.gather(segments.unsorted_segment_max(x.values, rows, count), rows)
    powers = elementwise.exp(x.values - largest)
    sums = segments.unsorted_segment_sum(powers, rows, count)
    return SparseTensor(x.indices, powers / gathering.gather(sums, rows), x.dense_shape)


def sparse_concat(
    axis: Any, sp_inputs: Any, name: str | None = None, expand_nonconcat_dim: bool = False,
    concat_dim: Any = None, expand_nonconcat_dims: Any = None,
) -> SparseTensor:
    """Sparse tensors one behind the other along an axis."""
    parts = [_sparse(x) for x in sp_inputs]
    rank = parts[0].indices.shape[1].value
    axis = (concat_dim if axis is None else axis) % rank
    unit = convert_to_tensor(np.eye(rank, dtype=np.int64)[axis])
    offset, indices = parts[0].dense_shape[axis] * 0, []
    widest = parts[0].dense_shape
    for x in parts:
        indices.append(x.indices + unit * offset)
        offset = offset + x.dense_shape[axis]
        widest = elementwise.maximum(widest, x.dense_shape)
    shape = widest * (1 - unit) + unit * offset
    values = shaping.concat([x.values for x in parts], 0)
    whole = SparseTensor(shaping.concat(indices, 0), values, shape)
    return sparse_reorder(whole)


def sparse_to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Any:
    """Which numbers are there, in each row."""
    from pentad.frontends.tensorflow1.ops.comparison import not_equal
    from pentad.frontends.tensorflow1.ops.creation import ones_like

    x = _sparse(sp_input)
    merged = sparse_merge(x, SparseTensor(x.indices, ones_like(x.values, dtypes.int32),
                                          x.dense_shape), vocab_size)
    return not_equal(sparse_tensor_to_dense(merged), 0)


def sparse_merge(
    sp_ids: Any, sp_values: Any, vocab_size: Any, name: str | None = None,
    already_sorted: bool = False,
) -> SparseTensor:
    """The values at the numbers that another tensor has at their places."""
    ids, values = _sparse(sp_ids), _sparse(sp_values)
    last = shaping.expand_dims(cast(ids.values, dtypes.int64), 1)
    indices = shaping.concat([ids.indices[:, :-1], last], 1)
    size = shaping.reshape(cast(convert_to_tensor(vocab_size), dtypes.int64), [1])
    shape = shaping.concat([ids.dense_shape[:-1], size], 0)
    made = SparseTensor(indices, values.values, shape)
    return made if already_sorted else sparse_reorder(made)


def sparse_eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = dtypes.float32, name: Any = None
) -> SparseTensor:
    """A sparse matrix with ones on its diagonal."""
    from pentad.frontends.tensorflow1.ops.creation import ones

    columns = num_rows if num_columns is None else num_columns
    count = builtins.min(num_rows, columns)
    places = np.repeat(np.arange(count, dtype=np.int64)[:, None], 2, 1)
    return SparseTensor(places, ones([count], dtype), [num_rows, columns])


def sparse_expand_dims(sp_input: Any, axis: Any = None, name: str | None = None) -> SparseTensor:
    """A new axis of size one at a place."""
    x = _sparse(sp_input)
    rank = x.indices.shape[1].value
    axis = rank if axis is None else axis + rank + 1 if axis < 0 else axis
    zero = x.indices[:, :1] * 0
    indices = shaping.concat([x.indices[:, :axis], zero, x.indices[:, axis:]], 1)
    one = convert_to_tensor(np.ones(1, np.int64))
    return SparseTensor(indices, x.values, shaping.concat(
        [x.dense_shape[:axis], one, x.dense_shape[axis:]], 0))
