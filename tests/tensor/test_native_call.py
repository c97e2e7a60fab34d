"""Repeated calls of compiled functions, which native code takes over, against eager calls."""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.graph import errors
from pentad.runtime.memory import memory_stats
from pentad.tensor import native
from pentad.tensor.capture import compile as capture

pytestmark = pytest.mark.skipif(
    native.unavailable() is not None, reason=str(native.unavailable())
)

SCALE = 2.0


@pytest.fixture
def python_calls(monkeypatch):
    """The functions that were called the way in Python."""
    f = pt.compile(lambda a: a + 1)
    for _ in range(3):
        f(pt.ones(1))
    seen = []

    def counted(self, *args, **kwargs):
        seen.append(self.name)
        return capture._python_call(self, *args, **kwargs)

    board = native.engine().board
    before = board[native.ir.PYTHON_CALL]
    board[native.ir.PYTHON_CALL] = id(counted)
    yield seen
    board[native.ir.PYTHON_CALL] = before


def same(found, expected):
    assert found.numpy().tolist() == expected.numpy().tolist()


def test_repeated_calls_do_not_pass_through_python(python_calls):
    f = pt.compile(lambda a, b: a * b + SCALE)
    x, y = pt.arange(4.0), pt.ones(4)
    for i in range(6):
        same(f(x + i, y), (x + i) * y + 2)
    assert len(python_calls) == 2


def test_arguments_of_other_kinds_go_the_other_way(python_calls):
    f = pt.compile(lambda a, b: a * 2 + b)
    x, y = pt.ones(2, 3), pt.ones(2, 3)
    for _ in range(4):
        f(x, y)
    python_calls.clear()
    calls = [
        (pt.ones(3, 3), pt.ones(3, 3)), (x.double(), y.double()), (pt.ones(3, 2).T, y), (x, x),
        (x, x.view(2, 3)), (nn.Parameter(x), y), (x, 2.0), (x, y.clone().requires_grad_()),
    ]
    for a, b in calls:
        result = f(a, b)
        assert result.requires_grad == (a * 2 + b).requires_grad
        same(result.detach(), (a * 2 + b).detach())
    same(f(a=x, b=y), x * 2 + y)
    assert len(python_calls) == len(calls) + 1
    with pytest.raises(TypeError):
        f(x)
    same(f(x, y), x * 2 + y)


def test_what_closures_and_globals_hold(python_calls, monkeypatch):
    factor, weights = 3.0, [pt.ones(2), pt.full((2,), 5.0)]

    def g(a):
        return a * factor * SCALE + weights[0] * weights[1]

    f = pt.compile(g)
    x = pt.arange(2.0)
    for _ in range(4):
        same(f(x), g(x))
    assert len(python_calls) == 2
    factor = 4.0
    same(f(x), g(x))
    for _ in range(3):
        same(f(x), g(x))
    weights[1] = pt.full((2,), 7.0)
    for _ in range(3):
        same(f(x), g(x))
    weights[0].add_(1)
    same(f(x), g(x))
    weights.append(3)
    same(f(x), g(x))
    monkeypatch.setitem(globals(), "SCALE", 9.0)
    for _ in range(3):
        same(f(x), g(x))


def test_modules_modes_and_parameters(python_calls):
    m = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 2)).eval()
    f = pt.compile(m)
    x = pt.ones(5, 3)
    for _ in range(4):
        assert np.allclose(f(x).detach().numpy(), m(x).detach().numpy(), atol=1e-6)
    assert len(python_calls) == 2
    for change in (
        lambda: m[0].weight.data.mul_(2),
        lambda: setattr(m[2].bias, "data", pt.ones(2)),
        lambda: setattr(m, "1", nn.Identity()),
        lambda: np.copyto(m[0].weight.detach().numpy(), 0.25),
    ):
        change()
        for _ in range(3):
            assert np.allclose(f(x).detach().numpy(), m(x).detach().numpy(), atol=1e-6)
    m.train()
    f(x)
    m.eval()
    assert np.allclose(f(x).detach().numpy(), m(x).detach().numpy(), atol=1e-6)


