"""Linear algebra: triangular factors, equations, the matrix exponential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.graph import Apply
from pentad.frontends.theano.gof.op import Native, one
from pentad.frontends.theano.scalar.types import upcast
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.elemwise import cast
from pentad.frontends.theano.tensor.nlinalg import matrix
from pentad.frontends.theano.tensor.type_other import NoneConst

MATRIX_STRUCTURES: Sequence[str] = (
    "general", "symmetric", "lower_triangular", "upper_triangular", "hermitian", "banded",
    "diagonal", "toeplitz",
)
imported_scipy = True


def _cholesky(x: Any, lower: bool, on_error: str) -> Any:
    if on_error == "nan":
        found, info = pt.linalg.cholesky_ex(x)
        found = pt.where(info == 0, found, float("nan"))
    else:
        found = pt.linalg.cholesky(x)
    return found if lower else found.mT


CHOLESKY = Native("Cholesky", _cholesky, shows=lambda lower, on_error: f"Cholesky{{lower={lower}, "
                  f"destructive=False, on_error='{on_error}'}}")


class Cholesky:
    """`Cholesky(lower=True, on_error="raise")(x)`: the triangular factor of a matrix."""

    def __init__(self, lower: bool = True, on_error: str = "raise") -> None:
        if on_error not in ("raise", "nan"):
            raise ValueError(
                static.message('on_error must be one of "raise" or "nan"', got=repr(on_error))
            )
        self.lower, self.on_error = lower, on_error

    def __call__(self, x: Any) -> Any:
        """The factor."""
        x = matrix(x, "Cholesky")
        return one(CHOLESKY, x, types=[x.static_type], lower=self.lower, on_error=self.on_error)


def _solve(a: Any, b: Any, structure: str, lower: bool) -> Any:
    vector = b.ndim == 1
    right = b.unsqueeze(-1) if vector else b
    if structure in ("lower_triangular", "upper_triangular"):
        found = pt.linalg.solve_triangular(a, right, upper=structure == "upper_triangular")
    else:
        found = pt.linalg.solve(a, right)
    return found.squeeze(-1) if vector else found


SOLVE = Native("Solve", _solve, shows=lambda structure, lower: f"Solve{{'{structure}', {lower}}}")


class Solve:
    """`Solve(A_structure="general", lower=False)(A, b)`: what A must be multiplied by to give b."""

    def __init__(
        self, A_structure: str = "general", lower: bool = False,
        overwrite_A: bool = False, overwrite_b: bool = False,
    ) -> None:
        if A_structure not in MATRIX_STRUCTURES:
            raise ValueError(
                static.message("Invalid matrix structure argument", got=repr(A_structure),
                               expected=", ".join(MATRIX_STRUCTURES))
            )
        self.structure, self.lower = A_structure, lower

    def __call__(self, A: Any, b: Any) -> Any:
        """The solution."""
        a, b = matrix(A, "Solve"), as_tensor_variable(b)
        if b.ndim not in (1, 2):
            raise AssertionError(static.message("Solve: b is no vector or matrix",
                                                got=str(b.type), where=b.node.line))
        dtype = upcast(a.dtype, b.dtype)
        return one(SOLVE, cast(a, dtype), cast(b, dtype), types=[
            static.Type(cast(a, dtype).static_type.dtype,
                        (a.static_type.shape[1], *b.static_type.shape[1:]))
        ], structure=self.structure, lower=self.lower)


cholesky, solve = Cholesky(), Solve()
solve_lower_triangular = Solve("lower_triangular", lower=True)
solve_upper_triangular = Solve("upper_triangular")
solve_symmetric = Solve("symmetric")


def _symmetric(x: Any, lower: bool) -> Any:
    """The symmetric matrix of which one triangle is given: the other is not looked at."""
    low = x if lower else pt.conj(x.mT)
    return pt.tril(low) + pt.conj(pt.tril(low, -1).mT)


def _eigvalsh(a: Any, b: Any, lower: bool) -> Any:
    factor = pt.linalg.cholesky(_symmetric(b, lower))
    half = pt.linalg.solve_triangular(factor, _symmetric(a, lower), upper=False)
    whole = pt.linalg.solve_triangular(factor, half.mT, upper=False)
    return pt.linalg.eigvalsh(whole)


def _shown(lower: bool) -> str:
    return f"Eigvalsh{{lower={lower}}}"


EIGVALSH = Native("Eigvalsh", lambda a, lower: pt.linalg.eigvalsh(_symmetric(a, lower)),
                  shows=_shown)
GENERALIZED = Native("Eigvalsh", _eigvalsh, shows=_shown)


def eigvalsh(a: Any, b: Any, lower: bool = True) -> Any:
    """The eigenvalues of a symmetric matrix; with b, those of the equation a x = w b x. Only the
    lower or the upper triangles are looked at."""
    a = matrix(a, "eigvalsh")
    if b is None or b is NoneConst:
        return one(EIGVALSH, a, lower=bool(lower))
    return one(GENERALIZED, a, matrix(b, "eigvalsh"), lower=bool(lower))


def kron(a: Any, b: Any) -> Any:
    """The Kronecker product."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.ndim + b.ndim <= 2:
        raise TypeError(
            static.message("kron: inputs dimensions must sum to 3 or more.",
                           got=f"{a.ndim} and {b.ndim}")
        )
    dtype = upcast(a.dtype, b.dtype)
    return one(KRON, cast(a, dtype), cast(b, dtype))


KRON, EXPM = Native("Kron", pt.kron), Native("Expm", pt.linalg.matrix_exp, shows="Expm")


def expm(x: Any) -> Any:
    """The exponential of a matrix."""
    x = matrix(x, "expm")
    return one(EXPM, x, types=[x.static_type])


__all__ = [
    "Apply", "Cholesky", "MATRIX_STRUCTURES", "Solve", "as_tensor_variable", "cholesky", "eigvalsh",
    "expm", "imported_scipy", "kron", "solve", "solve_lower_triangular", "solve_symmetric",
    "solve_upper_triangular",
]
