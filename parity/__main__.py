"""The command `python -m parity`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from parity import entries, report, runner

PAGE = Path(__file__).parents[1] / "docs" / "parity.md"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", default="", metavar="NAMES",
              help="Ops whose names begin with one of these, separated by commas; NAME= is exact.")
@click.option("--list", "listing", is_flag=True, help="Print the names and leave.")
@click.option("--json", "path", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the results there; results of other ops in the file are kept.")
@click.option("--jobs", type=click.IntRange(1), default=min(2, os.cpu_count() or 1),
              show_default=True, help="Processes at a time.")
@click.option("--page/--no-page", default=None,
              help="Write docs/parity.md (the default when all ops are run).")
@click.option("--failed", is_flag=True, help="Only ops that failed according to the --json file.")
def main(
    only: str, listing: bool, path: Path | None, jobs: int, page: bool | None, failed: bool
) -> None:
    """Compare Pentad with PyTorch on the samples of PyTorch's own tests.

    \b
    Examples:
      python -m parity --only linalg.,cumsum=
      python -m parity --json parity.json
    """
    import torch

    everything = list(entries.database())
    names = [n for n in entries.compared(everything) if chosen(n, only)]
    known: dict[str, Any] = json.loads(path.read_text()) if path and path.exists() else {}
    if failed:
        names = [n for n in names if known.get(n, {"first": True})["first"]]
    if not names:
        raise click.BadParameter("names no op; see --list", param_hint="--only")
    if listing:
        click.echo("\n".join(names))
        return
    found = runner.run_all(names, jobs, tell)
    results = {n: r for n, r in (known | found).items() if n in entries.compared(everything)}
    click.echo(report.summary(found))
    if path:
        path.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    if page or (page is None and not only and not failed):
        why = {n: entries.reason_to_leave_out(n) for n in everything}
        text = report.page(
            results, {n: r for n, r in why.items() if r}, f"PyTorch {torch.__version__}"
        )
        PAGE.write_text(text)
        click.echo(f"written to {os.path.relpath(PAGE)}")


def chosen(name: str, only: str) -> bool:
    """Is an op asked for?"""
    wanted = [w.strip() for w in only.split(",") if w.strip()]
    return not wanted or any(
        name == w[:-1] if w.endswith("=") else name.startswith(w) for w in wanted
    )


def tell(name: str, result: runner.Result) -> None:
    """Print the result of an op."""
    click.echo("\n".join(report.lines_for_terminal(name, result)))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
