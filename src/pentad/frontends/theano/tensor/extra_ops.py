"""More of NumPy's functions: cumulative sums, repetitions, counts, diagonals, grids of indices."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.disconnected import DisconnectedType, disconnected_type
from pentad.frontends.theano.gof.generic import EnumList, Generic
from pentad.frontends.theano.gof.op import Native, make, one
from pentad.frontends.theano.scalar.types import DISCRETE, DTYPES, UINTS
from pentad.frontends.theano.tensor.constants import as_tensor_variable, constant, known_value
from pentad.frontends.theano.tensor.creation import arange, eye, zeros
from pentad.frontends.theano.tensor.dimshuffle import dimshuffle
from pentad.frontends.theano.tensor.elemwise import cast, eq, switch
from pentad.frontends.theano.tensor.joining import concatenate
from pentad.frontends.theano.tensor.nonzeros import flatnonzero
from pentad.frontends.theano.tensor.reductions import sum
from pentad.frontends.theano.tensor.shaping import as_sizes, length_of, squeeze
from pentad.frontends.theano.tensor.subtensor import set_subtensor, subtensor, take

# -- along an axis -----------------------------------------------------------------------------


def _checked(x: Any, axis: int) -> int:
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(
            static.message("axis out of bounds", expected=f"below {x.ndim}", got=str(axis),
                           where=x.node.line)
        )
    return int(axis) % x.ndim


def _cumulated(function: str) -> Any:
    def run(x: Any, axis: int) -> Any:
        return getattr(pt, function)(x, axis).to(x.dtype)

    return run


CUMSUM = Native("CumOp", _cumulated("cumsum"), shows=lambda axis: f"CumOp{{{axis}, add}}")
CUMPROD = Native("CumOp", _cumulated("cumprod"), shows=lambda axis: f"CumOp{{{axis}, mul}}")


def _cumulative(op: static.Op, x: Any, axis: int | None) -> Any:
    x = as_tensor_variable(x)
    if axis is None:
        x, axis = (x.flatten() if x.ndim != 1 else x), 0
    return one(op, x, types=[x.static_type], axis=_checked(x, axis))


def cumsum(x: Any, axis: int | None = None) -> Any:
    """The sums of all elements up to each, along an axis or of the flattened tensor."""
    return _cumulative(CUMSUM, x, axis)


def cumprod(x: Any, axis: int | None = None) -> Any:
    """The products of all elements up to each."""
    return _cumulative(CUMPROD, x, axis)


def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    """The differences of neighbours along an axis, taken n times."""
    x = as_tensor_variable(x)
    axis = _checked(x, axis)
    for _ in range(n):
        before = (slice(None),) * axis
        x = subtensor(x, (*before, slice(1, None))) - subtensor(x, (*before, slice(None, -1)))
    return x


def _repeat(x: Any, repeats: Any, axis: int) -> Any:
    if repeats.ndim == 0 or repeats.shape == (1,):
        count = repeats.reshape(())[()]
        count = count.item() if hasattr(count, "item") else count
        return pt.repeat_interleave(x, count, axis)
    places = np.repeat(np.arange(len(repeats)), repeats.astype(np.int64))
    return x.index_select(axis, pt.tensor(places))


REPEAT = Native("RepeatOp", _repeat, sizes=(1,), shows=lambda axis: f"Repeat{{axis={axis}}}")


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element so many times, along an axis or of the flattened tensor."""
    x, repeats = as_tensor_variable(x), as_tensor_variable(repeats)
    if repeats.dtype not in DISCRETE or repeats.dtype == "uint64":
        raise TypeError(
            static.message("repeats must be whole numbers", got=repeats.dtype,
                           where=repeats.node.line)
        )
    if repeats.ndim > 1:
        raise ValueError(
            static.message("The dimension of repeats should not exceed 1.", got=str(repeats.ndim))
        )
    if axis is None:
        x, axis = (x.flatten() if x.ndim != 1 else x), 0
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(static.message("repeat: not an axis", got=str(axis)))
    axis %= x.ndim
    shape = tuple(None if i == axis else n for i, n in enumerate(x.static_type.shape))
    return one(REPEAT, x, repeats, types=[static.Type(x.static_type.dtype, shape)], axis=axis)


def _tile(x: Any, reps: Any) -> Any:
    return pt.tile(x, tuple(reps.tolist()))


TILE = Native("Tile", _tile, sizes=(1,), shows="Tile")


