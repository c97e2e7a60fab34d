"""Look for failures: `python -m tests.fuzz --seconds 600 --seed 7`.

Prints the seeds of graphs that fail; each is made small and kept in tests/fuzz/found.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import click

from pentad.graph.node import Graph
from pentad.graph.text import print_graph
from tests.fuzz.modes import MODES, SMALL, graph_of, trouble
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


def blocks(seed: int, count: int, size: int) -> Iterator[range]:
    """The seeds in blocks."""
    for first in range(seed, seed + count, size):
        yield range(first, min(first + size, seed + count))


@click.command()
@click.option("--seconds", default=600.0, help="Start no more graphs after this time.")
@click.option("--seed", default=0, help="The first seed.")
@click.option("--count", default=1 << 40, help="Graphs at most.")
@click.option("--mode", type=click.Choice(list(MODES)), default="all",
              help="passes: only the passes and the interpreter; compiled: native code once; "
              "each-pass: leave out every pass in turn.")
@click.option("--kind", type=click.Choice(["both", "plain", "gradient"]), default="both")
@click.option("--jobs", default=min(2, os.cpu_count() or 1), help="Processes.")
@click.option("--target", default="host")
@click.option("--shrink/--no-shrink", default=True)
@click.option("--keep/--no-keep", default=True, help="Write found/NAME.txt.")
def main(
    seconds: float, seed: int, count: int, mode: str, kind: str, jobs: int, target: str,
    shrink: bool, keep: bool,
) -> None:  # fmt: skip
    """Run random graphs until the time is up.

    \b
    A million graphs through the passes, from another seed on:
      python -m tests.fuzz --mode passes --count 1000000 --seconds 3600 --seed 5000000
    """
    start = time.monotonic()
    os.environ["PENTAD_NUM_THREADS"] = "1"
    todo = (Work(s, mode, kind, target, shrink, keep) for s in blocks(seed, count, BLOCK[mode]))
    graphs = failures = 0
    for work, reports in results(todo, jobs, start + seconds):
        graphs += len(work.seeds)
        failures += len(reports)
        for text in reports:
            print(text, flush=True)
    taken = time.monotonic() - start
    print(f"{graphs} graphs from seed {seed} on ({mode}), {failures} failures, {taken:.0f} s, "
          f"{graphs / taken:.0f} a second")  # fmt: skip
    if failures:
        raise SystemExit(1)


def results(todo: Iterator[Work], jobs: int, end: float) -> Iterator[tuple[Work, list[str]]]:
    """The work that was done until `end`, each piece with its reports."""
    if jobs == 1:
        for work in todo:
            yield work, examined(work)
            if time.monotonic() > end:
                return
    running: dict[Future[list[str]], Work] = {}
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for work in todo:
            running[pool.submit(examined, work)] = work
            if len(running) >= 2 * jobs:
                yield from finished(running)
            if time.monotonic() > end:
                break
        while running:
            yield from finished(running)


def finished(running: dict[Future[list[str]], Work]) -> Iterator[tuple[Work, list[str]]]:
    """Take out what has ended; a process that died is a failure of its own."""
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        work = running.pop(future)
        try:
            yield work, future.result()
        except BrokenProcessPool:
            yield work, [f"--- a process died; among the seeds in flight: {work.seeds}"]


if __name__ == "__main__":
    main()
