"""The random numbers of a data set's orders."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from pentad.frontends.tensorflow1.framework.seeds import get_seed
from pentad.frontends.tensorflow1.framework.tensor import Tensor


class Shuffling:
    """Streams of random numbers, another one each time unless the order is to stay.

    The seeds of the graph and of the step make them; without any, the operating system does.
    """

    def __init__(self, seed: Any, again: bool) -> None:
        first, second = (0, seed) if isinstance(seed, Tensor) else get_seed(seed)
        self.seeds = None if first is None and second is None else (first or 0, second or 0)
        self.again, self.times = again, itertools.count()
        self.drawn: list[int] = []

    def random(self, context: Any) -> np.random.RandomState:
        """The stream of the next time."""
        if self.seeds is None:
            if not self.drawn:
                self.drawn = [int(n) for n in np.random.SeedSequence().generate_state(2)]
            seeds = list(self.drawn)
        else:
            seeds = [context.number(s) & 0xFFFFFFFF for s in self.seeds]
        return np.random.RandomState([*seeds, next(self.times) if self.again else 0])
