"""jacrev, jacfwd, hessian, linearize against the derivatives worked out one by one."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt

RNG = np.random.default_rng(11)
A = pt.tensor(RNG.standard_normal((4, 3)))
X = pt.tensor(RNG.standard_normal(3))
BOTH = pytest.mark.parametrize("jac", [pt.jacrev, pt.jacfwd], ids=["jacrev", "jacfwd"])


def f(x):
    return (A @ x).sin()


def close(a, b):
    a, b = (v.detach().numpy() if isinstance(v, pt.Tensor) else np.asarray(v) for v in (a, b))
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def expected(x=X):
    a = A.numpy()
    return np.cos(a @ x.numpy())[:, None] * a


@BOTH
@pytest.mark.parametrize("wrap", [lambda g: g, pt.compile], ids=["eager", "compiled"])
def test_jacobian(jac, wrap):
    close(wrap(jac(f))(X), expected())
    close(wrap(jac(f, chunk_size=2))(X), expected())


@BOTH
def test_shapes_are_those_of_the_result_then_the_argument(jac):
    x = pt.ones(2, 3, dtype=pt.float64)
    assert jac(lambda x: x.T @ x)(x).shape == (3, 3, 2, 3)
    assert jac(lambda x: x.sum())(x).shape == (2, 3)
    assert jac(f)(X).requires_grad is False
    close(jac(lambda x: x * 2)(pt.tensor(3.0, dtype=pt.float64)), 2.0)


@BOTH
def test_structures_and_several_arguments(jac):
    def g(params, y):
        return {"a": params["w"] * y, "b": (y.sum(), params["v"])}

    params = {"w": X, "v": X[:2]}
    found = jac(g)(params, X + 1)
    close(found["a"]["w"], np.diag((X + 1).numpy()))
    close(found["a"]["v"], np.zeros((3, 2)))
    close(found["b"][1]["v"], np.eye(2))
    first, second = jac(g, argnums=(1, 0))(params, X + 1)["a"]
    close(first, np.diag(X.numpy()))
    close(second["w"], np.diag((X + 1).numpy()))


@BOTH
def test_auxiliaries(jac):
    found, aux = jac(lambda x: (f(x), {"x": x * 2, "n": 3}), has_aux=True)(X)
    close(found, expected())
    close(aux["x"], X * 2)
    assert aux["n"] == 3


@pytest.mark.parametrize("outer", [pt.jacrev, pt.jacfwd])
@pytest.mark.parametrize("inner", [pt.jacrev, pt.jacfwd])
def test_second_derivatives(outer, inner):
    g = lambda x: (f(x) * f(x)).sum()  # noqa: E731
    a, z = A.numpy(), (A @ X).numpy()
    close(outer(inner(g))(X), a.T @ (2 * np.cos(2 * z)[:, None] * a))
    close(pt.hessian(g)(X), outer(inner(g))(X))


def test_third_derivatives():
    third = pt.jacfwd(pt.hessian(lambda x: (x ** 4).sum()))(X)
    close(third, np.einsum("ij,jk,i->ijk", np.eye(3), np.eye(3), 24 * X.numpy()))


def test_gradients_of_jacobians_reach_what_the_function_found():
    w = A.clone().requires_grad_()
    for jac in (pt.jacrev, pt.jacfwd):
        [g] = pt.autograd.grad(jac(lambda x: (w @ x).sin())(X).sum(), w)
        z, x = (A @ X).numpy(), X.numpy()
        total = np.cos(z)[:, None] - (np.sin(z) * A.numpy().sum(1))[:, None] * x
        close(g, total)


def test_linearize():
    value, push = pt.linearize(f, X)
    close(value, f(X))
    for t in (X, X * X):
        close(push(t), expected() @ t.numpy())
    close(pt.vmap(push)(pt.eye(3, dtype=pt.float64)), expected().T)
    with pytest.raises(pt.ArgumentError, match="one tangent for each primal"):
        push(X, X)


def test_auxiliaries_of_vjp_and_jvp():
    g = lambda x: (f(x), x.sum())  # noqa: E731
    value, pull, aux = pt.vjp(g, X, has_aux=True)
    close(aux, X.sum())
    close(pull(value)[0], expected().T @ value.numpy())
    value, tangent, aux = pt.jvp(g, (X,), (X,), has_aux=True)
    close(tangent, expected() @ X.numpy())
    assert not aux.requires_grad
    with pytest.raises(pt.ArgumentError, match="has_aux"):
        pt.vjp(f, X, has_aux=True)


def test_integers_have_no_derivative():
    with pytest.raises(pt.AutogradError, match="integers"):
        pt.jacrev(f)(pt.arange(3))
    with pytest.raises(pt.AutogradError, match="integers"):
        pt.jacrev(lambda x: x.argmax())(X)
    with pytest.raises(pt.AutogradError, match="integers"):
        pt.jacfwd(f)(pt.arange(3))


def test_vmapped_pullback():
    value, pull = pt.vjp(f, X)
    rows = pt.vmap(pull)(pt.eye(4, dtype=pt.float64))[0]
    close(rows, expected())
    assert not rows.requires_grad
    assert not value.requires_grad
