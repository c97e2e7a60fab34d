"""`pentad doctor`: what Pentad found on this machine, in one table."""

from __future__ import annotations

import platform
import sys
import warnings
from collections.abc import Iterable
from importlib import metadata
from typing import TYPE_CHECKING

import click

from pentad.graph.config import VERSION, config

if TYPE_CHECKING:
    from rich.table import Table

    from pentad.target.code_target import CodeTarget

Row = tuple[str, str]
# The instruction sets that decide how fast a kernel is, as LLVM names them, strongest first.
VECTOR_UNITS = ("amx-tile", "avx512fp16", "avx512bf16", "avx512f", "avx2", "fma", "f16c",
                "sve2", "sve", "neon")
LIBRARIES = ("numpy", "llvmlite", "safetensors", "click", "rich")


@click.command("doctor")
def command() -> None:
    """Show the machine, threads, cache, versions and flags.

    Paste its output into a report of a fault.

    \b
    Example:
      pentad doctor
    """
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    sections = {
        "machine": machine(),
        "threads": threads(),
        "cache": cache(),
        "versions": versions(),
        "flags": flags(),
    }
    console.print(table(sections))


def machine() -> Iterable[Row]:
    """System, processor, vector units and the target that code is generated for."""
    from pentad.target import code_target, cpu

    host, target = code_target.host(), cpu.default().code
    yield "system", f"{platform.system()} {platform.release()} {host.architecture}"
    yield "processor", host.cpu
    yield "vector units", ", ".join(vector_units(host)) or "none that Pentad knows"
    yield "code for", target.cpu if target == host else f"{target.cpu} (PENTAD_TARGET)"
    missing = target.missing_here()
    if missing:
        yield "cannot run", f"this processor lacks {', '.join(missing)}"
    yield "eager calls", eager_calls()


def eager_calls() -> str:
    """How operations outside of compiled functions are dispatched."""
    from pentad.tensor import native

    reason = native.unavailable()
    return "native" if reason is None else f"in Python, for {reason}"


def vector_units(target: CodeTarget) -> list[str]:
    """The names in VECTOR_UNITS that LLVM finds in the processor."""
    found = set(target.features.split(","))
    return [name for name in VECTOR_UNITS if f"+{name}" in found]


def threads() -> Iterable[Row]:
    """Threads that kernels use, and the processors that affinity and quota leave to us."""
    from pentad.runtime import thread_pool

    yield "kernels use", str(thread_pool.get_num_threads())
    yield "processors", f"{thread_pool.available_processors()} available to this process"


def cache() -> Iterable[Row]:
    """Where compiled code is kept, how much there is, and why it is not kept if so."""
    from pentad.runtime.cache import default_cache

    store = default_cache()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        entries, size = store.size()
    yield "directory", str(store.directory)
    if store.memory_only:
        reasons = [str(warning.message).splitlines()[0] for warning in caught]
        yield "not usable", reasons[0] if reasons else "compiled code is kept in memory only"
    else:
        yield "holds", f"{entries} kernels, {size / 2**20:.1f} of {store.limit >> 20} MB"


def versions() -> Iterable[Row]:
    """Pentad, Python, the libraries it needs, and LLVM."""
    yield "pentad", VERSION
    yield "python", f"{platform.python_version()} ({sys.executable})"
    yield from ((name, metadata.version(name)) for name in LIBRARIES)
    import llvmlite.binding as llvm

    yield "llvm", ".".join(map(str, llvm.llvm_version_info))


def flags() -> Iterable[Row]:
    """Every flag with its value and meaning."""
    for flag in config.describe():
        value = "not set" if flag.value is None else flag.value
        yield flag.variable, f"{value}  ({flag.doc})"


def table(sections: dict[str, Iterable[Row]]) -> Table:
    """One table with a block of rows for each section."""
    from rich import box
    from rich.table import Table

    layout = Table(box=box.SIMPLE, show_header=False)
    for style in ("bold", "", "cyan"):
        layout.add_column(style=style, overflow="fold")
    for title, rows in sections.items():
        for number, (name, value) in enumerate(rows):
            layout.add_row("" if number else title, name, value)
        layout.add_section()
    return layout
