"""Event files: records of what a run did, appended whole, by a thread beside the training."""

from __future__ import annotations

import atexit
import itertools
import os
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

import pentad as pt
from pentad import formats
from pentad.board.package import proto
from pentad.static import message

_SMALL = 256
"""What an event counts in the queue, in bytes, beside the arrays that it holds."""
_MOST = 64 << 20
"""Bytes in the queue from which on who adds to it writes them out himself."""
_numbers = itertools.count()


class EventFile:
    """One event file: a new one, whose name no other has, in a folder that is made if need be.

    Its records are whole at any time, as formats.tfrecord.RecordWriter says. ResourceError if the
    file cannot be made or written.
    """

    def __init__(self, folder: str, suffix: str) -> None:
        now = time.time()
        name = (f"events.out.tfevents.{int(now):010d}.{socket.gethostname()}.{os.getpid()}"
                f".{next(_numbers):06d}{suffix}")  # TensorBoard reads in the order of names
        self.path = os.path.join(folder, name)
        try:
            os.makedirs(folder, exist_ok=True)
            self._records = formats.tfrecord.RecordWriter(self.path, new=True)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.append(proto("event").Event(wall_time=now, file_version="brain.Event:2"))
        self.flush()

    def append(self, event: Any) -> None:
        """One more event; it waits for `flush`, if it is small."""
        try:
            self._records.write(event.SerializeToString())
        except OSError as error:
            raise unwritable(self.path, error) from error

    def flush(self) -> None:
        """Hand what waits to the operating system, or keep it if that cannot be."""
        try:
            self._records.flush()
        except OSError as error:
            raise unwritable(self.path, error) from error

    @property
    def removed(self) -> bool:
        """Has somebody removed the file? Nobody would see what follows in it."""
        return os.fstat(self._records.file.fileno()).st_nlink == 0

    def close(self) -> None:
        """Write what waits, and finish the file; it stays open if that cannot be written."""
        self.flush()
        try:
            self._records.close()
        except OSError as error:
            raise unwritable(self.path, error) from error

    @property
    def closed(self) -> bool:
        """Has it been finished?"""
        return self._records.file.closed

    def forget(self) -> None:
        """Let go of the file without writing to it."""
        self._records.file.close()


def unwritable(path: str, error: OSError) -> pt.ResourceError:
    """The error for a file of a log folder that cannot be written."""
    return pt.ResourceError(message(
        f"cannot write {path}", expected="a folder that can be written, with room",
        got=error.strerror or str(error),
        hint="choose another log_dir, or make room: events wait, and the next flush tries again"))


