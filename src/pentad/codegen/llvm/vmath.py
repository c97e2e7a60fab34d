"""Element-wise mathematics on lanes: the builder `k` that op lowerings are written against.

Transcendental functions are our own, within 2 ulp for any argument, and call no library; what
needs no approximation comes from `Basic`.
"""

from __future__ import annotations

from collections.abc import Callable

from pentad.codegen.llvm import (
    vmath_arc,
    vmath_erf,
    vmath_exp,
    vmath_log,
    vmath_pow,
    vmath_round,
    vmath_trig,
)
from pentad.codegen.llvm.ir import Function
from pentad.codegen.llvm.vmath_basic import Basic, Lane
from pentad.codegen.llvm.vmath_num import Num, outlined, square_root
from pentad.target.cpu import CpuTarget

__all__ = ["Lane", "Math"]


def _function(emitter: Callable[[Num], Num]) -> Callable[[Math, Lane], Lane]:
    """A method of Math for a function of floats."""

    def method(self: Math, x: Lane) -> Lane:
        return self._call(emitter, x)

    method.__name__, method.__doc__ = emitter.__name__, emitter.__doc__
    return method


class Math(Basic):
    """The builder protocol: emits operations into `f`.

    With `outline`, each transcendental function is written once per type in the module and
    called: for kernels that use one more than twice.
    """

    def __init__(self, f: Function, target: CpuTarget, *, outline: bool = False) -> None:
        super().__init__(f, target)
        self.outline = outline

    def sqrt(self, x: Lane) -> Lane:
        """The square root, rounded correctly."""
        self._require_float(x)
        return Lane(square_root(self._num(x)).value, x.dtype)

    def rsqrt(self, x: Lane) -> Lane:
        """1 / sqrt(x)."""
        self._require_float(x)
        return Lane((1.0 / square_root(self._num(x))).value, x.dtype)

    exp = _function(vmath_exp.exp)
    weight = _function(vmath_exp.weight)
    exp2 = _function(vmath_exp.exp2)
    expm1 = _function(vmath_exp.expm1)
    sigmoid = _function(vmath_exp.sigmoid)
    sinh = _function(vmath_exp.sinh)
    cosh = _function(vmath_exp.cosh)
    tanh = _function(vmath_exp.tanh)
    log = _function(vmath_log.log)
    log2 = _function(vmath_log.log2)
    log10 = _function(vmath_log.log10)
    log1p = _function(vmath_log.log1p)
    asinh = _function(vmath_log.asinh)
    acosh = _function(vmath_log.acosh)
    atanh = _function(vmath_log.atanh)
    sin = _function(vmath_trig.sin)
    cos = _function(vmath_trig.cos)
    tan = _function(vmath_trig.tan)
    asin = _function(vmath_arc.asin)
    acos = _function(vmath_arc.acos)
    atan = _function(vmath_arc.atan)
    erf = _function(vmath_erf.erf)
    erfc = _function(vmath_erf.erfc)

    def atan2(self, y: Lane, x: Lane) -> Lane:
        """The angle of the point (x, y)."""
        return self._call(vmath_arc.atan2, y, x)

    def pow(self, x: Lane, y: Lane) -> Lane:
        """x**y with C's special cases."""
        return self._call(vmath_pow.pow, x, y)

    def floor(self, x: Lane) -> Lane:
        """The largest whole number <= x."""
        return self._rounded(x, vmath_round.floor)

    def ceil(self, x: Lane) -> Lane:
        """The smallest whole number >= x."""
        return self._rounded(x, vmath_round.ceil)

    def round(self, x: Lane) -> Lane:
        """The nearest whole number; halves go to the even one."""
        return self._rounded(x, vmath_round.to_even)

    def trunc(self, x: Lane) -> Lane:
        """The whole part, toward zero."""
        return self._rounded(x, vmath_round.trunc)

    def _call(self, emitter: Callable[..., Num], *lanes: Lane) -> Lane:
        if len(lanes) == 2:
            lanes = self._same(*lanes)
        self._require_float(lanes[0])
        arguments = [self._num(x) for x in lanes]
        if self.outline:
            return Lane(outlined(emitter.__name__, emitter, *arguments).value, lanes[0].dtype)
        return Lane(emitter(*arguments).value, lanes[0].dtype)

    def _rounded(self, x: Lane, emitter: Callable[[Num], Num]) -> Lane:
        """Integers are whole already."""
        if x.dtype.is_integer:
            return x
        self._require_float(x)
        return Lane(emitter(self._num(x)).value, x.dtype)
