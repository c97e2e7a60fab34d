"""Worker processes that make batches: spawned, with one thread each, in a fixed rotation.

Batch i is made by worker i modulo their number and handed out in order, so that the batches are
the same for any number of workers.
"""

from __future__ import annotations

import builtins
import os
import queue
import random
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np

from pentad.data.fetch import Fetcher, WorkerInfo, set_worker_info
from pentad.data.shared import Slot, slots
from pentad.graph import dtypes, errors
from pentad.graph.errors import DataError, PentadError, message
from pentad.tensor.functions.creation import empty
from pentad.tensor.functions.shaping import contiguous
from pentad.tensor.tensor import Tensor, numpy_view


class WorkerError(DataError, RuntimeError):
    """A worker of a DataLoader died, or did not answer in time."""


END = "end"
_FAILED = "failed"
_GRACE = 2.0
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
    channel: Connection, fetcher: Fetcher, info: WorkerInfo, init: Callable[[int], Any] | None,
    inherited: Sequence[Connection], memory: Sequence[Slot],
) -> None:
    """The life of a worker: make the batches that are asked for until the channel closes.

    inherited: the main process's ends, which a forked worker has too and which must not stay open.
    memory: slots for batches, which a request names by number; None has the batch sent.
    """
    for other in inherited:
        other.close()
    from pentad.runtime.thread_pool import set_num_threads

    # Ctrl-C reaches every process of a terminal; the main process closes the channels.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_num_threads(1)
    set_worker_info(info)
    # A thread takes the requests in, so that neither side ever waits to send to the other.
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(channel, requests), daemon=True).start()
    failure = _failure_of(lambda: init(info.id)) if init is not None else None
    while (request := requests.get()) is not None:
        what, number = request
        slot = None if number is None else memory[number]
        reply = failure or _reply(fetcher, what, slot)
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
    # The main process is gone or done with us; a sample that takes for ever must not keep us.
    time.sleep(_GRACE)
    os._exit(1)


def _reply(fetcher: Fetcher, request: Any, slot: Slot | None = None) -> Any:
    start, indices, seed, batch = request
    try:
        if start:
            fetcher.start(seed)
        mixed = (seed ^ batch * 0x9E3779B97F4A7C15) & 0xFFFFFFFF
        random.seed(mixed)
        np.random.seed(mixed)
        if slot is None:
            return _MADE, fetcher.fetch(indices, seed, batch)
        slot.begin()
        fetcher.place = slot.place
        return _MADE, slot.packed(fetcher.fetch(indices, seed, batch))
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
        self, fetcher: Fetcher, count: int, seed: int, init: Callable[[int], Any] | None,
        context: Any = None, timeout: float = 0, ahead: int = 2,
    ) -> None:
        """context: how processes are made (a name of multiprocessing's or a context; "spawn" by
        default); timeout: seconds that an answer may take, 0 for ever; ahead: how many batches
        are asked of a worker at once, for which it shares memory."""
        if context is None or isinstance(context, str):
            context = get_context(context or "spawn")
        self.count, self.timeout = count, timeout or None
        self.channels: list[Any] = []
        self.processes: list[Any] = []
        self.slots = [slots(ahead) for _ in range(count)]
        self.free = [list(range(len(own))) for own in self.slots]
        self.promised: list[deque[int | None]] = [deque() for _ in range(count)]
        for i in range(count):
            ours, theirs = context.Pipe()
            info = WorkerInfo(i, count, seed + i, fetcher.dataset)
            self.channels.append(ours)
            forked = context.get_start_method() == "fork"
            process = context.Process(
                target=_serve, daemon=True,
                args=(theirs, fetcher, info, init, self.channels if forked else (),
                      self.slots[i]),
            )
            process.start()
            theirs.close()
            self.processes.append(process)

    def ask(self, worker: int, request: Any) -> None:
        """Ask a worker for a batch."""
        slot = self.free[worker].pop() if self.free[worker] else None
        self.promised[worker].append(slot)
        try:
            self.channels[worker].send((request, slot))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self._died(worker) from error

    def answer(self, worker: int) -> Any:
        """(True, batch), or (False, None) at the end of a worker's stream; its error is raised."""
        channel = self.channels[worker]
        self._wait([worker])
        try:
            reply = channel.recv()
        except (EOFError, ConnectionResetError) as error:
            raise self._died(worker) from error
        slot = self.promised[worker].popleft()
        if slot is not None:
            self.free[worker].append(slot)  # nobody asks for it before the batch is taken out
        if reply[0] == _FAILED:
            raise raised_again(worker, *reply[1:])
        if reply[0] != _MADE:
            return False, None
        return True, reply[1] if slot is None else self.slots[worker][slot].taken(reply[1])

    def first_ready(self, asked: list[int]) -> int:
        """One of the workers that were asked, the first whose answer can be taken."""
        ready = self._wait(asked)
        return next(w for w in asked if self.channels[w] in ready or self._sentinel(w) in ready)

    def _sentinel(self, worker: int) -> Any:
        return self.processes[worker].sentinel

    def _wait(self, asked: list[int]) -> Any:
        """Until one of them has answered or died; WorkerError when the time is over."""
        several = sorted(set(asked))
        sources = [s for w in several for s in (self.channels[w], self._sentinel(w))]
        ready = wait(sources, self.timeout)
        if not ready:
            raise WorkerError(
                message("the DataLoader waited too long for a batch",
                        expected=f"one within {self.timeout} s, the timeout",
                        got=f"nothing from worker {', '.join(map(str, several))}",
                        hint="raise timeout, or look for what blocks in the data set")
            )
        return ready

    def _died(self, worker: int) -> WorkerError:
        process = self.processes[worker]
        process.join(1)
        return WorkerError(
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
        end = time.monotonic() + 2
        for process in self.processes:
            process.join(max(0, end - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def raised_again(worker: int, kind: str, text: str, trace: str) -> Exception:
    """A worker's error in this process: of the same kind, with the worker's traceback as text."""
    words = f"{text}\n\nraised in worker {worker} of the DataLoader:\n{trace}"
    found: Any = getattr(errors, kind, None) or getattr(builtins, kind, None)
    plain = isinstance(found, type) and issubclass(found, Exception)
    if plain and (issubclass(found, PentadError) or found in _REBUILT):
        return found(words)
    return DataError(f"{kind}: {words}")


_REBUILT = (
    ArithmeticError, AssertionError, AttributeError, FileNotFoundError, IndexError, KeyError,
    LookupError, NotImplementedError, OSError, OverflowError, PermissionError, RuntimeError,
    TypeError, ValueError, ZeroDivisionError,
)
