"""Linear algebra: inverses, decompositions, norms, diagonals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.disconnected import DisconnectedType
from pentad.frontends.theano.gof.graph import Apply
from pentad.frontends.theano.gof.op import Native, make, one
from pentad.frontends.theano.scalar.types import DISCRETE, upcast
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.elemwise import cast
from pentad.frontends.theano.tensor.products import dot
from pentad.frontends.theano.tensor.reductions import max, min, sum
from pentad.frontends.theano.tensor.subtensor import subtensor


def matrix(x: Any, what: str) -> Any:
    """A matrix of floats; AssertionError if it is not one."""
    x = as_tensor_variable(x)
    if x.ndim != 2:
        raise AssertionError(
            static.message(f"{what} takes a matrix", expected="2 axes", got=str(x.type),
                           where=x.node.line)
        )
    return cast(x, "float64") if x.dtype in DISCRETE else x


class MatrixOp(Native):
    """An operation on a matrix, called as `inv(x)`; `count` results."""

    def __init__(self, name: str, run: Callable[..., Any], count: int = 1) -> None:
        super().__init__(name, run, shows=name)
        self.count = count

    def __call__(self, x: Any) -> Any:
        """The result, or the list of results."""
        outputs = make(self, [matrix(x, self.name)]).outputs
        return outputs[0] if self.count == 1 else list(outputs)


matrix_inverse = MatrixOp("MatrixInverse", pt.linalg.inv)
pinv = MatrixOp("MatrixPinv", pt.linalg.pinv)
det = MatrixOp("Det", pt.linalg.det)
eig = MatrixOp("Eig", lambda x: _real_eig(x), 2)


def _real_eig(x: Any) -> Any:
    values, vectors = pt.linalg.eig(x)
    if x.dtype.is_complex:
        return values, vectors
    return pt.real(values), pt.real(vectors)


EIGH = Native("Eigh", lambda x, lower: tuple(pt.linalg.eigh(x, "L" if lower else "U")),
              shows="Eigh")


def eigh(a: Any, UPLO: str = "L") -> list[Any]:
    """The eigenvalues of a symmetric matrix in ascending order, and the vectors."""
    if UPLO not in ("L", "U"):
        raise AssertionError(static.message("UPLO must be L or U", got=repr(UPLO)))
    return list(make(EIGH, [matrix(a, "eigh")], {"lower": UPLO == "L"}).outputs)


def _qr(x: Any, mode: str) -> Any:
    q, r = pt.linalg.qr(x, "complete" if mode == "complete" else "reduced")
    return r if mode == "r" else (q, r)


QR = Native("QR", _qr, shows="QRFull")


def qr(a: Any, mode: str = "reduced") -> Any:
    """The factors of a matrix, orthonormal and upper triangular; with mode r only the second.

    raw: the Householder vectors as rows, and their factors, without gradients.
    """
    if mode in ("full", "economic"):
        mode = {"full": "complete", "economic": "reduced"}[mode]
    if mode not in ("reduced", "complete", "r", "raw"):
        raise ValueError(static.message("qr: not a mode", got=repr(mode)))
    if mode == "raw":
        from pentad.frontends.theano.tensor.factors import RawFactors

        return list(RawFactors()(a))
    outputs = make(QR, [matrix(a, "qr")], {"mode": mode}).outputs
    return outputs[0] if mode == "r" else list(outputs)


def _svd(x: Any, full: bool, vectors: bool) -> Any:
    if not vectors:
        return pt.linalg.svdvals(x)
    return tuple(pt.linalg.svd(x, full_matrices=full))


DECOMPOSED = Native("SVD", _svd, shows="SVD")


def svd(a: Any, full_matrices: Any = 1, compute_uv: Any = 1) -> Any:
    """The singular values of a matrix, and both sets of vectors around them."""
    attrs = {"full": bool(full_matrices), "vectors": bool(compute_uv)}
    outputs = make(DECOMPOSED, [matrix(a, "svd")], attrs).outputs
    return list(outputs) if compute_uv else outputs[0]


def matrix_dot(*args: Any) -> Any:
    """The product of several matrices."""
    found = args[0]
    for other in args[1:]:
        found = dot(found, other)
    return found


def matrix_power(M: Any, n: int) -> Any:
    """The product of a matrix with itself, n times."""
    x = matrix(M, "matrix_power")
    return one(POWER, x, n=int(n))


POWER = Native("MatrixPower", lambda x, n: pt.linalg.matrix_power(x, n))


# -- diagonals ---------------------------------------------------------------------------------


def _extract(x: Any, offset: int, axis1: int, axis2: int) -> Any:
    return pt.diagonal(x, offset, axis1, axis2)


def _alloc(x: Any, offset: int, axis1: int, axis2: int) -> Any:
    return pt.diag_embed(x, offset, axis1, axis2)


EXTRACT = Native("ExtractDiag", _extract,
                 shows=lambda offset, axis1, axis2: f"ExtractDiag{{offset={offset}, "
                 f"axis1={axis1}, axis2={axis2}, view=False}}")
ALLOC = Native("AllocDiag", _alloc, shows="AllocDiag")


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonals of a tensor in two of its axes."""
    a = as_tensor_variable(a)
    if a.ndim < 2:
        raise ValueError(
            static.message("ExtractDiag needs an input with 2 or more dimensions",
                           got=str(a.type), where=a.node.line)
        )
    return one(EXTRACT, a, offset=offset, axis1=axis1, axis2=axis2)


