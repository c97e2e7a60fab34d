"""The native short way of eager operations against the way in Python, which is the meaning."""

from __future__ import annotations

import gc
import sys
import threading

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.graph import errors
from pentad.runtime.memory import memory_stats
from pentad.tensor import native, native_layout
from pentad.tensor.tensor import Tensor, numpy_view, retyped

pytestmark = pytest.mark.skipif(
    native.unavailable() is not None, reason=str(native.unavailable())
)


class Counted:
    """Counts how often the operations of a route go the way in Python."""

    def __init__(self, function, monkeypatch, method=None):
        pt.ones(1) + pt.ones(1)
        self.calls = 0
        routes = [function.route, *(r for n, r, _ in native._METHODS if n == method)]
        for route in routes:
            usual = route.fallback

            def counted(*args, usual=usual):
                self.calls += 1
                return usual(*args)

            monkeypatch.setattr(route, "fallback", counted)
            words = list(route.words)
            route.words[0] = id(counted)
            monkeypatch.setattr(route, "budget", route.budget)
            self.restore = getattr(self, "restore", [])
            self.restore.append((route, words[0]))

    def close(self):
        for route, word in self.restore:
            route.words[0] = word


@pytest.fixture
def counted(monkeypatch):
    made = []

    def make(function, method=None):
        made.append(Counted(function, monkeypatch, method))
        return made[-1]

    yield make
    for c in made:
        c.close()


def plus():
    from pentad.tensor.functions import pointwise

    return pointwise.plus


def operands():
    rng = np.random.default_rng(0)
    x = pt.tensor(rng.standard_normal((3, 4)).astype("f"))
    return {
        "float32": x, "float64": x.double(), "int64": pt.arange(12).reshape(3, 4),
        "bool": x > 0, "transposed": pt.tensor(rng.standard_normal((4, 3)).astype("f")).T,
        "row": x[0], "scalar": pt.tensor(2.5), "expanded": x[:1].expand(3, 4),
        "parameter": nn.Parameter(x.clone()), "bfloat16": x.bfloat16(), "complex": x * 1j,
        "number": 2.5, "integer": 3, "truth": True, "complex number": 1j, "minus zero": -0.0,
        "zero": 0.0, "numpy": np.float64(1.5), "empty row": pt.ones(0, 4),
    }


@pytest.mark.parametrize("name", ["add", "truediv", "eq"])
def test_repeated_calls_give_what_the_first_gave(name):
    import operator

    function = getattr(operator, name, None) or getattr(pt, name)
    values = operands()
    for left in ("float32", "int64", "transposed", "parameter"):
        for right, y in values.items():
            results = []
            for _ in range(4):
                try:
                    results.append(function(values[left], y))
                except errors.PentadError as error:
                    results.append(str(error))
            first, *rest = results
            for other in rest:
                if isinstance(first, str):
                    assert other == first, (left, right)
                    continue
                assert type(other) is type(first), (left, right)
                assert other.meta is first.meta, (left, right)
                assert other.requires_grad == first.requires_grad, (left, right)
                assert repr(other.grad_fn) == repr(first.grad_fn)
                a, b = numpy_view(other.detach()), numpy_view(first.detach())
                assert a.tobytes() == b.tobytes(), (left, right)


def test_repeated_calls_do_not_pass_through_python(counted):
    x, w = pt.ones(5, 7), pt.ones(5, 7).requires_grad_()
    count = counted(plus(), "__add__")
    for _ in range(3):
        x + x, x + w, w + 2.5, w + 3
    seen = count.calls
    assert seen > 0
    for _ in range(5):
        x + x, x + w, w + 2.5, w + 3
    assert count.calls == seen


@pytest.mark.parametrize("graph", ["relu", "exp", "softmax", "sum", "linear", "layer_norm"])
def test_gradients_are_those_of_the_way_in_python(graph):
    rng = np.random.default_rng(1)
    w = pt.tensor(rng.standard_normal((6, 5)).astype("f")).requires_grad_()
    v = pt.tensor(rng.standard_normal((4, 5)).astype("f")).requires_grad_()
    functions = {
        "relu": lambda: pt.relu(w), "exp": lambda: w.exp(), "sum": lambda: w.sum(),
        "softmax": lambda: nn.functional.softmax(w, 1),
        "linear": lambda: nn.functional.linear(w, v),
        "layer_norm": lambda: nn.functional.layer_norm(w, (5,)),
    }
    found = []
    for _ in range(4):
        w.grad = v.grad = None
        y = functions[graph]()
        (y * y).sum().backward()
        found.append((y.detach().numpy().tobytes(), w.grad.numpy().tobytes()))
    assert len(set(found)) == 1


