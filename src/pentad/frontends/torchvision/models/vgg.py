"""VGG (Simonyan and Zisserman, 2014)."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import nn
from pentad.frontends.torchvision.models.weights import network

__all__ = ["VGG", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19",
           "vgg19_bn"]
_CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3),
                 19: (2, 2, 4, 4, 4)}
_CHANNELS = (64, 128, 256, 512, 512)


class VGG(nn.Module):
    """Convolutions (features), then three linear layers."""

    def __init__(self, features: Any, num_classes: int = 1000, init_weights: bool = True,
                 dropout: float = 0.5) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096), nn.ReLU(True), nn.Dropout(dropout),
            nn.Linear(4096, 4096), nn.ReLU(True), nn.Dropout(dropout),
            nn.Linear(4096, num_classes))
        if init_weights:
            self._initialise()

    def _initialise(self) -> None:
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(m.bias)
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0, 0.01)
                nn.init.zeros_(m.bias)

    def forward(self, x: Any) -> Any:
        """[N, 3, H, W] -> [N, num_classes]."""
        return self.classifier(pt.flatten(self.avgpool(self.features(x)), 1))


def _features(depth: int, norm: bool) -> Any:
    layers: list[Any] = []
    before = 3
    for channels, count in zip(_CHANNELS, _CONVOLUTIONS[depth], strict=True):
        for _ in range(count):
            layers.append(nn.Conv2d(before, channels, 3, padding=1))
            layers += [nn.BatchNorm2d(channels)] if norm else []
            layers.append(nn.ReLU(inplace=True))
            before = channels
        layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(*layers)


def _vgg(depth: int, norm: bool, file: str) -> Any:
    def make(init_weights: bool = True, **kwargs: Any) -> VGG:
        return VGG(_features(depth, norm), init_weights=init_weights, **kwargs)

    make.__name__ = make.__qualname__ = f"vgg{depth}" + ("_bn" if norm else "")
    make.__doc__ = f"{depth} layers" + (", with batch normalisation." if norm else ".")
    return network(file, name=make.__name__.upper())(make)


vgg11, vgg11_bn = _vgg(11, False, "vgg11-8a719046.pth"), _vgg(11, True, "vgg11_bn-6002323d.pth")
vgg13, vgg13_bn = _vgg(13, False, "vgg13-19584684.pth"), _vgg(13, True, "vgg13_bn-abd245e5.pth")
vgg16, vgg16_bn = _vgg(16, False, "vgg16-397923af.pth"), _vgg(16, True, "vgg16_bn-6c64b313.pth")
vgg19, vgg19_bn = _vgg(19, False, "vgg19-dcbb9e9d.pth"), _vgg(19, True, "vgg19_bn-c79401a0.pth")
