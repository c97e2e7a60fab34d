"""Timing in interleaved rounds: A B C A B C ..., so that a slow moment of the machine hits all."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import repeat
from typing import NamedTuple

from bench.workload import Step

SETTLE_SECONDS = 0.002
"""After a step, until the worker threads of most frameworks have stopped spinning."""
_SLOW_SECONDS = 0.1  # what a step takes that does not feel what the caches held before it


class Settings(NamedTuple):
    """How long is measured: `rounds` blocks of about `block` seconds each, for every peer.

    Blocks are short, for the quiet moments of a shared machine are. Rounds of slow steps are
    fewer: not below `fewest` once they have taken `limit` seconds together, and not below `least`
    once they have taken `longest`.
    """

    rounds: int = 45
    block: float = 0.01
    warm_up: float = 0.1
    fewest: int = 15
    limit: float = 6.0
    least: int = 5
    longest: float = 30.0

    def enough(self, done: int, seconds: float) -> bool:
        """Can measuring end after so many rounds?"""
        if done >= self.fewest and seconds > self.limit:
            return True
        return done >= self.least and seconds > self.longest

    @staticmethod
    def quick() -> Settings:
        return Settings(rounds=3, block=0.003, warm_up=0.0, fewest=3)


def interleave(
    steps: Mapping[str, Step], settings: Settings, settle: Mapping[str, float] | None = None
) -> dict[str, list[float]]:
    """Seconds per call of each step, one number for each round, of all the same number.

    settle: seconds to wait after the steps of these names, where the usual is too short.
    """
    settle = settle or {}
    counts = {name: _calibrate(step, settings) for name, step in steps.items()}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    before = ""
    began = time.perf_counter()
    with _no_collector():
        for done in range(settings.rounds):
            if settings.enough(done, time.perf_counter() - began):
                break
            for name, step in steps.items():
                time.sleep(settle.get(before, SETTLE_SECONDS))
                before = name
                if not seconds[name] or seconds[name][-1] < _SLOW_SECONDS:
                    step()  # brings code and data of this peer back into the caches
                seconds[name].append(_block(step, counts[name]))
    return seconds


def _calibrate(step: Step, settings: Settings) -> int:
    """Warm up, and find how many calls make a block."""
    began = time.perf_counter()
    step()
    while time.perf_counter() - began < settings.warm_up:
        step()
    count = 1
    while True:
        each = _block(step, count)
        if each * count >= settings.block or count >= 1 << 20:
            return count
        count = max(count + 1, min(count * 16, round(settings.block / max(each, 1e-8))))


def _block(step: Step, count: int) -> float:
    began = time.perf_counter()
    for _ in repeat(None, count):
        step()
    return (time.perf_counter() - began) / count


@contextmanager
def _no_collector() -> Iterator[None]:
    gc.collect()
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def median(values: list[float]) -> float:
    return statistics.median(values)


def ratio(peer: list[float], reference: list[float]) -> float:
    """The median over the rounds of peer / reference: above 1, the reference is faster."""
    return statistics.median(p / r for p, r in zip(peer, reference, strict=True))
