"""The part of the linalg extension that factorises: through pentad.linalg, by LAPACK."""

from __future__ import annotations

from typing import Any, NamedTuple

from pentad.array_api.array import Array, wrap
from pentad.array_api.data_types import part_of
from pentad.array_api.linear import arrays_together, matmul
from pentad.array_api.manipulation import axis_of
from pentad.array_api.promotion import FLOATING, REAL_FLOATS, cast, check_kind, tensor_of
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.tensor.functions import (
    compare,
    creation,
    decompositions,
    norms,
    pointwise,
    shaping,
    solving,
)
from pentad.tensor.tensor import Tensor


class EighResult(NamedTuple):
    """What eigh returns."""

    eigenvalues: Array
    eigenvectors: Array


class QRResult(NamedTuple):
    """What qr returns."""

    Q: Array
    R: Array


class SlogdetResult(NamedTuple):
    """What slogdet returns."""

    sign: Array
    logabsdet: Array


class SVDResult(NamedTuple):
    """What svd returns."""

    U: Array
    S: Array
    Vh: Array


def matrix_of(name: str, x: Any, allowed: Any = FLOATING) -> Tensor:
    """The tensor of an array of matrices; ShapeError with fewer than two axes."""
    t = tensor_of(name, x, allowed)
    if t.ndim < 2:
        raise ShapeError(
            message(f"{name}: not a matrix", expected="two axes or more", got=str(list(t.shape)))
        )
    return t


def cholesky(x: Array, /, *, upper: bool = False) -> Array:
    """L with L L^H = x (upper: U with U^H U); LinAlgError unless x is positive definite."""
    return wrap(decompositions.cholesky(matrix_of("cholesky", x), upper=upper))


def qr(x: Array, /, *, mode: str = "reduced") -> QRResult:
    """Q with orthonormal columns and upper triangular R whose product is x."""
    if mode not in ("reduced", "complete"):
        raise ArgumentError(
            message("qr: mode", expected='"reduced" or "complete"', got=repr(mode))
        )
    return QRResult(*(wrap(t) for t in decompositions.qr(matrix_of("qr", x), mode)))


def svd(x: Array, /, *, full_matrices: bool = True) -> SVDResult:
    """U, the singular values in descending order, and V^H, whose product is x."""
    found = decompositions.svd(matrix_of("svd", x), full_matrices)
    return SVDResult(*(wrap(t) for t in found))


def svdvals(x: Array, /) -> Array:
    """The singular values in descending order."""
    return wrap(decompositions.svdvals(matrix_of("svdvals", x)))


def eigh(x: Array, /) -> EighResult:
    """The eigenvalues, in ascending order, and eigenvectors of Hermitian matrices."""
    return EighResult(*(wrap(t) for t in decompositions.eigh(matrix_of("eigh", x))))


def eigvalsh(x: Array, /) -> Array:
    """The eigenvalues of Hermitian matrices, in ascending order."""
    return wrap(decompositions.eigvalsh(matrix_of("eigvalsh", x)))


def det(x: Array, /) -> Array:
    """The determinants of square matrices."""
    return wrap(solving.det(matrix_of("det", x)))


def slogdet(x: Array, /) -> SlogdetResult:
    """The signs and the logarithms of the magnitudes of the determinants."""
    return SlogdetResult(*(wrap(t) for t in solving.slogdet(matrix_of("slogdet", x))))


def inv(x: Array, /) -> Array:
    """The inverses of square matrices; LinAlgError if one is singular."""
    return wrap(solving.inv(matrix_of("inv", x)))


def solve(x1: Array, x2: Array, /) -> Array:
    """X with x1 X = x2, for square matrices x1; x2 is one vector or any number of matrices.

    LinAlgError if a matrix is singular.
    """
    a, b = arrays_together("solve", x1, x2)
    check_kind("solve", a.dtype, FLOATING)
    matrix_of("solve", x1)
    if b.ndim == 1:
        found = solving.solve(a, shaping.unsqueeze(b, -1))
        return wrap(shaping.squeeze(found, -1))
    if b.ndim < a.ndim:  # else a stack of vectors, by PyTorch's rule
        b = shaping.reshape(b, (*(1,) * (a.ndim - b.ndim), *b.shape))
    return wrap(solving.solve(a, b))


def matrix_norm(x: Array, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """The norms of matrices: fro, nuc, 1, -1, 2, -2, inf or -inf."""
    return wrap(norms.matrix_norm(matrix_of("matrix_norm", x), ord, (-2, -1), keepdims))


def matrix_power(x: Array, n: int, /) -> Array:
    """Square matrices multiplied n times with themselves; for n < 0, their inverses."""
    return wrap(norms.matrix_power(matrix_of("matrix_power", x), n))


def matrix_rank(x: Array, /, *, rtol: Any = None) -> Array:
    """How many singular values exceed rtol (default: eps * the larger size) times the largest."""
    values = decompositions.svdvals(matrix_of("matrix_rank", x))
    return wrap(_significant("matrix_rank", x, values, rtol).sum(-1))  # type: ignore[attr-defined]


def pinv(x: Array, /, *, rtol: Any = None) -> Array:
    """The pseudo-inverses; singular values up to rtol times the largest count as 0."""
    u, s, vh = decompositions.svd(matrix_of("pinv", x), False)
    large = _significant("pinv", x, s, rtol)
    inverse = pointwise.where(large, pointwise.true_divide(1.0, s), 0.0)
    u, v = (_adjoint(m) for m in (u, vh))
    scaled = pointwise.mul(v, cast(shaping.unsqueeze(inverse, -2), v.dtype))
    return matmul(wrap(scaled), wrap(u))


def _adjoint(t: Tensor) -> Tensor:
    turned = shaping.transpose(t, -2, -1)
    return turned.conj() if t.dtype.kind == "complex" else turned  # type: ignore[no-any-return]


def _significant(name: str, x: Array, values: Tensor, rtol: Any) -> Tensor:
    """Which singular values [..., k] are above the tolerance, as bool."""
    if rtol is None:
        rtol = EPS[part_of(x.dtype).name] * max(x.shape[-2:], default=0)
    if isinstance(rtol, Array):
        bound = shaping.unsqueeze(cast(tensor_of(name, rtol, REAL_FLOATS), values.dtype), -1)
    elif isinstance(rtol, (int, float)):
        bound = creation.full((), float(rtol), dtype=values.dtype)
    else:
        raise DTypeError(
            message(f"{name}: rtol", expected="a number or an array of floats", got=repr(rtol))
        )
    if not values.shape[axis_of(name, -1, values.ndim)]:
        return compare.gt(values, bound)  # type: ignore[no-any-return]
    largest = values.amax(-1, True)  # type: ignore[attr-defined]
    return compare.gt(values, pointwise.mul(bound, largest))  # type: ignore[no-any-return]


EPS = {"float32": 2.0**-23, "float64": 2.0**-52}
