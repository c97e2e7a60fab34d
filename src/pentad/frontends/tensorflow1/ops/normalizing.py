"""Moments and what is normalised by them; dropout."""

from __future__ import annotations

import numbers
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.elementwise import (
    add,
    maximum,
    multiply,
    rsqrt,
    square,
    squared_difference,
    subtract,
)
from pentad.frontends.tensorflow1.ops.identity import stop_gradient
from pentad.frontends.tensorflow1.ops.reductions import reduce_mean, reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.ops.shaping import squeeze


def moments(
    x: Any, axes: Any, shift: Any = None, name: str | None = None, keep_dims: Any = None,
    keepdims: Any = None,
) -> Any:
    """The mean and the variance over axes."""
    keep = bool(keep_dims if keepdims is None else keepdims)
    with name_scope(name, "moments", [x, axes]):
        x = convert_to_tensor(x)
        wide = cast(x, dtypes.float32) if x.dtype.base_dtype is dtypes.float16 else x
        mean = reduce_mean(wide, axes, keepdims=True, name="mean")
        spread = squared_difference(wide, stop_gradient(mean))
        variance = reduce_mean(spread, axes, keepdims=True, name="variance")
        if not keep:
            mean, variance = squeeze(mean, axes), squeeze(variance, axes)
        if x.dtype.base_dtype is dtypes.float16:
            return cast(mean, dtypes.float16), cast(variance, dtypes.float16)
        return mean, variance


def weighted_moments(
    x: Any, axes: Any, frequency_weights: Any, name: str | None = None, keep_dims: Any = None,
    keepdims: Any = None,
) -> Any:
    """The same, for elements that count as often as the weights say."""
    keep = bool(keep_dims if keepdims is None else keepdims)
    with name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = cast(convert_to_tensor(frequency_weights, name="frequency_weights"), x.dtype)
        spread = add(weights, x * 0)
        total = reduce_sum(spread, axes, keepdims=True, name="sum_of_weights")
        mean = reduce_sum(weights * x, axes, keepdims=True) / total
        distance = reduce_sum(weights * squared_difference(x, mean), axes, keepdims=True)
        variance = distance / total
        if not keep:
            return squeeze(mean, axes), squeeze(variance, axes)
        return mean, variance


def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keep_dims: Any = None, name: str | None = None,
    keepdims: Any = None,
) -> Any:
    """The number of elements over axes, their sum and the sum of their squares, and the shift."""
    keep = bool(keep_dims if keepdims is None else keepdims)
    axes = sorted(set(axes))
    with name_scope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        sizes = shape_of(x)
        count: Any = 1
        for axis in axes:
            count = count * cast(sizes[axis], x.dtype)
        centred = x if shift is None else x - shift
        squares = square(x) if shift is None else squared_difference(x, shift)
        return (count, reduce_sum(centred, axes, keepdims=keep, name="mean_ss"),
                reduce_sum(squares, axes, keepdims=keep, name="var_ss"), shift)


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> Any:
    """The mean and the variance of sufficient statistics."""
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = 1.0 / convert_to_tensor(counts)
        shifted = multiply(mean_ss, divisor, name="mean")
        mean = shifted if shift is None else add(shifted, shift, name="mean")
        variance = subtract(multiply(variance_ss, divisor), square(shifted), name="variance")
        return mean, variance


def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any,
    name: str | None = None,
) -> Any:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset."""
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        x = convert_to_tensor(x)
        mean, variance = convert_to_tensor(mean), convert_to_tensor(variance)
        factor = rsqrt(variance + variance_epsilon)
        if scale is not None:
            factor = factor * scale
        shift = offset - mean * factor if offset is not None else -mean * factor
        return x * cast(factor, x.dtype) + cast(shift, x.dtype)


def batch_norm_with_global_normalization(
    t: Any = None, m: Any = None, v: Any = None, beta: Any = None, gamma: Any = None,
    variance_epsilon: Any = None, scale_after_normalization: Any = None, name: str | None = None,
    input: Any = None, mean: Any = None, variance: Any = None,
) -> Any:
    """The old name of batch_normalization."""
    t, m, v = (b if a is None else a for a, b in ((t, input), (m, mean), (v, variance)))
    return batch_normalization(
        t, m, v, beta, gamma if scale_after_normalization else None, variance_epsilon, name)


def _fused(
    x: Any, scale: Any, offset: Any, mean: Any, variance: Any, epsilon: float, data_format: Any,
    is_training: bool,
) -> Any:
    first = data_format in ("NCHW", b"NCHW")
    axes = (0, 2, 3) if first else (0, 1, 2)
    wide = x.to(scale.dtype)
    shape = (1, -1, 1, 1) if first else (-1,)
    count: Any = 1
    for a in axes:
        count = count * x.shape[a]
    if is_training:
        mean = wide.mean(axes)
        centred = wide - mean.reshape(shape)
        variance = (centred * centred).mean(axes)
        kept = variance * (count / max(count - 1, 1) if isinstance(count, int)
                           else _bessel(variance, count))
    else:
        centred, kept = wide - mean.reshape(shape), variance
    factor = scale * pt.rsqrt(variance + epsilon)
    y = centred * factor.reshape(shape) + offset.reshape(shape)
    return y.to(x.dtype), mean, kept


def _bessel(like: Any, count: Any) -> Any:
    number = pt.ones((), dtype=like.dtype) * count
    return number / pt.maximum(number - 1, pt.ones_like(number))


_FUSED = op(
    "FusedBatchNormV3",
    "x: T, scale: U, offset: U, mean: U, variance: U; epsilon=0.0001, data_format='NHWC', "
    "is_training=True -> y: T, batch_mean: U, batch_variance: U", _fused,
    allow={"T": FLOATS, "U": FLOATS},
    infer=lambda x, s, o, m, v, node: [x, s, s])


def fused_batch_norm(
    x: Any, scale: Any, offset: Any, mean: Any = None, variance: Any = None, epsilon: float = 0.001,
    data_format: str = "NHWC", is_training: bool = True, name: str | None = None,
) -> Any:
    """(normalised, mean, variance): by the batch's own moments while training, else the given."""
    if is_training and (mean is not None or variance is not None):
        raise pt.ArgumentError(static.message(
            "Both 'mean' and 'variance' must be None if is_training is True."))
    if not is_training and (mean is None or variance is None):
        raise pt.ArgumentError(static.message(
            "Both 'mean' and 'variance' must be given if is_training is False."))
    x = convert_to_tensor(x, name="input")
    scale = convert_to_tensor(scale, name="scale")
    offset = convert_to_tensor(offset, name="offset")
    empty = scale if mean is None else mean
    found = _FUSED(x, scale, offset, empty, scale if variance is None else variance,
                   epsilon=max(epsilon, 1.001e-5), data_format=data_format,
                   is_training=is_training, name=name)
    return found[0], found[1], found[2]


