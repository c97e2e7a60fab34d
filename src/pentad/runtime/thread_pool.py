"""The thread pool: how many threads, starting it, forks.

The pool is machine code (thread_pool_ir.py) and starts with the first call that has enough work.
A pool that is busy, with another Python thread's call or with the call that encloses this one,
makes the second caller run inline. After a fork the child has one thread, until it asks for more.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pentad.graph.config import config
from pentad.graph.errors import ArgumentError, ResourceError, message
from pentad.runtime import jit, thread_pool_ir, thread_waits_ir
from pentad.target.code_target import CodeTarget, host

MAX_THREADS = 1024
# A spin of 20,000 pauses is 0.2-0.9 ms; with more threads than processors it only steals time.
_SPIN, _SPIN_CROWDED = 20_000, 200


def available_processors() -> int:
    """Processors that this process may use: its affinity, capped by its cgroup's quota."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quota = cgroup_quota()
    return max(1, count if quota is None else min(count, math.ceil(quota)))


_CGROUPS, _OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def cgroup_quota(root: Path = _CGROUPS, own: Path = _OWN_GROUPS) -> float | None:
    """Processors' worth of time that the cgroup (v1 or v2) grants; None without a limit.

    The limits of enclosing groups count too: the smallest wins.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return None  # not Linux, or no /proc
    limits: list[float] = []
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            limits += _limits_above(root, path, _read_v2)
        elif "cpu" in controllers.split(","):
            for mount in (root / "cpu", root / controllers):
                limits += _limits_above(mount, path, _read_v1)
    return min(limits, default=None)


def _limits_above(mount: Path, path: str, read: Callable[[Path], float | None]) -> list[float]:
    """The limits of a group and of its ancestors. Inside a container only `mount` may exist."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    groups = [mount.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1)]
    return [limit for group in groups if (limit := read(group)) is not None]


def _numbers(path: Path) -> list[float]:
    try:
        return [math.inf if word == "max" else float(word) for word in path.read_text().split()]
    except (OSError, ValueError):
        return []  # no such group, or no number: that file sets no limit


def _read_v2(group: Path) -> float | None:
    words = _numbers(group / "cpu.max")
    return words[0] / words[1] if len(words) == 2 and math.isfinite(words[0]) and words[1] else None


def _read_v1(group: Path) -> float | None:
    words = _numbers(group / "cpu.cfs_quota_us") + _numbers(group / "cpu.cfs_period_us")
    return words[0] / words[1] if len(words) == 2 and words[0] > 0 and words[1] > 0 else None


def default_num_threads() -> int:
    """The available processors, or PENTAD_NUM_THREADS if that is less."""
    return min(available_processors(), config.num_threads or MAX_THREADS)


class Pool:
    """The loaded machine code of one pool. There is one per process, except in tests."""

    def __init__(self, kind: str, target: CodeTarget) -> None:
        architecture = target.architecture
        text, names = thread_pool_ir.module(kind, architecture)
        self.kind = kind
        self._library = jit.load(
            text, thread_pool_ir.EXPORTS, target=target, process=names, imports={}
        )
        self._library.keep_forever()  # workers sleep in this code until the process ends
        address = self._library.address
        self.run_program_address = address("run_program")
        self.yield_address = address("pool_yield")
        self.epoch_address = address("pool_epoch")
        # Called through ctypes, which lets other Python threads run meanwhile.
        self.run_program = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64)(
            self.run_program_address
        )
        self._resize = ctypes.CFUNCTYPE(None, ctypes.c_int32)(address("pool_resize"))
        self._after_fork = ctypes.CFUNCTYPE(None)(address("pool_after_fork"))
        self._workers = ctypes.c_int32.from_address(address("pool_workers"))
        self._running = ctypes.c_int32.from_address(address("pool_running"))
        self._spin = ctypes.c_int32.from_address(address("pool_spin"))
        ctypes.CFUNCTYPE(None)(address("pool_prepare"))()

    @property
    def threads(self) -> int:
        """Threads that a call may use, the caller's among them."""
        return self._workers.value + 1

    @property
    def started(self) -> int:
        """Worker threads that exist (none before the first parallel call)."""
        return self._running.value

    def resize(self, threads: int) -> None:
        """Set the number of threads; waits for the running call, ends surplus workers."""
        crowded = threads > available_processors()
        self._spin.value = _SPIN_CROWDED if crowded else _SPIN
        self._resize(threads - 1)

    def after_fork(self) -> None:
        """Forget the workers: a forked child has none."""
        self._after_fork()


_lock = threading.Lock()
_pool: Pool | None = None
_requested: int | None = None


def pool() -> Pool:
    """The pool of this process; loaded on first use, its workers start with the first big call."""
    global _pool
    if _pool is None:
        with _lock:
            if _pool is None:
                made = Pool(thread_waits_ir.variant(host().architecture), _host_code())
                made.resize(_requested or default_num_threads())
                _pool = made
    return _pool


@cache
def _host_code() -> CodeTarget:
    # The pool needs no vector unit: the plain processor of the triple gives one cached object.
    return CodeTarget(host().triple, "", "")


def get_num_threads() -> int:
    """How many threads a kernel may use."""
    if _pool is not None:
        return _pool.threads
    return 1 if sys.platform == "win32" else _requested or default_num_threads()


def set_num_threads(count: int) -> None:
    """Use `count` threads from now on; results do not depend on it, not by a bit.

    Raises ArgumentError unless 1 <= count <= 1024, and ResourceError where there are no threads.
    """
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_THREADS:
        raise ArgumentError(
            message(
                "set_num_threads: not a number of threads",
                expected=f"a whole number from 1 to {MAX_THREADS}",
                got=repr(count),
            )
        )
    if sys.platform == "win32" and count > 1:
        raise ResourceError(message("the thread pool has no Windows variant", expected="1 thread"))
    global _requested
    with _lock:
        _requested = count
        if _pool is not None:
            _pool.resize(count)


def _after_fork_in_child() -> None:
    global _lock, _requested
    _lock = threading.Lock()  # another thread may have held it
    _requested = 1
    if _pool is not None:
        _pool.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
