"""Broadcasting and the sum over axes: each is the transpose of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size
from pentad.ops.batching import later_axes
from pentad.ops.define import F32, define, in_single, normalize_axes, require_dtype
from pentad.ops.views import reshape


def _infer_broadcast(
    x: TensorType, *, shape: tuple[Size, ...], dims: tuple[int, ...]
) -> TensorType:
    good = len(dims) == x.ndim and all(a < b for a, b in zip(dims, dims[1:], strict=False))
    good = good and all(0 <= d < len(shape) for d in dims)
    if not good or any(
        x.shape[i] != shape[d] and x.shape[i] != 1 for i, d in enumerate(dims)
    ):
        raise ShapeError(
            message(
                "broadcast: the operand does not fit the result",
                expected=f"sizes equal to those of {list(shape)} at axes {dims}, or 1",
                got=str(list(x.shape)),
            )
        )
    return TensorType(shape, x.dtype)


def _reference_broadcast(
    x: np.ndarray, *, shape: tuple[int, ...], dims: tuple[int, ...]
) -> np.ndarray:
    full_shape = [1] * len(shape)
    for i, d in enumerate(dims):
        full_shape[d] = x.shape[i]
    return np.broadcast_to(np.reshape(x, full_shape), shape)


def _vjp_broadcast(
    g: Node, y: Node, x: Node, *, shape: tuple[Size, ...], dims: tuple[int, ...]
) -> tuple[Node]:
    kept = {d for i, d in enumerate(dims) if not (x.shape[i] == 1 and shape[d] != 1)}
    total = reduce_sum(g, [d for d in range(len(shape)) if d not in kept])
    return (reshape(total, x.shape),)


def _batch_broadcast(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
) -> Node:
    dims = (0, *(d + 1 for d in node.attrs["dims"]))
    return _broadcast(operands[0], shape=(n, *node.attrs["shape"]), dims=dims)


_broadcast = define(
    "broadcast",
    "Repeat along new axes and along axes of size 1: axis i of the operand is dims[i] of the "
    "result (StableHLO broadcast_in_dim).",
    kind="view",
    infer=_infer_broadcast,
    reference=_reference_broadcast,
    vjp=_vjp_broadcast,
    linear=(0,),
    batch=_batch_broadcast,
    samples=lambda: [
        Sample(((s, F32),), {"shape": t, "dims": d})
        for s, t, d in (
            ((3,), (2, 3), (1,)),
            ((3,), (3, 2), (0,)),
            ((), (4,), ()),
            ((1, 3), (5, 3), (0, 1)),
            ((2, 1), (2, 0), (0, 1)),
        )
    ],
    errors=lambda: [
        Sample((((3,), F32),), {"shape": (2, 4), "dims": (1,)}, ShapeError, "does not fit")
    ],
)


def broadcast(x: Node, shape: Sequence[Size], dims: Sequence[int] | None = None) -> Node:
    """`x` repeated to `shape`; `dims` defaults to NumPy's rule, the trailing axes."""
    shape = tuple(shape)
    if dims is None:
        dims = range(len(shape) - x.ndim, len(shape))
    if len(shape) == x.ndim and shape == x.shape:
        return x
    return _broadcast(x, shape=shape, dims=tuple(dims))


# -- reduce_sum --------------------------------------------------------------------------------


def reduced_shape(
    name: str, x: TensorType, axes: tuple[int, ...], *, allowed: Sequence[dtypes.DType]
) -> tuple[Size, ...]:
    """The shape of `x` without `axes`; ShapeError or DTypeError if they do not fit."""
    normalize_axes(name, axes, x.ndim)
    require_dtype(name, x.dtype, allowed)
    return tuple(n for i, n in enumerate(x.shape) if i not in axes)


def spread(reduced: Node, like: Node, axes: Sequence[int]) -> Node:
    """A value of the shape of `like` without `axes`, repeated along them."""
    kept = [i for i in range(like.ndim) if i not in axes]
    return broadcast(reduced, like.shape, kept)


def reduction_samples(
    allowed: Sequence[dtypes.DType], *, empty: bool
) -> Callable[[], Iterable[Sample]]:
    """Inner, outer, middle, all and no axes, around vector borders; `empty`: no elements too."""

    def samples() -> Iterable[Sample]:
        cases: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
            ((5,), (0,)),
            ((3, 17), (1,)),
            ((17, 3), (0,)),
            ((2, 3, 4), (1,)),
            ((2, 3, 4), (0, 2)),
            ((33,), (0,)),
            ((0, 3), (1,)),
        ]
        cases += [((2, 0), (1,)), ((0,), (0,))] if empty else []
        for shape, axes in cases:
            yield Sample(((shape, allowed[-1]),), {"axes": axes})
        for dtype in allowed:
            yield Sample((((4, 9), dtype),), {"axes": (1,)})

    return samples


def reduction_errors(allowed: Sequence[dtypes.DType]) -> list[Sample]:
    """The calls that every reduction refuses."""
    x = ((2, 3), allowed[-1])
    errors = [
        Sample((x,), {"axes": (2,)}, ShapeError, "axis out of range"),
        Sample((x,), {"axes": (1, 1)}, ShapeError, "given twice"),
    ]
    refused = [d for d in dtypes.ALL if d not in allowed]
    if refused:
        errors.append(Sample((((2,), refused[0]),), {"axes": (0,)}, DTypeError, "not supported"))
    return errors


_reduce_sum = define(
    "reduce_sum",
    "The sum over some axes; 16-bit floats are summed in float32, integers wrap.",
    kind="reduce",
    infer=lambda x, *, axes: TensorType(
        reduced_shape("reduce_sum", x, axes, allowed=dtypes.NUMBERS), x.dtype
    ),
    reference=in_single(lambda x, *, axes: np.sum(x, axis=axes, dtype=x.dtype)),
    vjp=lambda g, y, x, *, axes: (spread(g, x, axes),),
    wirtinger=True,
    linear=(0,),
    batch=later_axes("axes"),
    samples=reduction_samples(dtypes.NUMBERS, empty=True),
    errors=lambda: reduction_errors(dtypes.NUMBERS),
)


def reduce_sum(x: Node, axes: Sequence[int]) -> Node:
    """The sum of `x` over `axes`, which are dropped."""
    return _reduce_sum(x, axes=normalize_axes("reduce_sum", axes, x.ndim)) if axes else x
