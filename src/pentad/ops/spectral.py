"""Eigenvalues and singular values. Derivatives as in PyTorch: for values apart from each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.graph.errors import ShapeError
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size
from pentad.ops.batching import same
from pentad.ops.broadcast import reduce_sum
from pentad.ops.comparison import where
from pentad.ops.complex import conjugate
from pentad.ops.conversion import cast
from pentad.ops.define import F32, OpFunction, define
from pentad.ops.matrices import (
    adjoint,
    columns,
    finite,
    lapack,
    mm,
    on_diagonal,
    pack_arrays,
    packed_type,
    part,
    positive_matrix,
    random_matrix,
    real_part,
    require_matrix,
    require_square,
    rows,
    smaller,
    unpack,
    zeros,
)
from pentad.ops.solving import NOT_CONVERGED, linear_solve, square_errors

# -- Hermitian matrices ------------------------------------------------------------------------


def _symmetric(x: np.ndarray) -> np.ndarray:
    """The Hermitian part."""
    x = finite(x)
    return np.asarray((x + np.swapaxes(x, -1, -2).conj()) * x.dtype.type(0.5))


def _infer_eigh(x: TensorType) -> TensorType:
    require_square("eigh", x)
    n = x.shape[-1]
    return packed_type(x, (n,), (n, n))


def _reference_eigh(x: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(_symmetric(x))
    return pack_arrays(values, vectors, batch=x.shape[:-2], dtype=x.dtype)


def differences(s: Node) -> Node:
    """s_j - s_i at (i, j), ones on the diagonal."""
    apart = rows(s, s.shape[-1]) - columns(s, s.shape[-1])
    return where(on_diagonal(apart), zeros(apart) + 1, apart)


def _vjp_eigh(g: Node, y: Node, x: Node) -> tuple[Node]:
    n = x.shape[-1]
    (values, v), (gl, gv) = unpack(y, (n,), (n, n)), unpack(g, (n,), (n, n))
    turned = mm(adjoint(v), gv) / differences(values)
    inner = where(on_diagonal(turned), rows(gl, n), turned)
    found = mm(v, inner, adjoint(v))
    return ((found + adjoint(found)) * 0.5,)


def _symmetric_samples(**attrs: Any) -> list[Sample]:
    shapes = ((1, 1), (3, 3), (2, 4, 4), (0, 0), (0, 3, 3))
    made = [Sample((positive_matrix(*s),), attrs) for s in shapes]
    made.append(Sample((positive_matrix(5, 5, dtype=np.float32),), attrs))
    # Too large for the gradient checks: a complex vector's phase is no function of the matrix.
    wide = (np.complex64, np.complex128)
    return [*made, *(Sample((positive_matrix(7, 7, dtype=d),), attrs) for d in wide)]


packed_eigh: OpFunction = define(
    "packed_eigh",
    "The eigenvalues, ascending, and the eigenvectors, as columns, of the Hermitian part of the "
    "operand, packed.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_eigh,
    reference=lapack("eigh", NOT_CONVERGED)(_reference_eigh),
    vjp=_vjp_eigh,
    samples=_symmetric_samples,
    errors=square_errors,
)


def eigh(x: Node) -> tuple[Node, Node]:
    """(eigenvalues, eigenvectors) of Hermitian [..., n, n]."""
    n = x.shape[-1]
    values, vectors = unpack(packed_eigh(x), (n,), (n, n))
    return real_part(values), vectors


def _infer_eigvalsh(x: TensorType) -> TensorType:
    require_square("eigvalsh", x)
    return TensorType(x.shape[:-1], x.dtype.real)


def _vjp_eigvalsh(g: Node, y: Node, x: Node) -> tuple[Node]:
    _, v = eigh(x)
    return (mm(v * rows(cast(g, v.dtype), x.shape[-1]), adjoint(v)),)


eigvalsh: OpFunction = define(
    "eigvalsh",
    "The eigenvalues of the Hermitian part of the operand, ascending.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_eigvalsh,
    reference=lapack("eigvalsh", NOT_CONVERGED)(lambda x: np.linalg.eigvalsh(_symmetric(x))),
    vjp=_vjp_eigvalsh,
    samples=_symmetric_samples,
    errors=square_errors,
)

# -- singular values ---------------------------------------------------------------------------


def _svd_shapes(x: TensorType, full: bool) -> tuple[tuple[Size, ...], ...]:
    m, n = x.shape[-2:]
    k = smaller(m, n)
    return (m, m if full else k), (k,), (n if full else k, n)


def _infer_svd(x: TensorType, *, full: bool) -> TensorType:
    require_matrix("svd", x)
    return packed_type(x, *_svd_shapes(x, full))


def _reference_svd(x: np.ndarray, *, full: bool) -> np.ndarray:
    parts = np.linalg.svd(finite(x), full_matrices=full)
    return pack_arrays(*parts, batch=x.shape[:-2], dtype=x.dtype)


def _skew(x: Node) -> Node:
    return x - adjoint(x)


def _vjp_svd(g: Node, y: Node, x: Node, *, full: bool) -> tuple[Node]:
    """Townsend, Differentiating the singular value decomposition (2016)."""
    shapes = _svd_shapes(x.type, full)
    (u, s, vh), (gu, gs, gvh) = unpack(y, *shapes), unpack(g, *shapes)
    m, n = x.shape[-2:]
    k = smaller(m, n)
    # Further columns of square factors are any basis of the rest: they have no derivative.
    u, gu = part(u, (0, m), (0, k)), part(gu, (0, m), (0, k))
    vh, gvh = part(vh, (0, k), (0, n)), part(gvh, (0, k), (0, n))
    v, gv = adjoint(vh), adjoint(gvh)
    across = differences(s * s)
    side_u, side_v = _skew(mm(adjoint(u), gu)), _skew(mm(adjoint(v), gv))
    inner = side_u / across * rows(s, k) + columns(s, k) * (side_v / across)
    # The diagonal of side_u is imaginary: how the phases of complex vectors turn together.
    own = rows(gs, k) + (side_u / (rows(s, k) * 2) if x.dtype.is_complex else zeros(inner))
    inner = where(on_diagonal(inner), own, inner)
    found = mm(u, inner, vh)
    if m > k:
        rest = (gu - mm(u, adjoint(u), gu)) / rows(s, m)
        found = found + mm(rest, vh)
    if n > k:
        rest = (gvh - mm(gvh, v, vh)) / columns(s, n)
        found = found + mm(u, rest)
    return (found,)


_SHAPES = ((3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 2), (2, 0))

packed_svd: OpFunction = define(
    "packed_svd",
    "U, the singular values, descending, and V*, with U S V* = X, packed; `full`: U and V* are "
    "square.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_svd,
    reference=lapack("svd", NOT_CONVERGED)(_reference_svd),
    vjp=_vjp_svd,
    samples=lambda: [
        *(Sample((random_matrix(*s),), {"full": False}) for s in _SHAPES),
        Sample((random_matrix(3, 3),), {"full": True}),
        Sample((random_matrix(5, 3, dtype=np.float32),), {"full": False}),
        # Too large for the gradient checks: the phases are no functions of the matrix.
        Sample((random_matrix(7, 7, dtype=np.complex128),), {"full": False}),
    ],
    errors=lambda: [Sample((((3,), F32),), {"full": False}, ShapeError, "no matrix")],
)


def svd(x: Node, *, full: bool = False) -> tuple[Node, Node, Node]:
    """(U, S, V*) of [..., m, n]; k = min(m, n) columns and rows, or all of them if `full`."""
    u, s, vh = unpack(packed_svd(x, full=full), *_svd_shapes(x.type, full))
    return u, real_part(s), vh


def _infer_svdvals(x: TensorType) -> TensorType:
    require_matrix("svdvals", x)
    return TensorType((*x.shape[:-2], smaller(*x.shape[-2:])), x.dtype.real)


def _vjp_svdvals(g: Node, y: Node, x: Node) -> tuple[Node]:
    u, _, vh = svd(x)
    return (mm(u * rows(cast(g, u.dtype), x.shape[-2]), vh),)


svdvals: OpFunction = define(
    "svdvals",
    "The singular values, descending.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_svdvals,
    reference=lapack("svdvals", NOT_CONVERGED)(
        lambda x: np.linalg.svd(finite(x), compute_uv=False)
    ),
    vjp=_vjp_svdvals,
    samples=lambda: [
        *(Sample((random_matrix(*s),)) for s in _SHAPES),
        Sample((random_matrix(5, 3, dtype=np.float32),)),
        Sample((random_matrix(3, 2, dtype=np.complex128),)),
    ],
    errors=lambda: [Sample((((3,), F32),), {}, ShapeError, "no matrix")],
)

# -- general matrices --------------------------------------------------------------------------


def _infer_eig(x: TensorType) -> TensorType:
    require_square("eig", x)
    n = x.shape[-1]
    return TensorType(packed_type(x, (n,), (n, n)).shape, x.dtype.complex)


def _reference_eig(x: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eig(finite(x))
    dtype = np.result_type(x.dtype, np.complex64)
    return pack_arrays(values, vectors, batch=x.shape[:-2], dtype=dtype)


def _as_operand(gradient: Node, x: Node) -> Node:
    return gradient if x.dtype.is_complex else real_part(gradient)


def _vjp_eig(g: Node, y: Node, x: Node) -> tuple[Node]:
    """For eigenvectors of norm 1 (van der Meer, Krylov methods for nonsymmetric..., 2009)."""
    n = x.shape[-1]
    (values, v), (gl, gv) = unpack(y, (n,), (n, n)), unpack(g, (n,), (n, n))
    back = adjoint(v)
    along = mm(back, gv)
    diagonal = reduce_sum(where(on_diagonal(along), along, zeros(along)), (along.ndim - 1,))
    length = cast(real_part(diagonal), v.dtype)
    across = (along - mm(back, v * rows(length, n))) / conjugate(differences(values))
    inner = where(on_diagonal(across), rows(gl, n), across)
    return (_as_operand(linear_solve(back, mm(inner, back)), x),)


packed_eig: OpFunction = define(
    "packed_eig",
    "The eigenvalues and, as columns of norm 1, the eigenvectors of square matrices: complex, "
    "packed.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_eig,
    reference=lapack("eig", NOT_CONVERGED)(_reference_eig),
    vjp=_vjp_eig,
    samples=lambda: [
        # Too large for the gradient checks: the phases are no functions of the matrix.
        *(Sample((random_matrix(7, 7, dtype=d),)) for d in (np.float64, np.complex128)),
        Sample((random_matrix(0, 0),)),
        Sample((random_matrix(1, 1),)),
        Sample((random_matrix(8, 7, 7, dtype=np.float32),)),
    ],
    errors=square_errors,
)


def eig(x: Node) -> tuple[Node, Node]:
    """(eigenvalues, eigenvectors) of [..., n, n], complex."""
    n = x.shape[-1]
    values, vectors = unpack(packed_eig(x), (n,), (n, n))
    return values, vectors


def _infer_eigvals(x: TensorType) -> TensorType:
    require_square("eigvals", x)
    return TensorType(x.shape[:-1], x.dtype.complex)


def _vjp_eigvals(g: Node, y: Node, x: Node) -> tuple[Node]:
    _, v = eig(x)
    back = adjoint(v)
    found = linear_solve(back, columns(g, x.shape[-1]) * back)
    return (_as_operand(found, x),)


eigvals: OpFunction = define(
    "eigvals",
    "The eigenvalues of square matrices, complex.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_eigvals,
    reference=lapack("eigvals", NOT_CONVERGED)(
        lambda x: np.linalg.eigvals(finite(x)).astype(np.result_type(x.dtype, np.complex64))
    ),
    vjp=_vjp_eigvals,
    samples=lambda: [
        Sample((random_matrix(3, 3, dtype=np.complex128),)),
        Sample((random_matrix(3, 3),)),
        Sample((random_matrix(2, 4, 4, dtype=np.float32),)),
        Sample((random_matrix(0, 0),)),
    ],
    errors=square_errors,
)