class EventQueue:
    """Events on their way to the event files of some folders; a thread encodes and writes them.

    That happens when `max_queue` of them wait, `flush_secs` after the last time, and in `flush`.
    What goes wrong in the thread is raised by the next call; what could not be written is kept.
    """

    def __init__(self, max_queue: int, flush_secs: float, suffix: str = "") -> None:
        at_once = flush_secs == 0
        self._enough = 1 if at_once else max_queue if max_queue > 0 else 1 << 62
        self._pause = None if at_once else flush_secs
        self._suffix = suffix
        self._begin()
        _queues.add(self)

    def _begin(self) -> None:
        self._entries: deque[tuple[Any, ...]] = deque()
        self._bytes = 0
        self._files: dict[str, EventFile] = {}
        self._error: Exception | None = None
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self, folder: str) -> EventFile:
        """The event file of a folder; ResourceError if it cannot be made."""
        with self._lock:
            if folder not in self._files:
                self._files[folder] = EventFile(folder, self._suffix)
            return self._files[folder]

    def add(
        self, folder: str, make: Callable[..., Any], args: tuple[Any, ...], step: int | None,
        walltime: float | None, size: int = 0,
    ) -> None:
        """One more event for a folder: what `make(*args)` gives, a Summary or an Event; `size`:
        how many bytes the arguments hold. It is kept, whatever is raised."""
        now = time.time() if walltime is None else walltime
        self._entries.append((folder, make, args, step, now))
        self._bytes += _SMALL + size
        if folder not in self._files:
            self.open(folder)
        if self._thread is None:
            self._start()
        if len(self._entries) >= self._enough:
            self._wake.set()
        if self._error is not None:
            self._raise()
        if self._bytes > _MOST:
            self.write_out()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=_work, args=(weakref.ref(self), self._wake, self._pause), daemon=True,
                    name="pentad event writer")
                self._thread.start()

    def _raise(self) -> None:
        """Raise what went wrong in the thread, once."""
        error, self._error = self._error, None
        if error is not None:
            raise error

    def write_out(self) -> None:
        """Encode and write what waits now; the first error is raised when all has been tried."""
        with self._lock:
            if isinstance(self._error, pt.ResourceError):
                self._error = None  # what was kept is tried again here
            self._drop_removed()
            errors = [*self._encode(), *self._flush_files()]
            if errors:
                raise errors[0]

    def _drop_removed(self) -> None:
        for folder in [name for name, file in self._files.items() if file.removed]:
            self._files.pop(folder).forget()

    def _encode(self) -> list[Exception]:
        """Put what waits into the files; a file that cannot be made leaves the rest waiting."""
        errors: list[Exception] = []
        for _ in range(len(self._entries)):
            folder, make, args, step, now = self._entries[0]
            try:
                file = self.open(folder)
            except pt.ResourceError as error:
                return [*errors, error]
            self._entries.popleft()
            try:
                file.append(_event(make(*args), step, now))
            except Exception as error:
                errors.append(error)
        self._bytes = 0
        return errors

    def _flush_files(self) -> list[Exception]:
        errors: list[Exception] = []
        for file in self._files.values():
            try:
                file.flush()
            except pt.ResourceError as error:
                errors.append(error)
        return errors

    def write_out_quietly(self) -> None:
        """The same in the thread: an error waits for the next call."""
        try:
            self.write_out()
        except Exception as error:
            self._error = self._error or error

    def flush(self) -> None:
        """Write what waits, now; ResourceError if that cannot be, and then it is kept."""
        self.write_out()
        self._raise()

    def close(self) -> None:
        """Write what waits, end the thread, close the files; another `add` begins anew.

        The first error is raised when all has been tried. Then only files that could not be
        written are still open, with what waits for them, for another `flush` or `close`.
        """
        with self._lock:
            errors = [e for e in map(_error_of, (self.write_out, self._raise)) if e is not None]
            for folder, file in list(self._files.items()):
                error = _error_of(file.close)
                errors += [error] if error is not None else []
                if file.closed:
                    del self._files[folder]
            self._thread = None
            self._wake.set()
            self._wake = threading.Event()
        if errors:
            raise errors[0]

    def forked(self) -> None:
        """In the child of a fork: what waits and the files are the parent's."""
        for file in self._files.values():
            file.forget()
        self._begin()

    def __del__(self) -> None:
        if getattr(self, "_files", None):
            try:
                self.close()
            finally:
                for file in self._files.values():
                    file.forget()


def _error_of(action: Callable[[], None]) -> Exception | None:
    """What an action raises, so that others come to their turn before it is raised."""
    try:
        action()
    except Exception as error:
        return error
    return None


def _work(
    queue: weakref.ref[EventQueue], wake: threading.Event, pause: float | None
) -> None:
    """What the thread does, until its queue is closed or gone."""
    while True:
        wake.wait(pause)
        wake.clear()
        found = queue()
        if found is None or found._wake is not wake:
            return
        found.write_out_quietly()
        del found


def _event(made: Any, step: int | None, now: float) -> Any:
    kind = proto("event").Event
    event = made if isinstance(made, kind) else kind(summary=made)
    event.wall_time = now
    if step is not None:
        event.step = step
    return event


_queues: weakref.WeakSet[EventQueue] = weakref.WeakSet()


@atexit.register
def _write_all_out() -> None:
    first: Exception | None = None
    for queue in list(_queues):
        try:
            queue.write_out()
        except Exception as error:  # the others' events are not lost with these
            first = first or error
    if first is not None:
        raise first


def _forget_all() -> None:
    for queue in list(_queues):
        queue.forked()


os.register_at_fork(after_in_child=_forget_all)
