"""Epochs of training: a shuffling loader, the steps, loss and accuracy."""

from __future__ import annotations

from functools import partial

from bench.loops import Loop
from bench.training import Training
from bench.workload import Workload
from bench.workloads.steps import DIGITS, LENET, MLP, RESNET


def _workload(
    name: str, training: Training, batch: int, steps: int, shape: tuple[int, ...]
) -> Workload:
    loop, count = Loop(training, batch), steps * batch
    data = partial(loop.data, shape=(count, *shape))
    return Workload(name, "training loops", data, loop.programs(), items=count, tolerance=5e-3)


# The tolerance is wider than that of single steps, for rounding grows with each of them; one update
# left out changes more (tests/bench/test_loops.py).
WORKLOADS = (
    _workload("fit mlp 784-512-512-10 Adam", MLP, 128, 40, DIGITS[:1]),
    _workload("fit lenet Adam", LENET, 64, 40, (1, 28, 28)),
    _workload("fit resnet18 32x32 SGD momentum", RESNET, 32, 2, (3, 32, 32)),
)
