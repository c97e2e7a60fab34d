"""tensorflow.examples.tutorials.mnist.input_data: MNIST as the tutorials read it."""

from __future__ import annotations

import os
import warnings
from typing import Any, NamedTuple

import numpy as np

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.framework import dtypes, seeds

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte",
         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


class OtherImages(UserWarning):
    """Other images than those asked for are given."""


class DataSet:
    """Images and labels, given in batches, shuffled anew in each epoch."""

    def __init__(
        self, images: Any, labels: Any, fake_data: bool = False, one_hot: bool = False,
        dtype: Any = dtypes.float32, reshape: bool = True, seed: Any = None,
    ) -> None:
        graph_seed, op_seed = seeds.get_seed(seed)
        # NumPy's own stream, as TensorFlow has it: programs that seed it get the same batches.
        np.random.seed(graph_seed if seed is None else op_seed)
        self._fake = np.eye(10)[0].tolist() if one_hot else 0
        if fake_data:
            self.images, self.labels, self.num_examples = images, labels, 10000
            self.epochs_completed = self._place = 0
            return
        if reshape:
            images = images.reshape(images.shape[0], images.shape[1] * images.shape[2])
        if dtypes.as_dtype(dtype).base_dtype == dtypes.float32:
            images = np.multiply(images.astype(np.float32), 1.0 / 255.0)
        self.images, self.labels = images, labels
        self.num_examples, self.epochs_completed = images.shape[0], 0
        self._place = 0

    def next_batch(self, batch_size: int, fake_data: bool = False, shuffle: bool = True) -> Any:
        """The next images and their labels, into the next epoch if need be; lists if fake."""
        if fake_data:
            return [[1] * 784] * batch_size, [self._fake] * batch_size
        if not self._place and not self.epochs_completed and shuffle:
            self._shuffle()
        found = [(self.images[self._place:self._place + batch_size],
                  self.labels[self._place:self._place + batch_size])]
        self._place += batch_size
        if self._place > self.num_examples:
            missing = self._place - self.num_examples
            self.epochs_completed += 1
            if shuffle:
                self._shuffle()
            found.append((self.images[:missing], self.labels[:missing]))
            self._place = missing
        images, labels = zip(*found)
        return np.concatenate(images), np.concatenate(labels)

    def _shuffle(self) -> None:
        order = np.random.permutation(self.num_examples)
        self.images, self.labels = self.images[order], self.labels[order]


class Datasets(NamedTuple):
    """The three parts of a data set."""

    train: DataSet
    validation: DataSet
    test: DataSet


def read_data_sets(
    train_dir: str, fake_data: bool = False, one_hot: bool = False, dtype: Any = dtypes.float32,
    reshape: bool = True, validation_size: int = 5000, seed: Any = None, source_url: Any = None,
) -> Datasets:
    """The digits of the four IDX files in a folder, gzipped or not.

    If they are not there, Fashion-MNIST with a warning: as many images of the same size. fake_data:
    none at all; `next_batch(n, True)` gives white images.
    """
    if fake_data:
        return Datasets(*[DataSet([], [], True, one_hot, dtype, seed=seed) for _ in range(3)])
    images, labels, test_images, test_labels = _read(train_dir)
    if not 0 <= validation_size <= len(images):
        raise pt.ArgumentError(
            f"Validation size should be between 0 and {len(images)}. Received: {validation_size}.")
    if one_hot:
        labels, test_labels = np.eye(10)[labels], np.eye(10)[test_labels]
    more = {"dtype": dtype, "reshape": reshape, "seed": seed}
    return Datasets(
        DataSet(images[validation_size:], labels[validation_size:], **more),
        DataSet(images[:validation_size], labels[:validation_size], **more),
        DataSet(test_images, test_labels, **more),
    )


def _read(folder: str) -> list[np.ndarray]:
    paths = [os.path.join(folder, name) for name in FILES]
    found = [next((p for p in (path + ".gz", path) if os.path.exists(p)), None) for path in paths]
    if None not in found:
        images, labels, test_images, test_labels = (pt.data.read_idx(p) for p in found if p)
    else:
        warnings.warn(f"{folder} does not hold MNIST ({', '.join(FILES)}); these are the images of "
                      "Fashion-MNIST instead", OtherImages, stacklevel=3)
        other = pt.data.load_fashion_mnist()
        images, labels = other.train_images, other.train_labels
        test_images, test_labels = other.test_images, other.test_labels
    return [np.asarray(images)[..., None], labels, np.asarray(test_images)[..., None], test_labels]


__all__ = ["FILES", "DataSet", "Datasets", "read_data_sets"]
__getattr__ = absent(__name__)
