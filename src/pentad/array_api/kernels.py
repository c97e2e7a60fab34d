"""Element-wise functions of the standard that PyTorch has not, or has with other special cases.

They are written in graph ops on real floats, or on integers where said.
"""

from __future__ import annotations

import math

from pentad import ops
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import broadcast_together


@surface
def floor_divide(x: Node, y: Node) -> Node:
    """floor(x / y) of floats, also where one is infinite (Python's // then is NaN or -1)."""
    x, y = broadcast_together("floor_divide", x, y)
    endless = ops.logical_or(ops.isinf(x), ops.isinf(y))
    return ops.where(endless, ops.floor(ops.div(x, y)), ops.floor_divide(x, y))


@surface
def log10(x: Node) -> Node:
    """The logarithm to base 10, exact at the powers of ten that floats hold."""
    found = ops.mul(ops.log(x), ops.full_like(1 / math.log(10), x))
    near = ops.round(found)
    power = ops.pow(ops.full_like(10, x), near)
    return ops.where(ops.logical_and(ops.eq(power, x), ops.isfinite(x)), near, found)


@surface
def round_parts(x: Node) -> Node:
    """Complex numbers with both parts rounded to whole numbers."""
    return ops.complex_(ops.round(ops.real(x)), ops.round(ops.imag(x)))


@surface
def direction(x: Node) -> Node:
    """x / |x| of complex numbers; 0 where x is 0, of whatever signs."""
    zero = ops.full_like(0, x)
    return ops.where(ops.eq(x, zero), zero, ops.sign(x))


@surface
def expm1_parts(x: Node) -> Node:
    """e ** x - 1 of complex numbers; a real part of 0 is +0, as the standard has it."""
    found = ops.expm1(x)
    real = ops.real(found)
    return ops.complex_(ops.add(real, ops.full_like(0, real)), ops.imag(found))
