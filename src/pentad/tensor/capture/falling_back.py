"""Compiled functions as PyTorch has them: what cannot be captured runs as it is from then on, with
one warning that names the line."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from pentad.graph.errors import CaptureError
from pentad.tensor.capture import compile as capture


class FallingBack:
    """A compiled function, or the function itself once it could not be captured."""

    def __init__(self, function: Callable[..., Any], whole: bool = False) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function, self.whole = function, whole
        self.compiled: Any = capture.compile(function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The result of the function."""
        if self.compiled is None:
            return self.function(*args, **kwargs)
        try:
            return self.compiled(*args, **kwargs)
        except CaptureError as error:
            if self.whole:
                raise
            self.compiled = None
            name = getattr(self.function, "__name__", type(self.function).__name__)
            warnings.warn(f"{name} is not compiled, and runs as it is: {error}", stacklevel=2)
            return self.function(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.function, self.whole)  # copies compile anew

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self if owner is None else functools.partial(self, owner)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("function", "compiled"):
            raise AttributeError(name)
        return getattr(self.function, name)
