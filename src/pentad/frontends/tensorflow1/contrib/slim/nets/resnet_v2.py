"""The networks of He et al., Identity Mappings in Deep Residual Networks (2016)."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.contrib.parts import network, norms
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
    """A unit: convolutions of 1x1, 3x3 and 1x1, normalised before, beside the way past them."""
    with variable_scope(scope, "bottleneck_v2", [inputs]) as opened:
        first = norms.batch_norm(inputs, activation_fn=relu, scope="preact")
        if depth == last_dimension(inputs.shape, 4):
            past = subsample(inputs, stride, "shortcut")
        else:
            past = network.conv2d(first, depth, [1, 1], stride=stride, normalizer_fn=None,
                                  activation_fn=None, scope="shortcut")
        net = network.conv2d(first, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        net = conv2d_same(net, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
        net = network.conv2d(net, depth, [1, 1], stride=1, normalizer_fn=None,
                             activation_fn=None, scope="conv3")
        return network.collect(outputs_collections, opened.name, past + net)


(resnet_v2, resnet_v2_block, resnet_v2_50, resnet_v2_101, resnet_v2_152,
 resnet_v2_200) = family(Kind("resnet_v2", bottleneck, True))
__getattr__ = absent(__name__)
__all__ = ["resnet_arg_scope"]
