"""Linear equations: triangular and general solutions, inverses, pseudo-inverses, determinants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.batching import same
from pentad.ops.broadcast import reduce_sum
from pentad.ops.define import (
    F32,
    OpFunction,
    define,
    quiet,
    require_count,
    require_same_dtype,
)
from pentad.ops.matrices import (
    F64,
    adjoint,
    conjugate,
    each_matrix,
    identity,
    lapack,
    mm,
    pack_arrays,
    random_matrix,
    require_matrix,
    require_square,
    square_type,
    tril,
    triu,
    unpack,
)
from pentad.ops.views import stop_gradient

SINGULAR = "the matrix is singular"
NOT_CONVERGED = "the algorithm did not converge: is every element finite?"


def square_samples(**attrs: Any) -> list[Sample]:
    """Invertible matrices: one, a batch, none, both dtypes."""
    shapes = ((1, 1), (3, 3), (2, 4, 4), (0, 0), (0, 3, 3))
    made = [Sample((random_matrix(*s),), attrs) for s in shapes]
    return [*made, Sample((random_matrix(5, 5, dtype=np.float32),), attrs)]


def square_errors(**attrs: Any) -> list[Sample]:
    """What every function of square matrices refuses."""
    return [
        Sample((((3,), F32),), attrs, ShapeError, "no matrix"),
        Sample((((2, 3), F32),), attrs, ShapeError, "not square"),
        Sample((((2, 2), dtypes.int32),), attrs, DTypeError, "not supported"),
    ]


def _infer_solve(name: str, types: Sequence[TensorType]) -> TensorType:
    require_count(name, types, 2)
    a, b = types
    require_same_dtype(name, types)
    require_square(name, a)
    require_matrix(name, b)
    if a.shape[:-2] != b.shape[:-2] or a.shape[-1] != b.shape[-2]:
        raise ShapeError(
            message(
                f"{name}: the right-hand side does not fit the matrices",
                expected=f"{[*a.shape[:-1], 'k']}",
                got=str(list(b.shape)),
            )
        )
    return b


def _solve_samples(**attrs: Any) -> Iterable[Sample]:
    for a, b in (((3, 3), (3, 2)), ((2, 4, 4), (2, 4, 1)), ((0, 0), (0, 2)), ((2, 2), (2, 0))):
        yield Sample((random_matrix(*a), random_matrix(*b)), attrs)
    single = np.float32
    yield Sample((random_matrix(5, 5, dtype=single), random_matrix(5, 3, dtype=single)), attrs)


def _solve_errors(**attrs: Any) -> list[Sample]:
    return [
        Sample((((2, 3), F32), ((2, 1), F32)), attrs, ShapeError, "not square"),
        Sample((((2, 2), F32), ((3, 1), F32)), attrs, ShapeError, "does not fit"),
        Sample((((2, 2), F32), ((2, 1), F64)), attrs, DTypeError, "different dtypes"),
        Sample((((2, 2), F32),), attrs, ShapeError, "number of operands"),
    ]


# -- triangular --------------------------------------------------------------------------------


def _substitute(a: np.ndarray, b: np.ndarray, *, lower: bool, unit: bool) -> np.ndarray:
    """Row by row, so that a zero on the diagonal divides as it stands (LAPACK trtrs)."""
    n = a.shape[-1]
    x = np.array(b)
    for i in range(n) if lower else reversed(range(n)):
        known = slice(0, i) if lower else slice(i + 1, n)
        row = x[..., i, :] - (a[..., i : i + 1, known] @ x[..., known, :])[..., 0, :]
        x[..., i, :] = row if unit else row / a[..., i, i][..., None]
    return x


def _vjp_triangular(
    g: Node, x: Node, a: Node, b: Node, *, lower: bool, unit: bool
) -> tuple[Node, Node]:
    back = triangular_solve(adjoint(a), g, lower=not lower, unit=unit)
    full = -mm(back, adjoint(x))
    off = 1 if unit else 0
    return (tril(full, -off) if lower else triu(full, off)), back


_triangular_solve = define(
    "triangular_solve",
    "X with A X = B, where A is the lower or upper triangle of the first operand (`unit`: with "
    "ones on the diagonal). A zero on the diagonal divides as it stands.",
    kind="host",
    batch=same,
    infer=lambda *types, lower, unit: _infer_solve("triangular_solve", types),
    reference=quiet(_substitute),
    vjp=_vjp_triangular,
    samples=lambda: [
        Sample((s.inputs[0] + 3 * np.eye(len(s.inputs[0][-1]), dtype=s.inputs[0].dtype),
                s.inputs[1]), {"lower": low, "unit": unit})
        for low, unit in ((True, False), (False, False), (True, True), (False, True))
        for s in _solve_samples() if s.inputs[0].size
    ],
    errors=lambda: _solve_errors(lower=True, unit=False),
)


def triangular_solve(a: Node, b: Node, *, lower: bool, unit: bool = False) -> Node:
    """X with A X = B for the triangle of `a`: [..., n, n] and [..., n, k] give [..., n, k]."""
    return _triangular_solve(a, b, lower=lower, unit=unit)


# -- general -----------------------------------------------------------------------------------


def _vjp_solve(g: Node, x: Node, a: Node, b: Node) -> tuple[Node, Node]:
    back = linear_solve(adjoint(a), g)
    return -mm(back, adjoint(x)), back


linear_solve: OpFunction = define(
    "linear_solve",
    "X with A X = B, by LU with partial pivoting; LinAlgError if A is singular.",
    kind="host",
    batch=same,
    infer=lambda *types: _infer_solve("linear_solve", types),
    reference=lapack("solve", SINGULAR)(np.linalg.solve),
    vjp=_vjp_solve,
    samples=_solve_samples,
    errors=_solve_errors,
)


def _vjp_inverse(g: Node, y: Node, x: Node) -> tuple[Node]:
    back = adjoint(y)
    return (-mm(back, g, back),)


inverse: OpFunction = define(
    "inverse",
    "The inverse matrices; LinAlgError if one is singular.",
    kind="host",
    batch=same,
    infer=square_type("inverse"),
    reference=lapack("inv", SINGULAR)(np.linalg.inv),
    vjp=_vjp_inverse,
    samples=square_samples,
    errors=square_errors,
)


# -- pseudo-inverse, least squares -------------------------------------------------------------


def _infer_pinv(x: TensorType, *, atol: float, rtol: float) -> TensorType:
    require_matrix("pseudo_inverse", x)
    return TensorType((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)


def _reference_pinv(x: np.ndarray, *, atol: float, rtol: float) -> np.ndarray:
    u, s, v = np.linalg.svd(x, full_matrices=False)
    bound = np.maximum(atol, rtol * s.max(-1, keepdims=True, initial=0))
    inverted = np.where(s > bound, 1 / np.where(s > bound, s, 1), 0).astype(x.dtype)
    right = np.swapaxes(v, -1, -2).conj() * inverted[..., None, :]
    return np.asarray(right @ np.swapaxes(u, -1, -2).conj())


def pinv_cotangent(g: Node, y: Node, x: Node) -> Node:
    """The cotangent of `x` from that of its pseudo-inverse `y`, for a rank that stays.

    Golub and Pereyra, The differentiation of pseudo-inverses (1973):
    dY = -Y dX Y + Y Y* dX* (1 - X Y) + (1 - Y X) dX* Y* Y.
    """
    back, ga = adjoint(y), adjoint(g)
    left = mm(ga, y, back)
    right = mm(back, y, ga)
    return -mm(back, g, back) + (left - mm(x, y, left)) + (right - mm(right, y, x))


pseudo_inverse: OpFunction = define(
    "pseudo_inverse",
    "The Moore-Penrose inverse; singular values up to max(atol, rtol * the largest) count as 0.",
    kind="host",
    batch=same,
    infer=_infer_pinv,
    reference=lapack("pinv", NOT_CONVERGED)(_reference_pinv),
    vjp=lambda g, y, x, *, atol, rtol: (pinv_cotangent(g, y, x),),
    samples=lambda: [
        Sample((random_matrix(*s),), {"atol": 0.0, "rtol": 1e-13})
        for s in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 3), (3, 0))
    ],
    errors=lambda: [Sample((((3,), F32),), {"atol": 0.0, "rtol": 0.0}, ShapeError, "no matrix")],
)


def _infer_least_squares(a: TensorType, b: TensorType, *, rtol: float) -> TensorType:
    require_matrix("least_squares", a)
    require_matrix("least_squares", b)
    require_same_dtype("least_squares", (a, b))
    if a.shape[:-1] != b.shape[:-1]:
        raise ShapeError(
            message(
                "least_squares: the right-hand side does not fit the matrices",
                expected=f"{[*a.shape[:-1], 'k']}",
                got=str(list(b.shape)),
            )
        )
    return TensorType((*a.shape[:-1][:-1], a.shape[-1], b.shape[-1]), b.dtype)


def _reference_least_squares(a: np.ndarray, b: np.ndarray, *, rtol: float) -> np.ndarray:
    x = np.zeros((*a.shape[:-2], a.shape[-1], b.shape[-1]), b.dtype)
    for at in np.ndindex(*a.shape[:-2]):
        x[at] = np.linalg.lstsq(a[at], b[at], rcond=rtol)[0]
    return x


def _vjp_least_squares(
    g: Node, y: Node, a: Node, b: Node, *, rtol: float
) -> tuple[Node, Node]:
    inverse = pseudo_inverse(a, atol=0.0, rtol=rtol)
    return pinv_cotangent(mm(g, adjoint(b)), inverse, a), mm(adjoint(inverse), g)


least_squares: OpFunction = define(
    "least_squares",
    "The X of least norm among those of least |A X - B| (LAPACK gelsd).",
    kind="host",
    batch=same,
    infer=_infer_least_squares,
    reference=lapack("lstsq", NOT_CONVERGED)(_reference_least_squares),
    vjp=_vjp_least_squares,
    samples=lambda: [
        Sample((random_matrix(*a), random_matrix(*b)), {"rtol": 1e-13})
        for a, b in (((4, 2), (4, 3)), ((2, 4), (2, 1)), ((2, 3, 3), (2, 3, 2)), ((3, 0), (3, 1)))
    ],
    errors=lambda: [
        Sample((((3, 2), F32), ((2, 1), F32)), {"rtol": 0.0}, ShapeError, "does not fit")
    ],
)

# -- determinants ------------------------------------------------------------------------------


def _infer_determinant(x: TensorType) -> TensorType:
    require_square("determinant", x)
    return TensorType(x.shape[:-2], x.dtype)


def _reference_cofactor(x: np.ndarray) -> np.ndarray:
    """conj(det) X^-*, from the singular values, so that a singular matrix has one too."""
    u, s, v = np.linalg.svd(x)
    n = x.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 1, s[..., None, :]).prod(-1)
    det = np.conj(np.linalg.det(u) * np.linalg.det(v))[..., None, None]
    return np.asarray(det * (u * others[..., None, :]) @ v).astype(x.dtype)


def _reference_regular(x: np.ndarray) -> np.ndarray:
    u, s, v = np.linalg.svd(x)
    bound = np.sqrt(np.finfo(s.dtype).eps) * np.maximum(s.max(-1, keepdims=True, initial=0), 1e-30)
    near = (s < bound).any(-1)[..., None, None]
    moved = (u * np.maximum(s, bound)[..., None, :]) @ v
    return np.asarray(np.where(near, moved, x)).astype(x.dtype)


nearest_regular: OpFunction = define(
    "nearest_regular",
    "The matrix itself, or the nearest whose singular values are no less than the root of the "
    "precision times the largest: where second derivatives need an inverse.",
    kind="host",
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
    batch = x.shape[:-2]
    return pack_arrays(np.asarray(sign), np.asarray(log), batch=batch, dtype=x.dtype)


def _vjp_slogdet(g: Node, y: Node, x: Node) -> tuple[Node]:
    _, log = unpack(g, (), ())
    return (each_matrix(log, x) * adjoint(inverse(x)),)


packed_slogdet: OpFunction = define(
    "packed_slogdet",
    "The sign of the determinant and the logarithm of its absolute value, packed.",
    kind="host",
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
    return stop_gradient(sign), log
