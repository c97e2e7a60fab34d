"""Linear equations, inverses and determinants by PyTorch's names; [*, m, n] is a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, LinAlgError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.ops import matrices
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.matrices import (
    as_columns,
    hermitian,
    require_inexact,
    require_matrix,
    require_square,
    same_batch,
    squeezed,
)

EPS = {dtypes.float32: 2.0**-23, dtypes.float64: 2.0**-52}


class Solution(NamedTuple):
    """What `linalg.solve_ex` returns."""

    result: Any
    info: Any


class Inverse(NamedTuple):
    """What `linalg.inv_ex` returns."""

    inverse: Any
    info: Any


class SlogDet(NamedTuple):
    """What `linalg.slogdet` returns."""

    sign: Any
    logabsdet: Any


class LeastSquares(NamedTuple):
    """What `linalg.lstsq` returns."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


class TriangularSolution(NamedTuple):
    """What `triangular_solve` returns."""

    solution: Any
    cloned_coefficient: Any


# -- equations ---------------------------------------------------------------------------------


def _is_vector(a: Node, b: Node) -> bool:
    """Is the right-hand side a vector, or one for each matrix?"""
    return b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1])


@surface
def _solve(a: Node, b: Node, left: bool) -> Node:
    require_square("linalg.solve", a)
    require_inexact("linalg.solve", a, b)
    vector = _is_vector(a, b)
    if b.ndim == 0 or (vector and not left):
        raise ShapeError(
            message("linalg.solve: the right-hand side is no matrix", expected="[*, k, n]",
                    got=str(list(b.shape)))
        )
    b = as_columns(b, vector)
    if not left:
        a, b = matrices.swap(a), matrices.swap(b)
    a, b = same_batch("linalg.solve", a, b)
    found = ops.linear_solve(a, b)
    return squeezed(found, vector) if left else matrices.swap(found)


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """X with A X = B (left=False: X A = B), for [*, n, n] and [*, n, k] or vectors [*, n].

    Raises LinAlgError if a matrix is singular.
    """
    return _solve(A, B, bool(left))


@surface
def _zero_pivot(a: Node) -> Node:
    require_square("linalg.inv", a)
    return ops.first_zero_pivot(ops.lu(a)[0])


def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> Solution:
    """(X, info) as `solve`; `info` is 0, or which pivot of a singular matrix is 0: X is NaN then
    (with `check_errors`: LinAlgError)."""
    info = _zero_pivot(A)
    try:
        return Solution(_solve(A, B, bool(left)), info)
    except LinAlgError:
        if check_errors:
            raise
    return Solution(B * float("nan"), info)


@surface
def _solve_triangular(a: Node, b: Node, upper: bool, left: bool, unit: bool) -> Node:
    require_square("linalg.solve_triangular", a)
    require_matrix("linalg.solve_triangular", a, b)
    if not left:
        a, b, upper = matrices.swap(a), matrices.swap(b), not upper
    a, b = same_batch("linalg.solve_triangular", a, b)
    found = ops.triangular_solve(a, b, lower=not upper, unit=unit)
    return found if left else matrices.swap(found)


