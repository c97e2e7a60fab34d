"""The linalg extension of the standard."""

from __future__ import annotations

import math
from typing import Any

from pentad import ops
from pentad.array_api import statistical
from pentad.array_api.array import Array, wrap
from pentad.array_api.data_types import check_dtype, part_of
from pentad.array_api.elementwise import abs as magnitude
from pentad.array_api.factorizations import (
    cholesky,
    det,
    eigh,
    eigvalsh,
    inv,
    matrix_norm,
    matrix_of,
    matrix_power,
    matrix_rank,
    pinv,
    qr,
    slogdet,
    solve,
    svd,
    svdvals,
)
from pentad.array_api.linear import arrays_together, matmul, tensordot, vecdot
from pentad.array_api.manipulation import axes_of, axis_of, matrix_transpose
from pentad.array_api.promotion import FLOATING, NUMERIC, cast, tensor_of
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.functions import pointwise, shaping
from pentad.tensor.promotion import broadcast_together
from pentad.tensor.tensor import Tensor

__all__ = [
    "cholesky", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "matmul", "matrix_norm",
    "matrix_power", "matrix_rank", "matrix_transpose", "outer", "pinv", "qr", "slogdet", "solve",
    "svd", "svdvals", "tensordot", "trace", "vecdot", "vector_norm",
]


# -- products --------------------------------------------------------------------------------------


def outer(x1: Array, x2: Array, /) -> Array:
    """Every product of an element of one vector with one of another."""
    x, y = arrays_together("outer", x1, x2)
    if (x.ndim, y.ndim) != (1, 1):
        raise ShapeError(
            message("outer: not vectors", expected="one axis each",
                    got=f"{list(x.shape)} and {list(y.shape)}")
        )
    return wrap(pointwise.mul(shaping.unsqueeze(x, 1), shaping.unsqueeze(y, 0)))


@surface
def _crossed(x: Node, y: Node, axis: int) -> Node:
    x, y = broadcast_together("cross", x, y)
    at = axis % x.ndim

    def part(v: Node, i: int) -> Node:
        start, limit = [0] * v.ndim, list(v.shape)
        start[at], limit[at] = i, i + 1
        return ops.slice_(v, start, limit)

    a, b = ([part(v, i) for i in range(3)] for v in (x, y))
    terms = [
        ops.sub(ops.mul(a[i], b[j]), ops.mul(a[j], b[i])) for i, j in ((1, 2), (2, 0), (0, 1))
    ]
    return ops.concatenate(terms, at)


def cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """The cross product of vectors of three elements along an axis; the others broadcast."""
    x, y = arrays_together("cross", x1, x2)
    least = min(x.ndim, y.ndim)
    axis_of("cross", axis, least)
    back = axis if axis < 0 else axis - max(x.ndim, y.ndim)
    if -back > least or x.shape[back] != 3 or y.shape[back] != 3:
        raise ShapeError(
            message("cross: the vectors", expected=f"size 3 along axis {axis}",
                    got=f"{list(x.shape)} and {list(y.shape)}")
        )
    return wrap(_crossed(x, y, back))


# -- parts of matrices -----------------------------------------------------------------------------


def diagonal(x: Array, /, *, offset: int = 0) -> Array:
    """The diagonals of matrices, `offset` above the main one, as a copy."""
    t = matrix_of("diagonal", x, (dtypes.bool_, *NUMERIC))
    return wrap(_diagonal(t, offset))


def _diagonal(t: Tensor, offset: int) -> Tensor:
    rows, columns = t.shape[-2:]
    first = (max(-offset, 0), max(offset, 0))
    count = max(min(rows - first[0], columns - first[1]), 0)
    flat = shaping.reshape(t, (*t.shape[:-2], rows * columns))
    step, start = columns + 1, first[0] * columns + first[1]
    if not count:
        return shaping.narrow(flat, -1, 0, 0)
    found = shaping.slice_dim(flat, flat.ndim - 1, start, start + (count - 1) * step + 1, step)
    return pointwise.clone(found)  # type: ignore[no-any-return]


def trace(x: Array, /, *, offset: int = 0, dtype: DType | None = None) -> Array:
    """The sums of the diagonals; integers are summed as int64 or uint64, unless `dtype` is."""
    t = matrix_of("trace", x, NUMERIC)
    wanted = None if dtype is None else check_dtype("trace", dtype)
    return statistical.sum(wrap(_diagonal(t, offset)), axis=-1, dtype=wanted)


# -- norms -----------------------------------------------------------------------------------------


def vector_norm(
    x: Array, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2
) -> Array:
    """The norm of vectors along axes: ord inf, -inf, 0 (how many are not 0), or any power."""
    t = tensor_of("vector_norm", x, FLOATING)
    axes = axes_of("vector_norm", axis, t.ndim)
    size = magnitude(x)
    if ord == math.inf:
        return statistical.max(size, axis=axes, keepdims=keepdims)
    if ord == -math.inf:
        return statistical.min(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        found = statistical.count_nonzero(x, axis=axes, keepdims=keepdims)
        return wrap(cast(found.tensor, part_of(t.dtype)))
    if isinstance(ord, bool) or not isinstance(ord, (int, float)):
        raise ArgumentError(message("vector_norm: ord", expected="a number", got=repr(ord)))
    if ord == 1:
        return statistical.sum(size, axis=axes, keepdims=keepdims)
    powers = pointwise.mul(size.tensor, size.tensor) if ord == 2 else pointwise.pow(
        size.tensor, float(ord)
    )
    total = statistical.sum(wrap(powers), axis=axes, keepdims=keepdims).tensor
    return wrap(total.sqrt() if ord == 2 else pointwise.pow(total, 1 / ord))  # type: ignore[attr-defined]


