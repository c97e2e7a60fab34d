"""The user's line: where a program called the package, and for which part of a model."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_line: ContextVar[str | None] = ContextVar("the line that stands for the program's", default=None)
_scope: ContextVar[str | None] = ContextVar("the part of a model that runs", default=None)


class ScopedLine(str):
    """A user's line that knows the scope in which it ran: the path of a part of a model."""

    __slots__ = ("scope",)
    scope: str

    def __new__(cls, line: str, scope: str) -> ScopedLine:
        made = super().__new__(cls, line)
        made.scope = scope
        return made


@contextmanager
def at_line(line: str | None) -> Iterator[None]:
    """Within it this is the user's line: what runs now was written there, and is only carried out
    where Python is."""
    token = _line.set(line)
    try:
        yield
    finally:
        _line.reset(token)


@contextmanager
def in_scope(name: str) -> Iterator[None]:
    """Within it the user's lines are ScopedLines of this scope."""
    token = _scope.set(name)
    try:
        yield
    finally:
        _scope.reset(token)


def user_line() -> str | None:
    """`file:line` of the innermost frame outside the package, or None if there is none; within
    `at_line` the line that was given there."""
    line = _line.get() or calling_line()
    scope = _scope.get()
    return line if scope is None else ScopedLine(line or scope, scope)


def calling_line() -> str | None:
    """`file:line` of the innermost frame outside the package, within `at_line` too: where a graph
    is run, not where the node that runs was made."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_PACKAGE) and not name.startswith("<frozen"):
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return None
