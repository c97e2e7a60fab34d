"""Placing elements by tensors of indices: scatter with reductions, index_copy, put, masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.indexing import integer_indices, is_mask
from pentad.tensor.functions.indexing import scattered as index_put_nodes
from pentad.tensor.functions.picking import placed_along, require_index
from pentad.tensor.promotion import broadcast_shapes, is_weak, normalize_dim
from pentad.tensor.tensor import Tensor

_KINDS = {"sum": "add", "mean": "add", "prod": "mul", "amax": "max", "amin": "min"}


def _lowest(dtype: DType, largest: bool) -> float:
    """What any element is at least (at most)."""
    if dtype.is_floating_point:
        return float("inf") if largest else float("-inf")
    high = (1 << (dtype.bits - dtype.is_signed)) - 1
    return high if largest else (-(1 << (dtype.bits - 1)) if dtype.is_signed else 0)


def combined(
    name: str, x: Node, src: Node, places: Sequence[Node], axes: Sequence[int], reduce: str,
    include_self: bool,
) -> Node:
    """`x` with `src` reduced into its places; without itself, if include_self is false."""
    if reduce not in _KINDS:
        raise ArgumentError(
            message(f"{name}: reduce", expected=", ".join(_KINDS), got=repr(reduce))
        )
    if x.dtype is dtypes.bool_:
        return _combined_truth(name, x, src, places, axes, reduce, include_self)
    kind, at = _KINDS[reduce], {"axes": tuple(axes)}
    if not include_self:
        starts = {"add": 0, "mul": 1, "max": _lowest(x.dtype, False), "min": _lowest(x.dtype, True)}
        x = ops.scatter(x, ops.full_like(starts[kind], src), *places, kind="set", **at)
    if kind != "add":
        return ops.scatter_reduce(x, src, *places, kind=kind, **at)
    total = ops.scatter(x, src, *places, kind="add", **at)
    if reduce == "sum":
        return total
    begin = ops.full_like(1, x)
    if not include_self:
        begin = ops.scatter(begin, ops.full_like(0, src), *places, kind="set", **at)
    count = ops.scatter(begin, ops.full_like(1, src), *places, kind="add", **at)
    return ops.div(total, count) if x.dtype.is_inexact else ops.floor_divide(total, count)


def _combined_truth(
    name: str, x: Node, src: Node, places: Sequence[Node], axes: Sequence[int], reduce: str,
    include_self: bool,
) -> Node:
    """Of bool, a sum is "or" and a product is "and"."""
    reduce = {"sum": "amax", "prod": "amin"}.get(reduce, reduce)
    x, src = ops.cast(x, dtypes.uint8), ops.cast(src, dtypes.uint8)
    found = combined(name, x, src, places, axes, reduce, include_self)
    return ops.ne(found, ops.full_like(0, found))


@surface
def scatter_reduce(
    x: Node, dim: int, index: Node, src: Node, reduce: str, *, include_self: bool = True
) -> Node:
    """x with out[index[i][j]][j] reduced with src[i][j] (for dim 0): sum, prod, mean, amax, amin.

    include_self: the elements of x take part; otherwise those that updates reach do not.
    """
    if src.dtype is not x.dtype and not is_weak(src):
        raise DTypeError(
            message("scatter_reduce: dtypes differ", expected=x.dtype.name, got=src.dtype.name)
        )
    x, src, places, shape = placed_along("scatter_reduce", x, dim, index, src)
    found = combined("scatter_reduce", x, src, places, range(x.ndim), reduce, include_self)
    return ops.reshape(found, shape)


@surface
def _scatter_multiply(x: Node, dim: int, index: Node, src: Node) -> Node:
    x, src, places, shape = placed_along("scatter", x, dim, index, src)
    return ops.reshape(combined("scatter", x, src, places, range(x.ndim), "prod", True), shape)


_scatter_multiply.surface.name = "scatter"


# -- along one dimension ---------------------------------------------------------------------------


def _slices(name: str, x: Node, dim: int, index: Node, source: Node) -> tuple[Any, ...]:
    """(x, at, index, source moved so that its dimension comes first)."""
    at = normalize_dim(name, dim, x.ndim)
    require_index(name, index)
    x = ops.reshape(x, (1,)) if x.ndim == 0 else x
    index = ops.reshape(index, (1,)) if index.ndim == 0 else index
    if source.ndim == 0:
        source = ops.reshape(source, (1,) * x.ndim)
    n = index.shape[0]
    expected = tuple(n if i == at else m for i, m in enumerate(x.shape))
    if index.ndim != 1 or source.shape != expected:
        raise ShapeError(
            message(f"{name}: the source does not fit", expected=f"an index vector, a source of "
                    f"{list(expected)}", got=f"{list(index.shape)} and {list(source.shape)}")
        )
    if source.dtype is not x.dtype:
        raise DTypeError(
            message(f"{name}: dtypes differ", expected=x.dtype.name, got=source.dtype.name)
        )
    moved = ops.transpose(source, [at, *(i for i in range(x.ndim) if i != at)])
    return x, at, ops.cast(index, dtypes.int64), moved


@surface
def index_copy(x: Node, dim: int, index: Node, source: Node) -> Node:
    """x with the slices of `source` at the positions `index` along a dimension."""
    wide, at, index, source = _slices("index_copy", x, dim, index, source)
    found = ops.scatter(wide, source, index, axes=(at,), kind="set")
    return ops.reshape(found, x.shape)


@surface
def index_add(x: Node, dim: int, index: Node, source: Node, *, alpha: float = 1) -> Node:
    """x with `alpha` times the slices of `source` added at positions along a dimension."""
    wide, at, index, source = _slices("index_add", x, dim, index, source)
    if alpha != 1 and x.dtype is not dtypes.bool_:
        source = ops.mul(source, ops.full_like(alpha, source))
    if x.dtype is dtypes.bool_:
        source = source if alpha else ops.full_like(False, source)
        small = [ops.cast(v, dtypes.uint8) for v in (wide, source)]
        found = ops.scatter_reduce(*small, index, axes=(at,), kind="max")
        return ops.reshape(ops.ne(found, ops.full_like(0, found)), x.shape)
    return ops.reshape(ops.scatter(wide, source, index, axes=(at,), kind="add"), x.shape)


@surface
def index_fill(x: Node, dim: int, index: Node, value: Node) -> Node:
    """x with one number in the slices at positions along a dimension."""
    at = normalize_dim("index_fill", dim, x.ndim)
    require_index("index_fill", index)
    if value.ndim:
        raise ShapeError(
            message("index_fill: the value", expected="a number", got=str(list(value.shape)))
        )
    wide = ops.reshape(x, (1,)) if x.ndim == 0 else x
    index = ops.cast(ops.reshape(index, (product(index.shape),)), dtypes.int64)
    rest = tuple(n for i, n in enumerate(wide.shape) if i != at)
    filled = ops.broadcast(ops.cast(value, x.dtype), (*index.shape, *rest))
    return ops.reshape(ops.scatter(wide, filled, index, axes=(at,), kind="set"), x.shape)


@surface
def index_reduce(
    x: Node, dim: int, index: Node, source: Node, reduce: str, *, include_self: bool = True
) -> Node:
    """x with the slices of `source` reduced into positions: prod, mean, amax or amin."""
    if reduce == "sum":
        raise ArgumentError(
            message("index_reduce: reduce", expected="prod, mean, amax, amin", got="'sum'",
                    hint="use index_add")
        )
    wide, at, index, source = _slices("index_reduce", x, dim, index, source)
    found = combined("index_reduce", wide, source, [index], (at,), reduce, include_self)
    return ops.reshape(found, x.shape)


# -- anywhere --------------------------------------------------------------------------------------


@surface
def put(x: Node, index: Node, source: Node, accumulate: bool = False) -> Node:
    """x, seen as a vector, with the elements of `source` at `index` (or added to them)."""
    require_index("put", index)
    if product(source.shape) != product(index.shape) or source.dtype is not x.dtype:
        raise ShapeError(
            message("put: the source does not fit", expected=f"{product(index.shape)} elements of "
                    f"{x.dtype.name}", got=str(source.type))
        )
    flat = ops.reshape(x, (product(x.shape),))
    index = ops.cast(ops.reshape(index, (product(index.shape),)), dtypes.int64)
    source = ops.reshape(source, index.shape)
    if accumulate:
        return ops.reshape(combined("put", flat, source, [index], (0,), "sum", True), x.shape)
    return ops.reshape(ops.scatter(flat, source, index, axes=(0,), kind="set"), x.shape)


def _put_arguments(input: Tensor, indices: Any, values: Any, accumulate: bool) -> tuple[Any, ...]:
    flat: list[tuple[int, Tensor]] = []
    at = 0
    for index in indices:
        if index is not None:
            flat.append((at, index))
        at += index.ndim if index is not None and is_mask(index) else 1
    if at > input.ndim or not flat:
        raise ShapeError(
            message("index_put: indices", expected=f"1 to {input.ndim}", got=str(len(indices)))
        )
    axes, found = integer_indices(input, flat)
    return values, found, axes, bool(accumulate)


def index_put(input: Tensor, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """x with x[indices] = values, or += values with accumulate, which counts equal places each."""
    return index_put_nodes(input, *_put_arguments(input, indices, values, accumulate))


def index_put_(input: Tensor, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """x[indices] = values, or += values with accumulate, in place."""
    return index_put_nodes.inplace(input, *_put_arguments(input, indices, values, accumulate))


# -- masks -----------------------------------------------------------------------------------------


@surface
def masked_scatter(x: Node, mask: Node, source: Node) -> Node:
    """x with the elements of `source`, in order, where the mask is true.

    IndexOutOfRange if the source has too few.
    """
    if mask.dtype is not dtypes.bool_ or source.dtype is not x.dtype:
        raise DTypeError(
            message("masked_scatter: dtypes", expected=f"a bool mask and {x.dtype.name}",
                    got=f"{mask.dtype.name} and {source.dtype.name}")
        )
    shape = broadcast_shapes("masked_scatter", (x.shape, mask.shape))
    mask, x = ops.broadcast(mask, shape), ops.broadcast(x, shape)
    n = product(shape)
    if isinstance(n, int) and n == 0:
        return ops.copy(x)
    taken = ops.reshape(mask, (n,))
    order = ops.cumsum(ops.cast(taken, dtypes.int64), 0) - 1
    order = ops.where(taken, order, ops.full_like(0, order))
    given = ops.reshape(source, (product(source.shape),))
    # One element more, for the places that take none.
    given = ops.pad(given, (0,), (1,)) if given.shape[0] == 0 else given
    found = ops.reshape(ops.gather(given, order, axes=(0,)), shape)
    return ops.where(mask, found, x)
