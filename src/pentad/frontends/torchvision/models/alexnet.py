"""AlexNet, in the form of "One weird trick" (Krizhevsky, 2014)."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import nn
from pentad.frontends.torchvision.models.weights import network

__all__ = ["AlexNet", "alexnet"]


class AlexNet(nn.Module):
    """Five convolutions (features), then three linear layers."""

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2))
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(inplace=True),
            nn.Dropout(dropout), nn.Linear(4096, 4096), nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes))

    def forward(self, x: Any) -> Any:
        """[N, 3, H, W] -> [N, num_classes]."""
        return self.classifier(pt.flatten(self.avgpool(self.features(x)), 1))


@network("alexnet-owt-7be5be79.pth", name="AlexNet")
def alexnet(**kwargs: Any) -> AlexNet:
    """Eight layers."""
    return AlexNet(**kwargs)
