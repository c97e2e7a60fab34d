"""pentad.compile: each line of the capture contract."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import pentad as pt
from pentad import CaptureError
from pentad.tensor.capture import varying


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
        varying.each_call(lambda: group.__setitem__("step", group["step"] + 1))
        rate = varying.host_scalar(lambda: group["lr"] / group["step"])
        w.sub_(x * rate)

    for rate in (0.5, 0.25, 0.125):
        group["lr"] = rate
        f(pt.ones(2))
    assert group["step"] == 3
    assert np.allclose(w.numpy(), -(0.5 + 0.125 + 0.125 / 3))
    assert f.traces == 1


def test_random_state_is_captured():
    def f(x):
        pt.rand(5)
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
    varying.bump_epoch()
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


class Settings:
    shift = 1.0

    def __init__(self):
        self.factor = 3.0
        self.deeper = SimpleNamespace(power=1)

    @pt.compile
    def apply(self, x):
        return x**self.deeper.power * self.factor + self.shift


SETTINGS = Settings()


def of_a_global(x):
    return x**SETTINGS.deeper.power * SETTINGS.factor + SETTINGS.shift


@pytest.mark.parametrize("way", ["self", "argument", "closure", "global"])
def test_attributes_of_plain_objects_are_noticed(way):
    global SETTINGS
    given = SETTINGS = Settings()
    of_argument = pt.compile(lambda s, x: of_one(s, x))
    run = {
        "self": given.apply,
        "argument": lambda x: of_argument(given, x),
        "closure": pt.compile(lambda x: of_one(given, x)),
        "global": pt.compile(of_a_global),
    }[way]
    x = pt.tensor([2.0])
    assert [run(x).item() for _ in range(3)] == [7.0] * 3
    given.factor = 1.0
    assert run(x).item() == 3.0
    given.deeper.power = 2
    assert run(x).item() == 5.0
    given.shift = 0.0  # from now on of the object, not of its class
    assert [run(x).item() for _ in range(3)] == [4.0] * 3


def of_one(settings, x):
    return x**settings.deeper.power * settings.factor + settings.shift
