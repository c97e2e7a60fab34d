"""Prints the megabytes that a peer's steps of a workload take at most, for bench.startup.

Counted from before the program is built, its framework imported; the first steps, which compile,
come before the counter is set back.
"""

from __future__ import annotations

import gc
import os
import re
import sys
import warnings
from pathlib import Path

import numpy as np

from bench.peers import PEERS
from bench.workloads import WORKLOADS

_FIRST, _STEPS = 2, 5


def resident(field: str) -> float:
    """Megabytes of this process's memory: VmRSS now, VmHWM at most since the counter's reset."""
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def main(workload_name: str, peer_name: str) -> None:
    warnings.simplefilter("ignore")
    [workload] = [w for w in WORKLOADS if w.name == workload_name]
    [peer] = [p for p in PEERS if p.name == peer_name]
    peer.start(len(os.sched_getaffinity(0)))
    data = workload.data(np.random.default_rng(0))
    gc.collect()
    before = resident("VmRSS")
    program = peer.build(workload, data)
    if program is None:
        raise SystemExit(f"{peer_name} has no program for {workload_name}")
    for _ in range(_FIRST):
        program.step()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    for _ in range(_STEPS):
        program.step()
    print(resident("VmHWM") - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
