"""Functions of each element: arithmetic, exponentials, trigonometry, rounding."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS, INTEGERS, NUMBERS, REALS, SMOOTH
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op

_WHOLE = frozenset([dtypes.int32, dtypes.int64])
_SIGNED = (REALS - frozenset(t for t in INTEGERS if t.is_unsigned)) | dtypes.COMPLEX


def _unary(name: str, run: Any, allow: Any = SMOOTH, **options: Any) -> Any:
    return op(name, "x: T -> y: T", run, allow={"T": allow}, **options)


def _binary(name: str, run: Any, allow: Any = NUMBERS, **options: Any) -> Any:
    return op(name, "x: T, y: T -> z: T", run, allow={"T": allow}, **options)


# -- one input ---------------------------------------------------------------------------------

exp, log, expm1, log1p = (_unary(n.capitalize(), getattr(pt, n))
                          for n in ("exp", "log", "expm1", "log1p"))
sin, cos, tan, asin, acos, atan = (_unary(n.capitalize(), getattr(pt, n))
                                   for n in ("sin", "cos", "tan", "asin", "acos", "atan"))
sinh, cosh, asinh, acosh, atanh = (_unary(n.capitalize(), getattr(pt, n))
                                   for n in ("sinh", "cosh", "asinh", "acosh", "atanh"))
sqrt, rsqrt = _unary("Sqrt", pt.sqrt), _unary("Rsqrt", pt.rsqrt)
tanh, sigmoid = _unary("Tanh", pt.tanh), _unary("Sigmoid", pt.sigmoid)
reciprocal, inv = _unary("Reciprocal", pt.reciprocal), _unary("Inv", pt.reciprocal)
square = _unary("Square", lambda x: x * x, NUMBERS, known=lambda x: x * x)
negative = _unary("Neg", pt.neg, _SIGNED, known=operator.neg)
sign = _unary("Sign", pt.sgn, _SIGNED)
erf, erfc = _unary("Erf", pt.erf, FLOATS), _unary("Erfc", pt.erfc, FLOATS)
lgamma, digamma = _unary("Lgamma", pt.lgamma, FLOATS), _unary("Digamma", pt.digamma, FLOATS)
bessel_i0e = _unary("BesselI0e", pt.special.i0e, FLOATS)
bessel_i1e = _unary("BesselI1e", pt.special.i1e, FLOATS)
floor = _unary("Floor", pt.floor, FLOATS, known=np.floor)
ceil = _unary("Ceil", pt.ceil, FLOATS, known=np.ceil)
rint = _unary("Rint", pt.round, FLOATS)
_real_abs = _unary("Abs", pt.abs, REALS)
_complex_abs = op("ComplexAbs", "x: T; Tout=float32 -> y: Tout", lambda x, Tout: pt.abs(x))
_rounded = _unary("Round", lambda x: pt.round(x) if x.dtype.is_floating_point else x.clone(),
                  NUMBERS)
is_nan, is_inf, is_finite = (
    op(name, "x: T -> y: bool", run, allow={"T": FLOATS})
    for name, run in (("IsNan", pt.isnan), ("IsInf", pt.isinf), ("IsFinite", pt.isfinite))
)


def abs(x: Any, name: str | None = None) -> Any:
    """The absolute value of each element."""
    with name_scope(name, "Abs", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return _complex_abs(x, Tout=x.dtype.real_dtype, name=scope)
        return _real_abs(x, name=scope)


def round(x: Any, name: str | None = None) -> Any:
    """Each element rounded to the next whole number, halves to the even one."""
    return _rounded(x, name=name)


# -- two inputs --------------------------------------------------------------------------------

_ADD = {"run": operator.add, "known": operator.add}
_strings = NUMBERS | {dtypes.string}


def _divided(x: Any, y: Any) -> Any:
    whole = not (x.dtype.is_floating_point or x.dtype.is_complex)
    return pt.div(x, y, rounding_mode="trunc") if whole else x / y


def _truncated_mod(x: Any, y: Any) -> Any:
    return pt.fmod(x, y)


def _without_nan(x: Any, y: Any) -> Any:
    zero = y == 0
    return pt.where(zero, pt.zeros_like(x), x / pt.where(zero, pt.ones_like(y), y))


def _times_without_nan(x: Any, y: Any) -> Any:
    return pt.where(y == 0, pt.zeros_like(x * y), x * y)


def _xdivy(x: Any, y: Any) -> Any:
    zero = x == 0
    return pt.where(zero, pt.zeros_like(x / y), x / pt.where(zero, pt.ones_like(y), y))


add = _binary("Add", **_ADD)
add_v2 = _binary("AddV2", **_ADD)
subtract = _binary("Sub", operator.sub, known=operator.sub)
multiply = _binary("Mul", operator.mul, known=operator.mul)
real_div = _binary("RealDiv", _divided)
div_op = _binary("Div", _divided)
truncatediv = _binary("TruncateDiv", lambda x, y: pt.div(x, y, rounding_mode="trunc"), INTEGERS)
floor_div = _binary("FloorDiv", pt.floor_divide, known=operator.floordiv)
floormod = _binary("FloorMod", pt.remainder, REALS, known=operator.mod)
truncatemod = _binary("TruncateMod", _truncated_mod, REALS)
mod_op = _binary("Mod", _truncated_mod, REALS)
div_no_nan = _binary("DivNoNan", _without_nan, SMOOTH)
multiply_no_nan = _binary("MulNoNan", _times_without_nan, SMOOTH)
xdivy = _binary("Xdivy", _xdivy, SMOOTH)
xlogy = _binary("Xlogy", pt.xlogy, SMOOTH)
maximum = _binary("Maximum", pt.maximum, REALS, known=np.maximum)
minimum = _binary("Minimum", pt.minimum, REALS, known=np.minimum)
_pow = _binary("Pow", pt.pow, known=operator.pow)
squared_difference = _binary("SquaredDifference", lambda x, y: (x - y) * (x - y))
atan2 = op("Atan2", "y: T, x: T -> z: T", pt.atan2, allow={"T": FLOATS})
nextafter = op("NextAfter", "x1: T, x2: T -> output: T", pt.nextafter, allow={"T": FLOATS})
igamma = op("Igamma", "a: T, x: T -> z: T", pt.igamma, allow={"T": FLOATS})
igammac = op("Igammac", "a: T, x: T -> z: T", pt.igammac, allow={"T": FLOATS})
polygamma = op("Polygamma", "a: T, x: T -> z: T", lambda a, x: _polygamma(a, x),
               allow={"T": FLOATS})
zeta = op("Zeta", "x: T, q: T -> z: T", pt.special.zeta, allow={"T": FLOATS})


def _polygamma(a: Any, x: Any) -> Any:
    # (-1)^(n+1) n! zeta(n+1, x), and digamma for n = 0.
    sign = pt.where(pt.remainder(a, 2) == 0, -pt.ones_like(a), pt.ones_like(a))
    series = sign * pt.exp(pt.lgamma(a + 1)) * pt.special.zeta(a + 1, x)
    return pt.where(a == 0, pt.digamma(x), series)


def pow(x: Any, y: Any, name: str | None = None) -> Any:
    """x to the power y, element by element."""
    return _pow(x, y, name=name)


def truediv(x: Any, y: Any, name: str | None = None) -> Any:
    """x / y; whole numbers are divided as floating-point ones."""
    with name_scope(name, "truediv", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, x.dtype.base_dtype, name="y")
        narrow = (dtypes.int8, dtypes.int16, dtypes.uint8, dtypes.uint16)
        if x.dtype.is_integer:
            from pentad.frontends.tensorflow1.ops.casting import cast

            to = dtypes.float32 if x.dtype.base_dtype in narrow else dtypes.float64
            x, y = cast(x, to), cast(y, to)
        return real_div(x, y, name=scope)


def div(x: Any, y: Any, name: str | None = None) -> Any:
    """x / y as Python 2 has it: rounded to zero for whole numbers."""
    with name_scope(name, "div", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, x.dtype.base_dtype, name="y")
        make = floor_div if x.dtype.is_integer else real_div
        return make(x, y, name=scope)


def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """x / y as Python has it."""
    return truediv(x, y, name)


def floordiv(x: Any, y: Any, name: str | None = None) -> Any:
    """x // y."""
    with name_scope(name, "floordiv", [x, y]) as scope:
        return floor_div(x, y, name=scope)


