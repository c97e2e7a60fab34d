"""Activation functions, as composites of element-wise ops.

Each explicit gradient is PyTorch's, at the kinks too; where none is given, that of the
decomposition is right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError
from pentad.graph.node import Node
from pentad.graph.op import Sample
from pentad.ops.arithmetic import abs, maximum, minimum, neg, zeros
from pentad.ops.batching import same
from pentad.ops.comparison import ge, gt, isnan, le, logical_and, logical_or, lt, where
from pentad.ops.define import (
    Cotangents,
    OpFunction,
    composite,
    diagonal_jvp,
    require_dtype,
)
from pentad.ops.precision import in_float32
from pentad.ops.sources import full_like
from pentad.ops.transcendental import erf, exp, expm1, log1p, sigmoid, tanh

Range = tuple[float, float] | None


def _activation(
    name: str,
    doc: str,
    formula: Callable[..., Node],
    vjp: Callable[..., Cotangents] | None = None,
    *,
    variants: tuple[dict[str, Any], ...] = ({},),
    allowed: tuple[dtypes.DType, ...] = dtypes.FLOATS,
    ranges: tuple[Range, ...] = ((-4.0, 4.0),),
    selects: bool = False,
) -> OpFunction:
    """Define an element-wise composite; `variants` are the attributes of its samples.

    selects: it only chooses among values, so that 16-bit floats need no wider arithmetic.
    """
    widened: Callable[..., Any] = (lambda rule: rule) if selects else in_float32

    def decompose(x: Node, **attrs: Any) -> Node:
        require_dtype(name, x.dtype, allowed)
        return formula(x, **attrs)

    def samples() -> Iterable[Sample]:
        for attrs in variants:
            for shape in ((), (0,), (17,), (3, 5)):
                yield Sample(((shape, dtypes.float32),), attrs, ranges=ranges)
            for dtype in allowed:
                yield Sample((((4, 9), dtype),), attrs, ranges=ranges)

    refused = next(d for d in (dtypes.int32, dtypes.bool_) if d not in allowed)
    rule = widened(vjp) if vjp is not None else None
    return composite(
        name,
        doc,
        decompose=widened(decompose),
        vjp=rule,
        jvp=diagonal_jvp(rule) if rule is not None else None,
        batch=same,
        samples=samples,
        errors=lambda: [Sample((((2,), refused),), variants[0], DTypeError, "not supported")],
    )


def _pass_where(condition: Node, g: Node) -> tuple[Node]:
    return (where(condition, g, zeros(g)),)


# -- piecewise linear --------------------------------------------------------------------------

relu = _activation(
    "relu",
    "max(x, 0); the derivative at 0 is 0.",
    lambda x: maximum(x, zeros(x)),
    lambda g, y, x: _pass_where(gt(y, zeros(y)), g),
    allowed=dtypes.NUMERIC,
    selects=True,
)


def _clamp(x: Node, *, low: float | None, high: float | None) -> Node:
    if low is not None:
        x = maximum(x, full_like(low, x))
    return x if high is None else minimum(x, full_like(high, x))


def _vjp_clamp(
    g: Node, y: Node, x: Node, *, low: float | None, high: float | None
) -> tuple[Node]:
    if low is not None:
        g = where(ge(x, full_like(low, x)), g, zeros(g))
    return (g if high is None else where(le(x, full_like(high, x)), g, zeros(g)),)


_clamp_op = _activation(
    "clamp",
    "min(max(x, low), high), either of which may be None; the gradient passes at the borders.",
    _clamp,
    _vjp_clamp,
    variants=({"low": -1, "high": 2}, {"low": None, "high": 1}, {"low": 0, "high": None}),
    allowed=dtypes.SIGNED + dtypes.FLOATS,
    selects=True,
)


def clamp(x: Node, low: float | None = None, high: float | None = None) -> Node:
    """`x` limited to [low, high]; None means no limit."""
    return x if low is None and high is None else _clamp_op(x, low=low, high=high)


relu6 = _activation(
    "relu6",
    "min(max(x, 0), 6); the derivative at 0 and 6 is 0.",
    lambda x: _clamp(x, low=0, high=6),
    lambda g, y, x: _pass_where(logical_and(gt(x, zeros(x)), lt(x, full_like(6, x))), g),
    ranges=((-4.0, 9.0),),
    selects=True,
)

_hardtanh = _activation(
    "hardtanh",
    "min(max(x, low), high); the derivative at the borders is 0.",
    lambda x, *, low, high: _clamp(x, low=low, high=high),
    lambda g, y, x, *, low, high: _pass_where(
        logical_and(gt(x, full_like(low, x)), lt(x, full_like(high, x))), g
    ),
    variants=({"low": -1.0, "high": 1.0},),
    selects=True,
)


def hardtanh(x: Node, low: float = -1.0, high: float = 1.0) -> Node:
    """`x` limited to [low, high] without gradient at the borders."""
    return _hardtanh(x, low=low, high=high)


_leaky_relu = _activation(
    "leaky_relu",
    "x where x > 0, else slope * x.",
    lambda x, *, slope: where(gt(x, zeros(x)), x, x * slope),
    variants=({"slope": 0.01},),
)


def leaky_relu(x: Node, slope: float = 0.01) -> Node:
    """`x` where positive, else `slope` times it."""
    return _leaky_relu(x, slope=slope)


hardsigmoid = _activation(
    "hardsigmoid",
    "min(max(x + 3, 0), 6) / 6; the derivative at the borders is 0.",
    lambda x: _clamp(x + 3, low=0, high=6) / 6,
    lambda g, y, x: _pass_where(lt(abs(x), full_like(3, x)), g / 6),
)


def _hardswish_slope(x: Node) -> Node:
    """0 up to -3, 1 from 3, (2x + 3) / 6 between."""
    inner = where(ge(x, full_like(3, x)), full_like(1, x), (x * 2 + 3) / 6)
    return where(le(x, full_like(-3, x)), zeros(x), inner)


hardswish = _activation(
    "hardswish",
    "x * min(max(x + 3, 0), 6) / 6.",
    lambda x: x * _clamp(x + 3, low=0, high=6) / 6,
    lambda g, y, x: (g * _hardswish_slope(x),),
)

_hardshrink = _activation(
    "hardshrink",
    "x where |x| > limit, else 0; NaN stays.",
    lambda x, *, limit: where(le(abs(x), full_like(limit, x)), zeros(x), x),
    variants=({"limit": 0.5},),
    selects=True,
)


def hardshrink(x: Node, limit: float = 0.5) -> Node:
    """`x` where it is farther than `limit` from 0, else 0."""
    return _hardshrink(x, limit=limit)


_softshrink = _activation(
    "softshrink",
    "x moved by limit toward 0, at most to 0.",
    lambda x, *, limit: x - _clamp(x, low=-limit, high=limit),
    lambda g, y, x, *, limit: _pass_where(gt(abs(x), full_like(limit, x)), g),
    variants=({"limit": 0.5},),
)


def softshrink(x: Node, limit: float = 0.5) -> Node:
    """`x` moved toward 0 by `limit`, at most to 0."""
    return _softshrink(x, limit=limit)


_threshold = _activation(
    "threshold",
    "x where x > limit, else a value; NaN stays.",
    lambda x, *, limit, value: where(
        logical_or(gt(x, full_like(limit, x)), isnan(x)), x, full_like(value, x)
    ),
    variants=({"limit": 0.5, "value": -2.0},),
    selects=True,
)


def threshold(x: Node, limit: float, value: float) -> Node:
    """`x` where it is above `limit`, else `value`."""
    return _threshold(x, limit=limit, value=value)


# -- exponential -------------------------------------------------------------------------------


def _elu(x: Node, *, alpha: float, scale: float, inner: float) -> Node:
    """scale * x for x > 0, scale * alpha * expm1(inner * x) else; exp only of what is <= 0."""
    below = expm1(minimum(x, zeros(x)) * inner) * (alpha * scale)
    return where(gt(x, zeros(x)), x * scale, below)


def _elu_slope(x: Node, *, alpha: float, scale: float, inner: float) -> Node:
    # Through where, not minimum, so that higher derivatives are those of the left side at 0.
    safe = where(gt(x, zeros(x)), zeros(x), x)
    return where(gt(x, zeros(x)), full_like(scale, x), exp(safe * inner) * (alpha * scale * inner))


_elu_op = _activation(
    "elu",
    "scale * x where x > 0, else scale * alpha * (exp(inner * x) - 1).",
    _elu,
    lambda g, y, x, **attrs: (g * _elu_slope(x, **attrs),),
    variants=({"alpha": 1.5, "scale": 1.2, "inner": 0.7},),
)


def elu(x: Node, alpha: float = 1.0) -> Node:
    """`x` where positive, else alpha * (exp(x) - 1)."""
    return _elu_op(x, alpha=alpha, scale=1.0, inner=1.0)


def celu(x: Node, alpha: float = 1.0) -> Node:
    """`x` where positive, else alpha * (exp(x / alpha) - 1)."""
    return _elu_op(x, alpha=alpha, scale=1.0, inner=1.0 / alpha)


def selu(x: Node) -> Node:
    """elu with the constants under which activations normalise themselves (Klambauer et al.)."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return _elu_op(x, alpha=alpha, scale=scale, inner=1.0)


