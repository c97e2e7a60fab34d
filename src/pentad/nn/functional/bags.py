"""embedding_bag: sums, means and maxima of rows, bag by bag; rows brought to a norm."""

from __future__ import annotations

import math
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.nn.functional.linear import (
    checked,
    padding_index,
    renormalize,
    require_indices,
    scale_by_frequency,
)
from pentad.tensor.dispatch import surface

_MODES = ("sum", "mean", "max")


def _bags(length: Any, offsets: Node, count: Any) -> Node:
    """[length]: the bag of each index; check_index fails for those before the first offset."""
    line = ops.full(0, (length + 1,), dtypes.int64)
    ones = ops.full(1, offsets.shape, dtypes.int64)
    places = checked(offsets, length + 1)
    starts = ops.scatter(line, ones, places, axes=(0,), kind="add")
    bag = ops.slice_(ops.cumsum(starts, 0), (0,), (length,)) - 1
    return ops.check_index(bag, ops.full_like(count, bag))


def _summed(rows: Node, bag: Node, counted: Node, count: Any, mean: bool) -> Node:
    kept = ops.where(ops.broadcast(counted, rows.shape, (0,)), rows, ops.full_like(0, rows))
    empty = ops.full(0, (count, rows.shape[1]), rows.dtype)
    sums = ops.scatter(empty, kept, bag, axes=(0,), kind="add")
    if not mean:
        return sums
    none = ops.full(0, (count,), dtypes.int64)
    sizes = ops.scatter(none, ops.cast(counted, dtypes.int64), bag, axes=(0,), kind="add")
    sizes = ops.maximum(sizes, ops.full_like(1, sizes))
    return ops.div(sums, ops.broadcast(ops.cast(sizes, rows.dtype), sums.shape, (0,)))


def _largest(rows: Node, bag: Node, counted: Node, count: Any) -> Node:
    """[count, d]: the largest element of each bag; 0 of an empty one."""
    length, width = rows.shape
    if length == 0 or width == 0:
        return ops.full(0, (count, width), rows.dtype)
    plane = (count, length)
    own = ops.eq(ops.broadcast(bag, plane, (1,)), ops.iota(plane, 0, dtypes.int64))
    own = ops.logical_and(own, ops.broadcast(counted, plane, (1,)))
    cube = (count, length, width)
    value = ops.broadcast(ops.stop_gradient(rows), cube, (1, 2))
    low = ops.full(-math.inf, cube, rows.dtype)
    best = ops.argmax(ops.where(ops.broadcast(own, cube, (0, 1)), value, low), 1)
    found = ops.take_along_axis(rows, best, 0)
    some = ops.broadcast(ops.reduce_or(own, (1,)), found.shape, (0,))
    return ops.where(some, found, ops.full_like(0, found))


@surface
def _bagged(
    weight: Node, input: Node, offsets: Node | None, per_sample_weights: Node | None, mode: str,
    by_frequency: bool, last: bool, padding_idx: int | None,
) -> Node:
    entries = weight.shape[0]
    index = checked(input, entries)
    if offsets is None:
        count, each = input.shape
        index = ops.reshape(index, (product(input.shape),))
        bag = ops.reshape(ops.iota((count, each), 0, dtypes.int64), index.shape)
    else:
        count = offsets.shape[0] - 1 if last else offsets.shape[0]
        starts = ops.cast(ops.slice_(offsets, (0,), (count,)), dtypes.int64)
        bag = _bags(index.shape[0], starts, count)
    counted = ops.full(True, index.shape, dtypes.bool_)
    if padding_idx is not None:
        row = padding_index(padding_idx, entries)
        counted = ops.ne(index, ops.full_like(row, index))
    rows = ops.gather(weight, index, axes=(0,))
    if by_frequency:
        rows = scale_by_frequency(rows, index, entries)
    if mode == "max":
        return _largest(rows, bag, counted, count)
    if per_sample_weights is not None:
        share = ops.reshape(per_sample_weights, index.shape)
        rows = ops.mul(rows, ops.broadcast(share, rows.shape, (0,)))
    return _summed(rows, bag, counted, count, mode == "mean")


_bagged.surface.name = "embedding_bag"


def _require(
    input: Any, weight: Any, offsets: Any, mode: str, per_sample: Any, last: bool
) -> None:
    require_indices("embedding_bag", input)
    if mode not in _MODES:
        raise ArgumentError(
            message("embedding_bag: mode", expected=", ".join(map(repr, _MODES)), got=repr(mode))
        )
    if weight.ndim != 2 or input.ndim not in (1, 2):
        raise ShapeError(
            message("embedding_bag: the operands do not fit",
                    expected="indices [N] with offsets or [B, N], and a weight [entries, features]",
                    got=f"{list(input.shape)} and {list(weight.shape)}")
        )
    if (offsets is None) != (input.ndim == 2) or (offsets is not None and offsets.ndim != 1):
        raise ArgumentError(
            message("embedding_bag: offsets", expected="a vector for indices [N], none for [B, N]",
                    got="none" if offsets is None else str(list(offsets.shape)))
        )
    if last and (offsets is None or offsets.shape[0] == 0):
        raise ArgumentError(
            message("embedding_bag: include_last_offset", expected="offsets with an end",
                    got="none")
        )
    if offsets is not None:
        require_indices("embedding_bag", offsets)
    if per_sample is not None and (mode != "sum" or per_sample.shape != input.shape):
        raise ArgumentError(
            message("embedding_bag: per_sample_weights",
                    expected=f"{list(input.shape)} with mode 'sum'",
                    got=f"{list(per_sample.shape)} with mode {mode!r}")
        )


def embedding_bag(
    input: Any, weight: Any, offsets: Any = None, max_norm: float | None = None,
    norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = "mean",
    sparse: bool = False, per_sample_weights: Any = None, include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """The sum, mean or maximum ("sum", "mean", "max") of the rows of `weight` in each bag.

    input [B, N]: each row is a bag; or [N] with offsets [B], where the bags begin
    (include_last_offset: and the last one ends). per_sample_weights, of the input's shape,
    multiply rows (mode "sum"). Indices equal to padding_idx do not count. An empty bag gives
    zeros. max_norm, norm_type, scale_grad_by_freq: see `embedding`; sparse changes nothing.
    """
    _require(input, weight, offsets, mode, per_sample_weights, include_last_offset)
    if max_norm is not None:
        renormalize(weight, input, max_norm, norm_type)
    return _bagged(weight, input, offsets, per_sample_weights, mode, scale_grad_by_freq,
                   include_last_offset, padding_idx)
