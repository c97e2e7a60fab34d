"""What holds for the present thread: is autograd recording, is something being traced."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable
from types import TracebackType
from typing import Any

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, message

known_modes = array("q", [-1, 0, id(dtypes.float32)])
"""For native code: a thread's number (-1: none) and its modes, as `native.modes` told; the default
dtype."""


class State(threading.local):
    """One per thread; the class attributes are the values that a new thread starts with."""

    grad: bool = True
    """Are operations on tensors that require a gradient recorded?"""
    anomaly: bool = False
    """Does each recorded operation note its line, is each gradient checked for NaN?"""
    skip: Any = None
    """A tensor: not 0 where the optimiser's updates are to change nothing (amp.GradScaler)."""
    replay: Any = None
    """Who notes, or gives again, what random operations draw (checkpoint.py)."""
    trace: Any = None
    """The Trace that collects what is computed now (pentad.compile). Set by `set_trace`."""
    autocast: Any = None
    """The dtype of matrix products under autocast, None without it. Set by `set_autocast`."""
    watch: Any = None
    """Who sees each operation's operands and results (anomaly.py). Set by `set_watch`."""
    mode: Any = None
    """The trace, autocast dtype or watch: not None where the usual short ways do not serve."""

    def __setattr__(self, name: str, value: Any) -> None:
        threading.local.__setattr__(self, name, value)
        known_modes[0] = -1


state = State()


def _set_mode() -> None:
    given = (state.trace, state.autocast, state.watch)
    state.mode = next((x for x in given if x is not None), None)


def set_trace(trace: Any) -> None:
    """Make a trace (or none) the active one."""
    state.trace = trace
    _set_mode()


def set_autocast(dtype: Any) -> None:
    """Switch autocast to this dtype, or off (None)."""
    state.autocast = dtype
    _set_mode()


def set_watch(watch: Any) -> None:
    """Let somebody see each operation, or nobody (None)."""
    state.watch = watch
    _set_mode()

_default_dtype = dtypes.float32
_dependent: list[Callable[[], None]] = []


def on_new_default_dtype(forget: Callable[[], None]) -> None:
    """Call `forget` when the default dtype changes (for caches that depend on it)."""
    _dependent.append(forget)


def get_default_dtype() -> DType:
    """The dtype of tensors made from Python floats."""
    return _default_dtype


def set_default_dtype(dtype: DType) -> None:
    """Set the dtype of tensors made from Python floats; DTypeError unless it is a float type."""
    global _default_dtype
    if not isinstance(dtype, DType) or not dtype.is_floating_point:
        raise DTypeError(
            message(
                "set_default_dtype: not a floating-point dtype",
                expected=", ".join(d.name for d in dtypes.FLOATS),
                got=str(dtype),
            )
        )
    _default_dtype = dtype
    known_modes[2] = id(dtype)
    for forget in _dependent:
        forget()


class set_grad_enabled:
    """Switch recording on or off, at once; as a context manager, until its end."""

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, int) and getattr(mode, "ndim", 1):
            raise ArgumentError(
                message("set_grad_enabled: not a truth value", expected="True or False",
                        got=type(mode).__name__)
            )
        self.mode = bool(mode)
        self._before = state.grad
        state.grad = self.mode

    def __enter__(self) -> set_grad_enabled:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        state.grad = self._before


class _Mode:
    """A context manager and decorator that sets one attribute of the state."""

    attribute = "grad"
    value = False

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> _Mode:
        self._before.append(getattr(state, self.attribute))
        setattr(state, self.attribute, self.value)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        setattr(state, self.attribute, self._before.pop())

    def __call__(self, function: Any) -> Any:
        import functools

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with type(self)():
                return function(*args, **kwargs)

        return wrapped


class no_grad(_Mode):
    """Within it (or in a function decorated with it) nothing is recorded for autograd."""


class inference_mode(no_grad):
    """The same as `no_grad`, under PyTorch's other name."""


class enable_grad(_Mode):
    """Within it operations are recorded, even inside `no_grad`."""

    value = True


def is_grad_enabled() -> bool:
    """Are operations being recorded in this thread?"""
    return state.grad
