"""The networks of He et al., Deep Residual Learning (2015)."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.contrib.parts import network
from pentad.frontends.tensorflow1.contrib.parts.scopes import add_arg_scope
from pentad.frontends.tensorflow1.contrib.slim.nets.resnet_utils import (
    Kind,
    conv2d_same,
    family,
    resnet_arg_scope,
    subsample,
)
from pentad.frontends.tensorflow1.contrib.slim.utils import last_dimension
from pentad.frontends.tensorflow1.ops.activations import relu
from pentad.frontends.tensorflow1.variables.scope import variable_scope


@add_arg_scope
def bottleneck(
    inputs: Any, depth: int, depth_bottleneck: int, stride: int, rate: int = 1,
    outputs_collections: Any = None, scope: Any = None,
) -> Any:
    """A unit: convolutions of 1x1, 3x3 and 1x1 beside the way past them."""
    with variable_scope(scope, "bottleneck_v1", [inputs]) as opened:
        if depth == last_dimension(inputs.shape, 4):
            past = subsample(inputs, stride, "shortcut")
        else:
            past = network.conv2d(inputs, depth, [1, 1], stride=stride, activation_fn=None,
                                  scope="shortcut")
        net = network.conv2d(inputs, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        net = conv2d_same(net, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
        net = network.conv2d(net, depth, [1, 1], stride=1, activation_fn=None, scope="conv3")
        return network.collect(outputs_collections, opened.name, relu(past + net))


(resnet_v1, resnet_v1_block, resnet_v1_50, resnet_v1_101, resnet_v1_152,
 resnet_v1_200) = family(Kind("resnet_v1", bottleneck, False))
__getattr__ = absent(__name__)
__all__ = ["resnet_arg_scope"]
