"""Discrete Fourier transforms: host steps (NumPy's pocketfft) in the precision of the operand.

Three transforms, unscaled: complex to complex, real to half a spectrum, and back. Sizes, norms and
cut or padded operands are compositions around them, and each one's derivative is made of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size
from pentad.ops.batching import later_axes
from pentad.ops.complex import real
from pentad.ops.conversion import cast
from pentad.ops.define import F32, OpFunction, define, normalize_axis, quiet, require_dtype
from pentad.ops.movement import concatenate, slice_
from pentad.ops.sources import full_like

C64, C128 = dtypes.COMPLEX


def _axes(name: str, x: TensorType, axes: Sequence[int]) -> None:
    for axis in axes:
        normalize_axis(name, axis, x.ndim)
        if isinstance(x.shape[axis], int) and x.shape[axis] == 0:
            raise ShapeError(
                message(f"{name}: there is no transform of nothing", expected="sizes >= 1",
                        got=f"{list(x.shape)} along axis {axis}")
            )


# -- complex to complex ------------------------------------------------------------------------


def _infer_c2c(x: TensorType, *, axes: tuple[int, ...], inverse: bool) -> TensorType:
    require_dtype("fft", x.dtype, dtypes.COMPLEX)
    _axes("fft", x, axes)
    return x


def _reference_c2c(x: np.ndarray, *, axes: tuple[int, ...], inverse: bool) -> np.ndarray:
    if not x.size:
        return x
    transform = np.fft.ifftn if inverse else np.fft.fftn
    return np.asarray(transform(x, axes=axes, norm="forward" if inverse else "backward"))


fft_c2c: OpFunction = define(
    "fft_c2c",
    "The sums of x exp(-2 pi i j k / n) over some axes (`inverse`: with the other sign), unscaled.",
    kind="host",
    infer=_infer_c2c,
    reference=quiet(_reference_c2c),
    vjp=lambda g, y, x, *, axes, inverse: (fft_c2c(g, axes=axes, inverse=not inverse),),
    wirtinger=True,
    linear=(0,),
    batch=later_axes("axes"),
    samples=lambda: [
        Sample(((s, d),), {"axes": a, "inverse": i})
        for s, a, i, d in (
            ((5,), (0,), False, C128), ((4, 3), (0, 1), True, C128), ((2, 3, 4), (1,), False, C64),
            ((0, 3), (1,), False, C128), ((1,), (0,), True, C64),
        )
    ],
    errors=lambda: [
        Sample((((3,), F32),), {"axes": (0,), "inverse": False}, DTypeError, "not supported"),
        Sample((((3,), C64),), {"axes": (1,), "inverse": False}, ShapeError, "axis"),
        Sample((((3, 0), C64),), {"axes": (1,), "inverse": False}, ShapeError, "of nothing"),
    ],
)

# -- real to half a spectrum, and back ---------------------------------------------------------


def _infer_r2c(x: TensorType, *, axis: int) -> TensorType:
    require_dtype("rfft", x.dtype, (dtypes.float32, dtypes.float64))
    _axes("rfft", x, (axis,))
    shape = (*x.shape[:axis], x.shape[axis] // 2 + 1, *x.shape[axis + 1 :])
    return TensorType(shape, x.dtype.complex)


def _along(x: Node, axis: int, start: Size, limit: Size) -> Node:
    low, high = [0] * x.ndim, list(x.shape)
    first: list[Size] = list(low)
    first[axis], high[axis] = start, limit
    return slice_(x, first, high)


def _vjp_r2c(g: Node, y: Node, x: Node, *, axis: int) -> tuple[Node]:
    """The missing half of the cotangent is zero: a whole transform's real part."""
    n, half = x.shape[axis], y.shape[axis]
    zeros = full_like(0, g)
    whole = concatenate([g, _along(zeros, axis, 0, n - half)], axis) if n - half != 0 else g
    return (real(fft_c2c(whole, axes=(axis,), inverse=True)),)


