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


def reduction(
    name: str, shape: Shape, torch: Callable[[Any], Any], jax: Callable[[Any, Any], Any],
    passes: float = 1.0,
) -> Workload:
    """A function of one operand, whose bytes are read or written `passes` times at least."""
    programs = function(lambda lib, x: torch(x), lambda jax_, x: jax(jax_.numpy, x))
    return Workload(
        f"{name} {'x'.join(map(str, shape))}", "reductions", partial(_data, shape=shape), programs,
        moved=4.0 * passes * float(np.prod(shape)),
    )  # fmt: skip


WORKLOADS = (
    reduction("sum of all", SQUARE, lambda x: x.sum(), lambda np, x: x.sum()),
    reduction("sum of rows", SQUARE, lambda x: x.sum(1), lambda np, x: x.sum(1)),
    reduction("sum of columns", SQUARE, lambda x: x.sum(0), lambda np, x: x.sum(0)),
    reduction("sum of rows", TALL, lambda x: x.sum(1), lambda np, x: x.sum(1)),
    reduction("sum of columns", TALL, lambda x: x.sum(0), lambda np, x: x.sum(0)),
    reduction("mean of columns", TALL, lambda x: x.mean(0), lambda np, x: x.mean(0)),
    reduction("max of rows", SQUARE, lambda x: x.amax(1), lambda np, x: x.max(1)),
    reduction("max of columns", SQUARE, lambda x: x.amax(0), lambda np, x: x.max(0)),
    reduction("argmax of rows", SQUARE, lambda x: x.argmax(1), lambda np, x: x.argmax(1)),
    reduction("cumsum of rows", SQUARE, lambda x: x.cumsum(1), lambda np, x: x.cumsum(1), 2),
    reduction("cumsum of columns", SQUARE, lambda x: x.cumsum(0), lambda np, x: x.cumsum(0), 2),
    reduction("sort", LINE, lambda x: x.sort()[0], lambda np, x: np.sort(x), 2),
    reduction("sort of rows", SQUARE, lambda x: x.sort(1)[0], lambda np, x: np.sort(x, 1), 2),
)
