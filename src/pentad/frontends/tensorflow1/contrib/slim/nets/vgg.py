"""The networks of Simonyan and Zisserman, Very Deep Convolutional Networks (2014)."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.contrib.slim.nets.plain import Conv, Pool, built, settings
from pentad.frontends.tensorflow1.variables.initializers import Zeros

_WIDTHS = (64, 128, 256, 512, 512)
_HIDDEN = (Conv("fc6", 4096, 7, padding="VALID"), Conv("fc7", 4096, 1))


def vgg_arg_scope(weight_decay: float = 0.0005) -> Any:
    """The arguments of layers for these networks."""
    return settings(weight_decay, Zeros(), None)


def _vgg(name: str, counts: tuple[int, ...], doc: str) -> Any:
    steps = [
        step for i, (width, count) in enumerate(zip(_WIDTHS, counts), 1)
        for step in (Conv(f"conv{i}", width, 3, times=count), Pool(f"pool{i}", 2, 2))
    ]

    def call(
        inputs: Any, num_classes: int = 1000, is_training: Any = True,
        dropout_keep_prob: float = 0.5, spatial_squeeze: bool = True, scope: Any = name,
    ) -> tuple[Any, Any]:
        return built(inputs, steps, _HIDDEN, num_classes, is_training, dropout_keep_prob,
                     spatial_squeeze, scope, name)

    call.__name__, call.__doc__ = name, f"{doc}: (logits, outputs of layers by name)."
    call.default_image_size = 224  # type: ignore[attr-defined]
    return call


vgg_a = _vgg("vgg_a", (1, 1, 2, 2, 2), "The network of 11 layers")
vgg_16 = _vgg("vgg_16", (2, 2, 3, 3, 3), "The network of 16 layers")
vgg_19 = _vgg("vgg_19", (2, 2, 4, 4, 4), "The network of 19 layers")
vgg_d, vgg_e = vgg_16, vgg_19
__getattr__ = absent(__name__)
