"""Data sets that worker processes import: spawned processes know modules, not test functions."""

from __future__ import annotations

import os

import pentad as pt
from pentad.data import Dataset, IterableDataset, get_worker_info


class Noisy(Dataset):
    """Elements with random numbers in them."""

    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        return {"x": pt.rand(2) + index, "index": index}


class Broken(Dataset):
    """Raises at one element, or ends its process there."""

    def __init__(self, action):
        self.action = action

    def __len__(self):
        return 6

    def __getitem__(self, index):
        if index == 3 and self.action == "raise":
            raise KeyError("sample 3 is damaged")
        if index == 3:
            os._exit(7)
        return index


class Stream(IterableDataset):
    """0 to 9, shared among the workers."""

    def __iter__(self):
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(first, 10, step))


def refuse(worker):
    """A worker_init_fn that fails."""
    raise ValueError(f"worker {worker} is not ready")
