"""Tensors joined, cut apart and combined with each other, by NumPy's and PyTorch's names."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import tensor
from pentad.tensor.functions.picking import index_select
from pentad.tensor.functions.shaping import cat, expand, narrow, reshape, stack
from pentad.tensor.promotion import broadcast_shapes, normalize_dim, result_type
from pentad.tensor.tensor import Tensor


def _members(name: str, tensors: Any) -> list[Tensor]:
    found = list(tensors)
    if not found:
        raise ArgumentError(message(f"{name}: no tensors", expected="at least one", got="none"))
    return found


# -- at least so many dimensions -------------------------------------------------------------------


def _each(tensors: tuple[Any, ...], function: Any) -> Any:
    """The function of one tensor, or of each of several."""
    if len(tensors) == 1 and isinstance(tensors[0], Tensor):
        return function(tensors[0])
    one = len(tensors) == 1 and isinstance(tensors[0], (list, tuple))
    return tuple(function(t) for t in (tensors[0] if one else tensors))


def atleast_1d(*tensors: Any) -> Any:
    """Views with at least one dimension."""
    return _each(tensors, lambda t: reshape(t, (1,)) if t.ndim == 0 else t)


def atleast_2d(*tensors: Any) -> Any:
    """Views with at least two dimensions; a vector becomes a row."""
    return _each(tensors, lambda t: reshape(t, (1, *(t.shape or (1,)))) if t.ndim < 2 else t)


def atleast_3d(*tensors: Any) -> Any:
    """Views with at least three dimensions; a matrix gets a last one."""

    def wide(t: Tensor) -> Any:
        if t.ndim >= 3:
            return t
        return reshape(t, (1, *(t.shape or (1,)), 1) if t.ndim < 2 else (*t.shape, 1))

    return _each(tensors, wide)


# -- joined ----------------------------------------------------------------------------------------


def hstack(tensors: Sequence[Tensor]) -> Any:
    """Side by side: along the second dimension, vectors along their only one."""
    parts = [atleast_1d(t) for t in _members("hstack", tensors)]
    return cat(parts, 0 if parts[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Any:
    """One above the other: along the first dimension, vectors as rows."""
    return cat([atleast_2d(t) for t in _members("vstack", tensors)], 0)


def dstack(tensors: Sequence[Tensor]) -> Any:
    """One behind the other: along the third dimension."""
    return cat([atleast_3d(t) for t in _members("dstack", tensors)], 2)


def column_stack(tensors: Sequence[Tensor]) -> Any:
    """Side by side, vectors as columns."""
    parts = [
        reshape(t, (t.numel(), 1)) if t.ndim < 2 else t for t in _members("column_stack", tensors)
    ]
    return cat(parts, 1)


@surface
def _block_diag(tensors: Sequence[Node]) -> Node:
    dtype = result_type(list(tensors))
    blocks = []
    for x in tensors:
        if x.ndim > 2:
            raise ShapeError(
                message("block_diag: not a matrix", expected="at most 2 dimensions",
                        got=str(list(x.shape)))
            )
        blocks.append(ops.reshape(ops.cast(x, dtype), ((1,) * (2 - x.ndim) + x.shape)))
    width: Any = 0
    total = sum(int(b.shape[1]) for b in blocks)
    rows = []
    for b in blocks:
        n = b.shape[1]
        rows.append(ops.pad(b, (0, width), (0, total - width - n)))
        width += int(n)
    return ops.copy(rows[0]) if len(rows) == 1 else ops.concatenate(rows, 0)


_block_diag.surface.name = "block_diag"


def block_diag(*tensors: Tensor) -> Any:
    """A matrix with the given ones along its diagonal, and zeros elsewhere."""
    return _block_diag(list(tensors) or [tensor([[]])])


# -- cut apart -------------------------------------------------------------------------------------


def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Views of consecutive parts of the given sizes."""
    from pentad.tensor.functions.shaping import split

    return split(input, list(split_sizes), dim)


