"""CIFAR-10 and CIFAR-100: colour images of 32x32 pixels, from their binary files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.torchvision.datasets.vision import VisionDataset, files_in
from pentad.frontends.torchvision.images import picture
from pentad.static import message

PIXELS = 3 * 32 * 32


class CIFAR10(VisionDataset):
    """Krizhevsky's images of ten classes, in ROOT/cifar-10-batches-bin or ROOT itself.

    Of the published forms the binary one is read (the one for Python is pickled, which would run
    what it says). data [N, 32, 32, 3] uint8 (an array), targets: a list. DataError if the files
    are not there, FormatError for damaged ones.
    """

    folder = "cifar-10-batches-bin"
    files = {True: [f"data_batch_{i}.bin" for i in range(1, 6)], False: ["test_batch.bin"]}
    labels = 1
    classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
               "truck"]

    def __init__(self, root: Any, train: bool = True, transform: Any = None,
                 target_transform: Any = None, download: bool = False) -> None:
        super().__init__(root, None, transform, target_transform)
        self.train = train
        at = Path(self.root)
        found = files_in(type(self).__name__, [at / self.folder, at], self.files[train],
                         f"unpack the published binary version into {at}")
        rows = np.concatenate([self._records(path) for path in found])
        self.targets = rows[:, self.labels - 1].astype(int).tolist()
        images = rows[:, self.labels:].reshape(-1, 3, 32, 32)
        self.data = np.ascontiguousarray(images.transpose(0, 2, 3, 1))

    def _records(self, path: Path) -> np.ndarray:
        size = self.labels + PIXELS
        content = np.fromfile(path, np.uint8)
        if len(content) == 0 or len(content) % size:
            raise pt.FormatError(message(f"{path} is damaged", got=f"{len(content)} bytes",
                                         expected=f"records of {size} bytes"))
        return content.reshape(-1, size)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        return self.changed(picture(self.data[index]), self.targets[index])

    def __len__(self) -> int:
        return len(self.data)


class CIFAR100(CIFAR10):
    """The same of a hundred classes; targets are the fine ones."""

    folder = "cifar-100-binary"
    files = {True: ["train.bin"], False: ["test.bin"]}
    labels = 2
    classes = [str(i) for i in range(100)]