def test_modes():
    w = pt.ones(3).requires_grad_()
    f = pt.compile(lambda a: a * w)
    x = pt.ones(3)
    for _ in range(4):
        assert f(x).requires_grad
    with pt.no_grad():
        for _ in range(4):
            assert not f(x).requires_grad
    assert f(x).requires_grad
    with pt.autograd.detect_anomaly():
        assert f(x).grad_fn.line is not None
    n, half = pt.arange(3), pt.compile(lambda a: a / 2)
    for _ in range(4):
        assert half(n).dtype is pt.float32
    pt.set_default_dtype(pt.float64)
    try:
        assert half(n).dtype is pt.float64
    finally:
        pt.set_default_dtype(pt.float32)
    assert half(n).dtype is pt.float32
    m, a = pt.compile(lambda a: a @ a), pt.ones(4, 4)
    for _ in range(4):
        assert m(a).dtype is pt.float32
    with pt.autocast("cpu", pt.bfloat16):
        assert m(a).dtype is pt.bfloat16
    assert m(a).dtype is pt.float32


def test_calls_inside_of_traced_functions():
    f = pt.compile(lambda a: a * 2)
    x = pt.ones(3)
    for _ in range(4):
        f(x)
    g = pt.compile(lambda a: f(a) + f(x))
    for _ in range(4):
        assert g(x).tolist() == [4.0] * 3


def test_gradients_and_what_they_watch(python_calls):
    v, w = pt.full((3,), 2.0).requires_grad_(), pt.ones(3).requires_grad_()

    def g(a):
        return ((a * w).exp() * v).sum()

    f = pt.compile(g)
    x = pt.arange(3.0)
    for i in range(5):
        found, expected = [], []
        for function, gradients in ((f, found), (g, expected)):
            w.grad = v.grad = None
            function(x + i).backward()
            gradients += [w.grad.numpy(), v.grad.numpy()]
        assert np.allclose(found, expected, rtol=1e-5)
    assert len(python_calls) == 2
    y = f(x)
    with pt.no_grad():
        w.add_(1)
    with pytest.raises(errors.AutogradError, match="changed in place"):
        y.backward()
    f(x).backward()
    y = f(x)
    x.add_(1)
    with pytest.raises(errors.AutogradError, match="changed in place"):
        y.backward()


def test_several_results(python_calls):
    f = pt.compile(lambda a, b: {"sum": a + b, "pair": (a * b, 3, a)})
    x, y = pt.ones(3), pt.full((3,), 2.0)
    for _ in range(5):
        found = f(x, y)
        same(found["sum"], x + y)
        same(found["pair"][0], x * y)
        assert found["pair"][1] == 3
        assert found["pair"][2] is x
    assert len(python_calls) == 2


def test_an_index_out_of_range_is_an_error(python_calls):
    table = pt.arange(8.0).reshape(4, 2)
    f = pt.compile(lambda i: nn.functional.embedding(i, table))
    for _ in range(4):
        assert f(pt.tensor([1, 3])).tolist() == [[2.0, 3.0], [6.0, 7.0]]
        with pytest.raises(errors.IndexOutOfRange):
            f(pt.tensor([1, 4]))
    assert len(python_calls) == 3  # the second of them raised


def test_nothing_is_left_behind():
    w = pt.ones(7).requires_grad_()
    f = pt.compile(lambda a: (a * w).exp())
    g = pt.compile(lambda a, b: (a + b, a - b))
    x, y = pt.ones(7), pt.ones(7)

    def work(times):
        for _ in range(times):
            f(x).sum().backward()
            g(x, y)
        w.grad = None

    def counts():
        gc.collect()
        watched = (x, w, x.meta, x.storage, w.storage, w.node, None, f.record, g.record, f, g)
        return [sys.getrefcount(o) for o in watched], memory_stats()["used"], len(gc.get_objects())

    work(50)
    counts()
    first, used, objects = counts()
    work(500)
    second, used2, objects2 = counts()
    assert all(b - a < 40 for a, b in zip(first, second)), (first, second)
    assert used2 == used
    assert objects2 - objects < 40


def test_a_function_can_die():
    f, x = pt.compile(lambda a: a * 2), pt.ones(3)
    for _ in range(4):
        f(x)
    gone = weakref.ref(f), weakref.ref(f._repeat.bound)
    del f
    gc.collect()
    assert gone[0]() is gone[1]() is None


