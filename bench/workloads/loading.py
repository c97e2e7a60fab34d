"""Loaders alone: samples in memory, and images that Python decodes, here and in workers."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench import images
from bench.loading import Loading, arrays, pictures
from bench.workload import Data, Workload


def _samples(rng: np.random.Generator, count: int, width: int) -> Data:
    x = rng.standard_normal((count, width)).astype(np.float32)
    return {"x": x, "y": rng.integers(0, 10, count)}


def _pictures(
    rng: np.random.Generator, count: int, stored: int, size: int, channels: int, kind: str
) -> Data:
    return {
        "files": images.packed(images.files(rng, count, stored, channels, kind)),
        "y": rng.integers(0, 10, count),
        "corners": rng.integers(0, stored - size + 1, (count, 2)),
        "size": np.array(size),
    }


# Sizes of MNIST's images (with a border to cut from), and of those that a ResNet-18 is trained on.
_DIGITS = partial(_pictures, count=2048, stored=32, size=28, channels=1, kind="PNG")
_PHOTOGRAPHS = partial(_pictures, count=128, stored=256, size=224, channels=3, kind="JPEG")


def _workload(name: str, loading: Loading, data: partial[Data]) -> Workload:
    return Workload(
        name, "data loading", data, loading.programs(), items=data.keywords["count"],
        tolerance=1e-6,
    )  # fmt: skip


def _named(name: str, workers: int) -> str:
    return f"{name}, {workers} workers" if workers else name


WORKLOADS = (
    _workload("loader of arrays, batch 128", Loading(arrays, 128),
              partial(_samples, count=16_384, width=784)),
    *(_workload(_named("loader of 28x28 PNG, batch 128", n), Loading(pictures, 128, n), _DIGITS)
      for n in (0, 2)),
    *(_workload(_named("loader of 224x224 JPEG, batch 32", n), Loading(pictures, 32, n),
                _PHOTOGRAPHS)
      for n in (0, 2)),
)  # fmt: skip
