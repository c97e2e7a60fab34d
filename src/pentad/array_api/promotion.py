"""The standard's rules of type promotion, and what operands a function takes.

Two arrays of the same kind (integers, floats) promote to the smaller dtype that holds both, real
floats and complex numbers to a complex one; int64 with uint64, bool with numbers and integers
with floats have no common dtype. A Python number takes the dtype of the array beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pentad.array_api.array import Array
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.tensor.functions.creation import full
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor

REAL_FLOATS = (dtypes.float32, dtypes.float64)
COMPLEX = tuple(d for d in dtypes.ALL if d.kind == "complex")
FLOATING = (*REAL_FLOATS, *COMPLEX)
REAL = (*dtypes.INTEGERS, *REAL_FLOATS)
NUMERIC = (*REAL, *COMPLEX)
BOOL = (dtypes.bool_,)
BITS = (*BOOL, *dtypes.INTEGERS)
ALL = (*BOOL, *NUMERIC)

KINDS: dict[str, tuple[DType, ...]] = {
    "bool": BOOL,
    "signed integer": dtypes.SIGNED,
    "unsigned integer": dtypes.UNSIGNED,
    "integral": dtypes.INTEGERS,
    "real floating": REAL_FLOATS,
    "complex floating": COMPLEX,
    "numeric": NUMERIC,
}


def common(a: DType, b: DType) -> DType:
    """The dtype that two promote to; DTypeError where the standard has none."""
    if a is b:
        return a
    if a.kind == b.kind:
        return max(a, b, key=lambda d: d.bits)
    kinds = {a.kind, b.kind}
    if kinds == {"int", "uint"}:
        signed, unsigned = (a, b) if a.kind == "int" else (b, a)
        wide = max(signed.bits, 2 * unsigned.bits)
        if wide <= 64:
            return dtypes.by_name(f"int{wide}")
    elif kinds == {"float", "complex"} and a in FLOATING and b in FLOATING:
        real, other = (a, b) if a.kind == "float" else (b, a)
        return dtypes.by_name(f"complex{max(2 * real.bits, other.bits)}")
    raise DTypeError(
        message(
            "no common dtype",
            expected="two dtypes of one kind (bool, integers, floats), by the standard",
            got=f"{a.name} and {b.name}",
            hint="convert one with astype(x, dtype)",
        )
    )


def common_of(types: Sequence[DType]) -> DType:
    """The dtype that several promote to."""
    result = types[0]
    for dtype in types[1:]:
        result = common(result, dtype)
    return result


_RANK = {"bool": 0, "int": 1, "uint": 1, "float": 2, "complex": 3}


def number_fits(value: Any, dtype: DType) -> bool:
    """May this Python number stand beside an array of `dtype`?"""
    rank = _RANK[dtype.kind]
    if isinstance(value, bool):
        return rank == 0
    if isinstance(value, int):
        return rank >= 1
    return rank >= (2 if isinstance(value, float) else 3)


def number(name: str, value: Any, dtype: DType) -> Tensor:
    """A Python number as a 0-d tensor; DTypeError if it is of a higher kind than `dtype`."""
    _require_fitting(name, value, dtype)
    return full((), value, dtype=dtype)  # type: ignore[no-any-return]


def _operand(name: str, value: Any, dtype: DType) -> Tensor:
    """What `number` gives, made once: for operands that are only read."""
    _require_fitting(name, value, dtype)
    if state.trace is not None:
        return full((), value, dtype=dtype)  # type: ignore[no-any-return]
    return _constant(value, repr(value), dtype)


@lru_cache(maxsize=256)
def _constant(value: Any, shown: str, dtype: DType) -> Tensor:
    """`shown` tells 0.0 from -0.0 and 1 from True, which are equal."""
    return full((), value, dtype=dtype)  # type: ignore[no-any-return]


def _require_fitting(name: str, value: Any, dtype: DType) -> None:
    if not number_fits(value, dtype):
        raise DTypeError(
            message(
                f"{name}: the number does not fit the array",
                expected=f"a number that {dtype.name} can hold",
                got=f"{value!r}",
                hint="convert the array with astype(x, dtype)",
            )
        )
    if dtype.is_integer:
        low = -(1 << (dtype.bits - 1)) if dtype.is_signed else 0
        high = low + (1 << dtype.bits) - 1
        if not low <= value <= high:
            raise ArgumentError(
                message(f"{name}: the number is out of range", expected=f"{low} to {high}",
                        got=str(value))
            )


NUMBERS = (bool, int, float, complex)


def tensor_of(name: str, x: Any, allowed: Sequence[DType] = ALL) -> Tensor:
    """The tensor of an array of one of the dtypes `allowed`."""
    if not isinstance(x, Array):
        raise DTypeError(
            message(f"{name}: not an array", expected="an Array of pentad.array_api",
                    got=type(x).__name__, hint="make one with asarray(...)")
        )
    check_kind(name, x.dtype, allowed)
    return x.tensor


def check_kind(name: str, dtype: DType, allowed: Sequence[DType]) -> None:
    """DTypeError unless `dtype` is one of `allowed`."""
    if dtype not in allowed:
        raise DTypeError(
            message(f"{name}: not defined on {dtype.name}",
                    expected=", ".join(d.name for d in allowed), got=dtype.name,
                    hint="convert it with astype(x, dtype)")
        )


def together(name: str, operands: Sequence[Any], allowed: Sequence[DType] = ALL) -> list[Tensor]:
    """Arrays and Python numbers as tensors of their common dtype; at least one is an array."""
    types = []
    for x in operands:
        if isinstance(x, Array):
            types.append(x.tensor.meta.dtype)
        elif not isinstance(x, NUMBERS):
            raise DTypeError(
                message(f"{name}: not an operand", expected="an Array or a Python number",
                        got=type(x).__name__, hint="make an array with asarray(...)")
            )
    if not types:
        raise DTypeError(
            message(f"{name}: no array among the operands", expected="at least one Array",
                    got=", ".join(repr(x) for x in operands))
        )
    dtype = common_of(types)
    check_kind(name, dtype, allowed)
    return [
        cast(x.tensor, dtype) if isinstance(x, Array) else _operand(name, x, dtype)
        for x in operands
    ]


def cast(t: Tensor, dtype: DType) -> Tensor:
    """The tensor in another dtype; itself if it has that one."""
    return t if t.meta.dtype is dtype else t.to(dtype)  # type: ignore[attr-defined, no-any-return]
