"""The totals of a pass: its loss and its metrics so far."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.tensor.functions.creation import from_numpy, zeros
from pentad.tensor.tensor import Tensor
from pentad.train.metrics.joining import Added, Merged, begun, resumed
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
        self.joined: list[Added | Merged] = []  # of each metric, from the first batch on

    def add(self, samples: int, loss: float, results: Sequence[Tensor]) -> None:
        """Count a batch; results: what `measured` gave."""
        self.samples += samples
        self.loss += loss * samples
        at, first = 0, not self.joined
        for i, metric in enumerate(self.metrics):
            own = results[at : at + metric.width]
            at += metric.width
            if first:
                self.joined.append(begun(metric, own))
            self.joined[i].add(own)

    def results(self, live: bool = False) -> dict[str, Any]:
        """{"loss": mean, metric's name: result}; NaN before the first batch. live: only what is
        quickly computed."""
        n = self.samples
        found: dict[str, Any] = {"loss": self.loss / n if n else math.nan}
        for metric, totals in zip(self.metrics, self._totals(), strict=True):
            if metric.live or not live:
                found[metric.name] = metric.result(totals, n) if n else math.nan
        return found

    def _totals(self) -> list[list[Any]]:
        return [j.totals for j in self.joined] if self.joined else [[] for _ in self.metrics]

    # -- checkpoints ---------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Numbers, and tensors for the arrays."""
        values = [
            [from_numpy(v) if isinstance(v, np.ndarray) else v for v in own]
            for own in self._totals()
        ]
        return {"samples": self.samples, "loss": self.loss, "values": values}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.samples, self.loss = int(state["samples"]), float(state["loss"])
        if self.samples:
            self.joined = [
                resumed(metric, own)
                for metric, own in zip(self.metrics, state["values"], strict=True)
            ]
