"""From one element type to another, and the parts of complex numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op


def _known(x: Any, DstT: Any, Truncate: bool) -> Any:
    if x.dtype == object:
        return x
    if DstT is dtypes.bfloat16:
        # The upper half of a float32's bits, rounded to even.
        bits = np.asarray(x, np.float32).view(np.uint32)
        half = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
        return np.where(np.isnan(x), np.float32(np.nan), half.view(np.float32))
    return x.astype(DstT.as_numpy_dtype)


def _cast(x: Any, DstT: Any, Truncate: bool) -> Any:
    if x.dtype.is_complex and not DstT.is_complex:
        x = x.real
    return x.to(DstT.tensor_dtype)


_CAST = op("Cast", "x: SrcT; DstT, Truncate=False -> y: DstT", _cast, known=_known)


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """x with elements of another type."""
    from pentad.frontends.tensorflow1.framework.slices import IndexedSlices
    from pentad.frontends.tensorflow1.framework.sparse import SparseTensor

    base = dtypes.as_dtype(dtype).base_dtype
    if isinstance(x, SparseTensor):
        return SparseTensor(x.indices, cast(x.values, base, name), x.dense_shape)
    if isinstance(x, IndexedSlices):
        return IndexedSlices(cast(x.values, base, name), x.indices, x.dense_shape)
    with name_scope(name, "Cast", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.base_dtype is base:
            return x
        return _CAST(x, DstT=base, name=scope)


def _to(public: str) -> Any:
    default = f"To{public.capitalize()}"

    def call(x: Any, name: Any = default) -> Any:
        return cast(x, public, name)

    call.__name__ = f"to_{public}"
    call.__doc__ = f"x with elements of tf.{public}."
    return call


to_float, to_double, to_int32, to_int64 = _to("float"), _to("double"), _to("int32"), _to("int64")
to_bfloat16, to_complex64, to_complex128 = _to("bfloat16"), _to("complex64"), _to("complex128")


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """The value with elements of another type; what is out of its range becomes its limit."""
    from pentad.frontends.tensorflow1.ops.elementwise import maximum, minimum

    with name_scope(name, "saturate_cast", [value]) as scope:
        value = convert_to_tensor(value, name="value")
        dtype = dtypes.as_dtype(dtype).base_dtype
        if value.dtype.min < dtype.min:
            value = maximum(value, np.array(dtype.min, value.dtype.as_numpy_dtype))
        if value.dtype.max > dtype.max:
            value = minimum(value, np.array(dtype.max, value.dtype.as_numpy_dtype))
        return cast(value, dtype, name=scope)




def _bits(input: Any, type: Any) -> Any:
    to = np.dtype(type.as_numpy_dtype)
    array = np.ascontiguousarray(input).reshape(np.shape(input))
    if to.itemsize < array.itemsize:
        return array[..., None].view(to)
    if to.itemsize > array.itemsize:
        return array.view(to)[..., 0]
    return array.view(to)


def _bits_type(input: Any, type: Any) -> list[Any]:
    dtype, shape = input.static_type
    size, to = input.dtype.size, type.size
    if shape is not None and to < size:
        shape = (*shape, size // to)
    elif shape is not None and to > size:
        shape = shape[:-1]
    return [(type, shape)]


_BITCAST = op("Bitcast", "input: T; type -> output: type", _bits, types=_bits_type, host=True,
              differentiable=False)


def bitcast(input: Any, type: Any, name: str | None = None) -> Any:
    """The same bits as elements of another type."""
    return _BITCAST(input, type=type, name=name)


_COMPLEX = op("Complex", "real: T, imag: T; Tout=complex64 -> out: Tout",
              lambda real, imag, Tout: pt.complex(real, imag))
_REAL = op("Real", "input: T; Tout=float32 -> output: Tout", lambda input, Tout: input.real)
_IMAG = op("Imag", "input: T; Tout=float32 -> output: Tout", lambda input, Tout: input.imag)
_ANGLE = op("Angle", "input: T; Tout=float32 -> output: Tout", lambda input, Tout: pt.angle(input))
_CONJ = op("Conj", "input: T -> output: T", pt.conj)


def complex(real: Any, imag: Any, name: str | None = None) -> Any:
    """Complex numbers of their parts."""
    real = convert_to_tensor(real, name="real")
    out = dtypes.complex128 if real.dtype.base_dtype is dtypes.float64 else dtypes.complex64
    return _COMPLEX(real, imag, Tout=out, name=name)


def real(input: Any, name: str | None = None) -> Any:
    """The real part."""
    input = convert_to_tensor(input, name="input")
    return _REAL(input, Tout=input.dtype.real_dtype, name=name) if input.dtype.is_complex else input


def imag(input: Any, name: str | None = None) -> Any:
    """The imaginary part."""
    input = convert_to_tensor(input, name="input")
    if input.dtype.is_complex:
        return _IMAG(input, Tout=input.dtype.real_dtype, name=name)
    from pentad.frontends.tensorflow1.ops.creation import zeros_like

    return zeros_like(input, name=name)


def angle(input: Any, name: str | None = None) -> Any:
    """The angle of complex numbers; zero or pi for real ones."""
    input = convert_to_tensor(input, name="input")
    return _ANGLE(input, Tout=input.dtype.real_dtype, name=name)


def conj(x: Any, name: str | None = None) -> Any:
    """The complex conjugate; real numbers as they are."""
    x = convert_to_tensor(x, name="x")
    return _CONJ(x, name=name) if x.dtype.is_complex else x
