"""Arguments for each function of the standard, drawn by Hypothesis: the table `ROWS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

INTS = ("int8", "int16", "int32", "int64")
UINTS = ("uint8", "uint16", "uint32", "uint64")
WHOLE = INTS + UINTS
FLOATS = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
REAL = WHOLE + FLOATS
NUMERIC = REAL + COMPLEX
INEXACT = FLOATS + COMPLEX
BOOL = ("bool",)
BITS = BOOL + WHOLE
ALL = BOOL + NUMERIC

KINDS = (
    "bool", "signed integer", "unsigned integer", "integral", "real floating",
    "complex floating", "numeric",
)

Draw = Callable[[Any], Any]
Row = Callable[[Draw], tuple[tuple[Any, ...], dict[str, Any]]]
ROWS: dict[str, Row] = {}
TOLERANCE: dict[str, float] = {}

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
FILLED = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)
_SPECIAL = [0.0, -0.0, 1.0, -1.0, float("inf"), float("-inf"), float("nan")]


def elements(dtype: str, *, tame: bool = False, low: Any = None, high: Any = None) -> Any:
    """Values of a dtype: `tame` ones are finite and small; low and high bound real ones."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return st.booleans()
    if kind in "iu":
        info = np.iinfo(dtype)
        least = max(info.min, -50 if tame else info.min) if low is None else low
        most = min(info.max, 50 if tame else info.max) if high is None else high
        return st.integers(least, most)
    width = 32 if dtype in ("float32", "complex64") else 64
    bounds = {"min_value": -50 if low is None else low, "max_value": 50 if high is None else high}
    plain = st.floats(**bounds, width=width, allow_subnormal=False)
    if kind == "c":
        return st.builds(complex, plain, plain)
    return plain if tame or low is not None else st.one_of(plain, st.sampled_from(_SPECIAL))


def array(draw: Draw, dtypes: Any = ALL, shape: Any = SHAPES, **limits: Any) -> np.ndarray:
    """One array."""
    dtype = draw(st.sampled_from(dtypes)) if not isinstance(dtypes, str) else dtypes
    shape = shape if isinstance(shape, tuple) else draw(shape)
    found = draw(hnp.arrays(dtype, shape, elements=elements(dtype, **limits)))
    return np.asarray(found)


def pair(draw: Draw, dtypes: Any, **limits: Any) -> tuple[Any, Any]:
    """Two operands that promote and broadcast; one may be a Python number."""
    first = draw(st.sampled_from(dtypes))
    second = draw(st.sampled_from([d for d in dtypes if promotes(first, d)]))
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4))
    x, y = (array(draw, d, s, **limits) for d, s in zip((first, second), shapes.input_shapes))
    alone = draw(st.integers(0, 5))
    if alone == 0 and first == second:
        y = draw(elements(first, **limits))
    return x, y


def promotes(a: str, b: str) -> bool:
    kinds = {np.dtype(a).kind, np.dtype(b).kind}
    if len(kinds) == 1:
        return True
    if kinds == {"i", "u"}:
        return np.promote_types(a, b).kind == "i"
    return kinds == {"f", "c"}


# -- element-wise ----------------------------------------------------------------------------------


def unary(names: str, dtypes: Any, **limits: Any) -> None:
    for name in names.split():
        ROWS[name] = lambda draw: ((array(draw, dtypes, **limits),), {})


def binary(names: str, dtypes: Any, **limits: Any) -> None:
    for name in names.split():
        ROWS[name] = lambda draw: (pair(draw, dtypes, **limits), {})


unary("negative positive square conj", NUMERIC)
unary("sign abs", NUMERIC)
unary("reciprocal", FLOATS)
unary("real", INEXACT)
unary("imag", COMPLEX)
unary("exp expm1 sin cos sinh cosh tanh tan", INEXACT)
unary("log log1p log2 log10 sqrt asin acos atan asinh acosh atanh", INEXACT)
unary("floor ceil trunc", REAL)
unary("round isnan isinf isfinite", NUMERIC)
unary("signbit", FLOATS)
unary("logical_not", BOOL)
unary("bitwise_invert", BITS)
binary("add subtract multiply", NUMERIC)
binary("divide", FLOATS)
binary("copysign hypot logaddexp nextafter atan2", FLOATS)
binary("maximum minimum less less_equal greater greater_equal", REAL)
binary("equal not_equal", ALL)
binary("logical_and logical_or logical_xor", BOOL)
binary("bitwise_and bitwise_or bitwise_xor", BITS)


def row(name: str, tolerance: float | None = None) -> Callable[[Row], Row]:
    def add(function: Row) -> Row:
        ROWS[name] = function
        if tolerance is not None:
            TOLERANCE[name] = tolerance
        return function

    return add


@row("pow", 64)
def _(draw):
    dtypes = draw(st.sampled_from((WHOLE, FLOATS)))
    x, y = pair(draw, dtypes)
    if dtypes is WHOLE:
        y = np.abs(y % 8).astype(y.dtype) if isinstance(y, np.ndarray) else abs(y) % 8
    return (x, y), {}


