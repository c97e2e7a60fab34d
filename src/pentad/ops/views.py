"""Views that keep every element: reshape, transpose, reverse, stop_gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pentad.graph.errors import ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size, product
from pentad.graph.sizes import same as same_size
from pentad.ops.batching import BATCH, later_axes, one_more_axis, same
from pentad.ops.define import F32, define, normalize_axes
from pentad.ops.sources import full_like

# -- reshape -----------------------------------------------------------------------------------


def _infer_reshape(x: TensorType, *, shape: tuple[Size, ...]) -> TensorType:
    if product(shape) != product(x.shape):
        raise ShapeError(
            message(
                "reshape: the number of elements changes",
                expected=f"{product(x.shape)} elements, as in {list(x.shape)}",
                got=f"{list(shape)}, which has {product(shape)}",
                hint="use -1 for one axis to have it worked out",
            )
        )
    return TensorType(shape, x.dtype)


_reshape = define(
    "reshape",
    "The same elements in row-major order under another shape.",
    kind="view",
    infer=_infer_reshape,
    reference=lambda x, *, shape: np.reshape(x, shape),
    vjp=lambda g, y, x, *, shape: (reshape(g, x.shape),),
    linear=(0,),
    batch=one_more_axis(shape=BATCH),
    samples=lambda: [
        Sample(((s, F32),), {"shape": t})
        for s, t in (((2, 6), (3, 4)), ((), (1, 1)), ((0, 3), (3, 0, 2)), ((24,), (2, 3, 4)))
    ],
    errors=lambda: [Sample((((2, 3), F32),), {"shape": (4,)}, ShapeError, "6 elements")],
)


def reshape(x: Node, shape: Sequence[Size]) -> Node:
    """`x` under another shape with the same number of elements; sizes are written as given."""
    shape = tuple(shape)
    if len(shape) == x.ndim and all(map(same_size, shape, x.shape)):
        return x
    return _reshape(x, shape=shape)


# -- transpose ---------------------------------------------------------------------------------


def _infer_transpose(x: TensorType, *, axes: tuple[int, ...]) -> TensorType:
    if sorted(axes) != list(range(x.ndim)):
        raise ShapeError(
            message(
                "transpose: not a permutation of the axes",
                expected=f"each of 0..{x.ndim - 1} once",
                got=str(axes),
            )
        )
    return TensorType(tuple(x.shape[a] for a in axes), x.dtype)


_transpose = define(
    "transpose",
    "Permute the axes: axis i of the result is axis axes[i] of the operand.",
    kind="view",
    infer=_infer_transpose,
    reference=lambda x, *, axes: np.transpose(x, axes),
    vjp=lambda g, y, x, *, axes: (transpose(g, np.argsort(axes).tolist()),),
    linear=(0,),
    batch=lambda node, xs, flags, n: transpose(xs[0], (0, *(a + 1 for a in node.attrs["axes"]))),
    samples=lambda: [
        Sample(((s, F32),), {"axes": a})
        for s, a in (((3, 5), (1, 0)), ((2, 3, 4), (2, 0, 1)), ((), ()), ((0, 3), (1, 0)))
    ],
    errors=lambda: [Sample((((2, 3), F32),), {"axes": (0, 0)}, ShapeError, "permutation")],
)


def transpose(x: Node, axes: Sequence[int]) -> Node:
    """`x` with its axes permuted."""
    axes = tuple(int(a) for a in axes)
    return x if axes == tuple(range(x.ndim)) else _transpose(x, axes=axes)


# -- reverse, stop_gradient --------------------------------------------------------------------


def _infer_reverse(x: TensorType, *, axes: tuple[int, ...]) -> TensorType:
    normalize_axes("reverse", axes, x.ndim)
    return x


_reverse = define(
    "reverse",
    "The elements in the opposite order along some axes.",
    kind="view",
    infer=_infer_reverse,
    reference=lambda x, *, axes: np.flip(x, axes) if axes else x,
    vjp=lambda g, y, x, *, axes: (reverse(g, axes),),
    linear=(0,),
    batch=later_axes("axes"),
    samples=lambda: [
        Sample(((s, F32),), {"axes": a})
        for s, a in (((5,), (0,)), ((3, 4), (1,)), ((2, 3, 17), (0, 2)), ((0, 2), (0,)))
    ],
    errors=lambda: [Sample((((3,), F32),), {"axes": (1,)}, ShapeError, "axis")],
)


def reverse(x: Node, axes: Sequence[int]) -> Node:
    """`x` flipped along `axes`."""
    return _reverse(x, axes=normalize_axes("reverse", axes, x.ndim)) if axes else x


stop_gradient = define(
    "stop_gradient",
    "The operand, through which no gradient flows.",
    kind="view",
    infer=lambda x: x,
    reference=lambda x: x,
    vjp=lambda g, y, x: (None,),
    jvp=lambda t, y, x: full_like(0, y),
    batch=same,
    samples=lambda: [Sample(((s, F32),)) for s in ((), (3, 5), (0, 2))],
)
