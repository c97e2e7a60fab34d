"""The network of Sermanet et al., OverFeat (2013)."""

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
from pentad.frontends.tensorflow1.variables.initializers import Constant, Zeros

_STEPS = (
    Conv("conv1", 64, 11, 4, "VALID"), Pool("pool1", 2, 2), Conv("conv2", 256, 5, 1, "VALID"),
    Pool("pool2", 2, 2), Conv("conv3", 512, 3), Conv("conv4", 1024, 3), Conv("conv5", 1024, 3),
    Pool("pool5", 2, 2),
)
_HIDDEN = (Conv("fc6", 3072, 6, padding="VALID"), Conv("fc7", 4096, 1))


def overfeat_arg_scope(weight_decay: float = 0.0005) -> Any:
    """The arguments of layers for this network."""
    return settings(weight_decay, Zeros(), "VALID")


def overfeat(
    inputs: Any, num_classes: int = 1000, is_training: Any = True, dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True, scope: Any = "overfeat",
) -> tuple[Any, Any]:
    """(logits, outputs of layers by name)."""
    head = {"weights_initializer": narrow(0.005), "biases_initializer": Constant(0.1)}
    return built(inputs, _STEPS, _HIDDEN, num_classes, is_training, dropout_keep_prob,
                 spatial_squeeze, scope, "overfeat", head)


overfeat.default_image_size = 231  # type: ignore[attr-defined]
__getattr__ = absent(__name__)
