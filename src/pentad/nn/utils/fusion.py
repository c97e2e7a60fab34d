"""A batch norm after a convolution or a linear layer, folded into its weights."""

from __future__ import annotations

import copy
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.nn.module import Module
from pentad.nn.parameter import Parameter
from pentad.tensor.functions.creation import ones_like, zeros_like
from pentad.tensor.state import no_grad


def _folded(
    weight: Any, bias: Any, mean: Any, var: Any, eps: float, scale: Any, shift: Any, axis: int
) -> tuple[Parameter, Parameter]:
    with no_grad():
        bias = zeros_like(mean) if bias is None else bias
        scale = ones_like(mean) if scale is None else scale
        shift = zeros_like(mean) if shift is None else shift
        factor = scale * (var + eps).rsqrt()
        sizes = [1] * weight.ndim
        sizes[axis] = -1
        made = (weight * factor.reshape(*sizes)).to(weight.dtype)
        return Parameter(made), Parameter(((bias - mean) * factor + shift).to(weight.dtype))


def fuse_conv_bn_weights(
    conv_w: Any, conv_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """(weight, bias) of the convolution that is conv followed by a batch norm in eval mode."""
    return _folded(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 1 if transpose else 0)


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Parameter, Parameter]:
    """(weight, bias) of the linear layer that is linear followed by a batch norm in eval mode."""
    return _folded(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 0)


def _fused(layer: Any, bn: Any, axis: int) -> Any:
    if layer.training or bn.training or bn.running_mean is None:
        raise ArgumentError(
            message("a batch norm can be folded into weights only as it is in eval mode",
                    expected="both layers in eval mode, with running statistics",
                    got="a layer in training, or no statistics", hint="call eval() first")
        )
    made = copy.deepcopy(layer)
    made.weight, made.bias = _folded(
        made.weight, made.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, axis
    )
    return made


def fuse_conv_bn_eval(conv: Module, bn: Module, transpose: bool = False) -> Any:
    """A convolution that computes bn(conv(x)); ArgumentError if one of them is in training.

    In a grouped transposed convolution channels are not along one axis of the weight:
    ArgumentError.
    """
    if transpose and getattr(conv, "groups", 1) != 1:
        raise ArgumentError(
            message("fuse_conv_bn_eval: a transposed convolution", expected="one group",
                    got=str(conv.groups))
        )
    return _fused(conv, bn, 1 if transpose else 0)


def fuse_linear_bn_eval(linear: Module, bn: Module) -> Any:
    """A linear layer that computes bn(linear(x)); ArgumentError if one of them is in training."""
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise ArgumentError(
            message("fuse_linear_bn_eval: the features do not fit",
                    expected=str(linear.out_features), got=str(bn.num_features))
        )
    return _fused(linear, bn, 0)