def tile(x: Any, reps: Any, ndim: int | None = None) -> Any:
    """The tensor so many times along each axis."""
    x = as_tensor_variable(x)
    if ndim is not None and ndim < x.ndim:
        raise ValueError(
            static.message("ndim should be equal or larger than x.ndim", expected=str(x.ndim),
                           got=str(ndim))
        )
    if not isinstance(reps, list | tuple):
        found = as_tensor_variable(reps)
        if found.ndim > 1 or found.dtype not in DISCRETE:
            raise ValueError(
                static.message("reps must be a whole number or a list of them",
                               got=str(found.type))
            )
        reps = [found] if found.ndim == 0 else found
    if isinstance(reps, list | tuple):
        width = max(x.ndim, len(reps), ndim or 0)
        reps = [1] * (width - len(reps)) + list(reps)
    sizes = as_sizes(reps)
    width = length_of(sizes) if length_of(sizes) is not None else ndim
    if width is None:
        raise ValueError(static.message("if reps is a vector, give ndim=", got=str(reps)))
    shape = (None,) * width
    return one(TILE, x, sizes, types=[static.Type(x.static_type.dtype, shape)])


def compress(condition: Any, x: Any, axis: int | None = None) -> Any:
    """The slices of a tensor along an axis where a vector is true."""
    return take(x, flatnonzero(condition), axis=axis)


# -- counting and searching --------------------------------------------------------------------


def _bincount(x: Any, weights: Any, minlength: Any) -> Any:
    low = minlength[()].item()
    return pt.bincount(x, None if weights.ndim == 0 else weights, low)


BINCOUNT = Native("BinCountOp", _bincount, sizes=(2,), dynamic=True, differentiable=False)


def bincount(
    x: Any, weights: Any = None, minlength: Any = None, assert_nonneg: bool = False
) -> Any:
    """How often each whole number occurs in a vector."""
    x = as_tensor_variable(x)
    if x.ndim != 1:
        raise TypeError(static.message("Inputs must be of dimension 1.", got=str(x.type)))
    if x.dtype not in DISCRETE or x.dtype == "uint64":
        raise TypeError(static.message("bincount takes whole numbers", got=x.dtype))
    low = as_tensor_variable(0 if minlength is None else minlength)
    w = as_tensor_variable(0) if weights is None else as_tensor_variable(weights)
    out = "int64" if weights is None else "float64"
    node = make(BINCOUNT, [x, w, low], types=[static.Type(DTYPES[out], (None,))])
    return node.outputs[0]


def _searchsorted(x: Any, v: Any, side: str) -> Any:
    return pt.searchsorted(x, v, right=side == "right").to(pt.int64)


SEARCH = Native("SearchsortedOp", _searchsorted, differentiable=False,
                shows=lambda side: f"SearchsortedOp{{{side}}}")


