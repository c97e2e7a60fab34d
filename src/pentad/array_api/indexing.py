"""x[...], x[...] = value, take and take_along_axis."""

from __future__ import annotations

from typing import Any

from pentad.array_api.array import Array, wrap
from pentad.array_api.manipulation import axis_of
from pentad.array_api.promotion import NUMBERS, cast, number, tensor_of
from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, IndexOutOfRange, ShapeError, message
from pentad.tensor.convert import values_of
from pentad.tensor.functions import creation, pointwise, rearranging, shaping
from pentad.tensor.functions import indexing as core
from pentad.tensor.functions.picking import gather, index_select
from pentad.tensor.inplace import copy_into
from pentad.tensor.tensor import Tensor


def getitem(x: Array, key: Any, /) -> Array:
    """x[key]: integers, slices of any step, None, ..., integer arrays, boolean arrays.

    IndexOutOfRange outside an axis, or for a mask of another shape; DTypeError for what is no
    index.
    """
    entries = _entries(key)
    mask = _lone_mask(entries)
    if mask is not None:
        lone = shaping.unsqueeze(x.tensor, 0)
        return wrap(pointwise.clone(shaping.narrow(lone, 0, 0, int(mask))))
    source, entries, _ = _forward(x.tensor, _fitting(x.tensor, entries))
    return wrap(core.getitem(source, entries))


def setitem(x: Array, key: Any, value: Any, /) -> None:
    """x[key] = value: a number, or an array that broadcasts; it is converted to x's dtype.

    DTypeError for a value of a higher kind (a float for integers).
    """
    given = _value(x.tensor, value)
    entries = _entries(key)
    mask = _lone_mask(entries)
    if mask is not None:
        if mask:
            core.setitem(x.tensor, ..., given)
        return
    source, entries, flipped = _forward(x.tensor, _fitting(x.tensor, entries))
    core.setitem(source, entries, given)
    if flipped:
        copy_into(x.tensor, rearranging.flip(source, flipped))


_ORDER = {"bool": 0, "int": 1, "uint": 1, "float": 2, "complex": 3}


def _value(x: Tensor, value: Any) -> Tensor:
    if isinstance(value, NUMBERS):
        return number("x[...] = value", value, x.dtype)
    found = tensor_of("x[...] = value", value)
    if _ORDER[found.dtype.kind] > _ORDER[x.dtype.kind]:
        raise DTypeError(
            message("x[...] = value: the value is of a higher kind than the array",
                    expected=f"what {x.dtype.name} can hold", got=found.dtype.name,
                    hint="convert it with astype(value, x.dtype)")
        )
    return cast(found, x.dtype)


def _entries(key: Any) -> tuple[Any, ...]:
    entries = key if isinstance(key, tuple) else (key,)
    made = []
    for e in entries:
        if isinstance(e, Array):
            e = tensor_of("x[...]", e, (dtypes.bool_, *dtypes.INTEGERS))
        elif isinstance(e, bool) or not (
            e is None or e is Ellipsis or isinstance(e, slice) or hasattr(e, "__index__")
        ):
            raise DTypeError(
                message("not an index", expected="integers, slices, None, ..., arrays",
                        got=repr(e))
            )
        made.append(e)
    return tuple(made)


def _lone_mask(entries: tuple[Any, ...]) -> bool | None:
    """The value of a 0-d mask, which selects all or nothing; None for any other index.

    Masks of fewer axes than the array, and masks beside other indices, are more than the
    standard asks for; libraries use them.
    """
    masks = [e for e in entries if isinstance(e, Tensor) and e.dtype is dtypes.bool_]
    if all(m.ndim for m in masks):
        return None
    if len(entries) > 1:
        raise IndexOutOfRange(
            message("a 0-d mask beside other indices", expected="the mask alone",
                    got=f"{len(entries)} indices")
        )
    return bool(values_of(masks[0]).item())


