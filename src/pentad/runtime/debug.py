"""What PENTAD_DEBUG shows of building an executable: 1 its summary, 4 its calls."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from pentad.graph.config import config
from pentad.graph.node import Graph
from pentad.runtime import device, jit
from pentad.schedule.program import Program
from pentad.schedule.spec_text import describe_calls


@contextmanager
def building(graph: Graph) -> Iterator[list[Program]]:
    """Around the making of an executable, which leaves its program in the list."""
    found: list[Program] = []
    if not config.debug:
        yield found
        return
    _introduce()
    began, compiles, hits = time.perf_counter(), jit.stats.compiles, jit.stats.cache_hits
    yield found
    milliseconds = (time.perf_counter() - began) * 1e3
    [program] = found
    if config.debug >= 4 and program.steps:
        sys.stderr.write(f"{describe_calls(program)}\n")
    sys.stderr.write(
        f"built {len(program.inputs)} inputs -> {len(program.outputs)} outputs: "
        f"{len(graph.nodes)} nodes, {len(program.steps)} calls, {program.arena_bytes} B arena; "
        f"modules: {jit.stats.compiles - compiles} compiled, "
        f"{jit.stats.cache_hits - hits} from the cache, {milliseconds:.1f} ms\n"
    )


@cache
def _introduce() -> None:
    """Device, threads and cache, once in a process."""
    for what, value in device.describe():
        sys.stderr.write(f"{what}: {value}\n")
