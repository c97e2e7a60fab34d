"""What the loop of `train.fit` costs per step, beyond the compiled step that it calls.

    python -m bench.fit_overhead [--rounds 31] [--steps 200]

The same compiled step is called by `fit`'s loop, and by hand on the same batches, in alternation;
each pair of rounds gives a difference, and the median of these is reported.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import pentad as pt
from pentad import nn, optim, train
from pentad.train.metrics import as_metrics
from pentad.train.progress import Progress
from pentad.train.run import Run
from pentad.train.steps import How

LIMIT = 20.0


def measure(metrics: list[str], rounds: int, steps: int) -> tuple[float, float]:
    """(median microseconds of the step by hand, median difference to the loop's)."""
    pt.manual_seed(0)
    model = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    batches = [(pt.randn(16, 32), pt.randint(0, 10, (16,))) for _ in range(steps)]
    run = Run(model, optimizer, nn.CrossEntropyLoss(), as_metrics(metrics), None,
              [train.Callback()], How(), {})
    progress = Progress(None)
    run._one_epoch(batches, 1, progress)
    alone, apart = [], []
    for i in range(rounds):
        loop, hand = (time_loop, time_hand) if i % 2 else (time_hand, time_loop)
        first, second = loop(run, batches, progress), hand(run, batches, progress)
        looped, by_hand = (first, second) if i % 2 else (second, first)
        alone.append(by_hand / steps * 1e6)
        apart.append((looped - by_hand) / steps * 1e6)
    return statistics.median(alone), statistics.median(apart)


def time_loop(run: Any, batches: Any, progress: Any) -> float:
    run.batch = 0
    start = time.perf_counter()
    run._one_epoch(batches, 1, progress)
    return time.perf_counter() - start


def time_hand(run: Any, batches: Any, progress: Any) -> float:
    step = run.step.step
    start = time.perf_counter()
    for x, y in batches:
        step(x, y)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    for metrics in ([], ["accuracy"], ["accuracy", "f1", "roc_auc"]):
        alone, more = measure(metrics, options.rounds, options.steps)
        print(f"{', '.join(metrics) or 'no metrics':28} step {alone:7.1f} us, "
              f"loop {more:+6.1f} us more (at most {LIMIT:.0f})")


if __name__ == "__main__":
    main()
