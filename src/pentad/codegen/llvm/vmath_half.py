"""float16 and bfloat16: to and from the floats in which they are computed.

Conversions round to nearest even, keep NaN a quiet NaN, denormals and infinities, and call no
run-time library: float16 uses instructions where the target has them, else integer arithmetic.
"""

from __future__ import annotations

from pentad.codegen.llvm.vmath_num import Num, absolute, bits, narrow, real, select, widen

_SIGN = -0x80000000  # the sign bit of an i32, as a signed number


def bfloat16_bits(x: Num) -> Num:
    """float -> the bits of the nearest bfloat16, in i16 lanes."""
    b = bits(x)
    rounded = b + 0x7FFF + ((b >> 16) & 1)
    quiet = b | 0x400000
    return (select(x.unordered(x), quiet, rounded) >> 16).convert("trunc", "i16")


def bfloat16_value(b: Num) -> Num:
    """The bits of a bfloat16 -> float, exactly."""
    return real(b.convert("zext", "i32") << 16)


def float16_bits(x: Num) -> Num:
    """float -> the bits of the nearest float16, in i16 lanes."""
    if x.target.has_float16:
        return x.convert("fptrunc", "half").convert("bitcast", "i16")
    a, sign = absolute(x), bits(x) & _SIGN
    b = bits(a)
    # Normal: rebias the exponent and round away 13 bits; a carry may reach the exponent, rightly.
    normal = (b - (112 << 23) + 0xFFF + ((b >> 13) & 1)) >> 13
    # Denormal: adding 0.5 rounds the number to units of 2**-24, the last bit of the sum.
    small = bits(a + 0.5) - 0x3F000000
    finite = select(a < 2.0**-14, small, normal)
    huge = select(a >= 65520.0, finite.const(0x7C00), finite)
    quiet = ((b >> 13) & 0x3FF) | 0x7E00
    result = select(x.unordered(x), quiet, huge)
    return (result | (sign >> 16)).convert("trunc", "i16")


def float16_value(b: Num) -> Num:
    """The bits of a float16 -> float, exactly."""
    if b.target.has_float16:
        return b.convert("bitcast", "half").convert("fpext", "float")
    wide = b.convert("zext", "i32")
    magnitude = (wide & 0x7FFF) << 13
    # As float bits this is the value divided by 2**112; infinities and NaN need a full exponent.
    scaled = real(magnitude) * 2.0**112
    special = real(magnitude | 0x7F800000)
    result = select(magnitude >= (0x1F << 23), special, scaled)
    return real(bits(result) | ((wide & 0x8000) << 16))


def double_to_float_for_halves(x: Num) -> Num:
    """double -> float rounded to odd, so that rounding to float16 afterwards rounds only once."""
    near = narrow(x)
    back = widen(near)
    b = bits(near)
    outward = absolute(back) > absolute(x)
    inward = b - select(outward, b.const(1), b.const(0))
    odd = real(inward | 1)
    return select(back.equals(x), near, select(x.unordered(x), near, odd))
