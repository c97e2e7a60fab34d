"""Changing shapes and order; these functions share memory where they can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad.array_api.array import Array, wrap
from pentad.array_api.promotion import cast, common_of, tensor_of
from pentad.graph import dtypes
from pentad.graph.errors import (
    ArgumentError,
    DTypeError,
    IndexOutOfRange,
    ShapeError,
    message,
)
from pentad.tensor.functions import pointwise, rearranging, shaping
from pentad.tensor.functions.picking import index_select
from pentad.tensor.promotion import broadcast_shapes
from pentad.tensor.tensor import Tensor


class AxisError(ShapeError, IndexOutOfRange):
    """An axis that the array has not: the standard asks for an IndexError."""


def axis_of(name: str, axis: Any, ndim: int) -> int:
    """An axis counted from 0; AxisError outside [-ndim, ndim)."""
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise DTypeError(message(f"{name}: axis", expected="an integer", got=repr(axis)))
    axis = axis.__index__()
    if not -ndim <= axis < ndim:
        raise AxisError(
            message(f"{name}: axis out of range", expected=f"an axis in [{-ndim}, {ndim})",
                    got=str(axis))
        )
    return int(axis % ndim)


def axes_of(name: str, axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes counted from 0, in the order given; None means all. ShapeError for one given twice."""
    if axis is None:
        return tuple(range(ndim))
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    found = tuple(axis_of(name, a, ndim) for a in given)
    if len(set(found)) != len(found):
        raise ShapeError(
            message(f"{name}: an axis is given twice", expected="distinct axes", got=str(axis))
        )
    return found


def sizes_of(name: str, shape: Any) -> tuple[int, ...]:
    """A shape from an integer or a tuple of them; ShapeError for negative sizes."""
    given = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    for n in given:
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise DTypeError(message(f"{name}: not a size", expected="integers", got=repr(n)))
    found = tuple(n.__index__() for n in given)
    if any(n < 0 for n in found):
        raise ShapeError(message(f"{name}: a negative size", expected=">= 0", got=str(found)))
    return found


def _tensors(name: str, arrays: Sequence[Any]) -> list[Tensor]:
    if not isinstance(arrays, (tuple, list)) or not arrays:
        raise ArgumentError(
            message(f"{name}: no arrays", expected="a tuple or list of arrays", got=repr(arrays))
        )
    found = [tensor_of(name, x) for x in arrays]
    dtype = common_of([t.dtype for t in found])
    return [cast(t, dtype) for t in found]


def broadcast_to(x: Array, /, shape: Sequence[int]) -> Array:
    """x repeated to a shape, in its own memory."""
    return wrap(shaping.expand(tensor_of("broadcast_to", x), sizes_of("broadcast_to", shape)))


def broadcast_arrays(*arrays: Array) -> list[Array]:
    """The arrays repeated to their common shape, each in its own memory."""
    found = [tensor_of("broadcast_arrays", x) for x in arrays]
    shape = broadcast_shapes("broadcast_arrays", [t.shape for t in found])
    return [wrap(shaping.expand(t, shape)) for t in found]


def reshape(x: Array, /, shape: Sequence[int], *, copy: bool | None = None) -> Array:
    """The elements under another shape, of which one size may be -1.

    copy: True always copies, None where it must, False never (ArgumentError where it would).
    """
    t = tensor_of("reshape", x)
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if copy is False:
        try:
            return wrap(shaping.view(t, *shape))
        except ShapeError:
            shaping.resolve_shape("reshape", t, shape)
            raise ArgumentError(
                message("reshape: copy=False, but a copy is needed",
                        expected="elements that lie together in memory",
                        got=f"{list(t.shape)} with strides {list(t.meta.strides)}")
            ) from None
    found = shaping.reshape(t, shape)
    return wrap(pointwise.clone(found) if copy else found)


def expand_dims(x: Array, /, axis: int) -> Array:
    """x with a new axis of size 1."""
    t = tensor_of("expand_dims", x)
    return wrap(shaping.unsqueeze(t, axis_of("expand_dims", axis, t.ndim + 1)))


def squeeze(x: Array, /, axis: Any) -> Array:
    """x without the axes given; ShapeError unless their size is 1."""
    t = tensor_of("squeeze", x)
    axes = axes_of("squeeze", axis, t.ndim)
    if any(t.shape[a] != 1 for a in axes):
        raise ShapeError(
            message("squeeze: an axis is not of size 1", expected="sizes of 1",
                    got=f"axis {axis} of shape {list(t.shape)}")
        )
    return wrap(shaping.reshape_view(t, tuple(n for i, n in enumerate(t.shape) if i not in axes)))


def permute_dims(x: Array, /, axes: Sequence[int]) -> Array:
    """x with its axes in another order."""
    t = tensor_of("permute_dims", x)
    order = axes_of("permute_dims", tuple(axes), t.ndim)
    return wrap(shaping.permute(t, order))


