"""Element-wise operations on tensors, by PyTorch's names and rules of promotion."""

from __future__ import annotations

from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.graph.node import Graph, Node, input_node
from pentad.ops import adjusted
from pentad.tensor.dispatch import surface
from pentad.tensor.operands import NUMBERS
from pentad.tensor.promotion import (
    broadcast_together,
    promoted,
    promoted_to_float,
    result_type,
)


def _no_bool(name: str, x: Node, hint: str) -> None:
    if x.dtype is dtypes.bool_:
        raise DTypeError(
            message(f"{name}: not defined on bool", expected="numbers", got="bool", hint=hint)
        )


# -- arithmetic ------------------------------------------------------------------------------------


@surface
def _sum_of_two(x: Node, y: Node) -> Node:
    """x + y; on bool, logical or."""
    x, y = promoted("add", x, y)
    return ops.logical_or(x, y) if x.dtype is dtypes.bool_ else ops.add(x, y)


@surface
def _sum_scaled(x: Node, y: Node, alpha: Node) -> Node:
    """x + alpha * y."""
    x, y, alpha = promoted("add", x, y, alpha)
    if x.dtype is dtypes.bool_:
        return ops.logical_or(x, ops.logical_and(alpha, y))
    return ops.add(x, ops.mul(alpha, y))


@surface
def _difference(x: Node, y: Node) -> Node:
    """x - y."""
    x, y = promoted("sub", x, y)
    _no_bool("sub", x, "use logical_xor or ~")
    return ops.sub(x, y)


@surface
def _difference_scaled(x: Node, y: Node, alpha: Node) -> Node:
    """x - alpha * y."""
    x, y, alpha = promoted("sub", x, y, alpha)
    return ops.sub(x, ops.mul(alpha, y))


def _named(plain: Any, scaled: Any, name: str) -> None:
    plain.surface.name, scaled.surface.name = name, name


_named(_sum_of_two, _sum_scaled, "add")
_named(_difference, _difference_scaled, "sub")


def _into(out: Any, result: Any, name: str) -> Any:
    from pentad.tensor.out import write_out

    return write_out(name, out, result)


