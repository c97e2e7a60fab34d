"""`pentad train`: train a network on a data set, with checkpoints that survive any interruption."""

from __future__ import annotations

import math
from pathlib import Path

import click

DATA = ("fashion-mnist", "digits")
MODELS = ("lenet", "mlp")
PRECISIONS = ("float32", "bfloat16", "float16")
INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


def _positive(ctx: click.Context, option: click.Parameter, value: float) -> float:
    # click.FloatRange lets NaN pass.
    if not (math.isfinite(value) and value > 0):
        raise click.BadParameter(f"{value} is not a positive, finite number.")
    return value


@click.command("train")
@click.option("--data", type=click.Choice(DATA), default=DATA[0], show_default=True,
              help="The data set.")
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), default=None,
              help="The folder with its files.  [default: PENTAD_DATA, the system's, a download]")
@click.option("--model", type=click.Choice(MODELS), default=MODELS[0], show_default=True,
              help="The network.")
@click.option("--epochs", type=click.IntRange(min=1), default=3, show_default=True,
              help="How often each image is seen, counted over all runs.")
@click.option("--batch-size", type=click.IntRange(min=1), default=64, show_default=True,
              help="Images in one step.")
@click.option("--lr", type=float, default=1e-3, show_default=True, callback=_positive,
              help="The learning rate.")
@click.option("--checkpoint-dir", type=click.Path(file_okay=False, path_type=Path), default=None,
              help="Where the checkpoints go.  [default: checkpoints/DATA-MODEL]")
@click.option("--resume/--no-resume", default=True, show_default=True,
              help="Go on from the last checkpoint, if there is one, or begin anew.")
@click.option("--precision", type=click.Choice(PRECISIONS), default="float32", show_default=True,
              help="Of matrix products; 16 bits are faster where the processor has them.")
@click.option("--ema", type=click.FloatRange(0, 1, max_open=True), default=None,
              help="Keep a moving average of the weights with this decay, such as 0.999.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), default=None,
              help="Draw the curves into this .svg or .png file.")
@click.option("--seed", type=click.IntRange(min=0, max=2**63 - 1), default=0, show_default=True,
              help="Seed of the weights, the order of the images and dropout.")
@click.pass_context
def command(ctx: click.Context, data: str, data_dir: Path | None, model: str, epochs: int,
            batch_size: int, lr: float, checkpoint_dir: Path | None, resume: bool,
            precision: str, ema: float | None, plot: Path | None, seed: int) -> None:
    """Train a network on a data set.

    A run that was interrupted, even by a power cut, goes on where it stopped when the same command
    is given again, and ends with the same weights to the last bit.

    \b
    Example:
      pentad train --data fashion-mnist --model lenet --epochs 3
    """
    from rich.console import Console

    from pentad.train.recipes import run_training

    if plot is not None and plot.suffix not in (".svg", ".png"):
        raise click.BadParameter(f"{plot} does not end with .svg or .png.", param_hint="--plot")
    folder = checkpoint_dir or Path("checkpoints") / f"{data}-{model}"
    console = Console()
    try:
        run_training(data=data, data_dir=data_dir, model=model, epochs=epochs,
                     batch_size=batch_size, lr=lr, checkpoint_dir=folder, resume=resume, seed=seed,
                     precision=None if precision == "float32" else precision, ema=ema, plot=plot,
                     console=console)
    except KeyboardInterrupt:
        console.print(f"\nInterrupted. The same command goes on from the last checkpoint in "
                      f"{folder}.", highlight=False, markup=False)
        ctx.exit(INTERRUPTED)
