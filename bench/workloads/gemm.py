"""Matrix products: square, skinny and batched ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from bench.programs import function
from bench.workload import Data, Workload

SIZES = (  # m, k, n
    (32, 500, 50),
    (64, 784, 128),
    (256, 256, 256),
    (1024, 1024, 1024),
    (2048, 2048, 2048),
    (32, 3072, 768),
    (4096, 64, 64),
)
BATCHED = ((96, 128, 64, 128), (64, 128, 32, 128), (512, 16, 16, 16))  # count, m, k, n


def _data(rng: np.random.Generator, a: tuple[int, ...], b: tuple[int, ...]) -> Data:
    return {
        "a": rng.standard_normal(a).astype(np.float32),
        "b": rng.standard_normal(b).astype(np.float32),
    }


_PROGRAMS = function(lambda lib, a, b: a @ b, lambda jax, a, b: a @ b)


def _workload(
    name: str, data: Callable[[np.random.Generator], Data], flops: float
) -> Workload:
    return Workload(f"gemm {name}", "gemm", data, _PROGRAMS, flops=flops, peak=True)


def product(m: int, k: int, n: int) -> Workload:
    """[m, k] times [k, n]."""
    return _workload(f"{m}x{k}x{n}", partial(_data, a=(m, k), b=(k, n)), 2.0 * m * k * n)


def batched(count: int, m: int, k: int, n: int) -> Workload:
    """`count` products [m, k] times [k, n]."""
    data = partial(_data, a=(count, m, k), b=(count, k, n))
    return _workload(f"{count} times {m}x{k}x{n}", data, 2.0 * count * m * k * n)


WORKLOADS = (*(product(*size) for size in SIZES), *(batched(*size) for size in BATCHED))
