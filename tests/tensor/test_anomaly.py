"""The first operation that makes a NaN is found, by name and line."""

from __future__ import annotations

import re

import numpy as np
import pytest

import pentad as pt
from pentad import nn, optim
from pentad.graph.errors import AutogradError


def line_of(error):
    return int(re.search(r"test_anomaly\.py:(\d+)", str(error.value))[1])


def log_of_difference(x):
    away = x - 2
    logs = away.log()  # the line that is to be found
    return (logs * 0 + 1).sum()


FOUND = log_of_difference.__code__.co_firstlineno + 2


@pytest.mark.parametrize("compiled", [False, True])
def test_forward(compiled):
    run = pt.compile(log_of_difference) if compiled else log_of_difference
    x = pt.tensor([1.0, 5.0], requires_grad=True)
    assert np.isnan(run(x).item())
    with pytest.raises(AutogradError, match="log made NaN of numbers") as caught, \
            pt.autograd.detect_anomaly(forward=True):
        run(x)
    assert line_of(caught) == FOUND
    assert np.isnan(run(x).item())


@pytest.mark.parametrize("dtype", ["bfloat16", "float64", "complex64"])
def test_it_is_found_in_every_type_of_floats(dtype):
    zero = pt.zeros(3, dtype=getattr(pt, dtype))
    with pt.autograd.detect_anomaly(forward=True), pytest.raises(AutogradError, match="NaN"):
        zero / zero
    with pt.autograd.detect_anomaly(forward=True):
        broken = pt.full((2,), float("nan"), dtype=getattr(pt, dtype)) + 1  # it was there before
        assert pt.arange(3).sum().item() == 3
    assert broken.shape == (2,)


def test_writes_and_updates_are_watched():
    x = pt.tensor([-1.0])
    with pt.autograd.detect_anomaly(forward=True), pytest.raises(AutogradError, match="sqrt"):
        x.sqrt_()
    p = nn.Parameter(pt.tensor([0.0]))
    p.grad = pt.tensor([0.0])
    with pt.autograd.detect_anomaly(forward=True), pytest.raises(AutogradError, match="adam"):
        optim.Adam([p], eps=0.0).step()


def test_switched_at_once_and_for_a_while():
    x = pt.tensor([-1.0])
    assert not pt.autograd.is_anomaly_enabled()
    pt.autograd.set_detect_anomaly(True, forward=True)
    try:
        assert pt.autograd.is_anomaly_enabled()
        with pytest.raises(AutogradError, match="NaN"):
            x.log()
        with pt.autograd.set_detect_anomaly(False):
            x.log()
        with pytest.raises(AutogradError, match="NaN"):
            x.log()
    finally:
        pt.autograd.set_detect_anomaly(False)
    assert not pt.autograd.is_anomaly_enabled()
    x.log()


def test_as_a_decorator():
    @pt.autograd.detect_anomaly()
    def slope(x):
        (x * 0).sqrt().sum().backward()

    x = pt.tensor([0.0], requires_grad=True)
    with pytest.raises(AutogradError, match="the gradient of operand 0"):
        slope(x)
    slope.__wrapped__(x)


@pytest.mark.parametrize("compiled", [False, True])
def test_fit_stops_at_the_first(compiled):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, x):
            return self.layer(x).sqrt()

    pt.manual_seed(0)
    net = Net()
    with pt.no_grad():
        net.layer.bias.fill_(-5.0)
    before = net.layer.weight.tolist()
    data = [(pt.ones(3, 2), pt.ones(3, 1))]
    options = {"compile": compiled, "detect_anomaly": True}
    with pytest.raises(AutogradError, match="sqrt made NaN"):
        pt.train.fit(net, data, nn.MSELoss(), optim.SGD(net.parameters(), 0.1), **options)
    assert net.layer.weight.tolist() == before
