"""CIFAR-10 and CIFAR-100: colour images of 32x32 pixels, from their files for Python or for C."""

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
    """Krizhevsky's images of ten classes, in ROOT/cifar-10-batches-py as torchvision has them, or
    in ROOT/cifar-10-batches-bin or ROOT itself, the binary form.

    The files for Python are pickles, read as data (formats.torch). data [N, 32, 32, 3] uint8 (an
    array), targets: a list. DataError if the files are not there, FormatError for damaged ones.
    """

    folder, base_folder = "cifar-10-batches-bin", "cifar-10-batches-py"
    files = {True: [f"data_batch_{i}.bin" for i in range(1, 6)], False: ["test_batch.bin"]}
    batches = {True: [f"data_batch_{i}" for i in range(1, 6)], False: ["test_batch"]}
    labels, key = 1, "labels"
    classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
               "truck"]

    def __init__(self, root: Any, train: bool = True, transform: Any = None,
                 target_transform: Any = None, download: bool = False) -> None:
        super().__init__(root, None, transform, target_transform)
        self.train = train
        at = Path(self.root)
        rows, self.targets = self._pickled(at / self.base_folder) or self._binary(at)
        images = rows.reshape(-1, 3, 32, 32)
        self.data = np.ascontiguousarray(images.transpose(0, 2, 3, 1))

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class."""
        return {name: i for i, name in enumerate(self.classes)}

    def _pickled(self, folder: Path) -> tuple[np.ndarray, list[int]] | None:
        """The rows and classes of the files for Python; None if they are not all there."""
        paths = [folder / name for name in self.batches[self.train]]
        if not all(path.is_file() for path in paths):
            return None
        parts = [self._batch(path) for path in paths]
        return np.concatenate([rows for rows, _ in parts]), [n for _, some in parts for n in some]

    def _batch(self, path: Path) -> tuple[np.ndarray, list[int]]:
        found = pt.formats.torch.load_pickle(path)
        entries = {(k.decode() if isinstance(k, bytes) else k): v for k, v in found.items()
                   } if isinstance(found, dict) else {}
        rows, targets = entries.get("data"), entries.get(self.key)
        fits = (isinstance(rows, np.ndarray) and rows.dtype == np.uint8 and rows.ndim == 2
                and rows.shape[1] == PIXELS and isinstance(targets, list)
                and len(targets) == len(rows) and all(type(n) is int for n in targets))
        if not fits:
            raise pt.FormatError(message(f"{path} is damaged", got=", ".join(map(str, entries)),
                                         expected=f"data [N, {PIXELS}] and N {self.key}"))
        return rows, targets  # type: ignore[return-value]

    def _binary(self, at: Path) -> tuple[np.ndarray, list[int]]:
        wanted = ", ".join(self.batches[self.train])
        found = files_in(type(self).__name__, [at / self.folder, at], self.files[self.train],
                         f"unpack the published version for Python into {at}: {self.base_folder} "
                         f"with {wanted}; nothing is downloaded")
        rows = np.concatenate([self._records(path) for path in found])
        return rows[:, self.labels:], rows[:, self.labels - 1].astype(int).tolist()

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

    folder, base_folder = "cifar-100-binary", "cifar-100-python"
    files = {True: ["train.bin"], False: ["test.bin"]}
    batches = {True: ["train"], False: ["test"]}
    labels, key = 2, "fine_labels"
    classes = [str(i) for i in range(100)]
