"""Arguments for products and the extensions: well-conditioned matrices, and signals."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.array_api.draws import (
    ALL,
    COMPLEX,
    FILLED,
    FLOATS,
    INEXACT,
    INTS,
    NUMERIC,
    TOLERANCE,
    array,
    axes,
    row,
)
from tests.array_api.oracle import D
from tests.array_api.shape_draws import ROWS

# -- products --------------------------------------------------------------------------------------


@row("matmul", 256)
def _(draw):
    dtype = draw(st.sampled_from(NUMERIC))
    n, k, m = (draw(st.integers(0 if i == 0 else 1, 4)) for i in range(3))
    left, right = draw(st.sampled_from((
        ((n, k), (k, m)), ((k,), (k, m)), ((n, k), (k,)), ((k,), (k,)), ((2, n, k), (k, m)),
        ((2, 1, n, k), (3, k, m)), ((n, k), (2, k, m)), ((2, n, k), (k,)), ((k,), (2, k, m)),
    )))
    return (array(draw, dtype, left, tame=True), array(draw, dtype, right, tame=True)), {}


@row("tensordot", 256)
def _(draw):
    dtype = draw(st.sampled_from(NUMERIC))
    x, y = array(draw, dtype, (2, 3, 4), tame=True), array(draw, dtype, (4, 3, 2), tame=True)
    choice = draw(st.sampled_from((0, 1, ((2, 1), (0, 1)), ((0, -1), (2, 0)), ((), ()))))
    return (x, y), {"axes": choice}


@row("vecdot", 256)
def _(draw):
    dtype = draw(st.sampled_from(NUMERIC))
    return (array(draw, dtype, (3, 2), tame=True), array(draw, dtype, (4, 1, 2), tame=True)), {}


ROWS["linalg.matmul"], ROWS["linalg.tensordot"] = ROWS["matmul"], ROWS["tensordot"]
ROWS["linalg.vecdot"] = ROWS["vecdot"]
ROWS["linalg.matrix_transpose"] = ROWS["matrix_transpose"]
for _name in ("matmul", "tensordot", "vecdot"):
    TOLERANCE[f"linalg.{_name}"] = 256


@row("linalg.outer")
def _(draw):
    dtype = draw(st.sampled_from(NUMERIC))
    return tuple(
        array(draw, dtype, (draw(st.integers(0, 4)),), tame=True) for _ in range(2)
    ), {}


@row("linalg.cross", 256)
def _(draw):
    dtype = draw(st.sampled_from(INTS + INEXACT))
    return (array(draw, dtype, (2, 3), tame=True), array(draw, dtype, (4, 1, 3), tame=True)), {}


@row("linalg.diagonal")
def _(draw):
    x = array(draw, ALL, hnp.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=4))
    return (x,), {"offset": draw(st.integers(-3, 3))}


@row("linalg.trace", 64)
def _(draw):
    x = array(draw, NUMERIC, hnp.array_shapes(min_dims=2, max_dims=3, max_side=4), tame=True)
    return (x,), {"offset": draw(st.integers(-2, 2))}


@row("linalg.vector_norm", 64)
def _(draw):
    x = array(draw, INEXACT, FILLED, tame=True)
    order = draw(st.sampled_from((0, 1, 2, 3, 0.5, float("inf"), float("-inf"))))
    return (x,), {"axis": axes(draw, x.ndim), "keepdims": draw(st.booleans()), "ord": order}


# -- factorisations --------------------------------------------------------------------------------

BATCHES = ((), (2,), (2, 1), (0,))


def matrix(draw, dtypes=INEXACT, rows=None, columns=None):
    """Matrices with singular values far from 0 and from each other."""
    dtype = draw(st.sampled_from(dtypes))
    batch = draw(st.sampled_from(BATCHES))
    n = draw(st.integers(1, 4)) if rows is None else rows
    m = n if columns is None else columns
    rng = np.random.default_rng(draw(st.integers(0, 1 << 16)))
    x = rng.uniform(-1, 1, (*batch, n, m)) + 3 * np.eye(n, m) * np.arange(1, m + 1)
    if dtype in COMPLEX:
        x = x + 1j * rng.uniform(-1, 1, x.shape)
    return x.astype(dtype)


def hermitian(draw):
    x = matrix(draw)
    return ((x + np.swapaxes(x, -1, -2).conj()) / 2).astype(x.dtype)


def oblong(draw):
    return matrix(draw, rows=draw(st.integers(1, 4)), columns=draw(st.integers(1, 4)))


def positive(draw):
    x = matrix(draw)
    n = x.shape[-1]
    return (x @ np.swapaxes(x, -1, -2).conj() + n * np.eye(n)).astype(x.dtype)


def simple(name, draw_matrix, tolerance=512, **kwargs):
    ROWS[name] = lambda draw: ((draw_matrix(draw),), {k: f(draw) for k, f in kwargs.items()})
    TOLERANCE[name] = tolerance


simple("linalg.det", matrix, 4096)
simple("linalg.slogdet", matrix)
simple("linalg.inv", matrix)
simple("linalg.svdvals", oblong)
simple("linalg.eigvalsh", hermitian, 4096)
simple("linalg.cholesky", positive, upper=lambda draw: draw(st.booleans()))
simple("linalg.matrix_rank", oblong)
simple("linalg.pinv", oblong)
simple(
    "linalg.matrix_norm", oblong,
    ord=lambda draw: draw(st.sampled_from(
        ("fro", "nuc", 1, -1, 2, -2, float("inf"), float("-inf"))
    )),
    keepdims=lambda draw: draw(st.booleans()),
)
ROWS["linalg.matrix_power"] = lambda draw: ((matrix(draw), draw(st.integers(-2, 3))), {})
TOLERANCE["linalg.matrix_power"] = 1e4


@row("linalg.solve", 512)
def _(draw):
    x = matrix(draw)
    n = x.shape[-1]
    shape = draw(st.sampled_from(((n,), (n, 2), (1, n, 2))))
    return (x, array(draw, str(x.dtype), shape, tame=True)), {}


# -- signals ---------------------------------------------------------------------------------------


def signal(name, dtypes, least=1):
    def draw_row(draw):
        x = array(draw, dtypes, (draw(st.integers(1, 3)), draw(st.integers(2, 7))), tame=True)
        kwargs = {"axis": draw(st.integers(-2, 1)), "norm": draw(_NORMS)}
        if name in ("irfft", "hfft"):
            x, kwargs["axis"] = np.ascontiguousarray(np.atleast_2d(x)), -1
            x = _half_spectrum(x)
        if draw(st.booleans()):
            kwargs["n"] = draw(st.integers(least, 8))
        return (x,), kwargs

    ROWS[f"fft.{name}"], TOLERANCE[f"fft.{name}"] = draw_row, 512


def _half_spectrum(x):
    """A signal whose first and last elements are real, as its transform takes for granted."""
    x = x.copy()
    x[..., 0], x[..., -1] = x[..., 0].real, x[..., -1].real
    return x


_NORMS = st.sampled_from(("backward", "ortho", "forward"))
for _name, _dtypes in (
    ("fft", COMPLEX), ("ifft", COMPLEX), ("rfft", FLOATS), ("irfft", COMPLEX), ("hfft", COMPLEX),
    ("ihfft", FLOATS),
):
    signal(_name, _dtypes, least=2)


def field(name, dtypes):
    def draw_row(draw):
        x = array(draw, dtypes, (3, 4, 2), tame=True)
        if name == "irfftn":
            x = x.real.astype(x.dtype)
        axes = draw(st.sampled_from((None, (0, 1), (-1,), (1, 2))))
        kwargs = {"axes": axes, "norm": draw(_NORMS)}
        if axes is not None and name != "irfftn" and draw(st.booleans()):
            kwargs["s"] = tuple(draw(st.integers(2, 5)) for _ in axes)
        return (x,), kwargs

    ROWS[f"fft.{name}"], TOLERANCE[f"fft.{name}"] = draw_row, 4096


for _name, _dtypes in (
    ("fftn", COMPLEX), ("ifftn", COMPLEX), ("rfftn", FLOATS), ("irfftn", COMPLEX),
):
    field(_name, _dtypes)
for _name in ("fftfreq", "rfftfreq"):
    ROWS[f"fft.{_name}"] = lambda draw: (
        (draw(st.integers(1, 9)),),
        {"d": draw(st.sampled_from((1.0, 0.25, 3.0))), "dtype": D(draw(st.sampled_from(FLOATS)))},
    )
for _name in ("fftshift", "ifftshift"):
    ROWS[f"fft.{_name}"] = lambda draw: (
        (array(draw, INEXACT, (3, 4)),),
        {"axes": draw(st.sampled_from((None, 0, (0, 1), (-1,))))},
    )

