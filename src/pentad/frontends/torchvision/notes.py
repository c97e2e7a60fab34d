"""What is not there of torchvision: name -> why."""

from __future__ import annotations

ABSENT = {
    "torchvision.models.*": "of torchvision's networks there are AlexNet, DenseNet, GoogLeNet, "
    "MobileNet, ResNet and its kin, SqueezeNet, VGG; the code of others runs as it is",
    "torchvision.io.*": "videos are not served", "torchvision.ops.*": "detection is not served",
}
PARTLY = {
    "torchvision.datasets.MNIST": "the files must be there: they are not downloaded",
    "torchvision.datasets.CIFAR10": "the files must be there: they are not downloaded",
    "torchvision.transforms.ColorJitter": "hues are not changed",
}