def test_recorded_values_are_watched():
    w = pt.ones(3, 3).requires_grad_()
    for _ in range(3):
        x = pt.ones(3, 3)
        y = x * w
    x.add_(1)
    with pytest.raises(errors.AutogradError, match="changed in place"):
        y.sum().backward()
    z = (pt.ones(3, 3) * w).exp()
    z.detach().add_(1)
    with pytest.raises(errors.AutogradError, match="changed in place"):
        z.sum().backward()


def test_second_backward_and_graphs_of_gradients():
    w = pt.full((2, 2), 3.0).requires_grad_()
    for _ in range(4):
        y = (w * w * w).sum()
        [g] = pt.autograd.grad(y, [w], create_graph=True)
        [h] = pt.autograd.grad(g.sum(), [w])
        assert np.allclose(h.numpy(), 18)
    with pytest.raises(errors.AutogradError, match="second time"):
        y.backward()


def test_modes():
    w = pt.ones(3, 3).requires_grad_()
    for _ in range(3):
        assert (w + w).requires_grad
    with pt.no_grad():
        for _ in range(3):
            assert not (w + w).requires_grad
        with pt.enable_grad():
            assert (w + w).requires_grad
    with pt.inference_mode():
        assert not (w + w).requires_grad
    previous = pt.autograd.set_grad_enabled(False)
    assert not (w + w).requires_grad
    previous.__exit__(None, None, None)
    assert (w + w).requires_grad
    with pt.autograd.detect_anomaly():
        assert (w + w).grad_fn.line is not None
    assert (w + w).grad_fn.line is None


def test_autocast():
    x = pt.ones(4, 4)
    for _ in range(3):
        assert (x @ x).dtype is pt.float32
    with pt.autocast("cpu", pt.bfloat16):
        for _ in range(3):
            assert (x @ x).dtype is pt.bfloat16
    assert (x @ x).dtype is pt.float32


def test_default_dtype():
    n = pt.arange(4)
    for _ in range(3):
        assert (n / 2).dtype is pt.float32
    pt.set_default_dtype(pt.float64)
    try:
        for _ in range(3):
            assert (n / 2).dtype is pt.float64
    finally:
        pt.set_default_dtype(pt.float32)
    assert (n / 2).dtype is pt.float32


def test_tracing():
    x = pt.ones(3, 4)
    for _ in range(3):
        x + x
    f = pt.compile(lambda a: (a + a) * 2 + x)
    for _ in range(3):
        assert f(x).numpy().tolist() == ((x + x) * 2 + x).numpy().tolist()


def test_modes_belong_to_threads():
    w = pt.ones(3, 3).requires_grad_()
    wrong, start = [], threading.Barrier(4)

    def work(recording):
        start.wait()
        for _ in range(300):
            if recording:
                ok = (w + w).requires_grad and (w * 2.0).requires_grad
            else:
                with pt.no_grad():
                    ok = not (w + w).requires_grad and not (w * 2.0).requires_grad
            if not ok:
                wrong.append(recording)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(i % 2 == 0,)) for i in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(before)
    assert not wrong


def test_nothing_is_left_behind():
    x, w = pt.ones(3, 5), pt.ones(3, 5).requires_grad_()

    def work():
        for _ in range(50):
            y = x + x, x * w, w * 2.5, pt.relu(w), w.sum(), nn.functional.softmax(w, 1), w - 3
            y[1].sum().backward()
        w.grad = None

    def counts():
        gc.collect()
        plan = (x * w).grad_fn.plan
        watched = (x, w, x.meta, x.storage, w.storage, w.node, plan, Tensor, None, 0,
                   (w * 2.5).grad_fn.saved)
        return [sys.getrefcount(o) for o in watched], memory_stats()["used"], len(gc.get_objects())

    work()
    counts()
    first, used, objects = counts()
    for _ in range(10):
        work()
    second, used2, objects2 = counts()
    assert all(b - a < 40 for a, b in zip(first, second)), (first, second)
    assert used2 == used
    assert objects2 - objects < 40


