"""torch.compile and torch.jit: functions and modules as native calls, where they can be.

What cannot be captured runs as it is from then on, with one warning that names the line; with
fullgraph=True it is the error instead.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import pentad as pt


class Compiled:
    """A compiled function, or the function itself once it could not be captured."""

    def __init__(self, function: Callable[..., Any], whole: bool = False) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function, self.whole = function, whole
        self.compiled: Any = pt.compile(function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The result of the function."""
        if self.compiled is None:
            return self.function(*args, **kwargs)
        try:
            return self.compiled(*args, **kwargs)
        except pt.CaptureError as error:
            if self.whole:
                raise
            self.compiled = None
            name = getattr(self.function, "__name__", type(self.function).__name__)
            warnings.warn(f"{name} is not compiled, and runs as it is: {error}", stacklevel=2)
            return self.function(*args, **kwargs)

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self if owner is None else functools.partial(self, owner)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("function", "compiled"):
            raise AttributeError(name)
        return getattr(self.function, name)


class OptimizedModule(pt.nn.Module):
    """A module whose calls are compiled; `_orig_mod` is the module itself."""

    def __init__(self, mod: Any, whole: bool = False) -> None:
        super().__init__()
        self._orig_mod = mod
        self.training = mod.training
        object.__setattr__(self, "_call", Compiled(mod, whole))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The result of the module."""
        return self._call(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("_orig_mod"), name)


def compile(
    model: Any = None, *, fullgraph: bool = False, dynamic: bool | None = None,
    backend: Any = "inductor", mode: str | None = None, options: Any = None,
    disable: bool = False,
) -> Any:
    """A function or module as one native call. There is one backend, sizes become symbolic where
    they vary: dynamic, backend, mode and options change nothing."""
    if model is None:
        return functools.partial(compile, fullgraph=fullgraph, disable=disable)
    if disable:
        return model
    if isinstance(model, (Compiled, OptimizedModule)):
        return model
    kind = OptimizedModule if isinstance(model, pt.nn.Module) else Compiled
    return kind(model, fullgraph)
