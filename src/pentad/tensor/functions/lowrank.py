"""Factors of low rank, found from random projections (Halko, Martinsson and Tropp, 2011)."""

from __future__ import annotations

from typing import Any

from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.functions.decompositions import qr, svd
from pentad.tensor.functions.random import randn


def _require(name: str, A: Any, q: Any, niter: Any) -> None:
    if A.ndim < 2:
        raise ShapeError(message(f"{name}: no matrix", expected="[*, m, n]",
                                 got=str(list(A.shape))))
    most = min(A.shape[-2:])
    if isinstance(q, bool) or not isinstance(q, int) or not 0 <= q <= most:
        raise ArgumentError(message(f"{name}: q", expected=f"an integer, 0..{most}", got=repr(q)))
    if isinstance(niter, bool) or not isinstance(niter, int) or niter < 0:
        raise ArgumentError(message(f"{name}: niter", expected="an integer >= 0", got=repr(niter)))


def _basis(A: Any, q: int, niter: int) -> Any:
    """[*, m, q]: orthonormal columns that nearly span the range of A [*, m, n]."""
    found = qr(A @ randn(A.shape[-1], q, dtype=A.dtype))[0]
    for _ in range(niter):
        found = qr(A.mH @ found)[0]
        found = qr(A @ found)[0]
    return found


def svd_lowrank(A: Any, q: int = 6, niter: int = 2, M: Any = None) -> tuple[Any, Any, Any]:
    """(U [*, m, q], S [*, q], V [*, n, q]): about U diag(S) V^H = A, or A - M.

    q: at most min(m, n); a little more than the rank sought. niter: how many steps of subspace
    iteration make the random basis better. ArgumentError or ShapeError for what does not fit.
    """
    _require("svd_lowrank", A, q, niter)
    A = A if M is None else A - M
    wide = A.shape[-2] < A.shape[-1]
    A = A.mH if wide else A
    basis = _basis(A, q, niter)
    U, S, Vh = svd(basis.mH @ A, full_matrices=False)
    U, V = basis @ U, Vh.mH
    return (V, S, U) if wide else (U, S, V)


def pca_lowrank(
    A: Any, q: int | None = None, center: bool = True, niter: int = 2
) -> tuple[Any, Any, Any]:
    """`svd_lowrank` of the rows of A [*, m, n] without their mean (with it if not `center`).

    The columns of V are the principal directions; q is min(6, m, n) if not given.
    """
    q = min(6, *A.shape[-2:]) if q is None and A.ndim >= 2 else q
    _require("pca_lowrank", A, q, niter)
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)  # type: ignore[arg-type]
