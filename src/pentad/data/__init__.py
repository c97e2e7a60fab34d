"""Data sets and loaders; readers of real files, the shipped digits, Fashion-MNIST."""

from __future__ import annotations

from pentad.data.collate import default_collate, default_convert
from pentad.data.datapipe_operations import IterableWrapper, SequenceWrapper
from pentad.data.datapipes import (
    DataChunk,
    DFIterDataPipe,
    IterDataPipe,
    MapDataPipe,
    argument_validation,
    functional_datapipe,
    guaranteed_datapipes_determinism,
    non_deterministic,
    runtime_validation,
    runtime_validation_disabled,
)
from pentad.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
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
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DFIterDataPipe",
    "DataChunk",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "ImageData",
    "IterDataPipe",
    "IterableDataset",
    "IterableWrapper",
    "MapDataPipe",
    "RandomSampler",
    "Sampler",
    "SequenceWrapper",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "argument_validation",
    "default_collate",
    "default_convert",
    "digits_split",
    "functional_datapipe",
    "get_worker_info",
    "guaranteed_datapipes_determinism",
    "load_digits",
    "load_fashion_mnist",
    "non_deterministic",
    "random_split",
    "read_idx",
    "runtime_validation",
    "runtime_validation_disabled",
]
