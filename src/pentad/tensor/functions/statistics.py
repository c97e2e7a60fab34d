"""Means, variances, norms and distances; covariance and correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.reductions import (
    amax,
    amin,
    finish,
    kept,
    mean,
    require_extremum,
    std,
    var,
)
from pentad.tensor.promotion import (
    broadcast_shapes,
    normalize_dim,
    normalize_dims,
    promoted,
    require_floating,
    require_inexact,
    result_type,
)
from pentad.tensor.state import get_default_dtype
from pentad.tensor.tensor import Tensor

Dims = int | Sequence[int] | None

# -- two results -----------------------------------------------------------------------------------


class MinMax(NamedTuple):
    """What `aminmax` returns."""

    min: Any
    max: Any


def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> MinMax:
    """(min, max) of all elements, or along a dimension."""
    return MinMax(amin(input, dim, keepdim), amax(input, dim, keepdim))


def std_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """(standard deviation, mean) over `dim`; arguments as of `std`."""
    return std(input, *args, **kwargs), _mean_of(input, args, kwargs)


def var_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """(variance, mean) over `dim`; arguments as of `var`."""
    return var(input, *args, **kwargs), _mean_of(input, args, kwargs)


def _mean_of(input: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    given = args[1:] if args and isinstance(args[0], bool) else args
    dim = kwargs.get("dim", given[0] if given and given is args else None)
    keepdim = kwargs.get("keepdim", args[2] if len(args) > 2 else False)
    return mean(input, dim, keepdim)


# -- without NaN -----------------------------------------------------------------------------------


def _numbers(x: Node) -> tuple[Node, Node]:
    """x with 0 for NaN, and where it is a number."""
    lost = ops.isnan(x)
    return ops.where(lost, ops.full_like(0, x), x), ops.logical_not(lost)


@surface
def nansum(x: Node, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Node:
    """The sum of the elements that are not NaN; integers are summed as int64."""
    dims = normalize_dims("nansum", dim, x.ndim)
    if dtype is None and not x.dtype.is_floating_point:
        dtype = dtypes.int64
    if x.dtype.is_floating_point:
        x = _numbers(x)[0]
    x = x if dtype is None else ops.cast(x, dtype)
    return finish(ops.reduce_sum(x, dims), x, dims, keepdim)


@surface
def nanmean(
    x: Node, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Node:
    """The mean of the elements that are not NaN; NaN where there are none."""
    require_floating("nanmean", x)
    dims = normalize_dims("nanmean", dim, x.ndim)
    x, present = _numbers(x if dtype is None else ops.cast(x, dtype))
    total = ops.reduce_sum(x, dims)
    n = ops.reduce_sum(ops.cast(present, x.dtype), dims)
    return finish(ops.div(total, n), x, dims, keepdim)


# -- covariance ------------------------------------------------------------------------------------


def _weights(x: Node, fweights: Node | None, aweights: Node | None) -> Node | None:
    given = [ops.cast(w, x.dtype) for w in (fweights, aweights) if w is not None]
    for w in given:
        if w.ndim > 1 or (w.ndim == 1 and w.shape != x.shape[1:]):
            raise ShapeError(
                message("cov: weights", expected=f"a vector of {x.shape[1]}",
                        got=str(list(w.shape)))
            )
    if not given:
        return None
    return given[0] if len(given) == 1 else given[0] * given[1]


@surface
def cov(
    x: Node, *, correction: int = 1, fweights: Node | None = None, aweights: Node | None = None
) -> Node:
    """The covariance of variables (rows) over observations (columns); a vector is one variable.

    fweights: how often each observation was made; aweights: how much each counts.
    """
    if x.ndim > 2:
        raise ShapeError(message("cov: dimensions", expected="at most 2", got=str(x.ndim)))
    single = x.ndim < 2 or (isinstance(x.shape[0], int) and x.shape[0] == 1)
    if x.dtype is dtypes.bool_:
        raise DTypeError(message("cov: dtype", expected="numbers", got="bool"))
    x = x if x.dtype.is_inexact else ops.cast(x, get_default_dtype())
    x = ops.reshape(x, (1, x.shape[-1] if x.ndim else 1)) if single else x
    weights = _weights(x, fweights, aweights)
    n = x.shape[1]
    if weights is None:
        total, weighted = ops.full(n, (), x.dtype), x
    else:
        weights = ops.broadcast(weights, (n,)) if weights.ndim == 0 else weights
        total = ops.reduce_sum(weights, (0,))
        wide = ops.broadcast(weights, x.shape)
        weighted = x * wide
    centre = ops.reduce_sum(weighted, (1,)) / ops.broadcast(total, (x.shape[0],))
    apart = x - ops.broadcast(centre, x.shape, (0,))
    right = apart if weights is None else apart * ops.broadcast(weights, x.shape)
    if weights is not None and aweights is not None and correction:
        by = ops.cast(aweights, x.dtype)
        by = ops.broadcast(by, (n,)) if by.ndim == 0 else by
        divisor = total - ops.reduce_sum(weights * by, (0,)) / total * correction
    else:
        divisor = total - float(correction)
    if x.dtype.is_complex:
        divisor = ops.real(divisor)
    divisor = ops.cast(ops.maximum(divisor, ops.full_like(0, divisor)), x.dtype)
    found = ops.dot_general(apart, ops.conjugate(right), contract=((1,), (1,)), batch=((), ()))
    found = found / ops.broadcast(divisor, found.shape)
    return ops.reshape(found, ()) if single else found


@surface
def corrcoef(x: Node) -> Node:
    """The correlations of variables (rows) over observations (columns), within [-1, 1]."""
    if x.ndim > 2:
        raise ShapeError(message("corrcoef: dimensions", expected="at most 2", got=str(x.ndim)))
    c = cov.surface.function(x)
    if c.ndim == 0:
        return c / c
    row, column = (ops.iota(c.shape, i, dtypes.int64) for i in (0, 1))
    own = ops.reduce_sum(ops.where(ops.eq(row, column), c, ops.full_like(0, c)), (1,))
    spread = ops.sqrt(ops.real(own) if c.dtype.is_complex else own)
    spread = ops.cast(spread, c.dtype)
    found = c / ops.broadcast(spread, c.shape, (0,)) / ops.broadcast(spread, c.shape, (1,))
    if c.dtype.is_complex:
        return ops.complex_(_within_one(ops.real(found)), _within_one(ops.imag(found)))
    return _within_one(found)


def _within_one(x: Node) -> Node:
    """Limited to [-1, 1]; as where, so that the gradient at a bound is that of x."""
    one = ops.full_like(1, x)
    x = ops.where(ops.gt(x, one), one, x)
    return ops.where(ops.lt(x, ops.neg(one)), ops.neg(one), x)


# -- norms -----------------------------------------------------------------------------------------


def norm_of(x: Node, p: float, dims: Sequence[int]) -> Node:
    """The p-norm over `dims`; its gradient is 0 where it is not defined."""
    size = ops.abs(x)
    x = size if x.dtype is not size.dtype else x  # of complex numbers only the size counts
    if p == 0:
        return ops.reduce_sum(ops.cast(ops.ne(x, ops.full_like(0, x)), x.dtype), dims)
    if p == 1:
        return ops.reduce_sum(size, dims)
    if p == math.inf:
        return ops.reduce_max(size, dims)
    if p == -math.inf:
        return ops.reduce_min(size, dims)
    if p == 2:
        total = ops.reduce_sum(x * x, dims)
        none = ops.eq(total, ops.full_like(0, total))
        root = ops.sqrt(ops.where(none, ops.full_like(1, total), total))
        return ops.where(none, ops.full_like(0, total), root)
    # Zeros are left out, for their powers have no slope.
    zero = ops.eq(x, ops.full_like(0, x))
    raised = ops.pow(ops.where(zero, ops.full_like(1, size), size), ops.full_like(p, size))
    at_zero = 0.0 if p > 0 else math.inf
    total = ops.reduce_sum(ops.where(zero, ops.full_like(at_zero, raised), raised), dims)
    none = ops.eq(total, ops.full_like(0, total))
    root = ops.pow(
        ops.where(none, ops.full_like(1, total), total), ops.full_like(1 / p, total)
    )
    return ops.where(none, ops.full_like(0, total), root)


def _nuclear(x: Node, dims: Sequence[int], keepdim: bool) -> Node:
    """The sum of the singular values over two dimensions."""
    if len(dims) != 2:
        raise ShapeError(
            message("norm: 'nuc' is of matrices", expected="2 dimensions", got=str(len(dims)))
        )
    rest = [i for i in range(x.ndim) if i not in dims]
    values = ops.svdvals(ops.transpose(x, [*rest, *dims]))
    total = ops.reduce_sum(values, (values.ndim - 1,))
    return finish(total, x, dims, keepdim)


@surface
def norm(
    x: Node, p: float | str | None = "fro", dim: Dims = None, keepdim: bool = False, *,
    dtype: DType | None = None,
) -> Node:
    """The p-norm of the elements over `dim`: "fro" is 2, infinities are extrema, 0 counts."""
    x = x if dtype is None else ops.cast(x, dtype)
    require_inexact("norm", x)
    dims = normalize_dims("norm", dim, x.ndim)
    if p == "nuc":
        return _nuclear(x, dims, keepdim)
    order = 2.0 if p in ("fro", None) else p
    if not isinstance(order, (int, float)) or math.isnan(order):
        raise ArgumentError(
            message("norm: unknown order", expected="a number, 'fro' or 'nuc'", got=repr(p))
        )
    if abs(order) == math.inf:
        require_extremum("norm", x, dims)
    return finish(norm_of(x, float(order), dims), x, dims, keepdim)


@surface
def dist(x: Node, y: Node, p: float = 2) -> Node:
    """The p-norm of x - y."""
    x, y = promoted("dist", x, y)
    require_inexact("dist", x)
    return norm_of(x - y, float(p), tuple(range(x.ndim)))


@surface
def cdist(
    x1: Node, x2: Node, p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Node:
    """The p-norms of the differences of all rows: [..., P, M] and [..., R, M] give [..., P, R]."""
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1] or p < 0:
        raise ShapeError(
            message("cdist: the operands do not fit", expected="[..., P, M], [..., R, M], p >= 0",
                    got=f"{list(x1.shape)}, {list(x2.shape)}, p {p}")
        )
    dtype = result_type((x1, x2))
    x1, x2 = ops.cast(x1, dtype), ops.cast(x2, dtype)
    require_floating("cdist", x1)
    lead = broadcast_shapes("cdist", (x1.shape[:-2], x2.shape[:-2]))
    rows, columns, m = x1.shape[-2], x2.shape[-2], x1.shape[-1]
    a = ops.reshape(x1, (*x1.shape[:-1], 1, m))
    b = ops.reshape(x2, (*x2.shape[:-2], 1, columns, m))
    wide = (*lead, rows, columns, m)
    apart = ops.broadcast(a, wide) - ops.broadcast(b, wide)
    if isinstance(m, int) and m == 0:
        return ops.full(0, wide[:-1], x1.dtype)
    return norm_of(apart, float(p), (len(wide) - 1,))


@surface
def renorm(x: Node, p: float, dim: int, maxnorm: float) -> Node:
    """x with its slices along `dim` scaled down to a p-norm of at most maxnorm."""
    require_inexact("renorm", x)
    if x.ndim < 2 or p <= 0 or maxnorm < 0:
        raise ArgumentError(
            message("renorm: arguments", expected="2 dimensions, p > 0, maxnorm >= 0",
                    got=f"{x.ndim}, {p}, {maxnorm}")
        )
    at = normalize_dim("renorm", dim, x.ndim)
    dims = tuple(i for i in range(x.ndim) if i != at)
    size = ops.reshape(norm_of(x, float(p), dims), kept(x, dims))
    limit = ops.full_like(maxnorm, size)
    factor = ops.where(ops.gt(size, limit), limit / (size + 1e-7), ops.full_like(1, size))
    return x * ops.cast(ops.broadcast(factor, x.shape), x.dtype)


# -- hashes ----------------------------------------------------------------------------------------


@surface
def hash_tensor(x: Node, dim: Dims = (), *, keepdim: bool = False, mode: int = 0) -> Node:
    """The exclusive or of the bits of all elements over `dim` (all, if empty), as uint64.

    Elements count as the float64, int64 or uint64 that they are. `mode` is 0, as in PyTorch.
    """
    if mode != 0:
        raise ArgumentError(message("hash_tensor: mode", expected="0", got=repr(mode)))
    if x.dtype.is_complex:
        raise DTypeError(message("hash_tensor: dtype", expected="real numbers", got=x.dtype.name))
    dims = normalize_dims("hash_tensor", dim if dim != () else None, x.ndim)
    floating, unsigned = x.dtype.is_floating_point, x.dtype.is_integer and not x.dtype.is_signed
    wide = dtypes.float64 if floating else dtypes.uint64 if unsigned else dtypes.int64
    bits = ops.cast(x, wide)
    bits = bits if unsigned else ops.bitcast(bits, dtypes.uint64)
    rest = [i for i in range(x.ndim) if i not in dims]
    lead = tuple(x.shape[i] for i in rest)
    n = int(product(tuple(x.shape[i] for i in dims)))
    bits = ops.reshape(ops.transpose(bits, [*rest, *dims]), (*lead, n))
    if n == 0:
        return finish(ops.full(0, lead, dtypes.uint64), x, dims, keepdim)
    zeros = [0] * len(rest)
    while n > 1:  # one half upon the other; an odd one in the middle stays
        half = n // 2
        low = ops.slice_(bits, [*zeros, 0], (*lead, half))
        high = ops.slice_(bits, [*zeros, n - half], (*lead, n))
        middle = ops.slice_(bits, [*zeros, half], (*lead, n - half))
        bits = ops.concatenate([ops.bitwise_xor(low, high), middle], len(rest))
        n -= half
    return finish(ops.reshape(bits, lead), x, dims, keepdim)
