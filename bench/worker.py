"""Measures workloads in one process with one number of threads; started by `python -m bench`.

Each workload is lines of JSON in the given file: {"begin": NAME}, {"building": PEER} for each
peer, then its results, so that a process that dies loses that peer only, or that workload.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from bench.peers import PEERS, REFERENCE, Peer
from bench.timing import Settings, interleave, median, ratio
from bench.workload import Program, Step, Workload
from bench.workloads import select

FLOPS, BYTES = "FMA peak", "memory's rate"


@dataclass
class Runnable:
    """Peers ready for one workload, and the reasons of those that are not."""

    steps: dict[str, Step] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    families: dict[str, str] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)


class Worker:
    """Starts each peer once, then measures one workload after the other."""

    def __init__(self, peers: Sequence[Peer], threads: int, settings: Settings) -> None:
        self.threads, self.settings = threads, settings
        self.peers: list[Peer] = []
        self.missing: dict[str, str] = {}
        for peer in peers:
            try:
                peer.start(threads)
            except Exception as error:  # whatever is wrong with it, the others are measured
                self.missing[peer.name] = reason(error)
            else:
                self.peers.append(peer)
        self._limits: dict[str, tuple[Callable[[], int], float]] = {}

    def measure(
        self,
        workload: Workload,
        without: Mapping[str, str] | None = None,
        building: Callable[[str], None] = lambda peer: None,
    ) -> dict[str, Any]:
        """The record of one workload, as it stands in the JSON file.

        without: peers that are left out, with the reasons. building: told of each peer before it
        is built, and of none ("") when the clock starts.
        """
        ready = self._ready(workload, without or {}, building)
        building("")
        steps = dict(ready.steps)
        limits = self.limits(workload) if steps else {}
        steps.update((name, loop) for name, (loop, _) in limits.items())
        settle = {peer.name: peer.settle(self.threads) for peer in self.peers}
        seconds = interleave(steps, self.settings, settle)
        peaks = {name: amount / min(seconds[name]) / 1e9 for name, (_, amount) in limits.items()}
        record = {
            "name": workload.name,
            "group": workload.group,
            "threads": self.threads,
            "flops": workload.flops,
            "bytes": workload.moved,
            "items": workload.items,
            "peak_gflops": peaks.get(FLOPS),
            "peak_gbytes": peaks.get(BYTES),
            "measurements": _measurements(seconds, ready),
            "left_out": {**self.missing, **ready.left_out},
        }
        for peer in self.peers:
            peer.forget()
        return record

    def limits(self, workload: Workload) -> dict[str, tuple[Callable[[], int], float]]:
        """Loops that reach the machine's limits which a workload is held against, and how many
        operations or bytes they stand for."""
        from pentad.runtime.profiling.peaks import fma_loop, triad_loop

        makers = {FLOPS: partial(fma_loop, self.threads), BYTES: triad_loop}
        amounts = {FLOPS: workload.flops, BYTES: workload.moved}
        wanted = [name for name, amount in amounts.items() if workload.peak and amount]
        for name in wanted:
            if name not in self._limits:
                self._limits[name] = makers[name]()
        return {name: self._limits[name] for name in wanted}

    def _ready(
        self, workload: Workload, without: Mapping[str, str], building: Callable[[str], None]
    ) -> Runnable:
        data = workload.data(np.random.default_rng(0))
        found, wanted = Runnable(left_out=dict(without)), None
        for peer in self.peers:
            if peer.name in without:
                continue
            building(peer.name)
            try:
                program = peer.build(workload, data)
                if program is None:
                    continue
                began = time.perf_counter()
                numbers = program.read(program.step())
                first = time.perf_counter() - began
                numbers = np.concatenate([numbers, *_numbers(program, workload.checks - 1)])
            except Exception as error:
                found.left_out[peer.name] = reason(error)
                continue
            wanted = numbers if wanted is None else wanted
            fault = disagreement(numbers, wanted, workload.tolerance)
            if fault:
                found.left_out[peer.name] = fault
            else:
                found.steps[peer.name] = program.step
                found.families[peer.name] = peer.family
                found.first[peer.name] = first
        return found


def reason(error: BaseException) -> str:
    """The first line of an error, for the table."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:160] if lines else ''}".rstrip(": ")


def _numbers(program: Program, count: int) -> list[np.ndarray]:
    """The results of the next `count` steps."""
    return [program.read(program.step()) for _ in range(count)]


def disagreement(numbers: np.ndarray, wanted: np.ndarray, tolerance: float) -> str | None:
    """How these numbers differ from the first peer's, in words; None if they agree."""
    if numbers.shape != wanted.shape:
        return f"computes {numbers.size} numbers, not {wanted.size}"
    if not np.isfinite(numbers).all():
        return "computes numbers that are not finite"
    scale = float(np.abs(wanted).max(initial=0.0))
    worst = float(np.abs(numbers - wanted).max(initial=0.0))
    if worst <= tolerance * scale:
        return None
    return f"computes other numbers: {worst:.2g} away where the largest is {scale:.3g}"


def _measurements(
    seconds: Mapping[str, list[float]], ready: Runnable
) -> list[dict[str, Any]]:
    families = ready.families
    reference = next((n for n, f in families.items() if f.startswith(REFERENCE)), None)
    found = []
    for name, family in families.items():
        times = seconds[name]
        found.append({
            "peer": name,
            "family": family,
            "median_us": median(times) * 1e6,
            "min_us": min(times) * 1e6,
            "first_s": ready.first[name],
            "ratio": ratio(times, seconds[reference]) if reference else None,
            "rounds_us": [t * 1e6 for t in times],
        })
    return found


def restrict(threads: int) -> None:
    """Let this process use so many processors; the last ones, for the first serve interrupts."""
    usable = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, usable[-threads:])


def main(request: Mapping[str, Any], out: TextIO) -> None:
    """Measure what the request names and write a line for each workload."""
    warnings.simplefilter("ignore")  # frameworks warn about each other's versions
    restrict(request["threads"])
    peers = [p for p in PEERS if p.name.startswith(tuple(request["peers"]))]
    worker = Worker(peers, request["threads"], Settings(**request["settings"]))
    wanted = set(request["workloads"])

    def note(line: Mapping[str, Any]) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    for workload in select((), request["seed"]):
        if workload.name in wanted:
            without = request["without"].get(workload.name, {})
            note({"begin": workload.name})
            note(worker.measure(workload, without, lambda peer: note({"building": peer})))


if __name__ == "__main__":
    with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
        main(json.loads(sys.argv[1]), file)
