"""Lowered programs in the disk cache: a fresh process needs neither passes, schedule nor text.

An entry is found by everything that decides about a program: the graph, strides and settings, the
processor, the versions, and the source of the compiler itself. It names the machine code of its
kernels, which lies in entries of its own; where one of those is gone, all is made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pentad.graph.config import config
from pentad.graph.digest import digest, lines_of
from pentad.graph.node import Graph
from pentad.runtime import jit, kernels
from pentad.runtime.cache import default_cache, entry_key
from pentad.schedule.layout import Strides
from pentad.schedule.program import Program
from pentad.schedule.stored import StoredCall, calls_of, dump, load
from pentad.target.cpu import CpuTarget

_PACKAGE = Path(__file__).parents[1]
_ROOMS = ("graph", "target", "ops", "passes", "schedule", "codegen", "runtime")


class Settings(NamedTuple):
    """What a graph is built for; see `runtime.executable.build`."""

    strides: Mapping[int, Strides]
    donated: Mapping[int, int]
    specialise: bool
    varied: bool
    steady: Collection[int]
    target: CpuTarget


def key_of(graph: Graph, settings: Settings) -> str | None:
    """The key of a graph's program in the cache; None if it must not be stored."""
    compiler = _compiler()
    if compiler is None or config.debug >= 2:  # who wants to see the passes wants them to run
        return None
    meaning = digest(graph)
    if meaning is None:
        return None
    strides, donated = sorted(settings.strides.items()), sorted(settings.donated.items())
    rest = (strides, donated, settings.specialise, settings.varied, sorted(settings.steady))
    return entry_key("program", compiler, meaning, repr(rest), settings.target.key)


def find(key: str, graph: Graph, target: CpuTarget) -> Program | None:
    """The program stored under a key, with its kernels ready to run; None if any part is gone."""
    stored = default_cache().get(key)
    if stored is None:
        return None
    try:
        program = load(stored.decode(), lines_of(graph), target)
    except (ValueError, TypeError, LookupError, AttributeError):
        return None  # of another making, though its checksum is right: it is made anew
    keys = [call.key for call in calls_of(program) if isinstance(call, StoredCall)]
    return program if kernels.load_stored(keys, target) else None


def keep(key: str, program: Program, graph: Graph, target: CpuTarget) -> None:
    """Store a program whose kernels are compiled."""
    text = dump(program, lambda spec: kernels.key_of(spec, target), lines_of(graph), target)
    if text is not None:
        default_cache().put(key, text.encode())


@cache
def _compiler() -> str | None:
    """A hash of the source that makes programs, and of what it stands on; None without source."""
    found = hashlib.sha256(f"{jit.versions()}, NumPy {np.__version__}".encode())
    try:
        for room in _ROOMS:
            for path in sorted((_PACKAGE / room).rglob("*.py")):
                found.update(f"\0{path.relative_to(_PACKAGE)}\0".encode())
                found.update(path.read_bytes())
    except OSError:
        return None
    return found.hexdigest()
