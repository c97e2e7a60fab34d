"""Running a program as Python would: `__main__`, arguments, search path, tracebacks."""

from __future__ import annotations

import importlib.machinery
import os
import re
import sys
import tokenize
from collections.abc import Callable, Sequence
from types import CodeType, ModuleType, TracebackType
from typing import Any

import pentad as pt
from pentad.frontends.missing import MissingName

PACKAGE = os.path.dirname(os.path.abspath(pt.__file__)) + os.sep
FAILED, INTERRUPTED = 1, 130
_NOT_FOUND = re.compile(r"cannot import name '(\w+)'")


def read_code(path: str) -> CodeType:
    """The program, compiled; SyntaxError as Python raises it."""
    with tokenize.open(path) as file:
        return compile(file.read(), path, "exec", dont_inherit=True)


def run_program(
    path: str, arguments: Sequence[str], read: Callable[[str], CodeType] = read_code,
    whole_traceback: bool = False,
) -> int:
    """Run it in this process, which is its own from now on; its exit code.

    SystemExit passes. Other errors are shown by `sys.excepthook`, without the frames of what runs
    the program; an error of Pentad's also without the frames inside of Pentad.
    """
    full = os.path.abspath(path)
    main = ModuleType("__main__")
    main.__dict__.update(
        __file__=full, __builtins__=__builtins__, __spec__=None, __cached__=None,
        __loader__=importlib.machinery.SourceFileLoader("__main__", full),
    )
    sys.argv[:] = [path, *arguments]
    sys.path[:1] = [os.path.dirname(os.path.realpath(path))]
    sys.modules["__main__"] = main
    try:
        code = read(full)
        exec(code, main.__dict__)  # noqa: S102  (the program that the user asked to run)
    except SystemExit:
        raise
    except BaseException as error:
        shown = error.__traceback__ if whole_traceback else of_program(error, full)
        sys.excepthook(type(error), explained(error).with_traceback(shown), shown)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
    return 0


def of_program(error: BaseException, path: str) -> TracebackType | None:
    """The error's traceback from the program on; None if it came before the program ran."""
    found = error.__traceback__
    while found is not None and found.tb_frame.f_code.co_filename != path:
        found = found.tb_next
    frames = []
    while found is not None:
        name = found.tb_frame.f_code.co_filename
        inside = name.startswith((PACKAGE, "<frozen importlib"))
        if not (inside and isinstance(error, pt.PentadError)):
            frames.append(found)
        found = found.tb_next
    kept: TracebackType | None = None
    for frame in reversed(frames):
        kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept


def explained(error: BaseException) -> BaseException:
    """Adds to `cannot import name` what the front end says of that name."""
    if isinstance(error, ImportError) and not isinstance(error, pt.PentadError) and error.name:
        match = _NOT_FOUND.match(str(error))
        module: Any = sys.modules.get(error.name)
        try:
            if match and module is not None:
                getattr(module, match[1])
        except MissingName as missing:
            error.add_note(str(missing))
    return error
