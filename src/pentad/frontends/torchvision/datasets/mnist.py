"""MNIST and its like: grey images of 28x28 pixels in IDX files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pentad as pt
from pentad.frontends.torchvision.datasets.vision import VisionDataset, files_in
from pentad.frontends.torchvision.images import picture

PARTS = {
    True: ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
    False: ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
}


class MNIST(VisionDataset):
    """The digits of LeCun, Cortes and Burges, in ROOT/MNIST/raw as torchvision puts them, or in
    ROOT itself; packed by gzip or not. DataError if they are not there: they are not downloaded.

    data [N, 28, 28] uint8, targets [N] int64.
    """

    classes = ["0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six",
               "7 - seven", "8 - eight", "9 - nine"]

    def __init__(self, root: Any, train: bool = True, transform: Any = None,
                 target_transform: Any = None, download: bool = False) -> None:
        super().__init__(root, None, transform, target_transform)
        self.train = train
        images, labels = self._read(download)
        self.data = pt.from_numpy(images)
        self.targets = pt.from_numpy(labels.astype("int64"))

    def _read(self, download: bool) -> tuple[Any, Any]:
        name = type(self).__name__
        at = Path(self.root)
        images, labels = files_in(name, [at / name / "raw", at], PARTS[self.train],
                                  f"put the published files into {at / name / 'raw'}")
        return pt.data.read_idx(images), pt.data.read_idx(labels)

    @property
    def raw_folder(self) -> str:
        """Where torchvision keeps the files."""
        return str(Path(self.root) / type(self).__name__ / "raw")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class."""
        return {name: i for i, name in enumerate(self.classes)}

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        return self.changed(picture(self.data[index].numpy()), int(self.targets[index]))

    def __len__(self) -> int:
        return len(self.data)


class KMNIST(MNIST):
    """The cursive characters of Kuzushiji-MNIST."""

    classes = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]


class FashionMNIST(MNIST):
    """The clothes of Xiao, Rasul and Vollgraf; download=True fetches them where Pentad keeps data,
    if they are not below `root`."""

    classes = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
               "Bag", "Ankle boot"]

    def _read(self, download: bool) -> tuple[Any, Any]:
        try:
            return super()._read(download)
        except pt.DataError:
            if not download:
                raise
        found = pt.data.load_fashion_mnist()
        if self.train:
            return found.train_images, found.train_labels
        return found.test_images, found.test_labels