def matrix_transpose(x: Array, /) -> Array:
    """The last two axes exchanged."""
    t = tensor_of("matrix_transpose", x)
    if t.ndim < 2:
        raise ShapeError(
            message("matrix_transpose: not a matrix", expected="two axes or more",
                    got=str(list(t.shape)))
        )
    return wrap(shaping.transpose(t, -2, -1))


def moveaxis(x: Array, source: Any, destination: Any, /) -> Array:
    """Axes moved to other places; the rest keep their order."""
    t = tensor_of("moveaxis", x)
    at, to = (axes_of("moveaxis", a, t.ndim) for a in (source, destination))
    return wrap(shaping.movedim(t, at, to))


def flip(x: Array, /, *, axis: Any = None) -> Array:
    """x in the opposite order along the axes given (all, if None)."""
    t = tensor_of("flip", x)
    axes = axes_of("flip", axis, t.ndim)
    return wrap(rearranging.flip(t, axes) if axes else pointwise.clone(t))


def roll(x: Array, /, shift: Any, *, axis: Any = None) -> Array:
    """x with its elements moved on, those past the end coming in at the beginning."""
    t = tensor_of("roll", x)
    flat = t if axis is not None else shaping.reshape(t, -1)
    given = (0,) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [axis_of("roll", a, flat.ndim) for a in given]
    shifts = tuple(shift) if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    if len(shifts) != len(axes):
        raise ArgumentError(
            message("roll: as many shifts as axes", expected=str(len(axes)), got=str(len(shifts)))
        )
    for s, a in zip(shifts, axes):
        flat = _rolled(flat, int(s), a)
    return wrap(shaping.reshape(flat, t.shape) if axis is None else flat)


def _rolled(t: Tensor, shift: int, axis: int) -> Tensor:
    n = t.shape[axis]
    cut = n - shift % n if n else 0
    if cut in (0, n):
        return pointwise.clone(t)
    parts = [shaping.narrow(t, axis, cut, n - cut), shaping.narrow(t, axis, 0, cut)]
    return shaping.cat(parts, axis)  # type: ignore[no-any-return]


def concat(arrays: Sequence[Array], /, *, axis: int | None = 0) -> Array:
    """The arrays one after the other along an axis; flattened first if it is None."""
    found = _tensors("concat", arrays)
    if axis is None:
        found, axis = [shaping.reshape(t, -1) for t in found], 0
    at = axis_of("concat", axis, found[0].ndim)
    if any(t.ndim != found[0].ndim for t in found):
        raise ShapeError(
            message("concat: numbers of axes differ", expected="one shape but for the axis",
                    got=", ".join(str(list(t.shape)) for t in found))
        )
    filled = [t for t in found if t.shape != (0,)] or found[:1]
    return wrap(shaping.cat(filled, at))


def stack(arrays: Sequence[Array], /, *, axis: int = 0) -> Array:
    """The arrays side by side along a new axis."""
    found = _tensors("stack", arrays)
    return wrap(shaping.stack(found, axis_of("stack", axis, found[0].ndim + 1)))


def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """The positions along an axis as arrays."""
    t = tensor_of("unstack", x)
    return tuple(wrap(v) for v in shaping.unbind(t, axis_of("unstack", axis, t.ndim)))


def repeat(x: Array, repeats: Any, /, *, axis: int | None = None) -> Array:
    """Each element `repeats` times along an axis; of the flattened array if it is None.

    repeats: a number, or an integer array with one number for each position (or one for all).
    """
    t = tensor_of("repeat", x)
    if axis is None:
        t, at = shaping.reshape(t, -1), 0
    else:
        at = axis_of("repeat", axis, t.ndim)
    n = t.shape[at]
    counts = _counts(repeats, n)
    places = [i for i, times in enumerate(counts) for _ in range(times)]
    from pentad.tensor.functions.creation import tensor

    index = tensor(places, dtype=dtypes.int64)
    return wrap(index_select(t, at, index))


def _counts(repeats: Any, n: int) -> list[int]:
    if isinstance(repeats, Array):
        values = tensor_of("repeat", repeats, dtypes.INTEGERS).tolist()  # type: ignore[attr-defined]
        counts = values if isinstance(values, list) else [values]
    else:
        counts = list(repeats) if isinstance(repeats, (tuple, list)) else [repeats]
    counts = counts * n if len(counts) == 1 else counts
    if len(counts) != n or any(isinstance(c, (list, float)) or c < 0 for c in counts):
        raise ArgumentError(
            message("repeat: repeats", expected=f"1 or {n} integers >= 0", got=repr(repeats))
        )
    return counts


def tile(x: Array, repetitions: Sequence[int], /) -> Array:
    """x repeated as a whole along each axis."""
    t = tensor_of("tile", x)
    times = sizes_of("tile", tuple(repetitions))
    times = (1,) * (t.ndim - len(times)) + times
    return wrap(rearranging.tile(t, times) if times else pointwise.clone(t))