def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views of so many parts (the first ones larger by one), or of the parts between indices."""
    if input.ndim == 0:
        raise ShapeError(message("tensor_split: no dimension", expected="at least one", got="0-d"))
    at = normalize_dim("tensor_split", dim, input.ndim)
    n = int(input.shape[at])
    given = indices_or_sections
    if isinstance(given, Tensor):
        given = given.tolist()  # type: ignore[attr-defined]
    if isinstance(given, int):
        if given <= 0:
            raise ArgumentError(message("tensor_split: sections", expected="> 0", got=str(given)))
        small, larger = divmod(n, given)
        ends = list(itertools.accumulate([small + (i < larger) for i in range(given)]))[:-1]
    else:
        ends = list(given)
    bounds = [0, *(max(0, min(n, e + n if e < 0 else e)) for e in ends), n]
    return tuple(
        narrow(input, at, min(a, n), max(b - a, 0)) for a, b in itertools.pairwise(bounds)
    )


def _sections(name: str, input: Tensor, given: Any, at: int) -> tuple[Any, ...]:
    if isinstance(given, int) and (given <= 0 or input.shape[at] % given):
        raise ArgumentError(
            message(f"{name}: sections", expected=f"a divisor of {input.shape[at]}", got=str(given))
        )
    return tensor_split(input, given, at)


def _require_ndim(name: str, input: Tensor, least: int) -> None:
    if input.ndim < least:
        raise ShapeError(
            message(f"{name}: too few dimensions", expected=f"at least {least}",
                    got=str(input.ndim))
        )


def hsplit(input: Tensor, indices_or_sections: Any) -> tuple[Any, ...]:
    """Parts side by side: along the second dimension, of a vector along its only one."""
    _require_ndim("hsplit", input, 1)
    return _sections("hsplit", input, indices_or_sections, 0 if input.ndim == 1 else 1)


def vsplit(input: Tensor, indices_or_sections: Any) -> tuple[Any, ...]:
    """Parts one above the other: along the first dimension."""
    _require_ndim("vsplit", input, 2)
    return _sections("vsplit", input, indices_or_sections, 0)


def dsplit(input: Tensor, indices_or_sections: Any) -> tuple[Any, ...]:
    """Parts one behind the other: along the third dimension."""
    _require_ndim("dsplit", input, 3)
    return _sections("dsplit", input, indices_or_sections, 2)


# -- every combination -----------------------------------------------------------------------------


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Views of each vector along a dimension of its own, expanded over those of the others.

    indexing: "ij" (the default), or "xy", which exchanges the first two dimensions.
    """
    one = len(tensors) == 1 and isinstance(tensors[0], (list, tuple))
    given = _members("meshgrid", tensors[0] if one else tensors)
    if indexing not in (None, "ij", "xy"):
        raise ArgumentError(
            message("meshgrid: indexing", expected="'ij' or 'xy'", got=repr(indexing))
        )
    if any(t.ndim > 1 for t in given):
        raise ShapeError(message("meshgrid: not vectors", expected="at most 1 dimension each",
                                 got=" and ".join(str(list(t.shape)) for t in given)))
    swap = indexing == "xy" and len(given) >= 2
    if swap:
        given[0], given[1] = given[1], given[0]
    shape = tuple(t.numel() for t in given)
    grids = [
        expand(reshape(t, tuple(n if i == k else 1 for k, n in enumerate(shape))), shape)
        for i, t in enumerate(given)
    ]
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Any:
    """All tuples of one element of each vector, as rows."""
    given = _members("cartesian_prod", tensors)
    if any(t.ndim != 1 for t in given):
        raise ShapeError(message("cartesian_prod: not vectors", expected="1 dimension each",
                                 got=" and ".join(str(list(t.shape)) for t in given)))
    if len(given) == 1:
        return given[0]
    return stack([reshape(g, -1) for g in meshgrid(*given)], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Any:
    """All combinations of r elements of a vector, as rows, in the order of itertools."""
    if input.ndim != 1 or not isinstance(r, int) or r < 0:
        raise ArgumentError(
            message("combinations: arguments", expected="a vector, r >= 0",
                    got=f"{list(input.shape)}, r {r!r}")
        )
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(int(input.shape[0])), r))
    if r == 0:
        return input.new_empty((0,))  # type: ignore[attr-defined]
    index = tensor([i for row in rows for i in row], dtype=dtypes.int64)
    return reshape(index_select(input, 0, index), (len(rows), r))


def broadcast_shapes_of(*shapes: Any) -> tuple[Any, ...]:
    """The common shape that these shapes broadcast to."""
    return broadcast_shapes(
        "broadcast_shapes", [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    )
