"""Gather and scatter: reading and writing at positions that are data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import (
    ArgumentError,
    DTypeError,
    IndexOutOfRange,
    ShapeError,
    message,
)
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size, product
from pentad.ops.broadcast import broadcast
from pentad.ops.comparison import eq, where
from pentad.ops.define import (
    F32,
    define,
    normalize_axes,
    normalize_axis,
    quiet,
    require_dtype,
    require_same,
    require_same_dtype,
)
from pentad.ops.indexing_batching import batch_gather, batch_scatter
from pentad.ops.sources import full, full_like, iota
from pentad.ops.views import reshape

I64 = dtypes.int64

# -- rules shared by both ----------------------------------------------------------------------


def _indexed_shape(
    name: str, x: TensorType, indices: Sequence[TensorType], axes: tuple[int, ...], mode: str
) -> tuple[Size, ...]:
    """The indices' common shape followed by the axes of `x` that have no index."""
    normalize_axes(name, axes, x.ndim)
    if not indices or len(indices) != len(axes) or list(axes) != sorted(axes):
        raise ShapeError(
            message(
                f"{name}: indices and axes do not match",
                expected="one index tensor for each of the axes, which are in order",
                got=f"{len(indices)} index tensors for axes {axes}",
            )
        )
    require_same(name, indices)
    require_dtype(name, indices[0].dtype, dtypes.INTEGERS)
    _require_mode(name, mode)
    if mode == "clip" and any(isinstance(x.shape[a], int) and x.shape[a] == 0 for a in axes):
        raise ShapeError(
            message(
                f"{name}: an axis without elements cannot be clipped to",
                expected="sizes of at least 1 along the indexed axes",
                got=f"shape {list(x.shape)}, axes {axes}",
            )
        )
    return (*indices[0].shape, *(n for i, n in enumerate(x.shape) if i not in axes))


def _require_mode(name: str, mode: str) -> None:
    if mode not in ("check", "clip"):
        raise ArgumentError(
            message(f"{name}: unknown mode", expected="'check' or 'clip'", got=repr(mode))
        )


def resolve_indices(
    name: str,
    shape: Sequence[int],
    indices: Sequence[np.ndarray],
    axes: Sequence[int],
    mode: str,
) -> list[np.ndarray]:
    """Non-negative int64 indices; negative ones count from the end. Out of range: IndexOutOfRange
    in mode 'check', the nearest element in mode 'clip'."""
    resolved = []
    for index, axis in zip(indices, axes, strict=True):
        n = shape[axis]
        # An index beyond int64 is out of range either way; it must not wrap to a negative one.
        top = np.asarray(min(np.iinfo(index.dtype).max, np.iinfo(np.int64).max), index.dtype)
        wide = np.minimum(index, top).astype(np.int64)
        wide = np.where(wide < 0, wide + n, wide)
        outside = (wide < 0) | (wide >= n)
        if mode == "check" and np.any(outside):
            first = int(np.asarray(index)[outside].flat[0])
            raise IndexOutOfRange(
                message(
                    f"{name}: index out of range",
                    expected=f"{-n} <= index < {n} for axis {axis}",
                    got=str(first),
                )
            )
        resolved.append(np.clip(wide, 0, n - 1))
    return resolved


def spread_places(
    ndim: int, axes: Sequence[int], indices: Sequence[np.ndarray], shape: Sequence[int]
) -> tuple[np.ndarray, ...]:
    """NumPy indices for all axes, whose common shape is indices' shape + the remaining axes."""
    rest = [i for i in range(ndim) if i not in axes]
    lead = indices[0].ndim
    places: list[np.ndarray] = [np.empty(0)] * ndim
    for index, axis in zip(indices, axes, strict=True):
        places[axis] = index.reshape(index.shape + (1,) * len(rest))
    for at, axis in enumerate(rest):
        line = [1] * (lead + len(rest))
        line[lead + at] = shape[axis]
        places[axis] = np.arange(shape[axis]).reshape(line)
    return tuple(places)


def _index_samples() -> Iterable[tuple[Sample, tuple[int, ...]]]:
    """Samples of gather, each with the shape of its result."""
    cases: list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = [
        ((5,), (3,), (0,)),
        ((5, 4), (3,), (0,)),
        ((5, 4), (2, 3), (1,)),
        ((5, 4), (3,), (0, 1)),
        ((3, 2, 4), (6,), (0, 2)),
        ((5, 3), (), (0,)),
        ((5, 3), (0,), (0,)),
    ]
    for shape, index_shape, axes in cases:
        index = tuple((index_shape, I64) for _ in axes)
        rest = tuple(n for i, n in enumerate(shape) if i not in axes)
        ranges = (None, *((-shape[a], shape[a]) for a in axes))
        attrs = {"axes": axes, "mode": "check"}
        yield Sample(((shape, F32), *index), attrs, ranges=ranges), index_shape + rest
    far = ((-20, 20),)
    for dtype in (dtypes.int32, dtypes.uint8):
        inputs = (((4, 3), F32), ((7,), dtype))
        wild = far if dtype.is_signed else ((0, 20),)
        yield Sample(inputs, {"axes": (0,), "mode": "clip"}, ranges=(None, *wild)), (7, 3)
    for dtype in dtypes.ALL:
        inputs = (((4, 3), dtype), ((2,), I64))
        yield Sample(inputs, {"axes": (0,), "mode": "check"}, ranges=(None, (0, 4))), (2, 3)


