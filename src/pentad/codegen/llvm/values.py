"""The types, values and constants of LLVM IR text."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_FLOAT_BITS = {"half": 16, "bfloat": 16, "float": 32, "double": 64}


@dataclass(frozen=True, slots=True)
class Type:
    """A scalar type (`float`, `i64`, `ptr`, ...) or, with lanes > 0, a vector of it."""

    scalar: str
    lanes: int = 0

    def __str__(self) -> str:
        return f"<{self.lanes} x {self.scalar}>" if self.lanes else self.scalar

    @property
    def is_float(self) -> bool:
        return self.scalar in _FLOAT_BITS

    @property
    def bits(self) -> int:
        """Bits of one element (64 for a pointer)."""
        if self.scalar == "ptr":
            return 64
        return _FLOAT_BITS.get(self.scalar) or int(self.scalar[1:])

    @property
    def element(self) -> Type:
        return Type(self.scalar)

    def vector(self, lanes: int) -> Type:
        """This element type in `lanes` lanes (0: scalar)."""
        return Type(self.scalar, lanes)

    def with_scalar(self, scalar: str) -> Type:
        """Another element type in the same number of lanes."""
        return Type(scalar, self.lanes)

    @property
    def suffix(self) -> str:
        """The mangling of intrinsic names: f32, v8f32, i64, p0."""
        if self.scalar == "ptr":
            core = "p0"
        elif self.scalar == "bfloat":
            core = "bf16"
        else:
            core = f"{'f' if self.is_float else 'i'}{self.bits}"
        return f"v{self.lanes}{core}" if self.lanes else core


I1, I8, I16, I32, I64 = (Type(f"i{b}") for b in (1, 8, 16, 32, 64))
HALF, BFLOAT, FLOAT, DOUBLE = (Type(n) for n in ("half", "bfloat", "float", "double"))
PTR = Type("ptr")
VOID = Type("void")


@dataclass(frozen=True, slots=True)
class Value:
    """An SSA value or a constant, with its type; `name` is its spelling in the text."""

    type: Type
    name: str

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


Index = int | Value
"""A size or an offset: a Python int is folded at once, an i64 value is computed at run time."""


def _literal(scalar: str, value: float | bool) -> str:
    if scalar in ("float", "double"):
        if scalar == "float":
            try:
                value = struct.unpack("<f", struct.pack("<f", value))[0]
            except OverflowError:
                value = float("inf") if value > 0 else float("-inf")
        return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
    if scalar == "half":
        return f"0xH{struct.unpack('<H', struct.pack('<e', value))[0]:04X}"
    if scalar == "ptr":
        return "null" if not value else f"inttoptr (i64 {int(value)} to ptr)"
    if scalar == "i1":
        return "true" if value else "false"
    return str(int(value))


def constant(type: Type, value: float | bool) -> Value:
    """A constant of `type`, in every lane of a vector."""
    text = _literal(type.scalar, value)
    if type.lanes:
        text = f"splat ({type.scalar} {text})"
    return Value(type, text)


def constant_lanes(type: Type, values: Sequence[float | bool]) -> Value:
    """A vector constant with one value for each lane."""
    items = (f"{type.scalar} {_literal(type.scalar, v)}" for v in values)
    return Value(type, "<" + ", ".join(items) + ">")


def known_lanes(mask: Value) -> int:
    """How many lanes a constant mask has, if they are the first ones; else 0."""
    lanes = mask.name.strip("<>").split(", ")
    count = lanes.count("i1 true")
    return count if lanes[:count] == ["i1 true"] * count else 0


def zero(type: Type) -> Value:
    """Zero (or null, or false), in every lane."""
    return Value(type, "zeroinitializer" if type.lanes else _literal(type.scalar, 0))
