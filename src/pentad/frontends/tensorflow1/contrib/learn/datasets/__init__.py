"""tf.contrib.learn.datasets: those that are read from files that are there."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {})


def load_dataset(name: str, size: str = "small", test_with_fake_data: bool = False) -> Any:
    """The digits, from the folder MNIST-data; the others are not on any disk here."""
    if name != "mnist":
        raise pt.ArgumentError(static.message(
            f"Name of dataset is not found: {name}", expected="mnist", got=name,
            hint="read the files with tf.contrib.learn.datasets.base.load_csv_with_header"))
    from pentad.frontends.tensorflow1.mnist import read_data_sets

    return read_data_sets("MNIST-data")
