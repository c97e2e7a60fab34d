"""`pentad run`: programs written for other frameworks, as they are."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
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
@click.option("--python2", is_flag=True,
              help="The program, and the modules beside it, are Python 2: translate them when they "
                   "are loaded, and say on stderr what was changed. Needs pentad[python2].")
@click.option("--python2-diff", is_flag=True,
              help="Run nothing: print what --python2 changes in the text of the program.")
@click.argument("script", type=click.Path(dir_okay=False))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def command(ctx: click.Context, names: list[str] | None, report: bool, python2: bool,
            python2_diff: bool, script: str, arguments: tuple[str, ...]) -> None:
    """Run a program written for another framework, unmodified.

    SCRIPT runs in this process as Python would run it, with ARGUMENTS as its sys.argv; what it
    imports as `torch`, `torchvision`, `tensorflow` (1.x) or `theano` is Pentad's front end, even
    where the framework itself is installed.

    \b
    Example:
      pentad run train.py --epochs 3
      pentad run --as theano --report train.py
      pentad run --python2 train.py
    """
    from pentad.frontends.serving import available, serve

    if not os.path.isfile(script):
        raise click.UsageError(f"there is no program '{script}'.", ctx)
    if python2_diff:
        click.echo(diff(script), nl=False)
        return
    chosen = available() if names is None else names
    if report:
        ctx.exit(show_uses(script, chosen, python2))
    serve(chosen)
    debug = ctx.find_root().params["debug"]
    ctx.exit(run_python2(script, arguments, debug) if python2 else run(script, arguments, debug))


def run(script: str, arguments: Sequence[str], debug: bool) -> int:
    """Run a program; its exit code."""
    from pentad.frontends.program import run_program

    return run_program(script, arguments, whole_traceback=debug)


def run_python2(script: str, arguments: Sequence[str], debug: bool) -> int:
    """Run a Python 2 program; its exit code."""
    from pentad.frontends.program import run_program
    from pentad.frontends.python2.loading import Python2Loader, translate_beside

    translate_beside(script)
    return run_program(script, arguments, Python2Loader, whole_traceback=debug)


def diff(script: str) -> str:
    """What the translation changes in a program's text."""
    import difflib

    from pentad.frontends.python2.loading import read_python2
    from pentad.frontends.python2.translate import decoded

    before = decoded(Path(script).read_bytes()).splitlines(keepends=True)
    after = read_python2(Path(script)).splitlines(keepends=True)
    return "".join(difflib.unified_diff(before, after, script, script + " (Python 3)"))


def show_uses(script: str, names: Sequence[str], python2: bool) -> int:
    """Print the report; the exit code."""
    from pentad.frontends.python2.loading import read_python2
    from pentad.frontends.usage import source, uses

    try:
        found = uses(script, names, read_python2 if python2 else source)
    except SyntaxError as error:
        hint = "" if python2 else "; if the program is Python 2, add --python2"
        raise click.ClickException(f"{error}{hint}") from None
    show(found)
    return int(any(use.state == "absent" for use in found))


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