def solve_triangular(
    A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Any:
    """X with A X = B (left=False: X A = B), where A is the upper or lower triangle of [*, n, n]."""
    return _solve_triangular(A, B, bool(upper), bool(left), bool(unitriangular))


def triangular_solve(
    b: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> TriangularSolution:
    """(X, A) with A X = b for a triangular A; the older form of `linalg.solve_triangular`."""
    matrix = A.mT if transpose else A
    up = upper != transpose
    return TriangularSolution(_solve_triangular(matrix, b, up, True, bool(unitriangular)), A)


@surface
def _cholesky_solve(b: Node, factor: Node, upper: bool) -> Node:
    require_square("cholesky_solve", factor)
    require_matrix("cholesky_solve", factor, b)
    factor, b = same_batch("cholesky_solve", factor, b)
    lower = matrices.adjoint(factor) if upper else factor
    half = ops.triangular_solve(lower, b, lower=True)
    return ops.triangular_solve(matrices.adjoint(lower), half, lower=False)


def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Any:
    """X with A X = B, given A's Cholesky factor."""
    return _cholesky_solve(B, L, bool(upper))


@surface
def _cholesky_inverse(factor: Node, upper: bool) -> Node:
    require_square("cholesky_inverse", factor)
    lower = matrices.adjoint(factor) if upper else factor
    unit = matrices.identity(factor.shape[-1], factor)
    half = ops.triangular_solve(lower, unit, lower=True)
    return matrices.mm(matrices.adjoint(half), half)


def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """The inverse of the matrix with this Cholesky factor."""
    return _cholesky_inverse(L, bool(upper))


@surface
def _lu_solve(both: Node, pivots: Node, b: Node, left: bool, turned: bool) -> Node:
    require_square("linalg.lu_solve", both)
    require_matrix("linalg.lu_solve", both, b)
    if not left:
        b = matrices.adjoint(b) if turned else matrices.swap(b)
    order = ops.pivots_to_order(pivots, both.shape[-1])
    lead = same_batch("linalg.lu_solve", both, b)
    both, b = lead
    order = ops.broadcast(order, both.shape[:-1])
    if turned == left:
        found = _solve_turned(both, order, b, matrices.adjoint if left else matrices.swap)
    else:
        found = _solve_plain(both, order, b)
    if left:
        return found
    return matrices.adjoint(found) if turned else matrices.swap(found)


def _solve_plain(both: Node, order: Node, b: Node) -> Node:
    half = ops.triangular_solve(both, ops.permute_rows(b, order), lower=True, unit=True)
    return ops.triangular_solve(both, half, lower=False)


def _solve_turned(both: Node, order: Node, b: Node, turn: Any) -> Node:
    half = ops.triangular_solve(turn(both), b, lower=True)
    half = ops.triangular_solve(turn(both), half, lower=False, unit=True)
    return ops.unpermute_rows(half, order)


def lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Any:
    """X with A X = B from what `lu_factor(A)` gave (left=False: X A = B; adjoint: A^H)."""
    return _lu_solve(LU, pivots, B, bool(left), bool(adjoint))


def old_lu_solve(b: Any, LU_data: Any, LU_pivots: Any) -> Any:
    """`linalg.lu_solve`, by its older name and order."""
    return lu_solve(LU_data, LU_pivots, b)


# -- inverses ----------------------------------------------------------------------------------


@surface
def inv(A: Node) -> Node:
    """The inverse of each matrix [*, n, n]; LinAlgError if one is singular."""
    require_square("linalg.inv", A)
    return ops.inverse(A)


def inv_ex(A: Any, *, check_errors: bool = False) -> Inverse:
    """(inverse, info): as `inv`, but `info` tells which pivot is 0, and the result is NaN."""
    info = _zero_pivot(A)
    try:
        return Inverse(inv(A), info)
    except LinAlgError:
        if check_errors:
            raise
    return Inverse(A * float("nan"), info)


@surface
def _pinv(x: Node, atol: float | None, rtol: float | None, is_hermitian: bool) -> Node:
    require_matrix("linalg.pinv", x)
    x = hermitian(x) if is_hermitian else x
    if rtol is None:
        largest = max(int(x.shape[-1]), int(x.shape[-2]))  # type: ignore[call-overload]
        rtol = 0.0 if atol is not None and atol > 0 else EPS[matrices.real_dtype(x)] * largest
    return ops.pseudo_inverse(x, atol=float(atol or 0.0), rtol=float(rtol))


def pinv(
    input: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Any:
    """The Moore-Penrose inverse of [*, m, n]: [*, n, m].

    Singular values up to max(atol, rtol * the largest) count as zero; rtol is max(m, n) eps
    unless atol is given. `rcond` is an older name of rtol.
    """
    rtol = rcond if rtol is None else rtol
    known = [float(v) if v is not None else None for v in (atol, rtol)]
    return _pinv(input, known[0], known[1], bool(hermitian))


@surface
def _lstsq(a: Node, b: Node, rcond: float) -> Node:
    require_matrix("linalg.lstsq", a)
    require_inexact("linalg.lstsq", a, b)
    vector = _is_vector(a, b)
    a, b = same_batch("linalg.lstsq", a, as_columns(b, vector))
    return squeezed(ops.least_squares(a, b, rtol=rcond), vector)


def lstsq(A: Any, B: Any, rcond: Any = None, *, driver: str | None = None) -> LeastSquares:
    """(solution, residuals, rank, singular_values) of least |A X - B|.

    A [*, m, n], B [*, m, k] or [*, m]; of several solutions the one of least norm. Residuals
    are the squared norms if m > n and the rank is full, else empty. The driver, one of LAPACK's
    "gelsy" (the default), "gels", "gelsd" and "gelss", says what is there, as in PyTorch: residuals
    are empty with "gelsy", the rank is with "gels", and singular values come with "gelsd" and
    "gelss" only. The computation is the same.
    """
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise ArgumentError(
            message("linalg.lstsq: driver", expected="gels, gelsy, gelsd, gelss or None",
                    got=repr(driver))
        )
    m, n = (A.shape[-2], A.shape[-1]) if A.ndim > 1 else (1, 1)
    dtype = matrices.real_of(A.dtype)
    cut = float(rcond) if rcond is not None else EPS.get(dtype, 0.0) * max(m, n)
    solution = _lstsq(A, B, cut)
    values = ops_svdvals(A.detach())
    bound = values.amax(-1, keepdim=True) * cut if min(m, n) else values
    rank = (values > bound).sum(-1)
    vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and tuple(B.shape) == tuple(A.shape[:-1]))
    residuals = (solution.abs() if solution.is_complex() else solution).reshape(-1)[:0]
    if driver not in (None, "gelsy") and m > n and bool((rank == n).all()):
        columns = solution.unsqueeze(-1) if vector else solution
        given = B.unsqueeze(-1) if vector else B
        apart = (A @ columns - given).abs().square().sum(-2)
        residuals = apart.squeeze(-1) if vector else apart
    empty = values.new_empty((0,))
    rank = rank.new_empty((0,)) if driver == "gels" else rank
    values = values if driver in ("gelsd", "gelss") else empty
    return LeastSquares(solution, residuals, rank, values)


def ops_svdvals(A: Any) -> Any:
    """`linalg.svdvals`, fetched late."""
    from pentad.tensor.functions.decompositions import svdvals

    return svdvals(A)


# -- determinants ------------------------------------------------------------------------------


@surface
def det(A: Node) -> Node:
    """The determinant of each matrix [*, n, n]: [*]."""
    require_square("linalg.det", A)
    return ops.determinant(A)


@surface
def _slogdet(x: Node) -> tuple[Node, Node]:
    require_square("linalg.slogdet", x)
    return ops.slogdet(x)


def slogdet(A: Any) -> SlogDet:
    """(sign, log |det|) of each matrix [*, n, n]; a singular one has sign 0 and -inf."""
    return SlogDet(*_slogdet(A))


def logdet(input: Any) -> Any:
    """The logarithm of the determinant; NaN where it is negative."""
    from pentad.tensor.functions.pointwise import where

    sign, log = _slogdet(input)
    if sign.dtype.is_complex:
        return sign.log() + log
    return where(sign == -1.0, float("nan"), log)


# -- tensors as matrices -----------------------------------------------------------------------


@surface
def _tensorinv(x: Node, ind: int) -> Node:
    rows, columns = x.shape[:ind], x.shape[ind:]
    n = product(tuple(rows))
    if n != product(tuple(columns)):
        raise ShapeError(
            message("linalg.tensorinv: not square", expected="equal products of sizes",
                    got=f"{list(rows)} and {list(columns)}")
        )
    require_inexact("linalg.tensorinv", x)
    return ops.reshape(ops.inverse(ops.reshape(x, (n, n))), (*columns, *rows))


def tensorinv(A: Any, ind: int = 2) -> Any:
    """The inverse of A as a linear map from its last to its first `ind` dimensions."""
    if not isinstance(ind, int) or ind <= 0:
        raise ShapeError(message("linalg.tensorinv: ind", expected="ind > 0", got=repr(ind)))
    return _tensorinv(A, ind)


@surface
def _tensorsolve(a: Node, b: Node, dims: Sequence[int] | None) -> Node:
    require_inexact("linalg.tensorsolve", a, b)
    if dims is not None:
        moved = [d % a.ndim for d in dims]
        a = ops.transpose(a, [*(i for i in range(a.ndim) if i not in moved), *moved])
    shape = a.shape[b.ndim :]
    n = product(tuple(b.shape))
    if product(tuple(shape)) != n or product(a.shape[: b.ndim]) != n:
        raise ShapeError(
            message("linalg.tensorsolve: not square", expected=f"{n} times {n} elements",
                    got=str(list(a.shape)))
        )
    found = ops.linear_solve(ops.reshape(a, (n, n)), ops.reshape(b, (n, 1)))
    return ops.reshape(found, shape)


def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:
    """X with tensordot(A, X, X.ndim) = B; `dims` of A are moved to the end first."""
    return _tensorsolve(A, B, None if dims is None else tuple(dims))
