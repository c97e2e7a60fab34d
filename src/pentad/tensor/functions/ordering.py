"""Order along a dimension: sorting, the largest few, order statistics, quantiles.

Gradients go to the elements that were chosen; a median over all elements shares its gradient among
equal ones, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, IndexOutOfRange, message
from pentad.graph.node import Node
from pentad.graph.sizes import Size, product
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.reductions import ValuesIndices
from pentad.tensor.promotion import is_weak, normalize_dim, require_floating
from pentad.tensor.tensor import Tensor


def sorting_order(x: Node, at: int, descending: bool = False) -> Node:
    """`ops.argsort` for every dtype (False sorts before True)."""
    x = ops.cast(x, dtypes.uint8) if x.dtype is dtypes.bool_ else x
    return ops.argsort(x, at, descending)


def narrowed(x: Node, at: int, start: Any, limit: Any) -> Node:
    """Positions start <= i < limit along one dimension."""
    starts, limits = [0] * x.ndim, list(x.shape)
    starts[at], limits[at] = start, limit
    return ops.slice_(x, starts, limits)


def _chosen(x: Node, at: int, where: Node, keepdim: bool) -> tuple[Node, Node]:
    """The elements at `where` (of size 1 along the dimension), and where they are."""
    values = ops.take_along_axis(x, where, at)
    if keepdim:
        return values, where
    shape = (*x.shape[:at], *x.shape[at + 1 :])
    return ops.reshape(values, shape), ops.reshape(where, shape)


# -- sorting ---------------------------------------------------------------------------------------


@surface
def _sorted(x: Node, dim: int, descending: bool) -> tuple[Node, Node]:
    at = normalize_dim("sort", dim, x.ndim)
    if x.ndim == 0:
        return ops.copy(x), ops.full(0, (), dtypes.int64)
    order = sorting_order(x, at, descending)
    return ops.take_along_axis(x, order, at), order


_sorted.surface.name = "sort"


def sort(
    input: Tensor, dim: int = -1, descending: bool = False, stable: bool | None = True
) -> ValuesIndices:
    """(values, indices) in order along a dimension; equal elements keep their order."""
    return ValuesIndices(*_sorted(input, dim, bool(descending)))


def msort(input: Tensor) -> Any:
    """The elements in order along the first dimension."""
    return sort(input, 0).values


@surface
def argsort(x: Node, dim: int = -1, descending: bool = False, stable: bool = True) -> Node:
    """The indices that sort along a dimension; equal elements keep their order."""
    at = normalize_dim("argsort", dim, x.ndim)
    return ops.full(0, (), dtypes.int64) if x.ndim == 0 else sorting_order(x, at, descending)


@surface
def _topk(x: Node, k: int, dim: int, largest: bool) -> tuple[Node, Node]:
    at = normalize_dim("topk", dim, x.ndim)
    size = x.shape[at] if x.ndim else 1
    if not isinstance(k, int) or not 0 <= k <= size:
        raise ArgumentError(message("topk: k out of range", expected=f"0..{size}", got=repr(k)))
    if x.ndim == 0:
        return ops.copy(x), ops.full(0, (), dtypes.int64)
    order = narrowed(sorting_order(x, at, largest), at, 0, k)
    return ops.take_along_axis(x, order, at), ops.copy(order)


_topk.surface.name = "topk"


def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> ValuesIndices:
    """(values, indices) of the k largest (or smallest) elements along a dimension, in order."""
    return ValuesIndices(*_topk(input, k, dim, bool(largest)))


@surface
def _kthvalue(x: Node, k: int, dim: int, keepdim: bool) -> tuple[Node, Node]:
    at = normalize_dim("kthvalue", dim, x.ndim)
    size = x.shape[at] if x.ndim else 1
    if not isinstance(k, int) or not 1 <= k <= size:
        raise ArgumentError(message("kthvalue: k out of range", expected=f"1..{size}", got=repr(k)))
    if x.ndim == 0:
        return ops.copy(x), ops.full(0, (), dtypes.int64)
    return _chosen(x, at, narrowed(sorting_order(x, at), at, k - 1, k), keepdim)


_kthvalue.surface.name = "kthvalue"


def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """(value, index) of the k-th smallest element along a dimension, k counting from 1."""
    return ValuesIndices(*_kthvalue(input, k, dim, keepdim))


# -- medians ---------------------------------------------------------------------------------------


def _middle(x: Node, at: int, skip_nan: bool) -> Node:
    """Where the lower median lies, with size 1 along the dimension.

    NaN sorts last: it is the median if there is one, or is left out of the count.
    """
    n = x.shape[at]
    order = sorting_order(x, at)
    shape = tuple(1 if i == at else m for i, m in enumerate(x.shape))
    if not x.dtype.is_floating_point:
        return narrowed(order, at, (n - 1) // 2, (n - 1) // 2 + 1)
    missing = ops.reduce_sum(ops.cast(ops.isnan(x), dtypes.int64), (at,))
    have = ops.sub(ops.full_like(n, missing), missing)
    less = ops.sub(have, ops.full_like(1, have))
    half = ops.maximum(ops.floor_divide(less, ops.full_like(2, less)), ops.full_like(0, less))
    if not skip_nan:
        none = ops.eq(missing, ops.full_like(0, missing))
        half = ops.where(none, half, have)  # the first NaN
    return ops.take_along_axis(order, ops.reshape(half, shape), at)


def _require_elements(name: str, x: Node, at: int) -> None:
    if isinstance(x.shape[at], int) and x.shape[at] == 0:
        raise IndexOutOfRange(
            message(f"{name}: no elements along the dimension", expected="at least one",
                    got=f"dimension {at} of {list(x.shape)}")
        )


def _median_node(name: str, x: Node, skip_nan: bool) -> Node:
    """The lower median of all elements; equal ones share its gradient."""
    flat = ops.reshape(x, (product(x.shape),))
    if isinstance(flat.shape[0], int) and flat.shape[0] == 0:
        if x.dtype.is_floating_point:
            return ops.full(float("nan"), (), x.dtype)
        raise ArgumentError(
            message(f"{name}: no elements", expected="at least one", got=str(list(x.shape)))
        )
    where = _middle(flat, 0, skip_nan)
    found = ops.reshape(ops.take_along_axis(flat, where, 0), ())
    if not x.dtype.is_floating_point:
        return found
    wide = ops.stop_gradient(ops.broadcast(found, flat.shape))
    equal = ops.logical_or(
        ops.eq(flat, wide), ops.logical_and(ops.isnan(flat), ops.isnan(wide))
    )
    # The maximum of equal elements: it shares its gradient among them.
    return ops.reduce_max(ops.where(equal, flat, ops.full_like(float("-inf"), flat)), (0,))


@surface
def _median(x: Node, skip_nan: bool) -> Node:
    return _median_node("nanmedian" if skip_nan else "median", x, skip_nan)


@surface
def _median_along(x: Node, dim: int, keepdim: bool, skip_nan: bool) -> tuple[Node, Node]:
    name = "nanmedian" if skip_nan else "median"
    at = normalize_dim(name, dim, x.ndim)
    if x.ndim == 0:
        return ops.copy(x), ops.full(0, (), dtypes.int64)
    _require_elements(name, x, at)
    return _chosen(x, at, _middle(x, at, skip_nan), keepdim)


_median.surface.name = _median_along.surface.name = "median"


def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower median: of all elements, or (values, indices) along a dimension; NaN if one is."""
    if dim is None:
        return _median(input, False)
    return ValuesIndices(*_median_along(input, dim, keepdim, False))


