"""Means, variances, and values standardised by them."""

from __future__ import annotations

from collections.abc import Sequence

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.ops.arithmetic import maximum, zeros
from pentad.ops.batching import later_axes
from pentad.ops.broadcast import broadcast, reduce_sum, spread
from pentad.ops.define import composite, normalize_axes, require_dtype
from pentad.ops.precision import AXES_CASES, float_errors, float_samples, in_float32
from pentad.ops.sources import full
from pentad.ops.transcendental import rsqrt

# -- mean, variance ----------------------------------------------------------------------------


def count(x: Node, axes: Sequence[int], dtype: DType) -> Node:
    """The number of elements over `axes`, 0-d; symbolic where a size is."""
    return full(product(tuple(x.shape[a] for a in axes)), (), dtype)


def _divided(total: Node, n: Node) -> Node:
    return total / broadcast(n, total.shape)


def _mean(x: Node, *, axes: tuple[int, ...]) -> Node:
    require_dtype("mean", x.dtype, dtypes.INEXACT)
    axes = normalize_axes("mean", axes, x.ndim)
    return _divided(reduce_sum(x, axes), count(x, axes, x.dtype))


_mean_op = composite(
    "mean",
    "The mean over some axes; NaN of no elements.",
    decompose=in_float32(_mean),
    batch=later_axes("axes"),
    samples=lambda: float_samples([*AXES_CASES, ((2, 0), {"axes": (1,)})], {"axes": (1,)}),
    errors=lambda: float_errors({"axes": (1,)}, {"axes": (2,)}),
)


def mean(x: Node, axes: Sequence[int]) -> Node:
    """The mean of `x` over `axes`, which are dropped."""
    return _mean_op(x, axes=normalize_axes("mean", axes, x.ndim)) if axes else x


def _centred(x: Node, axes: Sequence[int]) -> Node:
    return x - spread(mean(x, axes), x, axes)


def _degrees(x: Node, axes: Sequence[int], correction: float) -> Node:
    n = count(x, axes, x.dtype)
    return maximum(n - correction, zeros(n)) if correction else n


def _var(x: Node, *, axes: tuple[int, ...], correction: float) -> Node:
    require_dtype("var", x.dtype, dtypes.FLOATS)
    axes = normalize_axes("var", axes, x.ndim)
    centred = _centred(x, axes)
    return _divided(reduce_sum(centred * centred, axes), _degrees(x, axes, correction))


def _vjp_var(
    g: Node, y: Node, x: Node, *, axes: tuple[int, ...], correction: float
) -> tuple[Node]:
    # The mean's own share cancels: the deviations from it sum to 0.
    scale = _divided(g * 2, _degrees(x, axes, correction))
    return (spread(scale, x, axes) * _centred(x, axes),)


_VAR_CASES = [(s, {**a, "correction": c}) for s, a in AXES_CASES for c in (0, 1)]

_var_op = composite(
    "var",
    "The sum of squared deviations from the mean over some axes, divided by their number less "
    "the correction (1: unbiased).",
    decompose=in_float32(_var),
    vjp=in_float32(_vjp_var),
    batch=later_axes("axes"),
    samples=lambda: float_samples(_VAR_CASES, {"axes": (1,), "correction": 1}),
    errors=lambda: float_errors(
        {"axes": (1,), "correction": 1}, {"axes": (2,), "correction": 1}
    ),
)


def var(x: Node, axes: Sequence[int], correction: float = 0) -> Node:
    """The variance of `x` over `axes`, which are dropped."""
    return _var_op(x, axes=normalize_axes("var", axes, x.ndim), correction=correction)


# -- standardize -------------------------------------------------------------------------------


def _inverse_deviation(x: Node, axes: Sequence[int], eps: float) -> Node:
    return spread(rsqrt(var(x, axes) + eps), x, axes)


def _standardize(x: Node, *, axes: tuple[int, ...], eps: float) -> Node:
    require_dtype("standardize", x.dtype, dtypes.FLOATS)
    axes = normalize_axes("standardize", axes, x.ndim)
    return _centred(x, axes) * _inverse_deviation(x, axes, eps)


def _vjp_standardize(
    g: Node, y: Node, x: Node, *, axes: tuple[int, ...], eps: float
) -> tuple[Node]:
    along = y * spread(mean(g * y, axes), x, axes)
    return ((_centred(g, axes) - along) * _inverse_deviation(x, axes, eps),)


_standardize_op = composite(
    "standardize",
    "(x - mean) / sqrt(var + eps) over some axes: the heart of batch, layer and group norm.",
    decompose=in_float32(_standardize),
    vjp=in_float32(_vjp_standardize),
    batch=later_axes("axes"),
    samples=lambda: float_samples(
        [(s, {**a, "eps": 1e-2}) for s, a in AXES_CASES], {"axes": (1,), "eps": 1e-5}
    ),
    errors=lambda: float_errors({"axes": (1,), "eps": 1e-5}, {"axes": (2,), "eps": 1e-5}),
)


def standardize(x: Node, axes: Sequence[int], eps: float) -> Node:
    """`x` with mean 0 and variance nearly 1 over `axes`."""
    return _standardize_op(x, axes=normalize_axes("standardize", axes, x.ndim), eps=eps)
