"""torch.autograd.profiler: names of parts of a program, which change nothing."""

from __future__ import annotations

import functools
from typing import Any

from pentad.frontends.missing import absent


class record_function:
    """A part of a program by name, as a context manager or a decorator; nothing is recorded."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name

    def __enter__(self) -> record_function:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __call__(self, function: Any) -> Any:
        """The function, within the part."""
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name):
                return function(*args, **kwargs)

        return call


__getattr__ = absent(__name__)
