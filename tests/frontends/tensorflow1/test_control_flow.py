"""Branches and loops, their gradients, arrays of tensors."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import close, compiled, run
from tests.frontends.tensorflow1.common import graph as graph


@pytest.fixture(params=[run, compiled], ids=["eager", "compiled"])
def value(request):
    return request.param


def test_cond_runs_one_branch(value):
    p = tf.placeholder(tf.bool)
    x = tf.constant([1.0, 2.0])
    y = tf.cond(p, lambda: x * 2.0, lambda: x + 10.0)
    [g] = tf.gradients(y, x)
    for truth, expected, slope in ((True, [2, 4], 2), (False, [11, 12], 1)):
        found, gradient = value([y, g], {p: truth})
        assert found.tolist() == expected
        assert gradient.tolist() == [slope, slope]
    pair = tf.cond(p, lambda: (x, x[0]), lambda: (x - 1.0, x[1]))
    assert isinstance(pair, tuple)
    assert value(pair[1], {p: False}) == 2.0


def test_cond_may_write_and_may_give_operations():
    n = tf.Variable(0.0)
    p = tf.placeholder(tf.bool)
    step = tf.cond(p, lambda: tf.assign_add(n, 1.0), lambda: tf.identity(n))
    group = tf.cond(p, lambda: tf.group(tf.assign(n, 7.0)), tf.no_op)
    with tf.Session() as sess:
        sess.run(n.initializer)
        assert [sess.run(step, {p: t}) for t in (True, False, True)] == [1.0, 1.0, 2.0]
        sess.run(group, {p: False})
        assert sess.run(n) == 2.0
        sess.run(group, {p: True})
        assert sess.run(n) == 7.0


def test_what_branches_must_agree_on():
    p = tf.placeholder(tf.bool)
    with pytest.raises(ValueError, match="must have the same type"):
        tf.cond(p, lambda: 1, lambda: 1.0)
    with pytest.raises(ValueError, match="same structure"):
        tf.cond(p, lambda: [1, 2], lambda: 1)
    with pytest.raises(TypeError, match="must not be a Python bool"):
        tf.cond(True, lambda: 1, lambda: 2)
    with pytest.raises(TypeError, match="true_fn must be callable"):
        tf.cond(p, 1, lambda: 2)


def test_operations_outside_that_a_branch_depends_on_run():
    n = tf.Variable(0)
    step = tf.assign_add(n, 1)

    def branch():
        with tf.control_dependencies([step]):
            return tf.constant(5)

    found = tf.cond(tf.constant(True), branch, lambda: tf.constant(6))
    with tf.Session() as sess:
        sess.run(n.initializer)
        assert sess.run(found) == 5
        assert sess.run(n) == 1


def test_case_takes_the_first_that_holds(value):
    x = tf.placeholder(tf.float32, [])
    found = tf.case([(x < 0.0, lambda: -x), (x < 10.0, lambda: x * 2.0)], lambda: x - 10.0)
    assert [value(found, {x: v}) for v in (-3, 4, 15)] == [3, 8, 5]
    number = tf.placeholder(tf.int32, [])
    choice = tf.switch_case(number, [lambda: 10, lambda: 20, lambda: 30])
    assert [value(choice, {number: v}) for v in (0, 1, 2, 9)] == [10, 20, 30, 30]


def test_while_and_its_gradient(value):
    x = tf.placeholder(tf.float32, [])
    i, y = tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y * x), [0, tf.constant(1.0)])
    [g] = tf.gradients(y, x)
    assert value([i, y, g], {x: 2.0}) == [4, 16.0, 32.0]
    alone = tf.while_loop(lambda n: n < 100, lambda n: n * 2, [3])
    assert value(alone) == 192
    few = tf.while_loop(lambda n: n < 100, lambda n: n + 1, [0], maximum_iterations=5)
    assert value(few) == 5
    open_ended = tf.while_loop(lambda y: y < x, lambda y: y * 3.0, [tf.constant(1.0)])
    assert value(open_ended, {x: 20.0}) == 27.0


def test_while_over_shapes_that_change():
    i, rows = tf.while_loop(
        lambda i, r: i < 3, lambda i, r: (i + 1, tf.concat([r, r[:1] * 2.0], 0)),
        [tf.constant(0), tf.ones([1, 2])],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])])
    assert rows.shape.as_list() == [None, 2]
    assert run(rows).tolist() == [[1, 1], [2, 2], [2, 2], [2, 2]]
    with pytest.raises(ValueError, match="not an invariant"):
        tf.while_loop(lambda r: True, lambda r: tf.concat([r, r], 0), [tf.ones([1])])
    with pytest.raises(TypeError, match="another type"):
        tf.while_loop(lambda r: r < 3, lambda r: tf.cast(r, tf.int64), [tf.constant(0)])


def test_loops_over_rows(value):
    x = tf.placeholder(tf.float32, [None, 2])
    data = {x: [[1, 2], [3, 4], [5, 6]]}
    squares = tf.map_fn(lambda r: r * r, x)
    assert squares.shape.as_list() == [None, 2]
    assert value(squares, data)[1].tolist() == [9, 16]
    parts = tf.map_fn(lambda r: (tf.reduce_sum(r), tf.cast(r, tf.int32)), x,
                      dtype=(tf.float32, tf.int32))
    assert value(parts, data)[0].tolist() == [3, 7, 11]
    sums = tf.scan(lambda a, r: a + r, x)
    assert value(sums, data).tolist() == [[1, 2], [4, 6], [9, 12]]
    begun = tf.scan(lambda a, r: a + tf.reduce_sum(r), x, initializer=0.0)
    assert value(begun, data).tolist() == [3, 10, 21]
    assert value(tf.scan(lambda a, r: a + r, x, reverse=True), data)[0].tolist() == [9, 12]
    assert value(tf.foldl(lambda a, r: a * 2.0 + r, x), data).tolist() == [15, 22]
    assert value(tf.foldr(lambda a, r: a * 2.0 + r, x), data).tolist() == [27, 34]
    [g] = tf.gradients(squares, x)
    assert value(g, data)[2].tolist() == [10, 12]


def test_arrays_of_tensors(value):
    ta = tf.TensorArray(tf.float32, size=3)
    ta = ta.write(0, [1.0, 2.0]).write(2, [5.0, 6.0]).write(1, [3.0, 4.0])
    assert value(ta.stack()).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert value(ta.read(2)).tolist() == [5, 6]
    assert value(ta.concat()).tolist() == [1, 2, 3, 4, 5, 6]
    assert value(ta.gather([2, 0])).tolist() == [[5, 6], [1, 2]]
    rows = tf.TensorArray(tf.float32, 2).unstack(tf.constant([[1.0], [2.0]]))
    assert value([rows.read(1), rows.size()])[0].tolist() == [2]
    parts = tf.TensorArray(tf.int32, 2).split(tf.constant([1, 2, 3]), [1, 2])
    assert value(parts.read(1)).tolist() == [2, 3]
    with pytest.raises(ValueError, match="another shape"):
        ta.write(0, [1.0])


def test_arrays_of_tensors_in_loops(value):
    x = tf.constant([1.0, 2.0, 3.0, 4.0])
    source = tf.TensorArray(tf.float32, 4).unstack(x)
    into = tf.TensorArray(tf.float32, 4)
    _, found, total = tf.while_loop(
        lambda i, ta, s: i < 4,
        lambda i, ta, s: (i + 1, ta.write(i, source.read(i) * s), s + source.read(i)),
        [0, into, 1.0])
    stacked = found.stack()
    [g] = tf.gradients(stacked, x)
    assert value(stacked).tolist() == [1, 4, 12, 28]
    assert value(total) == 11
    # d/dx of sum_i x_i (1 + x_0 + ... + x_(i-1))
    assert value(g).tolist() == [10, 9, 8, 7]


def test_arrays_that_grow():
    ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    _, ta = tf.while_loop(
        lambda i, t: i < 3, lambda i, t: (i + 1, t.write(i, tf.cast(i, tf.float32))), [0, ta])
    assert run(ta.stack()).tolist() == [0, 1, 2]


def test_hessians():
    x = tf.Variable([1.0, 2.0])
    [h] = tf.hessians(tf.reduce_sum(x * x * x) + x[0] * x[1], x)
    with tf.Session() as sess:
        sess.run(x.initializer)
        close(sess.run(h), [[6, 1], [1, 12]])


def test_gradients_that_are_not_there():
    x, y = tf.constant(1.0), tf.constant(2.0)
    assert tf.gradients(x * 2.0, [y]) == [None]
    [zero] = tf.gradients(x * 2.0, [y], unconnected_gradients="zero")
    assert run(zero) == 0.0
    assert tf.gradients(tf.stop_gradient(x) * 2.0, x) == [None]
    [weighted] = tf.gradients([x * 3.0, x * y], x, grad_ys=[tf.constant(2.0), None])
    assert run(weighted) == 8.0
    with pytest.raises(TypeError, match="floating or complex"):
        tf.gradients(tf.constant(1), tf.constant(2))
    close(run(tf.gradients(tf.gradients(x * x * x * y, x), x)[0]), 12.0)
    assert np.isscalar(run(x))
