"""Data sets that worker processes import: spawned processes know modules, not test functions."""

from __future__ import annotations

import os
import random
import time

import numpy as np

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


class Slow(Dataset):
    """Takes ever longer: element i comes after i times `seconds`."""

    def __init__(self, seconds, length=4):
        self.seconds, self.length = seconds, length

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        time.sleep(self.seconds * index)
        return index


class Waiting(Dataset):
    """Element 0 leaves a file in a folder; element i comes once there are i files."""

    def __init__(self, folder):
        self.folder = folder

    def __len__(self):
        return 3

    def __getitem__(self, index):
        if index == 0:
            open(os.path.join(self.folder, str(time.monotonic_ns())), "x").close()
        end = time.monotonic() + 60
        while len(os.listdir(self.folder)) < index and time.monotonic() < end:
            time.sleep(0.01)
        return index


class Foreign(Dataset):
    """Elements with numbers of Python's and NumPy's random streams."""

    def __len__(self):
        return 6

    def __getitem__(self, index):
        return random.random(), float(np.random.rand())


class Many(Dataset):
    """Gives many elements at once, as PyTorch's data sets may."""

    def __len__(self):
        return 5

    def __getitems__(self, indices):
        return [10 * i for i in indices]


class Stream(IterableDataset):
    """0 to 9, shared among the workers."""

    def __iter__(self):
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(first, 10, step))


class Ending(Dataset):
    """Ends the pass at element 3 of 10."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        if index == 3:
            raise StopIteration
        return index


class Parts(IterableDataset):
    """0 to 11, shared among the workers; worker 0 waits before each element."""

    def __iter__(self):
        info = get_worker_info()
        for i in range(info.id, 12, info.num_workers):
            time.sleep(0.2 * (info.id == 0))
            yield i


def refuse(worker):
    """A worker_init_fn that fails."""
    raise ValueError(f"worker {worker} is not ready")


class Rows(Dataset):
    """Element i is a row of 1000 + i numbers i."""

    def __len__(self):
        return 100

    def __getitem__(self, index):
        return np.full(1000 + index, index, np.float32)
