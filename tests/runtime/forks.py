"""Forking in tests."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable


def in_child(function: Callable[[], int]) -> int:
    """The exit code of a forked child that runs `function`; a child that hangs is killed."""
    with warnings.catch_warnings():
        # Python 3.12 warns of forks in processes with threads, which is what is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        code = 99
        try:
            signal.alarm(30)
            code = function()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
