"""What the caller of an operation passes: Python numbers as operands, static values as keys."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.graph.sizes import Dim
from pentad.runtime.memory import allocate
from pentad.tensor.meta import WEAK
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor, wrap

_SCALAR_LIMIT = 1024

NUMBERS = (bool, int, float, complex)
C_TYPES: dict[type, Any] = {
    bool: ctypes.c_bool, int: ctypes.c_int64, float: ctypes.c_double, complex: ctypes.c_double * 2
}
_scalars: dict[Any, Tensor] = {}


def scalar_operand(value: complex) -> Tensor:
    """A Python number as a weak 0-d operand."""
    key = (type(value), value)
    found = _scalars.get(key)
    if found is not None:
        return found
    return _new_scalar(value, key)


def _new_scalar(value: complex, key: Any) -> Tensor:
    if isinstance(value, complex):
        return _complex_scalar(value)
    kind = bool if isinstance(value, bool) else int if isinstance(value, int) else float
    if kind is int and not -(1 << 63) <= value < 1 << 63:
        raise ArgumentError(
            message("a number is out of range", expected="a 64-bit integer", got=str(value))
        )
    t = wrap(allocate(8), WEAK[kind])
    C_TYPES[kind].from_address(t.ptr).value = value
    if value != 0:  # 0.0 and -0.0 are equal keys
        if len(_scalars) >= _SCALAR_LIMIT:
            _scalars.clear()
        _scalars[key] = t
    return t


def _complex_scalar(value: complex) -> Tensor:
    t = wrap(allocate(16), WEAK[complex])
    C_TYPES[complex].from_address(t.ptr)[:] = value.real, value.imag
    return t


def scalar_value(t: Tensor) -> complex:
    """The Python number that a weak operand stands for."""
    kinds = {"bool": bool, "int": int, "float": float, "complex": complex}
    memory = C_TYPES[kinds[t.dtype.kind]].from_address(t.ptr)
    return complex(*memory) if t.dtype.is_complex else memory.value  # type: ignore[no-any-return]


def convert_operand(function: str, parameter: str, value: Any, *, first: bool = False) -> Tensor:
    """A tensor from another kind of operand (a NumPy scalar or array, a traced size).

    DTypeError if it is none; NumPy's arrays are none where they stand `first`, or in a trace,
    which would not see that another array takes the place of this one.
    """
    if isinstance(value, Dim) and state.trace is not None:
        return state.trace.size_operand(value)  # type: ignore[no-any-return]
    if isinstance(value, (np.bool_, np.integer, np.floating, np.complexfloating)):
        return scalar_operand(value.item())
    if isinstance(value, np.ndarray) and not first and state.trace is None:
        from pentad.tensor.functions.creation import tensor

        return tensor(value)  # type: ignore[no-any-return]
    converted = getattr(value, "__pentad_operand__", None)
    if converted is not None:
        return converted()  # type: ignore[no-any-return]
    raise DTypeError(
        message(
            f"{function}: argument {parameter!r} is not a tensor",
            expected="a Tensor or a Python number",
            got=type(value).__name__,
            hint="make one with pentad.tensor(...)",
        )
    )


# -- static arguments ------------------------------------------------------------------------------


class _Typed:
    """A static number with its type, for 1, 1.0 and True are equal keys."""

    __slots__ = ("key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.key = (type(value), repr(value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Typed) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def frozen(value: Any) -> Any:
    """A static argument as part of a key."""
    if isinstance(value, (list, tuple)):
        return tuple(frozen(v) for v in value)
    if type(value) in (bool, float, complex):
        return _Typed(value)
    return value


def melted(value: Any) -> Any:
    """The inverse of `frozen`, but that lists stay tuples."""
    if isinstance(value, tuple):
        return tuple(melted(v) for v in value)
    return value.value if isinstance(value, _Typed) else value


def has_dim(value: Any) -> bool:
    """Is there a symbolic size among the static values?"""
    if isinstance(value, tuple):
        return any(has_dim(v) for v in value)
    return isinstance(value, Dim)
