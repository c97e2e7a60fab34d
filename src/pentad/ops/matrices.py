"""What the records of linear algebra share: checks, host steps, packing, masks, products.

A matrix is the last two axes; axes before them are a batch. Factorisations run on the host
(LAPACK through NumPy). A node has one output, so that a factorisation of several parts gives
them packed: each part flattened, one after the other along the last axis; `unpack` takes them
apart. Derivatives are graph ops, and follow PyTorch's convention for complex numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import LinAlgError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import TensorType
from pentad.graph.sizes import Size, product
from pentad.ops.broadcast import broadcast
from pentad.ops.comparison import eq, ge, where
from pentad.ops.complex import conjugate, real
from pentad.ops.contraction import matmul
from pentad.ops.conversion import cast
from pentad.ops.define import require_dtype
from pentad.ops.movement import concatenate, slice_
from pentad.ops.sources import full_like, iota
from pentad.ops.views import reshape, transpose

REAL = (dtypes.float32, dtypes.float64)
ALLOWED = REAL + dtypes.COMPLEX
F64 = dtypes.float64

# -- types -------------------------------------------------------------------------------------


def require_matrix(name: str, x: TensorType, allowed: Sequence[DType] = ALLOWED) -> None:
    """ShapeError unless `x` has two axes; DTypeError unless LAPACK knows its dtype."""
    if x.ndim < 2:
        raise ShapeError(
            message(
                f"{name}: the operand is no matrix",
                expected="at least 2 axes",
                got=str(list(x.shape)),
                hint="unsqueeze the operand",
            )
        )
    require_dtype(name, x.dtype, allowed)


def require_square(name: str, x: TensorType, allowed: Sequence[DType] = ALLOWED) -> None:
    """As `require_matrix`, and the matrices are square."""
    require_matrix(name, x, allowed)
    if x.shape[-1] != x.shape[-2]:
        raise ShapeError(
            message(
                f"{name}: the matrices are not square",
                expected="equal sizes of the last two axes",
                got=str(list(x.shape)),
            )
        )


def square_type(name: str) -> Callable[..., TensorType]:
    """The shape rule of a function from square matrices to matrices of the same type."""

    def infer(x: TensorType, **attrs: Any) -> TensorType:
        require_square(name, x)
        return x

    return infer


def smaller(m: Size, n: Size) -> Size:
    """The smaller of two sizes."""
    return m if m <= n else n


def packed_type(x: TensorType, *parts: Sequence[Size]) -> TensorType:
    """The type of parts of these shapes (without the batch of `x`), packed."""
    total: Size = 0
    for shape in parts:
        total = total + product(tuple(shape))
    return TensorType((*x.shape[:-2], total), x.dtype)


# -- host steps --------------------------------------------------------------------------------


def lapack(name: str, what: str) -> Callable[[Callable[..., Any]], Callable[..., np.ndarray]]:
    """A reference whose failures in LAPACK become LinAlgError: `what` says what they mean."""

    def wrap(reference: Callable[..., Any]) -> Callable[..., np.ndarray]:
        @functools.wraps(reference)
        def run(*arrays: np.ndarray, **attrs: Any) -> np.ndarray:
            try:
                with np.errstate(all="ignore"):
                    return np.ascontiguousarray(reference(*arrays, **attrs))
            except np.linalg.LinAlgError as error:
                raise LinAlgError(
                    message(
                        f"{name}: {what}",
                        expected="a matrix for which the factorisation exists",
                        got=str(error),
                    )
                ) from None

        return run

    return wrap


def finite(x: np.ndarray) -> np.ndarray:
    """`x`; LinAlgError if an element is infinite or NaN, which LAPACK may loop on."""
    if not np.isfinite(x).all():
        raise np.linalg.LinAlgError("a matrix with elements that are not finite")
    return x


def pack_arrays(*parts: np.ndarray, batch: tuple[int, ...], dtype: Any) -> np.ndarray:
    """The parts flattened behind their batch axes, one after the other."""
    flat = [p.reshape(*batch, int(np.prod(p.shape[len(batch) :]))) for p in parts]
    return np.concatenate(flat, -1).astype(dtype, copy=False)


def unpack(packed: Node, *parts: Sequence[Size]) -> list[Node]:
    """The parts of these shapes out of a packed value."""
    found = []
    lead = packed.shape[:-1]
    at: Size = 0
    for shape in parts:
        n = product(tuple(shape))
        low: list[Size] = [*[0] * len(lead), at]
        piece = slice_(packed, low, [*lead, at + n])
        found.append(reshape(piece, (*lead, *shape)))
        at = at + n
    return found


def pack(lead: Sequence[Size], *parts: Node) -> Node:
    """The inverse of `unpack`."""
    n = len(lead)
    flat = [reshape(p, (*lead, product(tuple(p.shape[n:])))) for p in parts]
    return concatenate(flat, n)


def real_of(dtype: DType) -> DType:
    """The dtype of a complex dtype's parts; a real dtype is its own."""
    return dtype.real


