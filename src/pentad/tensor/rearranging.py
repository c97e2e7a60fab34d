"""Tensors repeated, rolled, flipped and cut to triangles, in new memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import normalize_dim
from pentad.tensor.shaping import sizes
from pentad.tensor.tensor import Tensor


@surface
def flip(x: Node, dims: int | Sequence[int]) -> Node:
    """A copy with the order along `dims` reversed."""
    given = (dims,) if isinstance(dims, int) else dims
    return ops.copy(ops.reverse(x, [normalize_dim("flip", d, x.ndim) for d in given]))


@surface
def roll(x: Node, shifts: int, dim: int) -> Node:
    """A copy whose elements are moved along a dimension; those pushed out come in again."""
    at = normalize_dim("roll", dim, x.ndim)
    n = x.shape[at]
    if isinstance(n, int) and n == 0:
        return ops.copy(x)
    cut = (-shifts) % n
    start, limit = [0] * x.ndim, list(x.shape)
    start[at] = cut
    first = ops.slice_(x, start, x.shape)
    limit[at] = cut
    return ops.concatenate([first, ops.slice_(x, [0] * x.ndim, limit)], at)


@surface
def _repeated(x: Node, times: Sequence[int]) -> Node:
    extra = len(times) - x.ndim
    shape = (*(1,) * extra, *x.shape)
    paired = [m for n in shape for m in (1, n)]
    wide = [m for n, r in zip(shape, times, strict=True) for m in (r, n)]
    spread = ops.broadcast(ops.reshape(x, paired), wide)
    return ops.copy(ops.reshape(spread, [n * r for n, r in zip(shape, times, strict=True)]))


def repeat(input: Tensor, *times: Any) -> Any:
    """A copy repeated along each dimension."""
    counts = sizes(times)
    if len(counts) < input.ndim or any(n < 0 for n in counts):
        raise ShapeError(
            message(
                "repeat: counts do not fit",
                expected=f"at least {input.ndim} counts >= 0",
                got=str(counts),
            )
        )
    return _repeated(input, counts)


def tile(input: Tensor, *times: Any) -> Any:
    """Like `repeat`; missing counts are 1."""
    counts = sizes(times)
    return _repeated(input, (*(1,) * (input.ndim - len(counts)), *counts))


@surface
def tril(x: Node, diagonal: int = 0) -> Node:
    """The lower triangle of the last two dimensions, zero above."""
    return _triangle("tril", x, diagonal, lower=True)


@surface
def triu(x: Node, diagonal: int = 0) -> Node:
    """The upper triangle of the last two dimensions, zero below."""
    return _triangle("triu", x, diagonal, lower=False)


def _triangle(name: str, x: Node, diagonal: int, *, lower: bool) -> Node:
    if x.ndim < 2:
        raise ShapeError(message(f"{name}: no matrix", expected="2 dimensions", got=str(x.ndim)))
    row = ops.iota(x.shape, x.ndim - 2, dtypes.int64)
    column = ops.iota(x.shape, x.ndim - 1, dtypes.int64)
    edge = ops.add(row, ops.full_like(diagonal, row))
    keep = ops.le(column, edge) if lower else ops.ge(column, edge)
    return ops.where(keep, x, ops.full_like(0, x))
