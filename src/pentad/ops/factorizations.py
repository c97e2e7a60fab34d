"""Triangular factors: Cholesky, QR and LU. Derivatives as in PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ShapeError
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size
from pentad.ops.batching import same
from pentad.ops.comparison import where
from pentad.ops.conversion import cast
from pentad.ops.define import F32, OpFunction, define, quiet
from pentad.ops.indexing import take_along_axis
from pentad.ops.matrices import (
    adjoint,
    columns,
    halved_diagonal,
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
    smaller,
    square_type,
    tril,
    triu,
    unpack,
    zeros,
)
from pentad.ops.movement import concatenate
from pentad.ops.solving import NOT_CONVERGED, square_errors, triangular_solve
from pentad.ops.sorting import argsort

# -- Cholesky ----------------------------------------------------------------------------------


def _symmetric(x: np.ndarray) -> np.ndarray:
    return np.asarray((x + np.swapaxes(x, -1, -2).conj()) * x.dtype.type(0.5))


def _failed(x: np.ndarray) -> np.ndarray:
    """The order of the first leading minor that is not positive definite; 0 if all are."""
    info = np.zeros(x.shape[:-2], np.int32)
    for at in np.ndindex(*x.shape[:-2]):
        for order in range(1, x.shape[-1] + 1):
            try:
                np.linalg.cholesky(x[at][:order, :order])
            except np.linalg.LinAlgError:
                info[at] = order
                break
    return info


def _reference_info(x: np.ndarray) -> np.ndarray:
    x = _symmetric(x)
    try:
        np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        return _failed(x)
    return np.zeros(x.shape[:-2], np.int32)


def _reference_cholesky(x: np.ndarray, *, check: bool) -> np.ndarray:
    x = _symmetric(x)
    try:
        return np.asarray(np.linalg.cholesky(x))
    except np.linalg.LinAlgError:
        if check:
            raise
    factor = np.full_like(x, np.nan)
    for at in np.ndindex(*x.shape[:-2]):
        try:
            factor[at] = np.linalg.cholesky(x[at])
        except np.linalg.LinAlgError:
            continue
    return np.tril(factor)


def _solve_both(factor: Node, middle: Node) -> Node:
    """L^-* M L^-1."""
    left = triangular_solve(adjoint(factor), middle, lower=False)
    return adjoint(triangular_solve(adjoint(factor), adjoint(left), lower=False))


def _vjp_cholesky(g: Node, y: Node, x: Node, *, check: bool) -> tuple[Node]:
    """Murray, Differentiation of the Cholesky decomposition (2016)."""
    found = _solve_both(y, halved_diagonal(tril(mm(adjoint(y), g))))
    return ((found + adjoint(found)) * 0.5,)


def _positive_samples(**attrs: Any) -> list[Sample]:
    shapes = ((1, 1), (3, 3), (2, 4, 4), (0, 0), (0, 3, 3))
    made = [Sample((positive_matrix(*s),), attrs) for s in shapes]
    others = (np.float32, np.complex64)
    made += [Sample((positive_matrix(5, 5, dtype=d),), attrs) for d in others]
    return [*made, Sample((positive_matrix(3, 3, dtype=np.complex128),), attrs)]


_cholesky = define(
    "cholesky",
    "The lower triangular L with L L* = X for the Hermitian part of the operand; where there is "
    "none, LinAlgError (check) or NaN.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=square_type("cholesky"),
    reference=lapack("cholesky", "the matrix is not positive definite")(_reference_cholesky),
    vjp=_vjp_cholesky,
    samples=lambda: [*_positive_samples(check=True), *_positive_samples(check=False)[:1]],
    errors=lambda: square_errors(check=True),
)

cholesky_info = define(
    "cholesky_info",
    "The order of the first leading minor that is not positive definite (int32); 0 if none.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=lambda x: TensorType(square_type("cholesky_info")(x).shape[:-2], dtypes.int32),
    reference=quiet(_reference_info),
    nondifferentiable="the order of a minor is a whole number",
    samples=lambda: [*_positive_samples(), Sample((-positive_matrix(2, 3, 3),))],
    errors=square_errors,
)


def cholesky(x: Node, *, check: bool = True) -> Node:
    """The lower Cholesky factor of [..., n, n]; `check`: LinAlgError where there is none."""
    return _cholesky(x, check=check)


# -- QR ----------------------------------------------------------------------------------------


def _qr_shapes(x: TensorType, complete: bool) -> tuple[tuple[Size, Size], tuple[Size, Size]]:
    m, n = x.shape[-2:]
    k = m if complete else smaller(m, n)
    return (m, k), (k, n)


def _infer_qr(x: TensorType, *, complete: bool) -> TensorType:
    require_matrix("qr", x)
    return packed_type(x, *_qr_shapes(x, complete))


def _reference_qr(x: np.ndarray, *, complete: bool) -> np.ndarray:
    q, r = np.linalg.qr(x, "complete" if complete else "reduced")
    return pack_arrays(q, r, batch=x.shape[:-2], dtype=x.dtype)


def _square_qr(gq: Node, gr: Node, q: Node, r: Node) -> Node:
    """Walter and Lehmann, Algorithmic differentiation of linear algebra functions (2018)."""
    upper = triu(mm(gr, adjoint(r)) - mm(adjoint(q), gq))
    inner = gq + mm(q, halved_diagonal(upper + adjoint(upper)))
    return adjoint(triangular_solve(r, adjoint(inner), lower=False))


def _vjp_qr(g: Node, y: Node, x: Node, *, complete: bool) -> tuple[Node]:
    shapes = _qr_shapes(x.type, complete)
    (q, r), (gq, gr) = unpack(y, *shapes), unpack(g, *shapes)
    m, n = x.shape[-2:]
    if m >= n:
        # Of a complete Q only the columns that the matrix spans are determined by it.
        q, gq = part(q, (0, m), (0, n)), part(gq, (0, m), (0, n))
        return (_square_qr(gq, part(gr, (0, n), (0, n)), q, part(r, (0, n), (0, n))),)
    left, right = (0, m), (m, n)
    gq = gq + mm(part(x, (0, m), right), adjoint(part(gr, (0, m), right)))
    first = _square_qr(gq, part(gr, (0, m), left), q, part(r, (0, m), left))
    return (concatenate([first, mm(q, part(gr, (0, m), right))], x.ndim - 1),)


packed_qr: OpFunction = define(
    "packed_qr",
    "Q with orthonormal columns and an upper triangular R, Q R = X, packed; `complete`: Q is "
    "square.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_qr,
    reference=lapack("qr", NOT_CONVERGED)(_reference_qr),
    vjp=_vjp_qr,
    samples=lambda: [
        *(
            Sample((random_matrix(*s),), {"complete": False})
            for s in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 2), (2, 0))
        ),
        Sample((random_matrix(2, 3),), {"complete": True}),
        Sample((random_matrix(5, 3, dtype=np.float32),), {"complete": False}),
        *(
            Sample((random_matrix(*s, dtype=np.complex128),), {"complete": False})
            for s in ((3, 2), (2, 3))
        ),
    ],
    errors=lambda: [Sample((((3,), F32),), {"complete": False}, ShapeError, "no matrix")],
)


def qr(x: Node, *, complete: bool = False) -> tuple[Node, Node]:
    """(Q, R) of [..., m, n]: [..., m, k] and [..., k, n], k = min(m, n), or m if complete."""
    q, r = unpack(packed_qr(x, complete=complete), *_qr_shapes(x.type, complete))
    return q, r


# -- LU ----------------------------------------------------------------------------------------


def _infer_lu(x: TensorType) -> TensorType:
    require_matrix("lu", x)
    m, n = x.shape[-2:]
    return packed_type(x, (m, n), (m,))


def _pivot_size(x: np.ndarray) -> np.ndarray:
    """What LAPACK compares to choose a pivot: |re| + |im|, which is |x| for real numbers."""
    size = np.abs(x.real) + np.abs(x.imag) if x.dtype.kind == "c" else np.abs(x)
    return np.asarray(size)


def _reference_lu(x: np.ndarray) -> np.ndarray:
    """Gaussian elimination with partial pivoting, all matrices of the batch at once."""
    m, n = x.shape[-2:]
    lu = np.array(x).reshape(math.prod(x.shape[:-2]), m, n)
    order = np.tile(np.arange(m), (len(lu), 1))
    each = np.arange(len(lu))
    for j in range(min(m, n)):
        pivot = j + np.argmax(_pivot_size(lu[:, j:, j]), 1) if len(lu) else each
        lu[each, j], lu[each, pivot] = lu[each, pivot], lu[each, j]
        order[each, j], order[each, pivot] = order[each, pivot], order[each, j]
        top = lu[:, j, j][:, None]
        lu[:, j + 1 :, j] /= np.where(top == 0, 1, top)
        lu[:, j + 1 :, j + 1 :] -= lu[:, j + 1 :, j, None] * lu[:, j, None, j + 1 :]
    batch = x.shape[:-2]
    flat = lu.reshape(x.shape), order.reshape(*batch, m)
    return pack_arrays(*flat, batch=batch, dtype=x.dtype)


def lower_factor(lu: Node) -> Node:
    """L of a packed L and U: [..., m, k] with ones on the diagonal."""
    m, n = lu.shape[-2:]
    k = smaller(m, n)
    square = part(lu, (0, m), (0, k))
    return where(on_diagonal(square), zeros(square) + 1, tril(square, -1))


def upper_factor(lu: Node) -> Node:
    """U of a packed L and U: [..., k, n]."""
    m, n = lu.shape[-2:]
    return triu(part(lu, (0, smaller(m, n)), (0, n)))


def _vjp_lu(g: Node, y: Node, x: Node) -> tuple[Node]:
    """For A = P L U: P L^-* [tril(L* gL, -1) + triu(gU U*)] U^-*, with the part of the longer
    factor that lies outside the leading square taken first."""
    m, n = x.shape[-2:]
    (lu, order), (glu, _) = unpack(y, (m, n), (m,)), unpack(g, (m, n), (m,))
    k = smaller(m, n)
    lower, upper = lower_factor(lu), upper_factor(lu)
    gl, gu = tril(part(glu, (0, m), (0, k)), -1), upper_factor(glu)
    square = (0, k)
    l1, u1 = part(lower, square, square), part(upper, square, square)
    beyond_l, beyond_u = ((k, m), square), (square, (k, n))
    left = mm(adjoint(part(l1, square, square)), part(gl, square, square))
    right = mm(part(gu, square, square), adjoint(u1))
    tail = None
    if n > k:
        gu2 = part(gu, *beyond_u)
        left = left - mm(gu2, adjoint(part(upper, *beyond_u)))
        tail = triangular_solve(adjoint(l1), gu2, lower=False, unit=True)
    elif m > k:
        gl2 = part(gl, *beyond_l)
        right = right - mm(adjoint(part(lower, *beyond_l)), gl2)
        tail = adjoint(triangular_solve(u1, adjoint(gl2), lower=False))
    inner = tril(left, -1) + triu(right)
    inner = triangular_solve(adjoint(l1), inner, lower=False, unit=True)
    whole = adjoint(triangular_solve(u1, adjoint(inner), lower=False))
    if tail is not None:
        whole = concatenate([whole, tail], x.ndim - 1 if n > k else x.ndim - 2)
    return (unpermute_rows(whole, real_part(order)),)


packed_lu: OpFunction = define(
    "packed_lu",
    "L and U in one matrix, and the order in which the rows were taken, packed: row i of L U is "
    "row order[i] of X.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_lu,
    reference=quiet(_reference_lu),
    vjp=_vjp_lu,
    samples=lambda: [
        *(Sample((random_matrix(*s),)) for s in ((3, 3), (4, 2), (2, 4), (2, 3, 3), (0, 2))),
        *(
            Sample((random_matrix(*s, dtype=np.complex128),))
            for s in ((3, 2), (2, 3), (3, 3))
        ),
        Sample((random_matrix(5, 3, dtype=np.float32),)),
    ],
    errors=lambda: [Sample((((3,), F32),), {}, ShapeError, "no matrix")],
)


def lu(x: Node) -> tuple[Node, Node]:
    """(L and U in one matrix, the order of the rows as numbers) of [..., m, n]."""
    m, n = x.shape[-2:]
    both, order = unpack(packed_lu(x), (m, n), (m,))
    return both, real_part(order)


def _order_of(order: Node, x: Node) -> Node:
    return columns(cast(order, dtypes.int64), x.shape[-1])


def permute_rows(x: Node, order: Node) -> Node:
    """Row i of the result is row order[i] of `x`."""
    return take_along_axis(x, _order_of(order, x), x.ndim - 2)


def unpermute_rows(x: Node, order: Node) -> Node:
    """The inverse of `permute_rows`."""
    return take_along_axis(x, _order_of(argsort(order, order.ndim - 1), x), x.ndim - 2)
