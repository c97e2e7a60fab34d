"""Functions of PyTorch that stand beside newer ones, said in terms of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.functions.creation import full
from pentad.tensor.functions.decompositions import cholesky, eigh
from pentad.tensor.functions.indexing import nonzero
from pentad.tensor.functions.norms import matrix_norm, multi_dot, vector_norm
from pentad.tensor.functions.shaping import cat
from pentad.tensor.functions.solving import solve_triangular
from pentad.tensor.functions.strided import as_strided
from pentad.tensor.tensor import Tensor


def chain_matmul(*matrices: Any) -> Any:
    """The product of matrices in the order that needs the fewest multiplications."""
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices)


def frobenius_norm(input: Any, dim: int | Sequence[int] = (), keepdim: bool = False) -> Any:
    """The root of the sum of squares over one or two dimensions (over all, if none is named)."""
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) > 2:
        raise ArgumentError(message("frobenius_norm: dim", expected="at most two dimensions",
                                    got=str(list(dims))))
    return vector_norm(input, 2, dims or None, keepdim)


def nuclear_norm(input: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Any:
    """The sum of the singular values of a matrix, or of those in two dimensions."""
    if dim is None and input.ndim != 2:
        raise ShapeError(message("nuclear_norm: no matrix", expected="two dimensions, or dim=",
                                 got=str(list(input.shape))))
    return matrix_norm(input, "nuc", (-2, -1) if dim is None else tuple(dim), keepdim)  # type: ignore[arg-type]


def norm_except_dim(v: Any, pow: int = 2, dim: int = 0) -> Any:
    """The norm over all dimensions but one, which are kept; over all of them for dim -1."""
    if dim == -1:
        return vector_norm(v, pow)
    axis = dim % max(v.ndim, 1)
    return vector_norm(v, pow, tuple(i for i in range(v.ndim) if i != axis), True)


def lobpcg(
    A: Any, k: int | None = None, B: Any = None, X: Any = None, n: int | None = None,
    iK: Any = None, niter: int | None = None, tol: float | None = None,
    largest: bool | None = None, method: str | None = None, tracker: Any = None,
    ortho_iparams: Any = None, ortho_fparams: Any = None, ortho_bparams: Any = None,
) -> tuple[Any, Any]:
    """(E [*, k], X [*, m, k]): the k largest (or smallest) eigenvalues of symmetric matrices, of
    the pencil with a positive definite B, if given, and their vectors.

    Found from the whole decomposition, so that what steers PyTorch's iteration (the first guess but
    for its width, niter, tol, method, ...) changes nothing.
    """
    count = k if k is not None else 1 if X is None else X.shape[-1]
    m = A.shape[-1]
    if A.ndim < 2 or A.shape[-2] != m or not 1 <= count <= m:
        raise ShapeError(message("lobpcg: the operands", expected="square matrices [*, m, m], "
                                 "1 <= k <= m", got=f"{list(A.shape)}, k = {count}"))
    factor = None if B is None else cholesky(B)
    if factor is not None:
        left = solve_triangular(factor, A, upper=False)
        A = solve_triangular(factor, left.mT, upper=False).mT
    values, vectors = eigh(A)
    if factor is not None:
        vectors = solve_triangular(factor.mT, vectors, upper=True)
    if largest is False:
        return values[..., :count], vectors[..., :count]
    return values[..., m - count:].flip(-1), vectors[..., m - count:].flip(-1)


def nonzero_static(input: Any, *, size: int, fill_value: int = -1) -> Any:
    """[size, ndim]: the places of elements that are not 0, cut off or filled up."""
    found = nonzero(input)
    if size < 0:
        raise ArgumentError(message("nonzero_static: size", expected=">= 0", got=str(size)))
    missing = size - found.shape[0]
    if missing <= 0:
        return found[:size]
    return cat([found, full((missing, input.ndim), fill_value, dtype=dtypes.int64)], 0)


def slice_inverse(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None,
    step: int = 1,
) -> Any:
    """The memory of a slice as the tensor `src` that it was taken from."""
    return as_strided(input, src.shape, src.stride(), src.storage_offset())


def typename(obj: Any) -> str:
    """The type of an object in words: of a tensor, with its element type."""
    if isinstance(obj, Tensor):
        return str(obj.type())  # type: ignore[attr-defined]
    of = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(of, "__module__", "") or ""
    return of.__qualname__ if module in ("", "builtins") else f"{module}.{of.__qualname__}"
