"""Schedules against PyTorch's closed formulas and documented values."""

from __future__ import annotations

import math

import pytest

import pentad as pt
from pentad import nn, optim
from pentad.graph.errors import ArgumentError, DTypeError
from pentad.optim import lr_scheduler as schedules


def optimizer(lr=0.1, **options):
    return optim.SGD([nn.Parameter(pt.ones(1))], lr=lr, **options)


def rates(make, steps=8, lr=0.1):
    o = optimizer(lr)
    schedule = make(o)
    found = []
    for _ in range(steps):
        found.append(o.param_groups[0]["lr"])
        assert schedule.get_last_lr() == [found[-1]]
        schedule.step()
    return found


@pytest.mark.parametrize("make,formula", [
    (lambda o: schedules.StepLR(o, 3, 0.5), lambda t: 0.1 * 0.5 ** (t // 3)),
    (lambda o: schedules.MultiStepLR(o, [5, 2], 0.1),
     lambda t: 0.1 * 0.1 ** ((t >= 2) + (t >= 5))),
    (lambda o: schedules.ExponentialLR(o, 0.9), lambda t: 0.1 * 0.9**t),
    (lambda o: schedules.ConstantLR(o, 0.5, 4), lambda t: 0.05 if t < 4 else 0.1),
    (lambda o: schedules.LinearLR(o, 0.5, 1.0, 4), lambda t: 0.1 * (0.5 + 0.5 * min(t, 4) / 4)),
    (lambda o: schedules.PolynomialLR(o, 4, 2.0), lambda t: 0.1 * (1 - min(t, 4) / 4) ** 2),
    (lambda o: schedules.CosineAnnealingLR(o, 5, 0.01),
     lambda t: 0.01 + 0.09 * (1 + math.cos(math.pi * t / 5)) / 2),
    (lambda o: schedules.LambdaLR(o, lambda t: 1 / (t + 1)), lambda t: 0.1 / (t + 1)),
    (lambda o: schedules.SequentialLR(
        o, [schedules.ConstantLR(o, 0.1, 2), schedules.ExponentialLR(o, 0.9)], [2]),
     lambda t: 0.01 if t < 2 else 0.1 * 0.9 ** (t - 2)),
])
def test_rates(make, formula):
    assert rates(make) == pytest.approx([formula(t) for t in range(8)])


def cosine(a, b, share):
    return b + (a - b) / 2 * (1 + math.cos(math.pi * share))


def test_one_cycle_goes_up_and_down_with_the_momentum_against_it():
    o = optimizer(momentum=0.9)
    schedule = schedules.OneCycleLR(o, 1.0, total_steps=10, pct_start=0.3)
    found, momenta = [], []
    for _ in range(9):
        found.append(o.param_groups[0]["lr"])
        momenta.append(o.param_groups[0]["momentum"])
        schedule.step()
    found.append(o.param_groups[0]["lr"])
    up = [cosine(0.04, 1.0, t / 2) for t in range(2)]
    down = [cosine(1.0, 4e-6, (t - 2) / 7) for t in range(2, 10)]
    assert found == pytest.approx(up + down)
    assert momenta[0] == pytest.approx(0.95)
    assert momenta[2] == pytest.approx(0.85)
    with pytest.raises(ArgumentError, match="the cycle is over"):
        schedule.step()


def test_reduce_on_plateau():
    o = optimizer()
    schedule = schedules.ReduceLROnPlateau(o, patience=1, factor=0.5, cooldown=1)
    found = []
    for value in (1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5):
        schedule.step(value)
        found.append(o.param_groups[0]["lr"])
    assert found == pytest.approx([0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025])


@pytest.mark.parametrize("make", [
    lambda o: schedules.StepLR(o, 2, 0.5), lambda o: schedules.OneCycleLR(o, 1.0, total_steps=9),
    lambda o: schedules.SequentialLR(
        o, [schedules.ConstantLR(o, 0.1, 2), schedules.ExponentialLR(o, 0.9)], [2]),
])
def test_a_saved_schedule_goes_on(make):
    a, b = optimizer(), optimizer()
    first = make(a)
    for _ in range(3):
        first.step()
    second = make(b)
    second.load_state_dict(first.state_dict())
    b.load_state_dict(a.state_dict())
    for _ in range(3):
        first.step()
        second.step()
        assert a.param_groups[0]["lr"] == b.param_groups[0]["lr"]


def test_wrong_arguments():
    with pytest.raises(DTypeError, match="not an optimiser"):
        schedules.StepLR(nn.Linear(1, 1), 2)
    for make in (lambda o: schedules.StepLR(o, 0), lambda o: schedules.OneCycleLR(o, 1.0),
                 lambda o: schedules.LinearLR(o, start_factor=0.0),
                 lambda o: schedules.ReduceLROnPlateau(o, mode="low"),
                 lambda o: schedules.LambdaLR(o, [abs, abs])):
        with pytest.raises(ArgumentError):
            make(optimizer())
