"""Reduction of angles: x = n pi/2 + r, with r in two terms, for any x.

Moderate angles take a few vector instructions (Cody and Waite: pi/2 in parts). Lanes
beyond `LIMIT` take an exact product with the bits of 2/pi (Payne and Hanek), out of line.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from pentad.codegen.llvm.ir import I1, I32, I64, PTR, VOID, Module, Value
from pentad.codegen.llvm.vmath_num import (
    INF,
    Num,
    absolute,
    any_lane,
    bits,
    fma,
    literal,
    narrow,
    real,
    select,
    two_product,
    two_sum,
    widen,
)

LIMIT = 2.0**17


class Reduced(NamedTuple):
    """r + low in [-pi/4, pi/4] (a little more), and integer lanes that are n modulo 4."""

    r: Num
    low: Num
    quarter: Num


@cache
def _pi() -> Fraction:
    """pi with 1,400 good bits (Machin's formula)."""
    one = 1 << 1440

    def arctangent(n: int) -> int:
        total, power, k = 0, one // n, 1
        while power:
            total += power // k if k % 4 == 1 else -(power // k)
            power //= n * n
            k += 2
        return total

    return Fraction(16 * arctangent(5) - 4 * arctangent(239), one)


def _nearest(value: Fraction, scalar: str) -> float:
    number = float(value)
    return number if scalar == "double" else struct.unpack("f", struct.pack("f", number))[0]


@cache
def _half_pi(scalar: str, short: bool) -> tuple[float, float, float]:
    """pi/2 in three parts; `short`: the first two have 33 bits, for exact products."""
    rest, parts = _pi() / 2, []
    for _ in range(3):
        part = _nearest(rest, scalar)
        if short and len(parts) < 2:
            part = struct.unpack("d", struct.pack("q", _float_bits(part) & (-1 << 20)))[0]
        parts.append(part)
        rest -= Fraction(part)
    return parts[0], parts[1], parts[2]


def _float_bits(number: float) -> int:
    bits: int = struct.unpack("q", struct.pack("d", number))[0]
    return bits


def reduce_angle(x: Num) -> Reduced:
    """The remainder of x; of an infinity or NaN: NaN."""
    reduced = _moderate(x)
    size = absolute(x)
    large = (size > LIMIT) & (size < INF)
    f = x.f
    integer = reduced.quarter.type
    types = (x.type, x.type, integer)
    spaces = [f.alloca(t) for t in types]

    def exact() -> list[Value]:
        safe = select(large, x, 2 * LIMIT)  # the others would look outside the table
        f.call(_large_angles(x), VOID, safe.value, *spaces)
        found = [f.load(t, p) for t, p in zip(types, spaces)]
        return [f.select(large.value, a, b.value) for a, b in zip(found, reduced)]

    chosen = f.choose(any_lane(large), exact, lambda: [n.value for n in reduced])
    return Reduced(*(x.like(v) for v in chosen))


def _moderate(x: Num) -> Reduced:
    if x.target.has_fma:
        return _by_fused_steps(x)
    if x.type.scalar == "double":
        return _by_short_steps(x)
    wide = _by_short_steps(widen(x))
    r = narrow(wide.r)
    low = narrow((wide.r - widen(r)) + wide.low)
    return Reduced(r, low, wide.quarter.convert("trunc", "i32"))


def _count(x: Num) -> tuple[Num, Num]:
    """n = round(x / (pi/2)), and n in the low bits of integer lanes."""
    magic = x.format.magic
    shifted = fma(x, x.const(float(2 / _pi())), magic)
    return shifted - magic, bits(shifted)


def _by_fused_steps(x: Num) -> Reduced:
    """x - n p1 is exact, as all its bits fit; the error of the next step is kept."""
    n, quarter = _count(x)
    first, second, third = _half_pi(x.type.scalar, False)
    r1 = fma(n, x.const(-first), x)
    step, step_low = two_product(n, x.const(-second))
    r, error = two_sum(r1, step)
    return Reduced(r, fma(n, x.const(-third), error + step_low), quarter)


def _by_short_steps(x: Num) -> Reduced:
    """Without fused multiply-add: parts of the period so short that products are exact."""
    n, quarter = _count(x)
    first, second, third = _half_pi("double", True)
    r1 = x - n * first
    r, error = two_sum(r1, n * -second)
    return Reduced(r, error - n * third, quarter)


# -- large angles: a function of the module, a loop over the lanes ------------------------------

_WORDS = 44
_PADDING = 64  # zero bits before the first bit of 2/pi, for the smallest large angles


def _large_angles(x: Num) -> str:
    """The name of `void (x, ptr r, ptr low, ptr quarter)`, written on first use."""
    module = x.f.module
    name = f"pentad.large.{x.type.suffix}"
    if module.has(name):
        return name
    arguments = [(x.type, "x"), (PTR, "r"), (PTR, "low"), (PTR, "quarter")]
    f = module.function(name, arguments, internal=True, attributes="nounwind cold noinline")
    values, outputs = f.arguments[0], f.arguments[1:]
    source = f.alloca(values.type)
    f.store(values, source)
    one = _large_angle(module, x)

    def lane(i: Value, _: list[Value]) -> None:
        number = f.load(values.type.element, f.gep(source, i, values.type.element))
        f.call(one, VOID, number, *(f.gep(p, i, values.type.element) for p in outputs))

    if values.type.lanes:
        f.loop(0, values.type.lanes, 1, lane)
    else:
        f.call(one, VOID, values, *outputs)
    f.ret()
    return name


def _large_angle(module: Module, x: Num) -> str:
    """The name of the same function for one number."""
    scalar = x.type.element
    name = f"pentad.large.one.{scalar.suffix}"
    if not module.has(name):
        arguments = [(scalar, "x"), (PTR, "r"), (PTR, "low"), (PTR, "quarter")]
        f = module.function(name, arguments, internal=True, attributes="nounwind cold noinline")
        number = Num(f, x.target, f.arguments[0])
        wide = widen(number) if scalar.scalar == "float" else number
        high, low, quarter = _exact(wide)
        if scalar.scalar == "float":
            r = narrow(high)
            high, low = r, narrow((high - widen(r)) + low)
            quarter = quarter.convert("trunc", "i32")
        for part, pointer in zip((high, low, quarter), f.arguments[1:]):
            f.store(part.value, pointer)
        f.ret()
    return name


def _exact(x: Num) -> tuple[Num, Num, Num]:
    """r, low and the quarter of a scalar double beyond LIMIT.

    x / (2 pi) modulo 1 is a fraction of 128 bits: its first two bits, rounded, are the quarter,
    the rest (times 4, as a signed fraction) is r in units of pi/2.
    """
    word = bits(x)
    exponent = (word >> 52) & 0x7FF
    mantissa = (word & ((1 << 52) - 1)) | (1 << 52)
    high, low = _fraction(mantissa, exponent + (_PADDING - 1075 - 2))
    high, low = _negated_if(word < 0, high, low)
    quarter = (high + (1 << 61)) >> 62
    high, low = high.call("fshl", low, 2), low << 2
    below = high < 0
    first, second = _to_two_doubles(*_negated_if(below, high, low))
    p1 = float(_pi() / 2)
    p2 = float(_pi() / 2 - Fraction(p1))
    r, error = two_product(first, first.const(p1))
    rest = error + (first * p2 + second * p1)
    return select(below, -r, r), select(below, -rest, rest), quarter


def _negated_if(condition: Num, high: Num, low: Num) -> tuple[Num, Num]:
    """The two words of a 128-bit number, or of its negative."""
    borrow = select(low.equals(0), high.const(0), high.const(-1))
    return select(condition, borrow - high, high), select(condition, -low, low)


def _fraction(mantissa: Num, start: Num) -> tuple[Num, Num]:
    """The first 128 bits of mantissa * (bits of 2/pi from `start`), modulo 1.

    The product of two by six words of 32 bits, kept modulo 2**192.
    """
    window = _window(start)
    parts = (mantissa & 0xFFFFFFFF, mantissa >> 32)
    total = [mantissa.const(0)] * 6
    for shift, part in enumerate(parts):
        carry = mantissa.const(0)
        for j in range(5, shift - 1, -1):
            place = j - shift
            product = part * window[j] + carry + total[place]
            total[place], carry = product & 0xFFFFFFFF, product >> 32
    return (total[0] << 32) | total[1], (total[2] << 32) | total[3]


def _window(start: Num) -> list[Num]:
    """Six words (in i64) of the bits of 2/pi that begin at bit `start`."""
    f = start.f
    index, away = start >> 5, (start & 31).convert("trunc", "i32")
    table = _table(f.module)
    base = f.gep(table, index.value, I32)
    words = [start.like(f.load(I32, f.gep(base, j, I32))) for j in range(7)]
    shifted = [a.call("fshl", b, away) for a, b in zip(words, words[1:])]
    return [w.convert("zext", "i64") for w in shifted]


def _table(module: Module) -> Value:
    """The bits of 2/pi as words of 32, a constant of the module."""
    name = "pentad.two_over_pi"
    if not module.has(name):
        length = 32 * _WORDS - _PADDING
        fraction = int(2 / _pi() * (1 << length))
        words = [(fraction >> (32 * i)) & 0xFFFFFFFF for i in reversed(range(_WORDS))]
        listed = ", ".join(f"i32 {w}" for w in words)
        module.raw(f"@{name} = internal constant [{_WORDS} x i32] [{listed}], align 64")
        module._defined.add(name)
    return Value(PTR, f"@{name}")


def _to_two_doubles(high: Num, low: Num) -> tuple[Num, Num]:
    """A positive fraction (high 2**64 + low) / 2**128 as two doubles of 53 bits each."""
    f = high.f
    no = literal(I1, False)
    zeros = high.like(f.call("llvm.ctlz.i64", I64, high.value, no))
    first = high.call("fshl", low, zeros)
    second = low << zeros
    top = (first >> 11).convert("sitofp", "double")
    tail = (((first & 0x7FF) << 42) | (second >> 22)).convert("sitofp", "double")
    scale = real((1023 - 53 - zeros) << 52)
    return top * scale, tail * (scale * 2.0**-53)

