"""Regularizers and initialisers of tf.contrib.layers."""

from __future__ import annotations

import math
import numbers
from typing import Any

import pentad as pt
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import constant, convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.ops import elementwise
from pentad.frontends.tensorflow1.ops.norms import l2_loss
from pentad.frontends.tensorflow1.ops.random import random_uniform, truncated_normal
from pentad.frontends.tensorflow1.ops.reductions import add_n, reduce_sum


def _scaled(default: str, rule: Any, scale: Any, scope: Any) -> Any:
    if isinstance(scale, numbers.Integral) and not isinstance(scale, bool) and scale != 0:
        raise pt.ArgumentError(f"scale cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real):
        if scale < 0.0:
            raise pt.ArgumentError(
                f"Setting a scale less than 0 on a regularizer: {scale}")
        if scale == 0.0:
            return lambda _: None

    def regularize(weights: Any, name: str | None = None) -> Any:
        with name_scope(scope or name, default, [weights]) as full:
            found = convert_to_tensor(weights)
            factor = convert_to_tensor(scale, found.dtype.base_dtype, name="scale")
            return elementwise.multiply(factor, rule(found), name=full)

    return regularize


def l1_regularizer(scale: Any, scope: Any = None) -> Any:
    """scale * sum(|w|)."""
    return _scaled("l1_regularizer", lambda w: reduce_sum(elementwise.abs(w)), scale, scope)


def l2_regularizer(scale: Any, scope: Any = None) -> Any:
    """scale * sum(w * w) / 2."""
    return _scaled("l2_regularizer", l2_loss, scale, scope)


def l1_l2_regularizer(scale_l1: Any = 1.0, scale_l2: Any = 1.0, scope: Any = None) -> Any:
    """Both."""
    scope = scope or "l1_l2_regularizer"
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope)


def sum_regularizer(regularizer_list: Any, scope: Any = None) -> Any:
    """The sum of regularizers."""
    found = [r for r in regularizer_list if r is not None]
    if not found:
        return None

    def regularize(weights: Any) -> Any:
        with name_scope(scope, "sum_regularizer", [weights]):
            parts = [v for v in (r(weights) for r in found) if v is not None]
            return add_n(parts) if parts else None

    return regularize


def apply_regularization(regularizer: Any, weights_list: Any = None) -> Any:
    """The sum of a regularizer over weights, collected."""
    graph = get_default_graph()
    weights = graph.get_collection(GraphKeys.WEIGHTS) if weights_list is None else weights_list
    if not weights:
        raise pt.ArgumentError("No weights to regularize.")
    with name_scope("get_regularization_penalty", values=list(weights)) as scope:
        penalties = [constant(0.0) if p is None else p for p in map(regularizer, weights)]
        for p in penalties:
            if p.shape.ndims != 0:
                raise pt.ShapeError("regularizer must return a scalar Tensor")
        total = add_n(penalties, name=scope)
        graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
        return total


def variance_scaling_initializer(
    factor: float = 2.0, mode: str = "FAN_IN", uniform: bool = False, seed: Any = None,
    dtype: Any = dtypes.float32,
) -> Any:
    """Random numbers whose variance keeps that of what passes through."""
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")
    if not dtypes.as_dtype(dtype).is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")

    def initialize(shape: Any, dtype: Any = dtype, partition_info: Any = None) -> Any:
        shape = [int(n) for n in shape]
        fan_in = float(shape[-2] if len(shape) > 1 else shape[-1]) if shape else 1.0
        fan_out = float(shape[-1]) if shape else 1.0
        field = math.prod(shape[:-2])
        fan_in, fan_out = fan_in * field, fan_out * field
        n = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2.0}[mode]
        if uniform:
            limit = math.sqrt(3.0 * factor / n)
            return random_uniform(shape, -limit, limit, dtype, seed=seed)
        return truncated_normal(shape, 0.0, math.sqrt(1.3 * factor / n), dtype, seed=seed)

    return initialize


def xavier_initializer(
    uniform: bool = True, seed: Any = None, dtype: Any = dtypes.float32
) -> Any:
    """Glorot's initialiser."""
    return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)
