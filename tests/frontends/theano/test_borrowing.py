"""Which memory programs and shared variables have in common, as Theano's page on aliasing says."""

from __future__ import annotations

import numpy as np
import pytest

from pentad.frontends import theano
from pentad.frontends.theano import tensor as T

KINDS = ["float32", "float64"]


@pytest.mark.parametrize("dtype", KINDS)
def test_only_what_was_borrowed_sees_changes_of_the_array(dtype):
    array = np.ones(2, dtype)
    default, copied = theano.shared(array), theano.shared(array, borrow=False)
    lent = theano.shared(array, borrow=True)
    array += 1
    assert default.get_value().tolist() == copied.get_value().tolist() == [1, 1]
    assert lent.get_value().tolist() == [2, 2]
    assert lent.get_value(borrow=True) is array
    assert not np.shares_memory(lent.get_value(), array)


@pytest.mark.parametrize("dtype", KINDS)
def test_a_new_value_leaves_the_old_array_alone(dtype):
    array = np.ones(2, dtype)
    s = theano.shared(array, borrow=True)
    twice = theano.function([], s * 2)
    assert [twice().tolist() for _ in range(3)] == [[2, 2]] * 3
    s.set_value(np.array([7, 8], dtype), borrow=True)
    assert array.tolist() == [1, 1]
    assert [twice().tolist() for _ in range(3)] == [[14, 16]] * 3
    before = s.get_value(borrow=True)
    s.set_value(before * 0.5)
    assert before.tolist() == [7, 8]
    assert twice().tolist() == [7, 8]


def test_what_was_borrowed_is_written_through():
    s = theano.shared(np.zeros(3))
    total = theano.function([], s.sum())
    assert total() == total() == 0
    s.get_value(borrow=True)[1] = 5
    assert total() == 5
    s.container.value[:] = 1
    assert total() == 3
    value = s.get_value(borrow=True)
    assert s.get_value(borrow=True) is value
    value *= 2
    s.set_value(value, borrow=True)
    assert total() == 6
    assert s.get_value(borrow=True) is value


@pytest.mark.parametrize("dtype", KINDS)
def test_views_are_borrowed_too(dtype):
    base = np.arange(24).reshape(4, 6).astype(dtype)
    view = base[:, 1::2].T
    s, w = theano.shared(view, borrow=True), theano.shared(np.ones((4, 2), dtype))
    gs, gw = T.grad(T.dot(s, w).sum(), [s, w])
    f = theano.function([], [T.dot(s, w), gs, gw], updates=[(w, w - gw)])
    weights = np.ones((4, 2), dtype)
    for _ in range(3):
        y, by_s, by_w = f()
        np.testing.assert_allclose(y, view @ weights)
        np.testing.assert_allclose(by_s, np.ones((3, 1)) * weights.sum(1))
        np.testing.assert_allclose(by_w, view.sum(0)[:, None] * np.ones((1, 2)))
        weights = weights - by_w
        base += 1
    g = theano.function([], [], updates=[(s, s * 2)])
    expected = view * 2
    g()
    np.testing.assert_array_equal(s.get_value(), expected)


def test_memory_that_no_kernel_can_read_is_copied():
    raw = np.zeros(8 * 4 + 1, "uint8")
    odd = raw[1:].view("float64")
    odd[:] = [1, 2, 3, 4]
    s, back = theano.shared(odd, borrow=True), theano.shared(odd[::-1], borrow=True)
    x = T.dvector("x")
    f = theano.function([x], [x * 2, s + back])
    for array in (odd, odd[::-1], odd.copy()):
        assert [v.tolist() for v in f(array)] == [(array * 2).tolist(), [5, 5, 5, 5]]
    back.set_value(odd)
    assert back.get_value().tolist() == [1, 2, 3, 4]
    large = np.zeros(8 * 40000 + 1, "uint8")[1:].view("float64")
    large[:] = 1
    for _ in range(3):
        assert f(large[:4])[0].tolist() == [2] * 4
    total = theano.function([x], x.sum())
    assert [float(total(large)) for _ in range(3)] == [40000] * 3


def test_the_maker_tells_the_cells_of_all_that_a_function_takes():
    s, x = theano.shared(np.ones(2)), T.dvector("x")
    f = theano.function([x], s + x)
    given, held = f.maker.expanded_inputs
    assert (given.variable, held.variable) == (x, s)
    held.value.data = np.array([3.0, 4.0])
    assert f([1, 1]).tolist() == [4, 5]
