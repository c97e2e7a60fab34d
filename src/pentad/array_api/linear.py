"""Products of arrays: matmul, tensordot, vecdot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.array_api.array import Array, wrap
from pentad.array_api.manipulation import axes_of
from pentad.array_api.promotion import COMPLEX, NUMERIC, check_kind, tensor_of, together
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.functions import linalg
from pentad.tensor.promotion import broadcast_together
from pentad.tensor.tensor import Tensor


def arrays_together(name: str, x1: Any, x2: Any) -> list[Tensor]:
    """Two arrays (no numbers) in their common numeric dtype."""
    for x in (x1, x2):
        tensor_of(name, x, NUMERIC)
    found = together(name, (x1, x2))
    check_kind(name, found[0].dtype, NUMERIC)
    return found


def matmul(x1: Array, x2: Array, /) -> Array:
    """The matrix product; vectors count as rows or columns, leading axes broadcast."""
    return wrap(linalg.matmul(*arrays_together("matmul", x1, x2)))


@surface
def _contracted(x: Node, y: Node, axes: Sequence[int], others: Sequence[int]) -> Node:
    return ops.dot_general(x, y, contract=(tuple(axes), tuple(others)), batch=((), ()))


def tensordot(x1: Array, x2: Array, /, *, axes: Any = 2) -> Array:
    """The sum of products over axes of both: the last and first `axes`, or those listed."""
    x, y = arrays_together("tensordot", x1, x2)
    if isinstance(axes, int):
        if not 0 <= axes <= min(x.ndim, y.ndim):
            raise ArgumentError(
                message("tensordot: axes", expected=f"0 to {min(x.ndim, y.ndim)}", got=str(axes))
            )
        ours, theirs = tuple(range(x.ndim - axes, x.ndim)), tuple(range(axes))
    else:
        ours = axes_of("tensordot", tuple(axes[0]), x.ndim)
        theirs = axes_of("tensordot", tuple(axes[1]), y.ndim)
    sizes = [x.shape[a] for a in ours], [y.shape[a] for a in theirs]
    if sizes[0] != sizes[1]:
        raise ShapeError(
            message("tensordot: the sizes of the axes differ", expected=str(sizes[0]),
                    got=str(sizes[1]))
        )
    return wrap(_contracted(x, y, ours, theirs))


@surface
def _dotted(x: Node, y: Node, axis: int) -> Node:
    x, y = broadcast_together("vecdot", x, y)
    return ops.reduce_sum(ops.mul(x, y), (axis % x.ndim,))


def vecdot(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """The sum of conj(x1) * x2 along an axis counted from the end; the others broadcast."""
    x, y = arrays_together("vecdot", x1, x2)
    if not -min(x.ndim, y.ndim) <= axis < 0:
        raise ShapeError(
            message("vecdot: axis", expected=f"{-min(x.ndim, y.ndim)} to -1", got=str(axis))
        )
    if x.shape[axis] != y.shape[axis]:
        raise ShapeError(
            message("vecdot: the sizes differ", expected=str(x.shape[axis]),
                    got=str(y.shape[axis]))
        )
    if x.dtype in COMPLEX:
        x = x.conj()  # type: ignore[attr-defined]
    return wrap(_dotted(x, y, axis))
