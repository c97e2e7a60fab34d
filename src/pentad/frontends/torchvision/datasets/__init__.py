"""torchvision.datasets: readers of files of images.

Elements are (image, class): an image of Pillow's where that is installed, else an array, both
before `transform`. Pickles, such as CIFAR's, are read as data: nothing in a file runs.
"""

from pentad.frontends.missing import absent
from pentad.frontends.torchvision.datasets.cifar import CIFAR10, CIFAR100
from pentad.frontends.torchvision.datasets.folder import (
    DatasetFolder,
    FakeData,
    ImageFolder,
    default_loader,
)
from pentad.frontends.torchvision.datasets.mnist import KMNIST, MNIST, FashionMNIST
from pentad.frontends.torchvision.datasets.vision import VisionDataset

__all__ = ["CIFAR10", "CIFAR100", "DatasetFolder", "FakeData", "FashionMNIST", "ImageFolder",
           "KMNIST", "MNIST", "VisionDataset", "default_loader"]
__getattr__ = absent(__name__)
