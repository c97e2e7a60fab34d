"""The element-wise functions of the standard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad.array_api import kernels
from pentad.array_api.array import Array, wrap
from pentad.array_api.promotion import (
    ALL,
    BITS,
    BOOL,
    COMPLEX,
    FLOATING,
    NUMERIC,
    REAL,
    REAL_FLOATS,
    cast,
    check_kind,
    common,
    number,
    tensor_of,
    together,
)
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, message
from pentad.tensor.functions import compare, elementary, numeric, pointwise

Allowed = Sequence[DType]


def _named(function: Any, name: str, doc: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _unary(name: str, doc: str, allowed: Allowed, compute: Callable[[Any], Any]) -> Any:
    """A function of one array; DTypeError unless its dtype is one of `allowed`."""

    def function(x: Array, /) -> Array:
        return wrap(compute(tensor_of(name, x, allowed)))

    return _named(function, name, doc)


def _binary(name: str, doc: str, allowed: Allowed, compute: Callable[[Any, Any], Any]) -> Any:
    """A function of two operands, of which one may be a Python number, in their common dtype."""

    def function(x1: Any, x2: Any, /) -> Array:
        return wrap(compute(*together(name, (x1, x2), allowed)))

    return _named(function, name, doc)


def _where_real(real: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    """Compute real dtypes by one function, complex ones by another."""
    return lambda x, *y: (other if x.dtype in COMPLEX else real)(x, *y)


def _whole_or(whole: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    """Compute integers by one function, other numbers by another."""
    return lambda x, *y: (whole if x.dtype.is_integer else other)(x, *y)


# -- arithmetic ------------------------------------------------------------------------------------

abs = _unary("abs", "|x|; of complex numbers, the magnitude.", NUMERIC, pointwise.abs_)
negative = _unary("negative", "-x.", NUMERIC, pointwise.neg)
positive = _unary("positive", "A copy of x.", NUMERIC, pointwise.clone)
sign = _unary(
    "sign", "-1, 0 or 1; of complex numbers x / |x|.", NUMERIC,
    _where_real(pointwise.sign, kernels.direction),
)
square = _unary("square", "x * x.", NUMERIC, elementary.square)
reciprocal = _unary("reciprocal", "1 / x.", FLOATING, elementary.reciprocal)
add = _binary("add", "x1 + x2.", NUMERIC, pointwise.plus)
subtract = _binary("subtract", "x1 - x2.", NUMERIC, pointwise.minus)
multiply = _binary("multiply", "x1 * x2.", NUMERIC, pointwise.mul)
divide = _binary("divide", "x1 / x2 of floats.", FLOATING, pointwise.true_divide)
floor_divide = _binary(
    "floor_divide", "floor(x1 / x2); an integer by zero is 0.", REAL,
    _whole_or(pointwise.floor_divide, kernels.floor_divide),
)
remainder = _binary(
    "remainder", "The remainder with the sign of x2; of an integer by zero it is 0.", REAL,
    pointwise.remainder,
)
pow = _binary("pow", "x1 ** x2; integers wrap.", NUMERIC, pointwise.pow)
maximum = _binary("maximum", "The larger operand; NaN if one is.", REAL, pointwise.maximum)
minimum = _binary("minimum", "The smaller operand; NaN if one is.", REAL, pointwise.minimum)
copysign = _binary("copysign", "|x1| with the sign of x2.", REAL_FLOATS, numeric.copysign)
hypot = _binary("hypot", "sqrt(x1*x1 + x2*x2).", REAL_FLOATS, numeric.hypot)
logaddexp = _binary("logaddexp", "log(exp(x1) + exp(x2)).", REAL_FLOATS, numeric.logaddexp)
nextafter = _binary("nextafter", "The float after x1 toward x2.", REAL_FLOATS, numeric.nextafter)
signbit = _unary("signbit", "Is the sign bit set?", REAL_FLOATS, numeric.signbit)

# -- elementary functions --------------------------------------------------------------------------

exp = _unary("exp", "e ** x.", FLOATING, elementary.exp)
expm1 = _unary(
    "expm1", "e ** x - 1.", FLOATING, _where_real(elementary.expm1, kernels.expm1_parts)
)
log = _unary("log", "The natural logarithm.", FLOATING, elementary.log)
log1p = _unary("log1p", "log(1 + x).", FLOATING, elementary.log1p)
log2 = _unary("log2", "The logarithm to base 2.", FLOATING, elementary.log2)
log10 = _unary(
    "log10", "The logarithm to base 10.", FLOATING, _where_real(kernels.log10, elementary.log10)
)
sqrt = _unary("sqrt", "The square root.", FLOATING, elementary.sqrt)
sin = _unary("sin", "The sine.", FLOATING, elementary.sin)
cos = _unary("cos", "The cosine.", FLOATING, elementary.cos)
tan = _unary("tan", "The tangent.", FLOATING, elementary.tan)
asin = _unary("asin", "The inverse sine.", FLOATING, elementary.asin)
acos = _unary("acos", "The inverse cosine.", FLOATING, elementary.acos)
atan = _unary("atan", "The inverse tangent.", FLOATING, elementary.atan)
sinh = _unary("sinh", "The hyperbolic sine.", FLOATING, elementary.sinh)
cosh = _unary("cosh", "The hyperbolic cosine.", FLOATING, elementary.cosh)
tanh = _unary("tanh", "The hyperbolic tangent.", FLOATING, elementary.tanh)
asinh = _unary("asinh", "The inverse hyperbolic sine.", FLOATING, elementary.asinh)
acosh = _unary("acosh", "The inverse hyperbolic cosine.", FLOATING, elementary.acosh)
atanh = _unary("atanh", "The inverse hyperbolic tangent.", FLOATING, elementary.atanh)
atan2 = _binary("atan2", "The angle of the point (x2, x1).", REAL_FLOATS, elementary.atan2)
floor = _unary("floor", "The largest whole number <= x.", REAL, elementary.floor)
ceil = _unary("ceil", "The smallest whole number >= x.", REAL, elementary.ceil)
trunc = _unary("trunc", "x rounded toward zero.", REAL, elementary.trunc)
round = _unary(
    "round", "x rounded to the nearest whole number, ties to even; complex numbers in both parts.",
    NUMERIC, _where_real(elementary.round_, kernels.round_parts),
)

# -- comparisons, logic, bits ----------------------------------------------------------------------

equal = _binary("equal", "x1 == x2.", ALL, compare.eq)
not_equal = _binary("not_equal", "x1 != x2.", ALL, compare.ne)
less = _binary("less", "x1 < x2.", REAL, compare.lt)
less_equal = _binary("less_equal", "x1 <= x2.", REAL, compare.le)
greater = _binary("greater", "x1 > x2.", REAL, compare.gt)
greater_equal = _binary("greater_equal", "x1 >= x2.", REAL, compare.ge)
isnan = _unary("isnan", "Where x is NaN.", NUMERIC, compare.isnan)
isinf = _unary("isinf", "Where x is infinite.", NUMERIC, compare.isinf)
isfinite = _unary("isfinite", "Where x is neither.", NUMERIC, compare.isfinite)
logical_and = _binary("logical_and", "x1 and x2.", BOOL, compare.logical_and)
logical_or = _binary("logical_or", "x1 or x2.", BOOL, compare.logical_or)
logical_xor = _binary("logical_xor", "One of x1 and x2.", BOOL, compare.logical_xor)
logical_not = _unary("logical_not", "not x.", BOOL, compare.logical_not)
bitwise_and = _binary("bitwise_and", "x1 & x2.", BITS, compare.bitwise_and)
bitwise_or = _binary("bitwise_or", "x1 | x2.", BITS, compare.bitwise_or)
bitwise_xor = _binary("bitwise_xor", "x1 ^ x2.", BITS, compare.bitwise_xor)
bitwise_invert = _unary("bitwise_invert", "~x.", BITS, compare.bitwise_not)
bitwise_left_shift = _binary(
    "bitwise_left_shift", "x1 << x2; 0 for an amount outside [0, bits).",
    dtypes.INTEGERS, compare.bitwise_left_shift,
)
bitwise_right_shift = _binary(
    "bitwise_right_shift", "x1 >> x2; only the sign is left by an amount outside [0, bits).",
    dtypes.INTEGERS, compare.bitwise_right_shift,
)

# -- complex numbers -------------------------------------------------------------------------------




def conj(x: Array, /) -> Array:
    """The complex conjugate; real numbers stay."""
    t = tensor_of("conj", x, NUMERIC)
    return wrap(pointwise.clone(t.conj() if t.dtype in COMPLEX else t))  # type: ignore[attr-defined]


def real(x: Array, /) -> Array:
    """The real part; real numbers stay."""
    t = tensor_of("real", x, NUMERIC)
    return wrap(pointwise.clone(t.real if t.dtype in COMPLEX else t))  # type: ignore[attr-defined]


def imag(x: Array, /) -> Array:
    """The imaginary part of complex numbers."""
    t = tensor_of("imag", x, COMPLEX)
    return wrap(pointwise.clone(t.imag))  # type: ignore[attr-defined]


# -- bounds ----------------------------------------------------------------------------------------


def clip(x: Array, /, min: Any = None, max: Any = None) -> Array:
    """x limited to [min, max], in the dtype of x; NaN stays NaN, and a bound of NaN gives NaN.

    A bound is None, a number, or an array of the kind of x that broadcasts with it.
    """
    t = tensor_of("clip", x, REAL)
    if min is None and max is None:
        return wrap(pointwise.clone(t))
    dtype, bounds = t.dtype, []
    for name, bound in (("min", min), ("max", max)):
        if bound is not None:
            bounds.append(_bound(f"clip, {name}", bound, t.dtype))
            dtype = common(dtype, bounds[-1].dtype)
    rest = iter(bounds)
    found = cast(t, dtype)
    if min is not None:
        found = pointwise.maximum(found, cast(next(rest), dtype))
    if max is not None:
        found = pointwise.minimum(found, cast(next(rest), dtype))
    return wrap(cast(found, t.dtype))


def _bound(name: str, bound: Any, dtype: DType) -> Any:
    if not isinstance(bound, Array):
        if dtype.is_integer and isinstance(bound, int) and not isinstance(bound, bool):
            low = -(1 << (dtype.bits - 1)) if dtype.is_signed else 0
            limit = low + (1 << dtype.bits) - 1
            bound = low if bound < low else limit if bound > limit else bound
        return number(name, bound, dtype)
    check_kind(name, bound.dtype, REAL)
    if bound.dtype.is_floating_point is not dtype.is_floating_point:
        raise DTypeError(
            message(f"{name}: the kind differs", expected=f"a bound like {dtype.name}",
                    got=bound.dtype.name)
        )
    return bound.tensor
