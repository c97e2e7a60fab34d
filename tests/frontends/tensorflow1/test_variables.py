"""Variables: values that sessions keep, get_variable and its scopes, initialisers."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import close, run
from tests.frontends.tensorflow1.common import graph as graph


def test_a_variable_keeps_its_value_in_its_session(graph):
    w = tf.Variable(tf.ones([2, 3]), name="w")
    assert (w.name, w.dtype.name, w.shape.as_list()) == ("w:0", "float32_ref", [2, 3])
    names = {n.name: n.type for n in graph.get_operations()}
    assert names["w"] == "VariableV2"
    assert names["w/Assign"] == "Assign"
    assert names["w/read"] == "Identity"
    step = tf.assign_add(w, tf.ones([2, 3]))
    double = w.assign(w * 2.0)
    with tf.Session() as one, tf.Session() as two:
        for sess in (one, two):
            sess.run(tf.global_variables_initializer())
        assert one.run(step)[0, 0] == 2.0
        for expected in (4.0, 8.0, 16.0):
            assert one.run([double, w.op])[0][0, 0] == expected
        assert one.run(w).tolist() == [[16.0] * 3] * 2
        assert two.run(w)[0, 0] == 1.0
        w.load(np.zeros([2, 3]), one)
        assert w.eval(one)[1, 2] == 0.0
        with pytest.raises(ValueError, match="another shape"):
            w.load(np.zeros(3), one)


def test_a_variable_without_a_value():
    w = tf.Variable(3.0, name="weights")
    later = tf.Variable(w.initialized_value() * 2.0)
    ready = tf.is_variable_initialized(w)
    missing = tf.report_uninitialized_variables()
    with tf.Session() as sess:
        for _ in range(2):
            with pytest.raises(tf.errors.FailedPreconditionError,
                               match=r"(?s)uninitialized value weights.*made at"):
                sess.run(w + 1.0)
            assert not sess.run(ready)
        assert sess.run(missing).tolist() == [b"weights", b"Variable"]
        sess.run(tf.global_variables_initializer())
        assert sess.run([w, later, ready]) == [3.0, 6.0, True]
        assert sess.run(missing).size == 0


def test_variables_can_be_fed_and_used_in_arithmetic():
    w = tf.Variable([1.0, 2.0])
    y = 2 * w - 1
    with tf.Session() as sess:
        sess.run(w.initializer)
        assert sess.run([y, w[1], -w])[1] == 2.0
        assert sess.run(y, {w: [5.0, 6.0]}).tolist() == [9.0, 11.0]
        assert sess.run(w).tolist() == [1.0, 2.0]


def test_shapes_of_assignments():
    w = tf.Variable(tf.zeros([2]))
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        tf.assign(w, tf.zeros([3]))
    with pytest.raises(ValueError, match="must have a shape specified"):
        tf.Variable(tf.placeholder(tf.float32, [None]))
    x = tf.placeholder(tf.float32)
    put = tf.assign(w, x)
    free = tf.Variable(x, validate_shape=False)
    with tf.Session() as sess:
        sess.run(w.initializer)
        assert sess.run(put, {x: [1, 2]}).tolist() == [1, 2]
        with pytest.raises(tf.errors.InvalidArgumentError, match="shapes of both tensors to match"):
            sess.run(put, {x: [1, 2, 3]})
        sess.run(free.initializer, {x: [1, 2, 3]})
        assert sess.run(free).shape == (3,)
    with pytest.raises(TypeError, match="type int32 that does not match type float32"):
        tf.assign(w, tf.constant([1, 2]))


def test_rows_are_updated():
    for make, expected in [
        (tf.scatter_update, [9, 2, 9]), (tf.scatter_add, [10, 2, 12]),
        (tf.scatter_sub, [-8, 2, -6]), (tf.scatter_mul, [9, 2, 27]), (tf.scatter_max, [9, 2, 9]),
        (tf.scatter_min, [1, 2, 3]),
    ]:
        w = tf.Variable([1, 2, 3])
        step = make(w, [0, 2], [9, 9])
        with tf.Session() as sess:
            sess.run(w.initializer)
            assert sess.run(step).tolist() == expected
            assert sess.run(w).tolist() == expected
    w = tf.Variable(tf.zeros([2, 2]))
    step = tf.scatter_nd_update(w, [[0, 1], [1, 0]], [5.0, 6.0])
    twice = tf.scatter_add(w, [1, 1], [[1.0, 1.0], [1.0, 1.0]])
    with tf.Session() as sess:
        sess.run(w.initializer)
        assert sess.run(step).tolist() == [[0, 5], [6, 0]]
        assert sess.run(twice).tolist() == [[0, 5], [8, 2]]


def test_control_dependencies_order_reads_and_writes():
    n = tf.Variable(0, trainable=False)
    step = tf.assign_add(n, 1)
    with tf.control_dependencies([step]):
        after = tf.identity(n)
        both = tf.group(step, tf.no_op())
    with tf.Session() as sess:
        sess.run(n.initializer)
        assert [sess.run(after) for _ in range(3)] == [1, 2, 3]
        sess.run(both)
        assert sess.run(n) == 4


def test_get_variable_makes_once_and_finds_again():
    with tf.variable_scope("layer") as scope:
        w = tf.get_variable("w", [2, 2], initializer=tf.zeros_initializer())
        assert w.name == "layer/w:0"
        assert (w * 1.0).name == "layer/mul:0"
        with pytest.raises(ValueError, match=r"(?s)layer/w already exists.*reuse"):
            tf.get_variable("w", [2, 2])
        scope.reuse_variables()
        assert tf.get_variable("w") is w
    with tf.variable_scope("layer", reuse=True):
        assert tf.get_variable("w", [2, 2]) is w
        with pytest.raises(ValueError, match="does not exist"):
            tf.get_variable("b", [2])
        with pytest.raises(ValueError, match="specified shape"):
            tf.get_variable("w", [3, 2])
    with tf.variable_scope("layer", reuse=tf.AUTO_REUSE):
        b = tf.get_variable("b", [2], initializer=tf.constant_initializer(3))
        assert tf.get_variable("b", [2]) is b
    with tf.variable_scope(scope, reuse=True) as again:
        assert again.original_name_scope == "layer/"
        assert tf.get_variable("w") is w
    with tf.variable_scope("outer"):
        with tf.variable_scope(scope, auxiliary_name_scope=False):
            assert tf.get_variable_scope().name == "layer"
        with tf.variable_scope("inner"):
            assert tf.get_variable("w", [1]).name == "outer/inner/w:0"
    assert tf.global_variables()[:2] == [w, b]
    assert tf.trainable_variables("outer/") == tf.get_collection("trainable_variables", "outer/")


def test_default_names_of_scopes_are_made_unique():
    found = []
    for _ in range(2):
        with tf.variable_scope(None, default_name="cell"):
            found.append(tf.get_variable("w", [1]).name)
    assert found == ["cell/w:0", "cell_1/w:0"]


def test_scopes_hand_down_what_get_variable_does():
    seen = []

    def getter(getter, name, *args, **kwargs):
        seen.append(name)
        return getter(name, *args, **kwargs)

    with tf.variable_scope("a", initializer=tf.ones_initializer(), custom_getter=getter,
                           regularizer=lambda v: tf.reduce_sum(v), dtype=tf.float64):
        w = tf.get_variable("w", [3])
    assert seen == ["a/w"]
    assert w.dtype.base_dtype is tf.float64
    [loss] = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert loss.name == "a/w/Regularizer/Sum:0"
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(loss) == 3.0


def test_variables_in_parts():
    with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(2)):
        w = tf.get_variable("w", [5, 2], initializer=tf.ones_initializer())
    assert [v.name for v in w] == ["p/w/part_0:0", "p/w/part_1:0"]
    assert [v.shape.as_list() for v in w] == [[3, 2], [2, 2]]
    assert list(w)[1]._get_save_slice_info().spec == "5 2 3,2:0,2"
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(w + 1.0).shape == (5, 2)


def test_templates_share_their_variables():
    def layer(x):
        return x * tf.get_variable("w", [], initializer=tf.constant_initializer(2.0))

    shared = tf.make_template("layer", layer)
    a, b = shared(tf.constant(1.0)), shared(tf.constant(3.0))
    assert len(tf.global_variables()) == 1
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run([a, b]) == [2.0, 6.0]


@pytest.mark.parametrize(("make", "low", "high", "spread"), [
    (tf.glorot_uniform_initializer(seed=1), -0.1226, 0.1226, (1 / 200) ** 0.5),
    (tf.truncated_normal_initializer(1.0, 0.5, seed=2), 0.0, 2.0, 0.44),
    (tf.random_normal_initializer(stddev=2.0, seed=3), -20, 20, 2.0),
    (tf.random_uniform_initializer(-1, 3, seed=4), -1, 3, (16 / 12) ** 0.5),
    (tf.initializers.he_normal(seed=5), -1, 1, 0.1),
    (tf.variance_scaling_initializer(1.0, "fan_out", "uniform", seed=6), -0.1226, 0.1226,
     (1 / 200) ** 0.5),
])
def test_random_initializers_have_their_spread(make, low, high, spread):
    values = run(make([200, 200]))
    assert low <= values.min() < values.max() <= high
    assert abs(values.std() / spread - 1) < 0.05


def test_fixed_initializers():
    close(run(tf.initializers.identity(2.0)([2, 3])), [[2, 0, 0], [0, 2, 0]])
    close(run(tf.constant_initializer([1, 2, 3, 4])([2, 2])), [[1, 2], [3, 4]])
    made = tf.zeros_initializer(tf.int32)
    assert made.get_config() == {"dtype": "int32"}
    assert tf.glorot_normal_initializer.from_config({"seed": 3, "dtype": "float32"}).seed == 3


def test_streams_of_random_numbers_repeat():
    def draws(seed, op_seed):
        with tf.Graph().as_default(), tf.Session() as sess:
            if seed is not None:
                tf.set_random_seed(seed)
            x = tf.random_uniform([2], seed=op_seed)
            return [sess.run(x).tolist() for _ in range(3)]

    assert draws(1, None) == draws(1, None) != draws(2, None)
    assert draws(None, 5) == draws(None, 5) != draws(1, 5)
    assert draws(None, None) != draws(None, None)
    first = draws(1, 1)
    assert first[0] != first[1]
