"""The exception tree.

    PentadError
    ├── ShapeError (ValueError)      shapes, sizes or axes that do not fit
    ├── DTypeError (TypeError)       element types that do not fit
    ├── ArgumentError (ValueError)   any other argument out of its domain
    ├── IndexOutOfRange (IndexError) an index outside its axis, a label outside its classes
    ├── GraphError                   a graph that breaks a rule of its level (verifier, text form)
    ├── AutogradError (RuntimeError) a gradient that cannot be computed as asked
    ├── CaptureError (RuntimeError)  pt.compile met something it cannot capture
    ├── CompileError (RuntimeError)  code generation failed, or an unsupported target
    ├── FormatError (ValueError)     a file that is not what it should be
    ├── DataError (ValueError)       a data set that is empty, missing or inconsistent
    ├── ResourceError (OSError)      memory, disk, cache directory
    └── MissingExtra (ImportError)   an optional dependency that is not installed

Every message says what was expected, what came, where (the user's file and line) and one
suggestion; `message` builds it, so that all look alike.
"""

from __future__ import annotations

import os
import sys

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class PentadError(Exception):
    """The root of everything that Pentad raises on purpose."""


class ShapeError(PentadError, ValueError):
    """Shapes, sizes or axes that do not fit the operation."""


class DTypeError(PentadError, TypeError):
    """Element types that do not fit the operation."""


class ArgumentError(PentadError, ValueError):
    """An argument outside its domain (a negative rate, an unknown option)."""


class IndexOutOfRange(PentadError, IndexError):
    """An index outside its axis, or a label outside its classes."""


class GraphError(PentadError):
    """A graph that breaks a rule of its level, or a text that is no graph."""


class AutogradError(PentadError, RuntimeError):
    """A gradient that cannot be computed as asked."""


class CaptureError(PentadError, RuntimeError):
    """`pentad.compile` met something that it cannot capture."""


class CompileError(PentadError, RuntimeError):
    """Code generation failed, or the target is not supported."""


class FormatError(PentadError, ValueError):
    """A file that is not what it claims to be."""


class DataError(PentadError, ValueError):
    """A data set that is empty, missing or inconsistent."""


class ResourceError(PentadError, OSError):
    """Memory, disk or the cache directory is not usable."""


class MissingExtra(PentadError, ImportError):
    """An optional dependency that is not installed."""


def user_line() -> str | None:
    """`file:line` of the innermost frame outside the package, or None if there is none."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_PACKAGE) and not name.startswith("<frozen"):
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return None


def message(
    what: str,
    *,
    expected: str | None = None,
    got: str | None = None,
    hint: str | None = None,
    where: str | None = None,
) -> str:
    """Lay out an error text: the fact, expected, got, the user's line, one suggestion.

    >>> print(message("matmul: inner sizes differ", expected="k == 3", got="k = 4",
    ...               hint="transpose the second operand", where="train.py:7"))
    matmul: inner sizes differ
      expected: k == 3
      got:      k = 4
      at:       train.py:7
      try:      transpose the second operand
    """
    lines = [what]
    rows = (("expected:", expected), ("got:", got), ("at:", where or user_line()), ("try:", hint))
    lines += [f"  {label:<9} {text}" for label, text in rows if text]
    return "\n".join(lines)
