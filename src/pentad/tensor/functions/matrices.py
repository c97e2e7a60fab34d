"""What the functions of linear algebra share: checks, broadcast batches, Hermitian operands."""

from __future__ import annotations

from collections.abc import Sequence

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.ops import matrices
from pentad.tensor.promotion import broadcast_shapes


def require_inexact(name: str, *operands: Node) -> None:
    """DTypeError unless all operands are of one dtype that LAPACK knows."""
    for x in operands:
        if x.dtype not in matrices.ALLOWED:
            raise DTypeError(
                message(
                    f"{name}: a floating-point or complex tensor is expected",
                    expected=", ".join(d.name for d in matrices.ALLOWED),
                    got=x.dtype.name,
                    hint="convert it with .to(pentad.float32)",
                )
            )
        if x.dtype is not operands[0].dtype:
            raise DTypeError(
                message(
                    f"{name}: operands have different dtypes",
                    expected="equal dtypes",
                    got=f"{operands[0].dtype.name} and {x.dtype.name}",
                )
            )


def require_matrix(name: str, *operands: Node) -> None:
    """As `require_inexact`, and ShapeError unless the operands have two dimensions at least."""
    for x in operands:
        if x.ndim < 2:
            raise ShapeError(
                message(
                    f"{name}: the tensor must have at least 2 dimensions",
                    expected="[*, m, n]",
                    got=str(list(x.shape)),
                )
            )
    require_inexact(name, *operands)


def require_square(name: str, x: Node) -> None:
    """As `require_matrix`, and ShapeError unless the matrices are square."""
    require_matrix(name, x)
    if x.shape[-1] != x.shape[-2]:
        raise ShapeError(
            message(
                f"{name}: a batch of square matrices is expected",
                expected="[*, n, n]",
                got=str(list(x.shape)),
            )
        )


def same_batch(name: str, *operands: Node) -> tuple[Node, ...]:
    """The matrices repeated to a common batch."""
    lead = broadcast_shapes(name, [x.shape[:-2] for x in operands])
    return tuple(ops.broadcast(x, (*lead, *x.shape[-2:])) for x in operands)


def hermitian(x: Node, upper: bool = False) -> Node:
    """The Hermitian matrices of which `x` holds one triangle (the other is not read).

    The gradient is that of the Hermitian part, as in PyTorch: symmetric in `x`.
    """
    row = ops.iota(x.shape, x.ndim - 2, dtypes.int64)
    column = ops.iota(x.shape, x.ndim - 1, dtypes.int64)
    mirror = matrices.adjoint(x)
    read = ops.where(ops.le(row, column) if upper else ops.ge(row, column), x, mirror)
    part = (x + mirror) * 0.5
    if x.dtype.is_complex:  # LAPACK reads no imaginary parts of the diagonal either
        read = ops.where(ops.eq(row, column), part, read)
    return part + ops.stop_gradient(read - part)


def as_columns(b: Node, vector: bool) -> Node:
    """A right-hand side as matrices: a batch of vectors becomes one of single columns."""
    return ops.reshape(b, (*b.shape, 1)) if vector else b


def squeezed(x: Node, vector: bool) -> Node:
    """The inverse of `as_columns`."""
    return ops.reshape(x, x.shape[:-1]) if vector else x


def moved_last(x: Node, axes: Sequence[int]) -> Node:
    """The axes `axes` moved behind all others, in this order."""
    rest = [i for i in range(x.ndim) if i not in axes]
    return ops.transpose(x, [*rest, *axes])
