"""Worker processes that make batches: spawned, with one thread each, in a fixed rotation.

Batch i is made by worker i modulo their number and handed out in order, so that the batches are
the same for any number of workers.
"""

from __future__ import annotations

import builtins
import queue
import threading
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np

from pentad.data.fetch import Fetcher, WorkerInfo, set_worker_info
from pentad.graph import dtypes, errors
from pentad.graph.errors import DataError, PentadError, message
from pentad.tensor.functions.creation import empty
from pentad.tensor.functions.shaping import contiguous
from pentad.tensor.tensor import Tensor, numpy_view

END = "end"
_FAILED = "failed"
_MADE = "made"


def _rebuilt(memory: np.ndarray, dtype: str) -> Tensor:
    made = empty(memory.shape, dtype=dtypes.by_name(dtype))
    numpy_view(made)[...] = memory
    return made  # type: ignore[no-any-return]


def _reduced(t: Tensor) -> Any:
    return _rebuilt, (numpy_view(contiguous(t.detach())), t.dtype.name)  # type: ignore[attr-defined]


# Only what goes to our own processes and back is pickled; files never are.
ForkingPickler.register(Tensor, _reduced)


# -- in the worker ---------------------------------------------------------------------------------


def _serve(
    channel: Connection, fetcher: Fetcher, info: WorkerInfo, init: Callable[[int], Any] | None
) -> None:
    """The life of a worker: make the batches that are asked for until the channel closes."""
    from pentad.runtime.thread_pool import set_num_threads

    set_num_threads(1)
    set_worker_info(info)
    # A thread takes the requests in, so that neither side ever waits to send to the other.
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(channel, requests), daemon=True).start()
    failure = _failure_of(lambda: init(info.id)) if init is not None else None
    while (request := requests.get()) is not None:
        reply = failure or _reply(fetcher, request)
        try:
            channel.send(reply)
        except (BrokenPipeError, ConnectionResetError):
            return
        except Exception as error:  # a batch that cannot be sent, such as an open file
            channel.send(_described(error))


def _receive(channel: Connection, requests: queue.SimpleQueue[Any]) -> None:
    try:
        while True:
            requests.put(channel.recv())
    except (EOFError, OSError):
        requests.put(None)


def _reply(fetcher: Fetcher, request: Any) -> Any:
    start, indices, seed, batch = request
    try:
        if start:
            fetcher.start()
        return _MADE, fetcher.fetch(indices, seed, batch)
    except StopIteration:
        return (END,)
    except Exception as error:
        return _described(error)


def _failure_of(action: Callable[[], Any]) -> Any:
    try:
        action()
    except Exception as error:
        return _described(error)
    return None


def _described(error: Exception) -> Any:
    return _FAILED, type(error).__name__, str(error), traceback.format_exc()


# -- in the main process ---------------------------------------------------------------------------


class Workers:
    """Worker processes and the channels to them."""

    def __init__(
        self, fetcher: Fetcher, count: int, seed: int, init: Callable[[int], Any] | None
    ) -> None:
        context = get_context("spawn")
        self.count = count
        self.channels: list[Any] = []
        self.processes: list[Any] = []
        for i in range(count):
            ours, theirs = context.Pipe()
            info = WorkerInfo(i, count, seed + i, fetcher.dataset)
            process = context.Process(
                target=_serve, args=(theirs, fetcher, info, init), daemon=True
            )
            process.start()
            theirs.close()
            self.channels.append(ours)
            self.processes.append(process)

    def ask(self, worker: int, request: Any) -> None:
        """Ask a worker for a batch."""
        try:
            self.channels[worker].send(request)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self._died(worker) from error

    def answer(self, worker: int) -> Any:
        """(True, batch), or (False, None) at the end of a worker's stream; its error is raised."""
        channel, process = self.channels[worker], self.processes[worker]
        wait([channel, process.sentinel])
        try:
            reply = channel.recv()
        except (EOFError, ConnectionResetError) as error:
            raise self._died(worker) from error
        if reply[0] == _FAILED:
            raise raised_again(worker, *reply[1:])
        return (True, reply[1]) if reply[0] == _MADE else (False, None)

    def _died(self, worker: int) -> DataError:
        process = self.processes[worker]
        process.join(1)
        return DataError(
            message(
                f"worker {worker} of the DataLoader has died",
                expected="a process that makes batches",
                got=f"exit code {process.exitcode}",
                hint='guard the script with `if __name__ == "__main__":`, for workers import it; '
                "or is there too little memory?",
            )
        )

    def close(self) -> None:
        """End the workers."""
        for channel in self.channels:
            channel.close()
        for process in self.processes:
            process.join(2)
            if process.is_alive():
                process.terminate()
                process.join()


def raised_again(worker: int, kind: str, text: str, trace: str) -> Exception:
    """A worker's error in this process: of the same kind, with the worker's traceback as text."""
    words = f"{text}\n\nraised in worker {worker} of the DataLoader:\n{trace}"
    found = getattr(errors, kind, None) or getattr(builtins, kind, None)
    plain = isinstance(found, type) and issubclass(found, Exception)
    if plain and (issubclass(found, PentadError) or found in _REBUILT):
        return found(words)
    return DataError(f"{kind}: {words}")


_REBUILT = (
    ArithmeticError, AssertionError, AttributeError, FileNotFoundError, IndexError, KeyError,
    LookupError, NotImplementedError, OSError, OverflowError, PermissionError, RuntimeError,
    TypeError, ValueError, ZeroDivisionError,
)
