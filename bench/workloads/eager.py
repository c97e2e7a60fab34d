"""What one operation costs in eager mode: 8x8 matrices, so that nothing but overhead counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.programs import eager
from bench.workload import Data, Workload


def _data(rng: np.random.Generator) -> Data:
    return {name: rng.standard_normal((8, 8)).astype(np.float32) for name in ("x", "y")}


def _forward_and_backward(x: Any, y: Any) -> Any:
    x.grad = y.grad = None
    loss = ((x @ y + y) * x).sum()
    loss.backward()
    return x.grad


_CASES = {
    "add": eager(lambda x, y: x + y, lambda x, y: x + y),
    "add, recorded": eager(lambda x, y: x + y, recorded=True),
    "matmul": eager(lambda x, y: x @ y, lambda x, y: x @ y),
    "matmul, recorded": eager(lambda x, y: x @ y, recorded=True),
    "times a number": eager(lambda x, y: x * 2.5, lambda x, y: x * 2.5),
    "times a number, recorded": eager(lambda x, y: x * 2.5, recorded=True),
    "forward and backward": eager(_forward_and_backward, recorded=True),
}

WORKLOADS = tuple(
    Workload(f"eager {name}", "eager", _data, programs) for name, programs in _CASES.items()
)
