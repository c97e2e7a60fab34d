"""cond, while_loop, scan, map, fori_loop: eager against plain Python, compiled against eager."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import pentad as pt


def same(a: Any, b: Any) -> None:
    """Two results agree bit for bit."""
    if isinstance(a, (tuple, list)):
        assert type(a) is type(b)
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for k in a:
            same(a[k], b[k])
    else:
        assert a.dtype is b.dtype
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


def rnn(xs: Any, w: Any, h: Any) -> Any:
    def step(h: Any, x: Any) -> Any:
        h = (h @ w + x).tanh()
        return h, {"twice": h * 2, "norm": (h * h).sum()}

    return pt.scan(step, h, xs)


def unrolled(xs: Any, w: Any, h: Any) -> Any:
    twice, norm = [], []
    for x in xs:
        h = (h @ w + x).tanh()
        twice.append(h * 2)
        norm.append((h * h).sum())
    return h, {"twice": pt.stack(twice), "norm": pt.stack(norm)}


def arguments(n: int = 6) -> tuple[Any, ...]:
    pt.manual_seed(1)
    return pt.randn(n, 2, 3), pt.randn(3, 3), pt.randn(2, 3)


def test_scan_is_a_loop() -> None:
    args = arguments()
    same(rnn(*args), unrolled(*args))
    same(pt.compile(rnn)(*args), unrolled(*args))


def loss(xs: Any, w: Any, h: Any) -> Any:
    last, ys = rnn(xs, w, h)
    return (last * last).sum() + ys["twice"].sin().sum() + (ys["norm"] * 0.1).sum()


def test_gradients_of_scan_eager_compiled_and_outside() -> None:
    args = arguments()
    want = pt.grad(lambda *a: (lambda l, y: (l * l).sum() + y["twice"].sin().sum()
                               + (y["norm"] * 0.1).sum())(*unrolled(*a)), (0, 1, 2))(*args)
    same(pt.grad(loss, (0, 1, 2))(*args), want)
    for a, b in zip(pt.compile(pt.grad(loss, (0, 1, 2)))(*args), want, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=2e-5, atol=1e-6)
    leaves = [t.requires_grad_() for t in args]
    pt.compile(loss)(*leaves).backward()
    for a, b in zip(leaves, want, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.numpy(), rtol=2e-5, atol=1e-6)


def test_second_order_and_forward_mode_of_scan() -> None:
    args = tuple(t.double() for t in arguments())

    def of_w(w: Any) -> Any:
        return (pt.grad(loss, 1)(args[0], w, args[2]) ** 2).sum()

    want = pt.grad(of_w)(args[1])
    np.testing.assert_allclose(pt.compile(pt.grad(of_w))(args[1]).numpy(), want.numpy(), rtol=1e-9)

    def pushed(w: Any) -> Any:
        return pt.jvp(lambda w: loss(args[0], w, args[2]), (w,), (pt.ones_like(w),))[1]

    got = pt.compile(pushed)(args[1])
    np.testing.assert_allclose(got.item(), pt.grad(loss, 1)(*args).sum().item(), rtol=1e-9)


def test_a_gradient_taken_inside_a_body() -> None:
    def descend(w: Any, lr: Any) -> Any:
        def step(w: Any, _: Any) -> Any:
            value, slope = pt.value_and_grad(lambda v: ((v - 3) ** 2).sum())(w)
            return w - lr * slope, value

        return pt.scan(step, w, length=5)

    w, lr = pt.zeros(2), pt.tensor(0.1)
    same(pt.compile(descend)(w, lr), descend(w, lr))
    outer = pt.grad(lambda lr: descend(w, lr)[1].sum())
    np.testing.assert_allclose(pt.compile(outer)(lr).item(), outer(lr).item(), rtol=1e-6)
    assert outer(lr).item() < 0


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_scan_in_both_directions(n: int, reverse: bool) -> None:
    def f(xs: Any) -> Any:
        return pt.scan(lambda c, x: (c * 2 + x, c - x), pt.tensor(0.0), xs, reverse=reverse)

    xs = pt.arange(1.0, n + 1.0)
    carry, ys = 0.0, [0.0] * n
    for i in reversed(range(n)) if reverse else range(n):
        ys[i], carry = carry - (i + 1), carry * 2 + i + 1
    last, found = f(xs)
    assert last.item() == carry
    assert found.tolist() == ys
    same(pt.compile(f)(xs), (last, found))


def test_scan_over_nothing() -> None:
    def f(xs: Any) -> Any:
        return pt.scan(lambda c, x: (c + x.sum(), (x * 2, c)), pt.tensor(1.5), xs)

    last, (a, b) = f(pt.zeros(0, 3))
    assert last.item() == 1.5
    assert a.shape == (0, 3)
    assert b.shape == (0,)
    same(pt.compile(f)(pt.zeros(0, 3)), (last, (a, b)))


def test_strided_and_shared_operands_are_read_in_place() -> None:
    def f(xs: Any, k: Any) -> Any:
        return pt.scan(lambda c, x: (c + (x * k).sum(), x + c), pt.tensor(0.0), xs)

    base = pt.arange(24.0).reshape(4, 6)
    for xs, k in ((base.t(), base[:, 0]), (base[:, 1:5:2], base[1, ::3]), (base, base[0]),
                  (base.flip(0), base[0])):
        same(pt.compile(f)(xs, k), f(xs, k))


def test_other_lengths_do_not_unroll_nor_recompile() -> None:
    compiled = pt.compile(rnn)
    for n in (3, 5, 8, 13):
        xs, w, h = arguments(n)
        same(compiled(xs, w, h), unrolled(xs, w, h))
    assert compiled.traces == 2


def test_the_bits_do_not_depend_on_the_number_of_threads() -> None:
    pt.manual_seed(0)
    xs, w, h = pt.randn(5, 64, 256), pt.randn(256, 256) * 0.1, pt.randn(64, 256)
    before, compiled = pt.get_num_threads(), pt.compile(rnn)
    try:
        pt.set_num_threads(1)
        one = compiled(xs, w, h)
        for count in (2, 4):
            pt.set_num_threads(count)
            same(compiled(xs, w, h), one)
    finally:
        pt.set_num_threads(before)


# -- cond ------------------------------------------------------------------------------------------


def test_cond_takes_one_branch() -> None:
    def f(x: Any, k: Any) -> Any:
        def up(x: Any) -> Any:
            return {"y": x.exp() * k}

        return pt.cond(x.sum() > 0, up, lambda x: {"y": x - 1}, x)["y"]

    x, k = pt.tensor([1.0, 2.0]), pt.tensor(3.0)
    assert f(x, k).tolist() == (x.exp() * k).tolist()
    assert f(-x, k).tolist() == [-2.0, -3.0]
    compiled = pt.compile(f)
    same(compiled(x, k), f(x, k))
    same(compiled(-x, k), f(-x, k))
    assert compiled.traces == 1
    gradient = pt.grad(lambda x, k: f(x, k).sum(), (0, 1))
    for sign in (1, -1):
        same(pt.compile(gradient)(sign * x, k), gradient(sign * x, k))


def test_the_branch_not_taken_does_not_compute() -> None:
    def f(x: Any, i: Any) -> Any:
        return pt.cond(i < len(x), lambda x, i: x[i], lambda x, i: x[0] * 0, x, i)

    x, compiled = pt.arange(3.0), pt.compile(f)
    assert compiled(x, pt.tensor(2)).item() == 2
    assert compiled(x, pt.tensor(7)).item() == 0
    with pytest.raises(pt.IndexOutOfRange):
        compiled(x, pt.tensor(-9))


def test_python_bools_and_numbers_are_taken() -> None:
    assert pt.cond(True, lambda: 1.0, lambda: 2.0).item() == 1.0
    f = pt.compile(lambda x: pt.cond(False, lambda: x, lambda: x * 2))
    assert f(pt.ones(2)).tolist() == [2.0, 2.0]


# -- while_loop, fori_loop, map --------------------------------------------------------------------


def collatz(n: Any) -> Any:
    def step(s: Any) -> Any:
        n, count = s
        half = pt.cond(n % 2 == 0, lambda n: n // 2, lambda n: 3 * n + 1, n)
        return half, count + 1

    return pt.while_loop(lambda s: s[0] != 1, step, (n, 0))[1]


def test_while_loop_ends_when_its_condition_says_so() -> None:
    compiled = pt.compile(collatz)
    for n, steps in ((1, 0), (2, 1), (6, 8), (27, 111)):
        assert collatz(pt.tensor(n)).item() == steps
        assert compiled(pt.tensor(n)).item() == steps


def test_other_python_threads_run_during_a_long_loop() -> None:
    count = pt.compile(lambda n: pt.while_loop(lambda i: i < n, lambda i: i + 1, 0))
    few = pt.compile(lambda x: pt.scan(lambda c, _: (c + 1, None), x, length=3)[0])
    few(pt.zeros(2))
    count(pt.tensor(1))
    for compiled, short in ((count, False), (few, True)):
        [(_, bound)] = compiled._bound.values()
        assert bound.native.executable.short is short
    done = threading.Event()
    worker = threading.Thread(target=lambda: (count(pt.tensor(10_000_000)), done.set()))
    worker.start()
    turns = 0
    while not done.wait(0.001) and turns < 20:
        turns += 1
    worker.join()
    assert turns > 3


@pytest.mark.parametrize("bound", [0, 1, 3, 4, 50])
def test_while_loop_with_a_bound_has_a_gradient(bound: int) -> None:
    def f(x: Any, k: Any) -> Any:
        return pt.while_loop(lambda x: x.sum() < 30, lambda x: x * k + 0.5, x, max_steps=bound)

    x, k = pt.tensor([0.5, 1.0]), pt.tensor(1.5)
    same(pt.compile(f)(x, k), f(x, k))
    gradient = pt.grad(lambda x, k: f(x, k).sin().sum(), (0, 1))
    for a, b in zip(pt.compile(gradient)(x, k), gradient(x, k), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5)


def test_while_loop_without_a_bound_says_why_it_has_no_gradient() -> None:
    def f(x: Any) -> Any:
        return pt.while_loop(lambda x: x.sum() < 30, lambda x: x * 2, x).sum()

    assert pt.grad(f)(pt.ones(2)).tolist() == [16.0, 16.0]
    x = pt.ones(2, requires_grad=True)
    y = pt.compile(f)(x)
    assert y.item() == 32
    with pytest.raises(pt.AutogradError, match="max_steps"):
        y.backward()
    with pytest.raises(pt.AutogradError, match="max_steps"):
        pt.compile(pt.grad(f))(pt.ones(2))


def test_fori_loop_counts() -> None:
    def f(x: Any) -> Any:
        return pt.fori_loop(1, 4, lambda i, s: s + x[i] * i, pt.tensor(0.0))

    x = pt.tensor([1.0, 10.0, 100.0, 1000.0])
    assert f(x).item() == 3210
    same(pt.compile(f)(x), f(x))
    same(pt.compile(pt.grad(f))(x), pt.tensor([0.0, 1.0, 2.0, 3.0]))
    g = pt.compile(lambda a, b: pt.fori_loop(a, b, lambda i, s: s + i, 0))
    assert g(pt.tensor(2), pt.tensor(5)).item() == 9
    assert g(pt.tensor(5), pt.tensor(2)).item() == 0
    assert pt.fori_loop(5, 2, lambda i, s: s + 1, 0).item() == 0


def test_map_applies_to_each() -> None:
    def f(t: Any) -> Any:
        return pt.map(lambda d: (d["a"].softmax(0), d["b"].sum()), t)

    t = {"a": pt.randn(4, 3), "b": pt.randn(4, 2, 2)}
    a, b = f(t)
    same(b, pt.stack([x.sum() for x in t["b"]]))
    same(pt.compile(f)(t), (a, b))


def test_all_nested() -> None:
    def f(x: Any, n: Any) -> Any:
        def outer(s: Any) -> Any:
            i, x = s
            x = pt.cond(
                i % 2 == 0,
                lambda x: pt.scan(lambda c, r: (c + r, c * r), pt.zeros(2), x)[1],
                lambda x: pt.map(lambda r: r.cos() + i, x),
                x,
            )
            return i + 1, x

        return pt.while_loop(lambda s: s[0] < n, outer, (pt.tensor(0), x), max_steps=5)[1]

    x = pt.randn(3, 2)
    compiled = pt.compile(f)
    for n in range(6):
        same(compiled(x, pt.tensor(n)), f(x, pt.tensor(n)))
    gradient = pt.grad(lambda x: f(x, pt.tensor(4)).sum())
    np.testing.assert_allclose(
        pt.compile(gradient)(x).numpy(), gradient(x).numpy(), rtol=1e-5, atol=1e-6
    )


# -- random numbers, detached values, host steps ---------------------------------------------------


def noisy(x: Any) -> Any:
    def step(c: Any, _: Any) -> Any:
        c = c + pt.rand(2)
        extra = pt.cond(c.sum() > 1, lambda: pt.randn(2), lambda: pt.zeros(2))
        return c, (extra, pt.rand(2))

    first = pt.rand(1)
    found = pt.scan(step, x, length=4)
    loop = pt.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, pt.rand(2)), (0, x))
    return first, found, loop, pt.rand(1)


def test_random_numbers_differ_by_step_and_agree_between_the_modes() -> None:
    pt.manual_seed(5)
    eager = [noisy(pt.zeros(2)) for _ in range(2)]
    compiled = pt.compile(noisy)
    pt.manual_seed(5)
    for once in eager:
        same(compiled(pt.zeros(2)), once)
    drawn = [v for once in eager for v in once[1][1][1].flatten().tolist()]
    drawn += [v for once in eager for v in (*once[0].tolist(), *once[3].tolist())]
    drawn += [v for once in eager for v in once[2][1].tolist()]
    assert len(set(drawn)) == len(drawn)


def test_what_is_detached_in_a_body_is_not_differentiated() -> None:
    def f(x: Any) -> Any:
        def step(c: Any, _: Any) -> Any:
            with pt.no_grad():
                k = c * 2
            return c * c.detach() + k, c

        return pt.scan(step, x, length=3)[0].sum()

    x = pt.tensor([0.5, 1.0])
    np.testing.assert_allclose(pt.compile(pt.grad(f))(x).numpy(), pt.grad(f)(x).numpy(), rtol=1e-6)


def test_a_body_with_a_host_step_is_driven_by_python_and_says_so(capsys: Any) -> None:
    def f(xs: Any) -> Any:
        return pt.scan(lambda c, x: (c + x.inverse(), x.sum()), pt.zeros(3, 3), xs)

    xs = pt.randn(4, 3, 3) + 5 * pt.eye(3)
    same(pt.compile(f)(xs), f(xs))
    text = str(pt.explain(f, xs))
    assert "driven by Python because of " in text
    assert "inverse" in text
    assert "native, 6 steps" in str(pt.explain(rnn, *arguments()))
    capsys.readouterr()
