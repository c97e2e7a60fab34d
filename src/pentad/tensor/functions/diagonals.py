"""Matrices by their diagonals and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import check_dtype, check_shape, tensor
from pentad.tensor.functions.pointwise import clone
from pentad.tensor.functions.strided import diagonal as diagonal_view
from pentad.tensor.promotion import normalize_dim
from pentad.tensor.tensor import Tensor

I64 = dtypes.int64


@surface
def diag_embed(x: Node, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Node:
    """Matrices with the last dimension on a diagonal of two new dimensions, zero elsewhere."""
    ndim = x.ndim + 1
    if x.ndim == 0:
        raise ShapeError(message("diag_embed: no dimension", expected="at least one", got="0-d"))
    a, b = (normalize_dim("diag_embed", d, ndim) for d in (dim1, dim2))
    if a == b:
        raise ShapeError(
            message("diag_embed: dimensions", expected="two different ones", got=f"{dim1} twice")
        )
    n = x.shape[-1] + abs(offset)
    lead = x.shape[:-1]
    low, high = [0] * x.ndim, [0] * x.ndim
    high[-1] = abs(offset)
    line = ops.pad(x, low, high)
    # The element of row i (of column j, below the main diagonal) is on the diagonal.
    rest = range(len(lead))
    along = len(lead) if offset >= 0 else len(lead) + 1
    wide = ops.broadcast(line, (*lead, n, n), (*rest, along))
    row, column = (ops.iota(wide.shape, len(lead) + i, I64) for i in (0, 1))
    on = ops.eq(column, ops.add(row, ops.full_like(offset, row)))
    made = ops.where(on, wide, ops.full_like(0, wide))
    order = list(rest)
    for place, axis in sorted(((a, len(lead)), (b, len(lead) + 1))):
        order.insert(place, axis)
    return ops.transpose(made, order)


def diag(input: Tensor, diagonal: int = 0) -> Any:
    """Of a vector, the matrix with it on a diagonal; of a matrix, a copy of its diagonal."""
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim != 2:
        raise ShapeError(
            message("diag: dimensions", expected="a vector or a matrix", got=str(list(input.shape)))
        )
    n, m = input.shape
    if not -n <= diagonal <= m:
        raise ArgumentError(
            message("diag: outside the matrix", expected=f"{-n}..{m}", got=str(diagonal))
        )
    return clone(diagonal_view(input, diagonal))


@surface
def diagflat(x: Node, offset: int = 0) -> Node:
    """The matrix with all elements on a diagonal."""
    return diag_embed.surface.function(  # type: ignore[no-any-return]
        ops.reshape(x, (product(x.shape),)), offset
    )


def _triangle_indices(name: str, row: int, col: int, offset: int, upper: bool, dtype: Any) -> Any:
    rows, columns = check_shape(name, (row, col))
    i, j = np.indices((rows, columns))
    keep = (j - i >= offset) if upper else (j - i <= offset)
    return tensor(np.stack(np.nonzero(keep)), dtype=check_dtype(dtype))


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = I64, device: Any = None
) -> Any:
    """Rows and columns of the lower triangle of a row x col matrix: [2, n]."""
    return _triangle_indices("tril_indices", row, col, offset, False, dtype)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = I64, device: Any = None
) -> Any:
    """Rows and columns of the upper triangle of a row x col matrix: [2, n]."""
    return _triangle_indices("triu_indices", row, col, offset, True, dtype)


@surface
def vander(x: Node, N: int | None = None, increasing: bool = False) -> Node:
    """The Vandermonde matrix: powers N - 1, ..., 1, 0 of each element (0, 1, ... if increasing)."""
    if x.ndim != 1:
        raise ShapeError(message("vander: not a vector", expected="1 dimension", got=str(x.ndim)))
    count = int(x.shape[0]) if N is None else N
    if count < 0:
        raise ArgumentError(message("vander: N", expected=">= 0", got=str(count)))
    if not x.dtype.is_inexact:
        x = ops.cast(x, I64)
    shape = (x.shape[0], 1)
    powers = [ops.full(1, shape, x.dtype), ops.reshape(x, shape)][:count]
    while 0 < len(powers) < count:
        powers.append(ops.mul(powers[-1], powers[1]))
    if not powers:
        return ops.full(0, (x.shape[0], 0), x.dtype)
    if not increasing:
        powers = powers[::-1]
    return ops.copy(powers[0]) if len(powers) == 1 else ops.concatenate(powers, 1)


def matrix_diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """A view of the diagonals of matrices [*, m, n]: `diagonal` with other defaults."""
    return diagonal_view(A, offset, dim1, dim2)


@surface
def powers(x: Node, *, N: int | None = None) -> Node:
    """The powers 0, 1, ..., N - 1 of each element of x [*, n]: [*, n, N]; N is n if not given.

    ArgumentError unless N > 1.
    """
    given = x.shape[-1] if x.ndim and N is None else N
    if isinstance(given, bool) or not isinstance(given, int) or given < 2:
        raise ArgumentError(message("linalg.vander: N", expected="an integer > 1",
                                    got=repr(given)))
    if not x.dtype.is_inexact:
        x = ops.cast(x, I64)
    shape = (*(x.shape or (1,)), 1)
    found = [ops.full(1, shape, x.dtype), ops.reshape(x, shape)]
    while len(found) < given:
        found.append(ops.mul(found[-1], found[1]))
    return ops.concatenate(found, len(shape) - 1)


powers.surface.name = "linalg.vander"
