"""`theano.function`: inputs, updates, givens, defaults, copies, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.theano as theano
import pentad.frontends.theano.tensor as T
from pentad.frontends.theano.configparser import config


def test_updates_take_place_after_the_outputs():
    state, inc = theano.shared(0), T.iscalar("inc")
    accumulate = theano.function([inc], state, updates=[(state, state + inc)])
    assert [int(accumulate(n)) for n in (1, 300, 5)] == [0, 1, 301]
    assert state.get_value() == 306
    other = theano.shared(0)
    moved = accumulate.copy(swap={state: other})
    assert [int(moved(100)), int(other.get_value()), int(state.get_value())] == [0, 100, 306]
    still = accumulate.copy(delete_updates=True)
    still(1)
    assert state.get_value() == 306


def test_defaults_names_and_states_of_inputs():
    x, y, w = T.dscalars("x", "y", "w")
    f = theano.function([x, theano.In(y, value=1), theano.In(w, value=2, name="by_name")],
                        (x + y) * w)
    assert [float(v) for v in (f(3), f(3, 4), f(3, by_name=1), f(3, y=0))] == [8, 14, 4, 6]
    total = theano.function([x, theano.In(y, value=0.0, update=y + x)], y + x)
    assert [float(total(v)) for v in (1, 2, 3)] == [1, 3, 6]
    assert total[y] == 6


def test_default_updates_and_givens():
    step = theano.shared(1.0)
    step.default_update = step * 2
    x = T.dscalar("x")
    f = theano.function([x], x * step)
    assert [float(f(1)) for _ in range(3)] == [1, 2, 4]
    g = theano.function([x], x * step, no_default_updates=True)
    assert [float(g(1)) for _ in range(2)] == [8, 8]
    h = theano.function([x], x * step, givens={step: x + 1}, no_default_updates=True)
    assert h(3) == 12


def test_givens_that_use_what_they_replace_and_containers_that_are_shared():
    a = theano.shared(1.0)
    assert theano.function([], a * 2, givens={a: a + 10})() == 22
    x, s = T.dscalar("x"), T.dscalar("s")
    f = theano.function([x, theano.In(s, value=0.0, update=s + x)], s)
    g = theano.function([x, theano.In(s, value=f.container[s], update=s - x)], s)
    f(3)
    g(1)
    assert (f[s], g[s]) == (2, 2)
    a.default_update = a + 1
    del a.default_update
    theano.function([], a)()
    assert a.get_value() == 1
    assert theano.function([x], T.cast(x, "int8"), allow_input_downcast=True)(3) == 3


def test_a_minibatch_by_a_fed_index_is_compiled_once():
    data, i = theano.shared(np.arange(12.0)), T.lscalar("i")
    x = T.dvector("x")
    f = theano.function([i], (x * x).sum(), givens={x: data[i * 3:(i + 1) * 3]})
    assert [float(f(k)) for k in range(4)] == [5, 50, 149, 302]
    [native] = f.run._compiled.values()
    assert native.compiled.traces == 1


def test_outputs_come_in_the_form_they_were_asked():
    x = T.dvector("x")
    assert theano.function([x], {"b": x.sum(), "a": x.max()})([1, 2]) == {"a": 2, "b": 3}
    assert theano.function([x], [x.sum()])([1, 2]) == [3]
    assert theano.function([x], None, on_unused_input="ignore")([1, 2]) == []
    assert theano.function([], theano.Out(T.constant(2.0), borrow=True))() == 2


@pytest.mark.parametrize(("dtype", "value", "message"), [
    ("float32", np.ones(2), "without risking loss"), ("int32", [1.5], "cannot store accurately"),
    ("float64", np.ones((2, 2)), "Wrong number of dimensions"), ("float64", None, "None"),
])
def test_values_that_do_not_fit(dtype, value, message):
    x = T.vector("x", dtype=dtype)
    with pytest.raises(TypeError, match=rf"(?s)Bad input argument.*{message}"):
        theano.function([x], x * 2)(value)


def test_casts_are_allowed_where_asked():
    x = T.fvector("x")
    assert theano.function([x], x, allow_input_downcast=True)(np.ones(2)).dtype == np.float32
    with config.change(floatX="float32"):
        s = T.fscalar("s")
        assert theano.function([s], s)(0.1) == np.float32(0.1)
    row = T.drow("row")
    with pytest.raises(TypeError, match="Non-unit value on shape on a broadcastable dimension"):
        theano.function([row], row)(np.ones((2, 2)))


def test_graphs_that_are_refused():
    x, y = T.dvectors("x", "y")
    with pytest.raises(theano.gof.MissingInputError, match="Undeclared input: y"):
        theano.function([x], x + y)
    with pytest.raises(theano.compile.UnusedInputError, match="not part of the computational"):
        theano.function([x, y], x)
    with pytest.raises(theano.compile.UnusedInputError, match="used twice"):
        theano.function([x, x], x)
    w = theano.shared(np.float32(1))
    with pytest.raises(TypeError, match="explicit input"):
        theano.function([w], w)
    with pytest.raises(TypeError, match=r"(?s)same type as the original.*float64"):
        theano.function([], [], updates=[(w, w + np.float64(0.1))])
    with pytest.raises(ValueError, match="already has an update"):
        theano.function([], [], updates=[(w, w), (w, w)])
    with pytest.raises(TypeError, match="must be a SharedVariable"):
        theano.function([x], [], updates=[(x, x)])
    f = theano.function([x, y], x + y)
    with pytest.raises(TypeError, match="Missing required input: y"):
        f([1.0])
    with pytest.raises(TypeError, match="Too many parameter"):
        f([1.0], [1.0], [1.0])
    with pytest.raises(TypeError, match="Unknown input or state: z"):
        f([1.0], z=[1.0])


def test_errors_while_running_name_the_line():
    a, b = T.dmatrix("a"), T.dvector("b")
    f = theano.function([a, b], T.dot(a, b))
    with pytest.raises(ValueError, match=r"(?s)shapes do not fit.*made at .*test_functions\.py"):
        f(np.ones((2, 3)), np.ones(4))


def test_values_lie_where_borrow_says():
    memory = np.ones(64)
    start = memory[-memory.ctypes.data % 64 // 8:][:2]
    w = theano.shared(start, borrow=True)
    start += 1
    assert w.get_value().tolist() == [2, 2]
    start -= 1
    copy = w.get_value()
    copy += 1
    assert w.get_value().tolist() == [1, 1]
    w.set_value([3, 4])
    assert w.get_value(borrow=True).tolist() == [3, 4]
    with pytest.raises(TypeError):
        w.set_value(np.ones((2, 2)))
    w.set_value(np.zeros(5))
    assert theano.function([], w.sum())() == 0


def test_test_values():
    with config.change(compute_test_value="raise"):
        u = T.dvector("u")
        u.tag.test_value = np.arange(3.0)
        assert (u * 2).tag.test_value.tolist() == [0, 2, 4]
        assert T.grad((u ** 2).sum(), u).tag.test_value.tolist() == [0, 2, 4]
        with pytest.raises(AttributeError, match="'v' has no test value"):
            u + T.dvector("v")
        with pytest.raises(ValueError, match="shapes do not fit"):
            T.dot(u, theano.shared(np.ones((4, 2))))
    with config.change(compute_test_value="ignore"):
        assert not hasattr((T.dvector("v") * 2).tag, "test_value")


def test_older_homes_of_names():
    from pentad.frontends.theano.compat import DefaultOrderedDict, exc_message
    from pentad.frontends.theano.compat.python2x import OrderedDict
    from pentad.frontends.theano.tensor import basic
    from pentad.frontends.theano.tests import unittest_tools as utt

    assert basic.dot is T.dot
    with pytest.raises(AttributeError, match=r"tensor\.basic\.nothing"):
        basic.nothing  # noqa: B018
    assert DefaultOrderedDict(list)["a"] == []
    assert issubclass(DefaultOrderedDict, OrderedDict)
    assert exc_message(ValueError("x")) == "x"
    utt.seed_rng()
    first = np.random.rand()
    utt.seed_rng()
    assert np.random.rand() == first
    utt.verify_grad(T.tanh, [np.random.rand(3)])
    utt.assert_allclose(np.ones(2), np.ones(2) + 1e-12)
    with pytest.raises(utt.WrongValue, match="largest absolute error 1"):
        utt.assert_allclose(np.ones(2), np.zeros(2))


def test_flags():
    assert theano.configparser.parse_flags("floatX=float32,device=cpu,profile") == {
        "floatX": "float32", "device": "cpu", "profile": "True"}
    with pytest.raises(ValueError, match="not a value of this setting"):
        config.floatX = "float31"
    with pytest.raises(AttributeError, match="no setting 'flaotX'"):
        config.flaotX = "float32"
    with pytest.warns(UserWarning, match="run on the CPU"):
        config.device = "cuda0"
    assert config.device == "cpu"
    with theano.change_flags(floatX="float32"):
        assert T.matrix().dtype == "float32"
    assert T.matrix().dtype == "float64"


def test_classes_tell_variables_constants_and_shared_variables_apart():
    kinds = (T.TensorVariable, T.TensorConstant, T.sharedvar.TensorSharedVariable)
    for k, v in enumerate((T.vector(), T.constant(1.0), theano.shared(np.ones(2)))):
        assert [isinstance(v, kind) for kind in kinds] == [k == i for i in range(3)]
        assert isinstance(v, theano.Variable)
        assert isinstance(v, T.basic._tensor_py_operators)
    assert isinstance(theano.shared(1.0), T.sharedvar.ScalarSharedVariable)
    assert str(T.matrix().T) == "InplaceDimShuffle{1,0}.0"


def test_graphs_are_compared():
    x, y = T.vectors("x", "y")
    same = theano.gof.graph.is_same_graph
    assert same(T.tanh(x).sum(), T.tanh(x).sum())
    assert not same(x + 1, y + 1)
    assert same(x + 1, y + 1, givens={x: y})
