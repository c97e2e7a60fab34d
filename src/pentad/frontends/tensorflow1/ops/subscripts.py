"""`x[1:, ..., tf.newaxis]`: StridedSlice, as tensors and variables have it."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.shapes import Dimension
from pentad.frontends.tensorflow1.framework.tensor import Tensor

newaxis = None


def entries(begin: Any, end: Any, strides: Any, masks: Any) -> list[Any]:
    """The entries of a subscript, as NumPy has them."""
    return _entries(begin.tolist(), end.tolist(), strides.tolist(), masks)


def _entries(begins: Any, ends: Any, strides: Any, masks: Any) -> list[Any]:
    begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask = masks
    found: list[Any] = []
    for i, (b, e, s) in enumerate(zip(begins, ends, strides)):
        bit = 1 << i
        if ellipsis_mask & bit:
            found.append(Ellipsis)
        elif new_axis_mask & bit:
            found.append(None)
        elif shrink_axis_mask & bit:
            found.append(b)
        else:
            found.append(slice(None if begin_mask & bit else b, None if end_mask & bit else e, s))
    return found


def _masks(attrs: Any) -> Any:
    return [attrs[n] for n in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask",
                               "shrink_axis_mask")]


def _sliced(input: Any, begin: Any, end: Any, strides: Any, **attrs: Any) -> Any:
    found = entries(begin, end, strides, _masks(attrs))
    flips, plain = [], []
    axis = 0
    kept = sum(1 for e in found if e is not None and e is not Ellipsis)
    for e in found:
        if e is Ellipsis:
            axis += input.ndim - kept
        elif e is not None:
            if isinstance(e, slice) and e.step < 0:
                # Tensors of Pentad have no negative steps: the axis is turned round first.
                n = input.shape[axis]
                e, flips = _turned(e, n), [*flips, axis]
            axis += 1
        plain.append(e)
    if flips:
        input = input.flip(*flips)
    return input[tuple(plain)] if plain else input.clone()


def _turned(entry: slice, size: int) -> slice:
    begin, end, step = entry.indices(int(size))
    return slice(size - 1 - begin, size - 1 - end, -step)


def _known(input: Any, begin: Any, end: Any, strides: Any, **attrs: Any) -> Any:
    return input[tuple(entries(begin, end, strides, _masks(attrs)))]


def _type(input: Any, begin: Any, end: Any, strides: Any, node: Any) -> Any:
    if input.shape is None:
        return [static.Type(input.dtype, None)]
    masks, count = _masks(node.attrs), begin.shape
    if not count or count[0] is None or masks[2]:
        return [static.Type(input.dtype, None)]
    shape: list[Any] = []
    axis = 0
    for i in range(count[0]):
        if masks[3] >> i & 1:
            shape.append(1)
            continue
        if not masks[4] >> i & 1:
            shape.append(None)
        axis += 1
    return [static.Type(input.dtype, (*shape, *input.shape[axis:]))]


STRIDED_SLICE = op(
    "StridedSlice",
    "input: T, begin: Index, end: Index, strides: Index; begin_mask=0, end_mask=0, "
    "ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0 -> output: T",
    _sliced, known=_known, sizes=(1, 2, 3), infer=_type, allow={"Index": dtypes.INDEX},
    clips=True,
)


def subscript(tensor: Any, key: Any, var: Any = None) -> Any:
    """`tensor[key]`."""
    if (isinstance(key, Tensor) and key.dtype.is_bool) or (
        isinstance(key, np.ndarray) and key.dtype == np.bool_
    ):
        from pentad.frontends.tensorflow1.ops.gathering import boolean_mask

        return boolean_mask(tensor, key)
    items = key if isinstance(key, list | tuple) else (key,)
    if any(_computed(item) for item in items):
        tensor, items = _taken(convert_to_tensor(tensor), list(items))
        if all(isinstance(i, slice) and i == slice(None) for i in items):
            return tensor
    begin, end, strides, masks = [], [], [], [0, 0, 0, 0, 0]
    for i, item in enumerate(items):
        b, e, s = _bounds(item, i, masks)
        begin.append(b)
        end.append(e)
        strides.append(s)
    with name_scope(None, "strided_slice", [tensor]) as scope:
        tensor = convert_to_tensor(tensor)
        parts = [_indices(v) for v in (begin, end, strides)]
        names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
        return STRIDED_SLICE(tensor, *parts, **dict(zip(names, masks)), name=scope)


def _computed(item: Any) -> bool:
    """Is it, or are the bounds of a slice, a tensor whose value is not known yet?"""
    if isinstance(item, slice):
        return item.step is None and (_computed(item.start) or _computed(item.stop))
    item = getattr(item, "_variable", item)
    return isinstance(item, Tensor) and constant_value(item) is None


def _taken(tensor: Any, items: list[Any]) -> tuple[Any, list[Any]]:
    """The tensor at indices that are computed, and the entries that are left: those of computed
    indices are gone, those of computed slices are whole."""
    from pentad.frontends.tensorflow1.ops.gathering import gather

    rank = tensor.shape.ndims
    if Ellipsis in [i for i in items if not isinstance(i, Tensor)]:
        place = next(k for k, i in enumerate(items) if i is Ellipsis)
        behind = sum(i is not None for i in items[place + 1:])
        before = sum(i is not None for i in items[:place])
        if rank is None:
            return tensor, items
        items[place:place + 1] = [slice(None)] * (rank - before - behind)
    left: list[Any] = []
    axis = 0
    for item in items:
        if item is None:
            left.append(item)
            continue
        if _computed(item) and not isinstance(item, slice):
            tensor = gather(tensor, _from_end(item, tensor, axis), axis=axis)
            continue
        if _computed(item):
            tensor = _window(tensor, item, axis)
            item = slice(None)
        left.append(item)
        axis += 1
    return tensor, left


def _from_end(index: Any, tensor: Any, axis: int) -> Any:
    """The index; one below zero counts from the end."""
    from pentad.frontends.tensorflow1.ops.comparison import where
    from pentad.frontends.tensorflow1.ops.shaping import shape

    index = convert_to_tensor(index)
    size = shape(tensor, out_type=index.dtype.base_dtype)[axis]
    return where(index < 0, index + size, index)


def _window(tensor: Any, entry: slice, axis: int) -> Any:
    """A part along an axis from and to computed places."""
    from pentad.frontends.tensorflow1.ops.shaping import shape

    start = convert_to_tensor(0 if entry.start is None else entry.start)
    stop = convert_to_tensor(shape(tensor)[axis] if entry.stop is None else entry.stop)
    found = static.dynamic_slice(tensor, start, stop, axis,
                                 name=tensor.graph.unique_name("strided_slice"))
    tensor.graph.placed(found.node)
    return found


def _computed_entries(begin: Any, end: Any, strides: Any, masks: Any) -> tuple[Any, ...] | None:
    """The subscript that says the same, if bounds among others are computed; else None: how long
    such a part is depends on where an axis ends."""
    if not (isinstance(begin, list | tuple) and isinstance(end, list | tuple)):
        return None
    if not any(_computed(v) for v in (*begin, *end)) or len(begin) != len(end):
        return None
    if strides is not None and np.any(np.asarray(constant_value(convert_to_tensor(strides))) != 1):
        return None
    found = _entries(begin, end, [1] * len(begin), masks)
    return tuple(
        slice(e.start, e.stop) if isinstance(e, slice) and _computed(slice(e.start, e.stop)) else e
        for e in found)


def _bounds(item: Any, place: int, masks: list[int]) -> tuple[Any, Any, Any]:
    bit = 1 << place
    if isinstance(item, slice):
        masks[0] |= bit if item.start is None else 0
        masks[1] |= bit if item.stop is None else 0
        step = 1 if item.step is None else _index(item.step)
        start = 0 if item.start is None else item.start
        return _index(start), _index(0 if item.stop is None else item.stop), step
    if item is Ellipsis:
        masks[2] |= bit
        return 0, 0, 1
    if item is None:
        masks[3] |= bit
        return 0, 0, 1
    masks[4] |= bit
    item = _index(item)
    return item, item + 1, 1


def _index(value: Any) -> Any:
    if isinstance(value, Dimension):
        value = value.value
    if isinstance(value, Tensor) or hasattr(value, "_dense_tensor"):
        return convert_to_tensor(value)
    if not isinstance(value, int | np.integer):
        raise TypeError(static.message(
            "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
            "tf.int32/tf.int64 tensors are valid indices", got=repr(value)))
    return int(value)


def _indices(values: list[Any]) -> Any:
    if any(isinstance(v, Tensor) for v in values):
        from pentad.frontends.tensorflow1.ops.shaping import stack

        return stack(values)
    return convert_to_tensor(values, dtypes.int32) if values else convert_to_tensor(
        np.zeros(0, np.int32))


def strided_slice(
    input_: Any, begin: Any, end: Any, strides: Any = None, begin_mask: int = 0, end_mask: int = 0,
    ellipsis_mask: int = 0, new_axis_mask: int = 0, shrink_axis_mask: int = 0, var: Any = None,
    name: str | None = None,
) -> Any:
    """A part of a tensor: for each axis from where, to where, in which steps."""
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    items = _computed_entries(begin, end, strides, masks)
    if items is not None:
        from pentad.frontends.tensorflow1.ops.identity import identity

        return identity(subscript(input_, items), name=name or "strided_slice")
    begin = convert_to_tensor(begin)
    if strides is None:
        from pentad.frontends.tensorflow1.ops.creation import ones_like

        strides = ones_like(begin)
    return STRIDED_SLICE(
        input_, begin, end, strides, begin_mask=begin_mask, end_mask=end_mask,
        ellipsis_mask=ellipsis_mask, new_axis_mask=new_axis_mask,
        shrink_axis_mask=shrink_axis_mask, name=name or "strided_slice")


__all__ = ["STRIDED_SLICE", "newaxis", "pt", "strided_slice", "subscript"]
