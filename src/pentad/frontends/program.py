"""Running a program as Python would: `__main__`, arguments, search path, tracebacks."""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType
from typing import Any

import pentad as pt

PYTHON2 = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python2") + os.sep
PACKAGE = os.path.dirname(os.path.abspath(pt.__file__)) + os.sep
FAILED, INTERRUPTED = 1, 130


class SourceLoader(SourceFileLoader):
    """Loads a file from its source, and keeps no bytecode of it."""

    def path_stats(self, path: str) -> Mapping[str, Any]:
        """There is none: without it, Python neither reads nor writes bytecode."""
        raise OSError(path)


def run_program(
    path: str, arguments: Sequence[str], loader: type[SourceLoader] = SourceLoader,
    whole_traceback: bool = False,
) -> int:
    """Run it in this process, which is its own from now on; its exit code.

    SystemExit passes. Other errors are shown by `sys.excepthook`, without the frames of what runs
    the program; an error of Pentad's also without the frames inside of Pentad.
    """
    full = os.path.abspath(path)
    main = ModuleType("__main__")
    main.__dict__.update(__file__=full, __builtins__=builtins, __spec__=None, __cached__=None,
                         __loader__=loader("__main__", full))
    sys.argv[:] = [path, *arguments]
    sys.path[:1] = [os.path.dirname(os.path.realpath(path))]
    sys.modules["__main__"] = main
    try:
        main.__dict__["__loader__"].exec_module(main)
    except SystemExit:
        raise
    except BaseException as error:
        shown = error.__traceback__ if whole_traceback else of_program(error, full)
        sys.excepthook(type(error), error.with_traceback(shown), shown)
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
        if not (name.startswith(PYTHON2) or (inside and isinstance(error, pt.PentadError))):
            frames.append(found)
        found = found.tb_next
    kept: TracebackType | None = None
    for frame in reversed(frames):
        kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept
