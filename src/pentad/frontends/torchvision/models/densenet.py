"""DenseNet (Huang et al., 2016)."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pentad as pt
from pentad import nn
from pentad.frontends.torchvision.models.weights import network

__all__ = ["DenseNet", "densenet121", "densenet161", "densenet169", "densenet201"]


class _DenseLayer(nn.Module):
    def __init__(self, before: int, growth: int, bn_size: int, drop_rate: float) -> None:
        super().__init__()
        self.norm1, self.relu1 = nn.BatchNorm2d(before), nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(before, bn_size * growth, 1, bias=False)
        self.norm2, self.relu2 = nn.BatchNorm2d(bn_size * growth), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(bn_size * growth, growth, 3, padding=1, bias=False)
        self.drop_rate = float(drop_rate)

    def forward(self, x: Any) -> Any:
        """What the layer adds to the channels."""
        x = self.conv1(self.relu1(self.norm1(x)))
        x = self.conv2(self.relu2(self.norm2(x)))
        return nn.functional.dropout(x, self.drop_rate, self.training) if self.drop_rate else x


class _DenseBlock(nn.ModuleDict):
    def __init__(self, count: int, before: int, bn_size: int, growth: int, drop_rate: float
                 ) -> None:
        super().__init__()
        for i in range(count):
            self.add_module(f"denselayer{i + 1}",
                            _DenseLayer(before + i * growth, growth, bn_size, drop_rate))

    def forward(self, x: Any) -> Any:
        """Each layer sees what all before it made."""
        for layer in self.values():
            x = pt.cat([x, layer(x)], 1)
        return x


class DenseNet(nn.Module):
    """Blocks whose layers see all before them; block_config: the layers of each block."""

    def __init__(
        self, growth_rate: int = 32, block_config: tuple[int, ...] = (6, 12, 24, 16),
        num_init_features: int = 64, bn_size: int = 4, drop_rate: float = 0,
        num_classes: int = 1000, memory_efficient: bool = False,
    ) -> None:
        super().__init__()
        channels = num_init_features
        parts: OrderedDict[str, Any] = OrderedDict(
            conv0=nn.Conv2d(3, channels, 7, 2, 3, bias=False), norm0=nn.BatchNorm2d(channels),
            relu0=nn.ReLU(inplace=True), pool0=nn.MaxPool2d(3, 2, 1))
        for i, count in enumerate(block_config, 1):
            parts[f"denseblock{i}"] = _DenseBlock(count, channels, bn_size, growth_rate, drop_rate)
            channels += count * growth_rate
            if i < len(block_config):
                parts[f"transition{i}"] = nn.Sequential(OrderedDict(
                    norm=nn.BatchNorm2d(channels), relu=nn.ReLU(inplace=True),
                    conv=nn.Conv2d(channels, channels // 2, 1, bias=False),
                    pool=nn.AvgPool2d(2, 2)))
                channels //= 2
        parts["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(parts)
        self.classifier = nn.Linear(channels, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, x: Any) -> Any:
        """[N, 3, H, W] -> [N, num_classes]."""
        x = nn.functional.relu(self.features(x), inplace=True)
        return self.classifier(pt.flatten(nn.functional.adaptive_avg_pool2d(x, (1, 1)), 1))


@network("densenet121-a639ec97.pth", name="DenseNet121")
def densenet121(**kwargs: Any) -> DenseNet:
    """121 layers."""
    return DenseNet(32, (6, 12, 24, 16), 64, **kwargs)


@network("densenet161-8d451a50.pth", name="DenseNet161")
def densenet161(**kwargs: Any) -> DenseNet:
    """161 layers."""
    return DenseNet(48, (6, 12, 36, 24), 96, **kwargs)


@network("densenet169-b2777c0a.pth", name="DenseNet169")
def densenet169(**kwargs: Any) -> DenseNet:
    """169 layers."""
    return DenseNet(32, (6, 12, 32, 32), 64, **kwargs)


@network("densenet201-c1103571.pth", name="DenseNet201")
def densenet201(**kwargs: Any) -> DenseNet:
    """201 layers."""
    return DenseNet(32, (6, 12, 48, 32), 64, **kwargs)
