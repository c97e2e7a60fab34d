"""Tensors repeated, rolled, flipped and cut to triangles, in new memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.convert import values_of
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import from_numpy
from pentad.tensor.functions.picking import index_select
from pentad.tensor.functions.pointwise import clone
from pentad.tensor.functions.shaping import expand, reshape, sizes
from pentad.tensor.promotion import normalize_dim
from pentad.tensor.tensor import Tensor


@surface
def _flip(x: Node, dims: Sequence[int]) -> Node:
    places = [normalize_dim("flip", d, x.ndim) for d in dims]
    if len(set(places)) != len(places):
        raise ShapeError(message("flip: a dimension is given twice", expected="distinct",
                                 got=str(tuple(dims))))
    return ops.copy(ops.reverse(x, places) if x.ndim else x)


_flip.surface.name = "flip"


def flip(input: Tensor, *given: Any, dims: Any = None) -> Any:
    """A copy with the order along `dims` reversed."""
    return _flip(input, sizes(given if dims is None else (dims,)))


def fliplr(input: Tensor) -> Any:
    """A copy with the second dimension reversed."""
    return _flipped("fliplr", input, 1)


def flipud(input: Tensor) -> Any:
    """A copy with the first dimension reversed."""
    return _flipped("flipud", input, 0)


def _flipped(name: str, input: Tensor, dim: int) -> Any:
    if input.ndim <= dim:
        raise ShapeError(
            message(f"{name}: too few dimensions", expected=f"at least {dim + 1}",
                    got=str(input.ndim))
        )
    return flip(input, dim)


@surface
def rot90(x: Node, k: int = 1, dims: Sequence[int] = (0, 1)) -> Node:
    """A copy turned k times by 90 degrees, from the first of two dimensions to the second."""
    if len(dims) != 2 or x.ndim < 2:
        raise ShapeError(message("rot90: dims", expected="two dimensions", got=str(tuple(dims))))
    a, b = (normalize_dim("rot90", d, x.ndim) for d in dims)
    if a == b:
        raise ShapeError(message("rot90: dims", expected="two different ones", got=str(dims)))
    order = list(range(x.ndim))
    order[a], order[b] = b, a
    turns = k % 4
    if turns == 1:
        return ops.copy(ops.transpose(ops.reverse(x, [b]), order))
    if turns == 2:
        return ops.copy(ops.reverse(x, [a, b]))
    return ops.copy(ops.transpose(ops.reverse(x, [a]), order) if turns else x)


def _rolled(x: Node, shift: int, at: int) -> Node:
    n = x.shape[at]
    cut = (-shift) % n if not (isinstance(n, int) and n == 0) else 0
    if isinstance(cut, int) and cut == 0:
        return x
    start, limit = [0] * x.ndim, list(x.shape)
    start[at] = limit[at] = cut
    parts = [ops.slice_(x, start, x.shape), ops.slice_(x, [0] * x.ndim, limit)]
    return ops.concatenate(parts, at)


@surface
def roll(x: Node, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Node:
    """A copy whose elements are moved along dimensions; those pushed out come in again.

    Without dims, the tensor is rolled as a vector.
    """
    steps = (shifts,) if not isinstance(shifts, tuple) else shifts
    if any(isinstance(n, (float, str)) or n is None for n in steps):
        raise DTypeError(message("roll: shifts", expected="integers", got=repr(shifts)))
    if dims is None or dims == ():
        if len(steps) != 1:
            raise ShapeError(message("roll: dims", expected=f"{len(steps)}", got="none"))
        flat = ops.reshape(x, (product(x.shape),))
        return ops.copy(ops.reshape(_rolled(flat, steps[0], 0), x.shape))
    places = (dims,) if not isinstance(dims, tuple) else dims
    if len(places) != len(steps):
        raise ShapeError(
            message("roll: shifts and dims", expected="as many", got=f"{steps} and {places}")
        )
    if x.ndim == 0:
        return ops.copy(x)
    rolled = x
    for step, d in zip(steps, places, strict=True):
        rolled = _rolled(rolled, step, normalize_dim("roll", d, x.ndim))
    return ops.copy(rolled)


def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Each element repeated in its place: `repeats` times, or so often as a vector says.

    Without dim, of the tensor as a vector. `repeat_interleave(repeats)` gives the positions. A
    vector of repeats needs its values: eager only.
    """
    if repeats is None:
        places = np.repeat(np.arange(input.numel()), values_of(input, "repeat_interleave()"))
        return from_numpy(places)
    if dim is None:
        input, dim = reshape(input, -1), 0
    at = normalize_dim("repeat_interleave", dim, input.ndim)
    if isinstance(repeats, Tensor) and repeats.numel() == 1:
        repeats = int(repeats.item())  # type: ignore[attr-defined]
    if isinstance(repeats, int):
        if repeats < 0:
            raise ArgumentError(message("repeat_interleave", expected=">= 0", got=str(repeats)))
        shape = input.shape
        paired = reshape(input, (*shape[: at + 1], 1, *shape[at + 1 :]))
        wide = expand(paired, (*shape[: at + 1], repeats, *shape[at + 1 :]))
        return clone(reshape(wide, (*shape[:at], shape[at] * repeats, *shape[at + 1 :])))
    counts = values_of(repeats, "repeat_interleave()")
    if counts.ndim != 1 or counts.size != input.shape[at] or np.any(counts < 0):
        raise ShapeError(
            message("repeat_interleave: repeats", expected=f"{input.shape[at]} counts >= 0",
                    got=str(counts.shape))
        )
    return index_select(input, at, from_numpy(np.repeat(np.arange(counts.size), counts)))


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
