"""softmax, log_softmax, logsumexp and logaddexp: nothing here overflows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad.graph import dtypes
from pentad.graph.node import Node
from pentad.graph.op import Sample
from pentad.ops.arithmetic import log, maximum, minimum, zeros
from pentad.ops.batching import later_axes, same
from pentad.ops.broadcast import reduce_sum, spread
from pentad.ops.comparison import eq, ge, isfinite, where
from pentad.ops.define import composite, normalize_axes, normalize_axis, require_dtype, require_same
from pentad.ops.precision import AXES_CASES, float_errors, float_samples, in_float32
from pentad.ops.reduce import reduce_max
from pentad.ops.sources import full_like
from pentad.ops.transcendental import exp, log1p, sigmoid
from pentad.ops.views import stop_gradient

# -- softmax -----------------------------------------------------------------------------------


def _peak(x: Node, axes: Sequence[int]) -> Node:
    """The largest element over `axes`, repeated along them, as a constant: subtracting it from
    all exponents changes no result, so that no gradient needs to flow through it."""
    return stop_gradient(spread(reduce_max(x, axes), x, axes))


def _softmax(x: Node, *, axis: int) -> Node:
    require_dtype("softmax", x.dtype, dtypes.FLOATS)
    axes = (normalize_axis("softmax", axis, x.ndim),)
    weight = exp(x - _peak(x, axes))
    return weight / spread(reduce_sum(weight, axes), x, axes)


def _vjp_softmax(g: Node, y: Node, x: Node, *, axis: int) -> tuple[Node]:
    axes = (axis % x.ndim,)
    return (y * (g - spread(reduce_sum(g * y, axes), x, axes)),)


def _masked_softmax(x: Node, *, axis: int) -> Node:
    require_dtype("masked_softmax", x.dtype, dtypes.FLOATS)
    axes = (normalize_axis("masked_softmax", axis, x.ndim),)
    peak = _peak(x, axes)
    nothing = eq(peak, full_like(-float("inf"), peak))
    weight = exp(x - where(nothing, zeros(peak), peak))
    total = spread(reduce_sum(weight, axes), x, axes)
    return weight / where(nothing, full_like(1, total), total)


def _log_softmax(x: Node, *, axis: int) -> Node:
    require_dtype("log_softmax", x.dtype, dtypes.FLOATS)
    axes = (normalize_axis("log_softmax", axis, x.ndim),)
    centred = x - _peak(x, axes)
    return centred - spread(log(reduce_sum(exp(centred), axes)), x, axes)


def _vjp_log_softmax(g: Node, y: Node, x: Node, *, axis: int) -> tuple[Node]:
    axes = (axis % x.ndim,)
    return (g - exp(y) * spread(reduce_sum(g, axes), x, axes),)


_AXIS_CASES = [((5,), {"axis": 0}), ((3, 17), {"axis": 1}), ((17, 3), {"axis": 0})]
_AXIS_CASES += [((2, 3, 4), {"axis": 1}), ((0, 3), {"axis": 1})]


def _axis_fields() -> dict[str, Any]:
    return {
        "samples": lambda: float_samples(_AXIS_CASES, {"axis": 1}),
        "errors": lambda: float_errors({"axis": 1}, {"axis": 2}),
        "batch": later_axes("axis"),
    }


softmax = composite(
    "softmax",
    "exp(x) divided by its sum along an axis; the largest x is subtracted first.",
    decompose=in_float32(_softmax),
    vjp=in_float32(_vjp_softmax),
    **_axis_fields(),
)

masked_softmax = composite(
    "masked_softmax",
    "softmax, but a line that is -inf everywhere (all masked) gives zeros, not NaN.",
    decompose=in_float32(_masked_softmax),
    vjp=in_float32(_vjp_softmax),
    **_axis_fields(),
)

log_softmax = composite(
    "log_softmax",
    "x minus the logarithm of the sum of exp(x) along an axis.",
    decompose=in_float32(_log_softmax),
    vjp=in_float32(_vjp_log_softmax),
    **_axis_fields(),
)


def _finite_or_zero(x: Node) -> Node:
    return where(isfinite(x), x, zeros(x))


def _logsumexp(x: Node, *, axes: tuple[int, ...]) -> Node:
    require_dtype("logsumexp", x.dtype, dtypes.FLOATS)
    axes = normalize_axes("logsumexp", axes, x.ndim)
    # Where the largest is infinite there is nothing to subtract: inf - inf would be NaN.
    peak = _finite_or_zero(stop_gradient(reduce_max(x, axes)))
    return log(reduce_sum(exp(x - spread(peak, x, axes)), axes)) + peak


def _vjp_logsumexp(g: Node, y: Node, x: Node, *, axes: tuple[int, ...]) -> tuple[Node]:
    share = exp(x - spread(_finite_or_zero(y), x, axes))
    return (spread(g, x, axes) * share,)


_logsumexp_op = composite(
    "logsumexp",
    "The logarithm of the sum of exp(x) over some axes, without overflow.",
    decompose=in_float32(_logsumexp),
    vjp=in_float32(_vjp_logsumexp),
    batch=later_axes("axes"),
    samples=lambda: float_samples(AXES_CASES, {"axes": (1,)}),
    errors=lambda: float_errors({"axes": (1,)}, {"axes": (2,)}),
)


def logsumexp(x: Node, axes: Sequence[int]) -> Node:
    """log(sum(exp(x))) over `axes`, which are dropped."""
    return _logsumexp_op(x, axes=normalize_axes("logsumexp", axes, x.ndim)) if axes else x


# -- two operands ------------------------------------------------------------------------------


def _logaddexp(a: Node, b: Node) -> Node:
    require_same("logaddexp", (a.type, b.type))
    high, low = maximum(a, b), minimum(a, b)
    # Equal infinities have no difference.
    gap = where(ge(low, high), zeros(low), low - high)
    return high + log1p(exp(gap))


logaddexp = composite(
    "logaddexp",
    "log(exp(a) + exp(b)) without overflow.",
    decompose=in_float32(_logaddexp),
    vjp=in_float32(lambda g, y, a, b: (g * sigmoid(a - b), g * sigmoid(b - a))),
    batch=same,
    samples=lambda: [
        Sample(((s, d), (s, d)))
        for s, d in (
            ((), dtypes.float32),
            ((17,), dtypes.float32),
            ((0,), dtypes.float32),
            *(((3, 5), d) for d in dtypes.FLOATS),
        )
    ],
)
