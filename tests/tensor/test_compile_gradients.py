"""pentad.compile: gradients, and what cannot be captured."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import AutogradError, CaptureError, IndexOutOfRange
from pentad.tensor.capture import varying


def data(*shape, seed=0):
    return pt.tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def close(a, b, tol=1e-5):
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=tol, atol=tol)


# -- gradients -----------------------------------------------------------------------------------


def make_step(**options):
    w = pt.ones(2, requires_grad=True)

    @pt.compile(**options)
    def step(x):
        w.grad = None
        (x * w).sum().backward()
        with pt.no_grad():
            w.sub_(w.grad)

    return w, step


def test_a_consumed_gradient_is_gone():
    w, step = make_step()
    step(pt.ones(2))
    with pytest.raises(AutogradError, match="keep_grads=True"):
        print(w.grad)
    step(pt.ones(2))
    assert w.tolist() == [-1, -1]
    w.grad = None
    assert w.grad is None


def test_keep_grads():
    w, step = make_step(keep_grads=True)
    step(pt.ones(2))
    first = w.grad
    assert first.tolist() == [1, 1]
    step(pt.full((2,), 5.0))
    assert w.grad.tolist() == [5, 5]
    assert first.tolist() == [1, 1]


def test_gradients_that_nobody_read_inside_stay():
    w = pt.ones(2, requires_grad=True)

    @pt.compile
    def f(x):
        loss = (x * w * w).sum()
        loss.backward()
        return loss

    f(pt.ones(2))
    assert w.grad.tolist() == [2, 2]
    f(pt.ones(2))
    assert w.grad.tolist() == [4, 4]
    f(pt.ones(2))
    assert w.grad.tolist() == [6, 6]


def test_accumulating_into_a_consumed_gradient_is_an_error():
    w = pt.ones(2, requires_grad=True)

    @pt.compile
    def step(x):
        (x * w).sum().backward()
        with pt.no_grad():
            w.sub_(w.grad)

    step(pt.ones(2))
    with pytest.raises(AutogradError, match="zero the gradients"):
        step(pt.ones(2))
    w.grad = None
    step(pt.ones(2))
    assert w.tolist() == [-1, -1]


def test_backward_from_outside():
    w = data(3, 2).requires_grad_()
    x = data(4, 3, seed=1).requires_grad_()

    def f(x):
        h = (x @ w).tanh()
        with pt.no_grad():
            h2 = h * 2
        return (h * h2).sum(), h.detach(), h

    for g in (f, pt.compile(f)):
        w.grad = x.grad = None
        loss, cut, h = g(x)
        assert not cut.requires_grad
        (loss + h.sum() * 3).backward()
        if g is f:
            expected = w.grad.clone(), x.grad.clone()
    close(w.grad, expected[0])
    close(x.grad, expected[1])
    w.grad = None
    compiled = pt.compile(f)
    compiled(x)[2].sum().backward()
    partial = w.grad
    w.grad = None
    f(x)[2].sum().backward()
    close(partial, w.grad)


def test_backward_outside_continues_through_an_argument():
    x = data(3).requires_grad_()
    h = x * 2
    pt.compile(lambda v: (v * v).sum())(h).backward()
    close(x.grad, 8 * x)


def test_backward_twice_over_one_call():
    w = pt.ones(2, requires_grad=True)

    @pt.compile
    def f(x):
        loss = (x * w * w).sum()
        loss.backward()
        return loss

    loss = f(pt.ones(2))
    with pytest.raises(AutogradError, match="already run inside f"):
        loss.backward()
    g = pt.compile(lambda x: (x * w).exp().sum())
    out = g(pt.ones(2))
    out.backward()
    with pytest.raises(AutogradError, match="second time"):
        out.backward()


def test_state_that_the_gradient_needs_is_saved_before_it_is_written():
    w = pt.ones(2, requires_grad=True)
    running = pt.full((2,), 3.0)

    @pt.compile
    def f(x):
        y = x * w * (running * 1)
        running.mul_(2)
        return y.sum()

    out = f(pt.ones(2))
    assert running.tolist() == [6, 6]
    out.backward()
    assert w.grad.tolist() == [3, 3]


def test_a_spoiled_value_is_an_error_of_backward_only():
    w = pt.ones(2, requires_grad=True)
    running = pt.full((2,), 3.0)

    @pt.compile
    def f(x):
        y = x * w * running
        running.mul_(2)
        return y.sum()

    assert f(pt.ones(2)).item() == 6
    with pytest.raises(AutogradError, match="changed in place"):
        f(pt.ones(2)).backward()


# -- what cannot be captured ---------------------------------------------------------------------


def test_a_branch_on_a_value_names_its_line_and_the_remedy():
    @pt.compile
    def f(x):
        if x.sum() > 0:
            return x
        return -x

    with pytest.raises(CaptureError) as caught:
        f(pt.ones(2))
    assert "pentad.where" in str(caught.value)
    assert "test_compile_gradients.py:" in str(caught.value)


@pytest.mark.parametrize(
    "read", [lambda x: x.item(), lambda x: x.tolist(), lambda x: x.numpy(), lambda x: float(x),
             lambda x: [1, 2][x], lambda x: x.nonzero(), lambda x: x[x > 0]]
)
def test_values_are_not_known_while_tracing(read):
    with pytest.raises((CaptureError, TypeError)):
        pt.compile(lambda x: read(x))(pt.ones(1))


def test_a_leaked_tensor_says_where_it_was_made():
    kept = []

    @pt.compile
    def f(x):
        kept.append(x * 2)
        return x

    f(pt.ones(2))
    for use in (lambda: kept[0] + 1, lambda: kept[0].exp(), lambda: kept[0].item(),
                lambda: kept[0][0], lambda: kept[0].add_(1), lambda: f(kept[0]),
                lambda: pt.cat([kept[0]])):
        with pytest.raises(CaptureError) as caught:
            use()
        assert "test_compile_gradients.py:" in str(caught.value)
    assert "traced" in repr(kept[0])


def test_an_exception_in_mid_trace_leaves_no_trace():
    w, state = pt.ones(2, requires_grad=True), pt.zeros(2)
    fail = True

    @pt.compile
    def f(x):
        w.grad = None
        state.add_(1)
        (x * w).sum().backward()
        pt.rand(3)
        varying.each_call(lambda: seen.append(1))
        if fail:
            raise RuntimeError("on purpose")
        return state.sum()

    seen = []
    pt.manual_seed(0)
    before = pt.get_rng_state().tolist(), state._version
    w.grad = held = pt.full((2,), 9.0)
    with pytest.raises(RuntimeError, match="on purpose"):
        f(pt.ones(2))
    assert w.grad is held
    assert state.tolist() == [0, 0]
    assert (pt.get_rng_state().tolist(), state._version) == before
    assert seen == []
    assert (pt.ones(2) + 1).tolist() == [2, 2]
    fail = False
    assert f(pt.ones(2)).item() == 2
    assert w.grad.tolist() == [1, 1]
    assert seen == [1]


def test_history_from_outside_is_refused():
    w = pt.ones(2, requires_grad=True)
    h = w * 2
    with pytest.raises(CaptureError, match="pass it as an argument"):
        pt.compile(lambda x: x * h)(pt.ones(2))
    buffer = pt.zeros(2)
    with pytest.raises(CaptureError, match="no_grad"):
        pt.compile(lambda x: buffer.add_(x * w))(pt.ones(2))
    assert not buffer.requires_grad


def test_an_index_error_inside_the_native_code_is_raised():
    f = pt.compile(lambda x, i: x[i] * 2)
    assert f(pt.arange(4.0), pt.tensor([1, 3])).tolist() == [2, 6]
    with pytest.raises(IndexOutOfRange):
        f(pt.arange(4.0), pt.tensor([1, 4]))
    assert f(pt.arange(4.0), pt.tensor([0, -1])).tolist() == [0, 6]


def test_shape_errors_name_the_users_line():
    with pytest.raises(pt.ShapeError, match=r"test_compile_gradients\.py"):
        pt.compile(lambda x: x @ x)(pt.ones(2, 3))


def test_compile_composes_with_itself():
    inner = pt.compile(lambda x: x * 2)
    outer = pt.compile(lambda x: inner(x) + 1)
    assert outer(pt.ones(2)).tolist() == [3, 3]
    assert inner.traces == 0
    assert pt.compile(inner) is inner
    with pytest.raises(pt.ArgumentError, match="not a function"):
        pt.compile(3)


def test_tensors_made_inside_begin_anew_at_each_call():
    @pt.compile
    def f(x):
        total = pt.zeros(2)
        mask = pt.tensor([1.0, 2.0])
        for i in range(3):
            total += x * i
        mask.mul_(2)
        return total, mask, pt.arange(3), pt.ones_like(x)

    for _ in range(2):
        total, mask, order, ones = f(pt.ones(2))
        assert total.tolist() == [3, 3]
        assert mask.tolist() == [2, 4]
        assert order.tolist() == [0, 1, 2]
        assert ones.tolist() == [1, 1]


def test_threads_trace_independently():
    import threading

    found = {}

    def work(n):
        f = pt.compile(lambda x: (x * n).sum() + pt.ones(3).sum())
        found[n] = [f(pt.ones(4)).item() for _ in range(3)]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == {n: [4.0 * n + 3] * 3 for n in range(4)}