def searchsorted(x: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Where elements of v belong in the sorted vector x."""
    if side not in ("left", "right"):
        raise ValueError(
            static.message("'side' is not a valid argument", expected="left or right", got=side)
        )
    x, v = as_tensor_variable(x, ndim=1), as_tensor_variable(v)
    if sorter is not None:
        sorter = as_tensor_variable(sorter)
        if sorter.dtype not in DISCRETE or sorter.dtype in UINTS:
            raise TypeError(
                static.message("sorter must be an integer vector", got=str(sorter.type))
            )
        x = subtensor(x, sorter)
    return one(SEARCH, x, v, types=[static.Type(pt.int64, v.static_type.shape)], side=side)


# -- matrices ----------------------------------------------------------------------------------


def fill_diagonal(a: Any, val: Any) -> Any:
    """The tensor with its main diagonal set to a number."""
    a, val = as_tensor_variable(a), as_tensor_variable(val)
    if a.ndim < 2:
        raise TypeError(
            static.message("fill_diagonal: first parameter must have at least two dimensions",
                           got=str(a.type))
        )
    if val.ndim != 0:
        raise TypeError(
            static.message("fill_diagonal: second parameter must be a scalar", got=str(val.type))
        )
    inside = _grid_equal(a, 0)
    for axis in range(2, a.ndim):
        shape = ["x"] * a.ndim
        shape[axis] = 0
        first = ["x"] * a.ndim
        first[0] = 0
        inside = inside & eq(dimshuffle(arange(a.shape[0]), first),
                             dimshuffle(arange(a.shape[axis]), shape))
    return switch(inside, cast(val, a.dtype), a)


def _grid_equal(a: Any, offset: Any) -> Any:
    rows = dimshuffle(arange(a.shape[0]), (0, "x", *["x"] * (a.ndim - 2)))
    columns = dimshuffle(arange(a.shape[1]), ("x", 0, *["x"] * (a.ndim - 2)))
    return eq(columns - rows, offset)


def fill_diagonal_offset(a: Any, val: Any, offset: Any) -> Any:
    """The matrix with a diagonal set to a number."""
    a, val = as_tensor_variable(a), as_tensor_variable(val)
    if a.ndim != 2:
        raise TypeError(
            static.message("fill_diagonal_offset: first parameter must be a matrix",
                           got=str(a.type))
        )
    return switch(_grid_equal(a, as_tensor_variable(offset)), cast(val, a.dtype), a)


def to_one_hot(y: Any, nb_class: Any, dtype: Any = None) -> Any:
    """A row for each whole number of a vector: one at that place, zeros elsewhere."""
    y = as_tensor_variable(y)
    ret = zeros((y.shape[0], nb_class), dtype=dtype)
    return set_subtensor(subtensor(ret, (arange(y.shape[0]), y)), constant(1, dtype=ret.dtype))


def bartlett(M: Any) -> Any:
    """The triangular window of M points."""
    count = as_tensor_variable(M)
    if count.ndim != 0:
        raise TypeError(static.message("bartlett only works on scalar input", got=str(count.type)))
    if count.dtype not in DISCRETE:
        raise TypeError(static.message("bartlett only works on integer input", got=count.dtype))
    n = cast(arange(count), "float64")
    half = (cast(count, "float64") - 1) / 2.0
    return switch(eq(count, 1), 1.0, 1.0 - abs(n - half) / half)


def cpu_contiguous(x: Any) -> Any:
    """The tensor: memory is laid out by the compiler here."""
    return as_tensor_variable(x).copy()


# -- places ------------------------------------------------------------------------------------


def _strides(dims: Any, order: str) -> list[Any]:
    sizes = [dims[i] for i in range(length_of(dims) or 0)]
    sizes = sizes if order == "C" else sizes[::-1]
    steps: list[Any] = [constant(1, dtype="int64")]
    for n in sizes[:0:-1]:
        steps.append(steps[-1] * n)
    return steps[::-1] if order == "C" else steps


def _order(order: str) -> str:
    if order not in ("C", "F"):
        raise ValueError(
            static.message("order must be 'C' or 'F'", got=repr(order))
        )
    return order


def unravel_index(
    indices: Any, dims: Any, order: str = "C", ndim: int | None = None
) -> tuple[Any, ...]:
    """The places in a tensor of a shape that places in its flat form stand for."""
    found, sizes = as_tensor_variable(indices), as_sizes(dims)
    if found.dtype not in DISCRETE:
        raise TypeError(static.message("unravel_index takes whole numbers", got=found.dtype))
    steps = _strides(sizes, _order(order))
    places = [cast(found, "int64") // s % sizes[i] for i, s in enumerate(steps)]
    return tuple(places)


def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise", order: str = "C") -> Any:
    """The place in the flat form of a tensor that places along its axes stand for."""
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(static.message("mode must be raise, wrap or clip", got=repr(mode)))
    sizes = as_sizes(dims)
    total: Any = constant(0, dtype="int64")
    for i, (place, step) in enumerate(zip(multi_index, _strides(sizes, _order(order)))):
        place = as_tensor_variable(place)
        if place.dtype not in DISCRETE:
            raise TypeError(static.message("ravel_multi_index takes whole numbers",
                                           got=place.dtype))
        if mode == "wrap":
            place = place % sizes[i]
        elif mode == "clip":
            place = place.clip(0, sizes[i] - 1)
        total = total + cast(place, "int64") * step
    return total


bartlett_, fill_diagonal_, fill_diagonal_offset_ = bartlett, fill_diagonal, fill_diagonal_offset
int_t = Generic("int")
__all__ = [
    "DisconnectedType", "EnumList", "Generic", "bartlett", "bincount", "compress", "concatenate",
    "cpu_contiguous", "cumprod", "cumsum", "diff", "disconnected_type", "eye", "fill_diagonal",
    "fill_diagonal_offset", "known_value", "ravel_multi_index", "repeat", "searchsorted",
    "squeeze", "sum", "tile", "to_one_hot", "unravel_index",
]
