"""Fused chains of element-wise operations, with a row w and b: gelu(x * w + b), relu(x * w + b)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from bench.programs import function
from bench.workload import Data, Workload

SHAPES = ((64, 1024), (256, 1024), (1024, 1024), (4096, 4096))


def _data(rng: np.random.Generator, shape: tuple[int, int]) -> Data:
    rows = {"x": shape, "w": shape[1:], "b": shape[1:]}
    return {name: rng.standard_normal(s).astype(np.float32) for name, s in rows.items()}


def _gelu(lib: Any, x: Any, w: Any, b: Any) -> Any:
    return lib.nn.functional.gelu(x * w + b, approximate="tanh")


def _jax_gelu(jax: Any, x: Any, w: Any, b: Any) -> Any:
    return jax.nn.gelu(x * w + b, approximate=True)


def _relu(lib: Any, x: Any, w: Any, b: Any) -> Any:
    return lib.nn.functional.relu(x * w + b)


def _jax_relu(jax: Any, x: Any, w: Any, b: Any) -> Any:
    return jax.nn.relu(x * w + b)


def chain(rows: int, columns: int) -> Workload:
    """gelu(x * w + b) of [rows, columns]."""
    return Workload(
        f"gelu(x*w+b) {rows}x{columns}", "element-wise", partial(_data, shape=(rows, columns)),
        function(_gelu, _jax_gelu), moved=8.0 * rows * columns,
    )  # fmt: skip


def streaming(rows: int, columns: int) -> Workload:
    """relu(x * w + b) of [rows, columns], in memory: as fast as memory is."""
    return Workload(
        f"relu(x*w+b) {rows}x{columns}", "element-wise", partial(_data, shape=(rows, columns)),
        function(_relu, _jax_relu), moved=8.0 * rows * columns, peak=True,
    )  # fmt: skip


WORKLOADS = (*(chain(rows, columns) for rows, columns in SHAPES), streaming(8192, 4096))
