"""Linear maps and look-ups: linear, bilinear, embedding, one_hot."""

from __future__ import annotations

import math
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.nn.functional.common import require_same_dtype, require_size, with_bias
from pentad.tensor.dispatch import surface
from pentad.tensor.state import no_grad


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


def scale_by_frequency(rows: Node, index: Node, entries: Any) -> Node:
    """The rows unchanged; their gradients are divided by how often each index occurs."""
    flat = ops.reshape(index, (product(index.shape),))
    ones = ops.full(1, flat.shape, rows.dtype)
    counts = ops.scatter(ops.full(0, (entries,), rows.dtype), ones, flat, axes=(0,), kind="add")
    share = ops.reshape(ops.div(ones, ops.gather(counts, flat, axes=(0,))), index.shape)
    share = ops.broadcast(share, rows.shape, range(index.ndim))
    scaled = ops.mul(rows, share)
    return ops.add(scaled, ops.stop_gradient(ops.sub(rows, scaled)))


@surface
def _embedded(
    input: Node, weight: Node, padding_idx: int | None, by_frequency: bool
) -> Node:
    require_indices("embedding", input)
    if weight.ndim != 2:
        raise ShapeError(
            message("embedding: the weight is no matrix", expected="[entries, features]",
                    got=str(list(weight.shape)))
        )
    # gather would take negative indices, counted from the end.
    index = checked(input, weight.shape[0])
    rows = ops.gather(weight, index, axes=(0,), mode="check")
    if by_frequency:
        rows = scale_by_frequency(rows, index, weight.shape[0])
    if padding_idx is None:
        return rows
    row = padding_index(padding_idx, weight.shape[0])
    at = ops.eq(index, ops.full_like(row, index))
    at = ops.broadcast(at, rows.shape, range(input.ndim))
    return ops.where(at, ops.stop_gradient(rows), rows)


@surface
def _renormalized(weight: Node, input: Node, max_norm: float, norm_type: float) -> Node:
    index = checked(input, weight.shape[0])
    index = ops.reshape(index, (product(index.shape),))
    rows = ops.gather(weight, index, axes=(0,))
    size = ops.abs(rows)
    if norm_type == math.inf:
        norm = ops.reduce_max(size, (1,))
    else:
        powers = ops.reduce_sum(ops.pow(size, ops.full_like(norm_type, size)), (1,))
        norm = ops.pow(powers, ops.full_like(1 / norm_type, powers))
    limit = ops.full_like(max_norm, norm)
    factor = ops.where(ops.gt(norm, limit), limit / (norm + 1e-7), ops.full_like(1, norm))
    shorter = ops.mul(rows, ops.broadcast(factor, rows.shape, (0,)))
    return ops.scatter(weight, shorter, index, axes=(0,), kind="set")


_embedded.surface.name = _renormalized.surface.name = "embedding"


@no_grad()
def renormalize(weight: Any, input: Any, max_norm: float, norm_type: float) -> None:
    """Shorten, in place, the rows at these indices whose norm is above max_norm."""
    _renormalized.inplace(weight, input, float(max_norm), float(norm_type))


def embedding(
    input: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None,
    norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Any:
    """The rows of `weight` [n, d] at the indices [...]: [..., d].

    An index outside [0, n) is an IndexOutOfRange when run; the row `padding_idx` gets no gradient.
    max_norm: rows that are read and whose norm_type-norm is larger are first shortened in place.
    scale_grad_by_freq: gradients are divided by how often an index occurs. sparse changes nothing:
    gradients are dense.
    """
    if max_norm is not None:
        renormalize(weight, input, max_norm, norm_type)
    return _embedded(input, weight, padding_idx, scale_grad_by_freq)


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
