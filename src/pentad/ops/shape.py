"""Views and data movement: reshape, transpose, broadcast, slice, pad, concatenate, full, iota.

Semantics follow StableHLO, where a name is shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ShapeError, message
from pentad.graph.node import Node, apply
from pentad.graph.op import Op, Sample, TensorType, register
from pentad.graph.sizes import Size, product
from pentad.ops.define import define, normalize_axis, require_same

F32 = dtypes.float32


def _infer_full(*, value: float, shape: tuple[Size, ...], dtype: DType) -> TensorType:
    return TensorType(shape, dtype)


def _reference_full(*, value: float, shape: tuple[int, ...], dtype: DType) -> np.ndarray:
    return np.full(shape, value, dtype=dtype.numpy)


FULL = register(
    Op(
        name="full",
        doc="A tensor filled with one number.",
        kind="source",
        infer=_infer_full,
        reference=_reference_full,
        lower=lambda k, index, *, value, shape, dtype: k.const(value, dtype),
        nondifferentiable="a constant has no operands",
        samples=lambda: [
            Sample((), {"value": v, "shape": s, "dtype": d})
            for v, s, d in ((1.5, (2, 3), F32), (7, (), dtypes.int64), (True, (0,), dtypes.bool_))
        ],
    )
)


def full(value: float, shape: Sequence[Size], dtype: DType) -> Node:
    """A tensor of `shape` filled with `value`."""
    return apply(FULL, value=value, shape=tuple(shape), dtype=dtype)


def full_like(value: float, like: Node) -> Node:
    """A tensor of the type of `like` filled with `value`."""
    return full(value, like.shape, like.dtype)


def _infer_iota(*, shape: tuple[Size, ...], axis: int, dtype: DType) -> TensorType:
    normalize_axis("iota", axis, len(shape))
    return TensorType(shape, dtype)


def _reference_iota(*, shape: tuple[int, ...], axis: int, dtype: DType) -> np.ndarray:
    along = [1] * len(shape)
    along[axis] = shape[axis]
    line = np.arange(shape[axis]).astype(dtype.numpy).reshape(along)
    return np.broadcast_to(line, shape).copy()


IOTA = register(
    Op(
        name="iota",
        doc="The position along one axis: 0, 1, 2, ...",
        kind="source",
        infer=_infer_iota,
        reference=_reference_iota,
        lower=lambda k, index, *, shape, axis, dtype: k.cast(index[axis], dtype),
        nondifferentiable="a constant has no operands",
        samples=lambda: [
            Sample((), {"shape": s, "axis": a, "dtype": d})
            for s, a, d in (((5,), 0, dtypes.int64), ((3, 4), 1, F32), ((3, 17), 0, dtypes.int32))
        ],
    )
)


def iota(shape: Sequence[Size], axis: int, dtype: DType) -> Node:
    """A tensor of `shape` that holds the position along `axis`."""
    return apply(IOTA, shape=tuple(shape), axis=axis, dtype=dtype)


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
    samples=lambda: [
        Sample(((s, F32),), {"shape": t})
        for s, t in (((2, 6), (3, 4)), ((), (1, 1)), ((0, 3), (3, 0, 2)), ((24,), (2, 3, 4)))
    ],
    errors=lambda: [Sample((((2, 3), F32),), {"shape": (4,)}, ShapeError, "6 elements")],
)


def reshape(x: Node, shape: Sequence[Size]) -> Node:
    """`x` under another shape with the same number of elements."""
    shape = tuple(shape)
    if len(shape) == x.ndim and shape == x.shape:
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


# -- broadcast ---------------------------------------------------------------------------------


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
    from pentad.ops.reduce import reduce_sum

    kept = {d for i, d in enumerate(dims) if not (x.shape[i] == 1 and shape[d] != 1)}
    total = reduce_sum(g, [d for d in range(len(shape)) if d not in kept])
    return (reshape(total, x.shape),)


_broadcast = define(
    "broadcast",
    "Repeat along new axes and along axes of size 1: axis i of the operand is dims[i] of the "
    "result (StableHLO broadcast_in_dim).",
    kind="view",
    infer=_infer_broadcast,
    reference=_reference_broadcast,
    vjp=_vjp_broadcast,
    linear=(0,),
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


# -- slice, reverse ----------------------------------------------------------------------------


def _infer_slice(
    x: TensorType,
    *,
    start: tuple[Size, ...],
    limit: tuple[Size, ...],
    step: tuple[int, ...],
) -> TensorType:
    good = len(start) == len(limit) == len(step) == x.ndim and all(s >= 1 for s in step)
    if not good or any(
        a < 0 or b > n or a > b for a, b, n in zip(start, limit, x.shape, strict=True)
    ):
        raise ShapeError(
            message(
                "slice: bounds outside the operand",
                expected=f"0 <= start <= limit <= size for {list(x.shape)}, step >= 1",
                got=f"start {start}, limit {limit}, step {step}",
            )
        )
    sizes = tuple((b - a + s - 1) // s for a, b, s in zip(start, limit, step, strict=True))
    return TensorType(sizes, x.dtype)


def _vjp_slice(
    g: Node,
    y: Node,
    x: Node,
    *,
    start: tuple[Size, ...],
    limit: tuple[Size, ...],
    step: tuple[int, ...],
) -> tuple[Node]:
    high = []
    for n, a, m, s in zip(x.shape, start, g.shape, step, strict=True):
        covered = (m - 1) * s + 1 if m != 0 else 0
        high.append(n - a - covered)
    return (pad(g, start, high, [s - 1 for s in step]),)


_slice = define(
    "slice",
    "The elements start, start + step, ... below limit along each axis.",
    kind="view",
    infer=_infer_slice,
    reference=lambda x, *, start, limit, step: x[
        tuple(slice(a, b, s) for a, b, s in zip(start, limit, step, strict=True))
    ],
    vjp=_vjp_slice,
    linear=(0,),
    samples=lambda: [
        Sample(((s, F32),), {"start": a, "limit": b, "step": c})
        for s, a, b, c in (
            ((5, 7), (1, 2), (4, 7), (1, 1)),
            ((9,), (1,), (9,), (3,)),
            ((4,), (2,), (2,), (1,)),
        )
    ],
    errors=lambda: [
        Sample(
            (((3,), F32),), {"start": (0,), "limit": (4,), "step": (1,)}, ShapeError, "bounds"
        )
    ],
)


def slice_(
    x: Node, start: Sequence[Size], limit: Sequence[Size], step: Sequence[int] | None = None
) -> Node:
    """A strided part of `x`."""
    step = tuple(step) if step is not None else (1,) * x.ndim
    whole = all(s == 1 for s in step) and tuple(limit) == x.shape
    if whole and all(isinstance(a, int) and a == 0 for a in start):
        return x
    return _slice(x, start=tuple(start), limit=tuple(limit), step=step)


def _infer_reverse(x: TensorType, *, axes: tuple[int, ...]) -> TensorType:
    for a in axes:
        normalize_axis("reverse", a, x.ndim)
    return x


_reverse = define(
    "reverse",
    "The elements in the opposite order along some axes.",
    kind="view",
    infer=_infer_reverse,
    reference=lambda x, *, axes: np.flip(x, axes) if axes else x,
    vjp=lambda g, y, x, *, axes: (reverse(g, axes),),
    linear=(0,),
    samples=lambda: [
        Sample(((s, F32),), {"axes": a})
        for s, a in (((5,), (0,)), ((3, 4), (1,)), ((2, 3, 17), (0, 2)), ((0, 2), (0,)))
    ],
    errors=lambda: [Sample((((3,), F32),), {"axes": (1,)}, ShapeError, "axis")],
)


def reverse(x: Node, axes: Sequence[int]) -> Node:
    """`x` flipped along `axes`."""
    return _reverse(x, axes=tuple(axes)) if axes else x


# -- pad, concatenate --------------------------------------------------------------------------


def _infer_pad(
    x: TensorType,
    *,
    low: tuple[Size, ...],
    high: tuple[Size, ...],
    interior: tuple[int, ...],
    value: float,
) -> TensorType:
    if not len(low) == len(high) == len(interior) == x.ndim or any(i < 0 for i in interior):
        raise ShapeError(message("pad: one (low, high, interior >= 0) for each axis is expected"))
    sizes = []
    for n, a, b, i in zip(x.shape, low, high, interior, strict=True):
        spread = n + (n - 1) * i if i and n != 0 else n
        sizes.append(spread + a + b)
        if sizes[-1] < 0:
            raise ShapeError(
                message(
                    "pad: negative padding leaves no elements",
                    expected="sizes >= 0",
                    got=f"size {n} with padding ({a}, {b})",
                )
            )
    return TensorType(tuple(sizes), x.dtype)


def _reference_pad(
    x: np.ndarray,
    *,
    low: tuple[int, ...],
    high: tuple[int, ...],
    interior: tuple[int, ...],
    value: float,
) -> np.ndarray:
    for axis, (a, b, i) in enumerate(zip(low, high, interior, strict=True)):
        n = x.shape[axis]
        spread = n + (n - 1) * i if n else 0
        shape = list(x.shape)
        shape[axis] = spread + a + b
        out = np.full(shape, value, dtype=x.dtype)
        at = a + np.arange(n) * (i + 1)
        keep = (at >= 0) & (at < shape[axis])
        index: list[Any] = [slice(None)] * x.ndim
        index[axis] = at[keep]
        out[tuple(index)] = np.compress(keep, x, axis)
        x = out
    return x


def _vjp_pad(g: Node, y: Node, x: Node, *, low: Any, high: Any, interior: Any, value: float) -> Any:
    back = pad(g, [-a for a in low], [-b for b in high], [0] * x.ndim)
    if any(interior):
        zeros = (0,) * x.ndim
        back = slice_(back, zeros, back.shape, [i + 1 for i in interior])
    return (back,)


_pad = define(
    "pad",
    "Add `value` before, after and between the elements along each axis (StableHLO pad); "
    "negative amounts cut.",
    kind="structured",
    kernel="pad",
    infer=_infer_pad,
    reference=_reference_pad,
    vjp=_vjp_pad,
    jvp=lambda t, y, x, *, low, high, interior, value: pad(t[0], low, high, interior),
    samples=lambda: [
        Sample(((s, F32),), {"low": a, "high": b, "interior": i, "value": v})
        for s, a, b, i, v in (
            ((3,), (1,), (2,), (0,), 0.0),
            ((2, 3), (0, 1), (1, 0), (2, 0), 0.0),
            ((4, 4), (-1, 0), (0, -2), (0, 0), 0.0),
            ((3,), (-2,), (1,), (1,), 0.0),
            ((0,), (2,), (1,), (3,), 0.0),
        )
    ],
    errors=lambda: [
        Sample(
            (((3,), F32),),
            {"low": (-4,), "high": (0,), "interior": (0,), "value": 0.0},
            ShapeError,
            "negative padding",
        )
    ],
)


def pad(
    x: Node,
    low: Sequence[Size],
    high: Sequence[Size],
    interior: Sequence[int] | None = None,
    value: float = 0.0,
) -> Node:
    """`x` with `value` around (and between) its elements."""
    inside = tuple(interior) if interior is not None else (0,) * x.ndim
    if not any(inside) and all(isinstance(a, int) and a == 0 for a in (*low, *high)):
        return x
    return _pad(x, low=tuple(low), high=tuple(high), interior=inside, value=value)


def _infer_concatenate(*types: TensorType, axis: int) -> TensorType:
    if not types:
        raise ShapeError(message("concatenate: at least one operand is expected", got="none"))
    axis = normalize_axis("concatenate", axis, types[0].ndim)
    rest = [TensorType((*t.shape[:axis], *t.shape[axis + 1 :]), t.dtype) for t in types]
    if any(t.ndim != types[0].ndim for t in types):
        raise ShapeError(
            message(
                "concatenate: operands have different numbers of dimensions",
                got=", ".join(str(list(t.shape)) for t in types),
            )
        )
    require_same("concatenate", rest)
    total: Size = 0
    for t in types:
        total = total + t.shape[axis]
    shape = (*types[0].shape[:axis], total, *types[0].shape[axis + 1 :])
    return TensorType(shape, types[0].dtype)


def _vjp_concatenate(g: Node, y: Node, *xs: Node, axis: int) -> Iterable[Node]:
    at: Size = 0
    for x in xs:
        start: list[Size] = [0] * g.ndim
        limit = list(g.shape)
        start[axis], limit[axis] = at, at + x.shape[axis]
        yield slice_(g, start, limit)
        at = limit[axis]


_concatenate = define(
    "concatenate",
    "The operands one after the other along an axis.",
    kind="structured",
    kernel="concatenate",
    infer=_infer_concatenate,
    reference=lambda *xs, axis: np.concatenate(xs, axis),
    vjp=_vjp_concatenate,
    jvp=lambda ts, y, *xs, axis: concatenate(ts, axis),
    samples=lambda: [
        Sample(tuple((s, F32) for s in shapes), {"axis": a})
        for shapes, a in ((((2, 3), (4, 3)), 0), (((2, 3), (2, 0), (2, 5)), 1), (((3,),), 0))
    ],
    errors=lambda: [
        Sample((((2, 3), F32), ((2, 4), F32)), {"axis": 0}, ShapeError, "different shapes")
    ],
)


def concatenate(xs: Sequence[Node], axis: int) -> Node:
    """`xs` joined along `axis`."""
    axis = normalize_axis("concatenate", axis, xs[0].ndim) if xs else axis
    return xs[0] if len(xs) == 1 else _concatenate(*xs, axis=axis)