def l2_normalize(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None
) -> Any:
    """x / sqrt(max(sum(x * x), epsilon)) over axes."""
    axis = dim if axis is None else axis
    with name_scope(name, "l2_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        squares = reduce_sum(square(x), axis, keepdims=True)
        return multiply(x, rsqrt(maximum(squares, epsilon)), name=scope)


def _responses(x: Any, depth_radius: int, bias: float, alpha: float, beta: float) -> Any:
    size = 2 * depth_radius + 1
    found = pt.nn.functional.local_response_norm(
        x.permute(0, 3, 1, 2), size, alpha * size, beta, bias)
    return found.permute(0, 2, 3, 1)


_LRN = op("LRN", "input: T; depth_radius=5, bias=1.0, alpha=1.0, beta=0.5 -> output: T",
          _responses, allow={"T": FLOATS}, infer=lambda x, node: [x])


def local_response_normalization(
    input: Any, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5,
    name: str | None = None,
) -> Any:
    """Each element over a power of the squares of its neighbours in the last axis."""
    return _LRN(input, depth_radius=depth_radius, bias=bias, alpha=alpha, beta=beta, name=name)


# -- dropout -----------------------------------------------------------------------------------


def dropout(
    x: Any, keep_prob: Any = None, noise_shape: Any = None, seed: Any = None,
    name: str | None = None, rate: Any = None,
) -> Any:
    """Elements made zero with probability `rate`, the others scaled up."""
    if rate is None and keep_prob is None:
        raise pt.ArgumentError("You must provide a rate to dropout.")
    if rate is not None and keep_prob is not None and _number(1 - rate) != _number(keep_prob):
        raise pt.ArgumentError("keep_prob and rate are two arguments for one thing: give rate")
    if rate is None:
        _require_fraction("keep_prob", keep_prob, low_open=True)
        rate = 1 - convert_to_tensor(keep_prob) if hasattr(keep_prob, "graph") else 1 - keep_prob
    else:
        _require_fraction("rate", rate, low_open=False)
    with name_scope(name, "dropout", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            raise pt.ArgumentError(static.message(
                "x has to be a floating point tensor since it's going to be scaled.",
                got=f"a {x.dtype.name} tensor"))
        if isinstance(rate, numbers.Real) and rate == 0:
            return x
        return _dropped(x, rate, noise_shape, seed)


def _number(value: Any) -> Any:
    return value if isinstance(value, numbers.Real) else None


def _require_fraction(what: str, value: Any, low_open: bool) -> None:
    if not isinstance(value, numbers.Real):
        return
    fits = 0 < value <= 1 if low_open else 0 <= value < 1
    if not fits:
        bounds = "(0, 1]" if low_open else "[0, 1)"
        raise pt.ArgumentError(static.message(
            f"{what} must be a scalar tensor or a float in the range {bounds}, got {value}"))


def _dropped(x: Any, rate: Any, noise_shape: Any, seed: Any) -> Any:
    from pentad.frontends.tensorflow1.ops.random import random_uniform

    rate = convert_to_tensor(rate, x.dtype.base_dtype, name="rate")
    sizes = _noise_sizes(x, noise_shape)
    drawn = random_uniform(sizes, seed=seed, dtype=x.dtype.base_dtype)
    kept = cast(drawn >= rate, x.dtype.base_dtype)
    found = x * (1 / (1 - rate)) * kept
    found.set_shape(x.shape)
    return found


def _noise_sizes(x: Any, noise_shape: Any) -> Any:
    if noise_shape is None:
        return shape_of(x)
    if hasattr(noise_shape, "graph") or None not in list(noise_shape):
        return noise_shape
    whole = shape_of(x)
    return [whole[i] if n is None else n for i, n in enumerate(noise_shape)]


def zero_fraction(value: Any, name: str | None = None) -> Any:
    """The share of elements that are zero."""
    from pentad.frontends.tensorflow1.ops.comparison import equal

    with name_scope(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        return reduce_mean(cast(equal(value, cast(0, value.dtype)), dtypes.float32),
                           name="fraction")


def scale_regularization_loss(regularization_loss: Any) -> Any:
    """The loss: there is one replica."""
    return convert_to_tensor(regularization_loss)


def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Any:
    """The sum of losses over the size of the batch."""
    losses = convert_to_tensor(per_example_loss)
    if sample_weight is not None:
        losses = losses * cast(sample_weight, losses.dtype)
    count = shape_of(losses)[0] if global_batch_size is None else global_batch_size
    return reduce_sum(losses) / cast(count, losses.dtype)
