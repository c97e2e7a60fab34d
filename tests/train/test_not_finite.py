"""Losses and gradients that are no number: what stops, and what is named."""

from __future__ import annotations

import math

import pytest

import pentad as pt
from pentad import nn, optim, train
from pentad.data import DataLoader
from pentad.graph.errors import NonFiniteError
from tests.train.runs import sets
from tests.train.test_steps import close, fitted, network, weights


class Root(nn.Module):
    """The square root of a layer's output, which is NaN where that is negative."""

    def __init__(self, bias):
        super().__init__()
        self.layer, self.norm = nn.Linear(6, 3), nn.BatchNorm1d(3)
        with pt.no_grad():
            self.layer.weight.zero_()
            self.layer.bias.fill_(bias)

    def forward(self, x):
        return self.norm(self.layer(x).sqrt())


@pytest.mark.parametrize("compile", [True, False])
def test_a_nan_stops_with_the_operation_that_made_it(compile):
    model = Root(-1.0)
    before = weights(model)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(NonFiniteError) as caught:
        train.fit(model, DataLoader(sets(), 10), nn.CrossEntropyLoss(), optimizer,
                  stop_at_nan=True, compile=compile)
    text = str(caught.value)
    assert "the loss is nan at epoch 1, batch 1" in text
    assert "first made by sqrt(float32[10, 3])" in text
    assert "test_not_finite.py:" in text
    close(before, weights(model), rtol=0, atol=0)  # the running statistics, too


def test_a_gradient_that_is_infinite_stops_before_the_update():
    model = Root(0.0)
    before = weights(model)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(NonFiniteError, match="a gradient is not finite"):
        train.fit(model, DataLoader(sets(), 10), nn.CrossEntropyLoss(), optimizer,
                  stop_at_nan=True)
    close(before, weights(model), rtol=0, atol=0)


def test_a_nan_in_the_data_and_in_a_parameter_is_named():
    x, y = (t.clone() for t in sets().tensors)
    x[3, 2] = math.nan
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(NonFiniteError, match="NaN in input 0 of the batch"):
        train.fit(model, [(x, y)], nn.CrossEntropyLoss(), optimizer, stop_at_nan=True)
    with pt.no_grad():
        model[2].bias[1] = math.inf
    with pytest.raises(NonFiniteError, match=r"infinity in 2\.bias"):
        train.fit(model, [sets().tensors], nn.CrossEntropyLoss(), optimizer, stop_at_nan=True)


def test_without_the_option_training_goes_on_and_with_it_nothing_else_changes():
    found, history = fitted(2, stop_at_nan=True)
    other, _ = fitted(2)
    close(found, other, rtol=1e-6)
    model = Root(-1.0)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    history = train.fit(model, DataLoader(sets(), 25), nn.CrossEntropyLoss(), optimizer)
    assert math.isnan(history["loss"][0])
