"""Prints the seconds of the first step of a workload and of a later one, for bench.startup."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np

from bench.peers import PEERS
from bench.workloads import WORKLOADS

LATER = 3  # steps after the first, of which the fastest counts


def main(workload_name: str, peer_name: str) -> None:
    warnings.simplefilter("ignore")
    [workload] = [w for w in WORKLOADS if w.name == workload_name]
    [peer] = [p for p in PEERS if p.name == peer_name]
    peer.start(len(os.sched_getaffinity(0)))
    program = peer.build(workload, workload.data(np.random.default_rng(0)))
    if program is None:
        raise SystemExit(f"{peer_name} has no program for {workload_name}")
    first, *later = [_seconds(program.step) for _ in range(1 + LATER)]
    print(first, min(later))


def _seconds(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(*sys.argv[1:])
