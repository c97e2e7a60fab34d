"""Picking and placing elements along one dimension by tensors of indices."""

from __future__ import annotations

from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.compare import eq
from pentad.tensor.functions.indexing import nonzero
from pentad.tensor.functions.pointwise import cast
from pentad.tensor.functions.pointwise import where as choose
from pentad.tensor.functions.ranges import arange
from pentad.tensor.functions.shaping import unsqueeze
from pentad.tensor.out import write_out
from pentad.tensor.promotion import broadcast_shapes, is_weak, normalize_dim
from pentad.tensor.tensor import Tensor


def require_index(name: str, index: Node) -> None:
    """DTypeError unless the tensor is of integers."""
    if not index.dtype.is_integer:
        raise DTypeError(
            message(f"{name}: the index is not of integers", expected="int64 or int32",
                    got=index.dtype.name)
        )


def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """input where the condition is true, else other; with neither, the places where it is true,
    one vector of indices for each dimension."""
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    found = choose(condition, input, other)
    return found if out is None else write_out("where", out, found)


@surface
def index_select(x: Node, dim: int, index: Node) -> Node:
    """The positions in `index` along a dimension."""
    at = normalize_dim("index_select", dim, x.ndim)
    require_index("index_select", index)
    if index.ndim > 1:
        raise ShapeError(
            message("index_select: the index", expected="a vector", got=str(list(index.shape)))
        )
    index = ops.cast(ops.reshape(index, (product(index.shape),)), dtypes.int64)
    if x.ndim == 0:
        return ops.reshape(ops.gather(ops.reshape(x, (1,)), index, axes=(0,)), ())
    picked = ops.gather(x, index, axes=(at,))
    return ops.transpose(picked, [*range(1, at + 1), 0, *range(at + 1, picked.ndim)])


@surface
def gather(x: Node, dim: int, index: Node, *, sparse_grad: bool = False) -> Node:
    """out[i][j] = x[index[i][j]][j] (for dim 0): picks along a dimension."""
    at = normalize_dim("gather", dim, x.ndim)
    require_index("gather", index)
    shape = index.shape
    if any(isinstance(n, int) and n == 0 for n in shape):
        return ops.full(0, shape, x.dtype)
    x, index = (ops.reshape(v, (1,)) if v.ndim == 0 else v for v in (x, index))
    _require_along("gather", x, at, index)
    found = ops.take_along_axis(_cut(x, at, index.shape), ops.cast(index, dtypes.int64), at)
    return ops.reshape(found, shape)


def _cut(x: Node, at: int, shape: Any) -> Node:
    limit = [n if i == at else m for i, (n, m) in enumerate(zip(x.shape, shape, strict=True))]
    return ops.slice_(x, [0] * x.ndim, limit)


def _require_along(name: str, x: Node, at: int, index: Node) -> None:
    empty = any(isinstance(n, int) and n == 0 for n in index.shape)
    if index.ndim != x.ndim or any(
        i != at and m > n and not empty
        for i, (n, m) in enumerate(zip(x.shape, index.shape, strict=True))
    ):
        raise ShapeError(
            message(f"{name}: the index does not fit",
                    expected=f"sizes at most those of {list(x.shape)} but for dimension {at}",
                    got=str(list(index.shape)))
        )


@surface
def take(x: Node, index: Node) -> Node:
    """The elements at `index` of x seen as a vector."""
    require_index("take", index)
    flat = ops.reshape(x, (product(x.shape),))
    return ops.gather(flat, ops.cast(index, dtypes.int64), axes=(0,))


@surface
def take_along_dim(x: Node, indices: Node, dim: int | None = None) -> Node:
    """`gather` with the other dimensions broadcast; of x seen as a vector, if dim is None."""
    require_index("take_along_dim", indices)
    indices = ops.cast(indices, dtypes.int64)
    if dim is None:
        flat = ops.reshape(x, (product(x.shape),))
        return ops.gather(flat, ops.reshape(indices, (product(indices.shape),)), axes=(0,))
    at = normalize_dim("take_along_dim", dim, x.ndim)
    if x.ndim != indices.ndim:
        raise ShapeError(
            message("take_along_dim: the indices", expected=f"{x.ndim} dimensions",
                    got=str(list(indices.shape)))
        )

    def without(shape: Any) -> list[Any]:
        return [1 if i == at else n for i, n in enumerate(shape)]

    shape = list(broadcast_shapes("take_along_dim", (without(x.shape), without(indices.shape))))
    wide, whole = list(shape), list(shape)
    wide[at], whole[at] = indices.shape[at], x.shape[at]
    return ops.take_along_axis(ops.broadcast(x, whole), ops.broadcast(indices, wide), at)


