"""`pentad convert`: weights of one format as weights of another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pentad.formats.conversion import Row


@click.command("convert")
@click.option("--entry", metavar="NAME", default=None,
              help="Only the part of that name, without the name: `state_dict` of a checkpoint "
                   "that holds an optimizer besides.")
@click.option("--force", is_flag=True, help="Write over TARGET if it exists.")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def command(entry: str | None, force: bool, source: Path, target: Path) -> None:
    """Convert the weights in SOURCE to the format that TARGET's name says.

    SOURCE is a .pt, .pth, .safetensors or .npz file, or a TensorFlow checkpoint (its prefix, or
    its folder); its content tells which. TARGET ends in .safetensors, .pt, .pth or .npz. Files are
    read as data: nothing in them is executed.

    \b
    Example:
      pentad convert model.pt model.safetensors
      pentad convert --entry state_dict checkpoint.pth model.safetensors
      pentad convert model.ckpt-1000 model.npz
    """
    from pentad.formats.conversion import entry_of, read_weights, write_weights
    from pentad.graph.errors import ArgumentError, message

    if target.exists() and not force:
        raise ArgumentError(message(f"{target} exists", expected="a new file", got="an old one",
                                    hint="give another name, or --force to write over it"))
    weights = read_weights(source)
    if entry is not None:
        weights = entry_of(weights, entry)
    rows = write_weights(target, weights)
    show(rows)
    kept = [row for row in rows if row.kept]
    size = sum(row.nbytes for row in kept) / 1e6
    click.echo(f"{len(kept)} tensors, {size:.1f} MB: {source} ({weights.format}) -> {target}")


def show(rows: Sequence[Row]) -> None:
    """Print what became of each entry."""
    import sys

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE)
    for column in ("name", "type", "shape", "note"):
        table.add_column(column, overflow="fold")
    for row in rows:
        shape = "" if row.shape is None else " x ".join(map(str, row.shape)) or "a number"
        note = row.note if row.kept else f"left out: {row.note}"
        table.add_row(row.name, row.kind, shape, Text(note, "" if row.kept else "yellow"))
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 140)
    if rows:
        console.print(table)
