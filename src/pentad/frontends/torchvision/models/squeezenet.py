"""SqueezeNet (Iandola et al., 2016)."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import nn
from pentad.frontends.torchvision.models.weights import network

__all__ = ["SqueezeNet", "squeezenet1_0", "squeezenet1_1"]
_FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
_VERSIONS = {"1_0": (7, 96, {3, 7}), "1_1": (3, 64, {2, 4})}
"""The first convolution's size and channels; the fires before which there is pooling."""


class Fire(nn.Module):
    """A 1x1 convolution of few channels, then a 1x1 and a 3x3 one side by side."""

    def __init__(self, inplanes: int, squeeze_planes: int, expand: int) -> None:
        super().__init__()
        self.inplanes = inplanes
        self.squeeze = nn.Conv2d(inplanes, squeeze_planes, 1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze_planes, expand, 1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze_planes, expand, 3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Any) -> Any:
        """[N, inplanes, H, W] -> [N, 2 expand, H, W]."""
        x = self.squeeze_activation(self.squeeze(x))
        return pt.cat([self.expand1x1_activation(self.expand1x1(x)),
                       self.expand3x3_activation(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    """Fires (features), then a convolution for the classes."""

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.num_classes = num_classes
        size, channels, pooled = _VERSIONS[version]
        layers: list[Any] = [nn.Conv2d(3, channels, size, 2), nn.ReLU(inplace=True),
                             nn.MaxPool2d(3, 2, ceil_mode=True)]
        for number, (few, many) in enumerate(_FIRES):
            if number in pooled:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            layers.append(Fire(channels, few, many))
            channels = 2 * many
        self.features = nn.Sequential(*layers)
        last = nn.Conv2d(512, num_classes, 1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), last, nn.ReLU(inplace=True),
                                        nn.AdaptiveAvgPool2d((1, 1)))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                if m is last:
                    nn.init.normal_(m.weight, mean=0.0, std=0.01)
                else:
                    nn.init.kaiming_uniform_(m.weight)
                nn.init.zeros_(m.bias)

    def forward(self, x: Any) -> Any:
        """[N, 3, H, W] -> [N, num_classes]."""
        return pt.flatten(self.classifier(self.features(x)), 1)


@network("squeezenet1_0-b66bff10.pth", name="SqueezeNet1_0")
def squeezenet1_0(**kwargs: Any) -> SqueezeNet:
    """As in the paper."""
    return SqueezeNet("1_0", **kwargs)


@network("squeezenet1_1-b8a52dc0.pth", name="SqueezeNet1_1")
def squeezenet1_1(**kwargs: Any) -> SqueezeNet:
    """With less to compute."""
    return SqueezeNet("1_1", **kwargs)
