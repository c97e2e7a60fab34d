"""Activations, biases, the largest elements: the small parts of networks."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS, INDEX, NUMBERS, REALS
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.elementwise import multiply, negative, sigmoid
from pentad.frontends.tensorflow1.ops.matrices import matmul

_F = pt.nn.functional


def _unary(name: str, run: Any, allow: Any = FLOATS, **options: Any) -> Any:
    return op(name, "features: T -> activations: T", run, allow={"T": allow}, **options)


def _selu(x: Any) -> Any:
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return pt.where(x < 0, scale * alpha * pt.expm1(pt.minimum(x, pt.zeros_like(x))), scale * x)


relu = _unary("Relu", _F.relu, REALS)
relu6 = _unary("Relu6", lambda x: x.clamp(0, 6), REALS)
elu = _unary("Elu", lambda x: pt.where(x < 0, pt.expm1(pt.minimum(x, pt.zeros_like(x))), x))
selu = _unary("Selu", _selu)
softplus = _unary("Softplus", lambda x: pt.maximum(x, pt.zeros_like(x))
                  + pt.log1p(pt.exp(-pt.abs(x))))
softsign = _unary("Softsign", _F.softsign)
_LEAKY = op("LeakyRelu", "features: T; alpha=0.2 -> activations: T",
            lambda x, alpha: pt.where(x > 0, x, alpha * x), allow={"T": FLOATS})


def leaky_relu(features: Any, alpha: Any = 0.2, name: str | None = None) -> Any:
    """x where it is positive, alpha * x elsewhere."""
    with name_scope(name, "LeakyRelu", [features, alpha]) as scope:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            from pentad.frontends.tensorflow1.ops.casting import cast

            features = cast(features, dtypes.float32)
        if isinstance(alpha, int | float):
            return _LEAKY(features, alpha=float(alpha), name=scope)
        from pentad.frontends.tensorflow1.ops.elementwise import maximum

        return maximum(multiply(alpha, features), features, name=scope)


def swish(features: Any, name: str | None = None) -> Any:
    """x * sigmoid(x)."""
    with name_scope(name, "swish", [features]) as scope:
        x = convert_to_tensor(features, name="features")
        return multiply(x, sigmoid(x), name=scope)


def log_sigmoid(x: Any, name: str | None = None) -> Any:
    """log(1 / (1 + exp(-x)))."""
    with name_scope(name, "LogSigmoid", [x]) as scope:
        return negative(softplus(negative(convert_to_tensor(x, name="x"))), name=scope)


def crelu(features: Any, name: str | None = None, axis: int = -1) -> Any:
    """relu of x and of -x, one beside the other."""
    from pentad.frontends.tensorflow1.ops.shaping import concat

    with name_scope(name, "CRelu", [features]) as scope:
        x = convert_to_tensor(features, name="features")
        return relu(concat([x, negative(x)], axis, name=scope))


# -- softmax -----------------------------------------------------------------------------------

_SOFTMAX = op("Softmax", "logits: T; axis=-1 -> softmax: T",
              lambda x, axis: pt.softmax(x, axis), allow={"T": FLOATS})
_LOG_SOFTMAX = op("LogSoftmax", "logits: T; axis=-1 -> logsoftmax: T",
                  lambda x, axis: pt.log_softmax(x, axis), allow={"T": FLOATS})


def _over_axis(logits: Any, axis: Any, dim: Any, name: str | None, default: str, make: Any) -> Any:
    axis = axis if axis is not None else -1 if dim is None else dim
    logits = convert_to_tensor(logits, name="logits")
    rank = logits.shape.ndims
    if rank is not None and not -max(rank, 1) <= axis < max(rank, 1):
        raise pt.ArgumentError(static.message(
            f"{default}: `dim` must be in the range [{-rank}, {rank})", got=str(axis)))
    return make(logits, axis=axis, name=name)


def softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Any:
    """exp(x) / sum(exp(x)) along an axis, the last one if none is given."""
    return _over_axis(logits, axis, dim, name, "Softmax", _SOFTMAX)


def log_softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Any:
    """The logarithm of softmax."""
    return _over_axis(logits, axis, dim, name, "LogSoftmax", _LOG_SOFTMAX)


# -- biases ------------------------------------------------------------------------------------


def _biased(value: Any, bias: Any, data_format: Any) -> Any:
    if data_format in ("NCHW", b"NCHW") and value.ndim > 2:
        bias = bias.reshape(-1, *(1,) * (value.ndim - 2))
    return value + bias


def _like_first(first: Any, *rest: Any) -> Any:
    return [static.Type(first.dtype, first.shape)]


_BIAS_ADD = op("BiasAdd", "value: T, bias: T; data_format='NHWC' -> output: T", _biased,
               allow={"T": NUMBERS}, infer=_like_first)


def bias_add(
    value: Any, bias: Any, data_format: str | None = None, name: str | None = None
) -> Any:
    """The value with a bias added for each channel."""
    if data_format is not None:
        first = data_format.startswith("NC")
        if not first and not data_format.startswith("N"):
            raise pt.ArgumentError(static.message(
                "data_format must be of the form `N...C` or `NC...`", got=data_format))
        data_format = "NCHW" if first else "NHWC"
    with name_scope(name, "BiasAdd", [value, bias]) as scope:
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, value.dtype.base_dtype, name="bias")
        if bias.shape.ndims not in (1, None):
            raise pt.ShapeError(static.message(
                f"Shape must be rank 1 but is rank {bias.shape.ndims} for '{scope}' (op: "
                "'BiasAdd')", expected="a bias with one axis", got=str(bias.shape)))
        return _BIAS_ADD(value, bias, data_format=data_format or "NHWC", name=scope)


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """matmul(x, weights) + biases."""
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as scope:
        return bias_add(matmul(x, weights), biases, name=scope)


def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """relu(matmul(x, weights) + biases)."""
    with name_scope(name, "relu_layer", [x, weights, biases]) as scope:
        return relu(xw_plus_b(x, weights, biases), name=scope)


# -- the largest elements ----------------------------------------------------------------------


def _topk(input: Any, k: Any, sorted: bool) -> Any:
    count = int(k)
    if not isinstance(input.shape[-1], int) or input.shape[-1] >= count:
        values, indices = pt.topk(input, count, -1)
        return values, indices.to(pt.int32)
    raise pt.ShapeError(static.message(
        f"input must have last dimension >= k = {count} but is {input.shape[-1]}"))


def _topk_types(input: Any, k: Any, node: Any) -> Any:
    shape = input.shape and (*input.shape[:-1], None)
    return [static.Type(input.dtype, shape), static.Type(pt.int32, shape)]


_TOP_K = op("TopKV2", "input: T, k: int32; sorted=True -> values: T, indices: int32", _topk,
            sizes=(1,), infer=_topk_types, allow={"T": REALS})


def top_k(input: Any, k: Any = 1, sorted: bool = True, name: str | None = None) -> Any:
    """The k largest elements along the last axis, and where they stand."""
    return _TOP_K(input, k, sorted=sorted, name=name)


def _in_top(predictions: Any, targets: Any, k: Any) -> Any:
    chosen = pt.gather(predictions, 1, targets.to(pt.int64).unsqueeze(1))
    better = (predictions > chosen).to(pt.int64).sum(1)
    return (better < int(k)) & pt.isfinite(chosen.squeeze(1))


_IN_TOP_K = op("InTopKV2", "predictions: float32, targets: T, k: T -> precision: bool", _in_top,
               sizes=(2,), allow={"T": INDEX}, differentiable=False,
               infer=lambda p, t, k, node: [static.Type(pt.bool, t.shape)])


def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Any:
    """For each row: is the target among the k largest predictions?"""
    with name_scope(name, "in_top_k", []):
        return _IN_TOP_K(predictions, targets, k, name=name)
