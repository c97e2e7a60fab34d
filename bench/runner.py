"""Runs the workers, one process for each number of threads, and gathers what they measured."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.peers import environment
from bench.timing import Settings
from bench.workload import Workload

ROOT = Path(__file__).parents[1]
Record = dict[str, Any]
_READY_SECONDS, _MEASURED_SECONDS = 300, 1200
"""What a peer may take to compile a workload, and all of them to be measured."""


def run(
    workloads: Sequence[Workload],
    threads: int,
    peers: Sequence[str],
    settings: Settings,
    progress: Callable[[str], None],
    seed: int | None = None,
) -> Iterator[Record]:
    """The records of the workloads; one that kills its process is a record that says so.

    A peer that kills the process while it is made ready is left out of that workload.
    seed: of workloads with random shapes.
    """
    left = list(workloads)
    without: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        numbers = itertools.count()
        while left:
            out = Path(folder) / f"{next(numbers)}.jsonl"
            end = _work(left, threads, peers, settings, out, progress, seed, without)
            lines = [json.loads(line) for line in out.read_text().splitlines() if line]
            done = [line for line in lines if "name" in line]
            yield from done
            left = left[len(done):]
            if not left:
                return
            if not lines:
                raise SystemExit(f"the benchmark's worker at its start: {end}")
            if culprit := lines[-1].get("building"):
                without.setdefault(left[0].name, {})[culprit] = end
            else:
                yield _died(left.pop(0), threads, end)


def _work(
    workloads: Sequence[Workload],
    threads: int,
    peers: Sequence[str],
    settings: Settings,
    out: Path,
    progress: Callable[[str], None],
    seed: int | None,
    without: dict[str, dict[str, str]],
) -> str:
    """Start a worker, tell what it is doing, and wait for its end, which is told in words."""
    request = {
        "threads": threads,
        "peers": list(peers),
        "settings": settings._asdict(),
        "workloads": [w.name for w in workloads],
        "seed": seed,
        "without": without,
    }
    out.touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.worker", json.dumps(request), str(out)],
        env=child_environment(threads), cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return _wait(process, out, lambda name: progress(f"{name} ({threads} threads)"))


def _wait(
    process: subprocess.Popen[bytes], out: Path, begun: Callable[[str], None]
) -> str:
    """Wait for the end of a worker, or for a peer that never gets ready; how it ended, in words.

    begun: told of each workload when the worker's file says that it has begun.
    """
    told, last, since = "", "", time.monotonic()
    while process.poll() is None:
        lines = out.read_text().splitlines()
        headings = [line for line in lines if line.startswith('{"begin"')]
        if headings and headings[-1] != told:
            told = headings[-1]
            begun(json.loads(told)["begin"])
        if lines and lines[-1] != last:
            last, since = lines[-1], time.monotonic()
        limit = _MEASURED_SECONDS if last == '{"building": ""}' else _READY_SECONDS
        if last.startswith('{"building"') and time.monotonic() - since > limit:
            process.kill()
            process.wait()
            return f"not done after {limit} s"
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
    return f"the process ended with code {process.returncode}"


def child_environment(threads: int) -> dict[str, str]:
    """This process's variables, held to so many threads, and with our source on the path, whose
    byte code is kept, as that of installed packages is."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **environment(threads), "PYTHONPATH": path.rstrip(os.pathsep)}


def _died(workload: Workload, threads: int, end: str) -> Record:
    return {
        "name": workload.name,
        "group": workload.group,
        "threads": threads,
        "flops": workload.flops,
        "bytes": workload.moved,
        "items": workload.items,
        "peak_gflops": None,
        "peak_gbytes": None,
        "measurements": [],
        "left_out": {"every peer": end},
    }
