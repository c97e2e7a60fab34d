"""Element types: `tf.float32` and the rest, and how they map to Pentad's and NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static


class DType:
    """The type of the elements of a tensor; that of a variable's own tensor is a `_ref` type."""

    def __init__(self, name: str, number: int, tensor: Any, array: Any) -> None:
        self._name, self._number = name, number
        # What the values are: a dtype of Pentad, or STRING for those that live in Python only.
        self.tensor_dtype = tensor
        self._array = array
        self._twin: DType | None = None

    @property
    def name(self) -> str:
        """Its name, such as 'float32' or 'float32_ref'."""
        return self._name

    @property
    def as_datatype_enum(self) -> int:
        """Its number in TensorFlow's files."""
        return self._number

    @property
    def _is_ref_dtype(self) -> bool:
        return self._number > 100

    @property
    def _as_ref(self) -> DType:
        return self if self._is_ref_dtype else self._twin or self

    @property
    def base_dtype(self) -> DType:
        """The type without `_ref`."""
        return (self._twin or self) if self._is_ref_dtype else self

    @property
    def real_dtype(self) -> DType:
        """The type of the real part."""
        return {"complex64": float32, "complex128": float64}.get(self.base_dtype.name, self)

    @property
    def as_numpy_dtype(self) -> Any:
        """The type of NumPy's scalars of it."""
        if self._array is None:
            raise TypeError(static.message(f"{self.name} has no NumPy type"))
        return self._array

    @property
    def is_numpy_compatible(self) -> bool:
        """Has NumPy such a type?"""
        return self._array is not None

    @property
    def is_bool(self) -> bool:
        """Is it bool?"""
        return self.base_dtype is bool_

    @property
    def is_integer(self) -> bool:
        """Is it a type of whole numbers, not quantized?"""
        return self.base_dtype.name in _INTEGERS

    @property
    def is_floating(self) -> bool:
        """Is it a type of floating-point numbers?"""
        return self.base_dtype in (float16, float32, float64, bfloat16)

    @property
    def is_complex(self) -> bool:
        """Is it a type of complex numbers?"""
        return self.base_dtype in (complex64, complex128)

    @property
    def is_quantized(self) -> bool:
        """Is it one of the quantized types?"""
        return self.base_dtype in QUANTIZED_DTYPES

    @property
    def is_unsigned(self) -> bool:
        """Is it a type of whole numbers without sign?"""
        return self.base_dtype.name.startswith("uint")

    @property
    def size(self) -> int:
        """How many bytes an element takes."""
        if self.base_dtype in (string, resource, variant):
            return 1
        return 2 if self.base_dtype is bfloat16 else np.dtype(self.as_numpy_dtype).itemsize

    @property
    def min(self) -> Any:
        """The smallest value."""
        return self._limit("min")

    @property
    def max(self) -> Any:
        """The largest value."""
        return self._limit("max")

    @property
    def limits(self) -> tuple[Any, Any]:
        """The range of values that images of this type have."""
        if self.is_floating:
            return 0, 1
        return (False, True) if self.is_bool else (self.min, self.max)

    def _limit(self, which: str) -> Any:
        base = self.base_dtype
        if base is bfloat16:
            return {"min": -3.3895313892515355e38, "max": 3.3895313892515355e38}[which]
        if not (base.is_integer or base.is_floating) or base._array is None:
            raise TypeError(static.message(f"{self.name} has no {which}imum"))
        info = np.finfo(base._array) if base.is_floating else np.iinfo(base._array)
        return getattr(info, which)

    def is_compatible_with(self, other: Any) -> bool:
        """May a value of `other` stand where this type is expected?"""
        return as_dtype(other).base_dtype is self.base_dtype

    def __eq__(self, other: Any) -> bool:
        if other is None:
            return False
        if isinstance(other, DType):
            return self is other
        try:
            return self is as_dtype(other)
        except TypeError:
            return False

    def __ne__(self, other: Any) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return self._number

    def __int__(self) -> int:
        return self._number

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: '{self.name}'>"

    def __reduce__(self) -> Any:
        return as_dtype, (self.name,)


