"""GradScaler: scaling, skipped steps, growth; eager and compiled; float16 training."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.optim import SGD, Adam

X = pt.tensor([[1.0, 2.0], [3.0, -1.0]])
Y = pt.tensor([[1.0], [0.0]])


def net():
    pt.manual_seed(1)
    return nn.Linear(2, 1)


def trained(factors, compiled, optimizer, **options):
    """Parameters and scale after a step for each factor of the loss."""
    model = net()
    chosen = optimizer(model.parameters(), lr=0.1)
    scaler = pt.amp.GradScaler(init_scale=8.0, growth_interval=2, **options)

    def step(x, factor):
        chosen.zero_grad()
        loss = ((model(x) - Y) ** 2).mean() * factor
        scaler.scale(loss).backward()
        scaler.step(chosen)
        scaler.update()
        return loss

    run = pt.compile(step) if compiled else step
    scales = []
    for factor in factors:
        run(X, pt.tensor(factor))
        scales.append(scaler.get_scale())
    return [p.detach().numpy().copy() for p in model.parameters()], scales


@pytest.mark.parametrize("optimizer", [SGD, Adam])
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_bad_steps_change_nothing(compiled, optimizer):
    good, scales = trained([1.0, 1.0, 1.0], compiled, optimizer)
    assert scales == [8.0, 16.0, 16.0]
    mixed, scales = trained([1.0, float("inf"), 1.0, float("nan"), 1.0], compiled, optimizer)
    assert scales == [8.0, 4.0, 4.0, 2.0, 2.0]
    for a, b in zip(good, mixed, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_compiled_equals_eager():
    factors = [1.0, 2.0, float("inf"), 0.5]
    for a, b in zip(trained(factors, False, Adam)[0], trained(factors, True, Adam)[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_unscaled_gradients_can_be_clipped():
    model = net()
    optimizer = SGD(model.parameters(), lr=1.0)
    scaler = pt.amp.GradScaler(init_scale=1024.0)
    loss = ((model(X) - Y) ** 2).mean()
    plain = pt.autograd.grad(loss, list(model.parameters()), retain_graph=True)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    for p, g in zip(model.parameters(), plain, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), g.numpy(), rtol=1e-6)
    nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    with pytest.raises(pt.ArgumentError, match="a second time"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    with pytest.raises(pt.ArgumentError, match="step a second time"):
        scaler.step(optimizer)
    scaler.update()
    with pytest.raises(pt.ArgumentError, match="update without a step"):
        scaler.update()


def test_state():
    a = pt.amp.GradScaler(init_scale=4.0, growth_interval=7, growth_factor=3.0)
    a.update(32.0)
    b = pt.amp.GradScaler()
    b.load_state_dict(a.state_dict())
    assert b.state_dict() == a.state_dict()
    assert (b.get_scale(), b.get_growth_interval(), b.get_growth_factor()) == (32.0, 7, 3.0)
    b.set_growth_interval(9)
    b.set_backoff_factor(0.25)
    assert (b.get_growth_interval(), b.get_backoff_factor()) == (9, 0.25)
    with pytest.raises(pt.ArgumentError, match="empty"):
        b.load_state_dict({})


def test_disabled_it_does_nothing():
    scaler = pt.amp.GradScaler(enabled=False)
    assert scaler.scale(X) is X
    assert scaler.get_scale() == 1.0
    assert scaler.state_dict() == {}
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    model(X).sum().backward()
    before = model.weight.detach().clone()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert not bool((model.weight == before).all())


def test_refusals():
    with pytest.raises(pt.ArgumentError, match="device"):
        pt.amp.GradScaler("cuda")
    with pytest.raises(pt.ArgumentError, match="out of range"):
        pt.amp.GradScaler(growth_factor=0.5)
    model = net().half()
    optimizer = SGD(model.parameters(), lr=0.1)
    scaler = pt.amp.GradScaler()
    model(X.half()).sum().backward()
    with pytest.raises(pt.ArgumentError, match="float16 gradient"):
        scaler.step(optimizer)


def test_the_scale_stays_finite():
    model = net()
    optimizer = SGD(model.parameters(), lr=0.0)
    scaler = pt.amp.GradScaler(init_scale=2.0**127, growth_interval=1)
    scaler.scale(model(X).sum() * 0).backward()
    scaler.step(optimizer)
    scaler.update()
    assert scaler.get_scale() == 2.0**127


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_small_gradients_survive_in_float16(compiled):
    """The gradient is below float16's smallest number, times the scale it is not."""

    def moved(scale):
        model = net()
        optimizer = SGD(model.parameters(), lr=1e6)
        scaler = pt.amp.GradScaler(init_scale=scale)
        before = model.weight.detach().clone()

        def step(x):
            optimizer.zero_grad()
            with pt.autocast("cpu", pt.float16):
                loss = model(x).float().sum() * 1e-9
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()

        (pt.compile(step) if compiled else step)(X)
        return float((model.weight.detach() - before).abs().max()), model

    assert moved(1.0)[0] == 0.0
    assert moved(2.0**20)[0] > 0.0
