"""Reductions: sum, mean, extrema, norms, cumulative sums, softmax, sorting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import Size, product
from pentad.tensor.compare import truth
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import normalize_dim, normalize_dims, require_floating, require_inexact


class ValuesIndices(NamedTuple):
    """What `max(dim)`, `min(dim)`, `sort` and `topk` return."""

    values: Any
    indices: Any


def _kept(x: Node, dims: Sequence[int]) -> list[Size]:
    return [1 if i in dims else n for i, n in enumerate(x.shape)]


def _finish(reduced: Node, x: Node, dims: Sequence[int], keepdim: bool) -> Node:
    return ops.reshape(reduced, _kept(x, dims)) if keepdim else reduced


@surface
def sum(
    x: Node, dim: int | Sequence[int] | None = None, keepdim: bool = False, *,
    dtype: DType | None = None,
) -> Node:
    """The sum over `dim` (all dimensions if None); integers are summed as int64."""
    dims = normalize_dims("sum", dim, x.ndim)
    if dtype is None and not x.dtype.is_inexact:
        dtype = dtypes.int64
    if dtype is not None:
        x = ops.cast(x, dtype)
    return _finish(ops.reduce_sum(x, dims), x, dims, keepdim)


def count(x: Node, dims: Sequence[int]) -> Size:
    """The number of elements along `dims`."""
    return product(tuple(x.shape[d] for d in dims))


@surface
def mean(
    x: Node, dim: int | Sequence[int] | None = None, keepdim: bool = False, *,
    dtype: DType | None = None,
) -> Node:
    """The arithmetic mean over `dim` (all dimensions if None)."""
    x = x if dtype is None else ops.cast(x, dtype)
    require_inexact("mean", x)
    dims = normalize_dims("mean", dim, x.ndim)
    total = ops.reduce_sum(x, dims)
    return _finish(ops.div(total, ops.full_like(count(x, dims), total)), x, dims, keepdim)


@surface
def prod(
    x: Node, dim: int | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Node:
    """The product over `dim` (all dimensions if None)."""
    dims = normalize_dims("prod", dim, x.ndim)
    if dtype is None and not x.dtype.is_inexact:
        dtype = dtypes.int64
    if dtype is not None:
        x = ops.cast(x, dtype)
    return _finish(ops.reduce_prod(x, dims), x, dims, keepdim)


@surface
def var(
    x: Node, dim: int | Sequence[int] | None = None, *, correction: int = 1, keepdim: bool = False
) -> Node:
    """The variance over `dim`; divides by n - correction."""
    require_floating("var", x)
    dims = normalize_dims("var", dim, x.ndim)
    n = count(x, dims)
    total = ops.reshape(ops.reduce_sum(x, dims), _kept(x, dims))
    centre = ops.broadcast(ops.div(total, ops.full_like(n, total)), x.shape)
    apart = ops.sub(x, centre)
    squares = ops.reduce_sum(ops.mul(apart, apart), dims)
    left = n - correction
    divisor = 0 if isinstance(left, int) and left < 0 else left
    return _finish(ops.div(squares, ops.full_like(divisor, squares)), x, dims, keepdim)


def std(input: Any, dim: Any = None, *, correction: int = 1, keepdim: bool = False) -> Any:
    """The standard deviation over `dim`."""
    return var(input, dim, correction=correction, keepdim=keepdim).sqrt()


def _extremum_input(name: str, x: Node, dims: Sequence[int]) -> None:
    empty = [d for d in dims if isinstance(x.shape[d], int) and x.shape[d] == 0]
    if empty:
        raise ShapeError(
            message(
                f"{name}: no elements along a dimension",
                expected="at least one element",
                got=f"{list(x.shape)}, reduced over {list(dims)}",
            )
        )


def _reduce_order(x: Node, dims: Sequence[int], largest: bool) -> Node:
    if x.dtype is dtypes.bool_:
        return ops.reduce_or(x, dims) if largest else ops.reduce_and(x, dims)
    return ops.reduce_max(x, dims) if largest else ops.reduce_min(x, dims)


@surface
def amax(x: Node, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Node:
    """The largest element over `dim`; the gradient is shared among equal ones."""
    dims = normalize_dims("amax", dim, x.ndim)
    _extremum_input("amax", x, dims)
    return _finish(_reduce_order(x, dims, True), x, dims, keepdim)


@surface
def amin(x: Node, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Node:
    """The smallest element over `dim`; the gradient is shared among equal ones."""
    dims = normalize_dims("amin", dim, x.ndim)
    _extremum_input("amin", x, dims)
    return _finish(_reduce_order(x, dims, False), x, dims, keepdim)


def _position(name: str, x: Node, dim: int | None, largest: bool) -> tuple[Node, int, Node]:
    if dim is None:
        x, at = ops.reshape(x, (product(x.shape),)), 0
    else:
        at = normalize_dim(name, dim, x.ndim)
        x = ops.reshape(x, (1,)) if x.ndim == 0 else x
    _extremum_input(name, x, (at,))
    ordered = ops.cast(x, dtypes.uint8) if x.dtype is dtypes.bool_ else x
    return x, at, ops.argmax(ordered, at) if largest else ops.argmin(ordered, at)


@surface
def argmax(x: Node, dim: int | None = None, keepdim: bool = False) -> Node:
    """The position of the first largest element (of the flattened tensor if dim is None)."""
    return _argument("argmax", x, dim, keepdim, True)


@surface
def argmin(x: Node, dim: int | None = None, keepdim: bool = False) -> Node:
    """The position of the first smallest element (of the flattened tensor if dim is None)."""
    return _argument("argmin", x, dim, keepdim, False)


def _argument(name: str, x: Node, dim: int | None, keepdim: bool, largest: bool) -> Node:
    _, at, found = _position(name, x, dim, largest)
    if dim is None or x.ndim == 0:
        return ops.reshape(found, (1,) * x.ndim if keepdim else ())
    return _finish(found, x, (at,), keepdim)


def _along(x: Node, dim: int, keepdim: bool, largest: bool) -> tuple[Node, Node]:
    name = "max" if largest else "min"
    flat, at, found = _position(name, x, dim, largest)
    spot = ops.reshape(found, _kept(flat, (at,)))
    taken = ops.take_along_axis(flat, spot, at)
    shape = x.shape if x.ndim == 0 else _kept(x, (at,)) if keepdim else found.shape
    return ops.reshape(taken, shape), ops.reshape(found, shape)


@surface
def max_along(x: Node, dim: int, keepdim: bool = False) -> tuple[Node, Node]:
    """The largest elements along a dimension and where they are."""
    return _along(x, dim, keepdim, True)


@surface
def min_along(x: Node, dim: int, keepdim: bool = False) -> tuple[Node, Node]:
    """The smallest elements along a dimension and where they are."""
    return _along(x, dim, keepdim, False)


def max(input: Any, *args: Any, **kwargs: Any) -> Any:
    """max(x): the largest element; max(x, dim): (values, indices); max(x, y): element-wise."""
    return _extremum(input, args, kwargs, True)


def min(input: Any, *args: Any, **kwargs: Any) -> Any:
    """min(x): the smallest element; min(x, dim): (values, indices); min(x, y): element-wise."""
    return _extremum(input, args, kwargs, False)


def _extremum(input: Any, args: tuple[Any, ...], kwargs: dict[str, Any], largest: bool) -> Any:
    from pentad.tensor.pointwise import maximum, minimum
    from pentad.tensor.tensor import Tensor

    other = kwargs.get("other", args[0] if args else None)
    if isinstance(other, Tensor):
        return (maximum if largest else minimum)(input, other)
    if not args and not kwargs:
        return (amax if largest else amin)(input)
    return ValuesIndices(*(max_along if largest else min_along)(input, *args, **kwargs))


@surface
def all_(x: Node, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Node:
    """Are all elements true?"""
    dims = normalize_dims("all", dim, x.ndim)
    return _finish(ops.reduce_and(truth(x), dims), x, dims, keepdim)


@surface
def any_(x: Node, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Node:
    """Is any element true?"""
    dims = normalize_dims("any", dim, x.ndim)
    return _finish(ops.reduce_or(truth(x), dims), x, dims, keepdim)


@surface
def count_nonzero(x: Node, dim: int | Sequence[int] | None = None) -> Node:
    """How many elements are not zero."""
    dims = normalize_dims("count_nonzero", dim, x.ndim)
    return ops.reduce_sum(ops.cast(truth(x), dtypes.int64), dims)


@surface
def cumsum(x: Node, dim: int, *, dtype: DType | None = None) -> Node:
    """The running sum along a dimension."""
    at = normalize_dim("cumsum", dim, x.ndim)
    if dtype is None and not x.dtype.is_inexact:
        dtype = dtypes.int64
    x = x if dtype is None else ops.cast(x, dtype)
    return x if x.ndim == 0 else ops.cumsum(x, at)


@surface
def logsumexp(x: Node, dim: int | Sequence[int], keepdim: bool = False) -> Node:
    """log(sum(exp(x))) over `dim`, without overflow."""
    require_floating("logsumexp", x)
    dims = normalize_dims("logsumexp", dim, x.ndim)
    return _finish(ops.logsumexp(x, axes=tuple(dims)), x, dims, keepdim)


def _soft(name: str, x: Node, dim: int | None, dtype: DType | None) -> tuple[Node, int]:
    x = x if dtype is None else ops.cast(x, dtype)
    require_floating(name, x)
    if dim is None:
        raise ArgumentError(message(f"{name}: no dimension", expected="dim=...", got="None"))
    return x, normalize_dim(name, dim, x.ndim)


@surface
def softmax(x: Node, dim: int | None = None, dtype: DType | None = None) -> Node:
    """exp(x) / sum(exp(x)) along a dimension."""
    x, at = _soft("softmax", x, dim, dtype)
    return ops.full_like(1, x) if x.ndim == 0 else ops.softmax(x, axis=at)


@surface
def log_softmax(x: Node, dim: int | None = None, dtype: DType | None = None) -> Node:
    """log(softmax(x)) along a dimension."""
    x, at = _soft("log_softmax", x, dim, dtype)
    return ops.full_like(0, x) if x.ndim == 0 else ops.log_softmax(x, axis=at)


@surface
def norm(
    x: Node, p: float | str = 2, dim: int | Sequence[int] | None = None, keepdim: bool = False
) -> Node:
    """The p-norm of the elements over `dim`."""
    require_floating("norm", x)
    dims = normalize_dims("norm", dim, x.ndim)
    size = ops.abs(x)
    if p in ("fro", 2):
        found = ops.sqrt(ops.reduce_sum(ops.mul(x, x), dims))
    elif p == float("inf"):
        found = ops.reduce_max(size, dims)
    elif p == 1:
        found = ops.reduce_sum(size, dims)
    elif isinstance(p, (int, float)) and p > 0:
        total = ops.reduce_sum(ops.pow(size, ops.full_like(p, x)), dims)
        found = ops.pow(total, ops.full_like(1 / p, total))
    else:
        raise ArgumentError(message("norm: unknown order", expected="p > 0", got=repr(p)))
    return _finish(found, x, dims, keepdim)


@surface
def _sorted(x: Node, dim: int, descending: bool) -> tuple[Node, Node]:
    at = normalize_dim("sort", dim, x.ndim)
    if x.ndim == 0:
        return x, ops.full(0, (), dtypes.int64)
    order = ops.argsort(x, at, descending)
    return ops.take_along_axis(x, order, at), order


def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """(values, indices) in order along a dimension; equal elements keep their order."""
    return ValuesIndices(*_sorted(input, dim, descending))


@surface
def argsort(x: Node, dim: int = -1, descending: bool = False, stable: bool = True) -> Node:
    """The indices that sort along a dimension; equal elements keep their order."""
    at = normalize_dim("argsort", dim, x.ndim)
    return ops.full(0, (), dtypes.int64) if x.ndim == 0 else ops.argsort(x, at, descending)


def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """(values, indices) of the k largest (or smallest) elements along a dimension."""
    at = normalize_dim("topk", dim, input.ndim)
    size = input.shape[at] if input.ndim else 1
    if not 0 <= k <= size:
        raise ArgumentError(message("topk: k out of range", expected=f"0..{size}", got=str(k)))
    values, indices = _sorted(input, at, largest)
    if input.ndim == 0:
        return ValuesIndices(values, indices)
    return ValuesIndices(values.narrow(at, 0, k), indices.narrow(at, 0, k))


