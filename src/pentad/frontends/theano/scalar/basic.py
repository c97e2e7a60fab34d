"""Scalars: their types. A scalar variable is a tensor without axes here."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.theano.scalar.ops import OPS
from pentad.frontends.theano.scalar.types import COMPLEX, FLOATS, INTS, UINTS, upcast
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.type import TensorType


class Scalar(TensorType):
    """The type of numbers of an element type."""

    def __init__(self, dtype: Any) -> None:
        super().__init__(dtype, ())

    def __str__(self) -> str:
        return self.dtype

    __repr__ = __str__


def get_scalar_type(dtype: Any) -> Scalar:
    """The type of that element type."""
    return Scalar(dtype)


def as_scalar(x: Any, name: str | None = None) -> Any:
    """A variable of a number, or of a tensor without axes."""
    found = as_tensor_variable(x, name)
    if found.ndim:
        raise TypeError(f"Cannot convert {x} to a scalar: it has {found.ndim} axes")
    return found


constant = as_scalar
int_types = int8, int16, int32, int64 = tuple(map(Scalar, INTS))
uint_types = uint8, uint16, uint32, uint64 = tuple(map(Scalar, UINTS))
float_types = float16, float32, float64 = tuple(map(Scalar, FLOATS))
complex_types = complex64, complex128 = tuple(map(Scalar, COMPLEX))
bool = Scalar("bool")
integer_types = int_types + uint_types
discrete_types = (bool, *integer_types)
continuous_types = float_types + complex_types
all_types = discrete_types + continuous_types


def __getattr__(name: str) -> Any:
    """The operations on elements, by their names."""
    return OPS[name] if name in OPS else _absent(name)


_absent = absent(__name__)
__all__ = [
    "Scalar", "all_types", "as_scalar", "complex128", "complex64", "complex_types",
    "constant",
    "continuous_types", "discrete_types", "float16", "float32", "float64", "float_types",
    "get_scalar_type", "int16", "int32", "int64", "int8", "int_types", "integer_types",
    "uint16", "uint32", "uint64", "uint8", "uint_types", "upcast",
]
