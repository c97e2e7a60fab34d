"""Sessions: fetches of every structure, feeds, errors."""

from __future__ import annotations

from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph

Pair = namedtuple("Pair", ["first", "second"])


def test_fetches_keep_their_structure():
    a, b = tf.constant(1.0, name="a"), tf.constant([2.0])
    with tf.Session() as sess:
        assert sess.run(a) == 1.0
        assert isinstance(sess.run(a), np.float32)
        found = sess.run({"x": [a, (b, a)], "y": Pair(a, b)})
        assert found["x"][0] == 1.0
        assert isinstance(found["x"][1], tuple)
        assert found["y"].second.tolist() == [2.0]
        assert list(sess.run(OrderedDict([("p", a), ("q", b)]))) == ["p", "q"]
        assert sess.run([a.op, "a:0", []]) == [None, 1.0, []]
        assert sess.run(tf.group(a, b)) is None


def test_any_tensor_can_be_fed():
    x = tf.placeholder(tf.float32, [None])
    y = x * 2.0
    z = y + 1.0
    with tf.Session() as sess:
        assert sess.run(z, {x: [1, 2]}).tolist() == [3.0, 5.0]
        assert sess.run(z, {y: [1, 2]}).tolist() == [2.0, 3.0]
        assert sess.run([z, x], {x: [5], "mul:0": [7]})[0].tolist() == [8.0]
        assert sess.run(z, feed_dict={x: np.array([1.5])}).dtype == np.float32
        call = sess.make_callable(z, [x])
        assert call([4]).tolist() == [9.0]


def test_feeds_that_do_not_fit(graph):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = x + 1.0
    with tf.Session() as sess:
        with pytest.raises(ValueError, match=r"Cannot feed value of shape \(3,\) for Tensor 'x:0', "
                                             r"which has shape '\(\?, 2\)'"):
            sess.run(y, {x: [1, 2, 3]})
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)'x' was not fed.*made at"):
            sess.run(y)
        with pytest.raises(TypeError, match="Cannot interpret feed_dict key as Tensor"):
            sess.run(y, {"nothing": 1})
        with pytest.raises(TypeError, match=r"The value of a feed cannot be a tf\.Tensor"):
            sess.run(y, {x: y})
        with pytest.raises(ValueError, match="not numeric"):
            sess.run(y, {x: [["a", "b"]]})


def test_fetches_that_are_not_there():
    tf.constant(1.0)
    with tf.Session() as sess:
        with pytest.raises(TypeError, match="Fetch argument 3 has invalid type"):
            sess.run(3)
        with pytest.raises(ValueError, match="cannot be interpreted as a Tensor"):
            sess.run("nothing:0")
        with tf.Graph().as_default():
            other = tf.constant(1.0)
        with pytest.raises(ValueError, match="not an element of this graph"):
            sess.run(other)
        with pytest.raises(TypeError, match="fetch = None"):
            sess.run(None)
        with pytest.raises(tf.errors.UnimplementedError, match="partial runs"):
            sess.partial_run_setup([])
    with pytest.raises(RuntimeError, match="closed Session"):
        sess.run("Const:0")
    with tf.Graph().as_default(), pytest.raises(RuntimeError, match="graph is empty"):
        tf.Session().run("x:0")


def test_eval_uses_the_default_session():
    x = tf.constant(2.0)
    with pytest.raises(ValueError, match="No default session is registered"):
        x.eval()
    with tf.Session() as sess:
        assert x.eval() == 2.0
        assert tf.get_default_session() is sess
    assert tf.get_default_session() is None
    interactive = tf.InteractiveSession()
    assert (x + 1).eval() == 3.0
    interactive.close()
    assert tf.get_default_session() is None


def test_settings():
    config = tf.ConfigProto(allow_soft_placement=True, gpu_options=tf.GPUOptions(allow_growth=True))
    config.gpu_options.per_process_gpu_memory_fraction = 0.5
    assert config.gpu_options.allow_growth
    tf.Session(config=config)
    with pytest.raises(ValueError, match='has no "nothing" field'):
        tf.ConfigProto(nothing=1)
    with pytest.raises(AttributeError, match="no field 'nothing'"):
        config.nothing = 1


def test_a_structure_of_tensors_is_fed_with_one_of_values():
    state = (tf.nn.rnn_cell.LSTMStateTuple(tf.zeros([2]), tf.zeros([2])), tf.zeros([1]))
    total = tf.add_n([tf.reduce_sum(t) for t in (*state[0], state[1])])
    with tf.Session() as session:
        value = session.run(state)
        assert session.run(total, {state: value}) == 0
        assert session.run(total, {state: ((np.ones(2), [2.0, 3.0]), [4.0])}) == 11
        with pytest.raises((TypeError, ValueError)):
            session.run(total, {state: (np.ones(2), [4.0])})


def test_channels_that_only_a_run_knows():
    x = tf.placeholder(tf.float32, [1, 4, 4, None])
    y = tf.nn.conv2d(x, tf.ones([3, 3, 2, 1]), [1, 1, 1, 1], "VALID")
    with tf.Session() as session:
        for _ in range(3):
            assert session.run(y, {x: np.ones((1, 4, 4, 2))}).tolist() == [
                [[[18.0], [18.0]], [[18.0], [18.0]]]]