def real_dtype(x: Node) -> DType:
    """`real_of` the dtype of a node."""
    return real_of(x.dtype)


# -- graph helpers -----------------------------------------------------------------------------


def real_part(x: Node) -> Node:
    """The real part; a real value is its own."""
    return real(x) if x.dtype.is_complex else x


def swap(x: Node) -> Node:
    """The transposed matrices."""
    return transpose(x, [*range(x.ndim - 2), x.ndim - 1, x.ndim - 2])


def adjoint(x: Node) -> Node:
    """The conjugate transposed matrices."""
    return conjugate(swap(x))


def mm(first: Node, *others: Node) -> Node:
    """The product of several matrices, from the left."""
    for other in others:
        first = matmul(first, other)
    return first


def zeros(x: Node) -> Node:
    """Zeros of the type of `x`."""
    return full_like(0, x)


def _places(x: Node) -> tuple[Node, Node]:
    return iota(x.shape, x.ndim - 2, dtypes.int64), iota(x.shape, x.ndim - 1, dtypes.int64)


def tril(x: Node, k: int = 0) -> Node:
    """The elements on and below diagonal `k`, zeros above."""
    row, column = _places(x)
    return where(ge(row + k, column), x, zeros(x))


def triu(x: Node, k: int = 0) -> Node:
    """The elements on and above diagonal `k`, zeros below."""
    row, column = _places(x)
    return where(ge(column, row + k), x, zeros(x))


def on_diagonal(x: Node) -> Node:
    """Where the matrices' diagonals are (bool)."""
    return eq(*_places(x))


def halved_diagonal(x: Node) -> Node:
    """`x` with its diagonals halved."""
    return where(on_diagonal(x), x * 0.5, x)


def identity(n: Size, like: Node) -> Node:
    """Unit matrices of size `n`, batched as `like`."""
    row = iota((n, n), 0, dtypes.int64)
    unit = cast(eq(row, iota((n, n), 1, dtypes.int64)), like.dtype)
    return broadcast(unit, (*like.shape[:-2], n, n))


def rows(v: Node, m: Size) -> Node:
    """Vectors [..., n] as matrices of `m` equal rows, [..., m, n]."""
    lead = v.shape[:-1]
    return broadcast(reshape(v, (*lead, 1, v.shape[-1])), (*lead, m, v.shape[-1]))


def columns(v: Node, n: Size) -> Node:
    """Vectors [..., m] as matrices of `n` equal columns, [..., m, n]."""
    lead = v.shape[:-1]
    return broadcast(reshape(v, (*lead, v.shape[-1], 1)), (*lead, v.shape[-1], n))


def each_matrix(v: Node, like: Node) -> Node:
    """Numbers [...] repeated over the matrices of `like`, [..., m, n]."""
    return broadcast(reshape(v, (*v.shape, 1, 1)), like.shape)


def part(x: Node, row: tuple[Size, Size], column: tuple[Size, Size]) -> Node:
    """Rows row[0] to row[1] and columns column[0] to column[1] of the matrices."""
    lead = x.shape[:-2]
    low = [0] * len(lead)
    return slice_(x, [*low, row[0], column[0]], [*lead, row[1], column[1]])


# -- samples -----------------------------------------------------------------------------------


def random_matrix(*shape: int, seed: int = 0, dtype: Any = np.float64) -> np.ndarray:
    """A matrix for samples: its singular values are apart from each other and from zero."""
    rng = np.random.default_rng((seed, *shape))
    drawn = rng.standard_normal(shape)
    if np.issubdtype(dtype, np.complexfloating):
        drawn = drawn + 1j * rng.standard_normal(shape)
    k = min(shape[-2:]) if shape else 0
    if not drawn.size:
        return drawn.astype(dtype)
    u, _, v = np.linalg.svd(drawn, full_matrices=False)
    values = 1.0 + 0.6 * np.arange(k)
    return np.asarray((u * values) @ v).astype(dtype)


def positive_matrix(*shape: int, seed: int = 0, dtype: Any = np.float64) -> np.ndarray:
    """A symmetric positive definite matrix with eigenvalues apart."""
    complex_ = np.issubdtype(dtype, np.complexfloating)
    x = random_matrix(*shape, seed=seed, dtype=np.complex128 if complex_ else np.float64)
    return np.asarray(x @ np.swapaxes(x, -1, -2).conj()).astype(dtype)