def _fitting(x: Tensor, entries: tuple[Any, ...]) -> tuple[Any, ...]:
    """A lone mask without elements as one of x's sides: it selects nothing.

    The standard's tests let a side of such a mask be 0 where the array's is not.
    """
    if len(entries) != 1 or not isinstance(entries[0], Tensor):
        return entries
    mask = entries[0]
    sides = tuple(x.shape[: mask.ndim])
    if mask.dtype is not dtypes.bool_ or 0 not in mask.shape or len(sides) != mask.ndim:
        return entries
    if any(m not in (0, s) for m, s in zip(mask.shape, sides)):
        return entries
    return (creation.full(sides, False, dtype=dtypes.bool_),)


def _forward(
    x: Tensor, entries: tuple[Any, ...]
) -> tuple[Tensor, tuple[Any, ...], tuple[int, ...]]:
    """The same places by slices with steps > 0: (array, indices, axes that were turned around)."""
    if not any(isinstance(e, slice) and _backward(e) for e in entries):
        return x, entries, ()
    used = sum(1 for e in entries if e is not None and e is not Ellipsis)
    at, turned = 0, []
    made = list(entries)
    for i, e in enumerate(entries):
        if e is Ellipsis:
            at += x.ndim - used
        elif isinstance(e, slice) and _backward(e) and at < x.ndim:
            made[i] = _mirrored(e, x.shape[at])
            turned.append(at)
        at += e is not None and e is not Ellipsis
    return rearranging.flip(x, tuple(turned)), tuple(made), tuple(turned)


def _backward(s: slice) -> bool:
    return s.step is not None and s.step.__index__() < 0


def _mirrored(s: slice, n: int) -> slice:
    """The slice of a reversed axis that shows what `s` shows of the axis."""
    places = range(n)[s]
    if not len(places):
        return slice(0, 0)
    first, step = n - 1 - places[0], -places.step
    return slice(first, first + (len(places) - 1) * step + 1, step)


# -- functions -------------------------------------------------------------------------------------


def take(x: Array, indices: Array, /, *, axis: int | None = None) -> Array:
    """The positions in a vector of indices along an axis, which only a vector may leave out."""
    t, index = tensor_of("take", x), tensor_of("take", indices, dtypes.INTEGERS)
    if axis is None and t.ndim != 1:
        raise ShapeError(
            message("take: axis", expected="an axis, for arrays that are no vectors", got="None")
        )
    at = axis_of("take", 0 if axis is None else axis, t.ndim)
    if index.ndim != 1:
        raise ShapeError(
            message("take: the indices", expected="a vector", got=str(list(index.shape)))
        )
    return wrap(index_select(t, at, _wrapped("take", index, t.shape[at])))


def take_along_axis(x: Array, indices: Array, /, *, axis: int = -1) -> Array:
    """out[i, j] = x[i, indices[i, j]] (for the last axis); the other axes broadcast."""
    t = tensor_of("take_along_axis", x)
    index = tensor_of("take_along_axis", indices, dtypes.INTEGERS)
    at = axis_of("take_along_axis", axis, t.ndim)
    if index.ndim != t.ndim:
        raise ShapeError(
            message("take_along_axis: numbers of axes differ", expected=str(t.ndim),
                    got=str(index.ndim))
        )
    from pentad.tensor.promotion import broadcast_shapes

    ours, theirs = list(t.shape), list(index.shape)
    ours[at] = theirs[at] = 1
    shape = list(broadcast_shapes("take_along_axis", [ours, theirs]))
    wide, wanted = list(shape), list(shape)
    wide[at], wanted[at] = t.shape[at], index.shape[at]
    index = _wrapped("take_along_axis", index, t.shape[at])
    return wrap(gather(shaping.expand(t, wide), at, shaping.expand(index, wanted)))


def _wrapped(name: str, index: Tensor, n: int) -> Tensor:
    """Indices counted from 0; IndexOutOfRange outside [-n, n)."""
    values = values_of(index)
    if values.size and (values.min() < -n or values.max() >= n):
        raise IndexOutOfRange(
            message(f"{name}: an index is out of range", expected=f"indices in [{-n}, {n})",
                    got=f"indices from {values.min()} to {values.max()}")
        )
    whole = cast(index, dtypes.int64)
    if not values.size or values.min() >= 0:
        return whole
    from pentad.tensor.functions import compare

    return pointwise.where(compare.lt(whole, 0), pointwise.plus(whole, n), whole)  # type: ignore[no-any-return]
