"""Epochs: fit's numbers are those of the loops that it is measured beside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from bench import models
from bench.loops import Loop
from bench.peers import PEERS, Torch
from bench.training import Training, loaded
from bench.workloads import select
from bench.workloads.steps import LENET, MLP

COMPILED, EAGER = (p for p in PEERS if p.family.startswith("pentad"))
SMALL = Loop(Training(partial(models.perceptron, sizes=(6, 5, 10)), None, "SGD", 0.1, None), 4)
LOSS, RIGHT = 0, 1


def data_of(loop, shape):
    return loop.data(np.random.default_rng(0), shape)


@pytest.fixture(scope="module")
def data():
    return data_of(SMALL, (22, 6))


def by_hand(loop, data, written):
    """An epoch of a loop as PyTorch's users write it, run by Pentad."""
    [make] = [m for m in (loop._as_written, loop._at_its_best) if m.__name__ == written]
    ordered = next(loop._loaders(EAGER, data))
    return make(EAGER, loaded(EAGER, loop.training.model, data))(ordered)


@pytest.mark.parametrize("written", ["_as_written", "_at_its_best"])
@pytest.mark.parametrize("peer", [COMPILED, EAGER], ids=lambda p: p.name)
def test_fit_computes_what_the_loop_does(peer, written, data):
    program = SMALL.programs()["torch"](peer, data)
    found = program.step()
    np.testing.assert_allclose(found, by_hand(SMALL, data, written), rtol=1e-5)
    assert program.read(found).tolist() == [found[LOSS]]


def test_epochs_after_the_first_are_shuffled_and_go_on(data):
    program = SMALL.programs()["torch"](COMPILED, data)
    losses = [program.step()[LOSS] for _ in range(12)]
    assert losses[-1] < losses[0]
    first, second, third = (
        [label for _, y in loader for label in y.tolist()]
        for loader, _ in zip(SMALL._loaders(COMPILED, data), range(3))
    )
    assert first == data["y"][data["order"]].tolist()
    assert len({str(first), str(second), str(third)}) == 3
    assert sorted(first) == sorted(second)


@dataclass(frozen=True)
class Forgetful(Training):
    """Leaves the first update out."""

    def updater(self, peer: Any, model: Any) -> Any:
        made = super().updater(peer, model)
        update, skipped = made.step, []
        made.step = lambda: update() if skipped else skipped.append(True)
        return made


@pytest.mark.parametrize(("training", "name", "shape"), [
    (MLP, "fit mlp", (1280, 784)), (LENET, "fit lenet", (640, 1, 28, 28)),
])
def test_one_update_changes_the_loss_by_more_than_the_tolerance(training, name, shape):
    [workload] = select((name,))
    other = Forgetful(**vars(training))
    batch = shape[0] // 10
    data = data_of(Loop(training, batch), shape)
    found, less = (by_hand(Loop(t, batch), data, "_as_written") for t in (training, other))
    assert abs(found[LOSS] - less[LOSS]) > 2 * workload.tolerance * max(found)


def test_settings_that_are_no_loop_have_no_program(data):
    for peer in (Torch("torch.compile", "one graph", compiled=True, whole=True),
                 Torch("torch.compile", "freezing", compiled=True, freezing=True),
                 Torch("torch eager", "channels last", fused=True, channels_last=True)):
        assert SMALL.programs()["torch"](peer, data) is None


def test_the_group_holds_the_rows_that_people_train():
    rows = select(("training loops",))
    assert [w.name.split()[1] for w in rows] == ["mlp", "lenet", "resnet18"]
    assert [w.items for w in rows] == [5120, 2560, 64]
