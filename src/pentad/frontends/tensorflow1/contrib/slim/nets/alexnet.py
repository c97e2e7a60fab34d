"""The network of Krizhevsky, One weird trick for parallelizing CNNs (2014)."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.contrib.slim.nets.plain import (
    Conv,
    Pool,
    built,
    narrow,
    settings,
)
from pentad.frontends.tensorflow1.variables.initializers import Constant

_STEPS = (
    Conv("conv1", 64, 11, 4, "VALID"), Pool("pool1", 3, 2), Conv("conv2", 192, 5),
    Pool("pool2", 3, 2), Conv("conv3", 384, 3), Conv("conv4", 384, 3), Conv("conv5", 256, 3),
    Pool("pool5", 3, 2),
)
_HIDDEN = (Conv("fc6", 4096, 5, padding="VALID"), Conv("fc7", 4096, 1))


def alexnet_v2_arg_scope(weight_decay: float = 0.0005) -> Any:
    """The arguments of layers for this network."""
    return settings(weight_decay, Constant(0.1), "VALID")


def alexnet_v2(
    inputs: Any, num_classes: int = 1000, is_training: Any = True, dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True, scope: Any = "alexnet_v2",
) -> tuple[Any, Any]:
    """(logits, outputs of layers by name)."""
    head = {"weights_initializer": narrow(0.005), "biases_initializer": Constant(0.1)}
    return built(inputs, _STEPS, _HIDDEN, num_classes, is_training, dropout_keep_prob,
                 spatial_squeeze, scope, "alexnet_v2", head)


alexnet_v2.default_image_size = 224  # type: ignore[attr-defined]
__getattr__ = absent(__name__)
