"""Rounding to whole numbers, and the exact remainder of a division."""

from __future__ import annotations

from pentad.codegen.llvm.ir import Value
from pentad.codegen.llvm.vmath_num import (
    INF,
    NAN,
    Num,
    absolute,
    any_lane,
    bits,
    copysign,
    real,
    select,
    truncated,
)


def to_even(x: Num) -> Num:
    """The nearest whole number; halves go to the even one."""
    if x.target.has_rounding:
        return x.call("roundeven")
    a = absolute(x)
    limit = 2.0**x.format.mantissa  # numbers from here on are whole
    return copysign(select(a < limit, (a + limit) - limit, x), x)


def floor(x: Num) -> Num:
    """The largest whole number <= x."""
    if x.target.has_rounding:
        return x.call("floor")
    near = to_even(x)
    return copysign(select(near > x, near - 1.0, near), x)


def ceil(x: Num) -> Num:
    """The smallest whole number >= x."""
    if x.target.has_rounding:
        return x.call("ceil")
    near = to_even(x)
    return copysign(select(near < x, near + 1.0, near), x)


def trunc(x: Num) -> Num:
    """The whole part, toward zero."""
    if x.target.has_rounding:
        return x.call("trunc")
    a = absolute(x)
    near = to_even(a)
    return copysign(select(near > a, near - 1.0, near), x)


def remainder(x: Num, y: Num) -> Num:
    """The exact remainder of x / y with the sign of x (C's fmod), for any quotient."""
    a, b = absolute(x), absolute(y)
    valid = (b > 0.0) & (a < INF)
    r = _reduce_until_below(select(valid, a, 0.0), select(valid, b, 1.0))
    return select(valid, copysign(r, x), NAN)


def _reduce_until_below(r: Num, b: Num) -> Num:
    """r modulo b, for finite r >= 0 and b > 0: multiples of b come off until r < b in each lane."""
    f, before = r.f, r.f.block
    head, body, done = f.new_label("rem"), f.new_label("more"), f.new_label("rest")
    after = Value(r.type, f"%{f.new_label('less')}")
    f.branch(head)
    f.label(head)
    r = r.like(f.phi(r.type, (r.value, before), (after, body)))
    above = r >= b
    f.branch_if(any_lane(above), body, done)
    f.label(body)
    less = _less_a_multiple(r, b)
    f.emit(f"{after.name} = select {above.value}, {less.value}, {r.value}")
    f.branch(head)
    f.label(done)
    return r


def _less_a_multiple(r: Num, b: Num) -> Num:
    """r - n b >= 0, exactly, for r >= b and an n that takes off half the bits or more."""
    step = 100.0 if r.type.scalar == "float" else 900.0
    near = b
    for _ in range(2):  # a multiple of b so near to r that r / near cannot overflow
        near = select(r * 2.0**-step > near, near * 2.0**step, near)
    drop = r.format.mantissa // 2 + 1
    quotient = real(bits(r / near) - 1)  # it may have been rounded up
    n = trunc(truncated(quotient, drop))
    n = select(n < 1.0, 1.0, n)
    high = truncated(near, drop)
    # Each product has few enough bits to be exact, and so are the differences.
    return (r - n * high) - n * (near - high)


def floor_remainder(x: Num, y: Num) -> Num:
    """x - floor(x / y) y, worked out exactly: the sign of y, as Python's %."""
    return _toward_floor(remainder(x, y), y)[0]


def _toward_floor(m: Num, y: Num) -> tuple[Num, Num]:
    """The remainder with the sign of y, and where that took one more y than the quotient has."""
    crosses = m.differs(0.0) & ((y < 0.0) ^ (m < 0.0))
    return select(m.equals(0.0), copysign(m, y), select(crosses, m + y, m)), crosses


def floor_quotient(x: Num, y: Num) -> Num:
    """floor(x / y) from the exact remainder, as NumPy's floor_divide; x / y where y is 0."""
    m = remainder(x, y)
    quotient = (x - m) / y
    quotient = select(_toward_floor(m, y)[1], quotient - 1.0, quotient)
    whole = floor(quotient)
    whole = select(quotient - whole > 0.5, whole + 1.0, whole)
    plain = x / y
    whole = select(quotient.equals(0.0), copysign(whole, plain), whole)
    return select(y.equals(0.0), plain, whole)