# -- gather ------------------------------------------------------------------------------------


def _infer_gather(
    x: TensorType, *indices: TensorType, axes: tuple[int, ...], mode: str
) -> TensorType:
    return TensorType(_indexed_shape("gather", x, indices, axes, mode), x.dtype)


def _reference_gather(
    x: np.ndarray, *indices: np.ndarray, axes: tuple[int, ...], mode: str
) -> np.ndarray:
    resolved = resolve_indices("gather", x.shape, indices, axes, mode)
    return np.asarray(x[spread_places(x.ndim, axes, resolved, x.shape)])


def _vjp_gather(
    g: Node, y: Node, x: Node, *indices: Node, axes: tuple[int, ...], mode: str
) -> tuple[Node | None, ...]:
    back = scatter(full_like(0, x), g, *indices, axes=axes, mode=mode)
    return (back, *(None for _ in indices))


def _jvp_gather(
    t: Sequence[Node | None], y: Node, x: Node, *indices: Node, axes: tuple[int, ...], mode: str
) -> Node | None:
    return None if t[0] is None else gather(t[0], *indices, axes=axes, mode=mode)


_X = ((4, 3), F32)
_gather = define(
    "gather",
    "The elements at integer positions along some axes: the result has the indices' common shape, "
    "then the other axes. Negative indices count from the end; one out of range is an "
    "IndexOutOfRange (mode 'check') or the nearest element (mode 'clip').",
    kind="structured",
    kernel="gather",
    infer=_infer_gather,
    reference=quiet(_reference_gather),
    vjp=_vjp_gather,
    wirtinger=True,
    jvp=_jvp_gather,
    batch=batch_gather,
    samples=lambda: [sample for sample, _ in _index_samples()],
    errors=lambda: [
        Sample((_X, *index), {"axes": axes, "mode": mode}, error, text)
        for index, axes, mode, error, text in (
            ((((2,), I64),), (2,), "check", ShapeError, "axis out of range"),
            ((((2,), I64),), (0, 1), "check", ShapeError, "do not match"),
            ((((2,), I64), ((3,), I64)), (0, 1), "check", ShapeError, "different shapes"),
            ((((2,), F32),), (0,), "check", DTypeError, "not supported"),
            ((((2,), I64),), (0,), "wrap", ArgumentError, "unknown mode"),
        )
    ]
    + [
        Sample(
            (((0, 3), F32), ((2,), I64)), {"axes": (0,), "mode": "clip"}, ShapeError, "clipped to"
        )
    ],
)


def gather(x: Node, *indices: Node, axes: Sequence[int], mode: str = "check") -> Node:
    """The elements of `x` at `indices`, one index tensor for each of `axes` (in order)."""
    return _gather(x, *indices, axes=tuple(axes), mode=mode)


# -- scatter -----------------------------------------------------------------------------------


def require_updates(
    name: str,
    x: TensorType,
    updates: TensorType,
    indices: Sequence[TensorType],
    axes: tuple[int, ...],
    mode: str,
    allowed: Sequence[dtypes.DType],
) -> None:
    """ShapeError or DTypeError unless the updates are what the indices show of `x`."""
    shape = _indexed_shape(name, x, indices, axes, mode)
    require_same_dtype(name, (x, updates))
    require_dtype(name, x.dtype, allowed)
    if updates.ndim != len(shape) or updates.shape != shape:
        raise ShapeError(
            message(
                f"{name}: updates do not fit",
                expected=f"{list(shape)}: the indices' shape, then the other axes",
                got=str(list(updates.shape)),
            )
        )


def _infer_scatter(
    x: TensorType,
    updates: TensorType,
    *indices: TensorType,
    axes: tuple[int, ...],
    mode: str,
    kind: str,
) -> TensorType:
    if kind not in ("add", "set"):
        raise ArgumentError(
            message("scatter: unknown kind", expected="'add' or 'set'", got=repr(kind))
        )
    allowed = dtypes.NUMBERS if kind == "add" else dtypes.ALL
    require_updates("scatter", x, updates, indices, axes, mode, allowed)
    return x


