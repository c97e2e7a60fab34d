"""`pentad demo`: a small convolutional network learns handwritten digits while one watches."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("demo")
@click.option("--out-dir", type=click.Path(file_okay=False, path_type=Path),
              default=Path("checkpoints/demo"), show_default=True,
              help="Where the checkpoint goes.")
@click.option("--threads", type=click.IntRange(min=1), default=None,
              help="Number of threads.  [default: all this process may use]")
@click.option("--seed", type=click.IntRange(min=0, max=2**63 - 1), default=0, show_default=True,
              help="Seed of the weights, the order of the images and dropout.")
def command(out_dir: Path, threads: int | None, seed: int) -> None:
    """Train a small network on handwritten digits, in seconds.

    The 1,797 images ship with the package. The network is tested on images that it has not seen,
    and its weights are saved.

    \b
    Example:
      pentad demo --threads 2
    """
    from rich.console import Console

    from pentad.train.recipes import run_demo

    run_demo(out_dir=out_dir, threads=threads, seed=seed, console=Console())
