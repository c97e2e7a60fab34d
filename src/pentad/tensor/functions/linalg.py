"""Matrix products."""

from __future__ import annotations

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import broadcast_shapes, promoted


def same_dtype(name: str, x: Node, y: Node) -> None:
    """DTypeError unless both have one dtype."""
    if x.dtype is not y.dtype:
        raise DTypeError(
            message(
                f"{name}: operands have different dtypes",
                expected="equal dtypes",
                got=f"{x.dtype.name} and {y.dtype.name}",
                hint="convert one operand with .to(...)",
            )
        )


def mismatch(name: str, x: Node, y: Node, expected: str) -> ShapeError:
    """The error for shapes that do not fit each other."""
    return ShapeError(
        message(
            f"{name}: shapes do not fit",
            expected=expected,
            got=f"{list(x.shape)} and {list(y.shape)}",
            hint="transpose one operand, or check which sizes should meet",
        )
    )


def require_dims(name: str, x: Node, y: Node, dims: tuple[int, int]) -> None:
    """ShapeError unless the operands have so many dimensions."""
    if (x.ndim, y.ndim) != dims:
        raise mismatch(name, x, y, f"tensors of {dims[0]} and {dims[1]} dimensions")


@surface
def mm(x: Node, y: Node) -> Node:
    """The product of two matrices: [n, k] times [k, m] gives [n, m]."""
    require_dims("mm", x, y, (2, 2))
    return product("mm", x, y)


@surface
def bmm(x: Node, y: Node) -> Node:
    """Products of two batches of matrices: [b, n, k] times [b, k, m] gives [b, n, m]."""
    require_dims("bmm", x, y, (3, 3))
    if x.shape[0] != y.shape[0]:
        raise mismatch("bmm", x, y, "equal numbers of matrices")
    return product("bmm", x, y)


@surface
def mv(x: Node, y: Node) -> Node:
    """A matrix times a vector."""
    require_dims("mv", x, y, (2, 1))
    return product("mv", x, y)


@surface
def dot(x: Node, y: Node) -> Node:
    """The scalar product of two vectors."""
    require_dims("dot", x, y, (1, 1))
    return product("dot", x, y)


@surface
def vdot(x: Node, y: Node) -> Node:
    """The scalar product of two vectors, the first conjugated."""
    require_dims("vdot", x, y, (1, 1))
    return product("vdot", ops.conjugate(x), y)


def times(x: Node, y: Node) -> Node:
    """x * y of one dtype; on bool, logical and."""
    return ops.logical_and(x, y) if x.dtype is dtypes.bool_ else ops.mul(x, y)


@surface
def outer(x: Node, y: Node) -> Node:
    """Every product of an element of one vector with one of another."""
    require_dims("outer", x, y, (1, 1))
    x, y = promoted("outer", ops.reshape(x, (x.shape[0], 1)), ops.reshape(y, (1, y.shape[0])))
    return times(x, y)


@surface
def matmul(x: Node, y: Node) -> Node:
    """The matrix product; vectors count as rows or columns, leading dimensions broadcast."""
    return product("matmul", x, y)


def product(name: str, x: Node, y: Node) -> Node:
    """`matmul` of nodes, with errors that name the function."""
    if x.ndim == 0 or y.ndim == 0:
        raise mismatch(name, x, y, "at least one dimension each")
    same_dtype(name, x, y)
    if x.shape[-1] != y.shape[max(y.ndim - 2, 0)]:
        raise mismatch(name, x, y, "the last size of the first = the second last of the second")
    if x.ndim == 1 and y.ndim == 1:
        return ops.dot_general(x, y, contract=((0,), (0,)), batch=((), ()))
    if y.ndim <= 2:  # one matrix for all: no batch, so that it is one large product
        contract = ((x.ndim - 1,), (max(y.ndim - 2, 0),))
        return ops.dot_general(x, y, contract=contract, batch=((), ()))
    if x.ndim == 1:
        x, drop = ops.reshape(x, (1, x.shape[0])), True
    else:
        drop = False
    lead = broadcast_shapes(name, (x.shape[:-2], y.shape[:-2]))
    x = ops.broadcast(x, (*lead, *x.shape[-2:]))
    y = ops.broadcast(y, (*lead, *y.shape[-2:]))
    n = len(lead)
    batch = tuple(range(n))
    result = ops.dot_general(x, y, contract=((n + 1,), (n,)), batch=(batch, batch))
    if drop:
        result = ops.reshape(result, (*result.shape[:n], result.shape[-1]))
    return result
