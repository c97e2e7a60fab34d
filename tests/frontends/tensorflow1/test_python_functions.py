"""Functions of Python in graphs, and the gradients through them."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph
from tests.frontends.tensorflow1.common import run

tf.RegisterGradient("TestCube")(lambda op, dy: 3 * dy * op.inputs[0] ** 2)
FED = np.array([1.0, 2.0], np.float32)


@pytest.fixture
def x():
    return tf.placeholder(tf.float32, [None])


def test_what_hands_its_input_on_hands_gradients_on(x, capfd):
    for passed in (tf.Print(x, [x]), tf.check_numerics(x, "bad")):
        [first] = tf.gradients(passed * passed, x)
        [second] = tf.gradients(first, x)
        assert run([first, second], {x: FED})[0].tolist() == [2.0, 4.0]
        assert run(second, {x: FED}).tolist() == [2.0, 2.0]
    between = tf.gradients(tf.Print(x * 3, [x]) ** 2, x)[0]
    assert run(between, {x: FED}).tolist() == [18.0, 36.0]
    assert "[1.0 2.0]" in capfd.readouterr().err


def test_functions_of_arrays_have_the_gradient_that_is_registered(x, graph):
    def cube(value):
        with graph.gradient_override_map({"PyFunc": "TestCube"}):
            found = tf.py_func(lambda a: a ** 3, [value], tf.float32)
        found.set_shape([None])
        return found

    assert tf.gradients(tf.py_func(lambda a: a ** 3, [x], tf.float32), x) == [None]
    assert run(tf.gradients(cube(x), x)[0], {x: FED}).tolist() == [3.0, 12.0]
    assert run(tf.gradients(cube(cube(x)), x)[0], {x: FED}).tolist() == [9.0, 2304.0]
    assert run(tf.gradients(cube(2 * x), x)[0], {x: FED}).tolist() == [24.0, 96.0]


def test_functions_of_tensors_with_values(x):
    seen = []

    def function(a, b):
        seen.append(a.numpy().tolist())
        if a[0] > 0:
            a = a * a
        return tf.reduce_sum(a * b), len(a)

    w = tf.constant([2.0, 4.0])
    y, count = tf.py_function(function, [x, w], [tf.float32, tf.int32])
    y.set_shape([])
    assert run([y, count], {x: FED}) == [18.0, 2]
    assert seen == [[1.0, 2.0]]
    by_x, by_w = run(tf.gradients(y * y, [x, w]), {x: FED})
    assert by_x.tolist() == [2 * 18 * 4, 2 * 18 * 16]
    assert by_w.tolist() == [36.0, 144.0]
    assert len(seen) == 2
    upper = tf.py_function(lambda t: tf.strings.upper(t), [tf.constant("abc")], tf.string)
    assert run(upper) == b"ABC"


def test_functions_without_results_are_operations(x, capfd):
    said = tf.py_function(lambda a: tf.print("here", a), [x], [])
    stored = []
    kept = tf.py_func(stored.append, [x], [])
    assert isinstance(said, tf.Operation)
    assert isinstance(kept, tf.Operation)
    assert run(said, {x: FED}) is None
    assert "here [1 2]" in capfd.readouterr().err.replace(".", "")


def test_errors_of_functions(x):
    with pytest.raises(tf.errors.UnknownError, match="ZeroDivisionError"):
        run(tf.py_function(lambda a: 1 / 0, [x], tf.float32), {x: FED})
    with pytest.raises(tf.errors.InvalidArgumentError, match="gives 2 values"):
        run(tf.py_function(lambda a: (a, a), [x], [tf.float32]), {x: FED})
    with pytest.raises(ValueError, match="callable"):
        tf.py_function(3, [x], tf.float32)


def test_bfloat16_numbers_are_rounded(x):
    assert run(tf.to_bfloat16(1.3)) == 1.296875
    assert run(tf.to_float(tf.constant([1.5, 2.3], tf.bfloat16) * 2)).tolist() == [3.0, 4.59375]
    assert run(tf.to_bfloat16(x), {x: [2.3]}).tolist() == [2.296875]


@pytest.mark.filterwarnings("error")
def test_a_step_that_prints_and_checks_is_compiled(x, capfd):
    w = tf.Variable([1.0, 1.0])
    product = tf.Print(w * x, [w.read_value(), tf.shape(x)], "seen ")
    loss = tf.check_numerics(tf.reduce_sum(product), "the loss")
    step = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    with tf.control_dependencies([tf.assert_less(loss, 100.0)]):
        step = tf.group(step)
    with tf.Session() as session:
        session.run(w.initializer)
        for _ in range(3):
            session.run([step, loss], {x: FED})
        assert session.run(w).tolist() == [-2.0, -5.0]
        assert capfd.readouterr().err.split("\n")[:3] == [
            "seen [1.0 1.0][2]", "seen [0.0 -1.0][2]", "seen [-1.0 -3.0][2]"]
        for wrong, text in (([np.nan, 0.0], "NaN"), ([-1e4, 0.0], "assertion failed")):
            with pytest.raises(tf.errors.InvalidArgumentError, match=text):
                session.run([step, loss], {x: wrong})
            assert session.run(w).tolist() == [-2.0, -5.0]
