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
        o.step()
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
        o.step()
        schedule.step()
    found.append(o.param_groups[0]["lr"])
    up = [cosine(0.04, 1.0, t / 2) for t in range(2)]
    down = [cosine(1.0, 4e-6, (t - 2) / 7) for t in range(2, 10)]
    assert found == pytest.approx(up + down)
    assert momenta[0] == pytest.approx(0.95)
    assert momenta[2] == pytest.approx(0.85)
    schedule.step()
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
    a.step()
    b.step()
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


def test_a_schedule_that_is_stepped_before_the_optimiser_warns_once():
    o = optimizer()
    schedule = schedules.ExponentialLR(o, 0.9)
    with pytest.warns(UserWarning, match=r"before the first optimizer\.step"):
        schedule.step()
    schedule.step()


def test_going_to_an_epoch_takes_the_closed_formula():
    o = optimizer()
    schedule = schedules.StepLR(o, 3, 0.5)
    o.step()
    with pytest.warns(UserWarning, match="deprecated"):
        schedule.step(7)
    assert o.param_groups[0]["lr"] == pytest.approx(0.025)
    restarts = schedules.CosineAnnealingWarmRestarts(optimizer(), 4, 2)
    restarts.step(5.5)
    assert (restarts.T_i, restarts.T_cur) == (8, 1.5)
    with pytest.raises(ArgumentError, match=">= 0"):
        restarts.step(-1)


class Warm(schedules._LRScheduler):
    """What users write."""

    def get_lr(self):
        return [base * min(1.0, (self.last_epoch + 1) / 4) for base in self.base_lrs]


def test_a_schedule_of_ones_own():
    assert rates(Warm, 5) == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1])


class Power:
    """A function with a state, as LambdaLR saves it."""

    def __init__(self, by):
        self.by = by

    def __call__(self, step):
        return self.by**step


def test_functions_are_not_saved_and_objects_are():
    o = optimizer()
    first = schedules.LambdaLR(o, Power(0.5))
    assert first.state_dict()["lr_lambdas"] == [{"by": 0.5}]
    second = schedules.LambdaLR(o, Power(0.9))
    second.load_state_dict(first.state_dict())
    assert second.lr_lambdas[0].by == 0.5
    assert schedules.LambdaLR(o, lambda step: 1.0).state_dict()["lr_lambdas"] == [None]
    cycle = schedules.CyclicLR(o, 0.1, 0.2, scale_fn=Power(0.5), cycle_momentum=False)
    assert cycle.state_dict()["_scale_fn_custom"] == {"by": 0.5}


def test_going_on_needs_the_first_rates():
    with pytest.raises(ArgumentError, match='"initial_lr" in each'):
        schedules.StepLR(optimizer(), 2, last_epoch=4)


@pytest.mark.parametrize("make", [
    lambda o: schedules.ConstantLR(o, 2.0), lambda o: schedules.CosineAnnealingLR(o, 0),
    lambda o: schedules.CosineAnnealingWarmRestarts(o, 0),
    lambda o: schedules.CyclicLR(o, 0.1, 0.2, mode="square"),
    lambda o: schedules.ChainedScheduler([]),
    lambda o: schedules.ChainedScheduler([schedules.ReduceLROnPlateau(o)]),
    lambda o: schedules.SequentialLR(o, [schedules.StepLR(optimizer(), 1)], []),
    lambda o: schedules.OneCycleLR(optim.Adagrad(o.param_groups[0]["params"]), 1.0, 10),
    lambda o: schedules.MultiplicativeLR(o, 0.5),
])
def test_arguments_out_of_range(make):
    with pytest.raises((ArgumentError, DTypeError), match="expected"):
        make(optimizer())
