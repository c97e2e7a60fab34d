"""Small networks for images: a multilayer perceptron, LeNet, and one for the 8x8 digits."""

from __future__ import annotations

from collections.abc import Sequence

from pentad.nn import Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential
from pentad.nn.module import Module


def mlp(sizes: Sequence[int]) -> Sequential:
    """Fully connected layers of these sizes with ReLU between them, for inputs [N, ...]."""
    layers: list[Module] = [Flatten()]
    for i, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False)):
        layers += [ReLU()] * (i > 0) + [Linear(a, b)]
    return Sequential(*layers)


def lenet(size: int = 28, channels: int = 1, classes: int = 10) -> Sequential:
    """Two convolutions with pooling and two linear layers, for images [N, channels, size, size].

    The LeNet of Caffe's examples, after LeCun et al. (1998), with ReLU after the convolutions.
    """
    side = ((size - 4) // 2 - 4) // 2
    return Sequential(
        Conv2d(channels, 20, 5), ReLU(), MaxPool2d(2),
        Conv2d(20, 50, 5), ReLU(), MaxPool2d(2),
        Flatten(), Linear(50 * side * side, 500), ReLU(), Linear(500, classes),
    )


def digits_cnn(classes: int = 10) -> Sequential:
    """A convolutional network for images [N, 1, 8, 8]."""
    return Sequential(
        Conv2d(1, 16, 3, padding=1), ReLU(),
        Conv2d(16, 32, 3, padding=1), ReLU(), MaxPool2d(2),
        Flatten(), Dropout(0.25), Linear(32 * 4 * 4, 64), ReLU(), Linear(64, classes),
    )
