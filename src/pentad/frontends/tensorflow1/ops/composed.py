"""Functions made of others: of tf.math, tf.linalg and `tensorflow` itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.elementwise import bessel_i0e, bessel_i1e


def bessel_i0(x: Any, name: str | None = None) -> Any:
    """The modified Bessel function of order 0."""
    with tf.name_scope(name, "bessel_i0", [x]):
        x = tf.convert_to_tensor(x)
        return tf.exp(tf.abs(x)) * bessel_i0e(x)


def bessel_i1(x: Any, name: str | None = None) -> Any:
    """The modified Bessel function of order 1."""
    with tf.name_scope(name, "bessel_i1", [x]):
        x = tf.convert_to_tensor(x)
        return tf.exp(tf.abs(x)) * bessel_i1e(x)


def lbeta(x: Any, name: str | None = None) -> Any:
    """The logarithm of the Beta function of the vectors in the last axis."""
    with tf.name_scope(name, "lbeta", [x]):
        x = tf.convert_to_tensor(x)
        return tf.reduce_sum(tf.lgamma(x), -1) - tf.lgamma(tf.reduce_sum(x, -1))


def polyval(coeffs: Sequence[Any], x: Any, name: str | None = None) -> Any:
    """The polynomial of these coefficients, the highest power's first, by Horner's rule."""
    with tf.name_scope(name, "polyval", [*coeffs, x]):
        x = tf.convert_to_tensor(x)
        total = tf.convert_to_tensor(coeffs[0]) if coeffs else tf.zeros_like(x)
        for c in coeffs[1:]:
            total = c + total * x
        return total


# -- matrices --------------------------------------------------------------------------------------


def adjoint(matrix: Any, name: str | None = None) -> Any:
    """The last two axes exchanged, the elements conjugated."""
    with tf.name_scope(name, "adjoint", [matrix]):
        return tf.conj(tf.matrix_transpose(tf.convert_to_tensor(matrix)))


def matvec(
    a: Any, b: Any, transpose_a: bool = False, adjoint_a: bool = False, a_is_sparse: bool = False,
    b_is_sparse: bool = False, name: str | None = None,
) -> Any:
    """Matrix times vector, in batches."""
    with tf.name_scope(name, "MatVec", [a, b]):
        column = tf.expand_dims(tf.convert_to_tensor(b), -1)
        return tf.squeeze(tf.matmul(a, column, transpose_a=transpose_a, adjoint_a=adjoint_a), -1)


def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> Any:
    """(tensor / norm, norm)."""
    with tf.name_scope(name, "normalize", [tensor]):
        tensor = tf.convert_to_tensor(tensor)
        norm = tf.norm(tensor, ord=ord, axis=axis, keepdims=True)
        return tensor / norm, norm


expm = op("MatrixExponential", "input: T -> output: T", pt.linalg.matrix_exp, allow={"T": FLOATS})
slogdet = op("LogMatrixDeterminant", "input: T -> sign: T, log_abs_determinant: T",
             lambda input: tuple(pt.linalg.slogdet(input)), allow={"T": FLOATS})
_PINV = op("PseudoInverse", "a: T -> output: T", pt.linalg.pinv, allow={"T": FLOATS})


def logdet(matrix: Any, name: str | None = None) -> Any:
    """The logarithm of the determinant of a positive definite matrix."""
    return slogdet(matrix, name=name)[1]


def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Any:
    """The pseudo-inverse of Moore and Penrose."""
    return _PINV(a, name=name)


def _lu(input: Any) -> Any:
    permutation, lower, upper = pt.linalg.lu(input)
    identity = pt.eye(input.shape[-2], input.shape[-1], dtype=input.dtype)
    return lower + upper - identity, permutation.argmax(-2).to(pt.int32)


_LU = op("Lu", "input: T; output_idx_type=int32 -> lu: T, p: output_idx_type",
         lambda input, output_idx_type: _lu(input), allow={"T": FLOATS})


def lu(input: Any, output_idx_type: Any = None, name: str | None = None) -> Any:
    """The factors L and U of square matrices in one, and the permutation of their rows."""
    return _LU(input, output_idx_type=output_idx_type or tf.int32, name=name)


def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Any:
    """How many singular values are above a tolerance."""
    with tf.name_scope(name, "matrix_rank", [a]):
        a = tf.convert_to_tensor(a)
        singular = tf.svd(a, compute_uv=False)
        if tol is None:
            size = tf.cast(tf.reduce_max(tf.shape(a)[-2:]), a.dtype)
            epsilon = pt.finfo(a.dtype.tensor_dtype).eps if hasattr(pt, "finfo") else 1.2e-7
            tol = epsilon * size * tf.reduce_max(singular, -1, keepdims=True)
        return tf.reduce_sum(tf.cast(singular > tol, tf.int32), -1)


def _diagonals(diagonals: Any, form: str) -> tuple[Any, Any, Any]:
    if form == "sequence":
        upper, middle, lower = (tf.convert_to_tensor(d) for d in diagonals)
    elif form == "compact":
        upper, middle, lower = tf.unstack(tf.convert_to_tensor(diagonals), num=3, axis=-2)
    else:
        full = tf.convert_to_tensor(diagonals)
        middle = tf.matrix_diag_part(full)
        zero = tf.zeros_like(middle[..., :1])
        upper = tf.concat([tf.matrix_diag_part(full[..., :-1, 1:]), zero], -1)
        lower = tf.concat([zero, tf.matrix_diag_part(full[..., 1:, :-1])], -1)
    return upper, middle, lower


def tridiagonal_matmul(
    diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None
) -> Any:
    """A matrix given by its three diagonals, times another."""
    with tf.name_scope(name, "tridiagonal_matmul", [rhs]):
        upper, middle, lower = (d[..., None] for d in _diagonals(diagonals, diagonals_format))
        rhs = tf.convert_to_tensor(rhs)
        zero = tf.zeros_like(rhs[..., :1, :])
        after = tf.concat([rhs[..., 1:, :], zero], -2)
        before = tf.concat([zero, rhs[..., :-1, :]], -2)
        return upper * after + middle * rhs + lower * before


def tridiagonal_solve(
    diagonals: Any, rhs: Any, diagonals_format: str = "compact", transpose_rhs: bool = False,
    conjugate_rhs: bool = False, name: str | None = None, partial_pivoting: bool = True,
) -> Any:
    """The solution of a system whose matrix is given by its three diagonals."""
    with tf.name_scope(name, "tridiagonal_solve", [rhs]):
        upper, middle, lower = _diagonals(diagonals, diagonals_format)
        rhs = tf.convert_to_tensor(rhs)
        vector = rhs.shape.ndims == middle.shape.ndims
        rhs = tf.conj(rhs) if conjugate_rhs else rhs
        rhs = rhs[..., None] if vector else (tf.matrix_transpose(rhs) if transpose_rhs else rhs)
        full = tridiagonal_matmul((upper, middle, lower), tf.matrix_diag(tf.ones_like(middle)),
                                  "sequence")
        found = tf.matrix_solve(full, rhs)
        return found[..., 0] if vector else found
