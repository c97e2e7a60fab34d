"""Data sets and loaders; readers of real files, the shipped digits, Fashion-MNIST."""

from __future__ import annotations

from pentad.data.collate import default_collate, default_convert
from pentad.data.dataset import (
    ConcatDataset,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from pentad.data.digits import digits_split, load_digits
from pentad.data.fashion_mnist import load_fashion_mnist
from pentad.data.fetch import get_worker_info
from pentad.data.idx import read_idx
from pentad.data.images import ImageData
from pentad.data.loader import DataLoader
from pentad.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "ImageData",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "digits_split",
    "get_worker_info",
    "load_digits",
    "load_fashion_mnist",
    "random_split",
    "read_idx",
]