def _softplus(x: Node, *, beta: float) -> Node:
    """max(z, 0) + log1p(exp(-|z|)) with z = beta * x, divided by beta: never overflows."""
    z = x * beta
    total = maximum(z, zeros(z)) + log1p(exp(-abs(z)))
    return total if beta == 1 else total / beta


_softplus_op = _activation(
    "softplus",
    "log(1 + exp(beta * x)) / beta.",
    _softplus,
    lambda g, y, x, *, beta: (g * sigmoid(x * beta),),
    variants=({"beta": 1.0}, {"beta": 2.5}),
)


def softplus(x: Node, beta: float = 1.0) -> Node:
    """log(1 + exp(beta * x)) / beta, for every x."""
    return _softplus_op(x, beta=beta)


log_sigmoid = _activation(
    "log_sigmoid",
    "log(sigmoid(x)), exact where the sigmoid is nearly 0.",
    lambda x: minimum(x, zeros(x)) - log1p(exp(-abs(x))),
    lambda g, y, x: (g * sigmoid(neg(x)),),
)

def _silu_slope(x: Node) -> Node:
    s = sigmoid(x)
    return s * (x * (1 - s) + 1)


silu = _activation(
    "silu",
    "x * sigmoid(x), also called swish.",
    lambda x: x * sigmoid(x),
    lambda g, y, x: (g * _silu_slope(x),),
)


