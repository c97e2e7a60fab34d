"""Typed lists, and variables that are any objects of Python."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
import pentad.frontends.theano as theano
import pentad.frontends.theano.tensor as T
from pentad.frontends.theano import typed_list as tl
from pentad.frontends.theano.gof import Apply, Constant, Op, Type, Variable
from pentad.frontends.theano.ifelse import ifelse
from pentad.frontends.theano.tensor.type_other import NoneConst, SliceType, make_slice, slicetype

A, B, C = (np.full((2, 3), n) for n in (1.0, 2.0, 3.0))
MATRICES = tl.TypedListType(T.dmatrix)


def run(make, *values):
    """What an expression of a list (and a matrix) is for values of them."""
    inputs = [MATRICES("l"), T.dmatrix("m")][:len(values)]
    return theano.function(inputs, make(*inputs))(*values)


def same(found, wanted):
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted):
        assert isinstance(a, np.ndarray)
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("make", "wanted"), [
    (lambda x, m: x.append(m), [A, B, C]), (lambda x, m: x.insert(1, m), [A, C, B]),
    (lambda x, m: x.remove(m * 0 + 1), [B]), (lambda x, m: x.reverse(), [B, A]),
    (lambda x, m: x.extend(tl.make_list([m, m])), [A, B, C, C]), (lambda x, m: x[1:], [B]),
    (lambda x, m: x[T.constant(0, dtype="int64"):][0:1], [A]),
    (lambda x, m: x.append(m)[1:][::-1], [C, B]),
], ids=["append", "insert", "remove", "reverse", "extend", "slice", "symbolic", "chain"])
def test_lists_give_lists(make, wanted):
    x, m = MATRICES("x"), T.dmatrix("m")
    f = theano.function([x, m], make(x, m), on_unused_input="ignore")
    same(f([A, B], C), wanted)


@pytest.mark.parametrize(("make", "wanted"), [
    (lambda x, m: x[-1], B), (lambda x, m: x[0] + m, A + C), (lambda x, m: tl.length(x), 2),
    (lambda x, m: x.count(m - 2), 1.0), (lambda x, m: x.ind(m - 1), 1.0),
], ids=["getitem", "sum", "length", "count", "index"])
def test_lists_give_tensors(make, wanted):
    x, m = MATRICES("x"), T.dmatrix("m")
    found = theano.function([x, m], make(x, m), on_unused_input="ignore")([A, B], C)
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, wanted)


def test_results_are_no_views_of_what_was_given():
    given = [A.copy(), B.copy()]
    first = run(lambda x: x[0], given)
    first += 1
    np.testing.assert_array_equal(given[0], A)


def test_nested_lists():
    kind = tl.TypedListType(T.dvector, 1)
    assert kind.get_depth() == 1
    assert kind == tl.TypedListType(tl.TypedListType(T.dvector))
    x = kind("x")
    inner, length = theano.function([x], [x[0], tl.length(x)])([[[1.0], [2.0, 3.0]], []])
    assert length == 2
    same(inner, [np.array([1.0]), np.array([2.0, 3.0])])


def test_gradients_pass_through_lists():
    v = T.dvector("v")
    found = tl.make_list([v * 2, v * v])
    cost = T.sum(found[0] * found[1])
    slope = theano.function([v], T.grad(cost, v))(np.array([1.0, 3.0]))
    np.testing.assert_allclose(slope, 6 * np.array([1.0, 3.0]) ** 2)
    plain = tl.make_list([v])
    slope = theano.function([v], T.grad(T.sum(plain[0] ** 2), v))(np.array([1.0, 3.0]))
    np.testing.assert_allclose(slope, [2.0, 6.0])


def test_lists_as_defaults_and_states():
    x, v = MATRICES("x"), T.dmatrix("v")
    f = theano.function([theano.In(x, value=[A], update=x.append(v)), v], tl.length(x))
    assert [int(f(v=B)) for _ in range(3)] == [1, 2, 3]
    same(f.container[x].value, [A, B, B, B])


def test_what_does_not_fit_a_list():
    x = MATRICES("x")
    with pytest.raises(AssertionError, match="another type"):
        tl.append(x, T.fmatrix())
    with pytest.raises(AssertionError, match="not a typed list"):
        tl.length(T.dmatrix())
    with pytest.raises(TypeError, match="scalar or slice"):
        x[T.lvector()]
    with pytest.raises(TypeError, match="same type"):
        tl.make_list([T.dmatrix(), T.dvector()])
    with pytest.raises(TypeError, match="Expected a list"):
        theano.function([x], x)(3)
    with pytest.raises(TypeError, match="number of dimensions"):
        theano.function([x], x)([np.ones(2)])
    with pytest.raises(ValueError, match="not in the list"):
        run(lambda x, m: x.ind(m), [A], B)
    with pytest.raises(IndexError):
        run(lambda x: x[3], [A])
    with pytest.raises(ValueError, match="depth"):
        tl.TypedListType(T.dmatrix, -1)
    with pytest.raises(TypeError, match="Theano Type"):
        tl.TypedListType("matrix")
    assert str(x.type).startswith("TypedList <TensorType(float64")


def test_slices_and_none():
    s, i = SliceType()("s"), T.lscalar("i")
    x = MATRICES("x")
    same(theano.function([x, s], x[s])([A, B, C], slice(0, None, 2)), [A, C])
    assert theano.function([i], make_slice(slice(i, None)))(1) == slice(1, None)
    assert NoneConst.type.is_valid_value(None)
    assert NoneConst.data is None
    assert str(slicetype) == "slice"
    assert slicetype == SliceType()
    with pytest.raises(TypeError, match="Expected a slice"):
        slicetype.filter(3)


def test_generic_variables_and_constants():
    x, y = theano.generic("x"), theano.generic("y")
    c = T.iscalar("c")
    f = theano.function([c, x, y], ifelse(c, x, y))
    assert f(1, ["a"], ["b"]) == ["a"]
    assert f(0, ["a"], {"b": 1}) == {"b": 1}
    known = Constant(theano.generic, {"a": 1})
    assert theano.function([], known)() == {"a": 1}
    with pytest.raises(TypeError, match="TensorType"):
        T.exp(x)


class Pick(Op):
    """An operation that takes a Python object."""

    __props__ = ()

    def make_node(self, table, key):
        return Apply(self, [table, key], [T.dscalar(), theano.generic()])

    def perform(self, node, inputs, output_storage):
        table, key = inputs
        output_storage[0][0] = np.asarray(table[int(key)])
        output_storage[1][0] = sorted(table)


def test_shared_objects():
    held = theano.shared({1: 2.5, 0: 1.5}, name="table")
    assert held.type == theano.generic
    key = T.lscalar("key")
    value, keys = Pick()(held, key)
    f = theano.function([key], [value * 2, keys])
    assert f(1) == [5.0, [0, 1]]
    held.set_value({1: 4.0})
    assert f(1) == [8.0, [1]]
    assert held in f.get_shared()
    with pytest.raises(TypeError, match="not subscriptable"):
        held[0]
    copied = held.get_value()
    copied[5] = 1
    assert held.get_value() == {1: 4.0}
    held.get_value(borrow=True)[5] = 1.0
    assert held.get_value() == {1: 4.0, 5: 1.0}
    g = theano.function([], [], updates=[(held, theano.generic.make_constant([7]))])
    g()
    assert held.get_value() == [7]


def test_a_gradient_through_an_operation_on_objects_is_refused():
    class Smooth(Pick):
        def grad(self, inputs, output_grads):
            return [theano.gradient.DisconnectedType()(), output_grads[0]]

        def make_node(self, table, key):
            return Apply(self, [table, key], [T.dscalar(), theano.generic()])

    key = T.dscalar("key")
    value, _ = Smooth()(theano.shared({1: 2.5}), key)
    with pytest.raises(pt.AutogradError, match="objects"):
        theano.function([key], T.grad(value, key))(1.0)


class Double(Type):
    """The type of Theano's tutorial: Python's floats."""

    def filter(self, data, strict=False, allow_downcast=None):
        if strict and not isinstance(data, float):
            raise TypeError("Expected a float!")
        return float(data)

    def __str__(self):
        return "double"


class Sum(Op):
    """Two of them in one."""

    __props__ = ()

    def make_node(self, x, y):
        return Apply(self, [x, y], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] + inputs[1]


def test_types_of_programs_own():
    double = Double()
    x, y = double("x"), double("y")
    assert theano.function([x, y], Sum()(x, Sum()(y, y)))(1, 2.5) == 6.0
    with pytest.raises(TypeError, match="Expected a float"):
        theano.function([theano.In(x, strict=True)], x)(3)


def test_variables_made_by_their_classes():
    x = T.TensorVariable(T.dvector, name="x")
    assert isinstance(x, T.TensorVariable)
    assert x.name == "x"
    assert x.owner is None
    two = T.TensorConstant(T.dscalar, np.array(2.0))
    same([theano.function([x], x * two)([1.0, 2.0])], [[2.0, 4.0]])
    plain = Variable(T.fmatrix, name="plain")
    assert plain.type == T.fmatrix
    w = theano.compile.SharedVariable(name="w", type=T.dvector, value=np.ones(2), strict=False)
    same([w.get_value()], [[1.0, 1.0]])
    with pytest.raises(TypeError, match="made by its operation"):
        T.TensorVariable(T.dvector, owner=(x * 2).owner, index=0)
