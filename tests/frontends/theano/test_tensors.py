"""Functions of tensors whose arguments are known only when they run; linear algebra; borrowing."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
import pentad.frontends.theano as theano
import pentad.frontends.theano.tensor as T
from pentad.frontends.theano.tests import unittest_tools

A = np.arange(6.0).reshape(2, 3)


def test_join_along_an_axis_that_is_given():
    x, axis = T.dmatrix("x"), T.lscalar("axis")
    joined = T.join(axis, x, x * 2)
    f = theano.function([x, axis], [joined, T.grad(T.sum(joined ** 2), x)])
    for place in (0, 1, -1):
        value, slope = f(A, place)
        np.testing.assert_array_equal(value, np.concatenate([A, A * 2], place))
        np.testing.assert_allclose(slope, 10 * A)
    with pytest.raises(pt.PentadError):
        f(A, 2)


@pytest.mark.parametrize(("mode", "places"), [
    ("raise", [0, 2, 1]), ("wrap", [-1, 3, 7]), ("clip", [-4, 9, 1])])
def test_choose_of_as_many_as_there_are(mode, places):
    choices, a = T.dmatrix("choices"), T.lvector("a")
    f = theano.function([a, choices], T.choose(a, choices, mode=mode))
    given = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(f(places, given), np.choose(places, given, mode=mode))
    column = T.lmatrix("column")
    f = theano.function([column, choices], T.choose(column, choices, mode=mode))
    wide = np.array(places)[:, None]
    np.testing.assert_array_equal(f(wide, given), np.choose(wide, given, mode=mode))


def test_tensorsolve_of_two_dtypes():
    a, b = T.fmatrix("a"), T.dvector("b")
    f = theano.function([a, b], T.nlinalg.tensorsolve(a, b))
    left, right = np.array([[2, 1], [1, 3]], "float32"), np.array([1.0, 2.0])
    found = f(left, right)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, np.linalg.solve(left, right))
    i = T.lmatrix("i")
    assert T.nlinalg.tensorsolve(i, b).dtype == "float64"


def test_singular_matrices_are_numpys_error():
    x = T.dmatrix("x")
    f = theano.function([x], T.nlinalg.matrix_inverse(x))
    with pytest.raises(np.linalg.LinAlgError) as caught:
        f(np.ones((2, 2)))
    assert isinstance(caught.value, pt.LinAlgError)
    with pytest.raises(np.linalg.LinAlgError):
        theano.function([x], T.slinalg.cholesky(x))(-np.eye(2))


@pytest.mark.parametrize("lower", [True, False])
def test_eigenvalues_look_at_one_triangle(lower):
    rng = np.random.RandomState(1)
    a, b = rng.randn(3, 3), rng.randn(3, 3) + 10 * np.eye(3)
    side = np.tril if lower else np.triu

    def whole(x):
        return side(x) + side(x, -1 if lower else 1).T

    x, y = T.dmatrices("x", "y")
    found = T.slinalg.eigvalsh(x, y, lower)
    wanted = np.sort(np.linalg.eigvals(np.linalg.solve(whole(b), whole(a))).real)
    f = theano.function([x, y], found, mode="FAST_COMPILE")
    np.testing.assert_allclose(f(a, b), wanted, rtol=1e-10)
    alone = theano.function([x], T.slinalg.eigvalsh(x, T.NoneConst, lower), mode="FAST_COMPILE")
    np.testing.assert_allclose(alone(a), np.linalg.eigvalsh(whole(a)), rtol=1e-10)
    unittest_tools.verify_grad(lambda x, y: T.dot(T.slinalg.eigvalsh(x, y, lower), [1., 2., 3.]),
                               [a, b], mode="FAST_COMPILE", n_tests=1)


def test_gradients_of_single_precision_are_verified_against_exact_differences():
    rng = np.random.RandomState(0)
    x = rng.rand(40, 50).astype("float32")
    unittest_tools.verify_grad(lambda x: x * x + 3, [x], mode="FAST_COMPILE", n_tests=1)

    def wrong(x):
        return x * theano.gradient.disconnected_grad(x)

    with pytest.raises(theano.gradient.GradientError):
        unittest_tools.verify_grad(wrong, [x[:2, :2]], mode="FAST_COMPILE")
    with pytest.raises(NotImplementedError, match="several outputs"):
        unittest_tools.verify_grad(lambda x: [x, x], [x])


def test_a_borrowed_array_is_the_variable():
    for offset in range(8):
        memory = np.zeros(24)[offset:offset + 6]
        lent, copied = theano.shared(memory, borrow=True), theano.shared(memory)
        memory += 1
        np.testing.assert_array_equal(lent.get_value(), np.ones(6))
        np.testing.assert_array_equal(copied.get_value(), np.zeros(6))
        theano.function([], [], updates=[(lent, lent * 3)], mode="FAST_COMPILE")()
        np.testing.assert_array_equal(memory, np.full(6, 3.0))
        lent.get_value(borrow=True)[:2] = 7
        np.testing.assert_array_equal(memory, [7, 7, 3, 3, 3, 3])
        kept = lent.get_value()
        kept += 1
        np.testing.assert_array_equal(memory, [7, 7, 3, 3, 3, 3])


def test_what_shared_makes_of_values():
    assert theano.shared(3).dtype == "int64"
    assert theano.shared(2.5).dtype == "float64"
    assert theano.shared(np.float32(1)).dtype == "float32"
    assert theano.shared(A[:1], broadcastable=(True, False)).broadcastable == (True, False)
    assert theano.shared([1, 2]).type == theano.generic
    assert theano.shared(np.array(["a"])).type == theano.generic
    with pytest.raises(TypeError, match="constructor could be found"):
        theano.shared([1, 2], borrow=True)
    with pytest.raises(TypeError, match="constructor could be found"):
        theano.shared(A, color="red")
    strict = theano.shared(A, strict=True)
    with pytest.raises(TypeError, match="float64"):
        strict.set_value(A.astype("float32"))


def test_the_shape_of_what_is_joined_is_found_without_joining():
    x, y = T.dmatrices("x", "y")
    f = theano.function([x, y], T.join(0, T.exp(x), T.exp(y)).shape)
    f(A, A)
    with pt.profile() as profile:
        assert f(A, A).tolist() == [4, 3]
    assert not [row.name for row in profile.rows if "exp" in row.name or "conc" in row.name]


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_sorted_along_an_axis_known_later(axis):
    x, at = T.dmatrix(), T.iscalar()
    numbers = np.array([[3.0, 1, 2], [1, 5, 0]])
    weights = np.arange(6.0).reshape(2, 3)
    slope = T.grad((T.sort(x, at) * weights).sum(), x)
    values, places, back = theano.function([x, at], [T.sort(x, at), T.argsort(x, at), slope])(
        numbers, axis)
    np.testing.assert_array_equal(values, np.sort(numbers, axis))
    np.testing.assert_array_equal(places, np.argsort(numbers, axis))
    np.testing.assert_array_equal(np.take_along_axis(back, places, axis), weights)
    with pytest.raises(TypeError, match="the axis must be a whole number"):
        T.sort(x, T.dvector())


def test_sorted_along_an_axis_that_is_a_float():
    x, at = T.dmatrix(), T.dscalar()
    f = theano.function([x, at], T.sort(x, at))
    assert f([[2, 1]], 1.0).tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="a whole number is needed"):
        f([[2, 1]], 0.5)