def add(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """input + alpha * other."""
    if out is not None:
        return _into(out, add(input, other, alpha=alpha), "add")
    if type(alpha) is int and alpha == 1:
        return _sum_of_two(input, other)
    return _sum_scaled(input, other, alpha)


def add_(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """input += alpha * other."""
    if type(alpha) is int and alpha == 1:
        return _sum_of_two.inplace(input, other)
    return _sum_scaled.inplace(input, other, alpha)


def sub(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """input - alpha * other."""
    if out is not None:
        return _into(out, sub(input, other, alpha=alpha), "sub")
    if type(alpha) is int and alpha == 1:
        return _difference(input, other)
    return _difference_scaled(input, other, alpha)


def sub_(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """input -= alpha * other."""
    if type(alpha) is int and alpha == 1:
        return _difference.inplace(input, other)
    return _difference_scaled.inplace(input, other, alpha)


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """other - alpha * input."""
    return sub(other, input, alpha=alpha)


plus, minus = _sum_of_two, _difference


@surface
def mul(x: Node, y: Node) -> Node:
    """x * y; on bool, logical and."""
    x, y = promoted("mul", x, y)
    return ops.logical_and(x, y) if x.dtype is dtypes.bool_ else ops.mul(x, y)


@surface
def true_divide(x: Node, y: Node) -> Node:
    """x / y, in floats."""
    return ops.div(*promoted_to_float("div", x, y))


true_divide.surface.name = "div"


@surface
def floor_divide(x: Node, y: Node) -> Node:
    """floor(x / y)."""
    x, y = promoted("floor_divide", x, y)
    _no_bool("floor_divide", x, "convert with .to(pentad.int64)")
    return ops.floor_divide(x, y)


@surface
def trunc_divide(x: Node, y: Node) -> Node:
    """x / y rounded toward zero."""
    x, y = promoted("div", x, y)
    if x.dtype.is_floating_point:
        return ops.trunc(ops.div(x, y))
    whole = ops.floor_divide(x, y)
    inexact = ops.ne(ops.mul(whole, y), x)
    apart = ops.lt(whole, ops.full_like(0, whole))
    return ops.add(whole, ops.cast(ops.logical_and(inexact, apart), x.dtype))


def div(
    input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None
) -> Any:
    """input / other; rounding_mode "floor" or "trunc" rounds the quotient."""
    if out is not None:
        return _into(out, div(input, other, rounding_mode=rounding_mode), "div")
    return _division(rounding_mode)(input, other)


def div_(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """input /= other."""
    return _division(rounding_mode).inplace(input, other)


def _division(rounding_mode: str | None) -> Any:
    modes = {None: true_divide, "floor": floor_divide, "trunc": trunc_divide}
    if rounding_mode not in modes:
        raise ArgumentError(
            message(
                "div: unknown rounding mode",
                expected='None, "floor" or "trunc"',
                got=repr(rounding_mode),
            )
        )
    return modes[rounding_mode]


@surface
def remainder(x: Node, y: Node) -> Node:
    """x - floor(x / y) * y: the sign is that of y, as in Python."""
    x, y = promoted("remainder", x, y)
    _no_bool("remainder", x, "convert with .to(pentad.int64)")
    return ops.remainder(x, y)


@surface
def fmod(x: Node, y: Node) -> Node:
    """The remainder with the sign of x, as in C."""
    x, y = promoted("fmod", x, y)
    rest = ops.remainder(ops.abs(x), ops.abs(y))
    return ops.where(ops.lt(x, ops.full_like(0, x)), ops.neg(rest), rest)


@surface
def _power(x: Node, y: Node) -> Node:
    """x ** y."""
    x, y = promoted("pow", x, y)
    _no_bool("pow", x, "convert with .to(pentad.int64)")
    return _power_of_integers(x, y) if x.dtype.is_integer else ops.pow(x, y)


def _power_of_integers(x: Node, y: Node) -> Node:
    """x ** y, exactly but for wrapping; a negative power is truncated toward zero (PyTorch)."""
    one, zero = ops.full_like(1, x), ops.full_like(0, x)
    power = ops.where(ops.lt(y, zero), zero, y) if x.dtype.is_signed else y
    # A loop, for as many steps as the largest power has bits: usually few of all there may be.
    result, square, rest = (input_node(n, x.shape, x.dtype) for n in ("result", "square", "rest"))
    odd = ops.ne(ops.bitwise_and(rest, one), zero)
    more = ops.reduce_or(ops.ne(rest, zero), tuple(range(x.ndim)))
    given = [result, square, rest]
    step = [
        ops.where(odd, ops.mul(result, square), result),
        ops.mul(square, square),
        ops.shift_right(rest, one),
    ]
    result = ops.loop([one, x, power], body=Graph(given, step), cond=Graph(given, [more]))[0]
    if not x.dtype.is_signed:
        return result
    minus = ops.full_like(-1, x)
    even = ops.eq(ops.bitwise_and(y, one), zero)
    unit = ops.where(ops.eq(x, minus), ops.where(even, one, minus), zero)
    unit = ops.where(ops.eq(x, one), one, unit)
    return ops.where(ops.lt(y, zero), unit, result)


@surface
def _whole_power(x: Node, exponent: int) -> Node:
    """x ** exponent for a small whole exponent, by multiplication."""
    _no_bool("pow", x, "convert with .to(pentad.int64)")
    return ops.integer_pow(x, exponent)


_named(_power, _whole_power, "pow")


def _power_of(input: Any, exponent: Any) -> tuple[Any, Any]:
    if isinstance(exponent, (int, float)) and not isinstance(input, NUMBERS):
        whole = exponent == int(exponent) if abs(exponent) <= 16 else False
        floating = input.meta.dtype.is_inexact
        if whole and (floating or (exponent >= 0 and isinstance(exponent, int))):
            return _whole_power, int(exponent)
        if not floating and isinstance(exponent, int) and exponent < 0:
            raise ArgumentError(
                message(
                    "pow: integers to a negative power",
                    expected="an exponent >= 0, or a floating-point tensor",
                    got=f"{input.meta.dtype.name} ** {exponent}",
                )
            )
    return _power, exponent


def pow(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """input ** exponent."""
    if out is not None:
        return _into(out, pow(input, exponent), "pow")
    function, exponent = _power_of(input, exponent)
    return function(input, exponent)


def pow_(input: Any, exponent: Any) -> Any:
    """input **= exponent."""
    function, exponent = _power_of(input, exponent)
    return function.inplace(input, exponent)


def rpow(input: Any, base: Any) -> Any:
    """base ** input."""
    return _power(base, input)


@surface
def neg(x: Node) -> Node:
    """-x."""
    _no_bool("neg", x, "use logical_not or ~")
    return ops.neg(x)


@surface
def abs_(x: Node) -> Node:
    """|x|."""
    return x if x.dtype is dtypes.bool_ else ops.abs(x)


abs_.surface.name = "abs"


@surface
def sign(x: Node) -> Node:
    """-1, 0 or 1."""
    return x if x.dtype is dtypes.bool_ else ops.sign(x)


@surface
def clone(x: Node) -> Node:
    """A copy in memory of its own."""
    return ops.copy(x)


@surface
def adjust_gradient(
    x: Node, factor: float = 1.0, low: float | None = None, high: float | None = None
) -> Node:
    """`x`, whose gradient is multiplied by `factor` and then limited to [low, high]: the gradient
    clipping within a graph of Theano (grad_clip, grad_scale)."""
    return adjusted.adjust_gradient(x, factor, low, high)


@surface
def maximum(x: Node, y: Node) -> Node:
    """The larger of two, element by element; NaN if one is NaN."""
    x, y = promoted("maximum", x, y)
    return ops.logical_or(x, y) if x.dtype is dtypes.bool_ else ops.maximum(x, y)


@surface
def minimum(x: Node, y: Node) -> Node:
    """The smaller of two, element by element; NaN if one is NaN."""
    x, y = promoted("minimum", x, y)
    return ops.logical_and(x, y) if x.dtype is dtypes.bool_ else ops.minimum(x, y)


@surface
def clamp(x: Node, min: Node | None = None, max: Node | None = None) -> Node:
    """x limited to [min, max]; either bound may be missing."""
    if min is None and max is None:
        raise ArgumentError(
            message("clamp: no bound", expected="min, max or both", got="neither")
        )
    bounds = [b for b in (min, max) if b is not None]
    x, *rest = promoted("clamp", x, *bounds)
    given = iter(rest)
    low = next(given) if min is not None else None
    high = next(given) if max is not None else None
    # As where, for the gradient at a bound is that of x (PyTorch), and NaN stays NaN.
    if low is not None:
        x = ops.where(ops.lt(x, low), low, x)
    if high is not None:
        x = ops.where(ops.gt(x, high), high, x)
    return x


@surface
def where(condition: Node, x: Node, y: Node) -> Node:
    """x where the condition is true, else y."""
    if condition.dtype is not dtypes.bool_:
        raise DTypeError(
            message(
                "where: the condition is not bool",
                expected="bool",
                got=condition.dtype.name,
                hint="compare, e.g. where(mask != 0, x, y)",
            )
        )
    dtype = result_type((x, y))
    return ops.where(
        *broadcast_together("where", condition, ops.cast(x, dtype), ops.cast(y, dtype))
    )


@surface
def lerp(x: Node, y: Node, weight: Node) -> Node:
    """x + weight * (y - x)."""
    x, y, weight = promoted_to_float("lerp", x, y, weight)
    return ops.add(x, ops.mul(weight, ops.sub(y, x)))


@surface
def addcmul(x: Node, a: Node, b: Node, *, value: Node = 1) -> Node:  # type: ignore[assignment]
    """x + value * a * b."""
    x, a, b, value = promoted("addcmul", x, a, b, value)
    return ops.add(x, ops.mul(value, ops.mul(a, b)))


@surface
def addcdiv(x: Node, a: Node, b: Node, *, value: Node = 1) -> Node:  # type: ignore[assignment]
    """x + value * a / b."""
    x, a, b, value = promoted_to_float("addcdiv", x, a, b, value)
    return ops.add(x, ops.mul(value, ops.div(a, b)))


# -- conversion ------------------------------------------------------------------------------------


@surface
def cast(x: Node, dtype: DType) -> Node:
    """x in another dtype."""
    return ops.cast(x, dtype)


cast.surface.name = "to"
