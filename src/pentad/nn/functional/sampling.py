"""grid_sample and affine_grid: reading an image at positions that are data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product as choices

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.nn.functional import regions
from pentad.nn.functional.common import require_same_dtype
from pentad.tensor.dispatch import surface

_MODES = ("bilinear", "nearest", "bicubic")
_PADDING = ("zeros", "border", "reflection")


def _clipped(x: Node, n: int) -> Node:
    """x limited to [0, n - 1]; like PyTorch's, without a gradient at the limits themselves."""
    zero, last = ops.full_like(0, x), ops.full_like(n - 1, x)
    return ops.where(ops.gt(x, zero), ops.where(ops.lt(x, last), x, last), zero)


def _reflected(x: Node, low: float, high: float) -> Node:
    """x mirrored at low and high until it lies between them."""
    if low == high:
        return ops.full_like(0, x)
    span = high - low
    far = ops.abs(x - low)
    turns = ops.floor(ops.stop_gradient(far) * (1 / span))
    rest = ops.sub(far, turns * span)
    even = ops.eq(ops.remainder(turns, ops.full_like(2, turns)), ops.full_like(0, turns))
    return ops.where(even, rest + low, (span + low) - rest)


def _placed(x: Node, n: int, padding: str, corners: bool) -> Node:
    """A position with respect to the padding mode."""
    if padding == "border":
        return _clipped(x, n)
    if padding == "reflection":
        low, high = (0.0, n - 1.0) if corners else (-0.5, n - 0.5)
        return _clipped(_reflected(x, low, high), n)
    return x


def _read(x: Node, index: Sequence[Node]) -> Node:
    """[N, C, ...]: the elements of x at int64 positions [N, ...], 0 outside."""
    inside = ops.full(True, index[0].shape, dtypes.bool_)
    for place, n in zip(index, x.shape[2:], strict=True):
        inside = ops.logical_and(inside, regions.within(place, 0, n))
    batch = regions.positions(index[0].shape, 0)
    places = [regions.limited(p, n) for p, n in zip(index, x.shape[2:], strict=True)]
    axes = (0, *range(2, x.ndim))
    found = ops.gather(x, batch, *places, axes=axes, mode="check")
    wide = ops.broadcast(inside, found.shape, range(inside.ndim))
    found = ops.where(wide, found, ops.full_like(0, found))
    last = found.ndim - 1
    return ops.transpose(found, [0, last, *range(1, last)])


def _spread(weight: Node, like: Node) -> Node:
    return ops.broadcast(weight, like.shape, (0, *range(2, like.ndim)))


def _corners(place: Sequence[Node]) -> Iterator[tuple[list[Node], Node]]:
    """(positions, weight) of the 2 ** rank elements around each place."""
    low = [regions.whole(p) for p in place]
    rest = [ops.sub(p, ops.cast(i, p.dtype)) for p, i in zip(place, low, strict=True)]
    for ends in choices((0, 1), repeat=len(place)):
        weight = None
        for r, end in zip(rest, ends, strict=True):
            share = r if end else 1 - r
            weight = share if weight is None else ops.mul(weight, share)
        assert weight is not None
        yield [i + e for i, e in zip(low, ends, strict=True)], weight


def _cubic_taps(
    place: Sequence[Node], sizes: Sequence[int], padding: str, corners: bool
) -> Iterator[tuple[list[Node], Node]]:
    """The same of the 16 elements that a cubic curve needs in two dimensions."""
    low = [regions.whole(p) for p in place]
    rest = [ops.sub(p, ops.cast(i, p.dtype)) for p, i in zip(place, low, strict=True)]
    for at in choices(range(-1, 3), repeat=2):
        weights = [regions.cubic(r - i, -0.75) for r, i in zip(rest, at, strict=True)]
        index = []
        for base, i, n, p in zip(low, at, sizes, place, strict=True):
            moved = ops.cast(base + i, p.dtype)
            index.append(regions.whole(_placed(moved, n, padding, corners)))
        yield index, ops.mul(*weights)