def test_an_index_out_of_range_is_an_error():
    x, good, bad = pt.ones(4, 3), pt.tensor([0, 3]), pt.tensor([0, 4])
    before = None
    for i in range(6):
        assert pt.nn.functional.embedding(good, x).shape == (2, 3)
        with pytest.raises(errors.IndexOutOfRange):
            pt.nn.functional.embedding(bad, x)
        gc.collect()
        assert before in (None, memory_stats()["used"])
        before = memory_stats()["used"] if i == 2 else before


class Plain(Tensor):
    """A tensor of a subclass that changes nothing."""


class Odd(Tensor):
    """A tensor of a subclass that has operators and a slot of its own."""

    def __add__(self, other):
        return "mine"

    @property
    def node(self):
        return None


def test_subclasses():
    x = pt.ones(2, 2)
    plain, parameter = retyped(pt.ones(2, 2), Plain), nn.Parameter(pt.ones(2, 2))
    for _ in range(4):
        assert type(plain + x) is type(x + plain) is Tensor
        assert (x + parameter).requires_grad
        assert (parameter * 2.0).requires_grad
    odd = object.__new__(Odd)
    assert odd + x == "mine"
    assert native._engine._admit(Plain)
    assert not native._engine._admit(Odd)


def test_foreign_operands():
    x = pt.ones(2, 2)

    class Other:
        def __radd__(self, other):
            return "theirs"

        def __eq__(self, other):
            return "equal"

    for _ in range(3):
        assert (x + x).shape == (2, 2)
        assert (x == x).all()
        assert x == Other()
        with pytest.raises((TypeError, errors.PentadError)):
            x + "text"
        with pytest.raises(TypeError):
            plus()(x)
        with pytest.raises(errors.PentadError):
            x + (1 << 70)
        with pytest.raises(TypeError):
            Tensor.__add__(3, x)


def test_more_cases_than_the_table_holds():
    x = pt.ones(5)
    x + x, x + x
    engine, spec = native._engine, plus().surface.specialise([x, x], ((),))
    routes = [native.Route(plus().route.fallback, (True, True)) for _ in range(1500)]
    functions = [engine.function(r) for r in routes]
    for route, f in zip(routes, functions, strict=True):
        engine.learn(route, (x, x), (x, x), spec)
        assert f(x, x).tolist() == [2.0] * 5
    assert all(f(x, x).tolist() == [2.0] * 5 for f in functions)
    assert len(engine.kept) <= 2 * native.ir.SETS
    engine.forget()
    assert all(f(x, x).tolist() == [2.0] * 5 for f in functions)


def test_many_numbers():
    x = pt.ones(2)
    for n in range(600):
        assert (x * n).tolist() == [n, n]
        assert (x * (n + 0.5)).tolist() == [n + 0.5] * 2
    assert str((x * -0.0).tolist()) == "[-0.0, -0.0]"
    assert str((x * 0.0).tolist()) == "[0.0, 0.0]"


def test_without_it_all_is_the_same(monkeypatch):
    monkeypatch.setattr(native, "_engine", None)
    monkeypatch.setattr(native, "_tried", True)
    x, w = pt.ones(2, 3), pt.ones(2, 3).requires_grad_()
    monkeypatch.setattr(plus().route, "function", None)
    for _ in range(3):
        y = plus()(x, w)
    y.sum().backward()
    assert w.grad.tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize(
    ("where", "change"),
    [("implementation", "pypy"), ("type", 999), ("slots", None), ("api", ("PyNoSuchFunction",))],
)
def test_it_says_why_it_is_not_there(monkeypatch, where, change):
    if where == "implementation":
        monkeypatch.setattr(sys, "implementation", type(sys.implementation)(name=change))
    elif where == "type":
        monkeypatch.setattr(native.ir, "TYPE_OFFSET", 16)
    elif where == "api":
        monkeypatch.setattr(native.ir, "PYTHON_API", change)
    else:
        monkeypatch.setattr(native_layout, "_offsets", lambda classes: None)
    assert native.unavailable()


def test_objects_made_natively_have_the_same_slots():
    w = pt.ones(3, 2).requires_grad_()
    ys = [w * w for _ in range(4)]
    for by_python, by_native in zip(*([y, y.storage, y.grad_fn] for y in (ys[0], ys[-1]))):
        slots = [s for s in type(by_python).__slots__ if s != "__weakref__"]
        assert [hasattr(by_native, s) for s in slots] == [hasattr(by_python, s) for s in slots]
