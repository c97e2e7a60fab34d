"""`profile=True`: where the time of a function's calls goes, printed when the program ends.

What is measured are the kernels that ran, each of which computes one or several operations.
"""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.configparser import config

_LINE = "{:>7.1%} {:>8.1%} {:>9.3f}s {:>11.2e}s {:>7d} {:>8d}   {}"
_HEAD = "<% time> <sum %> <apply time> <time per call> <#call> <#apply> <{}>"


class ProfileStats:
    """What was measured of a function. atexit_print: it is printed when the program ends."""

    def __init__(
        self, atexit_print: bool = True, flag_time_thunks: Any = None, gpu_checks: bool = True,
        **kwargs: Any,
    ) -> None:
        self.fct_callcount, self.fct_call_time, self.vm_call_time = 0, 0.0, 0.0
        self.compile_time, self.message = 0.0, "no message"
        self.line_header, self.nb_nodes, self._printed = "Function profiling", 0, False
        self._rows: dict[tuple[str, str, str], list[float]] = {}
        self._compiled: dict[str, float] = {}
        if atexit_print:
            atexit.register(self._at_exit)

    def add(self, seconds: float, rows: Iterable[Any]) -> None:
        """Count a call: how long it took, and what the time was spent on."""
        self.fct_callcount += 1
        self.fct_call_time += seconds
        for row in rows:
            if row.kind == "compile":
                self.compile_time += row.seconds
                self._compiled[row.name] = self._compiled.get(row.name, 0.0) + row.seconds
                continue
            found = self._rows.setdefault((row.kind, row.name, row.source or ""), [0.0, 0, 0])
            found[0] += row.seconds
            found[1] += row.calls
            found[2] += row.bytes
            self.vm_call_time += row.seconds

    def _at_exit(self) -> None:
        if self.fct_callcount and not self._printed:
            destination = config.profiling.destination
            out = sys.stdout if destination == "stdout" else sys.stderr
            self.summary(out)

    def _grouped(self, key: Callable[[tuple[str, str, str]], str]) -> list[tuple[str, Any]]:
        """For each name: seconds, calls, how many kernels; the longest first."""
        found: dict[str, list[Any]] = {}
        for row, (seconds, calls, _) in self._rows.items():
            one = found.setdefault(key(row), [0.0, 0, 0])
            one[0] += seconds
            one[1] += calls
            one[2] += 1
        return sorted(found.items(), key=lambda item: -item[1][0])

    def _table(self, file: TextIO, name: str, rows: Sequence[tuple[str, Any]], most: int) -> None:
        print(f"{name}\n---\n{_HEAD.format(name + ' name')}", file=file)
        total, sum_ = self.vm_call_time or 1.0, 0.0
        for shown, (seconds, calls, kernels) in rows[:most]:
            sum_ += seconds
            print(_LINE.format(seconds / total, sum_ / total, seconds, seconds / max(calls, 1),
                               calls, kernels, shown), file=file)
        left = rows[most:]
        if left:
            share = sum(r[1][0] for r in left) / total
            print(f"   ... (remaining {len(left)} {name} account for {share:.2%} of the runtime)",
                  file=file)
        print(file=file)

    def summary(
        self, file: Any = None, n_ops_to_print: int = 20, n_apply_to_print: int = 20
    ) -> None:
        """Print it."""
        file, self._printed = file or sys.stderr, True
        for line in (
            self.line_header, "==================", f"  Message: {self.message}",
            f"  Time in {self.fct_callcount} calls to Function.__call__: "
            f"{self.fct_call_time:e}s",
            f"  Time in kernels: {self.vm_call_time:e}s "
            f"({self.vm_call_time / (self.fct_call_time or 1.0):.3%})",
            f"  Total compile time: {self.compile_time:e}s",
            f"    Number of Apply nodes: {self.nb_nodes}", "",
        ):
            print(line, file=file)
        self._table(file, "Class", self._grouped(lambda r: r[0]), n_ops_to_print)
        self._table(file, "Ops", self._grouped(lambda r: r[1]), n_ops_to_print)
        self._table(file, "Apply", self._grouped(lambda r: f"{r[1]}   {r[2]}".rstrip()),
                    n_apply_to_print)
        if config.profile_memory:
            self._memory(file, n_apply_to_print)
        if config.profile_optimizer:
            print("Optimizer Profile\n-----------------", file=file)
            for name, seconds in self._compiled.items():
                print(f"    {seconds:e}s {name}", file=file)

    def _memory(self, file: TextIO, most: int) -> None:
        """What each kernel reads and writes."""
        print("Memory Profile\n---\n<bytes read and written> <per call> <kernel>", file=file)
        rows = sorted(self._rows.items(), key=lambda item: -item[1][2])
        for (_, name, source), (_, calls, size) in rows[:most]:
            print(f"{size:>15,.0f} {size / max(calls, 1):>15,.0f}   {name}   {source}", file=file)


class Measured:
    """A run whose calls are measured."""

    def __init__(self, run: Any, stats: ProfileStats) -> None:
        self.run, self.stats = run, stats

    def __call__(self, values: Sequence[Any]) -> Any:
        """The values of the targets."""
        begin = time.perf_counter()
        profile = pt.profile()
        try:
            profile.__enter__()
        except pt.ArgumentError:
            # Somebody measures already: only the whole is counted here.
            found = self.run(values)
            self.stats.add(time.perf_counter() - begin, ())
            return found
        try:
            found = self.run(values)
        finally:
            profile.__exit__(None, None, None)
        self.stats.add(time.perf_counter() - begin, profile.rows)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.run, name)


def measured(run: Any, asked: Any, name: str | None, nodes: int) -> tuple[Any, Any]:
    """The run, measured if that is asked for, and what it is measured by."""
    if asked is None:
        asked = config.profile
    if not asked:
        return run, None
    stats = asked if isinstance(asked, ProfileStats) else ProfileStats()
    stats.message = name or (asked if isinstance(asked, str) else static.user_line() or "")
    stats.nb_nodes = nodes
    return Measured(run, stats), stats


__all__ = ["ProfileStats"]
__getattr__ = absent(__name__)
