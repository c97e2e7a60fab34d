"""The random choices of graphs: NumPy's names, Python's generator, quicker for one draw."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any


class Dice:
    """What the builder of graphs asks of `numpy.random.Generator`, for single numbers."""

    def __init__(self, *seed: int) -> None:
        self._random = random.Random(":".join(map(str, seed)))
        self.random = self._random.random

    def integers(self, low: int, high: int | None = None, size: int | None = None) -> Any:
        """low <= n < high (0 <= n < low); a list of them if there is a size."""
        first, end = (0, low) if high is None else (low, high)
        if end <= first:
            raise ValueError(f"no integer lies in [{first}, {end})")
        if size is None:
            return first + int(self._random.random() * (end - first))
        return [first + int(self._random.random() * (end - first)) for _ in range(size)]

    def choice(self, items: int | Sequence[Any], p: Sequence[float] | None = None) -> Any:
        """One of the items, or of the numbers below `items`; with probabilities, if given."""
        every = range(items) if isinstance(items, int) else items
        if p is not None:
            return self._random.choices(every, p)[0]
        return every[int(self._random.random() * len(every))]

    def permutation(self, n: int) -> list[int]:
        """The numbers below n in any order."""
        order = list(range(n))
        self._random.shuffle(order)
        return order

    def exponential(self, scale: float) -> float:
        """A waiting time of this mean."""
        return self._random.expovariate(1 / scale)
