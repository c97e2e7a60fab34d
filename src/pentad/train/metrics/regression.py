"""Metrics of regression: outputs and targets are numbers, in the same shape or [N] and [N, 1]."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pentad.graph.errors import ShapeError, message
from pentad.train.metrics.metric import Metric


def _pair(name: str, output: Any, target: Any) -> tuple[Any, Any]:
    """(outputs, targets), both float64 in the targets' shape; ShapeError if they do not fit."""
    if output.squeeze().shape != target.squeeze().shape:
        raise ShapeError(
            message(f"{name}: outputs and targets do not fit", expected=str(list(target.shape)),
                    got=str(list(output.shape)), hint="a silent broadcast would count pairs")
        )
    return output.reshape(target.shape).double(), target.double()


class MeanSquaredError(Metric):
    """The mean of (output - target)^2 over all elements."""

    name = "mse"

    def measure(self, output: Any, target: Any) -> Any:
        """(the sum, the number of elements)."""
        a, b = _pair(self.name, output, target)
        return ((a - b) ** 2).sum(), a.numel()

    def result(self, totals: list[Any], samples: int) -> float:
        """The mean."""
        return totals[0] / totals[1]  # type: ignore[no-any-return]


class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean squared error of the whole pass."""

    name = "rmse"

    def result(self, totals: list[Any], samples: int) -> float:
        """The root."""
        return math.sqrt(super().result(totals, samples))


class MeanAbsoluteError(MeanSquaredError):
    """The mean of |output - target| over all elements."""

    name = "mae"

    def measure(self, output: Any, target: Any) -> Any:
        """(the sum, the number of elements)."""
        a, b = _pair(self.name, output, target)
        return (a - b).abs().sum(), a.numel()


class R2Score(Metric):
    """The coefficient of determination: 1 - (squared errors) / (squared deviations from the mean),
    for targets [N, D] the mean over their columns. As in scikit-learn, targets that are all
    equal give 1 if the outputs are them, and 0 if not."""

    name = "r2"

    def measure(self, output: Any, target: Any) -> Any:
        """Of each column: squared errors, mean, squared deviations from it; the number of rows."""
        a, b = _pair(self.name, output, target)
        rows = b.shape[0]
        a, b = a.reshape(rows, -1), b.reshape(rows, -1)
        mean = b.mean(0)
        return ((a - b) ** 2).sum(0), mean, ((b - mean) ** 2).sum(0), (b[:, :1] == b[:, :1]).sum()

    def merge(self, totals: list[Any], values: list[Any]) -> list[Any]:
        """Means and deviations of two parts as those of the whole (Chan et al., 1979)."""
        errors, mean, deviations, n = totals
        more_errors, other_mean, more_deviations, m = values
        apart = other_mean - mean
        return [
            errors + more_errors, mean + apart * (m / (n + m)),
            deviations + more_deviations + apart**2 * (n * m / (n + m)), n + m,
        ]

    def result(self, totals: list[Any], samples: int) -> float:
        """The mean over the columns."""
        errors, _, deviations, _ = totals
        share = np.divide(errors, deviations, out=np.ones_like(errors), where=deviations > 0)
        share = np.where((deviations == 0) & (errors == 0), 0.0, share)
        return float((1 - share).mean())
