"""Threads that stop together: the first error stops them all, and is raised by join."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pentad.frontends.tensorflow1 import errors


class Coordinator:
    """Asks threads to stop, and waits for them."""

    def __init__(self, clean_stop_exception_types: Any = None) -> None:
        self._clean = tuple(clean_stop_exception_types or (errors.OutOfRangeError,))
        self._event, self._lock = threading.Event(), threading.Lock()
        self._error: Any = None
        self._joined = False
        self._threads: set[threading.Thread] = set()

    @property
    def joined(self) -> bool:
        """Have all threads ended?"""
        return self._joined

    def request_stop(self, ex: Any = None) -> None:
        """Ask all threads to stop; an error is raised by join, unless it says that data ended."""
        with self._lock:
            error = ex[1] if isinstance(ex, tuple) else ex
            if self._joined:
                if error is not None and not isinstance(error, self._clean):
                    raise error
                return
            if not self._event.is_set():
                if error is not None and not isinstance(error, self._clean):
                    self._error = error
                self._event.set()

    def clear_stop(self) -> None:
        """Forget that threads were asked to stop."""
        with self._lock:
            self._joined, self._error = False, None
            self._event.clear()

    def should_stop(self) -> bool:
        """Were threads asked to stop?"""
        return self._event.is_set()

    @contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """An error within it asks all threads to stop."""
        try:
            yield
        except BaseException:
            self.request_stop(ex=sys.exc_info())

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Wait until threads are asked to stop; false if time ran out."""
        return self._event.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """Let join wait for a thread."""
        with self._lock:
            self._threads.add(thread)

    def join(
        self, threads: Sequence[threading.Thread] | None = None,
        stop_grace_period_secs: float = 120, ignore_live_threads: bool = False,
    ) -> None:
        """Wait for threads to end; raise the error that stopped them."""
        waiting = self._threads | set(threads or ())
        while any(t.is_alive() for t in waiting) and not self.wait_for_stop(0.05):
            pass
        end = time.monotonic() + stop_grace_period_secs
        while any(t.is_alive() for t in waiting) and time.monotonic() < end:
            time.sleep(0.005)
        late = [t.name for t in waiting if t.is_alive()]
        with self._lock:
            self._joined = True
            self._threads = set()
            if self._error is not None:
                raise self._error
        if late and not ignore_live_threads:
            raise RuntimeError(
                f"Coordinator stopped with threads still running: {' '.join(late)}")

    def raise_requested_exception(self) -> None:
        """Raise the error that stopped the threads, if there was one."""
        with self._lock:
            if self._error is not None:
                raise self._error


class LooperThread(threading.Thread):
    """Calls a function again and again until its coordinator stops."""

    def __init__(
        self, coord: Coordinator, timer_interval_secs: float | None, target: Any = None,
        args: Any = None, kwargs: Any = None,
    ) -> None:
        super().__init__(daemon=True)
        self._coord, self._interval = coord, timer_interval_secs
        self._call, self._arguments, self._keywords = target, args or (), kwargs or {}
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator, timer_interval_secs: float | None, target: Any, args: Any = None,
        kwargs: Any = None,
    ) -> LooperThread:
        """Begin to call a function."""
        made = LooperThread(coord, timer_interval_secs, target, args, kwargs)
        made.start()
        return made

    def run(self) -> None:
        """The calls."""
        with self._coord.stop_on_exception():
            self.start_loop()
            following = time.time()
            while not self._coord.should_stop():
                self.run_loop()
                if self._interval is not None:
                    following += self._interval
                    if self._coord.wait_for_stop(max(0.0, following - time.time())):
                        break
            self.stop_loop()

    def start_loop(self) -> None:
        """Before the first call."""

    def stop_loop(self) -> None:
        """After the last one."""

    def run_loop(self) -> None:
        """One call."""
        if self._call is not None:
            self._call(*self._arguments, **self._keywords)
