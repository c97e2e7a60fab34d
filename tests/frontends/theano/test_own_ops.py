"""Gradients of operations that programs write themselves, of any order."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.theano as theano
import pentad.frontends.theano.tensor as T
from pentad.frontends.theano import gradient


class Cube(theano.Op):
    """The third power, with a gradient of its inputs."""

    __props__ = ()

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] ** 3

    def grad(self, inputs, g):
        return [3 * inputs[0] ** 2 * g[0]]


class Power(theano.Op):
    """Two powers of e, with gradients of its outputs."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type(), x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0], output_storage[1][0] = np.exp(inputs[0]), np.exp(2 * inputs[0])

    def L_op(self, inputs, outputs, g):
        return [outputs[0] * g[0] + 2 * outputs[1] * g[1]]


V = np.array([0.5, -1.0, 2.0])


def value(x, expression):
    """Its value at V, run node by node."""
    return theano.function([x], expression, mode="FAST_COMPILE")(V)


def test_gradients_of_gradients_go_through_the_expressions():
    x = T.dvector("x")
    first = T.grad(Cube()(x).sum(), x)
    second = T.grad(first.sum(), x)
    np.testing.assert_allclose(value(x, [first, second, T.grad(second.sum(), x)]),
                               [3 * V ** 2, 6 * V, 6 + 0 * V], rtol=1e-12)
    np.testing.assert_allclose(value(x, gradient.hessian(Cube()(x).sum(), x)), np.diag(6 * V),
                               rtol=1e-12)
    np.testing.assert_allclose(value(x, T.Rop(Cube()(x), x, x)), 3 * V ** 3, rtol=1e-12)


def test_gradients_of_what_is_given_the_outputs():
    x = T.dvector("x")
    a, b = Power()(x)
    first = T.grad((a + b).sum(), x)
    np.testing.assert_allclose(value(x, T.grad(first.sum(), x)),
                               np.exp(V) + 4 * np.exp(2 * V), rtol=1e-12)


def test_gradients_in_loops():
    x = T.dvector("x")
    [y, _] = theano.scan(lambda s: Cube()(s), outputs_info=[x], n_steps=2)
    second = T.grad(T.grad(y[-1].sum(), x).sum(), x)
    np.testing.assert_allclose(value(x, second), 72 * V ** 7, rtol=1e-12)


def test_parts_of_graphs_with_gradients_of_their_own():
    x, y = T.dvectors("xy")
    s = theano.shared(np.full(3, 2.0))
    part = theano.OpFromGraph([x, y], [x * y * s], grad_overrides=[
        lambda inputs, g: g[0] * inputs[1] * 5, "default"])
    z = part(x, 2 * x).sum()
    at, by = T.dvectors("ab")
    f = theano.function([at, by], T.grad(part(at, by).sum(), [at, by, s]), mode="FAST_COMPILE")
    np.testing.assert_allclose(f(V, V + 1), [5 * (V + 1), 2 * V, V * (V + 1)], rtol=1e-12)
    compiled = theano.function([x], [z, T.grad(z, x)])
    np.testing.assert_allclose(compiled(V)[1], 14 * V, rtol=1e-12)
    assert part.connection_pattern(None) == [[True], [True], [True]]
    outer = theano.OpFromGraph([x], [T.exp(x)], lop_overrides=lambda i, o, g: [3 * o[0] * g[0]])
    np.testing.assert_allclose(value(x, T.grad(T.grad(outer(x).sum(), x).sum(), x)),
                               9 * np.exp(V), rtol=1e-12)
    with pytest.raises(NotImplementedError, match="forward derivative"):
        theano.OpFromGraph([x], [x], rop_overrides=lambda i, e: e)
    with pytest.raises(ValueError, match="exclusive"):
        theano.OpFromGraph([x], [x], lop_overrides=len, grad_overrides=len)


class Weighted(theano.Op):
    """x[i] with gradients of which that by i is undefined, that by w not written."""

    __props__ = ()

    def make_node(self, x, i, w):
        return theano.Apply(self, [x, i, w], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * inputs[1] * inputs[2]

    def grad(self, inputs, g):
        undefined = gradient.grad_undefined(self, 1, inputs[1])
        return [g[0] * inputs[1] * inputs[2], undefined,
                gradient.grad_not_implemented(self, 2, inputs[2])]


def test_gradients_that_there_are_not():
    x, w, i = T.dvector("x"), T.dvector("w"), T.lscalar("i")
    cost = Weighted()(x, i, w).sum()
    f = theano.function([x, i, w], T.grad(cost, x), mode="FAST_COMPILE")
    np.testing.assert_array_equal(f(V, 3, V), 3 * V)
    with pytest.raises(gradient.NullTypeGradError, match="input 2"):
        T.grad(cost, w)


def test_replacements_that_lead_back_to_what_they_replace():
    a = theano.shared(1.0, "a")
    a.default_update = a + 3
    f = theano.function([], a + 10, givens={a: a + 10}, mode="FAST_COMPILE")
    assert [f(), f()] == [21, 34]
    x = T.dscalar("x")
    with pytest.raises(RuntimeError, match="is an input"):
        theano.function([x], x * 2, givens={x: x + 1})
