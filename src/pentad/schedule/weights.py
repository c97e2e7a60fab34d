"""How much work makes a task and a kernel, in the units of `ops/weights.py`."""

from __future__ import annotations

from collections.abc import Iterable

from pentad.ops.weights import weight_of

MIN_TASK = 1 << 19
"""Multiply-adds of one task of a thread: some 10 microseconds, which outweigh its being claimed."""

MIN_TASKS = 16
"""As many tasks as that keep several threads busy."""

_LONG_CHAIN, _WIDEST = 14, 120

MAX_WEIGHT = 240
"""Fusion stops here: LLVM's time on one straight block grows with the square of its length."""


def pays_in_pairs(ops: Iterable[str]) -> bool:
    """Should these ops take vectors of two registers: each instruction then stands beside its like
    on other data, and they share constants. Longer bodies would take long to compile."""
    return _LONG_CHAIN <= sum(map(weight_of, ops)) <= _WIDEST
