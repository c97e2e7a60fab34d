"""`pentad run`: programs written for other frameworks, as they are."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pentad.frontends.usage import Use

STYLES = {"absent": "red", "partly": "yellow", "supported": "green"}


def _names(ctx: click.Context, option: click.Parameter, value: str | None) -> list[str] | None:
    if value is None:
        return None
    return [name.strip() for name in value.split(",") if name.strip()]


@click.command("run", context_settings={"ignore_unknown_options": True,
                                        "allow_interspersed_args": False})
@click.option("--as", "names", metavar="NAMES", default=None, callback=_names,
              help="The frameworks to serve, with commas between them; others are imported as "
                   "Python finds them.  [default: all that Pentad has, installed or not]")
@click.option("--report", is_flag=True,
              help="Run nothing: list the program's names of these frameworks and whether Pentad "
                   "has them. Exit code 1 if one is absent.")
@click.argument("script", type=click.Path(dir_okay=False))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def command(ctx: click.Context, names: list[str] | None, report: bool, script: str,
            arguments: tuple[str, ...]) -> None:
    """Run a program written for another framework, unmodified.

    SCRIPT runs in this process as Python would run it, with ARGUMENTS as its sys.argv; what it
    imports as `tensorflow` (1.x) or `theano` is Pentad's front end, even where the framework
    itself is installed.

    \b
    Example:
      pentad run train.py --epochs 3
      pentad run --as theano --report train.py
    """
    from pentad.frontends.program import run_program
    from pentad.frontends.serving import available, serve
    from pentad.frontends.usage import uses

    if not os.path.isfile(script):
        raise click.UsageError(f"there is no program '{script}'.", ctx)
    chosen = available() if names is None else names
    if report:
        found = uses(script, chosen)
        show(found)
        ctx.exit(int(any(use.state == "absent" for use in found)))
    serve(chosen)
    ctx.exit(run_program(script, arguments, whole_traceback=ctx.find_root().params["debug"]))


def show(found: Sequence[Use]) -> None:
    """Print the table of names and a line that counts them."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE)
    for column in ("name", "state", "lines", "note"):
        table.add_column(column, overflow="fold", no_wrap=column in ("name", "state"))
    files = {file for use in found for file, _ in use.places}
    for use in found:
        lines = [str(line) if len(files) < 2 else f"{file}:{line}" for file, line in use.places]
        shown = ", ".join(lines[:6]) + (", ..." if len(lines) > 6 else "")
        table.add_row(use.name, Text(use.state, STYLES[use.state]), shown, use.note)
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 140)
    if found:
        console.print(table)
    counts = [f"{sum(use.state == s for use in found)} {s}" for s in reversed(STYLES)]
    console.print(f"{len(found)} names: {', '.join(counts)}")