fft_r2c: OpFunction = define(
    "fft_r2c",
    "The first n // 2 + 1 terms of the transform of real numbers along an axis.",
    kind="host",
    infer=_infer_r2c,
    reference=quiet(
        lambda x, *, axis: np.fft.rfft(x, axis=axis) if x.size
        else np.zeros(_infer_r2c(TensorType(x.shape, dtypes.from_numpy(x.dtype)), axis=axis).shape,
                      np.result_type(x.dtype, np.complex64))
    ),
    vjp=_vjp_r2c,
    wirtinger=True,
    linear=(0,),
    batch=later_axes("axis"),
    samples=lambda: [
        Sample(((s, d),), {"axis": a})
        for s, a, d in (
            ((6,), 0, dtypes.float64), ((5,), 0, dtypes.float64), ((3, 4), 0, F32), ((1,), 0, F32),
            ((0, 3), 1, F32), ((2,), 0, dtypes.float64),
        )
    ],
    errors=lambda: [
        Sample((((3,), C64),), {"axis": 0}, DTypeError, "not supported"),
        Sample((((0,), F32),), {"axis": 0}, ShapeError, "of nothing"),
    ],
)


def _infer_c2r(x: TensorType, *, axis: int, n: Size) -> TensorType:
    require_dtype("irfft", x.dtype, dtypes.COMPLEX)
    normalize_axis("irfft", axis, x.ndim)
    if n < 1 or x.shape[axis] != n // 2 + 1:
        raise ShapeError(
            message("irfft: not half a spectrum", expected=f"n >= 1 and {n} // 2 + 1 terms",
                    got=str(x.shape[axis]))
        )
    return TensorType((*x.shape[:axis], n, *x.shape[axis + 1 :]), x.dtype.real)


def _reference_c2r(x: np.ndarray, *, axis: int, n: int) -> np.ndarray:
    if not x.size:
        return np.zeros((*x.shape[:axis], n, *x.shape[axis + 1 :]), x.real.dtype)
    return np.asarray(np.fft.irfft(x, n, axis=axis, norm="forward"))


def _vjp_c2r(g: Node, y: Node, x: Node, *, axis: int, n: Size) -> tuple[Node]:
    """Every term but the first and, for even n, the last stands for two."""
    found = fft_r2c(g, axis=axis)
    half = found.shape[axis]
    parts = [_along(found, axis, 0, 1)]
    last = half - 1 if n % 2 == 0 else half
    if half > 1:
        parts.append(_along(found, axis, 1, last) * 2)
        parts.append(_along(found, axis, last, half))
    kept = [p for p in parts if p.shape[axis] != 0]
    return (concatenate(kept, axis),)


fft_c2r: OpFunction = define(
    "fft_c2r",
    "The n real numbers with this half spectrum along an axis, unscaled.",
    kind="host",
    infer=_infer_c2r,
    reference=quiet(_reference_c2r),
    vjp=_vjp_c2r,
    wirtinger=True,
    linear=(0,),
    batch=later_axes("axis"),
    samples=lambda: [
        Sample(((s, d),), {"axis": a, "n": n})
        for s, a, n, d in (
            ((4,), 0, 6, C128), ((3,), 0, 5, C128), ((2, 3), 1, 4, C64), ((1,), 0, 1, C64),
            ((0, 2), 1, 3, C64), ((2,), 0, 2, C128),
        )
    ],
    errors=lambda: [
        Sample((((3,), F32),), {"axis": 0, "n": 4}, DTypeError, "not supported"),
        Sample((((3,), C64),), {"axis": 0, "n": 9}, ShapeError, "half a spectrum"),
    ],
)


def as_complex(x: Node) -> Node:
    """`x` as complex numbers."""
    return x if x.dtype.is_complex else cast(x, x.dtype.complex)
