"""dot_general, from which every matrix product is made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import zip_longest

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size
from pentad.ops.batching import moved
from pentad.ops.broadcast import broadcast
from pentad.ops.define import (
    F32,
    define,
    in_single,
    normalize_axis,
    require_count,
    require_dtype,
    require_same_dtype,
)
from pentad.ops.views import reshape, transpose

Axes = tuple[int, ...]
AxisPairs = tuple[Axes, Axes]


def free_axes(ndim: int, *used: Sequence[int]) -> Axes:
    """The axes in none of `used`, in order."""
    taken = {a for axes in used for a in axes}
    return tuple(i for i in range(ndim) if i not in taken)


def _require_pairs(a: TensorType, b: TensorType, contract: AxisPairs, batch: AxisPairs) -> None:
    for side, operand in ((0, a), (1, b)):
        axes = (*batch[side], *contract[side])
        for axis in axes:
            normalize_axis("dot_general", axis, operand.ndim)
        if len(set(axes)) != len(axes) or min(axes, default=0) < 0:
            raise ShapeError(
                message(
                    "dot_general: an axis is used twice",
                    expected="each axis in contract or batch at most once, counted from 0",
                    got=f"contract {contract}, batch {batch}",
                )
            )
    for what, (left, right) in (("contracted", contract), ("batch", batch)):
        sizes_a, sizes_b = [a.shape[i] for i in left], [b.shape[i] for i in right]
        if len(left) != len(right) or sizes_a != sizes_b:
            raise ShapeError(
                message(
                    f"dot_general: {what} sizes differ",
                    expected=f"{sizes_a}, axes {left} of {list(a.shape)}",
                    got=f"{sizes_b}, axes {right} of {list(b.shape)}",
                    hint="transpose an operand, or check the inner sizes",
                )
            )


def _infer_dot(*types: TensorType, contract: AxisPairs, batch: AxisPairs) -> TensorType:
    require_count("dot_general", types, 2)
    a, b = types
    require_same_dtype("dot_general", types)
    require_dtype("dot_general", a.dtype, dtypes.NUMBERS)
    _require_pairs(a, b, contract, batch)
    shape = (
        *(a.shape[i] for i in batch[0]),
        *(a.shape[i] for i in free_axes(a.ndim, contract[0], batch[0])),
        *(b.shape[i] for i in free_axes(b.ndim, contract[1], batch[1])),
    )
    return TensorType(shape, a.dtype)


def _reference_dot(
    a: np.ndarray, b: np.ndarray, *, contract: AxisPairs, batch: AxisPairs
) -> np.ndarray:
    free_a = free_axes(a.ndim, contract[0], batch[0])
    free_b = free_axes(b.ndim, contract[1], batch[1])
    sizes = [[x.shape[i] for i in axes] for x, axes in ((a, batch[0]), (a, free_a), (b, free_b))]
    n, rows, columns = (math.prod(s) for s in sizes)
    inner = math.prod(a.shape[i] for i in contract[0])
    left = a.transpose(*batch[0], *free_a, *contract[0]).reshape(n, rows, inner)
    right = b.transpose(*batch[1], *contract[1], *free_b).reshape(n, inner, columns)
    product: np.ndarray = np.matmul(left, right)
    return product.reshape([size for part in sizes for size in part])


def _back(
    g: Node, other: Node, used: AxisPairs, batch: AxisPairs, of_g: Sequence[int], ndim: int
) -> Node:
    """The cotangent of one operand: `g` times the other over the other's free axes `of_g`.

    `used` and `batch` are (the operand's, the other's) axes. The product has its axes in the
    order batch, free, contracted (as they lie in the other operand); they are put back in place.
    """
    mine, others = used
    product = dot_general(
        g,
        other,
        contract=(tuple(of_g), free_axes(other.ndim, others, batch[1])),
        batch=(tuple(range(len(batch[0]))), batch[1]),
    )
    contracted = [mine[others.index(axis)] for axis in sorted(others)]
    order = [*batch[0], *free_axes(ndim, mine, batch[0]), *contracted]
    return transpose(product, [order.index(axis) for axis in range(ndim)])


def _vjp_dot(
    g: Node, y: Node, a: Node, b: Node, *, contract: AxisPairs, batch: AxisPairs
) -> tuple[Node, Node]:
    first = len(batch[0])
    middle = a.ndim - len(contract[0])
    swapped = (contract[1], contract[0]), (batch[1], batch[0])
    return (
        _back(g, b, contract, batch, range(middle, g.ndim), a.ndim),
        _back(g, a, *swapped, range(first, middle), b.ndim),
    )


def _batch_dot(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
) -> Node:
    a, b = operands
    contract, batch = node.attrs["contract"], node.attrs["batch"]
    at = len(batch[0])

    def later(axes: AxisPairs) -> tuple[Axes, Axes]:
        left, right = (
            tuple(a + 1 for a in side) if each else side
            for side, each in zip(axes, batched, strict=True)
        )
        return left, right

    if all(batched):
        left, right = later(batch)
        return dot_general(a, b, later(contract), ((0, *left), (0, *right)))
    if batched[1]:
        at += node.inputs[0].ndim - at - len(contract[0])
    return moved(dot_general(a, b, later(contract), later(batch)), at, 0)


def _dot_samples() -> Iterable[Sample]:
    cases: list[tuple[tuple[int, ...], tuple[int, ...], AxisPairs, AxisPairs]] = [
        ((3, 4), (4, 5), ((1,), (0,)), ((), ())),
        ((4, 3), (5, 4), ((0,), (1,)), ((), ())),
        ((7,), (7,), ((0,), (0,)), ((), ())),
        ((3,), (4,), ((), ()), ((), ())),
        ((2, 3, 4), (2, 4, 5), ((2,), (1,)), ((0,), (0,))),
        ((3, 2, 4), (4, 5, 2), ((2,), (0,)), ((1,), (2,))),
        ((2, 3, 4), (4, 3, 5), ((1, 2), (1, 0)), ((), ())),
        ((2, 3, 4, 5), (5, 2, 6, 4), ((2, 3), (3, 0)), ((0,), (1,))),
        ((2, 3), (2, 3), ((), ()), ((0, 1), (0, 1))),
        ((3, 0), (0, 2), ((1,), (0,)), ((), ())),
        ((0, 3), (3, 2), ((1,), (0,)), ((), ())),
        ((17, 33), (33, 19), ((1,), (0,)), ((), ())),
    ]
    for a, b, contract, batch in cases:
        yield Sample(((a, F32), (b, F32)), {"contract": contract, "batch": batch})
    for dtype in dtypes.NUMBERS:
        attrs = {"contract": ((1,), (0,)), "batch": ((), ())}
        yield Sample((((3, 9), dtype), ((9, 5), dtype)), attrs)


_dot_general = define(
    "dot_general",
    "The sums of products over pairs of contracted axes, for each index of paired batch axes; "
    "the result has the batch axes, the left operand's free axes, the right operand's "
    "(StableHLO dot_general). 16-bit floats are summed in float32, integers wrap.",
    kind="structured",
    kernel="dot",
    infer=_infer_dot,
    reference=in_single(_reference_dot),
    vjp=_vjp_dot,
    linear=(0, 1),
    batch=_batch_dot,
    samples=_dot_samples,
    errors=lambda: [
        Sample((((2, a), F32), ((b, 2), d)), {"contract": c, "batch": ((), ())}, error, text)
        for a, b, d, c, error, text in (
            (3, 4, F32, ((1,), (0,)), ShapeError, "contracted sizes differ"),
            (3, 3, F32, ((1, 1), (0, 0)), ShapeError, "used twice"),
            (3, 3, F32, ((2,), (0,)), ShapeError, "axis out of range"),
            (3, 3, dtypes.float64, ((1,), (0,)), DTypeError, "different dtypes"),
        )
    ],
)


def dot_general(
    a: Node,
    b: Node,
    contract: tuple[Sequence[int], Sequence[int]],
    batch: tuple[Sequence[int], Sequence[int]] = ((), ()),
) -> Node:
    """The product of `a` and `b` summed over `contract` for each index of `batch`."""
    return _dot_general(
        a,
        b,
        contract=(tuple(contract[0]), tuple(contract[1])),
        batch=(tuple(batch[0]), tuple(batch[1])),
    )


# -- matmul ------------------------------------------------------------------------------------


def broadcast_shapes(name: str, *shapes: Sequence[Size]) -> tuple[Size, ...]:
    """The common shape of NumPy's broadcasting; ShapeError if there is none."""
    result: list[Size] = []
    for sizes in zip_longest(*(reversed(s) for s in shapes), fillvalue=1):
        wide = [n for n in sizes if n != 1]
        if any(n != wide[0] for n in wide[1:]):
            raise ShapeError(
                message(
                    f"{name}: shapes cannot be broadcast together",
                    expected="sizes that are equal or 1, aligned at the last axis",
                    got=", ".join(str(list(s)) for s in shapes),
                )
            )
        result.append(wide[0] if wide else 1)
    return tuple(reversed(result))


