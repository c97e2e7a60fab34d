"""A step length that satisfies the strong Wolfe conditions (Nocedal and Wright, 2006, 3.5)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple


class Point(NamedTuple):
    """A place on the line: step length, value, gradient, slope along the line."""

    t: float
    f: float
    gradient: Any
    slope: float


def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points and slopes is least, within the bounds."""
    low, high = bounds or (min(a.t, b.t), max(a.t, b.t))
    middle = (low + high) / 2
    if a.t > b.t:
        a, b = b, a
    if a.t == b.t:
        return middle
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return middle
    d2 = math.sqrt(square)
    rise = b.slope - a.slope + 2 * d2
    if rise == 0:
        return middle
    return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / rise), low), high)


class StrongWolfe:
    """One search: `evaluate(t)` gives the point at a step length."""

    def __init__(
        self, evaluate: Callable[[float], Point], start: Point, width: float, most: int,
        c1: float = 1e-4, c2: float = 0.9, tolerance: float = 1e-9,
    ) -> None:
        self.evaluate, self.start, self.width, self.most = evaluate, start, width, most
        self.c1, self.c2, self.tolerance = c1, c2, tolerance
        self.evaluations = self.rounds = 0

    def _at(self, t: float) -> Point:
        self.evaluations += 1
        return self.evaluate(t)

    def _too_high(self, point: Point) -> bool:
        return point.f > self.start.f + self.c1 * point.t * self.start.slope

    def _flat(self, point: Point) -> bool:
        return abs(point.slope) <= -self.c2 * self.start.slope

    def run(self, t: float) -> Point:
        """The point found, beginning with the step length t."""
        before, new = self.start, self._at(t)
        while self.rounds < self.most:
            higher = self.rounds > 1 and new.f >= before.f
            if self._too_high(new) or higher:
                return self._zoom([before, new])
            if self._flat(new):
                return new
            if new.slope >= 0:
                return self._zoom([before, new])
            reach = (new.t + 0.01 * (new.t - before.t), new.t * 10)
            before, new = new, self._at(cubic_minimum(before, new, reach))
            self.rounds += 1
        return self._lower([self.start, new])

    @staticmethod
    def _lower(bracket: list[Point]) -> Point:
        return bracket[0] if bracket[0].f <= bracket[1].f else bracket[1]

    def _zoom(self, bracket: list[Point]) -> Point:
        """Narrow a bracket that holds a good point."""
        hesitant = False
        low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
        while self.rounds < self.most:
            if abs(bracket[1].t - bracket[0].t) * self.width < self.tolerance:
                break
            t, hesitant = self._inside(bracket, hesitant)
            new = self._at(t)
            self.rounds += 1
            if self._too_high(new) or new.f >= bracket[low].f:
                bracket[high] = new
                low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
                continue
            if self._flat(new):
                return new
            if new.slope * (bracket[high].t - bracket[low].t) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = new
        return bracket[low]

    @staticmethod
    def _inside(bracket: list[Point], hesitant: bool) -> tuple[float, bool]:
        """(the next length, was it so near to an end that the next such one is moved away?)."""
        t = cubic_minimum(bracket[0], bracket[1])
        least, most = sorted(point.t for point in bracket)
        margin = 0.1 * (most - least)
        if not min(most - t, t - least) < margin:
            return t, False
        if not hesitant and least < t < most:
            return t, True
        return (most - margin if abs(t - most) < abs(t - least) else least + margin), False