extract_diag = diagonal


def alloc_diag(diag: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Matrices with given diagonals."""
    diag = as_tensor_variable(diag)
    if diag.ndim < 1:
        raise ValueError(
            static.message("AllocDiag needs an input with 1 or more dimensions", got=str(diag.type))
        )
    return one(ALLOC, diag, offset=offset, axis1=axis1, axis2=axis2)


def diag(v: Any, k: int = 0) -> Any:
    """The matrix with a vector as its diagonal, or the diagonal of a matrix."""
    v = as_tensor_variable(v)
    if v.ndim == 0:
        raise ValueError(static.message("Number of dimensions of tensor must be at least one.",
                                        got=str(v.type), where=v.node.line))
    return alloc_diag(v, k) if v.ndim == 1 else diagonal(v, k)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of the diagonal."""
    return sum(diagonal(a, offset, axis1, axis2), axis=-1)


# -- norms and tensors -------------------------------------------------------------------------


def norm(x: Any, ord: Any) -> Any:
    """The norm of a vector or a matrix."""
    x = as_tensor_variable(x)
    if x.ndim == 0:
        raise ValueError(static.message("'axis' entry is out of bounds.", got=str(x.type)))
    if x.ndim > 2:
        raise NotImplementedError(static.message("norm takes at most 2 axes", got=str(x.type)))
    if ord is None or (ord == "fro" and x.ndim == 2):
        return sum(abs(x ** 2)) ** 0.5
    if x.ndim == 1:
        return _vector_norm(x, ord)
    sides: dict[Any, tuple[Any, int]] = {
        "inf": (max, 1), "-inf": (min, 1), 1: (max, 0), -1: (min, 0),
    }
    if ord not in sides:
        raise ValueError(static.message("norm: not an order of matrices", got=repr(ord)))
    pick, axis = sides[ord]
    return pick(sum(abs(x), axis))


def _vector_norm(x: Any, ord: Any) -> Any:
    if ord in ("inf", math.inf):
        return max(abs(x))
    if ord in ("-inf", -math.inf):
        return min(abs(x))
    if ord == 0:
        return subtensor(x, x.nonzero()).shape[0]
    if not isinstance(ord, int | float):
        raise ValueError(static.message("Invalid norm order for vectors.", got=repr(ord)))
    return sum(abs(x ** ord)) ** (1.0 / ord)


TENSORINV = Native("TensorInv", lambda a, ind: pt.linalg.tensorinv(a, ind))
TENSORSOLVE = Native("TensorSolve", lambda a, b, axes: pt.linalg.tensorsolve(a, b, axes))


def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of a tensor, for products over its first `ind` axes."""
    return one(TENSORINV, as_tensor_variable(a), ind=ind)


def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    """The tensor whose product with a is b."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    common = upcast(a.dtype, b.dtype)
    dtype = "float64" if common in DISCRETE else common
    axes = None if axes is None else tuple(axes)
    return one(TENSORSOLVE, cast(a, dtype), cast(b, dtype), axes=axes)


__all__ = [
    "Apply", "DisconnectedType", "alloc_diag", "as_tensor_variable", "det", "diag", "diagonal",
    "eig", "eigh", "extract_diag", "matrix_dot", "matrix_inverse", "matrix_power", "norm", "pinv",
    "qr", "svd", "tensorinv", "tensorsolve", "trace",
]