# -- placing ---------------------------------------------------------------------------------------


def placed_along(
    name: str, x: Node, dim: int, index: Node, src: Node
) -> tuple[Node, Node, list[Node], tuple[Any, ...]]:
    """(x, src, index tensors for every axis, the result's shape); 0-d tensors count as vectors."""
    at = normalize_dim(name, dim, x.ndim)
    require_index(name, index)
    shape = x.shape
    src = ops.cast(src, x.dtype)
    if src.ndim == 0:
        src = ops.broadcast(src, index.shape)
    x, index, src = (ops.reshape(v, (1,)) if v.ndim == 0 else v for v in (x, index, src))
    _require_along(name, x, at, index)
    if src.ndim != index.ndim or any(m > n for m, n in zip(index.shape, src.shape, strict=True)):
        raise ShapeError(
            message(f"{name}: the source does not fit", expected=f"at least {list(index.shape)}",
                    got=str(list(src.shape)))
        )
    index = ops.cast(index, dtypes.int64)
    src = ops.slice_(src, [0] * src.ndim, index.shape)
    places = [
        index if i == at else ops.iota(index.shape, i, dtypes.int64) for i in range(x.ndim)
    ]
    return x, src, places, shape


def _scattered(x: Node, dim: int, index: Node, src: Node, kind: str) -> Node:
    name = "scatter" if kind == "set" else "scatter_add"
    if src.dtype is not x.dtype and not is_weak(src):
        raise DTypeError(
            message(f"{name}: dtypes differ", expected=x.dtype.name, got=src.dtype.name,
                    hint="convert the source with .to(...)")
        )
    x, src, places, shape = placed_along(name, x, dim, index, src)
    if kind == "add" and x.dtype is dtypes.bool_:
        small = [ops.cast(v, dtypes.uint8) for v in (x, src)]
        found = ops.scatter_reduce(*small, *places, axes=range(x.ndim), kind="max")
        return ops.reshape(ops.ne(found, ops.full_like(0, found)), shape)
    return ops.reshape(ops.scatter(x, src, *places, axes=range(x.ndim), kind=kind), shape)


@surface
def _scatter(x: Node, dim: int, index: Node, src: Node) -> Node:
    return _scattered(x, dim, index, src, "set")


_scatter.surface.name = "scatter"


@surface
def scatter_add(x: Node, dim: int, index: Node, src: Node) -> Node:
    """x with out[index[i][j]][j] += src[i][j] (for dim 0)."""
    return _scattered(x, dim, index, src, "add")


def _scatter_form(src: Any, value: Any, reduce: str | None) -> tuple[Any, Any]:
    from pentad.tensor.functions.placing import _scatter_multiply

    forms = {None: _scatter, "add": scatter_add, "multiply": _scatter_multiply}
    if reduce not in forms or (src is None) == (value is None):
        raise ArgumentError(
            message("scatter: arguments", expected="src or value, reduce None, 'add' or 'multiply'",
                    got=f"src {src!r}, value {value!r}, reduce {reduce!r}")
        )
    return forms[reduce], value if src is None else src


def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
    reduce: str | None = None,
) -> Any:
    """x with out[index[i][j]][j] = src[i][j] (for dim 0); of equal places the last wins.

    src may be a number (also called value); reduce "add" or "multiply" combines instead.
    """
    form, source = _scatter_form(src, value, reduce)
    return form(input, dim, index, source)


def scatter_(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
    reduce: str | None = None,
) -> Any:
    """`scatter` in place."""
    form, source = _scatter_form(src, value, reduce)
    return form.inplace(input, dim, index, source)


def one_hot(input: Tensor, num_classes: int, dtype: DType = dtypes.int64) -> Any:
    """A new last dimension that is 1 at the class and 0 elsewhere."""
    return cast(eq(unsqueeze(input, -1), arange(num_classes)), dtype)
