"""Shapes: reading, changing, and saying what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, make, one
from pentad.frontends.theano.tensor.constants import (
    as_tensor_variable,
    constant,
    known_value,
    stacked,
)
from pentad.frontends.theano.tensor.dimshuffle import dimshuffle
from pentad.frontends.theano.tensor.elemwise import cast


def _sizes(shape: Any) -> Any:
    whole = all(isinstance(n, int) for n in shape)
    return np.array(list(shape), np.int64 if whole else object)


SHAPE = Native("shape", _sizes, from_type=True, shows="Shape", differentiable=False)


def shape(x: Any) -> Any:
    """The sizes of a tensor, as a vector of int64."""
    x = as_tensor_variable(x)
    return one(SHAPE, x)


# -- reshape -----------------------------------------------------------------------------------


def _target(x_shape: Sequence[Any], sizes: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(n if isinstance(n, int) else getattr(n, "item", lambda n=n: n)() for n in sizes)


def _reshape(x: Any, sizes: Any, ndim: int) -> Any:
    return x.reshape(_target(x.shape, sizes.tolist()))


def _known_reshape(x: Any, sizes: Any, ndim: int) -> Any:
    return x.reshape(sizes.tolist())


RESHAPE = Native("reshape", _reshape, known=_known_reshape, sizes=(1,),
                 shows=lambda ndim: f"Reshape{{{ndim}}}")


def as_sizes(sizes: Any) -> Any:
    """A vector of sizes for a number, a vector or a list of them."""
    if isinstance(sizes, list | tuple):
        if not sizes:
            return as_tensor_variable(np.zeros(0, np.int64))
        if all(type(n) is int for n in sizes):
            return constant(np.array(sizes, np.int64))
        parts = [as_tensor_variable(n) for n in sizes]
        if any(p.ndim for p in parts):
            raise TypeError(
                static.message("sizes must be whole numbers", got=str([str(p.type) for p in parts]))
            )
        _whole(parts)
        return stacked([cast(p, "int64") for p in parts])
    found = as_tensor_variable(sizes)
    _whole([found])
    return cast(found if found.ndim else dimshuffle(found, ("x",)), "int64")


def _whole(parts: Sequence[Any]) -> None:
    for p in parts:
        if p.dtype not in ("bool",) and "int" not in p.dtype:
            raise TypeError(
                static.message("Shape arguments must be integers", got=str(p.type),
                               where=p.node.line, hint="cast it: T.cast(n, 'int64')")
            )


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Any:
    """The elements of a tensor in another shape; -1 stands for the size that remains."""
    x, sizes = as_tensor_variable(x), as_sizes(newshape)
    ndim = length_of(sizes) if ndim is None else ndim
    if ndim is None:
        raise ValueError(
            static.message("reshape: the length of the shape is not known", got=str(newshape),
                           hint="give ndim=")
        )
    found = known_value(sizes)
    if found is not None:
        if len(found) != ndim:
            raise ValueError(
                static.message("reshape: ndim and the shape differ", expected=f"{ndim} sizes",
                               got=str(found))
            )
        negative = [n for n in found.tolist() if isinstance(n, int) and n < 0]
        if len(negative) > 1 or any(n != -1 for n in negative):
            raise ValueError(
                static.message("reshape: only one size may be -1", got=str(found.tolist()))
            )
    return _with_sizes(RESHAPE, [x, sizes], ndim, {"ndim": ndim})


def _with_sizes(op: static.Op, inputs: Sequence[Any], ndim: int, attrs: dict[str, Any]) -> Any:
    """A result whose sizes are those that a vector says, as far as they are known."""
    sizes = inputs[1]
    if all(isinstance(p, static.Known) for p in sizes.probes):
        try:
            return make(op, inputs, attrs).outputs[0]
        except pt.ShapeError:
            if known_value(sizes) is not None and None not in inputs[0].static_type.shape:
                raise
    shape = tuple(1 if n == 1 else None for n in certain_sizes(sizes, ndim))
    # Clones need the types told too: with other sizes the op could not be tried either.
    return make(op, inputs, attrs, extra={"told": True},
                types=[static.Type(inputs[0].static_type.dtype, shape)]).outputs[0]


def certain_sizes(sizes: Any, ndim: int) -> list[Any]:
    """Those elements of a vector of sizes that are constants, None for the rest."""
    parts = sizes.node.inputs if sizes.node.op.name == "MakeVector" else None
    if parts is not None:
        return [_number(known_value(p)) for p in parts]
    found = known_value(sizes)
    return [None] * ndim if found is None else list(found.tolist())


def _number(value: Any) -> Any:
    return None if value is None else value.item()


def length_of(sizes: Any) -> int | None:
    """How many elements a vector has, if that is known."""
    return sizes.static_type.shape[0] if sizes.ndim == 1 else None


def get_vector_length(v: Any) -> int:
    """How many elements a vector has; ValueError if that is not known."""
    v = as_tensor_variable(v)
    if v.ndim != 1:
        raise TypeError(static.message("not a vector", got=str(v.type), where=v.node.line))
    found = length_of(v)
    if found is None:
        raise ValueError(
            static.message("length not known", got=str(v), where=v.node.line)
        )
    return found


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Any:
    """The tensor with its last axes made one, so that `ndim` are left."""
    ndim = outdim if ndim is None else ndim
    ndim = 1 if ndim is None else ndim
    x = as_tensor_variable(x)
    if ndim < 1 or (ndim > 1 and ndim > x.ndim):
        raise ValueError(
            static.message("flatten: not a number of axes", expected=f"1 to {max(x.ndim, 1)}",
                           got=str(ndim), where=x.node.line)
        )
    if ndim == x.ndim:
        return x
    return one(FLATTEN, x, ndim=ndim)


def _flatten(x: Any, ndim: int) -> Any:
    return x.reshape((*tuple(x.shape)[:ndim - 1], -1))


FLATTEN = Native("flatten", _flatten, known=_flatten, shows=lambda ndim: f"Flatten{{{ndim}}}")


# -- axes --------------------------------------------------------------------------------------


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """The tensor with its axes in another order, reversed if none is given."""
    x = as_tensor_variable(x)
    axes = range(x.ndim)[::-1] if axes is None else axes
    found = dimshuffle(x, tuple(axes))
    if found is not x and x.name:
        found.name = x.name + ".T"
    return found


def swapaxes(y: Any, axis1: int, axis2: int) -> Any:
    """The tensor with two axes exchanged."""
    y = as_tensor_variable(y)
    order = list(range(y.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return dimshuffle(y, order)


def shape_padleft(t: Any, n_ones: int = 1) -> Any:
    """The tensor with axes of size one in front."""
    t = as_tensor_variable(t)
    return dimshuffle(t, ("x",) * n_ones + tuple(range(t.ndim)))


def shape_padright(t: Any, n_ones: int = 1) -> Any:
    """The tensor with axes of size one at the end."""
    t = as_tensor_variable(t)
    return dimshuffle(t, tuple(range(t.ndim)) + ("x",) * n_ones)


def shape_padaxis(t: Any, axis: int) -> Any:
    """The tensor with an axis of size one added at a place."""
    t = as_tensor_variable(t)
    if not -t.ndim - 1 <= axis <= t.ndim:
        raise IndexError(
            static.message("shape_padaxis: not a place for an axis",
                           expected=f"{-t.ndim - 1} to {t.ndim}", got=str(axis), where=t.node.line)
        )
    order: list[Any] = list(range(t.ndim))
    order.insert(axis + t.ndim + 1 if axis < 0 else axis, "x")
    return dimshuffle(t, order)


def squeeze(x: Any, axis: Any = None) -> Any:
    """The tensor without its axes of size one, those that are known to be so."""
    x = as_tensor_variable(x)
    if axis is None:
        axis = [i for i, b in enumerate(x.broadcastable) if b]
    axes = [a % x.ndim for a in (axis if isinstance(axis, list | tuple) else [axis])]
    return dimshuffle(x, [a for a in range(x.ndim) if a not in axes])


# -- what is known of sizes --------------------------------------------------------------------


def _pattern(x: Any, ones: tuple[int, ...], free: tuple[int, ...]) -> Any:
    for axis in ones:
        if x.shape[axis] != 1:
            raise pt.ShapeError(
                static.message(f"Dimension {axis} in Rebroadcast's input was supposed to be 1",
                               expected="1", got=str(tuple(x.shape)))
            )
    return x


def _axes_text(ones: tuple[int, ...], free: tuple[int, ...]) -> str:
    parts = [f"({a}, True)" for a in ones] + [f"({a}, False)" for a in free]
    return f"Rebroadcast{{{','.join(parts)}}}"


REBROADCAST = Native("Rebroadcast", _pattern, shows=_axes_text)


def _rebroadcast(x: Any, ones: Sequence[int], free: Sequence[int]) -> Any:
    x = as_tensor_variable(x)
    for a in [*ones, *free]:
        if not -x.ndim <= a < x.ndim:
            raise ValueError(
                static.message("Trying to rebroadcast non-existent dimension", got=str(a),
                               expected=f"an axis of {x.type}", where=x.node.line)
            )
    ones, free = tuple(a % x.ndim for a in ones), tuple(a % x.ndim for a in free)
    shape = tuple(
        1 if i in ones else None if i in free else n for i, n in enumerate(x.static_type.shape)
    )
    if shape == x.static_type.shape:
        return x
    found = static.Type(x.static_type.dtype, shape)
    return one(REBROADCAST, x, types=[found], ones=ones, free=free)


def addbroadcast(x: Any, *axes: int) -> Any:
    """The tensor, of which these axes are said to have size one."""
    return _rebroadcast(x, axes, ())


def unbroadcast(x: Any, *axes: int) -> Any:
    """The tensor, of which these axes may have any size."""
    return _rebroadcast(x, (), axes)


def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Any:
    """The tensor, of which just these axes are said to have size one."""
    x = as_tensor_variable(x)
    ones = [i for i, b in enumerate(broadcastable) if b and not x.broadcastable[i]]
    free = [i for i, b in enumerate(broadcastable) if not b and x.broadcastable[i]]
    return _rebroadcast(x, ones, free)


def _specify(x: Any, sizes: Any) -> Any:
    wanted = tuple(sizes.tolist())
    if len(wanted) != x.ndim or any(n != m for n, m in zip(x.shape, wanted)):
        raise pt.ShapeError(
            static.message("SpecifyShape: dimension mismatch", expected=str(wanted),
                           got=str(tuple(x.shape)))
        )
    return x


SPECIFY = Native("specify_shape", _specify, sizes=(1,), shows="SpecifyShape")


def specify_shape(x: Any, shape: Any) -> Any:
    """The tensor, said to be of a shape; the error at run time says if it is not."""
    x, sizes = as_tensor_variable(x), as_sizes(shape)
    sizes_known = certain_sizes(sizes, x.ndim)
    found = static.Type(x.static_type.dtype, tuple(
        n if m is None else m for n, m in zip(x.static_type.shape, sizes_known)
    ))
    return make(SPECIFY, [x, sizes], types=[found], extra={"told": True}).outputs[0]


__all__ = [
    "addbroadcast", "flatten", "get_vector_length", "patternbroadcast", "reshape", "shape",
    "shape_padaxis", "shape_padleft", "shape_padright", "specify_shape", "squeeze", "swapaxes",
    "transpose", "unbroadcast",
]