_TABLE = [
    ("float32", 1, pt.float32, np.float32), ("float64", 2, pt.float64, np.float64),
    ("int32", 3, pt.int32, np.int32), ("uint8", 4, pt.uint8, np.uint8),
    ("int16", 5, pt.int16, np.int16), ("int8", 6, pt.int8, np.int8),
    ("string", 7, static.STRING, np.object_), ("complex64", 8, pt.complex64, np.complex64),
    ("int64", 9, pt.int64, np.int64), ("bool", 10, pt.bool, np.bool_),
    ("qint8", 11, pt.int8, np.int8), ("quint8", 12, pt.uint8, np.uint8),
    ("qint32", 13, pt.int32, np.int32), ("bfloat16", 14, pt.bfloat16, None),
    ("qint16", 15, pt.int16, np.int16), ("quint16", 16, pt.uint16, np.uint16),
    ("uint16", 17, pt.uint16, np.uint16), ("complex128", 18, pt.complex128, np.complex128),
    ("float16", 19, pt.float16, np.float16), ("resource", 20, static.STRING, np.object_),
    ("variant", 21, static.STRING, None), ("uint32", 22, pt.uint32, np.uint32),
    ("uint64", 23, pt.uint64, np.uint64),
]
_INTEGERS = {"uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"}
BY_NAME: dict[str, DType] = {}
BY_NUMBER: dict[int, DType] = {}


def _make_all() -> None:
    for name, number, tensor, array in _TABLE:
        plain = DType(name, number, tensor, array)
        ref = DType(f"{name}_ref", number + 100, tensor, array)
        plain._twin, ref._twin = ref, plain
        for made in (plain, ref):
            BY_NAME[made.name] = BY_NUMBER[made._number] = made


_make_all()
float32, float64, float16 = BY_NAME["float32"], BY_NAME["float64"], BY_NAME["float16"]
bfloat16 = BY_NAME["bfloat16"]
int8, int16, int32, int64 = (BY_NAME[f"int{n}"] for n in (8, 16, 32, 64))
uint8, uint16, uint32, uint64 = (BY_NAME[f"uint{n}"] for n in (8, 16, 32, 64))
complex64, complex128 = BY_NAME["complex64"], BY_NAME["complex128"]
bool_, string, resource, variant = (BY_NAME[n] for n in ("bool", "string", "resource", "variant"))
qint8, quint8, qint16 = BY_NAME["qint8"], BY_NAME["quint8"], BY_NAME["qint16"]
quint16, qint32 = BY_NAME["quint16"], BY_NAME["qint32"]
half, double = float16, float64
QUANTIZED_DTYPES = frozenset([qint8, quint8, qint16, quint16, qint32])
BY_NAME.update(half=half, double=double, float=float32, half_ref=half._as_ref)
_BY_PYTHON = {float: float32, int: int32, bool: bool_, str: string, bytes: string,
              complex: complex128, object: string}
_BY_TENSOR = {t: BY_NAME[n] for n, _, t, _ in reversed(_TABLE) if not n.startswith("q")}
_BY_TENSOR[static.STRING] = string


def of_tensor(dtype: Any) -> DType:
    """The type for one of Pentad's."""
    return _BY_TENSOR[dtype]


def of_array(dtype: Any) -> DType:
    """The type for one of NumPy's; TypeError if there is none."""
    dtype = np.dtype(dtype)
    if dtype.kind in "SUO":
        return string
    if dtype.name in BY_NAME:
        return BY_NAME[dtype.name]
    raise TypeError(static.message("no element type for NumPy's", got=str(dtype)))


def as_dtype(value: Any) -> DType:
    """The type that a name, a number, a NumPy or Python type means; TypeError for others."""
    if isinstance(value, DType):
        return value
    found: DType | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        found = BY_NUMBER.get(value)
    elif isinstance(value, str):
        found = BY_NAME.get(value)
    elif isinstance(value, type) and value in _BY_PYTHON:
        found = _BY_PYTHON[value]
    if found is None and not isinstance(value, int | type(None)):
        try:
            found = of_array(value if isinstance(value, type) else getattr(value, "dtype", value))
        except TypeError:
            found = None
    if found is None:
        raise TypeError(static.message(
            f"Cannot convert value {value!r} to a TensorFlow DType.", expected="such as tf.float32",
            got=repr(value)))
    return found


FLOATS = frozenset([float16, float32, float64, bfloat16])
INTEGERS = frozenset(BY_NAME[n] for n in _INTEGERS)
COMPLEX = frozenset([complex64, complex128])
REALS = FLOATS | INTEGERS
NUMBERS = REALS | COMPLEX | QUANTIZED_DTYPES
SMOOTH = FLOATS | COMPLEX
INDEX = frozenset([int32, int64])