def test_threads():
    w = pt.ones(5).requires_grad_()
    f = pt.compile(lambda a: a * w + 1)
    wrong, start = [], threading.Barrier(4)

    def work(i):
        x = pt.full((5,), float(i))
        start.wait()
        for _ in range(300):
            if i % 2:
                with pt.no_grad():
                    y = f(x)
                ok = not y.requires_grad
            else:
                y = f(x)
                ok = y.requires_grad
            if not ok or y.detach().tolist() != [i + 1.0] * 5:
                wrong.append(i)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(before)
    assert not wrong


def test_large_work_lets_other_threads_run(python_calls):
    a = pt.ones(400, 400)
    f = pt.compile(lambda a: (a @ a @ a @ a @ a).sum())
    for _ in range(3):
        f(a)
    assert not f._bound[next(iter(f._bound))][1].native.executable.short
    assert f(a).item() == pytest.approx(400.0**6, rel=1e-5)
    assert len(python_calls) == 2


def test_methods_and_keyword_arguments():
    class Model:
        factor = 3.0

        @pt.compile
        def times(self, a, b=2.0):
            return a * self.factor * b

    m, x = Model(), pt.ones(2)
    for _ in range(4):
        assert m.times(x).tolist() == [6.0, 6.0]
        assert m.times(x, b=1.0).tolist() == [3.0, 3.0]


def test_many_arguments(python_calls):
    f = pt.compile(lambda *values: sum(values[1:], values[0]))
    values = [pt.full((2,), float(i)) for i in range(100)]
    for _ in range(4):
        assert f(*values).tolist() == [4950.0] * 2
    assert len(python_calls) == 2
    assert f(*values[:-1], values[0]).tolist() == [4950.0 - 99] * 2


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_training_steps(python_calls, name):
    def make():
        pt.manual_seed(0)
        m = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
        opt = getattr(pt.optim, name)(m.parameters(), lr=0.05)

        def step(a, b):
            loss = ((m(a) - b) ** 2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            return loss

        return m, opt, step

    (m1, o1, eager), (m2, o2, traced) = make(), make()
    compiled = pt.compile(traced)
    x, y = pt.ones(5, 3), pt.ones(5, 2)
    for i in range(8):
        o1.param_groups[0]["lr"] = o2.param_groups[0]["lr"] = 0.05 / (i + 1)
        before = m2[0].weight._version
        a, b = eager(x, y), compiled(x, y)
        assert np.allclose(a.item(), b.item(), rtol=1e-4)
        assert m2[0].weight._version > before
    for p, q in zip(m1.parameters(), m2.parameters(), strict=True):
        assert np.allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-3, atol=1e-5)
    assert python_calls.count("step") <= 3
    with pytest.raises(errors.AutogradError, match="consumed"):
        assert m2[0].weight.grad
    with pytest.raises(errors.AutogradError):
        b.backward()
    kept = m2[0].weight.detach().numpy().copy()
    o2.param_groups[0]["lr"] = -1.0
    for _ in range(2):
        with pytest.raises(errors.ArgumentError, match="lr"):
            compiled(x, y)
    assert np.array_equal(kept, m2[0].weight.detach().numpy())


def test_draws_and_running_statistics(python_calls):
    norm, seen = nn.BatchNorm1d(3), []
    f = pt.compile(lambda a: nn.functional.dropout(norm(a), 0.5, True))
    x = pt.randn(8, 3)
    for _ in range(5):
        before = norm.running_mean.clone()
        seen.append(str(f(x).tolist()))
        assert norm.running_mean.tolist() != before.tolist()
    assert len(set(seen)) == 5
    assert norm.num_batches_tracked.item() == 5


def test_networks_are_called_natively(python_calls):
    """Nothing of the package's own code is watched; hooks of all modules are noticed without."""
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    predict = pt.compile(lambda x: model(x))
    x = pt.randn(5, 4)
    plain = [predict(x).numpy(force=True) for _ in range(4)][-1]
    before = len(python_calls)
    predict(x)
    assert len(python_calls) == before
    handle = nn.hooks.register_module_forward_hook(
        lambda module, args, result: result * 2 if module is model else None
    )
    hooked = predict(x).numpy(force=True)
    handle.remove()
    np.testing.assert_allclose(hooked, plain * 2, rtol=1e-6)
    np.testing.assert_array_equal(predict(x).numpy(force=True), plain)
