"""Autograd over eager results: gradients, their gradients, the rules and the errors."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import pentad as pt
from pentad import AutogradError
from tests.tensor.differences import gradcheck

CASES = {
    "add": (lambda x, y: x + y, (2, 3), (3,)),
    "sub": (lambda x, y: x - 2 * y, (2, 3), (2, 1)),
    "mul": (lambda x, y: x * y, (2, 3), (1, 3)),
    "div": (lambda x, y: x / (y * y + 1), (2, 3), ()),
    "pow": (lambda x: x**3, (2, 3)),
    "mm": (lambda x, y: x.mm(y), (2, 3), (3, 4)),
    "matmul batch": (lambda x, y: x @ y, (2, 2, 3), (3, 2)),
    "bmm": (lambda x, y: x.bmm(y), (2, 2, 3), (2, 3, 2)),
    "exp": (lambda x: x.exp(), (4,)),
    "tanh": (lambda x: x.tanh(), (4,)),
    "sigmoid": (lambda x: x.sigmoid(), (4,)),
    "sum": (lambda x: x.sum(1) * x.sum(0)[:2], (2, 3)),
    "mean": (lambda x: x.mean((0, 1)), (2, 3)),
    "var": (lambda x: x.var(1), (2, 3)),
    "max": (lambda x: x.max(1).values, (2, 3)),
    "amax": (lambda x: x.amax(), (2, 3)),
    "prod": (lambda x: x.prod(1), (2, 3)),
    "logsumexp": (lambda x: x.logsumexp(1), (2, 3)),
    "softmax": (lambda x: x.softmax(-1), (2, 3)),
    "log_softmax": (lambda x: x.log_softmax(0), (2, 3)),
    "cumsum": (lambda x: x.cumsum(1), (2, 3)),
    "norm": (lambda x: x.norm(dim=1), (2, 3)),
    "where": (lambda x, y: pt.where(x > 0, x * y, y), (2, 3), (2, 3)),
    "clamp": (lambda x: x.clamp(-0.5, 0.5) * x, (2, 3)),
    "cat": (lambda x, y: pt.cat([x, y * y], 1), (2, 3), (2, 1)),
    "stack": (lambda x, y: pt.stack([x, y * x]), (2, 3), (2, 3)),
    "index": (lambda x: x[:, pt.tensor([2, 0, 0])] ** 2, (2, 3)),
    "mask": (lambda x: x[pt.tensor([[True, False, True], [False, True, True]])] ** 2, (2, 3)),
    "einsum": (lambda x, y: pt.einsum("ij,kj->ik", x, y), (2, 3), (2, 3)),
    "expand": (lambda x: x.expand(4, 3) ** 2, (1, 3)),
    "slice": (lambda x: x[:, ::2] * x[:, 1:], (2, 3)),
    "roll, flip": (lambda x: x.roll(1, 1) * x.flip(0), (2, 3)),
    "sort": (lambda x: x.sort(1).values ** 2, (2, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_to_second_order(name):
    f, *shapes = CASES[name]
    gradcheck(f, *shapes)


@pytest.mark.parametrize("name", ["log", "sqrt", "rsqrt", "reciprocal", "log1p"])
def test_gradients_on_positive_numbers(name):
    gradcheck(lambda x: getattr(x, name)(), (2, 3), positive=True)


def test_gradients_accumulate_until_they_are_cleared():
    w = pt.ones(2, requires_grad=True)
    (w * 2).sum().backward()
    held = w.grad
    (w * 3).sum().backward()
    assert w.grad is held
    assert w.grad.tolist() == [5, 5]
    w.grad = None
    (w * w).sum().backward()
    assert w.grad.tolist() == [2, 2]


def test_gradients_do_not_share_memory():
    a, b = pt.ones(2, requires_grad=True), pt.ones(2, requires_grad=True)
    given = pt.ones(2)
    (a + b).backward(given)
    a.grad.zero_()
    assert b.grad.tolist() == [1, 1]
    assert given.tolist() == [1, 1]


def test_one_value_used_many_times():
    x = pt.tensor(2.0, requires_grad=True)
    y = x * x
    z = y * y + y * 3 + x
    z.backward()
    assert x.grad.item() == 4 * 8 + 6 * 2 + 1


def test_a_chain_of_20000_operations():
    x = pt.tensor(0.5, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y + 0.001
    y.backward()
    assert x.grad.item() == 1
    del y


def test_no_grad_detach_and_flags():
    x = pt.ones(2, requires_grad=True)
    with pt.no_grad():
        assert not (x * 2).requires_grad
        with pt.enable_grad():
            assert (x * 2).requires_grad
    assert not (x * 2).detach().requires_grad
    assert x.detach().data_ptr() == x.data_ptr()
    assert (x * 2).grad_fn is not None
    assert repr((x * 2).grad_fn) == "<MulBackward0>"
    assert x.grad_fn is None
    assert x.is_leaf
    assert not (x * 2).is_leaf
    assert not (x > 0).requires_grad

    @pt.no_grad()
    def f():
        return x * 2

    assert not f().requires_grad
    with pt.set_grad_enabled(False):
        assert not pt.is_grad_enabled()
    assert pt.is_grad_enabled()
    assert not x.requires_grad_(False).requires_grad


def test_grad_leaves_the_leaves_alone():
    x, y = pt.ones(2, requires_grad=True), pt.ones(2, requires_grad=True)
    h = x * 3
    z = (h * h).sum()
    gh, gx = pt.autograd.grad(z, [h, x])
    assert gh.tolist() == [6, 6]
    assert gx.tolist() == [18, 18]
    assert x.grad is None
    assert pt.autograd.grad((x * 2).sum(), [x, y], allow_unused=True)[1] is None
    zeros = pt.autograd.grad((x * 2).sum(), [x, y], materialize_grads=True)[1]
    assert zeros.tolist() == [0, 0]
    with pytest.raises(AutogradError, match="input 0 was not used"):
        pt.autograd.grad((x * 2).sum(), y)


def test_gradients_of_gradients():
    x = pt.tensor(2.0, requires_grad=True)
    [g] = pt.autograd.grad(x**4, x, create_graph=True)
    [gg] = pt.autograd.grad(g, x, create_graph=True)
    [ggg] = pt.autograd.grad(gg, x)
    assert (g.item(), gg.item(), ggg.item()) == (32, 48, 48)


def test_a_gradient_penalty_trains():
    w = pt.tensor([1.0, 2.0], requires_grad=True)
    x = pt.tensor([3.0, 4.0], requires_grad=True)
    [g] = pt.autograd.grad((w * x).exp().sum() * 1e-3, x, create_graph=True)
    (g * g).sum().backward()
    e = np.exp(np.array([3.0, 8.0])) * 1e-3
    expected = 2 * (np.array([1, 2]) * e) * (e + np.array([1, 2]) * e * np.array([3, 4]))
    assert np.allclose(w.grad.numpy(), expected, rtol=1e-4)


def test_retain_graph():
    x = pt.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4, 4]
    with pytest.raises(AutogradError, match="retain_graph=True"):
        y.backward()


def test_saved_values_are_freed():
    x = pt.ones(2, requires_grad=True)
    h = x * 2
    probe = weakref.ref(h)
    y = (h * h).sum()
    del h
    y.backward()
    del y
    gc.collect()
    assert probe() is None


def test_hooks_and_retained_gradients():
    x = pt.ones(2, requires_grad=True)
    h = x * 3
    h.retain_grad()
    seen = []
    handle = h.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(lambda g: g * 10)
    (h * 2).sum().backward()
    assert h.grad.tolist() == [2, 2]
    assert seen == [[2, 2]]
    assert x.grad.tolist() == [60, 60]
    handle.remove()
    handle.remove()


def test_backward_needs_something_to_begin_with():
    x = pt.ones(2, requires_grad=True)
    with pytest.raises(AutogradError, match="one element"):
        (x * 2).backward()
    with pytest.raises(AutogradError, match="requires_grad=True"):
        pt.ones(1).backward()
    with pytest.raises(AutogradError, match="does not fit"):
        (x * 2).backward(pt.ones(3))
    (x * 2).backward(pt.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2, 20]


def test_integers_have_no_gradient():
    with pytest.raises(AutogradError, match="floating-point"):
        pt.arange(3).requires_grad_()
    with pytest.raises(AutogradError, match="floating-point"):
        pt.tensor([1], requires_grad=True)
    with pytest.raises(AutogradError, match="leaf"):
        (pt.ones(1, requires_grad=True) * 2).requires_grad_(False)
    x = pt.ones(2, requires_grad=True)
    with pytest.raises(AutogradError, match="does not fit"):
        x.grad = pt.ones(3)


def test_anomalies_are_found_with_their_line():
    x = pt.zeros(1, requires_grad=True)
    with pytest.raises(AutogradError) as caught, pt.autograd.detect_anomaly():
        (x / x).sum().backward()
    assert "test_autograd.py" in str(caught.value)
    assert "div" in str(caught.value)


def test_a_gradient_through_several_outputs():
    x = pt.tensor([[3.0, 1.0, 2.0]], requires_grad=True)
    values, order = x.sort(1)
    (values * pt.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [[100, 1, 10]]
    assert not order.requires_grad
    y = pt.ones(4, requires_grad=True)
    a, b = (y * 2).chunk(2)
    (b * 3).sum().backward()
    assert y.grad.tolist() == [0, 0, 6, 6]
    assert a.requires_grad


def test_dtypes_of_gradients():
    x = pt.ones(2, dtype=pt.float16, requires_grad=True)
    w = pt.ones(2, requires_grad=True)
    (x * w).sum().backward()
    assert x.grad.dtype is pt.float16
    assert w.grad.dtype is pt.float32
    z = pt.ones(2, requires_grad=True)
    z.to(pt.float64).sum().backward()
    assert z.grad.dtype is pt.float32
