"""pentad.compile: each line of the capture contract."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import AutogradError, CaptureError, IndexOutOfRange
from pentad.tensor import capture


def data(*shape, seed=0):
    return pt.tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def close(a, b, tol=1e-5):
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=tol, atol=tol)


# -- values ------------------------------------------------------------------------------------


def test_a_function_gives_what_eager_gives():
    def f(x, y):
        h = (x @ y).relu() + x.sum(1, keepdim=True)
        return h.softmax(1), h.max(0)

    x, y = data(4, 3), data(3, 5)
    (a, (values, order)), (b, expected) = pt.compile(f)(x, y), f(x, y)
    close(a, b)
    close(values, expected.values)
    assert order.tolist() == expected.indices.tolist()


def test_it_is_traced_once():
    count = []

    @pt.compile
    def f(x):
        count.append(1)
        return x * 2

    for i in range(5):
        close(f(data(3, seed=i)), data(3, seed=i) * 2)
    assert len(count) == f.traces == f.executables == 1
    assert f.recompiles == []


def test_nested_structures_go_in_and_out():
    @pt.compile
    def f(pair, *, table, flag):
        x, [y] = pair
        return {"sum": x + y, "rest": [table["w"] * 2, (flag, None, "text")], "same": x}

    x, y = data(3), data(3, seed=1)
    found = f((x, [y]), table={"w": x}, flag=3)
    close(found["sum"], x + y)
    close(found["rest"][0], x * 2)
    assert found["rest"][1] == (3, None, "text")
    assert found["same"] is x


def test_results_own_their_memory():
    @pt.compile
    def f(x):
        h = x + 1
        return h, h, h[0], x.t()

    x = data(2, 3)
    a, b, c, d = f(x)
    assert a is b
    held = a.tolist()
    f(data(2, 3, seed=5))
    assert a.tolist() == held
    a.zero_()
    assert c.tolist() == held[0]
    d.zero_()
    close(x, data(2, 3))


def test_a_whole_training_step_equals_eager():
    def train(wrap):
        w = data(3, 2, seed=1).requires_grad_()
        b = pt.zeros(2, requires_grad=True)

        def step(x, y):
            loss = ((x @ w + b - y) ** 2).mean()
            w.grad = b.grad = None
            loss.backward()
            with pt.no_grad():
                for p in (w, b):
                    p -= 0.1 * p.grad
            return loss

        run = wrap(step)
        losses = [run(data(8, 3, seed=i), data(8, 2, seed=i + 50)).item() for i in range(10)]
        return losses, w, b

    (a, wa, ba), (b, wb, bb) = train(pt.compile), train(lambda f: f)
    np.testing.assert_allclose(a, b, rtol=1e-5)
    close(wa, wb)
    close(ba, bb)


# -- state ---------------------------------------------------------------------------------------


def test_captured_tensors_are_read_and_written_in_place():
    state, table = pt.zeros(3), pt.ones(2, 3)

    @pt.compile
    def f(x):
        state.add_(x)
        table[0] = state * 2
        return state.sum()

    address = state.data_ptr()
    for n in range(1, 4):
        assert f(pt.ones(3)).item() == 3 * n
    assert state.tolist() == [3, 3, 3]
    assert table.tolist() == [[6, 6, 6], [1, 1, 1]]
    assert state.data_ptr() == address
    state.zero_()
    assert f(pt.ones(3)).item() == 3


def test_arguments_are_written_in_place():
    @pt.compile
    def f(x, y):
        x[1:] += y[:2]
        return x

    x = pt.arange(3.0)
    assert f(x, pt.ones(3)) is x
    assert x.tolist() == [0, 2, 3]


def test_views_see_writes_while_tracing():
    def f(x):
        h = x * 1
        row = h[0]
        h.mul_(2)
        row.add_(1)
        return h, row.sum()

    x = data(2, 3)
    for a, b in zip(pt.compile(f)(x), f(x)):
        close(a, b)


def test_a_schedule_of_learning_rates_does_not_recompile():
    w = pt.zeros(2)
    group = {"lr": 0.5, "step": 0}

    @pt.compile
    def f(x):
        capture.each_call(lambda: group.__setitem__("step", group["step"] + 1))
        rate = capture.host_scalar(lambda: group["lr"] / group["step"])
        w.sub_(x * rate)

    for rate in (0.5, 0.25, 0.125):
        group["lr"] = rate
        f(pt.ones(2))
    assert group["step"] == 3
    assert np.allclose(w.numpy(), -(0.5 + 0.125 + 0.125 / 3))
    assert f.traces == 1


def test_random_state_is_captured():
    def f(x):
        unused = pt.rand(5)
        return x * pt.rand(3), pt.randn(2)

    g = pt.compile(f)
    pt.manual_seed(7)
    eager = [f(pt.ones(3)) for _ in range(3)] + [pt.rand(1)]
    pt.manual_seed(7)
    compiled = [g(pt.ones(3)) for _ in range(3)] + [pt.rand(1)]
    for a, b in zip(eager[:3], compiled[:3]):
        assert a[0].tolist() == b[0].tolist()
        close(a[1], b[1])
    assert eager[3].tolist() == compiled[3].tolist()
    assert g.traces == 1


# -- guards --------------------------------------------------------------------------------------

SCALE = 2.0


def test_a_changed_closure_value_is_noticed():
    factor = 3.0

    @pt.compile
    def f(x):
        return x * factor

    assert f(pt.ones(1)).item() == 3
    factor = 4.0
    assert f(pt.ones(1)).item() == 4
    assert f.recompiles == ["the value of factor changed from 3.0 to 4.0"]


def test_a_changed_global_is_noticed(monkeypatch):
    def helper(x):
        return x * SCALE

    f = pt.compile(lambda x: helper(x) + 1)
    assert f(pt.ones(1)).item() == 3
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert f(pt.ones(1)).item() == 6
    assert "SCALE changed from 2.0 to 5.0" in f.recompiles[0]


def test_another_captured_tensor_is_noticed():
    box = {"w": pt.ones(1)}
    f = pt.compile(lambda x: x * box["w"])
    assert f(pt.ones(1)).item() == 1
    box["w"] = pt.full((1,), 7.0)
    assert f(pt.ones(1)).item() == 7
    w = pt.ones(1)
    g = pt.compile(lambda x: x * w)
    g(pt.ones(1))
    w.data = pt.full((1,), 9.0)
    assert g(pt.ones(1)).item() == 9


def test_python_values_and_dtypes_are_guarded():
    f = pt.compile(lambda x, n, flip=False: -x * n if flip else x * n)
    assert f(pt.ones(1), 2).item() == 2
    assert f(pt.ones(1), 3).item() == 3
    assert f(pt.ones(1), 2).item() == 2
    assert f(pt.ones(1), 2, flip=True).item() == -2
    assert f(pt.ones(1), 2.0).item() == 2
    assert f(pt.ones(1, dtype=pt.int64), 2).dtype is pt.int64
    assert f.traces == 5


def test_the_epoch_of_modules_is_guarded():
    f = pt.compile(lambda x: x + 1)
    f(pt.ones(1))
    capture.bump_epoch()
    f(pt.ones(1))
    assert f.recompiles == ["a module changed (an attribute, a parameter, train or eval mode)"]


def test_grad_mode_is_guarded():
    w = pt.ones(1, requires_grad=True)
    f = pt.compile(lambda x: x * w)
    assert f(pt.ones(1)).requires_grad
    with pt.no_grad():
        assert not f(pt.ones(1)).requires_grad
    assert f(pt.ones(1)).requires_grad


def test_aliased_arguments():
    @pt.compile
    def f(x, y):
        x.add_(y)
        return x * y

    a, b = pt.ones(2), pt.full((2,), 3.0)
    assert f(a, b).tolist() == [12, 12]
    c = pt.full((2,), 2.0)
    assert f(c, c).tolist() == [16, 16]
    assert c.tolist() == [4, 4]
    assert "share memory" in f.recompiles[0]
    d = pt.arange(4.0)
    with pytest.raises(CaptureError, match="share memory in different layouts"):
        f(d[:2], d[1:3])
    assert d.tolist() == [0, 1, 2, 3]


def test_an_argument_that_is_also_captured():
    w = pt.ones(2)

    @pt.compile
    def f(x):
        w.mul_(3)
        return x + w

    assert f(w).tolist() == [6, 6]
    assert f(pt.ones(2)).tolist() == [10, 10]
    assert f(w).tolist() == [54, 54]


# -- sizes ---------------------------------------------------------------------------------------


def test_varying_batch_sizes_are_traced_at_most_three_times():
    @pt.compile
    def f(x, y):
        return ((x * 2).mean(0) + y.sum() / x.shape[0]).sum() + x.reshape(-1, 2).sum()

    for n in (8, 5, 7, 64, 3, 2, 1, 9, 1):
        x, y = data(n, 4, seed=n), data(n, seed=n)
        close(f(x, y), f.function(x, y), 1e-4)
    assert f.traces == 3
    assert f.executables == 8
    assert "changed its shape" in f.recompiles[0]


def test_a_training_step_with_varying_batches():
    w = data(4, 3, seed=1).requires_grad_()

    @pt.compile
    def step(x, y):
        w.grad = None
        loss = ((x @ w).log_softmax(1) * y).sum() / x.shape[0]
        loss.backward()
        with pt.no_grad():
            w.sub_(0.1 * w.grad)
        return loss

    v = w.detach().clone()
    for n in (6, 4, 10, 3):
        x, y = data(n, 4, seed=n), data(n, 3, seed=n + 1)
        loss = step(x, y)
        u = v.clone().requires_grad_()
        expected = ((x @ u).log_softmax(1) * y).sum() / n
        expected.backward()
        v = (u - 0.1 * u.grad).detach()
        close(loss, expected, 1e-4)
        close(w, v, 1e-4)
    assert step.traces == 2


def test_a_branch_on_a_size_is_a_guard():
    @pt.compile
    def f(x):
        return x.sum() if x.shape[0] > 5 else x.sum() * 100

    for n in (3, 4, 10, 11, 5):
        assert f(pt.ones(n)).item() == (n if n > 5 else 100 * n)


def test_strides_of_arguments():
    f = pt.compile(lambda x: x.reshape(-1) * 2)
    x = data(3, 4)
    close(f(x.t()), x.t().reshape(-1) * 2)
    close(f(x[:, :2]), x[:, :2].reshape(-1) * 2)
    close(f(x), x.reshape(-1) * 2)


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
    assert "test_compile.py:" in str(caught.value)


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
        assert "test_compile.py:" in str(caught.value)
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
        capture.each_call(lambda: seen.append(1))
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
    with pytest.raises(pt.ShapeError, match="test_compile.py"):
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