def reciprocal_no_nan(x: Any, name: str | None = None) -> Any:
    """1 / x, and zero where x is zero."""
    with name_scope(name, "reciprocal_no_nan", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        one = convert_to_tensor(1, x.dtype.base_dtype, name="one")
        return div_no_nan(one, x, name=scope)


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """x times a number; also for IndexedSlices."""
    from pentad.frontends.tensorflow1.framework.slices import IndexedSlices

    dtype = x.dtype.base_dtype
    scalar = convert_to_tensor(scalar, dtype, name="scalar")
    if scalar.shape.ndims not in (0, None):
        raise pt.ShapeError(f"Only scalar multiply works, got shape {scalar.shape}")
    if isinstance(x, IndexedSlices):
        return IndexedSlices(multiply(scalar, x.values, name), x.indices, x.dense_shape)
    return multiply(scalar, x, name)


betainc = op("Betainc", "a: T, b: T, x: T -> z: T", lambda a, b, x: _betainc(a, b, x),
             host=True, allow={"T": frozenset([dtypes.float32, dtypes.float64])},
             types=lambda a, b, x: [(a.dtype, x.static_type.shape)], differentiable=False)


def _betainc(a: Any, b: Any, x: Any) -> Any:
    """The regularised incomplete beta function, by the modified Lentz continued fraction."""
    a, b, x = (np.asarray(v, np.float64) for v in np.broadcast_arrays(a, b, x))
    dtype = np.result_type(np.float32)
    swap = x > (a + 1) / (a + b + 2)
    p, q, z = np.where(swap, b, a), np.where(swap, a, b), np.where(swap, 1 - x, x)
    tiny = 1e-300
    c, d = np.ones_like(z), 1 - (p + q) * z / (p + 1)
    d = 1 / np.where(np.abs(d) < tiny, tiny, d)
    h = d.copy()
    for m in range(1, 300):
        even = m * (q - m) * z / ((p + 2 * m - 1) * (p + 2 * m))
        odd = -(p + m) * (p + q + m) * z / ((p + 2 * m) * (p + 2 * m + 1))
        for step in (even, odd):
            d = 1 / np.where(np.abs(1 + step * d) < tiny, tiny, 1 + step * d)
            c = np.where(np.abs(1 + step / c) < tiny, tiny, 1 + step / c)
            h = h * d * c
    from math import lgamma as log_gamma

    logs = np.vectorize(lambda u, v: log_gamma(u + v) - log_gamma(u) - log_gamma(v))(p, q)
    with np.errstate(divide="ignore"):
        front = np.exp(logs + p * np.log(z) + q * np.log1p(-z)) / p
    found = np.where(z <= 0, 0.0, front * h)
    return np.where(swap, 1 - found, found).astype(dtype if a.dtype == np.float32 else np.float64)
