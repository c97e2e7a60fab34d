"""Factorisations, inverses and solutions of matrices."""

from __future__ import annotations

import builtins
from typing import Any

import pentad as pt
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops import matrices, shaping

_T = {"T": dtypes.SMOOTH}


def _of_one(name: str, signature: str, run: Any) -> Any:
    return op(name, signature, run, allow=_T)


def _adjointed(x: Any, adjoint: bool) -> Any:
    return x.transpose(-1, -2).conj() if adjoint else x


_CHOLESKY = _of_one("Cholesky", "input: T -> output: T", pt.linalg.cholesky)
_DET = _of_one("MatrixDeterminant", "input: T -> output: T", pt.linalg.det)
_INVERSE = _of_one("MatrixInverse", "input: T; adjoint=False -> output: T",
                   lambda input, adjoint: pt.linalg.inv(_adjointed(input, adjoint)))
_SOLVE = _of_one("MatrixSolve", "matrix: T, rhs: T; adjoint=False -> output: T",
                 lambda matrix, rhs, adjoint: pt.linalg.solve(_adjointed(matrix, adjoint), rhs))
_TRIANGULAR = _of_one(
    "MatrixTriangularSolve", "matrix: T, rhs: T; lower=True, adjoint=False -> output: T",
    lambda matrix, rhs, lower, adjoint: pt.linalg.solve_triangular(
        _adjointed(matrix, adjoint), rhs, upper=lower == adjoint))
_QR = _of_one("Qr", "input: T; full_matrices=False -> q: T, r: T",
              lambda input, full_matrices: builtins.tuple(
                  pt.linalg.qr(input, "complete" if full_matrices else "reduced")))
_EIGH = _of_one("SelfAdjointEigV2", "input: T; compute_v=True -> e: T, v: T",
                lambda input, compute_v: builtins.tuple(pt.linalg.eigh(input)))
_SVD = _of_one("Svd", "input: T; compute_uv=True, full_matrices=False -> s: T, u: T, v: T",
               lambda input, compute_uv, full_matrices: _singular(input, full_matrices))
_SQRTM = _of_one("MatrixSquareRoot", "input: T -> output: T", lambda input: _root(input))
_LOGM = op("MatrixLogarithm", "input: T -> output: T", lambda input: _logarithm(input),
           allow={"T": dtypes.COMPLEX}, host=True, differentiable=False,
           types=lambda x: [(x.dtype, x.static_type.shape)])


def _singular(input: Any, full: bool) -> Any:
    u, s, vh = pt.linalg.svd(input, full_matrices=full)
    return s, u, vh.transpose(-1, -2).conj()


def _root(x: Any) -> Any:
    """The square root by Denman and Beavers' iteration."""
    y, z = x, pt.eye(x.shape[-1], dtype=x.dtype).broadcast_to(x.shape)
    for _ in range(24):
        y, z = (y + pt.linalg.inv(z)) / 2, (z + pt.linalg.inv(y)) / 2
    return y


def _logarithm(x: Any) -> Any:
    import numpy as np

    values, vectors = np.linalg.eig(x)
    logs = np.log(values)[..., None, :]
    return ((vectors * logs) @ np.linalg.inv(vectors)).astype(x.dtype)


def cholesky(input: Any, name: str | None = None) -> Any:
    """The lower triangular factor of positive definite matrices."""
    return _CHOLESKY(input, name=name)


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Any:
    """The solution of A x = rhs, from the factor of A."""
    with name_scope(name, "cholesky_solve", [chol, rhs]):
        half = _TRIANGULAR(chol, rhs, lower=True)
        return _TRIANGULAR(chol, half, lower=True, adjoint=True)


def matrix_determinant(input: Any, name: str | None = None) -> Any:
    """The determinants of matrices."""
    return _DET(input, name=name)


def matrix_inverse(input: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """The inverses of matrices."""
    return _INVERSE(input, adjoint=adjoint, name=name)


def matrix_solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """The solution of matrix x = rhs."""
    return _SOLVE(matrix, rhs, adjoint=adjoint, name=name)


def matrix_triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Any:
    """The solution of matrix x = rhs for a triangular matrix."""
    return _TRIANGULAR(matrix, rhs, lower=lower, adjoint=adjoint, name=name)


def matrix_solve_ls(
    matrix: Any, rhs: Any, l2_regularizer: float = 0.0, fast: bool = True, name: str | None = None
) -> Any:
    """The x with the smallest |matrix x - rhs|, plus a penalty on its size."""
    from pentad.frontends.tensorflow1.ops.creation import eye

    with name_scope(name, "matrix_solve_ls", [matrix, rhs]):
        a, b = convert_to_tensor(matrix), convert_to_tensor(rhs)
        rows, columns = a.shape[-2].value, a.shape[-1].value
        penalty = float(l2_regularizer)
        if not fast and not penalty:
            q, r = _QR(a)
            return _TRIANGULAR(r, matrices.matmul(q, b, adjoint_a=True), lower=False)
        if rows is not None and columns is not None and rows < columns:
            gram = matrices.matmul(a, a, adjoint_b=True)
            gram = gram + penalty * eye(rows, dtype=a.dtype)
            return matrices.matmul(a, cholesky_solve(_CHOLESKY(gram), b), adjoint_a=True)
        gram = matrices.matmul(a, a, adjoint_a=True)
        gram = gram + penalty * eye(shaping.shape(a)[-1], dtype=a.dtype)
        return cholesky_solve(_CHOLESKY(gram), matrices.matmul(a, b, adjoint_a=True))


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """(q, r): orthonormal columns, and an upper triangle."""
    return _QR(input, full_matrices=full_matrices, name=name)


def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """(s, u, v): singular values and vectors, or the values alone."""
    found = _SVD(tensor, full_matrices=full_matrices, compute_uv=compute_uv, name=name)
    return builtins.tuple(found) if compute_uv else found[0]


def self_adjoint_eig(tensor: Any, name: str | None = None) -> Any:
    """(eigenvalues, eigenvectors) of symmetric matrices."""
    return builtins.tuple(_EIGH(tensor, name=name))


def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> Any:
    """The eigenvalues of symmetric matrices."""
    return _EIGH(tensor, name=name)[0]


matrix_square_root, logm = _SQRTM, _LOGM


