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
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.compare import truth
from pentad.tensor.promotion import normalize_dim, normalize_dims, require_floating, require_inexact
from pentad.tensor.state import get_default_dtype


class ValuesIndices(NamedTuple):
    """What `max(dim)`, `min(dim)`, `sort` and `topk` return."""

    values: Any
    indices: Any


def kept(x: Node, dims: Sequence[int]) -> list[Size]:
    """The shape with size 1 along `dims`."""
    return [1 if i in dims else n for i, n in enumerate(x.shape)]


def finish(reduced: Node, x: Node, dims: Sequence[int], keepdim: bool) -> Node:
    """A result that has lost `dims`, with size 1 for them if they are to be kept."""
    return ops.reshape(reduced, kept(x, dims)) if keepdim else reduced


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
    return finish(ops.reduce_sum(x, dims), x, dims, keepdim)


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
    return finish(ops.div(total, ops.full_like(count(x, dims), total)), x, dims, keepdim)


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
    if x.dtype is dtypes.bool_:
        return finish(ops.reduce_and(x, dims), x, dims, keepdim)
    return finish(ops.reduce_prod(x, dims), x, dims, keepdim)


@surface
def _var(x: Node, dim: Any, correction: float, keepdim: bool) -> Node:
    require_inexact("var", x)
    dims = normalize_dims("var", dim, x.ndim)
    n = count(x, dims)
    total = ops.reshape(ops.reduce_sum(x, dims), kept(x, dims))
    centre = ops.broadcast(ops.div(total, ops.full_like(n, total)), x.shape)
    apart = ops.sub(x, centre)
    if not apart.dtype.is_floating_point:
        apart = ops.abs(apart)  # of complex numbers
    squares = ops.reduce_sum(ops.mul(apart, apart), dims)
    left = n - correction
    divisor = 0 if isinstance(left, (int, float)) and left < 0 else left
    return finish(ops.div(squares, ops.full_like(divisor, squares)), x, dims, keepdim)


_var.surface.name = "var"


def _correction(dim: Any, unbiased: bool | None, correction: float | None) -> tuple[Any, float]:
    """`var(x, unbiased)` and `var(x, dim, unbiased)` are PyTorch's older forms."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise ArgumentError(
            message("var: arguments", expected="unbiased or correction", got="both")
        )
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    return dim, correction


def var(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Any:
    """The variance over `dim`; divides by n - correction (1 by default, or if unbiased)."""
    dim, correction = _correction(dim, unbiased, correction)
    return _var(input, dim, correction, keepdim)


def std(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Any:
    """The standard deviation over `dim`; see `var`."""
    dim, correction = _correction(dim, unbiased, correction)
    return _std(input, dim, correction, keepdim)


@surface
def _std(x: Node, dim: Any, correction: float, keepdim: bool) -> Node:
    found = _var.surface.function(x, dim, correction, keepdim)
    # The root has no slope at 0; PyTorch's gradient there is 0.
    none = ops.eq(found, ops.full_like(0, found))
    return ops.where(none, found, ops.sqrt(ops.where(none, ops.full_like(1, found), found)))


_std.surface.name = "std"


def require_extremum(name: str, x: Node, dims: Sequence[int]) -> None:
    """ShapeError if there is nothing to choose from along `dims`."""
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
    require_extremum("amax", x, dims)
    return finish(_reduce_order(x, dims, True), x, dims, keepdim)


@surface
def amin(x: Node, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Node:
    """The smallest element over `dim`; the gradient is shared among equal ones."""
    dims = normalize_dims("amin", dim, x.ndim)
    require_extremum("amin", x, dims)
    return finish(_reduce_order(x, dims, False), x, dims, keepdim)


def _position(name: str, x: Node, dim: int | None, largest: bool) -> tuple[Node, int, Node]:
    if dim is None:
        x, at = ops.reshape(x, (product(x.shape),)), 0
    else:
        at = normalize_dim(name, dim, x.ndim)
        x = ops.reshape(x, (1,)) if x.ndim == 0 else x
    require_extremum(name, x, (at,))
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
    return finish(found, x, (at,), keepdim)


def _along(x: Node, dim: int, keepdim: bool, largest: bool) -> tuple[Node, Node]:
    name = "max" if largest else "min"
    flat, at, found = _position(name, x, dim, largest)
    spot = ops.reshape(found, kept(flat, (at,)))
    taken = ops.take_along_axis(flat, spot, at)
    shape = x.shape if x.ndim == 0 else kept(x, (at,)) if keepdim else found.shape
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
    from pentad.tensor.functions.pointwise import maximum, minimum
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
    return finish(ops.reduce_and(truth(x), dims), x, dims, keepdim)


@surface
def any_(x: Node, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Node:
    """Is any element true?"""
    dims = normalize_dims("any", dim, x.ndim)
    return finish(ops.reduce_or(truth(x), dims), x, dims, keepdim)


@surface
def count_nonzero(x: Node, dim: int | Sequence[int] | None = None) -> Node:
    """How many elements are not zero."""
    dims = normalize_dims("count_nonzero", dim, x.ndim)
    return ops.reduce_sum(ops.cast(truth(x), dtypes.int64), dims)


def _complex_logsumexp(x: Node, dims: Sequence[int]) -> Node:
    """The same of complex numbers: the largest real part is taken out."""
    peak = ops.stop_gradient(ops.reduce_max(ops.real(x), dims))
    peak = ops.where(ops.isfinite(peak), peak, ops.full_like(0, peak))
    wide = ops.broadcast(ops.reshape(peak, kept(x, dims)), x.shape)
    total = ops.reduce_sum(ops.exp(x - ops.cast(wide, x.dtype)), dims)
    return ops.log(total) + ops.cast(peak, x.dtype)


@surface
def logsumexp(x: Node, dim: int | Sequence[int], keepdim: bool = False) -> Node:
    """log(sum(exp(x))) over `dim`, without overflow."""
    dims = normalize_dims("logsumexp", dim, x.ndim)
    if x.dtype.is_complex:
        return finish(_complex_logsumexp(x, dims), x, dims, keepdim)
    x = x if x.dtype.is_floating_point else ops.cast(x, get_default_dtype())
    return finish(ops.logsumexp(x, axes=tuple(dims)), x, dims, keepdim)


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
    if x.ndim == 0:
        return ops.full_like(1, x)
    return ops.copy(x) if 0 in x.shape else ops.softmax(x, axis=at)


@surface
def log_softmax(x: Node, dim: int | None = None, dtype: DType | None = None) -> Node:
    """log(softmax(x)) along a dimension."""
    x, at = _soft("log_softmax", x, dim, dtype)
    if x.ndim == 0:
        return ops.full_like(0, x)
    return ops.copy(x) if 0 in x.shape else ops.log_softmax(x, axis=at)