def _divisible(draw):
    dtypes = draw(st.sampled_from((WHOLE, FLOATS)))
    x, y = pair(draw, dtypes, tame=dtypes is FLOATS)
    if dtypes is WHOLE:
        y = np.where(y == 0, 1, y).astype(y.dtype) if isinstance(y, np.ndarray) else y or 1
    return (x, y), {}


ROWS["remainder"] = ROWS["floor_divide"] = _divisible


def _shifts(draw):
    dtype = draw(st.sampled_from(WHOLE))
    shape = draw(SHAPES)
    bits = np.dtype(dtype).itemsize * 8
    return (array(draw, dtype, shape), array(draw, dtype, shape, low=0, high=bits - 1)), {}


ROWS["bitwise_left_shift"] = ROWS["bitwise_right_shift"] = _shifts


@row("clip")
def _(draw):
    dtype = draw(st.sampled_from(REAL))
    x = array(draw, dtype)
    low = draw(elements(dtype, tame=True))
    high = draw(elements(dtype, tame=True))
    low, high = min(low, high), max(low, high)
    as_array = draw(st.booleans())
    kwargs = {"min": np.asarray(low, dtype) if as_array else low, "max": high}
    if draw(st.booleans()):
        del kwargs[draw(st.sampled_from(("min", "max")))]
    return (x,), kwargs


# -- reductions ------------------------------------------------------------------------------------


def axes(draw: Draw, ndim: int, several: bool = True) -> Any:
    """None, one axis, or several."""
    if not ndim:
        return None
    one = draw(st.integers(-ndim, ndim - 1))
    both = draw(hnp.valid_tuple_axes(ndim)) if several else one
    return draw(st.sampled_from((None, one, both)))


def reduction(names: str, dtypes: Any, shape: Any = SHAPES, **limits: Any) -> None:
    def draw_row(draw):
        x = array(draw, dtypes, shape, **limits)
        return (x,), {"axis": axes(draw, x.ndim), "keepdims": draw(st.booleans())}

    for name in names.split():
        ROWS[name], TOLERANCE[name] = draw_row, 64


reduction("sum prod", NUMERIC, tame=True)
reduction("mean", INEXACT, tame=True)
reduction("max min", REAL, FILLED)
reduction("all any count_nonzero", ALL)


def _spread(draw):
    x = array(draw, FLOATS, FILLED, tame=True)
    kwargs = {"axis": axes(draw, x.ndim), "keepdims": draw(st.booleans())}
    kwargs["correction"] = draw(st.sampled_from((0, 0.5)))
    return (x,), kwargs


# A variance of equal numbers is rounding alone: it is judged by the size of the numbers.
for _name in ("var", "std"):
    ROWS[_name] = _spread


def _running_signed(draw):
    x = array(draw, INTS + INEXACT, FILLED, tame=True)
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    return (x,), {"axis": axis, "include_initial": draw(st.booleans())}


for _name in ("cumulative_sum", "cumulative_prod"):
    ROWS[_name], TOLERANCE[_name] = _running_signed, 1e3


@row("diff", 64)
def _(draw):
    x = array(draw, REAL, FILLED, tame=True)
    return (x,), {"axis": draw(st.integers(-x.ndim, x.ndim - 1)), "n": draw(st.integers(0, 2))}


# -- sorting, searching, sets ----------------------------------------------------------------------


def _sorting(draw):
    x = array(draw, REAL, FILLED, tame=True)
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    return (x,), {"axis": axis, "descending": draw(st.booleans())}


def _position(draw):
    x = array(draw, REAL, FILLED, tame=True)
    return (x,), {"axis": axes(draw, x.ndim, several=False), "keepdims": draw(st.booleans())}


ROWS["sort"] = ROWS["argsort"] = _sorting
ROWS["argmax"] = ROWS["argmin"] = _position
ROWS["nonzero"] = lambda draw: ((array(draw, ALL, FILLED),), {})
for _name in ("unique_all", "unique_counts", "unique_inverse", "unique_values"):
    ROWS[_name] = lambda draw: ((_without_minus_zero(array(draw, BITS + FLOATS, tame=True)),), {})


def _without_minus_zero(x: np.ndarray) -> np.ndarray:
    return np.asarray(x + np.zeros((), x.dtype))


@row("searchsorted")
def _(draw):
    dtype = draw(st.sampled_from(REAL))
    x = array(draw, dtype, hnp.array_shapes(max_dims=1, min_side=0, max_side=6), tame=True)
    y, side = array(draw, dtype, tame=True), draw(st.sampled_from(("left", "right")))
    if draw(st.booleans()):
        return (x, y), {"side": side, "sorter": np.argsort(x, stable=True)}
    return (np.sort(x), y), {"side": side}


@row("where")
def _(draw):
    x, y = pair(draw, ALL)
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    return (array(draw, BOOL, shape), x, y), {}