def matmul(a: Node, b: Node) -> Node:
    """The matrix product by NumPy's rules: 1-d operands are vectors, leading axes broadcast.

    Raises ShapeError for 0-d operands and inner or leading sizes that do not fit.
    """
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError(
            message(
                "matmul: an operand has no axes",
                expected="at least one axis each",
                got=f"{list(a.shape)} and {list(b.shape)}",
                hint="use * to multiply by a number",
            )
        )
    inner_b = max(b.ndim - 2, 0)
    if a.shape[-1] != b.shape[inner_b]:
        raise ShapeError(
            message(
                "matmul: inner sizes differ",
                expected=f"{a.shape[-1]} at axis {inner_b} of the second operand",
                got=f"{list(a.shape)} and {list(b.shape)}",
                hint="transpose an operand",
            )
        )
    if b.ndim <= 2:
        return dot_general(a, b, ((a.ndim - 1,), (inner_b,)))
    if a.ndim == 1:
        return reshape(matmul(reshape(a, (1, *a.shape)), b), (*b.shape[:-2], b.shape[-1]))
    lead = broadcast_shapes("matmul", a.shape[:-2], b.shape[:-2])
    a, b = broadcast(a, (*lead, *a.shape[-2:])), broadcast(b, (*lead, *b.shape[-2:]))
    each = tuple(range(len(lead)))
    return dot_general(a, b, ((a.ndim - 1,), (b.ndim - 2,)), (each, each))
