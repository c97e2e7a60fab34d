"""Elements in memory and in registers: bool, float16 and bfloat16 have two different forms."""

from __future__ import annotations

from pentad.codegen.llvm.ir import DOUBLE, FLOAT, I1, I8, I16, Function, Type, Value
from pentad.codegen.llvm.vmath_half import (
    bfloat16_bits,
    bfloat16_value,
    float16_bits,
    float16_value,
)
from pentad.codegen.llvm.vmath_num import Num, literal
from pentad.graph.dtypes import DType, bfloat16, float16
from pentad.target.cpu import CpuTarget


def register_type(dtype: DType, lanes: int = 0) -> Type:
    """The type of `lanes` values (0: a scalar) while one computes with them."""
    if dtype.kind == "bool":
        return I1.vector(lanes)
    if dtype.kind == "float":
        return (DOUBLE if dtype.bits == 64 else FLOAT).vector(lanes)
    return Type(f"i{dtype.bits}", lanes)


def memory_type(dtype: DType) -> Type:
    """The type of one element in memory: its own, i8 for bool, i16 for float16 and bfloat16."""
    if dtype.kind == "bool":
        return I8
    return I16 if dtype in (float16, bfloat16) else register_type(dtype)


def to_register(value: Num, dtype: DType) -> Num:
    """What was loaded as `memory_type`, as `register_type`."""
    if dtype.kind == "bool":
        return value.differs(0)
    if dtype is bfloat16:
        return bfloat16_value(value)
    return float16_value(value) if dtype is float16 else value


def to_memory(value: Num, dtype: DType) -> Num:
    """The inverse of `to_register`, rounding to nearest even."""
    if dtype.kind == "bool":
        return value.convert("zext", "i8")
    if dtype is bfloat16:
        return bfloat16_bits(value)
    return float16_bits(value) if dtype is float16 else value


def load(
    f: Function, target: CpuTarget, pointer: Value, dtype: DType, lanes: int, mask: Value | None
) -> Value:
    """`lanes` neighbours from memory; those outside the mask are 0 and not touched."""
    type = memory_type(dtype).vector(lanes)
    if mask is None:
        raw = f.load(type, pointer)
    elif lanes:
        raw = f.masked_load(type, pointer, mask)
    else:
        loaded = f.choose(mask, lambda: [f.load(type, pointer)], lambda: [literal(type, 0)])
        raw = loaded[0]
    return to_register(Num(f, target, raw), dtype).value


def store(
    f: Function, target: CpuTarget, value: Value, dtype: DType, pointer: Value, mask: Value | None
) -> None:
    """Lanes to neighbours in memory; what lies outside the mask is not touched."""
    raw = to_memory(Num(f, target, value), dtype).value
    if mask is None:
        f.store(raw, pointer)
    elif raw.type.lanes:
        f.masked_store(raw, pointer, mask)
    else:
        with f.when(mask):
            f.store(raw, pointer)
