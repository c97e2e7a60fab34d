"""Regions of an input: tables that say which positions belong to each of them.

A table of one axis is a pair of nodes [regions, places]: positions (int64), and which of them
count. What takes maxima, means or weighted sums over regions gathers by such a table, so that the
size of a region costs no graph nodes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Node
from pentad.graph.sizes import Size, product
from pentad.ops.pooling import lowest

Table = tuple[Node, Node]


def positions(shape: Sequence[Size], axis: int) -> Node:
    """int64 positions along an axis."""
    return ops.iota(shape, axis, dtypes.int64)


def within(position: Node, start: Node | int, end: Node | Any) -> Node:
    """start <= position < end."""
    low = start if isinstance(start, Node) else ops.full_like(start, position)
    high = end if isinstance(end, Node) else ops.full_like(end, position)
    return ops.logical_and(ops.ge(position, low), ops.lt(position, high))


def strided(n: Size, m: Size, window: int, stride: int, padding: int, dilation: int) -> Table:
    """m windows at equal distances over an axis of size n."""
    place = positions((m, window), 0) * stride + positions((m, window), 1) * dilation - padding
    return place, within(place, 0, n)


def _widest(n: Size, m: int) -> Size:
    """The largest region: with a = i n mod m, region i has ceil((a + n) / m) elements."""
    if isinstance(n, int):
        return -(-(m - math.gcd(n, m) + n) // m) if m else 0
    return max([-(-(i + 1) * n // m) - i * n // m for i in range(m)], default=0)


def adaptive(n: Size, m: int) -> Table:
    """Region i of m reaches from floor(i n / m) to ceil((i + 1) n / m)."""
    widest = _widest(n, m)
    region, place = positions((m, widest), 0), positions((m, widest), 1)
    count = ops.full_like(m, region)
    start = ops.floor_divide(region * n, count)
    end = ops.neg(ops.floor_divide(ops.neg((region + 1) * n), count))
    place = ops.add(start, place)
    return place, within(place, start, end)


def combined(tables: Sequence[Table], sizes: Sequence[Size]) -> Table:
    """The table of the flattened axes of these sizes from a table for each of them."""
    rank = len(tables)
    grid = (*(t[0].shape[0] for t in tables), *(t[0].shape[1] for t in tables))
    flat, valid = ops.full(0, grid, dtypes.int64), ops.full(True, grid, dtypes.bool_)
    for i, ((place, good), n) in enumerate(zip(tables, sizes, strict=True)):
        flat = ops.add(flat * n, ops.broadcast(place, grid, (i, rank + i)))
        valid = ops.logical_and(valid, ops.broadcast(good, grid, (i, rank + i)))
    shape = (product(grid[:rank]), product(grid[rank:]))
    flat, valid = ops.reshape(flat, shape), ops.reshape(valid, shape)
    return ops.where(valid, flat, ops.full_like(0, flat)), valid


def leading_last(x: Node, count: int) -> Node:
    """The first `count` axes moved to the end."""
    return ops.transpose(x, [*range(count, x.ndim), *range(count)])


def maxima(x: Node, table: Table) -> tuple[Node, Node]:
    """(values, positions) of the largest element of each region of the last axis."""
    index, valid = table
    last = x.ndim - 1
    seen = ops.gather(x, index, axes=(last,))
    low = ops.full_like(lowest(x.dtype), seen)
    seen = ops.where(ops.broadcast(valid, seen.shape, (0, 1)), seen, low)
    best = ops.argmax(ops.stop_gradient(seen), 1)
    row = positions(best.shape, 0) * index.shape[1]
    flat = ops.reshape(index, (product(index.shape),))
    place = leading_last(ops.gather(flat, ops.add(row, best), axes=(0,)), 1)
    return ops.take_along_axis(x, place, last), place


def largest(x: Node, tables: Sequence[Table]) -> tuple[Node, Node]:
    """(values, positions in the flattened last axes) of the largest elements of boxes."""
    rank = len(tables)
    lead, sizes = x.shape[: x.ndim - rank], x.shape[x.ndim - rank :]
    flat = ops.reshape(x, (*lead, product(sizes)))
    values, place = maxima(flat, combined(tables, sizes))
    shape = (*lead, *(t[0].shape[0] for t in tables))
    return ops.reshape(values, shape), ops.reshape(place, shape)


def weighted(x: Node, axis: int, index: Node, weight: Node | None) -> Node:
    """Sums over `index` [m, k] along an axis, each element times its `weight` [m, k].

    Without weights index is [m], and elements are taken as they are.
    """
    found = ops.gather(x, index, axes=(axis,))
    if weight is not None:
        share = ops.broadcast(ops.cast(weight, x.dtype), found.shape, (0, 1))
        found = ops.reduce_sum(ops.mul(found, share), (1,))
    return ops.transpose(found, [*range(1, axis + 1), 0, *range(axis + 1, x.ndim)])


def means(x: Node, axis: int, table: Table) -> Node:
    """The mean of each region along an axis."""
    index, valid = table
    found = ops.gather(x, ops.where(valid, index, ops.full_like(0, index)), axes=(axis,))
    kept = ops.where(ops.broadcast(valid, found.shape, (0, 1)), found, ops.full_like(0, found))
    count = ops.reduce_sum(ops.cast(valid, dtypes.int64), (1,))
    sums = ops.reduce_sum(kept, (1,))
    mean = ops.div(sums, ops.broadcast(ops.cast(count, x.dtype), sums.shape, (0,)))
    return ops.transpose(mean, [*range(1, axis + 1), 0, *range(axis + 1, x.ndim)])


def whole(x: Node) -> Node:
    """A floating-point position rounded down, as int64 and without a gradient."""
    return ops.cast(ops.floor(ops.stop_gradient(x)), dtypes.int64)


def limited(index: Node, n: Size) -> Node:
    """The nearest position in [0, n)."""
    zero, last = ops.full_like(0, index), ops.full_like(n - 1, index)
    return ops.minimum(ops.maximum(index, zero), last)


def cubic(distance: Node, a: float) -> Node:
    """The cubic kernel of Keys (1981) at a distance; a: its slope at 1."""
    d = ops.abs(distance)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    outside = ops.where(ops.lt(d, ops.full_like(2, d)), far, ops.full_like(0, d))
    return ops.where(ops.le(d, ops.full_like(1, d)), near, outside)


def triangle(distance: Node) -> Node:
    """1 - |distance|, at least 0."""
    rest = 1 - ops.abs(distance)
    return ops.where(ops.gt(rest, ops.full_like(0, rest)), rest, ops.full_like(0, rest))


def taps(support: float) -> int:
    """How many positions a kernel that reaches so far can meet."""
    return math.ceil(support) * 2 + 1
