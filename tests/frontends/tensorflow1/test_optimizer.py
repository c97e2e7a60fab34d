"""Optimisers: from a loss to steps, with slots and a counter."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import close
from tests.frontends.tensorflow1.common import graph as graph


def test_gradient_descent_counts_its_steps():
    w = tf.Variable([1.0, 2.0], name="w")
    loss = tf.reduce_sum(w * w)
    step = tf.Variable(0, trainable=False)
    train = tf.train.GradientDescentOptimizer(0.25).minimize(loss, global_step=step)
    assert train.name == "GradientDescent"
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP) == [train]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for count, before in ((1, 5.0), (2, 1.25), (3, 0.3125)):
            none, value = sess.run([train, loss])
            assert none is None
            assert value == before
            assert sess.run(step) == count
        close(sess.run(w), [0.125, 0.25])


def test_adam_follows_its_formula():
    w = tf.Variable([1.0, -2.0], name="w")
    optimizer = tf.train.AdamOptimizer(0.1)
    train = optimizer.minimize(tf.reduce_sum(w * w * w))
    assert [v.name for v in tf.global_variables()] == [
        "w:0", "beta1_power:0", "beta2_power:0", "w/Adam:0", "w/Adam_1:0"]
    assert optimizer.get_slot_names() == ["m", "v"]
    assert optimizer.get_slot(w, "v").name == "w/Adam_1:0"
    value, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for t in range(1, 5):
            sess.run(train)
            g = 3 * value**2
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            value = value - 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-8)
            close(sess.run(w), value, 1e-5)


def test_gradients_can_be_changed_between():
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    pairs = optimizer.compute_gradients(a * 3.0, [a, b])
    assert pairs[1] == (None, b)
    train = optimizer.apply_gradients([(g * 2.0 if g is not None else g, v) for g, v in pairs])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(train)
        assert sess.run([a, b]) == [-5.0, 2.0]
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.minimize(a * 3.0, var_list=[b])
    with pytest.raises(ValueError, match="No variables provided"):
        optimizer.apply_gradients([])


def test_constraints_hold_after_a_step():
    w = tf.Variable(1.0, constraint=lambda v: tf.maximum(v, 0.0))
    train = tf.train.GradientDescentOptimizer(1.0).minimize(w * 3.0)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(train)
        assert sess.run(w) == 0.0


def test_the_global_step():
    assert tf.train.get_global_step() is None
    step = tf.train.get_or_create_global_step()
    assert step.name == "global_step:0"
    assert tf.train.get_or_create_global_step() is step
    with pytest.raises(ValueError, match="already exists"):
        tf.train.create_global_step()


def test_several_machines_are_refused():
    with pytest.raises(tf.errors.UnimplementedError, match="adds up the gradients of several"):
        tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.1), 2)


def test_gathered_rows_have_gradients_of_rows():
    table = tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3))
    rows = tf.nn.embedding_lookup(table, [1, 3, 1])
    [gradient] = tf.gradients(tf.reduce_sum(rows * [[1.0], [2.0], [3.0]]), [table])
    assert isinstance(gradient, tf.IndexedSlices)
    dense = tf.convert_to_tensor(gradient)
    [clipped], norm = tf.clip_by_global_norm([gradient], 1.0)
    [whole] = tf.gradients(tf.reduce_sum(rows) + tf.reduce_sum(table), [table])
    assert isinstance(whole, tf.Tensor)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        found, values, size = sess.run([gradient, dense, norm])
    assert found.indices.tolist() == [1, 3, 1]
    close(values, [[0] * 3, [4] * 3, [0] * 3, [2] * 3])
    close(size, np.sqrt(3 * (1 + 4 + 9)))  # the rows as they came, not added up


def test_rows_without_gradients_stay():
    table = tf.Variable(np.ones((3, 2), np.float32))
    which = tf.placeholder(tf.int32, [1])
    train = tf.train.MomentumOptimizer(0.5, 0.5).minimize(
        tf.reduce_sum(tf.nn.embedding_lookup(table, which)))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(train, {which: [0]})
        sess.run(train, {which: [2]})  # the momentum of row 0 moves nothing
        close(sess.run(table), [[0.5, 0.5], [1, 1], [0.5, 0.5]])


def test_variables_may_be_given_as_values_of_a_dict():
    weights = {"a": tf.Variable(1.0), "b": tf.Variable(2.0)}
    pairs = tf.train.GradientDescentOptimizer(0.5).compute_gradients(
        weights["a"] * weights["b"], var_list=weights.values())
    assert [v for _, v in pairs] == list(weights.values())
