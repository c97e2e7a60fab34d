"""Norms, powers and products of matrices and vectors by PyTorch's names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.ops import matrices
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.linalg import times
from pentad.tensor.functions.matrices import (
    moved_last,
    require_inexact,
    require_matrix,
    require_square,
)
from pentad.tensor.functions.solving import EPS
from pentad.tensor.promotion import normalize_dim, normalize_dims, promoted

INF = math.inf


def _restored(x: Node, like: Node, dims: Sequence[int], keepdim: bool) -> Node:
    kept = [1 if i in dims else n for i, n in enumerate(like.shape)]
    return ops.reshape(x, kept) if keepdim else x


def _refuse(name: str, ord: Any, expected: str) -> ArgumentError:
    return ArgumentError(message(f"{name}: unknown order", expected=expected, got=repr(ord)))


# -- vectors -----------------------------------------------------------------------------------


def magnitude(x: Node) -> Node:
    """|x|, real."""
    return ops.abs(x)


def _require_some(x: Node, dims: Sequence[int], ord: float) -> None:
    if (ord < 0 or ord == INF) and any(
        isinstance(x.shape[d], int) and x.shape[d] == 0 for d in dims
    ):
        raise ShapeError(
            message(
                "linalg.vector_norm: there is no norm of nothing for this order",
                expected="at least one element, or an order from 0 on that is finite",
                got=f"shape {list(x.shape)}, order {ord}",
            )
        )


def norm_over(x: Node, ord: float, dims: Sequence[int]) -> Node:
    """The vector norm of order `ord` over `dims`, which are dropped; its gradient at 0 is 0."""
    _require_some(x, dims, ord)
    size = magnitude(x)
    zero = ops.full_like(0, size)
    if ord == INF:
        return ops.reduce_max(size, dims)
    if ord == -INF:
        return ops.reduce_min(size, dims)
    if ord == 0:
        return ops.reduce_sum(ops.cast(ops.ne(size, zero), size.dtype), dims)
    if ord == 1:
        return ops.reduce_sum(size, dims)
    if ord == 2:
        total = ops.reduce_sum(size * size, dims)
    else:
        # |0|^p has no derivative for p < 1: zeros are kept out of the power.
        none = ops.eq(size, zero)
        power = ops.pow(ops.where(none, zero + 1, size), ops.full_like(ord, size))
        at_zero = ops.full_like(0.0 if ord > 0 else INF, size)
        total = ops.reduce_sum(ops.where(none, at_zero, power), dims)
    nothing = ops.eq(total, ops.full_like(0, total))
    safe = ops.where(nothing, ops.full_like(1, total), total)
    root = ops.sqrt(safe) if ord == 2 else ops.pow(safe, ops.full_like(1 / ord, safe))
    at_zero = ops.full_like(0.0 if ord > 0 else INF, total)
    return ops.where(nothing, at_zero, root)


@surface
def _vector_norm(
    x: Node, ord: float, dim: int | Sequence[int] | None, keepdim: bool, dtype: DType | None
) -> Node:
    x = x if dtype is None else ops.cast(x, dtype)
    if x.dtype.kind not in ("float", "complex"):
        require_inexact("linalg.vector_norm", x)
    dims = normalize_dims("linalg.vector_norm", dim, x.ndim)
    return _restored(norm_over(x, ord, dims), x, dims, keepdim)


def vector_norm(
    x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Any:
    """(sum |x|^ord)^(1/ord) over `dim` (all if None); inf, -inf and 0 as their limits."""
    if isinstance(ord, bool) or not isinstance(ord, (int, float)):
        raise _refuse("linalg.vector_norm", ord, "a number")
    return _vector_norm(x, float(ord), dim, bool(keepdim), dtype)


# -- matrices ----------------------------------------------------------------------------------


def _spectral(x: Node, ord: float | str) -> Node:
    values = ops.svdvals(x)
    last = (values.ndim - 1,)
    if ord == "nuc":
        return ops.reduce_sum(values, last)
    if ord == 2:
        values = _with_zero(values)
    return ops.reduce_max(values, last) if ord == 2 else ops.reduce_min(values, last)


def _with_zero(sizes: Node) -> Node:
    """A zero in the place of no sizes at all: what a largest one is then, as in PyTorch."""
    if sizes.shape[-1] != 0:
        return sizes
    return ops.full(0, (*sizes.shape[:-1], 1), sizes.dtype)


def _matrix_norm_of(x: Node, ord: float | str) -> Node:
    """The norm of the matrices in the last two axes."""
    if ord == "fro":
        return norm_over(x, 2.0, (x.ndim - 2, x.ndim - 1))
    if ord in ("nuc", 2, -2):
        return _spectral(x, ord)
    if ord not in (1, -1, INF, -INF):
        raise _refuse("linalg.matrix_norm", ord, "fro, nuc, inf, -inf, 1, -1, 2 or -2")
    sums = ops.reduce_sum(magnitude(x), (x.ndim - 2 if ord in (1, -1) else x.ndim - 1,))
    if ord > 0:  # type: ignore[operator]
        sums = _with_zero(sums)
    reduce = ops.reduce_max if ord > 0 else ops.reduce_min  # type: ignore[operator]
    return reduce(sums, (sums.ndim - 1,))


@surface
def _matrix_norm(
    x: Node, ord: float | str, dim: Sequence[int], keepdim: bool, dtype: DType | None
) -> Node:
    x = x if dtype is None else ops.cast(x, dtype)
    require_matrix("linalg.matrix_norm", x)
    dims = [normalize_dim("linalg.matrix_norm", d, x.ndim) for d in dim]
    if len(dims) != 2 or dims[0] == dims[1]:
        raise ShapeError(
            message("linalg.matrix_norm: dim", expected="two distinct dimensions", got=str(dim))
        )
    return _restored(_matrix_norm_of(moved_last(x, dims), ord), x, dims, keepdim)


def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *,
    dtype: DType | None = None,
) -> Any:
    """The norm of the matrices in `dim`: fro, nuc, or inf, -inf, 1, -1, 2, -2."""
    order = ord if isinstance(ord, str) else float(ord)
    return _matrix_norm(A, order, tuple(dim), bool(keepdim), dtype)


def norm(
    A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Any:
    """`matrix_norm` for two dimensions (or a matrix with an `ord`), else `vector_norm`."""
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    dims = (dim,) if isinstance(dim, int) else dim
    if dims is None and A.ndim == 2:
        dims = (-2, -1)
    if dims is not None and len(dims) == 2:
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype)
    if isinstance(ord, str) or (dims is None and A.ndim != 1):
        raise _refuse("linalg.norm", ord, "an order for vectors, or dim=(i, j) for matrices")
    return vector_norm(A, ord, dim, keepdim, dtype=dtype)


@surface
def _cond(x: Node, p: float | str | None) -> Node:
    require_matrix("linalg.cond", x)
    if p in (None, 2, -2):
        values = ops.svdvals(x)
        last = (values.ndim - 1,)
        large, small = ops.reduce_max(values, last), ops.reduce_min(values, last)
        return small / large if p == -2 else large / small
    require_square("linalg.cond", x)
    regular = ops.ne(ops.first_zero_pivot(ops.lu(x)[0]), ops.full(0, x.shape[:-2], dtypes.int32))
    singular = matrices.each_matrix(regular, x)
    inverse = ops.inverse(ops.where(singular, matrices.identity(x.shape[-1], x), x))
    found = _matrix_norm_of(x, p or 2) * _matrix_norm_of(inverse, p or 2)
    return ops.where(regular, ops.full_like(INF, found), found)


def cond(A: Any, p: Any = None) -> Any:
    """The condition number |A| |A^-1| in the norm `p` (2 if None); inf for a singular matrix."""
    return _cond(A, p if p is None or isinstance(p, str) else float(p))


def matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Any:
    """How many singular values exceed max(atol, rtol * the largest) (int64)."""
    from pentad.tensor.functions.decompositions import eigvalsh, svdvals
    from pentad.tensor.functions.pointwise import maximum

    atol = tol if atol is None else atol
    values = eigvalsh(A.detach()).abs() if hermitian else svdvals(A.detach())
    if 0 in values.shape[-1:]:
        return values.sum(-1).long()
    if rtol is None:
        given = atol is not None and bool((atol > 0) if isinstance(atol, (int, float)) else True)
        rtol = 0.0 if given else EPS[values.dtype] * max(A.shape[-2:])
    bound = values.amax(-1) * rtol
    bound = bound if atol is None else maximum(bound, atol + bound * 0)
    return (values > bound.unsqueeze(-1)).sum(-1)


# -- powers, products --------------------------------------------------------------------------


@surface
def matrix_exp(x: Node) -> Node:
    """The exponential of each matrix [*, n, n]."""
    require_square("linalg.matrix_exp", x)
    return ops.matrix_exp(x)


@surface
def _power(x: Node, n: int) -> Node:
    require_square("linalg.matrix_power", x)
    if n < 0:
        x, n = ops.inverse(x), -n
    found: Node | None = None
    while n:
        if n & 1:
            found = x if found is None else matrices.mm(found, x)
        n >>= 1
        x = matrices.mm(x, x) if n else x
    return matrices.identity(x.shape[-1], x) if found is None else found


def matrix_power(A: Any, n: int) -> Any:
    """A multiplied n times with itself; for n < 0 its inverse -n times."""
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise ArgumentError(message("linalg.matrix_power: n", expected="an integer", got=repr(n)))
    return _power(A, int(n))


def _best_order(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to cut each chain of products (Cormen et al., Introduction to algorithms, 15.2)."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    cut: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i, j], cut[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    return cut


def multi_dot(tensors: Sequence[Any]) -> Any:
    """The product of two matrices or more, in the cheapest order; the ends may be vectors."""
    chain = list(tensors)
    if len(chain) < 2:
        raise ArgumentError(
            message("linalg.multi_dot: tensors", expected="two or more", got=str(len(chain)))
        )
    inner_bad = any(t.ndim != 2 for t in chain[1:-1])
    if inner_bad or any(t.ndim not in (1, 2) for t in (chain[0], chain[-1])):
        raise ShapeError(
            message("linalg.multi_dot: shapes", expected="matrices; vectors at the ends only",
                    got=", ".join(str(list(t.shape)) for t in chain))
        )
    first, last = chain[0].ndim == 1, chain[-1].ndim == 1
    chain[0] = chain[0].unsqueeze(0) if first else chain[0]
    chain[-1] = chain[-1].unsqueeze(1) if last else chain[-1]
    cut = _best_order([chain[0].shape[0], *(t.shape[1] for t in chain)])

    def multiplied(i: int, j: int) -> Any:
        if i == j:
            return chain[i]
        return multiplied(i, cut[i, j]) @ multiplied(cut[i, j] + 1, j)

    found = multiplied(0, len(chain) - 1)
    found = found.squeeze(0) if first else found
    return found.squeeze(-1) if last else found


@surface
def householder_product(input: Node, tau: Node) -> Node:
    """The first n columns of the product of the reflections I - tau_i v_i v_i^H.

    input [*, m, n] holds v_i below the diagonal of column i; tau [*, k], k <= n <= m. Composed
    in the compact WY form, so that it is differentiable (Schreiber and Van Loan, 1989).
    """
    require_matrix("linalg.householder_product", input)
    require_inexact("linalg.householder_product", input, tau)
    m, n, k = input.shape[-2], input.shape[-1], tau.shape[-1]
    if n > m or k > n or tau.shape[:-1] != input.shape[:-2]:
        raise ShapeError(
            message("linalg.householder_product: sizes", expected="[*, m, n], [*, k], k <= n <= m",
                    got=f"{list(input.shape)} and {list(tau.shape)}")
        )
    square = matrices.identity(m, input)
    below = matrices.tril(matrices.part(input, (0, m), (0, k)), -1)
    v = below + matrices.part(square, (0, m), (0, k))
    above = matrices.triu(matrices.mm(matrices.adjoint(v), v), 1)
    system = matrices.identity(k, input) + matrices.columns(tau, k) * above
    right = matrices.columns(tau, m) * matrices.adjoint(v)
    solved = ops.triangular_solve(system, right, lower=False, unit=True)
    whole = square - matrices.mm(v, solved)
    return matrices.part(whole, (0, m), (0, n))


@surface
def ormqr(
    input: Node, tau: Node, other: Node, left: bool = True, transpose: bool = False
) -> Node:
    """Q C, or C Q if not `left`; of Q^H if `transpose`.

    Q [*, m, m] is the product of the reflections of `geqrf` (see `householder_product`).
    """
    require_matrix("ormqr", input)
    require_matrix("ormqr", other)
    m, n = input.shape[-2:]
    if (other.shape[-2] if left else other.shape[-1]) != m or tau.shape[-1] > min(m, n):
        raise ShapeError(
            message("ormqr: sizes", expected=f"{m} {'rows' if left else 'columns'} to turn",
                    got=f"{list(other.shape)}, {list(tau.shape)}")
        )
    narrow = matrices.part(input, (0, m), (0, tau.shape[-1]))
    missing = ops.full(0, (*input.shape[:-1], m - tau.shape[-1]), input.dtype)
    square = ops.concatenate([narrow, missing], input.ndim - 1)
    q = householder_product.surface.function(square, tau)
    q = matrices.adjoint(q) if transpose else q
    return matrices.mm(q, other) if left else matrices.mm(other, q)


@surface
def vecdot(x: Node, y: Node, *, dim: int = -1) -> Node:
    """The sum of conj(x) * y along a dimension; shapes broadcast."""
    x, y = promoted("linalg.vecdot", x, y)
    at = normalize_dim("linalg.vecdot", dim, x.ndim)
    return ops.reduce_sum(ops.conjugate(x) * y, (at,))


@surface
def linalg_cross(x: Node, y: Node, *, dim: int = -1) -> Node:
    """The cross product of vectors of 3 elements along a dimension; shapes broadcast."""
    if x.ndim != y.ndim:
        raise ShapeError(
            message("linalg.cross: numbers of dimensions", expected="equal ones",
                    got=f"{x.ndim} and {y.ndim}")
        )
    x, y = promoted("linalg.cross", x, y)
    at = normalize_dim("linalg.cross", dim, x.ndim)
    if x.shape[at] != 3:
        raise ShapeError(
            message("linalg.cross: size along dim", expected="3", got=str(list(x.shape)))
        )

    def turned(v: Node, by: int) -> Node:
        low, high = [0] * v.ndim, list(v.shape)
        first, second = list(low), list(high)
        first[at], second[at] = by, by
        return ops.concatenate([ops.slice_(v, first, high), ops.slice_(v, low, second)], at)

    return turned(x, 1) * turned(y, 2) - turned(x, 2) * turned(y, 1)


@surface
def trace(x: Node) -> Node:
    """The sum of the diagonal of a matrix; integers are summed as int64."""
    if x.ndim != 2:
        raise ShapeError(message("trace: no matrix", expected="[m, n]", got=str(list(x.shape))))
    if x.dtype.kind in ("int", "uint", "bool"):
        x = ops.cast(x, dtypes.int64)
    return ops.reduce_sum(ops.where(matrices.on_diagonal(x), x, matrices.zeros(x)), (0, 1))


@surface
def kron(x: Node, y: Node) -> Node:
    """The Kronecker product; the shorter shape counts with leading ones."""
    n = max(x.ndim, y.ndim)
    a = (*(1,) * (n - x.ndim), *x.shape)
    b = (*(1,) * (n - y.ndim), *y.shape)
    left = [s for size in a for s in (size, 1)]
    right = [s for size in b for s in (1, size)]
    x, y = promoted("kron", ops.reshape(x, left), ops.reshape(y, right))
    return ops.reshape(times(x, y), [p * q for p, q in zip(a, b, strict=True)])
