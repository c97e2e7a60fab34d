"""Reductions along rows, columns and everything; running sums; sorting."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from bench.programs import function
from bench.workload import Data, Workload

Shape = tuple[int, ...]
SQUARE, TALL, LINE = (1024, 1024), (8192, 128), (1_000_000,)


def _data(rng: np.random.Generator, shape: Shape) -> Data:
    return {"x": rng.standard_normal(shape).astype(np.float32)}


def _workload(
    name: str, shape: Shape, torch: Callable[[Any], Any], jax: Callable[[Any, Any], Any],
    passes: float = 1.0,
) -> Workload:
    """passes: how often the operand's bytes are read or written at least."""
    programs = function(lambda lib, x: torch(x), lambda jax_, x: jax(jax_.numpy, x))
    return Workload(
        f"{name} {'x'.join(map(str, shape))}", "reductions", partial(_data, shape=shape), programs,
        moved=4.0 * passes * float(np.prod(shape)),
    )  # fmt: skip


WORKLOADS = (
    _workload("sum of all", SQUARE, lambda x: x.sum(), lambda np, x: x.sum()),
    _workload("sum of rows", SQUARE, lambda x: x.sum(1), lambda np, x: x.sum(1)),
    _workload("sum of columns", SQUARE, lambda x: x.sum(0), lambda np, x: x.sum(0)),
    _workload("sum of rows", TALL, lambda x: x.sum(1), lambda np, x: x.sum(1)),
    _workload("sum of columns", TALL, lambda x: x.sum(0), lambda np, x: x.sum(0)),
    _workload("mean of columns", TALL, lambda x: x.mean(0), lambda np, x: x.mean(0)),
    _workload("max of rows", SQUARE, lambda x: x.amax(1), lambda np, x: x.max(1)),
    _workload("max of columns", SQUARE, lambda x: x.amax(0), lambda np, x: x.max(0)),
    _workload("argmax of rows", SQUARE, lambda x: x.argmax(1), lambda np, x: x.argmax(1)),
    _workload("cumsum of rows", SQUARE, lambda x: x.cumsum(1), lambda np, x: x.cumsum(1), 2),
    _workload("cumsum of columns", SQUARE, lambda x: x.cumsum(0), lambda np, x: x.cumsum(0), 2),
    _workload("sort", LINE, lambda x: x.sort()[0], lambda np, x: np.sort(x), 2),
    _workload("sort of rows", SQUARE, lambda x: x.sort(1)[0], lambda np, x: np.sort(x, 1), 2),
)
