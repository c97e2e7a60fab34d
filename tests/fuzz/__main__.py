"""Look for failures: `python -m tests.fuzz --seconds 600 --seed 7`.

Prints the seeds of graphs that fail; each is made small and kept in tests/fuzz/found.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import click

from tests.fuzz.modes import MODES
from tests.fuzz.work import BLOCK, Work, examined


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
