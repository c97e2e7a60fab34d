"""What warm-up adapts: the step size and the mass matrix (Stan reference manual, HMC)."""

from __future__ import annotations

import math

import numpy as np


class DualAveraging:
    """A step size whose acceptance comes near a target (Hoffman and Gelman, The no-U-turn sampler,
    2014, algorithm 5)."""

    def __init__(self, step: float, target: float) -> None:
        self.target = target
        self.restart(step)

    def restart(self, step: float) -> None:
        """Begin anew around ten times a step size."""
        self.step, self.centre = step, math.log(10 * step)
        self.count, self.error, self.average = 0, 0.0, 0.0

    def update(self, acceptance: float) -> None:
        """Learn from the acceptance of one transition."""
        self.count += 1
        share = 1 / (self.count + 10)
        self.error += share * (self.target - acceptance - self.error)
        log_step = self.centre - math.sqrt(self.count) / 0.05 * self.error
        weight = self.count**-0.75
        self.average += weight * (log_step - self.average)
        self.step = math.exp(log_step)

    def finish(self) -> None:
        """Settle on the average."""
        if self.count:
            self.step = math.exp(self.average)


class MassMatrix:
    """The inverse mass matrix, an estimate of the posterior's covariance (its diagonal unless
    dense) from the draws of a window."""

    def __init__(self, size: int, dense: bool) -> None:
        self.dense = dense
        self.inverse = np.eye(size) if dense else np.ones(size)
        self.draws: list[np.ndarray] = []

    def update(self, draw: np.ndarray) -> None:
        """Take in a draw."""
        self.draws.append(np.asarray(draw, np.float64))

    def finish_window(self) -> None:
        """Estimate from the draws so far, shrunk towards small unit matrices, and forget them."""
        n = len(self.draws)
        if n > 1:
            draws = np.stack(self.draws)
            found = np.cov(draws.T).reshape(draws.shape[1], -1) if self.dense else draws.var(
                0, ddof=1)
            unit = np.eye(draws.shape[1]) if self.dense else 1.0
            self.inverse = n / (n + 5) * found + 1e-3 * 5 / (n + 5) * unit
        self.draws = []

    def factor(self) -> np.ndarray:
        """What makes momenta of standard normal numbers: M^(1/2), M the mass matrix."""
        if self.dense:
            return np.linalg.cholesky(np.linalg.inv(self.inverse))
        return 1 / np.sqrt(self.inverse)


def window_ends(count: int) -> tuple[int, set[int], int]:
    """(first, ends, last): from draw `first` to `last` the mass matrix is learnt, in windows of 25
    and then twice as many draws, which end after the draws `ends`."""
    if count < 20:
        return 0, set(), 0
    first, rest, size = 75, 50, 25
    if first + size + rest > count:
        first, rest = int(0.15 * count), int(0.1 * count)
        size = count - first - rest
    last, ends, at = count - rest, set(), first
    while at < last:
        end = at + size
        if end + 2 * size > last:
            end = last
        ends.add(end - 1)
        at, size = end, 2 * size
    return first, ends, last
