"""`pentad board`: the real TensorBoard on a folder of runs."""

from __future__ import annotations

import threading
from pathlib import Path

import click


@click.command("board", context_settings={"ignore_unknown_options": True})
@click.option("--host", default="localhost", show_default=True,
              help="The address to listen at; 0.0.0.0 lets other machines in.")
@click.option("--port", type=click.IntRange(0, 65535), default=None,
              help="The port; 0 for any that is free.  [default: the first free one from 6006 on]")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def command(host: str, port: int | None, folder: Path, options: tuple[str, ...]) -> None:
    """Show the runs in DIR in TensorBoard.

    Prints the address and goes on until Ctrl-C. OPTIONS are passed on to TensorBoard, such as
    --reload_interval 5. Needs pentad[board].

    \b
    Example:
      pentad board runs --port 6007
    """
    from pentad.board.server import serve

    with serve(folder, host, port, options) as server:
        click.echo(f"TensorBoard shows {folder} at {server.url} (Ctrl-C ends it)")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("\nTensorBoard has ended.")
