"""Linear equations: triangular and general solutions, inverses, pseudo-inverses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.batching import same
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
    finite,
    lapack,
    mm,
    random_matrix,
    require_matrix,
    require_square,
    square_type,
    tril,
    triu,
)

SINGULAR = "the matrix is singular"
NOT_CONVERGED = "the algorithm did not converge: is every element finite?"


def square_samples(**attrs: Any) -> list[Sample]:
    """Invertible matrices: one, a batch, none, both dtypes."""
    shapes = ((1, 1), (3, 3), (2, 4, 4), (0, 0), (0, 3, 3))
    made = [Sample((random_matrix(*s),), attrs) for s in shapes]
    others = (np.float32, np.complex64)
    made += [Sample((random_matrix(5, 5, dtype=d),), attrs) for d in others]
    return [*made, Sample((random_matrix(3, 3, dtype=np.complex128),), attrs)]


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
    for d in (np.float32, np.complex64):
        yield Sample((random_matrix(5, 5, dtype=d), random_matrix(5, 3, dtype=d)), attrs)
    wide = np.complex128
    yield Sample((random_matrix(3, 3, dtype=wide), random_matrix(3, 2, dtype=wide)), attrs)


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
    wirtinger=True,
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
    wirtinger=True,
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
    wirtinger=True,
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
    u, s, v = np.linalg.svd(finite(x), full_matrices=False)
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
    wirtinger=True,
    batch=same,
    infer=_infer_pinv,
    reference=lapack("pinv", NOT_CONVERGED)(_reference_pinv),
    vjp=lambda g, y, x, *, atol, rtol: (pinv_cotangent(g, y, x),),
    samples=lambda: [
        Sample((random_matrix(*s),), {"atol": 0.0, "rtol": 1e-13})
        for s in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 3), (3, 0))
    ] + [
        Sample((random_matrix(*s, dtype=np.complex128),), {"atol": 0.0, "rtol": 1e-13})
        for s in ((3, 2), (2, 3))
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
        x[at] = np.linalg.lstsq(finite(a[at]), b[at], rcond=rtol)[0]
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
    wirtinger=True,
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
