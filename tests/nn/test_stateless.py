"""functional_call and stack_module_state: modules as functions of their parameters."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn

X = pt.tensor([[1.0, -2.0], [0.5, 3.0], [2.0, 1.0]])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 4), nn.Tanh())
        self.head = nn.Linear(4, 1)
        self.register_buffer("shift", pt.ones(1))

    def forward(self, x, scale=1.0):
        return self.head(self.body(x)) * scale + self.shift


def close(a, b):
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_other_parameters():
    a, b = Net(), Net()
    params, before = dict(b.named_parameters()), a(X)
    close(pt.func.functional_call(a, params, X), b(X))
    close(pt.func.functional_call(a, params, (X,), {"scale": 2.0}), b(X, scale=2.0))
    zero = {"shift": pt.zeros(1)}
    close(pt.func.functional_call(a, (params, zero), X), b(X) - 1)
    close(a(X), before)
    assert dict(a.named_parameters())["head.weight"] is a.head.weight


def test_gradients_per_example():
    net = Net()
    params = {k: v.detach() for k, v in net.named_parameters()}

    def loss(params, x):
        return pt.func.functional_call(net, params, x[None]).sum()

    each = pt.vmap(pt.grad(loss), in_dims=(None, 0))(params, X)
    for i, x in enumerate(X):
        alone = pt.grad(loss)(params, x)
        for name in params:
            close(each[name][i], alone[name])
    compiled = pt.compile(pt.vmap(pt.grad(loss), in_dims=(None, 0)))(params, X)
    close(compiled["head.weight"], each["head.weight"])
    found, value = pt.func.grad_and_value(loss)(params, X[0])
    close(value, loss(params, X[0]))
    close(found["head.bias"], pt.ones(1))


def test_an_ensemble_is_one_call():
    models = [Net() for _ in range(3)]
    params, buffers = pt.func.stack_module_state(models)
    assert all(p.is_leaf and p.requires_grad for p in params.values())
    base = models[0]

    def call(params, buffers, x):
        return pt.func.functional_call(base, (params, buffers), x)

    outs = pt.vmap(call, in_dims=(0, 0, None))(params, buffers, X)
    close(outs, pt.stack([m(X) for m in models]))
    outs.sum().backward()
    models[1](X).sum().backward()
    close(params["body.0.weight"].grad[1], models[1].body[0].weight.grad)


def test_tied_weights():
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    net[1].weight = net[0].weight
    given = {"0.weight": pt.eye(2) * 2}
    close(pt.func.functional_call(net, given, X), X * 4)
    own = pt.func.functional_call(net, given, X, tie_weights=False)
    close(own, X * 2 @ net[1].weight.T)


def test_refusals():
    net = Net()
    with pytest.raises(pt.ArgumentError, match="names do not fit"):
        pt.func.functional_call(net, {"nothing": X}, X)
    with pytest.raises(pt.ArgumentError, match=r"missing: .*shift"):
        pt.func.functional_call(net, dict(net.named_parameters()), X, strict=True)
    with pytest.raises(pt.ArgumentError, match="several dicts"):
        pt.func.functional_call(net, ({"shift": X}, {"shift": X}), X)
    with pytest.raises(pt.ArgumentError, match="no modules"):
        pt.func.stack_module_state([])
    with pytest.raises(pt.ArgumentError, match="the modules differ"):
        pt.func.stack_module_state([net, nn.Linear(2, 2)])
    with pytest.raises(pt.PentadError):
        pt.func.functional_call(net, {"shift": pt.zeros(1)}, X[:, :1])
    close(net.shift, pt.ones(1))
