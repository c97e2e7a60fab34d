"""Arguments for the functions that change shapes, make arrays, and speak of dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.array_api.draws import (
    ALL,
    COMPLEX,
    FILLED,
    FLOATS,
    INTS,
    KINDS,
    NUMERIC,
    REAL,
    ROWS,
    SHAPES,
    Draw,
    array,
    axes,
    elements,
    pair,
    promotes,
    row,
)
from tests.array_api.oracle import D

# -- shapes ----------------------------------------------------------------------------------------


def shaped(name: str, dtypes: Any = ALL, shape: Any = FILLED) -> Any:
    """A row whose first argument is an array; the function gives the others for it."""
    def add(function: Any) -> Any:
        def draw_row(draw):
            x = array(draw, dtypes, shape)
            args, kwargs = function(draw, x)
            return (x, *args), kwargs

        ROWS[name] = draw_row
        return function

    return add


def an_axis(draw: Draw, x: np.ndarray, extra: int = 0) -> int:
    return draw(st.integers(-x.ndim - extra, x.ndim + extra - 1))


shaped("expand_dims", shape=SHAPES)(lambda d, x: ((), {"axis": an_axis(d, x, 1)}))
shaped("unstack")(lambda d, x: ((), {"axis": an_axis(d, x)}))
shaped("flip", shape=SHAPES)(lambda d, x: ((), {"axis": axes(d, x.ndim)}))
shaped("permute_dims", shape=SHAPES)(lambda d, x: ((tuple(d(st.permutations(range(x.ndim)))),), {}))
shaped("moveaxis")(lambda d, x: ((an_axis(d, x), an_axis(d, x)), {}))
shaped("broadcast_to", shape=SHAPES)(lambda d, x: (((2, *x.shape),), {}))
shaped("squeeze", shape=SHAPES)(
    lambda d, x: ((tuple(i for i, n in enumerate(x.shape) if n == 1),), {})
)
shaped("roll", shape=SHAPES)(
    lambda d, x: ((d(st.integers(-5, 5)),), {"axis": axes(d, x.ndim)})
)
shaped("tile", shape=SHAPES)(
    lambda d, x: ((tuple(d(st.lists(st.integers(0, 2), max_size=3))),), {})
)
shaped("take")(
    lambda d, x: _taken(d, x, an_axis(d, x))
)
for _name in ("tril", "triu"):
    shaped(_name, NUMERIC, hnp.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=4))(
        lambda d, x: ((), {"k": d(st.integers(-3, 3))})
    )
shaped("matrix_transpose", shape=hnp.array_shapes(min_dims=2, max_dims=4, min_side=0))(
    lambda d, x: ((), {})
)


def _taken(draw: Draw, x: np.ndarray, axis: int) -> Any:
    places = draw(st.lists(st.integers(0, x.shape[axis] - 1), max_size=5))
    return (np.asarray(places, "int64"),), {"axis": axis}


@shaped("take_along_axis")
def _(draw, x):
    axis = an_axis(draw, x)
    shape = list(x.shape)
    shape[axis] = draw(st.integers(0, 4))
    n = x.shape[axis]
    return (array(draw, "int64", tuple(shape), low=-n, high=n - 1),), {"axis": axis}


@shaped("reshape", shape=SHAPES)
def _(draw, x):
    shapes = [(x.size,), (1, x.size), (-1,) if x.size else (0,), tuple(reversed(x.shape))]
    return (draw(st.sampled_from(shapes)),), {"copy": draw(st.sampled_from((None, True)))}


@shaped("repeat")
def _(draw, x):
    axis = draw(st.sampled_from((None, *range(x.ndim))))
    n = x.size if axis is None else x.shape[axis]
    if draw(st.booleans()):
        return (draw(st.integers(0, 3)),), {"axis": axis}
    return (array(draw, "int64", (n,), low=0, high=3),), {"axis": axis}


def _parts(draw, same: bool):
    first = array(draw, ALL, FILLED)
    axis = an_axis(draw, first)
    parts = [first]
    for _ in range(draw(st.integers(0, 2))):
        shape = list(first.shape)
        shape[axis] = shape[axis] if same else draw(st.integers(0, 3))
        dtype = draw(st.sampled_from([d for d in ALL if promotes(str(parts[0].dtype), d)
                                      and promotes(str(parts[-1].dtype), d)]))
        parts.append(array(draw, dtype, tuple(shape)))
    return (parts,), {"axis": axis}


ROWS["concat"] = lambda draw: _parts(draw, False)
ROWS["stack"] = lambda draw: _parts(draw, True)
ROWS["broadcast_arrays"] = lambda draw: (
    tuple(v if isinstance(v, np.ndarray) else np.asarray(v) for v in pair(draw, REAL)), {}
)
ROWS["meshgrid"] = lambda draw: (
    tuple(
        array(draw, "float32", (draw(st.integers(0, 3)),))
        for _ in range(draw(st.integers(1, 3)))
    ),
    {"indexing": draw(st.sampled_from(("xy", "ij")))},
)

# -- creation and dtypes ---------------------------------------------------------------------------


def _shape_and_dtype(draw):
    return (draw(SHAPES),), {"dtype": D(draw(st.sampled_from(ALL)))}


ROWS["zeros"] = ROWS["ones"] = _shape_and_dtype


@row("full")
def _(draw):
    dtype = draw(st.sampled_from(ALL))
    return (draw(SHAPES), draw(elements(dtype))), {"dtype": D(dtype)}


@row("full_like")
def _(draw):
    x = array(draw)
    return (x, draw(elements(str(x.dtype)))), {}


ROWS["zeros_like"] = ROWS["ones_like"] = lambda draw: ((array(draw),), {})
ROWS["eye"] = lambda draw: (
    (draw(st.integers(0, 4)), draw(st.integers(0, 4))),
    {"k": draw(st.integers(-3, 3)), "dtype": D(draw(st.sampled_from(NUMERIC)))},
)
ROWS["arange"] = lambda draw: (
    (draw(st.integers(-9, 9)), draw(st.integers(-9, 9)), draw(st.sampled_from((-3, -1, 1, 2)))),
    {"dtype": D(draw(st.sampled_from(INTS + FLOATS)))},
)
ROWS["linspace"] = lambda draw: (
    (draw(st.integers(-9, 9)), draw(st.floats(-9, 9)), draw(st.integers(0, 7))),
    {"dtype": D(draw(st.sampled_from(FLOATS))), "endpoint": draw(st.booleans())},
)
ROWS["asarray"] = lambda draw: ((array(draw).tolist(),), {"dtype": D("complex128")})


@row("astype")
def _(draw):
    x = array(draw, ALL, tame=True)
    x = np.asarray(np.abs(x), x.dtype) if x.dtype.kind in "if" else x
    targets = ALL if x.dtype.kind != "c" else COMPLEX
    return (x, D(draw(st.sampled_from(targets)))), {"copy": draw(st.booleans())}


ROWS["empty_like"] = lambda draw: ((array(draw),), {})
ROWS["empty"] = _shape_and_dtype
ROWS["from_dlpack"] = lambda draw: ((array(draw),), {})
ROWS["isdtype"] = lambda draw: (
    (D(draw(st.sampled_from(ALL))), draw(st.one_of(
        st.sampled_from(KINDS), st.lists(st.sampled_from(KINDS)).map(tuple),
        st.sampled_from(ALL).map(D),
    ))), {}
)
ROWS["can_cast"] = lambda draw: (
    (draw(st.one_of(st.sampled_from(ALL).map(D), st.just(array(draw)))),
     D(draw(st.sampled_from(ALL)))), {}
)


@row("result_type")
def _(draw):
    first = draw(st.sampled_from(NUMERIC))
    second = draw(st.sampled_from([d for d in NUMERIC if promotes(first, d)]))
    return (array(draw, first), D(second), draw(st.sampled_from((1, D(second))))), {}
