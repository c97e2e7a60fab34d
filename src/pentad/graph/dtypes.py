"""Element types. One object per type; compare with `is`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pentad.graph.errors import DTypeError, message
from pentad.graph.naming import naming


@dataclass(frozen=True, eq=False)
class DType:
    """An element type: `kind` is bool, int, uint, float or complex; `bits` counts one element in
    memory, both parts of a complex one (real, then imaginary).

    `numpy` is the type that carries its values in NumPy. bfloat16 has none of its own: NumPy
    code carries its values as float32 numbers rounded to bfloat16, and its memory as uint16.
    """

    name: str
    kind: str
    bits: int
    numpy: np.dtype = field(repr=False)

    @property
    def itemsize(self) -> int:
        """Bytes of one element in memory."""
        return self.bits // 8

    @property
    def is_floating_point(self) -> bool:
        return self.kind == "float"

    @property
    def is_complex(self) -> bool:
        return self.kind == "complex"

    @property
    def is_inexact(self) -> bool:
        """True for floats and complex numbers: the types that have gradients."""
        return self.kind in ("float", "complex")

    @property
    def real(self) -> DType:
        """The type of the real part of a complex type; a real type is its own."""
        return _REAL.get(self, self)

    @property
    def complex(self) -> DType:
        """The complex type with parts of this type; a complex type is its own.

        complex64 for float16, bfloat16 and everything that is no float.
        """
        if self.is_complex:
            return self
        return complex128 if self is float64 else complex64

    @property
    def is_integer(self) -> bool:
        """True for the signed and unsigned integers, not for bool."""
        return self.kind in ("int", "uint")

    @property
    def is_signed(self) -> bool:
        return self.kind in ("int", "float", "complex")

    @property
    def memory(self) -> np.dtype:
        """The NumPy type of the bytes in memory (uint16 for bfloat16)."""
        return np.dtype(np.uint16) if self is bfloat16 else self.numpy

    def __repr__(self) -> str:
        return f"{naming.package}.{self.name}"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return by_name, (self.name,)


def _make(name: str, kind: str, bits: int, numpy: str | None = None) -> DType:
    return DType(name, kind, bits, np.dtype(numpy or name))


bool_ = _make("bool", "bool", 8)
int8, int16, int32, int64 = (_make(f"int{b}", "int", b) for b in (8, 16, 32, 64))
uint8, uint16, uint32, uint64 = (_make(f"uint{b}", "uint", b) for b in (8, 16, 32, 64))
float16 = _make("float16", "float", 16)
bfloat16 = _make("bfloat16", "float", 16, "float32")
float32 = _make("float32", "float", 32)
float64 = _make("float64", "float", 64)
complex64 = _make("complex64", "complex", 64)
complex128 = _make("complex128", "complex", 128)

SIGNED = (int8, int16, int32, int64)
UNSIGNED = (uint8, uint16, uint32, uint64)
INTEGERS = SIGNED + UNSIGNED
FLOATS = (float16, bfloat16, float32, float64)
COMPLEX = (complex64, complex128)
NUMERIC = INTEGERS + FLOATS
INEXACT = COMPLEX + FLOATS
NUMBERS = COMPLEX + NUMERIC
REAL = (bool_, *NUMERIC)
ALL = REAL + COMPLEX

_REAL = {complex64: float32, complex128: float64}

_BY_NAME = {d.name: d for d in ALL}
_BY_NUMPY = {d.numpy: d for d in ALL if d is not bfloat16}


def by_name(name: str) -> DType:
    """The dtype called `name`; DTypeError if there is none."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise DTypeError(
            message(f"no dtype is called {name!r}", expected=", ".join(_BY_NAME))
        ) from None


def from_numpy(dtype: np.dtype | type) -> DType:
    """The dtype that has the memory layout of a NumPy dtype; DTypeError if there is none."""
    found = _BY_NUMPY.get(dtype)  # type: ignore[arg-type]
    if found is not None:
        return found
    try:
        return _BY_NUMPY[np.dtype(dtype).newbyteorder("=")]
    except (KeyError, ValueError):
        raise DTypeError(
            message(
                f"NumPy dtype {dtype!r} has no counterpart",
                expected=", ".join(_BY_NAME),
                hint="convert the array first, e.g. array.astype('float32')",
            )
        ) from None


def round_bfloat16(values: np.ndarray) -> np.ndarray:
    """Round float32 values to the nearest bfloat16 (ties to even), still carried as float32."""
    return bfloat16_from_bits(bfloat16_bits(values))


def bfloat16_bits(values: np.ndarray) -> np.ndarray:
    """The uint16 bit patterns of float32 values rounded to bfloat16 (ties to even)."""
    single = np.asarray(values, dtype=np.float32)
    bits = single.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    quiet = (bits >> np.uint32(16)) | np.uint32(0x40)
    return np.asarray(np.where(np.isnan(single), quiet, rounded)).astype(np.uint16)


def bfloat16_from_bits(bits: np.ndarray) -> np.ndarray:
    """float32 values of bfloat16 bit patterns."""
    wide = np.asarray(bits, dtype=np.uint16).astype(np.uint32) << np.uint32(16)
    return np.asarray(wide).view(np.float32)


def to_memory(values: np.ndarray, dtype: DType) -> np.ndarray:
    """An array of values as the array of their bytes in memory."""
    if dtype is bfloat16:
        return bfloat16_bits(values)
    return np.asarray(values, dtype=dtype.numpy)


def from_memory(memory: np.ndarray, dtype: DType) -> np.ndarray:
    """The inverse of `to_memory`."""
    return bfloat16_from_bits(memory) if dtype is bfloat16 else memory