def _mish_slope(x: Node) -> Node:
    """The derivative through the softplus record, whose own gradient is smooth at 0."""
    t = tanh(softplus(x))
    return t + x * (1 - t * t) * sigmoid(x)


mish = _activation(
    "mish",
    "x * tanh(softplus(x)).",
    lambda x: x * tanh(softplus(x)),
    lambda g, y, x: (g * _mish_slope(x),),
)


softsign = _activation(
    "softsign",
    "x / (1 + |x|).",
    lambda x: x / (abs(x) + 1),
    lambda g, y, x: (g / ((abs(x) + 1) * (abs(x) + 1)),),
)

tanhshrink = _activation("tanhshrink", "x - tanh(x).", lambda x: x - tanh(x))

# -- gelu --------------------------------------------------------------------------------------

_TANH_SCALE, _TANH_CUBE = math.sqrt(2 / math.pi), 0.044715


def _gelu(x: Node, *, approximate: bool) -> Node:
    if approximate:  # (tanh(u) + 1) / 2 = sigmoid(2u), which does not cancel for negative u
        return x * sigmoid((x + x * x * x * _TANH_CUBE) * (2 * _TANH_SCALE))
    return x * 0.5 * (erf(x * math.sqrt(0.5)) + 1)


def _vjp_gelu(g: Node, y: Node, x: Node, *, approximate: bool) -> tuple[Node]:
    if approximate:
        s = sigmoid((x + x * x * x * _TANH_CUBE) * (2 * _TANH_SCALE))
        inner = (x * x * (3 * _TANH_CUBE) + 1) * (2 * _TANH_SCALE)
        return (g * (s + x * s * (1 - s) * inner),)
    below = erf(x * math.sqrt(0.5)) * 0.5 + 0.5  # the forward pass has this erf, not an erfc
    density = exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
    return (g * (below + x * density),)


_gelu_op = _activation(
    "gelu",
    "x times the normal distribution function of x, or its tanh approximation.",
    _gelu,
    _vjp_gelu,
    variants=({"approximate": False}, {"approximate": True}),
)


def gelu(x: Node, approximate: bool = False) -> Node:
    """x * Phi(x), with erf or (`approximate`) with tanh."""
    return _gelu_op(x, approximate=approximate)


# -- powers -----------------------------------------------------------------------------------

square = _activation(
    "square",
    "x * x.",
    lambda x: x * x,
    lambda g, y, x: (g * x * 2,),
    allowed=dtypes.NUMERIC,
)

reciprocal = _activation(
    "reciprocal",
    "1 / x.",
    lambda x: full_like(1, x) / x,
    lambda g, y, x: (-(g * y * y),),
    ranges=((0.4, 3.0),),
)
