"""Finding the operation that made the first NaN: `autograd.detect_anomaly`."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import AutogradError, message
from pentad.tensor.state import set_watch, state
from pentad.tensor.tensor import Tensor, numpy_view


def has_nan(t: Tensor) -> bool:
    """Is an element of a tensor no number?"""
    if not t.dtype.is_inexact:
        return False
    values = numpy_view(t)
    if t.dtype is dtypes.bfloat16:
        values = dtypes.from_memory(values, t.dtype)
    return bool(np.isnan(values).any())


class Watch:
    """Sees each operation and raises at the first whose results have NaN and its operands none."""

    @staticmethod
    def before(operands: Sequence[Tensor]) -> bool:
        """Have the operands NaN already?"""
        return any(has_nan(t) for t in operands)

    @staticmethod
    def after(spec: Any, before: bool, results: Sequence[Tensor]) -> None:
        """Look at the results."""
        for t in () if before else results:
            if has_nan(t):
                raise AutogradError(
                    message(
                        f"{spec.name} made NaN of numbers",
                        expected="numbers",
                        got=f"NaN in a result of type {t.meta.type}",
                        hint="look at the operands at that line: 0/0, inf - inf, log or sqrt of "
                        "a negative number?",
                    )
                )


class set_detect_anomaly:
    """Switch the search on or off, at once; as a context manager, until its end.

    On: recorded operations note their line, and backward raises at the first gradient with NaN, by
    the name and line of the operation (check_nan). forward: so does each operation that makes NaN
    of numbers; compiled functions are then run operation by operation, and all is slow.
    """

    def __init__(self, mode: bool, check_nan: bool = True, forward: bool = False) -> None:
        self._before = (state.anomaly, state.watch)
        state.anomaly = bool(mode and check_nan)
        set_watch(Watch() if mode and forward else None)

    def __enter__(self) -> None:
        """Nothing more: it is switched already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        state.anomaly, watch = self._before
        set_watch(watch)


class detect_anomaly:
    """Within it (or in a function decorated with it) the search of set_detect_anomaly is on."""

    def __init__(self, check_nan: bool = True, forward: bool = False) -> None:
        self.check_nan, self.forward = check_nan, forward
        self._active: list[set_detect_anomaly] = []

    def __enter__(self) -> None:
        self._active.append(set_detect_anomaly(True, self.check_nan, self.forward))

    def __exit__(self, *error: Any) -> None:
        self._active.pop().__exit__(None, None, None)

    def __call__(self, function: Any) -> Any:
        import functools

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return wrapped


def is_anomaly_enabled() -> bool:
    """Does backward look for NaN in this thread?"""
    return state.anomaly
