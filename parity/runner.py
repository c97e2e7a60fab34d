"""Runs the ops in processes that may hang or die without harm to the rest."""

from __future__ import annotations

import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

START = 180.0
"""Seconds that a process may take to import PyTorch's test tools."""
CASE = 60.0
"""Seconds that one case may take."""
OP = 420.0
"""Seconds that all cases of an op may take; what is left over has failed."""

KINDS = ("forward", "in place", "gradient")
STATES = ("passed", "failed", "missing")
Result = dict[str, Any]


class Died(Exception):
    """The process hung or died."""


class Process:
    """One worker, and the lines that it says."""

    def __init__(self, command: Sequence[str]) -> None:
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.rest = b""
        self.hear(START)

    def ask(self, request: dict[str, Any]) -> None:
        """Send a line."""
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(request).encode() + b"\n")
        self.child.stdin.flush()

    def hear(self, seconds: float) -> dict[str, Any]:
        """The next line; Died if there is none within the time."""
        assert self.child.stdout is not None
        descriptor, end = self.child.stdout.fileno(), time.monotonic() + seconds
        while b"\n" not in self.rest:
            ready = select.select([descriptor], [], [], max(end - time.monotonic(), 0))[0]
            if not ready:
                raise Died(f"no answer within {seconds:.0f} s")
            data = os.read(descriptor, 1 << 16)
            if not data:
                raise Died(f"the process died with status {self.child.wait()}")
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        found: dict[str, Any] = json.loads(line)
        return found

    def stop(self) -> None:
        """End the process, which may hang."""
        self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            assert pipe is not None
            pipe.close()


class Worker:
    """Runs ops in a process, and in a new one where that died."""

    def __init__(self, command: Sequence[str] | None = None, case: float = CASE) -> None:
        self.command = list(command or [sys.executable, "-m", "parity.worker"])
        self.case = case
        self.process: Process | None = None

    def run(self, name: str) -> Result:
        """The counts of one op by kind, and the first failure of each kind."""
        tally, done, end = Tally(), 0, time.monotonic() + OP
        kinds: list[str] = []
        while True:
            try:
                kinds = self._listen(name, tally, done, end)
                break
            except Died as death:
                self.stop()
                done = tally.seen + 1
                tally.add("failed", f"sample {tally.seen}: {death}")
            except TimeoutError as late:
                self.stop()
                kinds = tally.kinds
                for _ in range(tally.seen, len(kinds)):
                    tally.add("failed", f"not run: {late}")
                break
        return tally.result(kinds)

    def _listen(self, name: str, tally: Tally, done: int, end: float) -> list[str]:
        if self.process is None:
            self.process = Process(self.command)
        self.process.ask({"name": name, "done": done})
        first = self.process.hear(self.case)
        tally.kinds = first.get("kinds", [])
        for _ in range(done, first["total"]):
            if time.monotonic() > end:
                raise TimeoutError(f"the op took more than {OP:.0f} s")
            found = self.process.hear(self.case)
            tally.add(found["status"], found["why"])
        return tally.kinds

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.stop()
            self.process = None


class Tally:
    """What came of the cases of an op, one after another."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.kinds: list[str] = []

    @property
    def seen(self) -> int:
        """How many cases have a result."""
        return len(self.found)

    def add(self, status: str, why: str) -> None:
        """The result of the next case."""
        self.found.append((status, why))

    def result(self, kinds: Sequence[str]) -> Result:
        """Counts by kind and state, and the first failure of each kind."""
        made: Result = {kind: dict.fromkeys(STATES, 0) for kind in KINDS}
        made["first"] = {}
        for kind, (status, why) in zip(kinds, self.found, strict=False):
            if status == "void":
                continue
            made[kind][status] += 1
            if status != "passed":
                made["first"].setdefault(kind, why)
        if not kinds and self.found:
            made["forward"]["failed"], made["first"]["forward"] = 1, self.found[0][1]
        return made


def run_all(
    names: Sequence[str], jobs: int, tell: Callable[[str, Result], None],
    make: Callable[[], Worker] = Worker,
) -> dict[str, Result]:  # fmt: skip
    """The results of all ops by name; `tell` hears of each as it comes."""
    todo: queue.SimpleQueue[str] = queue.SimpleQueue()
    for name in names:
        todo.put(name)
    found: dict[str, Result] = {}
    lock = threading.Lock()

    def work() -> None:
        worker = make()
        try:
            while True:
                try:
                    name = todo.get_nowait()
                except queue.Empty:
                    return
                result = worker.run(name)
                with lock:
                    found[name] = result
                    tell(name, result)
        finally:
            worker.stop()

    threads = [threading.Thread(target=work) for _ in range(min(jobs, len(names)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {name: found[name] for name in names if name in found}
