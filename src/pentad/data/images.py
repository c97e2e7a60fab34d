"""What every image classification data set here looks like, and the check that it does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pentad.graph import errors
from pentad.graph.errors import DataError


@dataclass(frozen=True, eq=False)
class ImageData:
    """Images and labels of one data set, split into a training and a test part.

    Images are uint8 [N, height, width], labels int64 [N], `classes` the names of the labels and
    `white` the value of a fully bright pixel, by which a user divides to get 0..1.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]
    white: int

    def __post_init__(self) -> None:
        """Refuse parts that do not fit together: DataError names the first that does not."""
        check_part("training", self.train_images, self.train_labels, len(self.classes))
        check_part("test", self.test_images, self.test_labels, len(self.classes))
        train, test = self.train_images.shape[1:], self.test_images.shape[1:]
        if train != test:
            raise DataError(errors.message(
                "the training and the test images differ in size",
                expected=f"test images of {train[0]}x{train[1]}",
                got=f"{test[0]}x{test[1]}",
                hint="take both parts from the same data set",
            ))


def check_part(part: str, images: np.ndarray, labels: np.ndarray, classes: int) -> None:
    """Raise DataError unless `images` is [N>0, H, W], `labels` [N], each in [0, classes)."""
    if images.ndim != 3 or images.dtype != np.uint8 or images.size == 0:
        raise DataError(errors.message(
            f"the {part} images are not a non-empty stack of grey images",
            expected="uint8 [images, height, width], no size 0",
            got=f"{images.dtype} {list(images.shape)}",
            hint="check that the images file is not the labels file",
        ))
    if labels.shape != images.shape[:1]:
        raise DataError(errors.message(
            f"the {part} part needs one label for each image",
            expected=f"labels of shape [{len(images)}]",
            got=str(list(labels.shape)),
            hint="take images and labels from the same release of the data set",
        ))
    if not (labels.min() >= 0 and labels.max() < classes):
        where = int(np.argmax((labels < 0) | (labels >= classes)))
        raise DataError(errors.message(
            f"the {part} labels name a class that does not exist",
            expected=f"0 <= label < {classes}",
            got=f"label {labels[where]} at position {where}",
            hint="check that the labels file belongs to this data set",
        ))
