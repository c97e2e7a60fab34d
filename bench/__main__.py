"""The command `python -m bench`."""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bench import machine, means, older, report, runner, startup
from bench.peers import PEERS
from bench.timing import Settings
from bench.workloads import select

RESULTS = Path(__file__).parent / "results"
ON_ALL_THREADS = ("training steps", "inference", "training loops", "data loading", "gemm")
"""What is measured with each number of threads; the rest with the first alone, unless asked for."""


def _names(context: click.Context, parameter: click.Parameter, text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _threads(context: click.Context, parameter: click.Parameter, text: str) -> tuple[int, ...]:
    usable = len(os.sched_getaffinity(0))
    counts = tuple(int(part) if part.isdigit() else 0 for part in text.split(","))
    bad = [n for n in counts if not 1 <= n <= usable]
    if bad and text != parameter.get_default(context):
        raise click.BadParameter(f"numbers from 1 to {usable}, the processors of this process")
    return tuple(n for n in counts if n <= usable)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", default="", callback=_names, metavar="NAMES",
              help="Workloads or groups that begin with one of these, separated by commas.")
@click.option("--peers", default=",".join(dict.fromkeys(p.family.split()[0] for p in PEERS)),
              callback=_names, metavar="NAMES",
              help="Frameworks that begin with one of these.", show_default=True)
@click.option("--threads", default="1,2", callback=_threads, metavar="COUNTS",
              help="Numbers of threads. Tables beside those of steps, inference and products "
              "are of the first, unless --only asks for them.", show_default=True)
@click.option("--rounds", type=click.IntRange(1), help="Interleaved rounds (45; quick: 3).")
@click.option("--quick", is_flag=True, help="Short blocks and few rounds: does it all work?")
@click.option("--json", "path", type=click.Path(dir_okay=False, path_type=Path),
              help="Where the JSON file goes (bench/results/DATE.json).")
@click.option("--random-shapes", "seed", type=click.IntRange(0), metavar="SEED",
              help="Instead of the usual workloads, some with sizes drawn from this seed.")
@click.option("--list", "listing", is_flag=True, help="Print the workloads and leave.")
def main(
    only: tuple[str, ...],
    peers: tuple[str, ...],
    threads: tuple[int, ...],
    rounds: int | None,
    quick: bool,
    path: Path | None,
    seed: int | None,
    listing: bool,
) -> None:
    """Measure Pentad beside PyTorch, JAX and ONNX Runtime, in turns, and print medians and ratios.

    A ratio above 1 says how many times longer the peer takes than Pentad.
    """
    workloads = select(only, seed)
    programs = [
        name for name, framework in older.PROGRAMS.items()
        if seed is None and (not only or older.GROUPS[framework].startswith(only)
                             or name.startswith(only))
    ]
    kinds = [k for k in startup.KINDS if seed is None and (not only or k.startswith(only))]
    if not workloads and not kinds and not programs:
        raise click.BadParameter("names no workload; see --list", param_hint="--only")
    if listing:
        names = [f"{w.name}  ({w.group})" for w in workloads]
        names += [f"{name}  ({older.GROUPS[older.PROGRAMS[name]]})" for name in programs]
        for name in [*names, *kinds]:
            click.echo(name)
        return
    settings = Settings.quick() if quick else Settings()
    settings = settings._replace(rounds=rounds or settings.rounds)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 180)
    found = collect(workloads, programs, kinds, peers, threads, settings, seed, bool(only))
    report.show(console, found)
    path = path or RESULTS / f"{found['started'].replace(':', '')}.json"
    report.save(found, path)
    console.print(f"written to {path}")


def collect(
    workloads: tuple[Any, ...],
    programs: list[str],
    kinds: list[str],
    peers: tuple[str, ...],
    threads: tuple[int, ...],
    settings: Settings,
    seed: int | None = None,
    only: bool = False,
) -> dict[str, Any]:
    """Run everything, telling on stderr what is being measured.

    only: measure every group with each number of threads, not just those of ON_ALL_THREADS.
    """
    started = datetime.datetime.now().isoformat(timespec="seconds")
    found: dict[str, Any] = {
        "format": 1,
        "started": started,
        "machine": machine.describe(),
        "settings": {**settings._asdict(), "threads": list(threads), "peers": list(peers),
                     "random_shapes": seed},
        "workloads": [],
        "means": [],
        "startup": [],
    }
    with Console(stderr=True).status("starting") as status:
        for count in threads:
            chosen = [
                w for w in workloads if count == threads[0] or w.group in ON_ALL_THREADS or only
            ]
            if chosen:
                found["workloads"] += runner.run(
                    chosen, count, peers, settings, status.update, seed
                )
            found["workloads"] += older.run(programs, count, settings, status.update)
        found["means"] = means.means(found["workloads"])
        if kinds:
            rounds = min(settings.rounds, 5)
            found["startup"] = startup.measure(kinds, peers, rounds, status.update)
    return found


if __name__ == "__main__":
    main()
