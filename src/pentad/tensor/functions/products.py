"""Sums of products: tensordot, products added to a tensor, cross products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.linalg import mismatch, product, require_dims, same_dtype
from pentad.tensor.functions.reductions import kept
from pentad.tensor.promotion import (
    broadcast_together,
    normalize_dim,
    promoted,
)
from pentad.tensor.tensor import Tensor


@surface
def _tensordot(x: Node, y: Node, dims: tuple[Sequence[int], Sequence[int]]) -> Node:
    same_dtype("tensordot", x, y)
    left = [normalize_dim("tensordot", d, x.ndim) for d in dims[0]]
    right = [normalize_dim("tensordot", d, y.ndim) for d in dims[1]]
    if len(left) != len(right) or len(set(left)) != len(left) or len(set(right)) != len(right):
        raise ArgumentError(
            message("tensordot: dims", expected="as many of both, distinct", got=str(dims))
        )
    for a, b in zip(left, right, strict=True):
        if x.shape[a] == y.shape[b]:
            continue
        one = [v.shape[d] == 1 for v, d in ((x, a), (y, b))]
        if not any(one):
            raise mismatch("tensordot", x, y, f"equal sizes of dimensions {a} and {b}")
        if one[0]:  # a size of 1 meets any: the other is summed
            y = ops.reshape(ops.reduce_sum(y, (b,)), kept(y, (b,)))
        else:
            x = ops.reshape(ops.reduce_sum(x, (a,)), kept(x, (a,)))
    return ops.dot_general(x, y, contract=(tuple(left), tuple(right)), batch=((), ()))


_tensordot.surface.name = "tensordot"


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Any:
    """The sum of products over the last `dims` dimensions of a and the first ones of b.

    dims may be two lists: which dimensions of a meet which of b.
    """
    if isinstance(dims, Tensor):
        dims = dims.tolist()  # type: ignore[attr-defined]
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise ArgumentError(
                message("tensordot: dims", expected=f"0..{min(a.ndim, b.ndim)}", got=str(dims))
            )
        dims = (range(a.ndim - dims, a.ndim), range(dims))
    left, right = ([d] if isinstance(d, int) else list(d) for d in dims)
    return _tensordot(a, b, (tuple(left), tuple(right)))


@surface
def inner(x: Node, y: Node) -> Node:
    """The sum of products over the last dimensions; of numbers, the product."""
    if x.ndim == 0 or y.ndim == 0:
        return ops.mul(*broadcast_together("inner", *promoted("inner", x, y)))
    same_dtype("inner", x, y)
    if x.shape[-1] != y.shape[-1]:
        raise mismatch("inner", x, y, "equal last sizes")
    contract = ((x.ndim - 1,), (y.ndim - 1,))
    return ops.dot_general(x, y, contract=contract, batch=((), ()))


# -- added to a tensor -----------------------------------------------------------------------------


def _added(name: str, input: Node, found: Node, beta: float, alpha: float) -> Node:
    """beta * input + alpha * found; with beta 0 the input does not count, not even its NaN."""
    if not found.dtype.is_inexact:
        beta, alpha = int(beta), int(alpha)  # toward zero, as in PyTorch
    same_dtype(name, input, found)
    if alpha != 1:
        found = ops.mul(found, ops.full_like(alpha, found))
    try:
        input = ops.broadcast(input, found.shape)
    except ShapeError:
        fits = f"an input that broadcasts to {list(found.shape)}"
        raise mismatch(name, input, found, fits) from None
    if beta == 0:
        return found
    if beta != 1:
        input = ops.mul(input, ops.full_like(beta, input))
    return ops.add(input, found)


@surface
def addmm(input: Node, x: Node, y: Node, *, beta: float = 1, alpha: float = 1) -> Node:
    """beta * input + alpha * (x @ y) of matrices."""
    require_dims("addmm", x, y, (2, 2))
    return _added("addmm", input, product("addmm", x, y), beta, alpha)


@surface
def addmv(input: Node, x: Node, y: Node, *, beta: float = 1, alpha: float = 1) -> Node:
    """beta * input + alpha * (x @ y) of a matrix and a vector."""
    require_dims("addmv", x, y, (2, 1))
    return _added("addmv", input, product("addmv", x, y), beta, alpha)


@surface
def addr(input: Node, x: Node, y: Node, *, beta: float = 1, alpha: float = 1) -> Node:
    """beta * input + alpha * outer(x, y)."""
    require_dims("addr", x, y, (1, 1))
    shape = (x.shape[0], y.shape[0])
    x, y = promoted("addr", ops.reshape(x, (shape[0], 1)), ops.reshape(y, (1, shape[1])))
    whole = x.dtype is dtypes.bool_
    found = ops.logical_and(x, y) if whole else ops.mul(x, y)
    if whole:
        input = ops.broadcast(input, shape)
        kept = input if beta else ops.full_like(False, input)
        return ops.logical_or(kept, found) if alpha else kept
    input, found = promoted("addr", input, found)
    return _added("addr", input, found, beta, alpha)


@surface
def baddbmm(input: Node, x: Node, y: Node, *, beta: float = 1, alpha: float = 1) -> Node:
    """beta * input + alpha * (x @ y) of batches of matrices."""
    _require_batches("baddbmm", x, y)
    return _added("baddbmm", input, product("baddbmm", x, y), beta, alpha)


@surface
def addbmm(input: Node, x: Node, y: Node, *, beta: float = 1, alpha: float = 1) -> Node:
    """beta * input + alpha * the sum of the products of a batch."""
    _require_batches("addbmm", x, y)
    same_dtype("addbmm", x, y)
    found = ops.dot_general(x, y, contract=((0, 2), (0, 1)), batch=((), ()))
    return _added("addbmm", input, found, beta, alpha)


def _require_batches(name: str, x: Node, y: Node) -> None:
    require_dims(name, x, y, (3, 3))
    if x.shape[0] != y.shape[0] or x.shape[2] != y.shape[1]:
        raise mismatch(name, x, y, "[b, n, k] and [b, k, m]")


# -- cross products --------------------------------------------------------------------------------


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Any:
    """The cross products of vectors along `dim` (the first dimension of size 3, if None)."""
    if dim is None:
        dim = next((i for i, n in enumerate(input.shape) if n == 3), None)
    if dim is None or input.ndim != other.ndim:
        raise ShapeError(
            message("cross: the operands do not fit", expected="a dimension of size 3",
                    got=f"{list(input.shape)} and {list(other.shape)}")
        )
    return _cross(input, other, dim)


@surface
def _cross(x: Node, y: Node, dim: int) -> Node:
    x, y = promoted("cross", x, y)
    at = normalize_dim("cross", dim, x.ndim)
    if x.shape[at] != 3:
        raise mismatch("cross", x, y, f"size 3 at dimension {at}")

    def turned(v: Node, by: int) -> Node:
        """Components by, by + 1, by + 2, counted round."""
        start, limit = [0] * v.ndim, list(v.shape)
        start[at] = limit[at] = by
        parts = [ops.slice_(v, start, v.shape), ops.slice_(v, [0] * v.ndim, limit)]
        return ops.concatenate(parts, at)

    return turned(x, 1) * turned(y, 2) - turned(x, 2) * turned(y, 1)


_cross.surface.name = "cross"
