"""Programs of Theano and TensorFlow 1: Pentad's front ends beside the frameworks themselves.

The frameworks run in Pythons of their own, which two variables name (see `PYTHONS`); each program
is one file that runs in all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.runner import ROOT, child_environment
from bench.timing import Settings, median, ratio

Record = dict[str, Any]
FOLDER = Path(__file__).parent
PYTHONS = {"theano": "BENCH_THEANO_PYTHON", "tensorflow": "BENCH_TENSORFLOW_PYTHON"}
"""The variables that hold the paths of Pythons in which these can be imported."""
GROUPS = {"theano": "Theano programs", "tensorflow": "TensorFlow 1 programs"}
PROGRAMS = {
    name: framework for framework in PYTHONS
    for name in (f"{framework} {kind}" for kind in ("mlp", "lenet", "lstm", "small call"))
}
"""The rows by name, and the framework that each is written for."""
_TOLERANCE = 1e-3
_SETTLE_SECONDS = 0.1
"""After a block, until OpenBLAS's and TensorFlow's threads, which spin, leave the processors."""
_LONGER = 5
"""Blocks of these programs beside those of others: they are loops, and the first steps after a
pause take up to three times as long as the rest."""


@dataclass
class Served:
    """A process that runs steps of a program when it is told to."""

    process: subprocess.Popen[str]
    version: str
    losses: list[float]

    @classmethod
    def start(cls, python: str, name: str, threads: int, own: bool) -> Served:
        """Start it and run the first steps; RuntimeError if it dies."""
        file = FOLDER / "programs" / f"{name.replace(' ', '_')}.py"
        variables = child_environment(threads) | {
            "BENCH_THREADS": str(threads), "TF_CPP_MIN_LOG_LEVEL": "3",
            "THEANO_FLAGS": "floatX=float32",
        }
        if not own:
            variables["PYTHONPATH"] = ""
        process = subprocess.Popen(
            [python, str(FOLDER / "serve.py"), str(file), PROGRAMS[name], "own" if own else ""],
            env=variables, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("{"):
            process.kill()
            errors = process.communicate()[1].strip().splitlines()
            raise RuntimeError(errors[-1][:160] if errors else "the process ended")
        said = json.loads(line)
        return cls(process, said["version"], said["losses"])

    def seconds(self, steps: int) -> float:
        """Run so many steps; the seconds of one, by the process's own clock."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the process ended")
        return float(line) / steps

    def close(self) -> None:
        """End the process."""
        self.process.communicate(timeout=30)


def run(
    names: Sequence[str], threads: int, settings: Settings, progress: Callable[[str], None]
) -> Iterator[Record]:
    """The records of programs, like those of other workloads."""
    for name in names:
        progress(f"{name} ({threads} threads)")
        yield _measured(name, threads, settings)


def _measured(name: str, threads: int, settings: Settings) -> Record:
    framework = PROGRAMS[name]
    record: Record = {
        "name": name, "group": GROUPS[framework], "threads": threads, "flops": 0.0, "bytes": 0.0,
        "peak_gflops": None, "peak_gbytes": None, "measurements": [], "left_out": {},
    }
    served: dict[str, Served] = {}
    for peer, python in (("pentad", sys.executable), (framework, _python(framework))):
        if not python:
            record["left_out"][peer] = f"{PYTHONS[framework]} names no Python that has it"
            continue
        try:
            served[peer] = Served.start(python, name, threads, peer == "pentad")
        except RuntimeError as error:
            record["left_out"][peer] = str(error)
    if fault := _disagreement(served):
        record["left_out"][framework] = fault
        served.pop(framework).close()
    if served:
        record["measurements"] = _times(served, settings)
    for peer in served.values():
        peer.close()
    return record


def _python(framework: str) -> str:
    return os.environ.get(PYTHONS[framework], "")


def _disagreement(served: dict[str, Served]) -> str | None:
    """How the first losses differ, if they do."""
    if len(served) < 2:
        return None
    ours, theirs = (s.losses for s in served.values())
    for a, b in zip(ours, theirs, strict=True):
        if not abs(a - b) <= _TOLERANCE * max(abs(b), 1e-3):
            return f"computes other losses: {theirs}, not {ours}"
    return None


def _times(served: dict[str, Served], settings: Settings) -> list[Record]:
    seconds = interleaved(served, settings)
    own = seconds.get("pentad")
    return [
        {
            "peer": peer if peer == "pentad" else f"{peer}, {served[peer].version}",
            "family": peer, "median_us": median(times) * 1e6, "min_us": min(times) * 1e6,
            "first_s": None, "ratio": None if own is None else ratio(times, own),
            "rounds_us": [t * 1e6 for t in times],
        }
        for peer, times in seconds.items()
    ]


def interleaved(served: dict[str, Served], settings: Settings) -> dict[str, list[float]]:
    """The seconds of a step in each round, the processes in turns."""
    counts = {}
    for peer, process in served.items():
        process.seconds(max(1, round(settings.warm_up / max(process.seconds(1), 1e-6))))
        counts[peer] = max(1, round(_LONGER * settings.block / process.seconds(2)))
    seconds: dict[str, list[float]] = {peer: [] for peer in served}
    for _ in range(settings.rounds):
        for peer, process in served.items():
            time.sleep(_SETTLE_SECONDS)
            process.seconds(max(1, counts[peer] // _LONGER))
            seconds[peer].append(process.seconds(counts[peer]))
    return seconds
