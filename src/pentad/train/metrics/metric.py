"""What a metric is: what each batch contributes, how contributions join, what they come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Metric:
    """A quantity of the outputs and targets of a whole pass.

    `measure(output, target)` gives what a batch contributes: a tensor or several. It is part of the
    compiled step. Contributions are added up, floats in double precision (or kept, or joined by
    the metric's own `merge`), and `result` makes the quantity of the totals, so that the cutting
    into batches does not matter.
    name: the column in the history.
    """

    name = "metric"
    width = 1
    """How many tensors `measure` gives."""
    kept = False
    """Are contributions [N, ...] put one behind the other, rather than added up?"""
    merge: Callable[[list[Any], list[Any]], list[Any]] | None = None
    """Joins totals with a batch's contributions, numbers and NumPy arrays, where adding would be
    wrong."""
    live = True
    """Is the result cheap enough to be shown while the pass is under way?"""

    def measure(self, output: Any, target: Any) -> Any:
        """What a batch contributes."""
        raise NotImplementedError(f"{type(self).__name__} does not define measure()")

    def result(self, totals: list[Any], samples: int) -> Any:
        """The quantity, by default the mean over the samples: a number, or nested lists of them.
        totals: one for each tensor, numbers and NumPy arrays."""
        return totals[0] / samples


class MeanOf(Metric):
    """The mean of a function that gives a batch's mean, such as a loss."""

    def __init__(self, function: Callable[[Any, Any], Any], name: str | None = None) -> None:
        self.function = function
        self.name = name or getattr(function, "__name__", type(function).__name__).lower()

    def measure(self, output: Any, target: Any) -> Any:
        """The function's value times the size of the batch."""
        return self.function(output, target) * output.shape[0]
