"""Gradients: errors, constants, known gradients, rules of programs' own; clones; printing."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.theano as theano
import pentad.frontends.theano.tensor as T
from pentad.frontends.theano import gradient


class Twice(theano.Op):
    """Twice a matrix."""

    __props__ = ()
    itypes = [T.dmatrix]
    otypes = [T.dmatrix]

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2

    def grad(self, inputs, g):
        return [g[0] * 2]


def value(inputs, output, *values):
    """The value of an expression."""
    return theano.function(inputs, output)(*values)


def test_what_a_cost_does_not_depend_on():
    x, y = T.dvector("x"), T.dvector("y")
    cost = (x ** 2).sum()
    with pytest.raises(gradient.DisconnectedInputError, match=r"(?s)operator: y.*made|at:"):
        T.grad(cost, y)
    with pytest.warns(UserWarning, match="not part"):
        T.grad(cost, y, disconnected_inputs="warn")
    zero = T.grad(cost, [x, y], disconnected_inputs="ignore")[1]
    assert value([y], zero, [1, 2]).tolist() == [0, 0]
    assert T.grad(cost, y, disconnected_inputs="ignore", return_disconnected="None") is None
    with pytest.raises(TypeError, match="must be a scalar"):
        T.grad(x, x)
    assert value([x], T.grad((x > 0).sum(), x), [1, 2]).tolist() == [0, 0]


def test_parts_held_constant():
    x = T.dvector("x")
    h = x * x
    assert value([x], T.grad((h * h).sum(), x, consider_constant=[h]
                             , disconnected_inputs="ignore"), [3]).tolist() == [0]
    assert value([x], T.grad((x * gradient.disconnected_grad(x)).sum(), x), [3]).tolist() == [3]
    t = T.tanh(x)
    whole = value([x], T.grad((t ** 2).sum(), x), [0.5])
    split = value([x], T.grad(None, x, known_grads={t: 2 * t}), [0.5])
    np.testing.assert_allclose(split, whole, rtol=1e-12)


def test_clipped_and_scaled_gradients():
    x = T.dvector("x")
    clipped = T.grad((gradient.grad_clip(x, -1, 1) * T.constant([5.0, -7.0])).sum(), x)
    assert value([x], clipped, [1, 2]).tolist() == [1, -1]
    scaled = T.grad((gradient.grad_scale(x, 3.0) ** 2).sum(), x)
    assert value([x], scaled, [1, 2]).tolist() == [6, 12]


def test_products_with_jacobians():
    x, v = T.dvector("x"), T.dvector("v")
    w, e = T.dmatrix("w"), T.dmatrix("e")
    y = T.dot(x, w)
    assert value([w, e, x], T.Rop(y, w, e), np.ones((2, 2)), 2 * np.ones((2, 2)),
                 [0, 1]).tolist() == [2, 2]
    # As in Theano's tutorial: the product is linear in w, so that w is not needed.
    assert value([v, x], T.Lop(y, w, v), [2, 2], [0, 1]).tolist() == [[0, 0], [2, 2]]
    f = theano.function([x], [gradient.jacobian(x ** 2, x), gradient.hessian((x ** 3).sum(), x)])
    for _ in range(2):
        first, second = f([4, 4])
        assert (first.tolist(), second.tolist()) == ([[8, 0], [0, 8]], [[24, 0], [0, 24]])


def test_wrong_gradients_are_found():
    rng = np.random.RandomState(0)
    gradient.verify_grad(lambda a: T.tanh(a), [rng.rand(3)], rng=rng)
    with pytest.raises(gradient.GradientError, match="numeric gradient and analytic gradient"):
        gradient.verify_grad(lambda a: gradient.grad_scale(a, 2.0), [rng.rand(3)], rng=rng)


def test_operations_in_python():
    x = T.dmatrix("x")
    y = Twice()(x)
    assert Twice() == Twice()
    assert isinstance(y.owner.op, Twice)
    f = theano.function([x], [y, T.grad((y * y).sum(), x)])
    for _ in range(2):
        found, slope = f(np.full((1, 2), 3.0))
        assert (found.tolist(), slope.tolist()) == ([[6, 6]], [[24, 24]])

    @theano.as_op(itypes=[T.dmatrix], otypes=[T.dvector])
    def sums(a):
        return a.sum(axis=1)

    assert value([x], sums(x), np.ones((2, 3))).tolist() == [3, 3]


def test_gradients_without_a_meaning():
    x = T.dvector("x")
    with pytest.raises(gradient.NullTypeGradError, match="the gradient is undefined here"):
        T.grad((gradient.undefined_grad(x) * x).sum(), x)

    class Unknown(Twice):
        def grad(self, inputs, g):
            return [gradient.grad_not_implemented(self, 0, inputs[0], "not yet")]

    m = T.dmatrix("m")
    with pytest.raises(gradient.NullTypeGradError, match=r"(?s)not implemented\. not yet"):
        T.grad(Unknown()(m).sum(), m)


def test_clones_and_graphs_as_operations():
    x, y = T.dvector("x"), T.dvector("y")
    e = T.exp(x) * 2
    assert theano.pp(theano.clone(e, {x: y})) == "(exp(y) * TensorConstant{2})"
    assert value([x], theano.clone(e, {x: x + 1}), [-1]).tolist() == [2]
    op = theano.OpFromGraph([x], [x * 2 + 1])
    assert value([y], op(op(y)), [1]).tolist() == [7]


def test_printing(capsys, tmp_path):
    x = T.dmatrix("x")
    e = T.dot(T.tanh(x + 1), T.dvector("v")).sum()
    assert theano.pp(x.T * -x) == "(x.T * (-x))"
    text = theano.printing.debugprint(e, file="str").splitlines()
    assert text[:3] == ["Sum{acc_dtype=float64} [id A] ''   ", " |dot [id B] ''   ",
                        "   |Elemwise{tanh,no_inplace} [id C] ''   "]
    printed = theano.printing.Print("here")(x)
    assert value([x], T.grad((printed ** 2).sum(), x), np.ones((1, 1))).tolist() == [[2]]
    assert capsys.readouterr().out == "here __str__ = [[1.]]\n"
    theano.printing.pydotprint(e, outfile=str(tmp_path / "graph.dot"))
    assert (tmp_path / "graph.dot").read_text().count("->") == 8


def test_gradients_of_equal_elements():
    """Numbers of Theano 1.0.5: of two equal ones the first has the gradient, of all in a tensor
    that are largest each one."""
    x, y = T.dvector("x"), T.dvector("y")
    pairs = [*T.grad(T.maximum(x, y).sum(), [x, y]), *T.grad(T.minimum(x, y).sum(), [x, y]),
             T.grad(T.max(x), x), T.grad(T.min(x), x), T.maximum(x, y * np.nan)]
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        found = theano.function([x, y], pairs, mode=mode)([1, 3, 3], [1, 2, 4])
        np.testing.assert_array_equal(found[:4], [[1, 1, 0], [0, 0, 1], [1, 0, 1], [0, 1, 0]])
        np.testing.assert_array_equal(found[4:6], [[0, 1, 1], [1, 0, 0]])
        assert np.isnan(found[6]).all()
    f = theano.function([x], [T.max(x), T.grad(T.max(x), x)], mode="FAST_COMPILE")
    assert f([1, np.inf])[0] == np.inf


def test_known_gradients_of_other_ranks():
    x, g = T.dmatrix("x"), T.dvector("g")
    slope = T.grad(None, x, known_grads={x ** 2: g})
    np.testing.assert_array_equal(value([x, g], slope, [[1, 2], [3, 4]], [1, 10]),
                                  [[2, 40], [6, 80]])
    with pytest.raises(TypeError, match="known_grads: a gradient has more axes"):
        T.grad(None, g, known_grads={g ** 2: x})


def test_known_gradients_that_lead_nowhere():
    x, y = T.dvector("x"), T.dvector("y")
    cost = (x ** 2).sum()
    # The function needs no value of y, which has no part in the gradient by x.
    assert value([x], T.grad(cost, x, known_grads={y: T.ones_like(x)}), [3]).tolist() == [6]
    none, h = gradient.DisconnectedType()(), x ** 3
    assert value([x], T.grad(None, x, known_grads={h: none, 2 * x: x}), [3]).tolist() == [6]
    with pytest.raises(gradient.DisconnectedInputError):
        T.grad(None, x, known_grads={h: none})


def test_a_direction_that_changes_nothing():
    x, v = T.dvectors("x", "v")
    along = gradient.Rop(gradient.zero_grad(x) * 2, x, v)
    assert theano.function([x, v], along, on_unused_input="ignore")([1, 2], [3, 4]).tolist() == [
        0, 0]


def test_clones_of_what_reshapes_the_results_of_own_operations():
    x = T.dmatrix("x")
    for y, wanted in ((x.reshape((6,)) * 3, (6,)), (T.specify_shape(x, (2, 3)) * 3, (2, 3))):
        copy = theano.clone(y, {x: Twice()(x)})
        assert copy.ndim == len(wanted)
        found = value([x], copy, np.arange(6.0).reshape(2, 3))
        np.testing.assert_array_equal(found, 6 * np.arange(6.0).reshape(wanted))
