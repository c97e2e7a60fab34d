"""Tensors put together and taken apart along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, make, one
from pentad.frontends.theano.scalar.types import DTYPES, upcast
from pentad.frontends.theano.tensor.constants import as_tensor_variable, known_value, stacked
from pentad.frontends.theano.tensor.elemwise import cast
from pentad.frontends.theano.tensor.shaping import shape_padaxis


def _join(*values: Any, axis: int) -> Any:
    return pt.cat(values, axis)


def _known_join(*values: Any, axis: int) -> Any:
    return np.concatenate(values, axis)


JOIN = Native("Join", _join, known=_known_join, shows="Join")
JOIN_AT = Native("Join", lambda axis, *values: pt.cat(values, int(axis)), sizes=(0,), shows="Join")
"""Along an axis that is given when the graph runs."""


def _axis(axis: Any, ndim: int, name: str) -> int:
    found = known_value(axis)
    if found is None:
        raise TypeError(
            static.message(f"{name}: the axis must be known when the graph is made",
                           got=str(axis), expected="a whole number")
        )
    place = int(found)
    if not -ndim <= place < ndim:
        raise IndexError(
            static.message(f"{name} axis {place} out of bounds", expected=f"{-ndim} to {ndim - 1}",
                           got=str(place))
        )
    return place % ndim


def join(axis: Any, *tensors_list: Any) -> Any:
    """Tensors one after the other along an axis."""
    if not tensors_list:
        raise ValueError(static.message("Cannot join an empty list of tensors"))
    found = [as_tensor_variable(t) for t in tensors_list]
    if len({t.ndim for t in found}) != 1 or not found[0].ndim:
        raise TypeError(
            static.message("Join() can only join tensors with the same number of dimensions",
                           expected="equal numbers of axes, at least one",
                           got=", ".join(str(t.type) for t in found))
        )
    dtype = upcast(*[t.dtype for t in found])
    if known_value(axis) is None:
        of_any = static.Type(DTYPES[dtype], (None,) * found[0].ndim)
        return one(JOIN_AT, as_tensor_variable(axis), *[cast(t, dtype) for t in found],
                   types=[of_any])
    place = _axis(axis, found[0].ndim, "Join")
    if len(found) == 1:
        return found[0]
    return one(JOIN, *[cast(t, dtype) for t in found], axis=place)


def concatenate(tensor_list: Sequence[Any], axis: Any = 0) -> Any:
    """Tensors one after the other along an axis."""
    if not isinstance(tensor_list, list | tuple):
        raise TypeError(
            static.message("The 'tensors' argument must be either a tuple or a list, make sure you "
                           "did not forget () or [] around arguments of concatenate.",
                           got=str(tensor_list))
        )
    return join(axis, *tensor_list)


def stack(*tensors: Any, **kwargs: Any) -> Any:
    """Tensors of one shape along a new axis: stack([a, b], axis=0)."""
    axis = kwargs.pop("axis", 0)
    if kwargs:
        tensors = (kwargs.pop("tensors"), *tensors)
    if not tensors:
        raise TypeError(static.message("theano.tensor.stack(tensors, axis) needs at least one"))
    if isinstance(tensors[0], list | tuple):
        if len(tensors) > 1:
            axis = tensors[1]
        tensors = tuple(tensors[0])
    elif len(tensors) == 1:
        raise TypeError(
            static.message("stack: First argument should be a list of tensors",
                           got=str(tensors[0]))
        )
    if not tensors:
        raise Exception(static.message("stack: the list of tensors is empty"))
    found = [as_tensor_variable(t) for t in tensors]
    if not -found[0].ndim - 1 <= axis <= found[0].ndim:
        raise IndexError(
            static.message("stack: the axis is out of bounds", got=str(axis),
                           expected=f"{-found[0].ndim - 1} to {found[0].ndim}")
        )
    if all(t.ndim == 0 for t in found):
        return stacked(found)
    if axis < 0:
        axis += found[0].ndim + 1
    return join(axis, *[shape_padaxis(t, axis) for t in found])


def horizontal_stack(*args: Any) -> Any:
    """Matrices side by side."""
    return join(1, *args)


def vertical_stack(*args: Any) -> Any:
    """Matrices one above the other."""
    return join(0, *args)


def stacklists(arg: Any) -> Any:
    """The tensor of nested lists of tensors."""
    if isinstance(arg, tuple | list):
        return stack([stacklists(a) for a in arg])
    return arg


def _split(x: Any, sizes: Any, axis: int, count: int) -> Any:
    if sizes.shape[0] != count:
        raise pt.ArgumentError(
            static.message("In Split.perform(), the number of splits differs", expected=str(count),
                           got=str(sizes.shape[0]))
        )
    return tuple(x.split(sizes.tolist(), axis))


SPLIT = Native("Split", _split, sizes=(1,), shows=lambda axis, count: f"Split{{{count}}}")


def split(x: Any, splits_size: Any, n_splits: int, axis: Any = 0) -> list[Any]:
    """The pieces of a tensor along an axis, of the sizes that a vector says."""
    x, sizes = as_tensor_variable(x), as_tensor_variable(splits_size)
    place = _axis(axis, x.ndim, "Split")
    found = known_value(sizes)
    pieces = [None] * n_splits if found is None else found.tolist()
    shapes = [
        tuple(n if i == place else m for i, m in enumerate(x.static_type.shape)) for n in pieces
    ]
    types = [static.Type(x.static_type.dtype, s) for s in shapes]
    return list(make(SPLIT, [x, sizes], {"axis": place, "count": n_splits}, types=types).outputs)


def roll(x: Any, shift: Any, axis: int | None = None) -> Any:
    """The tensor with its elements moved around along an axis."""
    x = as_tensor_variable(x)
    if axis is None:
        return roll(x.flatten(), shift, 0).reshape(x.shape) if x.ndim > 1 else roll(x, shift, 0)
    axis = axis % x.ndim
    if isinstance(shift, int | np.integer):
        return one(ROLL, x, types=[x.static_type], shift=int(shift), axis=axis)
    rows = x.shape[axis]
    from pentad.frontends.theano.tensor.creation import arange

    return x.take((arange(rows) - shift) % rows, axis=axis)


def _roll(x: Any, shift: int, axis: int) -> Any:
    return pt.roll(x, shift, axis)


ROLL = Native("Roll", _roll, shows="Roll")


__all__ = [
    "concatenate", "horizontal_stack", "join", "roll", "split", "stack", "stacklists",
    "vertical_stack",
]
