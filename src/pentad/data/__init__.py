"""Data sets: readers of real files, the shipped digits, Fashion-MNIST."""

from __future__ import annotations

from pentad.data.digits import digits_split, load_digits
from pentad.data.fashion_mnist import load_fashion_mnist
from pentad.data.idx import read_idx
from pentad.data.images import ImageData

__all__ = ["ImageData", "digits_split", "load_digits", "load_fashion_mnist", "read_idx"]
