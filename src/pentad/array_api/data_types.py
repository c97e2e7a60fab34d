"""Functions about element types: astype, can_cast, finfo, iinfo, isdtype, result_type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pentad.array_api.array import Array, check_device, wrap
from pentad.array_api.promotion import (
    ALL,
    COMPLEX,
    FLOATING,
    KINDS,
    NUMBERS,
    cast,
    check_kind,
    common,
    common_of,
    number_fits,
    tensor_of,
)
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.tensor.functions import pointwise


def check_dtype(name: str, dtype: Any) -> DType:
    """The dtype itself; DTypeError unless it is one of the standard's."""
    if isinstance(dtype, DType) and dtype in ALL:
        return dtype
    raise DTypeError(
        message(f"{name}: not a dtype of the standard",
                expected=", ".join(d.name for d in ALL), got=repr(dtype))
    )


def _type_of(name: str, x: Any) -> DType:
    return x.dtype if isinstance(x, Array) else check_dtype(name, x)


def astype(x: Array, dtype: DType, /, *, copy: bool = True, device: Any = None) -> Array:
    """x in another dtype; x itself if it has that one and `copy` is False.

    DTypeError from complex to real numbers: take real(x) or abs(x).
    """
    t = tensor_of("astype", x)
    check_dtype("astype", dtype)
    check_device("astype", device)
    if t.dtype in COMPLEX and dtype not in COMPLEX and dtype is not dtypes.bool_:
        raise DTypeError(
            message("astype: complex numbers to real ones", expected="a complex dtype",
                    got=dtype.name, hint="use real(x), imag(x) or abs(x)")
        )
    if t.dtype is dtype:
        return wrap(pointwise.clone(t)) if copy else x
    return wrap(cast(t, dtype))


def can_cast(from_: Any, to: DType, /) -> bool:
    """Does the promotion of the two give `to`?"""
    source, target = _type_of("can_cast", from_), check_dtype("can_cast", to)
    try:
        return common(source, target) is target
    except DTypeError:
        return False


def result_type(*arrays_and_dtypes: Any) -> DType:
    """The dtype that arrays, dtypes and Python numbers promote to; at least one is no number."""
    types = [_type_of("result_type", a) for a in arrays_and_dtypes if not _is_number(a)]
    if not types:
        raise ArgumentError(
            message("result_type: no arrays", expected="at least one array or dtype",
                    got=repr(arrays_and_dtypes))
        )
    result = common_of(types)
    for a in arrays_and_dtypes:
        if _is_number(a) and not number_fits(a, result):
            raise DTypeError(
                message("result_type: the number does not fit the dtype",
                        expected=f"a number that {result.name} can hold", got=repr(a))
            )
    return result


def _is_number(value: Any) -> bool:
    return isinstance(value, NUMBERS)


def isdtype(dtype: DType, kind: Any) -> bool:
    """Is a dtype of a kind: a dtype, a name such as "real floating", or a tuple of these?"""
    check_dtype("isdtype", dtype)
    if isinstance(kind, tuple):
        return any(isdtype(dtype, k) for k in kind)
    if isinstance(kind, DType):
        return dtype is kind
    if not isinstance(kind, str):
        raise DTypeError(
            message("isdtype: not a kind", expected="a dtype, a string or a tuple",
                    got=repr(kind))
        )
    if kind not in KINDS:
        raise ArgumentError(
            message("isdtype: unknown kind", expected=", ".join(KINDS), got=repr(kind))
        )
    return dtype in KINDS[kind]


@dataclass(frozen=True)
class FInfo:
    """What finfo returns: the limits of a float type, as Python floats."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


@dataclass(frozen=True)
class IInfo:
    """What iinfo returns: the limits of an integer type."""

    bits: int
    max: int
    min: int
    dtype: DType


def finfo(type: Any, /) -> FInfo:
    """The limits of a floating dtype (of an array, its own); of complex ones, of their parts."""
    dtype = _type_of("finfo", type)
    check_kind("finfo", dtype, FLOATING)
    real = part_of(dtype)
    info = np.finfo(real.numpy)
    return FInfo(
        real.bits, float(info.eps), float(info.max), float(info.min),
        float(info.smallest_normal), real,
    )


def iinfo(type: Any, /) -> IInfo:
    """The limits of an integer dtype (of an array, its own)."""
    dtype = _type_of("iinfo", type)
    check_kind("iinfo", dtype, dtypes.INTEGERS)
    low = -(1 << (dtype.bits - 1)) if dtype.is_signed else 0
    return IInfo(dtype.bits, low + (1 << dtype.bits) - 1, low, dtype)


def part_of(dtype: DType) -> DType:
    """The float type of a complex dtype's parts; other dtypes stay."""
    return dtypes.by_name(f"float{dtype.bits // 2}") if dtype in COMPLEX else dtype


def complex_of(dtype: DType) -> DType:
    """The complex dtype whose parts are of a float type; complex ones stay."""
    return dtype if dtype in COMPLEX else dtypes.by_name(f"complex{dtype.bits * 2}")
