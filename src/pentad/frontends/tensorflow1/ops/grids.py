"""Grids, repetition, and shapes that are broadcast."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import INDEX
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape


def meshgrid(*args: Any, **kwargs: Any) -> list[Any]:
    """For each vector a tensor over the grid of all of them. indexing: 'xy' or 'ij'."""
    from pentad.frontends.tensorflow1.ops import shaping
    from pentad.frontends.tensorflow1.ops.creation import ones

    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs or indexing not in ("xy", "ij"):
        raise pt.ArgumentError(static.message(
            "meshgrid takes indexing='xy' or 'ij'", got=f"{indexing!r} {kwargs or ''}"))
    with name_scope(name, "meshgrid", list(args)):
        vectors = [shaping.reshape(convert_to_tensor(a), [-1]) for a in args]
        count = len(vectors)
        places = list(range(count))
        if indexing == "xy" and count > 1:
            places[:2] = [1, 0]
        lengths = [shaping.size(v) for v in vectors]
        whole = shaping.stack([lengths[places.index(k)] for k in range(count)])
        return [
            shaping.reshape(v, [-1 if k == p else 1 for k in range(count)])
            * ones(whole, v.dtype.base_dtype) for v, p in zip(vectors, places)
        ]


def _repeated(input: Any, repeats: Any, axis: int) -> Any:
    counts = repeats.reshape(-1)
    if counts.size == 1:
        n, k = input.shape[axis], int(counts[0])
        wide = input.unsqueeze(axis + 1)
        shape = (*input.shape[:axis + 1], k, *input.shape[axis + 1:])
        return wide.broadcast_to(shape).reshape(
            *input.shape[:axis], n * k, *input.shape[axis + 1:])
    places = np.repeat(np.arange(counts.size), counts)
    return input.index_select(axis, pt.from_numpy(places))


_REPEAT = op("Repeat", "input: T, repeats: Tr; axis -> output: T", _repeated, sizes=(1,),
             allow={"Tr": INDEX},
             infer=lambda x, r, node: [static.Type(x.dtype, x.shape and (None,) * len(x.shape))])


def repeat(input: Any, repeats: Any, axis: Any = None, name: str | None = None) -> Any:
    """Each element so often along an axis."""
    from pentad.frontends.tensorflow1.ops.shaping import reshape

    input = convert_to_tensor(input)
    if axis is None:
        input, axis = reshape(input, [-1]), 0
    return _REPEAT(input, repeats, axis=axis % input.shape.ndims, name=name)


def _unravelled(indices: Any, dims: Any) -> Any:
    left, found = indices, []
    for size in reversed(dims.tolist()):
        found.append(pt.remainder(left, size))
        left = pt.div(left, size, rounding_mode="floor")
    return pt.stack(found[::-1])


_UNRAVEL = op("UnravelIndex", "indices: Tidx, dims: Tidx -> output: Tidx", _unravelled, sizes=(1,),
              allow={"Tidx": INDEX}, differentiable=False)


def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Any:
    """The places in an array of these sizes of places in it as one row."""
    return _UNRAVEL(indices, dims, name=name)


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape that both are broadcast to; ValueError if they cannot be."""
    x, y = as_shape(shape_x).known(), as_shape(shape_y).known()
    if x is None or y is None:
        return TensorShape(None)
    rank = max(len(x), len(y))
    found: list[int | None] = []
    for a, b in zip((1,) * (rank - len(x)) + x, (1,) * (rank - len(y)) + y):
        if None not in (a, b) and a != b and 1 not in (a, b):
            raise pt.ShapeError(static.message(
                f"Incompatible shapes for broadcasting: {as_shape(x)} and {as_shape(y)}"))
        found.append(b if a == 1 else a if b == 1 or b is None else b)
    return TensorShape(found)


def _joint(s0: Any, s1: Any) -> Any:
    a, b = s0.tolist(), s1.tolist()
    rank = max(len(a), len(b))
    a, b = [1] * (rank - len(a)) + a, [1] * (rank - len(b)) + b
    return np.array([m if n == 1 else n for n, m in zip(a, b)], np.asarray(s0).dtype)


_JOINT = op("BroadcastArgs", "s0: T, s1: T -> r0: T",
            lambda s0, s1: pt.from_numpy(_joint(s0, s1)), sizes=(0, 1), known=_joint,
            allow={"T": INDEX}, infer=lambda a, b, node: [static.Type(a.dtype, (None,))],
            differentiable=False)


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Any:
    """The shape that both are broadcast to, as a tensor."""
    return _JOINT(shape_x, shape_y)


_NOW = op("Timestamp", " -> ts: float64", lambda: np.float64(time.time()), host=True, effect=True,
          types=lambda: [(dtypes.float64, ())], differentiable=False)


def timestamp(name: str | None = None) -> Any:
    """The seconds since 1970."""
    return _NOW(name=name)


def vectorized_map(fn: Any, elems: Any) -> Any:
    """fn for each row of elems."""
    from pentad.frontends.tensorflow1.framework import nest
    from pentad.frontends.tensorflow1.ops.loops import map_fn

    flat = [convert_to_tensor(e) for e in nest.flatten(elems)]
    return map_fn(fn, nest.pack_sequence_as(elems, flat) if nest.is_nested(elems) else flat[0])


__all__ = ["constant_value", "meshgrid", "repeat", "unravel_index"]
