"""Every step against PyTorch's formula written in NumPy, eager and compiled."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pentad as pt
from pentad import nn, optim
from pentad.graph.errors import ArgumentError, DTypeError

STEPS = 4


def sgd(p, g, s, t, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False,
        maximize=False):
    g = (-g if maximize else g) + weight_decay * p
    if momentum:
        s["b"] = g if t == 1 else momentum * s["b"] + (1 - dampening) * g
        g = g + momentum * s["b"] if nesterov else s["b"]
    return p - lr * g


def adam(p, g, s, t, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False,
         maximize=False, decoupled=False):
    g = -g if maximize else g
    if decoupled:
        p = p * (1 - lr * weight_decay)
    else:
        g = g + weight_decay * p
    m = s["m"] = betas[0] * s.get("m", 0) + (1 - betas[0]) * g
    v = s["v"] = betas[1] * s.get("v", 0) + (1 - betas[1]) * g * g
    if amsgrad:
        v = s["top"] = np.maximum(s.get("top", 0), v)
    depth = np.sqrt(v) / math.sqrt(1 - betas[1] ** t) + eps
    return p - lr / (1 - betas[0] ** t) * m / depth


def adamw(p, g, s, t, weight_decay=1e-2, **options):
    return adam(p, g, s, t, weight_decay=weight_decay, decoupled=True, **options)


def rmsprop(p, g, s, t, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0,
            centered=False):
    g = g + weight_decay * p
    v = s["v"] = alpha * s.get("v", 0) + (1 - alpha) * g * g
    if centered:
        s["a"] = alpha * s.get("a", 0) + (1 - alpha) * g
        v = v - s["a"] ** 2
    step = s["b"] = momentum * s.get("b", 0) + g / (np.sqrt(v) + eps)
    return p - lr * step


def adagrad(p, g, s, t, lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0,
            eps=1e-10):
    g = g + weight_decay * p
    s["v"] = s.get("v", initial_accumulator_value) + g * g
    return p - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(s["v"]) + eps)


def adadelta(p, g, s, t, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0):
    g = g + weight_decay * p
    v = s["v"] = rho * s.get("v", 0) + (1 - rho) * g * g
    d = np.sqrt(s.get("d", 0) + eps) / np.sqrt(v + eps) * g
    s["d"] = rho * s.get("d", 0) + (1 - rho) * d * d
    return p - lr * d


CASES = [
    (optim.SGD, sgd, {"lr": 0.1}),
    (optim.SGD, sgd, {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    (optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    (optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (optim.Adam, adam, {}),
    (optim.Adam, adam, {"lr": 0.1, "betas": (0.5, 0.8), "weight_decay": 0.1, "amsgrad": True}),
    (optim.AdamW, adamw, {"lr": 0.1}),
    (optim.AdamW, adamw, {"lr": 0.1, "amsgrad": True, "maximize": True}),
    (optim.RMSprop, rmsprop, {}),
    (optim.RMSprop, rmsprop, {"centered": True, "weight_decay": 0.1}),
    (optim.RMSprop, rmsprop, {"centered": True, "momentum": 0.9}),
    (optim.Adagrad, adagrad, {"lr_decay": 0.1, "initial_accumulator_value": 0.5}),
    (optim.Adadelta, adadelta, {"weight_decay": 0.1}),
]


def start():
    return np.random.default_rng(0).standard_normal((2, 3))


def gradients():
    return np.random.default_rng(1).standard_normal((STEPS, 2, 3))


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("make,formula,options", CASES)
def test_steps_follow_the_formula(make, formula, options, compiled):
    p = nn.Parameter(pt.tensor(start()))
    optimizer = make([p], **options)

    def step(slope):
        loss = (p * slope).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    run = pt.compile(step) if compiled else step
    expected, own = start(), {}
    for t, g in enumerate(gradients(), 1):
        run(pt.tensor(g))
        expected = formula(expected, g, own, t, **options)
        np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-9, atol=1e-12)
    if compiled:
        assert run.traces == 1


@pytest.mark.parametrize("make,formula,options", CASES)
def test_a_saved_state_goes_on_with_the_same_bits(make, formula, options):
    def stepped(p, optimizer, slopes):
        for g in slopes:
            p.grad = pt.tensor(g)
            optimizer.step()

    p = nn.Parameter(pt.tensor(start()))
    optimizer = make([p], **options)
    stepped(p, optimizer, gradients()[:2])
    q = nn.Parameter(p.detach().clone())
    other = make([q], lr=0.5)
    state = optimizer.state_dict()
    other.load_state_dict(state)
    assert other.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]
    stepped(p, optimizer, gradients()[2:])
    stepped(q, other, gradients()[2:])
    np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())


def test_state_dicts_have_pytorchs_keys():
    p = nn.Parameter(pt.tensor(start()))
    p.grad = pt.tensor(start())
    keys = {
        optim.Adam: {"step", "exp_avg", "exp_avg_sq"}, optim.RMSprop: {"step", "square_avg"},
        optim.Adagrad: {"step", "sum"}, optim.Adadelta: {"step", "square_avg", "acc_delta"},
    }
    for make, expected in keys.items():
        optimizer = make([p])
        assert optimizer.state_dict()["state"] == {}
        optimizer.step()
        assert set(optimizer.state_dict()["state"][0]) == expected
        assert optimizer.state_dict()["param_groups"][0]["params"] == [0]
    optimizer = optim.SGD([p], momentum=0.9)
    optimizer.step()
    assert set(optimizer.state_dict()["state"][0]) == {"momentum_buffer"}


def test_only_parameters_with_a_gradient_are_stepped():
    p, q = (nn.Parameter(pt.ones(2)) for _ in range(2))
    optimizer = optim.Adam([p, q])
    p.grad = pt.ones(2)
    optimizer.step()
    assert q.detach().tolist() == [1, 1]
    assert p.detach().tolist() != [1, 1]
    assert list(optimizer.state_dict()["state"]) == [0]


def test_groups_have_hyper_parameters_of_their_own():
    p, q = (nn.Parameter(pt.ones(1)) for _ in range(2))
    optimizer = optim.SGD([{"params": [p]}, {"params": q, "lr": 0.5}], lr=0.1)
    p.grad = q.grad = pt.ones(1)
    optimizer.step()
    assert np.isclose(p.item(), 0.9)
    assert q.item() == 0.5
    assert "Parameter Group 1" in repr(optimizer)
    with pytest.raises(ArgumentError, match="given twice"):
        optimizer.add_param_group({"params": [p]})


@pytest.mark.parametrize("make,options", [
    (optim.SGD, {"lr": math.nan}), (optim.SGD, {"lr": -1.0}), (optim.SGD, {"lr": math.inf}),
    (optim.SGD, {"momentum": -0.1}), (optim.SGD, {"nesterov": True}), (optim.Adam, {"lr": "1"}),
    (optim.Adam, {"betas": (1.0, 0.9)}), (optim.AdamW, {"weight_decay": math.nan}),
    (optim.RMSprop, {"alpha": -1.0}), (optim.Adagrad, {"lr_decay": -1.0}),
    (optim.Adadelta, {"rho": 1.5}),
])
def test_hyper_parameters_out_of_range_are_refused(make, options):
    with pytest.raises(ArgumentError, match="expected"):
        make([nn.Parameter(pt.ones(1))], **options)


def test_a_rate_that_becomes_nan_is_refused_before_anything_changes():
    p = nn.Parameter(pt.ones(1))
    optimizer = optim.SGD([p], lr=0.1)

    def step(x):
        loss = (p * x).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    for run in (step, pt.compile(step)):
        optimizer.param_groups[0]["lr"] = 0.1
        run(pt.ones(1))
        before = p.item()
        optimizer.param_groups[0]["lr"] = math.nan
        with pytest.raises(ArgumentError, match="lr is out of range"):
            run(pt.ones(1))
        assert p.item() == before


def test_what_is_no_parameter_is_refused():
    with pytest.raises(ArgumentError, match="no parameters"):
        optim.SGD([])
    with pytest.raises(DTypeError, match="an iterable of parameters"):
        optim.SGD(pt.ones(1))
    with pytest.raises(DTypeError, match="not a parameter"):
        optim.SGD([3])
    with pytest.raises(ArgumentError, match="no leaf"):
        optim.SGD([nn.Parameter(pt.ones(1)) * 2])
    a, b = optim.SGD([nn.Parameter(pt.ones(1))]), optim.SGD([nn.Parameter(pt.ones(1))] * 1)
    b.add_param_group({"params": nn.Parameter(pt.ones(2))})
    with pytest.raises(ArgumentError, match="groups do not fit"):
        a.load_state_dict(b.state_dict())


def test_another_rate_compiles_nothing_and_another_formula_does():
    p = nn.Parameter(pt.ones(3))
    optimizer = optim.SGD([p], lr=0.1)

    @pt.compile
    def step(x):
        loss = (p * x).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    for lr in (0.1, 0.2, 0.0, 0.3):
        optimizer.param_groups[0]["lr"] = lr
        before = p.detach().numpy().copy()
        step(pt.ones(3))
        np.testing.assert_allclose(p.detach().numpy(), before - np.float32(lr), rtol=1e-6)
    assert step.traces == 1
    optimizer.param_groups[0]["momentum"] = 0.5
    step(pt.ones(3))
    assert step.traces == 2
    optimizer.param_groups[0]["momentum"] = 0.9
    step(pt.ones(3))
    assert step.traces == 2


def test_a_closure_is_called_and_its_loss_returned():
    p = nn.Parameter(pt.ones(1))
    optimizer = optim.SGD([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 1.0
    assert np.isclose(p.item(), 0.8)


def test_a_step_spoils_values_that_a_gradient_still_needs_and_says_so():
    p = nn.Parameter(pt.ones(2))
    optimizer = optim.SGD([p], lr=0.1)
    loss = (p * p).sum()
    p.grad = pt.ones(2)
    optimizer.step()
    with pytest.raises(pt.AutogradError, match="changed in place"):
        loss.backward()


COMPLEX = {
    "SGD": lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "Adam": lambda p: optim.Adam(p, 0.1, weight_decay=0.1, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, 0.1),
    "RMSprop": lambda p: optim.RMSprop(p, 0.1, momentum=0.9, centered=True),
    "Adagrad": lambda p: optim.Adagrad(p, 0.1, initial_accumulator_value=0.5),
    "Adadelta": lambda p: optim.Adadelta(p, 0.5),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_parameters_step_by_their_parts(name, compiled):
    """As in PyTorch: the real and the imaginary parts are numbers of their own."""
    rng = np.random.default_rng(2)
    start, target = (rng.standard_normal((3, 2)) for _ in range(2))
    parts = pt.tensor(start, requires_grad=True)
    whole = pt.view_as_complex(pt.tensor(start)).requires_grad_()
    aim = pt.tensor(target)
    optimizers = [COMPLEX[name]([p]) for p in (parts, whole)]

    def step():
        for p, optimizer in zip((parts, whole), optimizers, strict=True):
            optimizer.zero_grad()
            values = pt.view_as_real(p) if p.is_complex() else p
            ((values - aim) ** 2).sum().backward()
            optimizer.step()

    run = pt.compile(step) if compiled else step
    for _ in range(3):
        run()
    found = pt.view_as_real(whole.detach())
    np.testing.assert_allclose(found.numpy(), parts.detach().numpy(), rtol=1e-12)
    assert not np.allclose(found.numpy(), start)
    for value in optimizers[1].state[whole].values():
        assert not isinstance(value, pt.Tensor) or value.dtype is pt.complex128
