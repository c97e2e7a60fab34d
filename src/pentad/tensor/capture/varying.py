"""What code that keeps numbers in Python (optimisers, schedules) tells the tracer.

Python code runs once while a function is traced. A number that changes between calls, such as a
learning rate or a step counter, must therefore come in through here:

    varying.each_call(self._count_step)                       # advance the counters
    lr = varying.host_scalar(lambda: group["lr"])             # a number that may vary
    bias = varying.host_scalar(lambda: 1 - beta1 ** group["step"])
    p.add_(m / bias, alpha=-lr)

In eager mode `host_scalar(read)` is `read()` and `each_call(action)` is `action()`, both at once.
While tracing nothing is called: `host_scalar` gives an operand, and at each call of the compiled
function the actions and reads happen in the order in which they were met. Use the operand in
tensor arithmetic only; arithmetic between numbers belongs inside `read`, in double precision.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.tensor.capture.epoch import bump_epoch, current_epoch
from pentad.tensor.state import state

__all__ = ["bump_epoch", "current_epoch", "each_call", "host_scalar", "is_tracing"]


def is_tracing() -> bool:
    """Is this thread tracing a function for `pentad.compile`?"""
    return state.trace is not None


def host_scalar(read: Callable[[], float]) -> Any:
    """A number that is read anew at each call: `read()`, or an operand while tracing."""
    if state.trace is None:
        return read()
    return state.trace.host_scalar(read)


def each_call(action: Callable[[], object]) -> None:
    """Do `action()` now, or while tracing, at each call of the compiled function."""
    if state.trace is None:
        action()
    else:
        state.trace.each_call(action)
