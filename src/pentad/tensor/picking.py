"""Picking and placing elements along one dimension by tensors of indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.compare import eq
from pentad.tensor.creation import arange
from pentad.tensor.dispatch import surface
from pentad.tensor.pointwise import cast
from pentad.tensor.promotion import normalize_dim
from pentad.tensor.shaping import unsqueeze
from pentad.tensor.tensor import Tensor


@surface
def index_select(x: Node, dim: int, index: Node) -> Node:
    """The positions in `index` along a dimension."""
    at = normalize_dim("index_select", dim, x.ndim)
    if index.ndim != 1:
        raise ShapeError(
            message("index_select: the index", expected="a vector", got=str(list(index.shape)))
        )
    picked = ops.gather(x, ops.cast(index, dtypes.int64), axes=(at,))
    return ops.transpose(picked, [*range(1, at + 1), 0, *range(at + 1, picked.ndim)])


@surface
def gather(x: Node, dim: int, index: Node) -> Node:
    """out[i][j] = x[index[i][j]][j] (for dim 0): picks along a dimension."""
    at = normalize_dim("gather", dim, x.ndim)
    _require_along("gather", x, at, index)
    return ops.take_along_axis(_cut(x, at, index.shape), ops.cast(index, dtypes.int64), at)


def _cut(x: Node, at: int, shape: Sequence[Any]) -> Node:
    limit = [n if i == at else m for i, (n, m) in enumerate(zip(x.shape, shape, strict=True))]
    return ops.slice_(x, [0] * x.ndim, limit)


def _require_along(name: str, x: Node, at: int, index: Node) -> None:
    if index.ndim != x.ndim or any(
        i != at and m > n for i, (n, m) in enumerate(zip(x.shape, index.shape, strict=True))
    ):
        raise ShapeError(
            message(f"{name}: the index does not fit",
                    expected=f"sizes at most those of {list(x.shape)} but for dimension {at}",
                    got=str(list(index.shape)))
        )


def _scatter(x: Node, dim: int, index: Node, src: Node, kind: str) -> Node:
    at = normalize_dim("scatter", dim, x.ndim)
    _require_along("scatter", x, at, index)
    index = ops.cast(index, dtypes.int64)
    src = ops.cast(src, x.dtype)
    if src.ndim == 0:
        src = ops.broadcast(src, index.shape)
    src = ops.slice_(src, [0] * src.ndim, index.shape)
    places = [
        index if i == at else ops.iota(index.shape, i, dtypes.int64) for i in range(x.ndim)
    ]
    return ops.scatter(x, src, *places, axes=tuple(range(x.ndim)), kind=kind)


@surface
def scatter(x: Node, dim: int, index: Node, src: Node) -> Node:
    """x with out[index[i][j]][j] = src[i][j] (for dim 0); of equal places the last wins."""
    return _scatter(x, dim, index, src, "set")


@surface
def scatter_add(x: Node, dim: int, index: Node, src: Node) -> Node:
    """x with out[index[i][j]][j] += src[i][j] (for dim 0)."""
    return _scatter(x, dim, index, src, "add")


@surface
def index_add(x: Node, dim: int, index: Node, source: Node, *, alpha: float = 1) -> Node:
    """x with the slices of `source` added at the positions `index` along a dimension."""
    at = normalize_dim("index_add", dim, x.ndim)
    source = ops.cast(source, x.dtype)
    if alpha != 1:
        source = ops.mul(source, ops.full_like(alpha, source))
    updates = ops.transpose(source, [at, *(i for i in range(x.ndim) if i != at)])
    return ops.scatter(x, updates, ops.cast(index, dtypes.int64), axes=(at,), kind="add")


def one_hot(input: Tensor, num_classes: int, dtype: DType = dtypes.int64) -> Any:
    """A new last dimension that is 1 at the class and 0 elsewhere."""
    return cast(eq(unsqueeze(input, -1), arange(num_classes)), dtype)
