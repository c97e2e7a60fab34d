"""Integer division that is total, and conversions between element types."""

from __future__ import annotations

from pentad.codegen.llvm.vmath_half import (
    bfloat16_bits,
    bfloat16_value,
    double_to_float_for_halves,
    float16_bits,
    float16_value,
)
from pentad.codegen.llvm.vmath_memory import register_type
from pentad.codegen.llvm.vmath_num import Num, narrow, select, widen
from pentad.graph.dtypes import DType, bfloat16, float16


def divide(x: Num, y: Num, signed: bool) -> tuple[Num, Num]:
    """floor(x / y) and x - floor(x / y) y; both 0 where y is 0.

    The smallest number divided by -1 wraps to itself, with remainder 0.
    """
    safe = select(y.equals(0), 1, y)
    if not signed:
        q = x.like(x.f.binary("udiv", x.value, safe.value))
        zero = y.equals(0)
        return select(zero, 0, q), select(zero, 0, x - q * safe)
    lowest = -1 << (x.type.bits - 1)
    safe = select(x.equals(lowest) & y.equals(-1), 1, safe)
    q = x.like(x.f.binary("sdiv", x.value, safe.value))
    r = x - q * safe
    crosses = r.differs(0) & ((r ^ safe) < 0)
    zero = y.equals(0)
    quotient = select(crosses, q - 1, q)
    return select(zero, 0, quotient), select(zero, 0, select(crosses, r + safe, r))


def cast(x: Num, source: DType, to: DType) -> Num:
    """x as another dtype: wrapping among integers, saturating from floats, NaN as 0."""
    if source is to:
        return x
    if to.kind == "bool":
        return x.differs(0)
    if to.kind == "float":
        return _to_float(x, source, to)
    scalar = register_type(to).scalar
    if source.kind == "float":
        op = "fptosi.sat" if to.kind == "int" else "fptoui.sat"
        result = x.type.with_scalar(scalar)
        suffix = f"{result.suffix}.{x.type.suffix}"
        return x.like(x.f.intrinsic(op, result, x.value, suffix=suffix))
    return _resized(x, source, scalar)


def _resized(x: Num, source: DType, scalar: str) -> Num:
    have, want = x.type.bits, int(scalar[1:])
    if want == have:
        return x
    grow = "sext" if source.kind == "int" else "zext"
    return x.convert("trunc" if want < have else grow, scalar)


def _to_float(x: Num, source: DType, to: DType) -> Num:
    scalar = register_type(to).scalar
    if source.kind != "float":
        op = "sitofp" if source.kind == "int" else "uitofp"
        x = x.convert(op, scalar)
    elif x.type.scalar == "float" and scalar == "double":
        return widen(x)
    elif x.type.scalar == "double" and scalar == "float":
        x = double_to_float_for_halves(x) if to is float16 else narrow(x)
    return rounded(x, to)


def rounded(x: Num, to: DType) -> Num:
    """A float rounded to the values of float16 or bfloat16 (others: unchanged)."""
    if to is float16:
        return float16_value(float16_bits(x))
    return bfloat16_value(bfloat16_bits(x)) if to is bfloat16 else x


def raw_bits(x: Num, source: DType) -> Num:
    """The bits of an element as it lies in memory, as an integer."""
    if source is float16:
        return float16_bits(x)
    if source is bfloat16:
        return bfloat16_bits(x)
    return x.convert("bitcast", f"i{source.bits}") if source.kind == "float" else x


def from_raw_bits(x: Num, to: DType) -> Num:
    """The inverse of `raw_bits`."""
    if to is float16:
        return float16_value(x)
    if to is bfloat16:
        return bfloat16_value(x)
    return x.convert("bitcast", register_type(to).scalar) if to.kind == "float" else x
