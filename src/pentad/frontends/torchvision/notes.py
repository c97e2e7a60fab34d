"""What is not there of torchvision: name -> why."""

from __future__ import annotations

ABSENT = {
    "torchvision.models.*": "models and their trained weights are not part of Pentad; a model's "
    "code runs as it is",
    "torchvision.io.*": "images are read by Pillow", "torchvision.ops.*": "detection is not served",
}
PARTLY = {
    "torchvision.datasets.MNIST": "the files must be there: they are not downloaded",
    "torchvision.datasets.CIFAR10": "the binary files are read, and not downloaded",
    "torchvision.transforms.ColorJitter": "hues are not changed",
}
