"""Look for failures: `python -m tests.fuzz --seconds 600 --seed 7`.

Prints the seeds of graphs that fail; each is made small and kept in tests/fuzz/found.
"""

from __future__ import annotations

import time
import traceback
from pathlib import Path

import click

from pentad.autodiff.reverse import vjp_graph
from pentad.graph.errors import PentadError
from pentad.graph.node import Graph
from pentad.graph.text import print_graph
from pentad.target import cpu
from tests.fuzz.check import complaint
from tests.fuzz.generate import random_graph
from tests.fuzz.shrink import shrunk

FOUND = Path(__file__).parent / "found"


def graph_of(seed: int, kind: str) -> Graph:
    """The graph of a seed: `plain`, or the `gradient` of a differentiable one."""
    if kind == "plain":
        return random_graph(seed)
    graph = random_graph(seed, differentiable=True, length=3 + seed % 5)
    wide = [i for i, n in enumerate(graph.inputs) if n.dtype.is_floating_point]
    return vjp_graph(graph, wide)


def trouble(graph: Graph, seed: int, target: str) -> str | None:
    """What is wrong with a graph, an exception of ours or of Python included."""
    try:
        return complaint(graph, seed, target=cpu.by_name(target))
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(last.filename).name}:{last.name}: {error}"


@click.command()
@click.option("--seconds", default=600.0)
@click.option("--seed", default=0, help="the first seed")
@click.option("--count", default=1 << 40)
@click.option("--kind", type=click.Choice(["both", "plain", "gradient"]), default="both")
@click.option("--target", default="host")
@click.option("--shrink/--no-shrink", default=True)
@click.option("--keep/--no-keep", default=True, help="write found/NAME.txt")
def main(
    seconds: float, seed: int, count: int, kind: str, target: str, shrink: bool, keep: bool
) -> None:
    """Run random graphs until the time is up."""
    end, first, kinds = time.monotonic() + seconds, seed, [kind]
    if kind == "both":
        kinds = ["plain", "plain", "gradient"]
    failures = 0
    while time.monotonic() < end and seed - first < count:
        which = kinds[seed % len(kinds)]
        try:
            graph = graph_of(seed, which)
        except PentadError as error:
            failures += 1
            print(f"--- seed {seed} ({which}): no graph: {error}", flush=True)
            seed += 1
            continue
        wrong = trouble(graph, seed, target)
        if wrong:
            failures += 1
            report(graph, seed, which, target, wrong, shrink, keep)
        seed += 1
    print(f"{seed - first} graphs from seed {first} on, {failures} failures")


def report(
    graph: Graph, seed: int, kind: str, target: str, wrong: str, shrink: bool, keep: bool
) -> None:
    """Print a failure, made small, and keep it."""
    print(f"--- seed {seed} ({kind}): {wrong[:300]}", flush=True)
    if not shrink:
        return
    sort = wrong.split(":")[0]
    small = shrunk(graph, lambda g: (trouble(g, seed, target) or "").startswith(sort))
    text = print_graph(small)
    print(trouble(small, seed, target))
    print(text, flush=True)
    if keep:
        path = FOUND / f"{kind}-{seed}.txt"
        path.write_text(f"# seed {seed}: {' '.join(wrong.split())[:90]}\n{text}")


if __name__ == "__main__":
    main()
