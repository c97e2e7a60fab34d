"""Determinants, their logarithms and cofactors."""

from __future__ import annotations

import numpy as np

from pentad.graph.node import Node
from pentad.graph.op import TensorType
from pentad.ops.batching import same
from pentad.ops.broadcast import reduce_sum
from pentad.ops.complex import conjugate
from pentad.ops.conversion import cast
from pentad.ops.define import OpFunction, define, quiet
from pentad.ops.matrices import (
    adjoint,
    each_matrix,
    identity,
    lapack,
    mm,
    pack_arrays,
    real_part,
    require_square,
    square_type,
    unpack,
)
from pentad.ops.solving import NOT_CONVERGED, inverse, square_errors, square_samples
from pentad.ops.views import stop_gradient


def _infer_determinant(x: TensorType) -> TensorType:
    require_square("determinant", x)
    return TensorType(x.shape[:-2], x.dtype)


def _reference_cofactor(x: np.ndarray) -> np.ndarray:
    """conj(det) X^-*, from the singular values, so that a singular matrix has one too; NaN for a
    matrix that is not finite."""
    fine, u, s, v = _singular_values(x)
    n = x.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 1, s[..., None, :]).prod(-1)
    det = np.conj(np.linalg.det(u) * np.linalg.det(v))[..., None, None]
    found = np.where(fine, det * (u * others[..., None, :]) @ v, np.nan)
    return np.asarray(found).astype(x.dtype)


def _singular_values(x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Which matrices are finite [..., 1, 1], and their decompositions (of zeros for the others,
    which LAPACK may loop on)."""
    fine = np.isfinite(x).all((-2, -1), keepdims=True)
    return (fine, *np.linalg.svd(np.where(fine, x, 0)))


def _reference_regular(x: np.ndarray) -> np.ndarray:
    fine, u, s, v = _singular_values(x)
    bound = np.sqrt(np.finfo(s.dtype).eps) * np.maximum(s.max(-1, keepdims=True, initial=0), 1e-30)
    near = (s < bound).any(-1)[..., None, None]
    moved = (u * np.maximum(s, bound)[..., None, :]) @ v
    return np.asarray(np.where(near & fine, moved, x)).astype(x.dtype)


nearest_regular: OpFunction = define(
    "nearest_regular",
    "The matrix itself, or the nearest whose singular values are no less than the root of the "
    "precision times the largest: where second derivatives need an inverse.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=square_type("nearest_regular"),
    reference=lapack("det", NOT_CONVERGED)(_reference_regular),
    nondifferentiable="it serves derivatives, where it counts as the identity",
    samples=square_samples,
    errors=square_errors,
)


def _vjp_cofactor(g: Node, y: Node, x: Node) -> tuple[Node]:
    """d conj(det) X^-* = conj(tr(X^-1 dX)) C - X^-* dX* C, at a regular matrix near `x`."""
    x = x + stop_gradient(nearest_regular(x) - x)
    back = adjoint(inverse(x))
    c = mm(back, identity(x.shape[-1], x)) * each_matrix(conjugate(determinant(x)), x)
    along = reduce_sum(conjugate(g) * c, (x.ndim - 2, x.ndim - 1))
    return (each_matrix(along, x) * back - mm(c, adjoint(g), back),)


cofactor: OpFunction = define(
    "cofactor",
    "The derivative of the determinant: conj(det(X)) times the inverse of X*, also where X is "
    "singular.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=square_type("cofactor"),
    reference=lapack("det", NOT_CONVERGED)(_reference_cofactor),
    vjp=_vjp_cofactor,
    samples=square_samples,
    errors=square_errors,
)


determinant: OpFunction = define(
    "determinant",
    "The determinants of square matrices.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_determinant,
    reference=quiet(lambda x: np.linalg.det(x).astype(x.dtype)),
    vjp=lambda g, y, x: (each_matrix(g, x) * cofactor(x),),
    samples=square_samples,
    errors=square_errors,
)


def _infer_slogdet(x: TensorType) -> TensorType:
    require_square("slogdet", x)
    return TensorType((*x.shape[:-2], 2), x.dtype)


def _reference_slogdet(x: np.ndarray) -> np.ndarray:
    sign, log = np.linalg.slogdet(x)
    sign = np.asarray(sign)
    batch = x.shape[:-2]
    return pack_arrays(np.asarray(sign), np.asarray(log), batch=batch, dtype=x.dtype)


def _vjp_slogdet(g: Node, y: Node, x: Node) -> tuple[Node]:
    along, log = unpack(g, (), ())
    if x.dtype.is_complex:
        # The sign turns by the imaginary part of tr(X^-1 dX).
        sign, _ = unpack(y, (), ())
        turned = conjugate(along) * sign
        log = cast(real_part(log), x.dtype) - (turned - conjugate(turned)) * 0.5
    return (each_matrix(log, x) * adjoint(inverse(x)),)


packed_slogdet: OpFunction = define(
    "packed_slogdet",
    "The sign of the determinant and the logarithm of its absolute value, packed.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_slogdet,
    reference=quiet(_reference_slogdet),
    vjp=_vjp_slogdet,
    samples=square_samples,
    errors=square_errors,
)


def slogdet(x: Node) -> tuple[Node, Node]:
    """(sign, log |det|) of the matrices; the sign of a singular one is 0, its logarithm -inf."""
    sign, log = unpack(packed_slogdet(x), (), ())
    return (sign if x.dtype.is_complex else stop_gradient(sign)), real_part(log)
