"""The user's line: where a program called the package."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_line: ContextVar[str | None] = ContextVar("the line that stands for the program's", default=None)


@contextmanager
def at_line(line: str | None) -> Iterator[None]:
    """Within it this is the user's line: what runs now was written there, and is only carried out
    where Python is."""
    token = _line.set(line)
    try:
        yield
    finally:
        _line.reset(token)


def user_line() -> str | None:
    """`file:line` of the innermost frame outside the package, or None if there is none; within
    `at_line` the line that was given there."""
    given = _line.get()
    if given is not None:
        return given
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_PACKAGE) and not name.startswith("<frozen"):
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return None
