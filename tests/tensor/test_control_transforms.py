"""Control flow under vmap, with gradients by hand, with random and with complex numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pentad as pt
from tests.tensor.test_control import arguments, rnn, same


def power(x: Any, n: Any) -> Any:
    """x ** n by a loop whose length is data."""
    return pt.while_loop(
        lambda s: s[0] < n, lambda s: (s[0] + 1, s[1] * x), (0, pt.ones(())), max_steps=6
    )[1]


@pytest.mark.parametrize("compiled", [False, True])
def test_vmap_of_loops_and_branches(compiled: bool) -> None:
    wrap = pt.compile if compiled else lambda f: f
    x, n = pt.tensor([2.0, 3.0, 0.5]), pt.tensor([3, 0, 5])
    same(wrap(pt.vmap(power))(x, n), pt.tensor([8.0, 1.0, 0.5**5]))
    same(wrap(pt.vmap(pt.grad(power), (0, None)))(x, pt.tensor(3)), 3 * x * x)
    same(wrap(pt.vmap(pt.grad(power)))(x, n), pt.tensor([12.0, 0.0, 5 * 0.5**4]))
    pick = pt.vmap(lambda x: pt.cond(x > 1, lambda x: x * 10, lambda x: x - 10, x))
    same(wrap(pick)(x), pt.tensor([20.0, 30.0, -9.5]))
    xs, w, h = arguments()
    many = wrap(pt.vmap(lambda x, h: rnn(x, w, h)[0], (1, 0)))(xs.unsqueeze(2), h.unsqueeze(1))
    np.testing.assert_allclose(many[:, 0].numpy(), rnn(xs, w, h)[0].numpy(), rtol=1e-5)


def test_random_numbers_in_a_body_under_vmap() -> None:
    def f(x: Any) -> Any:
        return pt.scan(lambda c, _: (c + pt.rand(1).sum(), pt.rand(2)), x, length=3)[1]

    with pytest.raises(pt.CaptureError, match="random"):
        pt.vmap(f)(pt.zeros(4))
    found = pt.vmap(f, randomness="different")(pt.zeros(4))
    assert len(set(found.flatten().tolist())) == 24
    alike = pt.vmap(f, randomness="same")(pt.zeros(4))
    assert len(set(alike.flatten().tolist())) == 6


def test_a_gradient_written_by_hand_in_a_body_is_not_ignored() -> None:
    @pt.custom_vjp
    def clipped(x: Any) -> Any:
        return x * 2

    clipped.defvjp(lambda x: (x * 2, None), lambda saved, g: (g.clamp(-1, 1),))

    def f(x: Any) -> Any:
        return pt.scan(lambda c, _: (clipped(c), c), x, length=3)[0].sum()

    same(pt.compile(f)(pt.ones(2)), f(pt.ones(2)))
    assert pt.grad(f)(pt.ones(2)).tolist() == [1.0, 1.0]
    with pytest.raises(pt.AutogradError, match="written by hand"):
        pt.compile(pt.grad(f))(pt.ones(2))


def test_complex_numbers_are_carried() -> None:
    def f(z: Any) -> Any:
        return pt.scan(lambda c, x: (c * c + x, c.abs()), z[0], z)

    z = pt.tensor([0.1 + 0.2j, 0.3 - 0.1j, -0.2 + 0.4j])
    for a, b in zip(pt.compile(f)(z), f(z), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6)

    def loss(z: Any) -> Any:
        return f(z)[1].sum()

    np.testing.assert_allclose(
        pt.compile(pt.grad(loss))(z).numpy(), pt.grad(loss)(z).numpy(), rtol=1e-5
    )
