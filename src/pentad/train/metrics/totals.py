"""The totals of a pass: its loss and its metrics so far."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.tensor.functions.creation import from_numpy, zeros
from pentad.tensor.tensor import Tensor
from pentad.train.metrics.metric import Metric


def measured(metrics: Iterable[Metric], output: Any, target: Any) -> list[Tensor]:
    """What the metrics measure of a batch, one after the other; each learns how many they are."""
    found: list[Tensor] = []
    for metric in metrics:
        given = metric.measure(output, target)
        values = given if type(given) is tuple else (given,)
        metric.width = len(values)
        found += [_tensor(v) for v in values]
    return found


def _tensor(value: Any) -> Any:
    # A size may be a symbol while a step is traced; as an operand it is known at each call.
    return value if isinstance(value, Tensor) else zeros((), dtype=dtypes.int64) + value


class Totals:
    """What the batches of a pass have contributed. The loss is weighed by the batches' sizes."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self.metrics = list(metrics)
        self.samples, self.loss = 0, 0.0
        self.values: list[list[Any]] = [[] for _ in self.metrics]

    def add(self, samples: int, loss: float, results: Sequence[Tensor]) -> None:
        """Count a batch; results: what `measured` gave."""
        self.samples += samples
        self.loss += loss * samples
        given = [t.item() if not t.meta.shape else _array(t) for t in results]  # type: ignore
        at = 0
        for i, metric in enumerate(self.metrics):
            end = at + metric.width
            self.values[i] = metric.merge(self.values[i], given[at:end])
            at = end

    def results(self, live: bool = False) -> dict[str, Any]:
        """{"loss": mean, metric's name: result}; NaN before the first batch. live: only what is
        quickly computed."""
        n = self.samples
        found: dict[str, Any] = {"loss": self.loss / n if n else math.nan}
        for metric, totals in zip(self.metrics, self.values, strict=True):
            if metric.live or not live:
                found[metric.name] = metric.result(totals, n) if n else math.nan
        return found

    # -- checkpoints ---------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Numbers, and tensors for the arrays."""
        values = [
            [from_numpy(v) if isinstance(v, np.ndarray) else v for v in own]
            for own in self.values
        ]
        return {"samples": self.samples, "loss": self.loss, "values": values}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.samples, self.loss = int(state["samples"]), float(state["loss"])
        self.values = [
            [_array(v) if isinstance(v, Tensor) else v for v in own]
            for own in state["values"]
        ]


def _array(t: Any) -> np.ndarray:
    """The values of a tensor, floats in double precision, in memory that is nobody else's."""
    if not t.meta.contiguous or t.meta.dtype is dtypes.bfloat16:
        array: np.ndarray = t.numpy(force=True)
    else:
        # Shorter than a lent array, of which only a copy would be kept.
        memory = (ctypes.c_char * t.meta.nbytes).from_address(t.ptr)
        array = np.ndarray(t.meta.shape, t.meta.dtype.numpy, memory)
    return array.astype(np.float64) if array.dtype.kind == "f" else array.copy()
