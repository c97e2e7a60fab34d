"""The UCI handwritten digits that ship with the package: 1,797 grey images of 8x8 pixels.

Origin, authors and licence of the images are in DIGITS.md beside this file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pentad.data.idx import read_idx
from pentad.data.images import ImageData

_FOLDER = Path(__file__).parent
IMAGES_FILE = _FOLDER / "digits-images-idx3-ubyte.gz"
LABELS_FILE = _FOLDER / "digits-labels-idx1-ubyte.gz"
CLASSES = tuple("0123456789")
WHITE = 16
HELD_OUT_ONE_IN = 5


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """All images, uint8 [1797, 8, 8] with values 0..16, and their labels, int64 [1797].

    >>> images, labels = load_digits()
    >>> images.shape, int(images.max()), labels[:5].tolist()
    ((1797, 8, 8), 16, [0, 1, 2, 3, 4])
    """
    return read_idx(IMAGES_FILE), read_idx(LABELS_FILE).astype(np.int64)


def digits_split() -> ImageData:
    """The digits, one in five held out: 1,442 images to train on and 355 to test with.

    The split is fixed and stratified: within each class, in the order of the file, every fifth
    image is held out. No random numbers, so that it is the same everywhere and for ever.
    """
    images, labels = load_digits()
    held_out = np.zeros(len(labels), bool)
    for digit in range(len(CLASSES)):
        held_out[np.flatnonzero(labels == digit)[HELD_OUT_ONE_IN - 1::HELD_OUT_ONE_IN]] = True
    return ImageData(
        train_images=images[~held_out],
        train_labels=labels[~held_out],
        test_images=images[held_out],
        test_labels=labels[held_out],
        classes=CLASSES,
        white=WHITE,
    )
