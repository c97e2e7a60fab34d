"""`pentad profile`: runs a script and shows where its time went."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import click

SORTS = ("total", "mean", "calls", "flops", "bytes", "gflops", "gbytes", "name", "source")


@click.command("profile", context_settings={"allow_interspersed_args": False})
@click.option("--trace", type=click.Path(dir_okay=False, path_type=Path), default=None,
              help="Write a trace for chrome://tracing or ui.perfetto.dev.")
@click.option("--sort", type=click.Choice(SORTS), default="total", show_default=True,
              help="What the rows are sorted by.")
@click.option("--limit", type=click.IntRange(min=1), default=30, show_default=True,
              help="The most rows to show.")
@click.option("--peaks", is_flag=True, help="Measure this machine's peaks anew, before the script.")
@click.argument("script", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(
    trace: Path | None, sort: str, limit: int, peaks: bool, script: Path,
    arguments: tuple[str, ...],
) -> None:
    """Run SCRIPT with its ARGUMENTS, then show the time of each kernel.

    The table shows how fast each kernel was beside what this machine can do. Options of this
    command stand before SCRIPT.

    \b
    Example:
      pentad profile --trace trace.json train.py --epochs 1
    """
    from rich.console import Console

    from pentad.runtime.profiling.peaks import peaks as measure
    from pentad.runtime.profiling.profile import profile
    from pentad.runtime.profiling.table import rich_table

    if not script.exists():
        raise click.BadParameter(f"there is no file {script}", param_hint="SCRIPT")
    if peaks:
        measure(anew=True)
    prof = profile()
    try:
        with prof:
            _run(script, arguments)
    finally:
        # However the script ended: what it did until then is what one wants to see.
        console = Console()
        wide = console if console.is_terminal else Console(width=240)
        wide.print(rich_table(prof, sort, limit))
        if trace is not None:
            prof.save_trace(trace)
            click.echo(f"trace: {trace}", err=True)


def _run(script: Path, arguments: tuple[str, ...]) -> dict[str, Any]:
    """Run a script as `python script arguments` does."""
    argv, path = sys.argv, sys.path[:]
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        return runpy.run_path(str(script), run_name="__main__")
    finally:
        sys.argv, sys.path[:] = argv, path