def _reference_scatter(
    x: np.ndarray,
    updates: np.ndarray,
    *indices: np.ndarray,
    axes: tuple[int, ...],
    mode: str,
    kind: str,
) -> np.ndarray:
    resolved = resolve_indices("scatter", x.shape, indices, axes, mode)
    places = spread_places(x.ndim, axes, resolved, x.shape)
    result = x.astype(np.float32) if x.dtype == np.float16 else x.copy()
    if kind == "add":
        np.add.at(result, places, updates)
    else:
        result[places] = updates
    return result.astype(x.dtype)


def _last_writes(
    x: Node, updates: Node, indices: Sequence[Node], axes: tuple[int, ...], mode: str
) -> Node:
    """True for the updates that no later update to the same place has overwritten."""
    shape = indices[0].shape
    order = reshape(iota((product(shape),), 0, I64), shape)
    board = full(-1, tuple(x.shape[a] for a in axes), I64)
    every = tuple(range(len(axes)))
    board = scatter(board, order, *indices, axes=every, mode=mode, kind="set")
    last = eq(gather(board, *indices, axes=every, mode=mode), order)
    return broadcast(last, updates.shape, range(len(shape)))


def _vjp_scatter(
    g: Node,
    y: Node,
    x: Node,
    updates: Node,
    *indices: Node,
    axes: tuple[int, ...],
    mode: str,
    kind: str,
) -> tuple[Node | None, ...]:
    back = gather(g, *indices, axes=axes, mode=mode)
    if kind == "add":
        return (g, back, *(None for _ in indices))
    kept = scatter(g, full_like(0, updates), *indices, axes=axes, mode=mode, kind="set")
    back = where(_last_writes(x, updates, indices, axes, mode), back, full_like(0, back))
    return (kept, back, *(None for _ in indices))


def _jvp_scatter(
    t: Sequence[Node | None], y: Node, x: Node, updates: Node, *indices: Node, **attrs: object
) -> Node | None:
    if t[0] is None and t[1] is None:
        return None
    base = full_like(0, x) if t[0] is None else t[0]
    moved = full_like(0, updates) if t[1] is None else t[1]
    return _scatter(base, moved, *indices, **attrs)


def _scatter_samples() -> Iterable[Sample]:
    for sample, shape in _index_samples():
        x, *indices = sample.inputs
        for kind in ("add", "set"):
            if kind == "set" or x[1] is not dtypes.bool_:
                inputs = (x, (shape, x[1]), *indices)
                attrs = {**sample.attrs, "kind": kind}
                yield Sample(inputs, attrs, ranges=(None, *sample.ranges))


_scatter = define(
    "scatter",
    "The first operand with updates added to (kind 'add') or put in place of (kind 'set', the "
    "last one wins) its elements at integer positions along some axes: the inverse of gather.",
    kind="structured",
    kernel="scatter",
    infer=_infer_scatter,
    reference=quiet(_reference_scatter),
    vjp=_vjp_scatter,
    wirtinger=True,
    jvp=_jvp_scatter,
    batch=batch_scatter,
    samples=_scatter_samples,
    errors=lambda: [
        Sample((_X, u, ((2,), I64)), {"axes": a, "mode": "check", "kind": k}, error, text)
        for u, a, k, error, text in (
            (((2, 4), F32), (0,), "add", ShapeError, "updates do not fit"),
            (((2, 3), F32), (0, 1), "add", ShapeError, "do not match"),
            (((2, 3), I64), (0,), "set", DTypeError, "different dtypes"),
            (((2, 3), F32), (0,), "max", ArgumentError, "unknown kind"),
        )
    ],
)


def scatter(
    x: Node,
    updates: Node,
    *indices: Node,
    axes: Sequence[int],
    mode: str = "check",
    kind: str = "add",
) -> Node:
    """`x` with `updates` at `indices`, one index tensor for each of `axes` (in order)."""
    return _scatter(x, updates, *indices, axes=tuple(axes), mode=mode, kind=kind)


# -- along one axis ----------------------------------------------------------------------------


def along_axis(index: Node, axis: int) -> list[Node]:
    """Index tensors for every axis: `index` for `axis`, the position itself for the others."""
    return [
        index if i == axis else iota(index.shape, i, index.dtype) for i in range(index.ndim)
    ]


def take_along_axis(x: Node, index: Node, axis: int, mode: str = "check") -> Node:
    """x[..., index[..., i, ...], ...]: one position along `axis` for each element of `index`,
    whose other sizes do not exceed those of `x` (torch.gather)."""
    axis = normalize_axis("take_along_axis", axis, x.ndim)
    return gather(x, *along_axis(index, axis), axes=range(x.ndim), mode=mode)


def put_along_axis(
    x: Node, index: Node, updates: Node, axis: int, *, mode: str = "check", kind: str = "set"
) -> Node:
    """The inverse of `take_along_axis` (torch.scatter, torch.scatter_add)."""
    axis = normalize_axis("put_along_axis", axis, x.ndim)
    return scatter(
        x, updates, *along_axis(index, axis), axes=range(x.ndim), mode=mode, kind=kind
    )
