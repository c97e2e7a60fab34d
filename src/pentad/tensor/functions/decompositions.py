"""Factorisations of matrices by PyTorch's names: Cholesky, QR, LU, eigenvalues, singular values.

LAPACK computes them, through NumPy, one after the other along the batch; they are
differentiable to any order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pentad import ops
from pentad.graph.errors import ArgumentError, AutogradError, message
from pentad.graph.node import Node
from pentad.ops import matrices
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.matrices import hermitian, require_matrix, require_square
from pentad.tensor.state import state


class QR(NamedTuple):
    """What `linalg.qr` returns."""

    Q: Any
    R: Any


class Geqrf(NamedTuple):
    """What `geqrf` returns."""

    a: Any
    tau: Any


class LU(NamedTuple):
    """What `linalg.lu` returns."""

    P: Any
    L: Any
    U: Any


class LUFactor(NamedTuple):
    """What `linalg.lu_factor` returns."""

    LU: Any
    pivots: Any


class LUFactorInfo(NamedTuple):
    """What `linalg.lu_factor_ex` returns."""

    LU: Any
    pivots: Any
    info: Any


class FactorInfo(NamedTuple):
    """What `linalg.cholesky_ex` returns."""

    L: Any
    info: Any


class Eigen(NamedTuple):
    """What `linalg.eigh` and `linalg.eig` return."""

    eigenvalues: Any
    eigenvectors: Any


class SVD(NamedTuple):
    """What `linalg.svd` returns."""

    U: Any
    S: Any
    Vh: Any


class SVDFactors(NamedTuple):
    """What `svd` returns: V as it is, not its conjugate transposed."""

    U: Any
    S: Any
    V: Any


# -- Cholesky ----------------------------------------------------------------------------------


@surface
def _cholesky(x: Node, upper: bool, check: bool) -> Node:
    require_square("linalg.cholesky", x)
    factor = ops.cholesky(hermitian(x, upper), check=check)
    return matrices.adjoint(factor) if upper else factor


@surface
def _cholesky_info(x: Node, upper: bool) -> Node:
    return ops.cholesky_info(hermitian(x, upper))


def cholesky(input: Any, *, upper: bool = False) -> Any:
    """L with L L^H = A for Hermitian positive definite [*, n, n] (`upper`: U with U^H U = A).

    Only the lower (upper) triangle is read. Raises LinAlgError where there is none.
    """
    return _cholesky(input, bool(upper), True)


def old_cholesky(input: Any, upper: bool = False) -> Any:
    """`linalg.cholesky`, by its older name."""
    return cholesky(input, upper=upper)


def cholesky_ex(input: Any, *, upper: bool = False, check_errors: bool = False) -> FactorInfo:
    """(L, info): as `cholesky`, but a failure is in `info` (int32), the order of the first
    leading minor that is not positive definite, and the factor is NaN."""
    factor = _cholesky(input, bool(upper), bool(check_errors))
    return FactorInfo(factor, _cholesky_info(input, bool(upper)))


# -- QR ----------------------------------------------------------------------------------------


@surface
def _qr(x: Node, complete: bool) -> tuple[Node, Node]:
    require_matrix("linalg.qr", x)
    return ops.qr(x, complete=complete)


@surface
def _r_only(x: Node) -> Node:
    require_matrix("linalg.qr", x)
    return ops.qr(x)[1]


def _refuse_gradient(name: str, x: Any, hint: str) -> None:
    if state.grad and getattr(x, "requires_grad", False):
        raise AutogradError(
            message(
                f"{name} has no gradient",
                expected="a tensor that requires none",
                got="one with requires_grad=True",
                hint=hint,
            )
        )


def qr(input: Any, mode: str = "reduced") -> QR:
    """(Q, R) with Q R = A, the columns of Q orthonormal and R upper triangular.

    [*, m, n] gives [*, m, k] and [*, k, n]: mode "reduced" has k = min(m, n), "complete" k = m;
    "r" leaves Q out (an empty tensor). Differentiable but for "r" and a "complete" one of m > n.
    """
    if mode not in ("reduced", "complete", "r"):
        raise ArgumentError(
            message("linalg.qr: unknown mode", expected="reduced, complete or r", got=repr(mode))
        )
    if mode == "r":
        _refuse_gradient("linalg.qr(mode='r')", input, "use mode='reduced'")
        found = _r_only(input)
        return QR(found.new_empty((0,)), found)
    if mode == "complete" and input.ndim > 1 and input.shape[-2] > input.shape[-1]:
        _refuse_gradient("linalg.qr(mode='complete') of a tall matrix", input, "mode='reduced'")
    return QR(*_qr(input, mode == "complete"))


@surface
def _geqrf(x: Node) -> tuple[Node, Node]:
    require_matrix("geqrf", x)
    return ops.geqrf(x)


def geqrf(input: Any) -> Geqrf:
    """(a, tau): R of a QR factorisation, below it the vectors of the reflections that Q is a
    product of (`orgqr` makes it), and their factors. [*, m, n]: [*, m, n] and [*, min(m, n)]."""
    return Geqrf(*_geqrf(input.detach()))


def old_lu(A: Any, pivot: bool = True, get_infos: bool = False) -> Any:
    """`linalg.lu_factor` by its older name; with `get_infos`, (LU, pivots, info)."""
    found = lu_factor_ex(A, pivot=pivot)
    return found if get_infos else LUFactor(*found[:2])


def old_qr(input: Any, some: bool = True) -> QR:
    """`linalg.qr`, by its older name."""
    return qr(input, "reduced" if some else "complete")


# -- LU ----------------------------------------------------------------------------------------


@surface
def _lu(x: Node) -> tuple[Node, Node, Node]:
    require_matrix("linalg.lu", x)
    both, order = ops.lu(x)
    m = x.shape[-2]
    place = ops.unpermute_rows(matrices.identity(m, x), order)
    return place, ops.lower_factor(both), ops.upper_factor(both)


@surface
def _lu_factor(x: Node) -> tuple[Node, Node, Node]:
    require_matrix("linalg.lu_factor", x)
    both, order = ops.lu(x)
    k = matrices.smaller(*x.shape[-2:])
    pivots = ops.order_to_pivots(order, k)
    return both, pivots, ops.first_zero_pivot(both)


def lu(input: Any, *, pivot: bool = True) -> LU:
    """(P, L, U) with P L U = A: [*, m, m], [*, m, k] and [*, k, n], k = min(m, n)."""
    _require_pivoting("linalg.lu", pivot)
    return LU(*_lu(input))


def lu_factor(input: Any, *, pivot: bool = True) -> LUFactor:
    """(L and U in one matrix, the pivots, counted from 1) of [*, m, n]."""
    _require_pivoting("linalg.lu_factor", pivot)
    return LUFactor(*_lu_factor(input)[:2])


def lu_factor_ex(
    input: Any, *, pivot: bool = True, check_errors: bool = False
) -> LUFactorInfo:
    """As `lu_factor`, with `info`: which pivot is 0 (counted from 1), or 0."""
    _require_pivoting("linalg.lu_factor_ex", pivot)
    return LUFactorInfo(*_lu_factor(input))


def _require_pivoting(name: str, pivot: bool) -> None:
    if not pivot:
        raise ArgumentError(
            message(
                f"{name}: only factorisations with pivoting",
                expected="pivot=True",
                got="pivot=False",
                hint="PyTorch offers pivot=False on CUDA only",
            )
        )


@surface
def _lu_unpacked(both: Node, pivots: Node) -> tuple[Node, Node, Node]:
    require_matrix("lu_unpack", both)
    order = ops.pivots_to_order(pivots, both.shape[-2])
    unit = matrices.identity(both.shape[-2], both)
    place = ops.unpermute_rows(unit, ops.broadcast(order, unit.shape[:-1]))
    return place, ops.lower_factor(both), ops.upper_factor(both)


def lu_unpack(
    LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True
) -> LU:
    """(P, L, U) from what `lu_factor` gave; what is not asked for is an empty tensor."""
    place, lower, upper = _lu_unpacked(LU_data, LU_pivots)
    empty = LU_data.new_empty((0,))
    return LU(
        place if unpack_pivots else empty,
        lower if unpack_data else empty,
        upper if unpack_data else empty,
    )


# -- eigenvalues -------------------------------------------------------------------------------


def _reads_upper(name: str, UPLO: str) -> bool:
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise ArgumentError(message(f"{name}: which triangle?", expected="L or U", got=repr(UPLO)))
    return UPLO.upper() == "U"


@surface
def _eigh(x: Node, upper: bool) -> tuple[Node, Node]:
    require_square("linalg.eigh", x)
    return ops.eigh(hermitian(x, upper))


@surface
def _eigvalsh(x: Node, upper: bool) -> Node:
    require_square("linalg.eigvalsh", x)
    return ops.eigvalsh(hermitian(x, upper))


def eigh(input: Any, UPLO: str = "L") -> Eigen:
    """(eigenvalues, ascending; eigenvectors as columns) of Hermitian matrices [*, n, n]."""
    return Eigen(*_eigh(input, _reads_upper("linalg.eigh", UPLO)))


def eigvalsh(input: Any, UPLO: str = "L") -> Any:
    """The eigenvalues, ascending, of Hermitian matrices [*, n, n]."""
    return _eigvalsh(input, _reads_upper("linalg.eigvalsh", UPLO))


@surface
def _eig(x: Node) -> tuple[Node, Node]:
    require_square("linalg.eig", x)
    return ops.eig(x)


def eig(input: Any) -> Eigen:
    """(eigenvalues, eigenvectors as columns of norm 1) of [*, n, n]: complex, in no order."""
    return Eigen(*_eig(input))


@surface
def eigvals(input: Node) -> Node:
    """The eigenvalues of [*, n, n]: complex, in no order."""
    require_square("linalg.eigvals", input)
    return ops.eigvals(input)


# -- singular values ---------------------------------------------------------------------------


@surface
def _svd(x: Node, full: bool) -> tuple[Node, Node, Node]:
    require_matrix("linalg.svd", x)
    return ops.svd(x, full=full)


@surface
def _svdvals(x: Node) -> Node:
    require_matrix("linalg.svdvals", x)
    return ops.svdvals(x)


def svd(input: Any, full_matrices: bool = True, *, driver: str | None = None) -> SVD:
    """(U, S, Vh) with U diag(S) Vh = A, S descending.

    [*, m, n] gives [*, m, m], [*, k], [*, n, n], k = min(m, n); with full_matrices=False only
    the first k columns of U and rows of Vh. LAPACK's gesdd computes it whatever the `driver`.
    """
    return SVD(*_svd(input, bool(full_matrices)))


def svdvals(input: Any, *, driver: str | None = None) -> Any:
    """The singular values, descending, of [*, m, n]: [*, min(m, n)]."""
    return _svdvals(input)


@surface
def _adjoint(x: Node) -> Node:
    return matrices.adjoint(x)


def old_svd(input: Any, some: bool = True, compute_uv: bool = True) -> SVDFactors:
    """(U, S, V) with U diag(S) V^H = A; without `compute_uv` U and V are zeros."""
    if compute_uv:
        u, s, vh = _svd(input, not some)
        return SVDFactors(u, s, _adjoint(vh))
    m, n = input.shape[-2:]
    lead = tuple(input.shape[:-2])
    zeros = [input.new_zeros((*lead, k, k)) for k in (m, n)]
    return SVDFactors(zeros[0], _svdvals(input), zeros[1])
