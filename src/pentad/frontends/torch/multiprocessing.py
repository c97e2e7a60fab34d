"""torch.multiprocessing: Python's; tensors are sent as their values."""

from __future__ import annotations

import multiprocessing as _own
import sys
import time
import traceback
from multiprocessing import (  # noqa: F401
    Event,
    Lock,
    Manager,
    Pool,
    Process,
    Queue,
    SimpleQueue,
    connection,
    cpu_count,
    current_process,
    get_context,
    get_start_method,
    set_start_method,
)
from typing import Any

from pentad.frontends.missing import absent

get_all_start_methods = _own.get_all_start_methods


def get_sharing_strategy() -> str:
    """By what memory is shared: tensors are sent by value, files are needed for none."""
    return "file_system"


def set_sharing_strategy(new_strategy: str) -> None:
    """Nothing: tensors are sent by value."""


class ProcessRaisedException(Exception):
    """A process that `spawn` started has raised an error; the text has its traceback."""

    def __init__(self, text: str, error_index: int = 0, error_pid: int | None = None) -> None:
        super().__init__(text)
        self.msg, self.error_index, self.pid = text, error_index, error_pid


class ProcessExitedException(ProcessRaisedException):
    """A process that `spawn` started has died; exit_code: as the system gave it."""

    def __init__(
        self, text: str, error_index: int = 0, error_pid: int | None = None, exit_code: int = 1
    ) -> None:
        super().__init__(text, error_index, error_pid)
        self.exit_code = exit_code


class ProcessContext:
    """The processes that `spawn` has started."""

    def __init__(self, processes: list[Any], errors: list[Any]) -> None:
        self.processes, self._errors = processes, errors

    def pids(self) -> list[int | None]:
        """Their numbers."""
        return [int(p.pid) for p in self.processes]

    def join(self, timeout: float | None = None) -> bool:
        """Wait for them (seconds); True once all are done. The first that fails ends the others,
        and its error is raised."""
        running = {p.sentinel: i for i, p in enumerate(self.processes)}
        end = None if timeout is None else time.monotonic() + timeout
        while running:
            left = None if end is None else max(0.0, end - time.monotonic())
            done = connection.wait(list(running), left)
            if not done:
                return False
            for sentinel in done:
                index = running.pop(sentinel)
                self.processes[index].join()  # the sentinel is a little ahead of the exit code
                if self.processes[index].exitcode != 0:
                    self._fail(index)
        return True

    def _fail(self, index: int) -> None:
        for process in self.processes:
            process.terminate()
            process.join()
        failed = self.processes[index]
        errors = self._errors[index]
        if not errors.empty():
            text = f"\n\n-- Process {index} terminated with the following error:\n{errors.get()}"
            raise ProcessRaisedException(text, index, failed.pid)
        text = f"process {index} terminated with exit code {failed.exitcode}"
        raise ProcessExitedException(text, index, failed.pid, failed.exitcode)


def _run(function: Any, index: int, args: Any, errors: Any) -> None:
    try:
        function(index, *args)
    except Exception:
        errors.put(traceback.format_exc())
        sys.exit(1)


def start_processes(
    fn: Any, args: Any = (), nprocs: int = 1, join: bool = True, daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Call fn(i, *args) in a process for each i below nprocs. With `join`, wait for their ends;
    else the ProcessContext is given back."""
    context = _own.get_context(start_method)
    errors = [context.SimpleQueue() for _ in range(nprocs)]
    processes = [context.Process(target=_run, args=(fn, i, args, errors[i]), daemon=daemon)
                 for i in range(nprocs)]
    for process in processes:
        process.start()
    started = ProcessContext(processes, errors)
    if not join:
        return started
    started.join()
    return None


def spawn(
    fn: Any, args: Any = (), nprocs: int = 1, join: bool = True, daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """The same, by new interpreters; see start_processes."""
    return start_processes(fn, args, nprocs, join, daemon, start_method)


__getattr__ = absent(__name__)
