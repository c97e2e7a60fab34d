"""Metrics: quantities of outputs and targets, averaged over the samples of a pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from pentad.nn import functional as F


class Metric:
    """A mean over samples.

    `measure(output, target)` gives the sum over a batch as a 0-d tensor; it is part of the
    compiled step. name: its column in the history.
    """

    name = "metric"

    def measure(self, output: Any, target: Any) -> Any:
        """The sum over the samples of a batch."""
        raise NotImplementedError


class Accuracy(Metric):
    """The share of samples whose largest score is that of the target class."""

    name = "accuracy"

    def measure(self, output: Any, target: Any) -> Any:
        """How many samples are right."""
        return F.count_correct(output, target)


class TopKAccuracy(Metric):
    """The share of samples whose target class is among the k largest scores."""

    def __init__(self, k: int = 5) -> None:
        self.k, self.name = k, f"top{k}_accuracy"

    def measure(self, output: Any, target: Any) -> Any:
        """How many samples have fewer than k classes above their own."""
        own = output.gather(1, target.unsqueeze(1))
        return ((output > own).sum(1) < self.k).sum()


class MeanOf(Metric):
    """The mean of a function that gives a batch's mean, such as a loss."""

    def __init__(self, function: Callable[[Any, Any], Any], name: str | None = None) -> None:
        self.function = function
        self.name = name or getattr(function, "__name__", type(function).__name__).lower()

    def measure(self, output: Any, target: Any) -> Any:
        """The function's value times the size of the batch."""
        return self.function(output, target) * output.shape[0]


def as_metrics(given: Iterable[Any]) -> list[Metric]:
    """Metrics from metrics, functions and the name "accuracy"."""
    return [
        m if isinstance(m, Metric) else Accuracy() if m == "accuracy" else MeanOf(m) for m in given
    ]


class Averages:
    """Running sums of a pass: the loss and every metric, weighed by the sizes of the batches."""

    def __init__(self, names: Iterable[str], sums: dict[str, float] | None = None) -> None:
        self.sums = dict.fromkeys(["samples", *names], 0.0) | (sums or {})

    def add(self, samples: int, values: dict[str, float]) -> None:
        """Count a batch."""
        self.sums["samples"] += samples
        for name, value in values.items():
            self.sums[name] += value

    def means(self) -> dict[str, float]:
        """The means so far; NaN before the first batch."""
        n = self.sums["samples"]
        return {
            k: v / n if n else math.nan for k, v in self.sums.items() if k != "samples"
        }
