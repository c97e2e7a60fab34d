"""Ways of judging a random graph, from the quickest to the most thorough.

    passes     the graph before and after the passes, one pass left out in turn, by the references
    compiled   native code, built once, against the references
    all        native code in several settings, one pass left out (check.py)
    each-pass  the same, with every pass left out in turn
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

from pentad.autodiff.reverse import vjp_graph
from pentad.graph.errors import IndexOutOfRange, LinAlgError
from pentad.graph.node import Graph
from pentad.passes.pipeline import PIPELINE
from pentad.passes.pipeline import run as run_passes
from pentad.runtime import interpreter
from pentad.target import cpu
from pentad.target.cpu import CpuTarget
from tests.fuzz.check import OPTIONAL, REFUSALS, Native, complaint, same_bits
from tests.fuzz.generate import arguments, random_graph
from tests.fuzz.judge import Judge

VERIFIED = 64
"""Of how many graphs in `passes` one is verified after every pass."""


def graph_of(seed: int, kind: str, small: bool = False) -> Graph:
    """The graph of a seed: `plain`, or the `gradient` of a differentiable one."""
    length = 1 + seed % 5 if small else None
    if kind == "plain":
        return random_graph(seed, length=length)
    graph = random_graph(seed, differentiable=True, length=length or 3 + seed % 5)
    wide = [i for i, n in enumerate(graph.inputs) if n.dtype.is_floating_point]
    return vjp_graph(graph, wide)


def after_passes(graph: Graph, seed: int) -> str | None:
    """None if the references give the same before and after the passes."""
    arrays = arguments(graph, seed, special=seed % 7 == 0)
    left_out = seed % (len(OPTIONAL) + 1) - 1
    chosen = [p for i, p in enumerate(PIPELINE) if left_out < 0 or i != OPTIONAL[left_out]]
    try:
        before = interpreter.run(graph, arrays)
    except IndexOutOfRange:
        before = None
    except REFUSALS:
        return None  # there is no value to keep
    try:
        changed = run_passes(graph, chosen, verify=seed % VERIFIED == 0)
        found = interpreter.run(changed, arrays)
    except IndexOutOfRange as error:
        return None if before is None else f"the passes make an index error: {error}"
    except LinAlgError:
        return None  # so near to singular that rounding decides
    if before is None:
        return "after the passes an index out of range goes unnoticed"
    if all(map(same_bits, before, found)):
        return None
    wrong = Judge(graph, arrays).complaint(found)
    name = "" if left_out < 0 else f" without {PIPELINE[OPTIONAL[left_out]].name}"
    return f"after the passes{name}: {wrong}" if wrong else None


def natively(graph: Graph, seed: int, target: CpuTarget | None = None) -> str | None:
    """None if native code, built once, gives what the references do."""
    arrays = arguments(graph, seed, special=seed % 7 == 0)
    native = Native(graph, specialise=seed % 2 == 0, target=target)
    try:
        judge = Judge(graph, arrays)
    except IndexOutOfRange:
        return None if native.run(arrays)[0] else "an index out of range went unnoticed"
    except REFUSALS:
        return None
    try:
        status, found = native.run(arrays)
    except LinAlgError:
        return None
    wrong = "an index is said to be out of range" if status else judge.complaint(found)
    return f"native: {wrong}" if wrong else None


MODES: dict[str, Callable[[Graph, int, CpuTarget], str | None]] = {
    "passes": lambda graph, seed, target: after_passes(graph, seed),
    "compiled": lambda graph, seed, target: natively(graph, seed, target),
    "all": lambda graph, seed, target: complaint(graph, seed, target=target),
    "each-pass": lambda graph, seed, target: complaint(
        graph, seed, target=target, every_pass=True
    ),
}
SMALL = ("passes", "compiled", "each-pass")
"""Modes that many small graphs serve better than a few large ones."""


def trouble(graph: Graph, seed: int, target: str, mode: str = "all") -> str | None:
    """What is wrong with a graph, an exception of ours or of Python included."""
    try:
        return MODES[mode](graph, seed, cpu.by_name(target))
    except LinAlgError:
        return None
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(last.filename).name}:{last.name}: {error}"