def _require(x: Node, grid: Node, mode: str, padding_mode: str) -> None:
    require_same_dtype("grid_sample", x, grid)
    for what, value, known in (("mode", mode, _MODES), ("padding_mode", padding_mode, _PADDING)):
        if value not in known:
            raise ArgumentError(
                message(f"grid_sample: {what}", expected=", ".join(map(repr, known)),
                        got=repr(value))
            )
    rank = x.ndim - 2
    fits = grid.ndim == x.ndim and grid.shape[0] == x.shape[0] and grid.shape[-1] == rank
    if rank not in (2, 3) or not fits or any(n == 0 for n in x.shape[2:]):
        raise ShapeError(
            message(
                "grid_sample: the operands do not fit",
                expected="an input [N, C, H, W] and a grid [N, h, w, 2], or [N, C, D, H, W] and "
                "[N, d, h, w, 3], with spatial sizes >= 1",
                got=f"{list(x.shape)} and {list(grid.shape)}",
            )
        )
    if mode == "bicubic" and rank == 3:
        raise ArgumentError(
            message("grid_sample: mode bicubic", expected="an input of 4 dimensions", got="5")
        )


@surface
def grid_sample(
    input: Node, grid: Node, mode: str = "bilinear", padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Node:
    """The input [N, C, H, W] read at positions [N, h, w, 2]: (x, y) in [-1, 1] from edge to edge.

    Three dimensions likewise, positions being (x, y, z). mode: "bilinear", "nearest", "bicubic"
    (two dimensions); padding_mode: what lies outside ("zeros", "border", "reflection");
    align_corners: are -1 and 1 the middles of the outermost elements, instead of their edges?
    """
    _require(input, grid, mode, padding_mode)
    corners, rank = bool(align_corners), input.ndim - 2
    sizes = input.shape[2:]
    place = []
    for i, n in enumerate(sizes):
        at = rank - 1 - i  # the grid gives the last axis first
        start = [0] * (rank + 1) + [at]
        own = ops.slice_(grid, start, (*grid.shape[:-1], at + 1))
        own = ops.reshape(own, grid.shape[:-1])
        own = (own + 1) * ((n - 1) / 2) if corners else ((own + 1) * n - 1) * 0.5
        # A position that is no number lies outside.
        own = ops.where(ops.isnan(own), ops.full_like(-1e9, own), own)
        place.append(own if mode == "bicubic" else _placed(own, n, padding_mode, corners))
    limit = 2.0**30  # whole positions beyond it need not be told apart
    place = [ops.minimum(ops.maximum(p, ops.full_like(-limit, p)), ops.full_like(limit, p))
             for p in place]
    if mode == "nearest":
        return _read(input, [regions.whole(ops.round(p)) for p in place])
    taps = (
        _corners(place) if mode == "bilinear"
        else _cubic_taps(place, sizes, padding_mode, corners)
    )
    total = None
    for index, weight in taps:
        found = _read(input, index)
        part = ops.mul(found, _spread(weight, found))
        total = part if total is None else ops.add(total, part)
    assert total is not None
    return total


def _line(n: int, corners: bool, like: Node) -> Node:
    """[n] positions from -1 to 1."""
    place = ops.iota((n,), 0, like.dtype)
    if n <= 1:
        return ops.full_like(0, place)
    line = place * (2 / (n - 1)) - 1
    return line if corners else line * ((n - 1) / n)


@surface
def affine_grid(theta: Node, size: Sequence[int], align_corners: bool | None = None) -> Node:
    """The grid for grid_sample that maps an output of shape `size` by matrices theta.

    theta [N, 2, 3] and size (N, C, H, W) give [N, H, W, 2]; [N, 3, 4] and (N, C, D, H, W) give
    [N, D, H, W, 3] (Jaderberg et al., 2015).
    """
    rank = len(size) - 2
    if rank not in (2, 3) or theta.shape != (size[0], rank, rank + 1) or min(size) < 1:
        raise ShapeError(
            message("affine_grid: theta and size do not fit",
                    expected="[N, 2, 3] with (N, C, H, W) or [N, 3, 4] with (N, C, D, H, W), "
                    "sizes >= 1", got=f"{list(theta.shape)} with {tuple(size)}")
        )
    space = tuple(size[2:])
    columns = []
    for i in reversed(range(rank)):
        line = _line(space[i], bool(align_corners), theta)
        columns.append(ops.broadcast(line, (*space, 1), (i,)))
    columns.append(ops.full(1, (*space, 1), theta.dtype))
    base = ops.reshape(ops.concatenate(columns, rank), (math.prod(space), rank + 1))
    found = ops.dot_general(theta, base, contract=((2,), (1,)), batch=((), ()))
    return ops.reshape(ops.transpose(found, (0, 2, 1)), (size[0], *space, rank))
