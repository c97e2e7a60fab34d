"""Linear maps and look-ups: linear, bilinear, embedding, one_hot."""

from __future__ import annotations

from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.nn.functional.common import require_same_dtype, require_size, with_bias
from pentad.tensor.dispatch import surface


@surface
def linear(input: Node, weight: Node, bias: Node | None = None) -> Node:
    """input @ weight.T + bias: [..., in] by a weight [out, in] gives [..., out]."""
    require_same_dtype("linear", input, weight, bias)
    if input.ndim == 0 or weight.ndim not in (1, 2):
        raise ShapeError(
            message(
                "linear: wrong number of dimensions",
                expected="input [..., in] and weight [out, in] (or [in])",
                got=f"{list(input.shape)} and {list(weight.shape)}",
            )
        )
    require_size(
        "linear", "features", input.shape[-1], weight.shape[-1], input,
        "the last dimension is that of the features: flatten the input, or change in_features",
    )
    contract = ((input.ndim - 1,), (weight.ndim - 1,))
    y = ops.dot_general(input, weight, contract=contract, batch=((), ()))
    return with_bias(y, bias, y.ndim - 1)


@surface
def bilinear(x1: Node, x2: Node, weight: Node, bias: Node | None = None) -> Node:
    """x1 @ weight[k] @ x2 for each k: [..., a], [..., b] by [out, a, b] gives [..., out]."""
    require_same_dtype("bilinear", x1, x2, weight, bias)
    lead = x1.ndim - 1
    if x1.shape[:-1] != x2.shape[:-1] or (x1.shape[-1], x2.shape[-1]) != weight.shape[1:]:
        raise ShapeError(
            message(
                "bilinear: shapes do not fit",
                expected="[..., a], [..., b] and a weight [out, a, b]",
                got=f"{list(x1.shape)}, {list(x2.shape)}, {list(weight.shape)}",
            )
        )
    half = ops.dot_general(x1, weight, contract=((lead,), (1,)), batch=((), ()))
    wide = ops.broadcast(x2, half.shape, (*range(lead), lead + 1))
    return with_bias(ops.reduce_sum(ops.mul(half, wide), (lead + 1,)), bias, lead)


# -- indices ---------------------------------------------------------------------------------------


def require_indices(name: str, index: Node) -> None:
    """DTypeError unless the operand is of an integer type."""
    if not index.dtype.is_integer:
        raise DTypeError(
            message(
                f"{name}: indices are not integers",
                expected="int64 or another integer type",
                got=index.dtype.name,
                hint="convert with .long()",
            )
        )


def checked(index: Node, size: Any) -> Node:
    """The index as int64; IndexOutOfRange when run where it is outside [0, size)."""
    wide = ops.cast(index, dtypes.int64)
    return ops.check_index(wide, ops.full_like(size, wide))


@surface
def embedding(input: Node, weight: Node, padding_idx: int | None = None) -> Node:
    """The rows of `weight` [n, d] at the indices [...]: [..., d].

    An index outside [0, n) is an IndexOutOfRange when run; the row `padding_idx` gets no gradient.
    """
    require_indices("embedding", input)
    if weight.ndim != 2:
        raise ShapeError(
            message("embedding: the weight is no matrix", expected="[entries, features]",
                    got=str(list(weight.shape)))
        )
    # gather would take negative indices, counted from the end.
    index = checked(input, weight.shape[0])
    rows = ops.gather(weight, index, axes=(0,), mode="check")
    if padding_idx is None:
        return rows
    row = padding_index(padding_idx, weight.shape[0])
    at = ops.eq(index, ops.full_like(row, index))
    at = ops.broadcast(at, rows.shape, range(input.ndim))
    return ops.where(at, ops.stop_gradient(rows), rows)


def padding_index(padding_idx: int, entries: int) -> int:
    """The index of the padding row counted from 0; ArgumentError if there is no such row."""
    if not -entries <= padding_idx < entries:
        raise ArgumentError(
            message("embedding: padding_idx is no entry", expected=f"-{entries}..{entries - 1}",
                    got=str(padding_idx))
        )
    return padding_idx % entries


@surface
def _one_hot(x: Node, classes: int) -> Node:
    shape = (*x.shape, classes)
    index = ops.broadcast(checked(x, classes), shape, range(x.ndim))
    return ops.cast(ops.eq(index, ops.iota(shape, x.ndim, dtypes.int64)), dtypes.int64)


_one_hot.surface.name = "one_hot"


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """int64 [..., num_classes] with a 1 at each label; -1 takes the largest label plus 1."""
    if not tensor.dtype.is_integer:
        raise DTypeError(
            message("one_hot: labels are not integers", expected="int64", got=tensor.dtype.name,
                    hint="convert with .long()")
        )
    if num_classes == -1:
        if tensor.numel() == 0:
            raise ArgumentError(
                message("one_hot: no labels to count classes by", expected="num_classes",
                        got="an empty tensor")
            )
        num_classes = int(tensor.max().item()) + 1
    if num_classes < 1:
        raise ArgumentError(
            message("one_hot: number of classes", expected=">= 1", got=str(num_classes))
        )
    return _one_hot(tensor, num_classes)
