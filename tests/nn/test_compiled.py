"""Layers with state inside compiled functions: the same as eager, in both modes."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn, optim


def network():
    pt.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(12, 5))


def stepped(compile, steps=4):
    model = network()
    # Not Adam: before a batch norm, a bias has noise for a gradient, which Adam would scale up.
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

    def step(x, y):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss

    run = pt.compile(step) if compile else step
    losses = [run(pt.randn(6, 1, 4, 4), pt.arange(6) % 5).item() for _ in range(steps)]
    return losses, model, pt.get_rng_state().tolist()


def test_a_compiled_step_is_the_eager_one():
    eager, compiled = stepped(False), stepped(True)
    np.testing.assert_allclose(eager[0], compiled[0], rtol=1e-5)
    assert eager[2] == compiled[2]  # dropout has drawn as many numbers
    for (name, a), b in zip(eager[1].state_dict().items(), compiled[1].state_dict().values(),
                            strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-3, atol=1e-4, err_msg=name)
    assert compiled[1][1].num_batches_tracked.item() == 4


def test_each_mode_of_a_compiled_model_is_traced_once_and_kept():
    model = network()

    @pt.compile
    def train_step(x):
        return model(x).sum()

    @pt.compile
    def check(x):
        return model(x).sum()

    x = pt.randn(6, 1, 4, 4)
    for _ in range(3):
        model.train()
        train_step(x)
        model.eval()
        with pt.no_grad():
            assert check(x).item() == pytest.approx(model(x).sum().item(), rel=1e-5)
    assert (train_step.traces, check.traces) == (1, 1)


@pytest.mark.parametrize("make,shape", [
    (lambda: nn.LSTM(3, 4, 2, bidirectional=True), (5, 2, 3)),
    (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0), (5, 2, 4)),
    (lambda: nn.Sequential(nn.GroupNorm(2, 4), nn.AdaptiveAvgPool2d(2), nn.GELU()),
     (2, 4, 5, 5)),
])
def test_compiled_layers_have_the_eager_gradients(make, shape):
    layer = make()
    x = pt.randn(shape)

    def step(x):
        result = layer(x)
        loss = (result[0] if isinstance(result, tuple) else result).square().mean()
        loss.backward()
        return loss

    found = []
    for run in (step, pt.compile(step, keep_grads=True)):
        layer.zero_grad()
        found.append((run(x).item(), [p.grad.numpy().copy() for p in layer.parameters()]))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    for a, b in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6)
