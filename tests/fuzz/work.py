"""A block of random graphs, examined in a process of its own; a failure is made small and kept.

A module of its own, for a process that is spawned imports no `__main__` of a package.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import NamedTuple

from pentad.graph.node import Graph
from pentad.graph.text import print_graph
from tests.fuzz.modes import SMALL, graph_of, trouble
from tests.fuzz.shrink import shrunk

FOUND = Path(__file__).parent / "found"
BLOCK = {"passes": 500, "compiled": 20, "all": 10, "each-pass": 2}
"""Seeds that a process takes at a time."""
KINDS = {True: ("plain",) * 7 + ("gradient",), False: ("plain", "plain", "gradient")}
"""Of which kinds the graphs are in turn, small ones and others."""


class Work(NamedTuple):
    """Seeds for one process, and what to do with them."""

    seeds: range
    mode: str
    kind: str
    target: str
    shrink: bool
    keep: bool


def examined(work: Work) -> list[str]:
    """The reports of the seeds that fail."""
    reports = []
    small = work.mode in SMALL
    kinds = KINDS[small] if work.kind == "both" else (work.kind,)
    gc.disable()  # a quarter of the time of small graphs
    for seed in work.seeds:
        kind = kinds[seed % len(kinds)]
        try:
            graph = graph_of(seed, kind, small)
        except Exception as error:
            reports.append(f"--- seed {seed} ({kind}): no graph: {type(error).__name__}: {error}")
            continue
        wrong = trouble(graph, seed, work.target, work.mode)
        if wrong:
            reports.append(report(graph, seed, kind, wrong, work))
    gc.enable()
    gc.collect()
    return reports


def report(graph: Graph, seed: int, kind: str, wrong: str, work: Work) -> str:
    """The words for a failure, made small; the graph is kept as a file if that is wanted."""
    text = f"--- seed {seed} ({kind}, {work.mode}): {wrong[:300]}"
    if not work.shrink:
        return text
    sort = wrong.split(":")[0]
    fails = lambda g: (trouble(g, seed, work.target, work.mode) or "").startswith(sort)  # noqa: E731
    small = shrunk(graph, fails)
    lines = print_graph(small)
    if work.keep:
        path = FOUND / f"{work.mode}-{kind}-{seed}.txt"
        path.write_text(f"# seed {seed}: {' '.join(wrong.split())[:90]}\n{lines}")
    return f"{text}\n{trouble(small, seed, work.target, work.mode)}\n{lines}"
