"""grad, value_and_grad, vjp, jvp: alone, nested, compiled."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt

X = pt.tensor([0.5, -1.0, 2.0], dtype=pt.float64)


def f(x):
    return (x.sin() * x).sum()


def close(a, b):
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-9)


DERIVATIVES = [
    lambda x: x.cos() * x + x.sin(),
    lambda x: 2 * x.cos() - x * x.sin(),
    lambda x: -3 * x.sin() - x * x.cos(),
    lambda x: -4 * x.cos() + x * x.sin(),
]


@pytest.mark.parametrize("wrap", [lambda g: g, pt.compile])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_derivatives_of_any_order(order, wrap):
    g = pt.grad(f)
    for _ in range(order - 1):
        g = pt.grad(lambda x, g=g: g(x).sum())
    close(wrap(g)(X), DERIVATIVES[order - 1](X))


def test_inside_and_around_compile():
    close(pt.grad(pt.compile(f))(X), DERIVATIVES[0](X))
    inner = pt.compile(lambda x: pt.grad(f)(x).sum())
    close(pt.grad(inner)(X), DERIVATIVES[1](X))


def test_values_auxiliaries_and_several_arguments():
    value, g = pt.value_and_grad(f)(X)
    close(value, f(X))
    close(g, DERIVATIVES[0](X))
    assert not value.requires_grad
    assert not g.requires_grad
    (value, aux), _ = pt.value_and_grad(lambda x: (f(x), {"twice": x * 2}), has_aux=True)(X)
    close(aux["twice"], X * 2)
    g, aux = pt.grad(lambda x: (f(x), x), has_aux=True)(X)
    close(g, DERIVATIVES[0](X))
    gy, gx = pt.grad(lambda x, y: (x * y * y).sum(), argnums=(1, 0))(X, X + 1)
    close(gx, (X + 1) ** 2)
    close(gy, 2 * X * (X + 1))


def test_gradients_have_the_structure_of_the_argument():
    params = {"w": X, "rest": [X * 2, (X * 3,)]}
    g = pt.grad(lambda p: (p["w"] * p["rest"][0]).sum())(params)
    close(g["w"], X * 2)
    close(g["rest"][0], X)
    assert g["rest"][1][0].tolist() == [0, 0, 0]


def test_products_with_jacobians():
    def h(x, y):
        return x * y, (x**2).sum()

    (a, b), pull = pt.vjp(h, X, X + 1)
    close(a, X * (X + 1))
    gx, gy = pull((pt.ones_like(a), pt.tensor(2.0, dtype=pt.float64)))
    close(gx, (X + 1) + 4 * X)
    close(gy, X)
    (_, b), (ta, tb) = pt.jvp(h, (X, X + 1), (pt.ones_like(X), pt.zeros_like(X)))
    close(b, (X**2).sum())
    close(ta, X + 1)
    close(tb, 2 * X.sum())
    compiled = pt.compile(lambda x, v: pt.jvp(f, (x,), (v,)))
    value, tangent = compiled(X, X * 0.1)
    close(value, f(X))
    close(tangent, (DERIVATIVES[0](X) * X * 0.1).sum())


def test_a_hessian_vector_product():
    v = pt.tensor([1.0, 2.0, 3.0], dtype=pt.float64)
    _, forward_over_reverse = pt.jvp(pt.grad(f), (X,), (v,))
    reverse_over_reverse = pt.grad(lambda x: (pt.grad(f)(x) * v).sum())(X)
    close(forward_over_reverse, DERIVATIVES[1](X) * v)
    close(reverse_over_reverse, DERIVATIVES[1](X) * v)


def test_the_outer_gradient_sees_what_the_inner_closes_over():
    def outer(a):
        return pt.grad(lambda x: (a * x * x).sum())(X).sum()

    close(pt.grad(outer)(X), 2 * X)


def test_gradients_flow_on_through_an_argument():
    x = X.clone().requires_grad_()
    pt.grad(f)(x).sum().backward()
    close(x.grad, DERIVATIVES[1](X))
    assert pt.grad(f)(X).requires_grad is False


def test_what_cannot_be_differentiated():
    with pytest.raises(pt.AutogradError, match="scalar"):
        pt.grad(lambda x: x * 2)(X)
    with pytest.raises(pt.AutogradError, match="scalar"):
        pt.grad(lambda x: 3.0)(X)
    with pytest.raises(pt.AutogradError, match="integers"):
        pt.grad(f)(pt.arange(3))
    with pytest.raises(pt.ArgumentError, match="argnums"):
        pt.grad(f, argnums=2)(X)
    with pytest.raises(pt.ArgumentError, match="tangent"):
        pt.jvp(f, (X,), ())


def test_a_result_that_does_not_depend_on_the_argument():
    assert pt.grad(lambda x: pt.ones(()))(X).tolist() == [0, 0, 0]