def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower median of the elements that are not NaN; see `median`."""
    if dim is None:
        return _median(input, True)
    return ValuesIndices(*_median_along(input, dim, keepdim, True))


# -- the most frequent value -----------------------------------------------------------------------


@surface
def _mode(x: Node, dim: int, keepdim: bool) -> tuple[Node, Node]:
    at = normalize_dim("mode", dim, x.ndim)
    if x.ndim == 0:
        return ops.copy(x), ops.full(0, (), dtypes.int64)
    _require_elements("mode", x, at)
    order = sorting_order(x, at)
    row = ops.take_along_axis(x, order, at)
    n = int(x.shape[at])
    low = [1 if i == at else 0 for i in range(x.ndim)]
    before = ops.pad(narrowed(row, at, 0, n - 1), low, [0] * x.ndim)
    place = ops.iota(x.shape, at, dtypes.int64)
    zero = ops.full_like(0, place)
    begins = ops.logical_or(ops.ne(row, before), ops.eq(place, zero))
    # Places grow: the last beginning of a run so far is the largest.
    starts = ops.where(begins, place, zero)
    length = ops.sub(place, ops.take_along_axis(starts, ops.cumargmax(starts, at), at))
    shape = tuple(1 if i == at else m for i, m in enumerate(x.shape))
    best = ops.reshape(ops.argmax(length, at), shape)
    return _chosen(x, at, ops.take_along_axis(order, best, at), keepdim)


_mode.surface.name = "mode"


def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """(values, indices) of the most frequent element along a dimension, the least of several."""
    return ValuesIndices(*_mode(input, dim, keepdim))


# -- quantiles -------------------------------------------------------------------------------------

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def blend(a: Node, b: Node, weight: Node) -> Node:
    """a + weight * (b - a), from the nearer end, so that the ends are met exactly."""
    near = ops.lt(ops.abs(weight), ops.full_like(0.5, weight))
    gap = ops.sub(b, a)
    rest = ops.sub(ops.full_like(1, weight), weight)
    return ops.where(near, ops.add(a, ops.mul(weight, gap)), ops.sub(b, ops.mul(gap, rest)))


def _ranks(rows: Node, q: Node, skip_nan: bool) -> Node:
    """The places q * (n - 1) in sorted rows: [..., q]."""
    n, ndim = rows.shape[-1], rows.ndim
    shape = (*rows.shape[:-1], *q.shape)
    missing = ops.reduce_sum(ops.cast(ops.isnan(rows), rows.dtype), (ndim - 1,))
    missing = ops.broadcast(ops.reshape(missing, (*missing.shape, 1)), shape)
    wide = ops.broadcast(q, shape)
    last = ops.full(n, shape, rows.dtype) - 1
    if skip_nan:
        return ops.maximum(ops.mul(wide, last - missing), ops.full_like(0, wide))
    return ops.where(ops.gt(missing, ops.full_like(0, missing)), last, ops.mul(wide, last))


def _interpolated(rows: Node, ranks: Node, how: str) -> Node:
    at = rows.ndim - 1

    def value(rank: Node) -> Node:
        return ops.take_along_axis(rows, ops.cast(rank, dtypes.int64), at, mode="clip")

    if how == "nearest":
        return value(ops.round(ranks))
    if how == "higher":
        return value(ops.ceil(ranks))
    below = ops.floor(ranks)
    if how == "lower":
        return value(below)
    weight = ops.full_like(0.5, ranks) if how == "midpoint" else ops.sub(ranks, below)
    return blend(value(below), value(ops.ceil(ranks)), weight)


def _require_quantile(name: str, x: Node, q: Node, how: str) -> None:
    require_floating(name, x)
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise DTypeError(
            message(f"{name}: dtype", expected="float32 or float64", got=x.dtype.name)
        )
    if how not in _INTERPOLATIONS:
        raise ArgumentError(
            message(f"{name}: interpolation", expected=", ".join(_INTERPOLATIONS), got=repr(how))
        )
    if q.ndim > 1 or (q.dtype is not x.dtype and not is_weak(q)):
        raise ArgumentError(
            message(f"{name}: q", expected=f"a number or a vector of {x.dtype.name}",
                    got=str(q.type))
        )
    if any(isinstance(n, int) and n == 0 for n in x.shape):
        raise ArgumentError(
            message(f"{name}: no elements", expected="at least one", got=str(list(x.shape)))
        )


def _quantile_node(
    name: str, x: Node, q: Node, dim: int | None, keepdim: bool, how: str, skip_nan: bool
) -> Node:
    _require_quantile(name, x, q, how)
    vector = q.ndim == 1
    q = ops.reshape(ops.cast(q, x.dtype), (q.shape[0] if vector else 1,))
    if dim is None or x.ndim == 0:
        kept: tuple[Size, ...] = (1,) * x.ndim
        rows, rest = ops.reshape(x, (product(x.shape),)), ()
    else:
        at = normalize_dim(name, dim, x.ndim)
        kept = tuple(1 if i == at else n for i, n in enumerate(x.shape))
        order = [*(i for i in range(x.ndim) if i != at), at]
        rows = ops.transpose(x, order)
        rest = rows.shape[:-1]
    rows = ops.take_along_axis(rows, ops.argsort(rows, rows.ndim - 1), rows.ndim - 1)
    ranks = _ranks(ops.stop_gradient(rows), q, skip_nan)
    found = _interpolated(rows, ranks, how)
    found = ops.transpose(found, [found.ndim - 1, *range(found.ndim - 1)])
    shape = kept if keepdim else rest
    return ops.reshape(found, (*(found.shape[:1] if vector else ()), *shape))


@surface
def _quantile(x: Node, q: Node, dim: int | None, keepdim: bool, interpolation: str) -> Node:
    return _quantile_node("quantile", x, q, dim, keepdim, interpolation, False)


@surface
def _nanquantile(x: Node, q: Node, dim: int | None, keepdim: bool, interpolation: str) -> Node:
    return _quantile_node("nanquantile", x, q, dim, keepdim, interpolation, True)


def _check_q(name: str, q: Any) -> None:
    if isinstance(q, (int, float)) and not 0 <= q <= 1:
        raise ArgumentError(message(f"{name}: q", expected="0 <= q <= 1", got=str(q)))


def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Any:
    """The q-th quantiles along a dimension (of all elements, if None); NaN where one is NaN.

    q: a number, or a vector of them, which becomes the first dimension of the result.
    interpolation: linear, lower, higher, midpoint or nearest.
    """
    _check_q("quantile", q)
    return _quantile(input, q, dim, keepdim, interpolation)


def nanquantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Any:
    """The q-th quantiles of the elements that are not NaN; see `quantile`."""
    _check_q("nanquantile", q)
    return _nanquantile(input, q, dim, keepdim, interpolation)
