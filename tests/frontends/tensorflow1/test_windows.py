"""Convolutions and pools of images whose sizes are not known."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph
from tests.frontends.tensorflow1.common import run

KERNEL = np.random.RandomState(0).rand(3, 3, 1, 2).astype(np.float32)


def network(x):
    """Windows larger and smaller than their strides, with margins that depend on the size."""
    x = tf.nn.conv2d(x, KERNEL, [1, 2, 2, 1], "SAME")
    x = tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    return tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 3, 3, 1], "SAME")


@pytest.mark.filterwarnings("error")
def test_one_code_serves_images_of_all_sizes():
    x = tf.placeholder(tf.float32, [None, None, None, 1])
    y = network(x)
    random = np.random.RandomState(1)
    with tf.Session() as session:
        for rows, columns in ((13, 16), (14, 17), (19, 15)):
            image = random.rand(2, rows, columns, 1).astype(np.float32)
            found = session.run(y, {x: image})
            np.testing.assert_allclose(found, run(network(tf.constant(image))), rtol=1e-5)


@pytest.mark.filterwarnings("error")
def test_transposes_and_places_of_maxima_of_images_of_all_sizes():
    x = tf.placeholder(tf.float32, [None, None, None, 2])
    size = tf.shape(x)
    wide = tf.nn.conv2d_transpose(
        x, KERNEL, tf.stack([size[0], 2 * size[1], 2 * size[2], 1]), [1, 2, 2, 1], "SAME")
    found = [wide, *tf.nn.max_pool_with_argmax(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")]
    random = np.random.RandomState(1)
    with tf.Session() as session:
        for rows, columns in ((5, 4), (6, 7), (3, 4)):
            image = random.rand(1, rows, columns, 2).astype(np.float32)
            for one, other in zip(session.run(found, {x: image}), run(found, {x: image})):
                np.testing.assert_allclose(one, other, rtol=1e-5)


def test_parts_from_and_to_computed_places_have_no_known_size():
    """As ptb_word_lm takes its batches."""
    data = tf.constant(np.arange(60).reshape(3, 20))
    i = tf.placeholder(tf.int32, [])
    x = tf.strided_slice(data, [0, i * 5], [3, (i + 1) * 5], name="part")
    assert x.op.name == "part"
    assert x.shape.as_list() == [3, None]
    row = tf.strided_slice(data, [1, i], [2, i + 7], shrink_axis_mask=1)
    with tf.Session() as session:
        assert session.run(x, {i: 3}).tolist() == [list(range(r + 15, r + 20)) for r in (0, 20, 40)]
        assert session.run(x, {i: 4}).shape == (3, 0)
        assert session.run(row, {i: 15}).tolist() == [35, 36, 37, 38, 39]
    x.set_shape([3, 5])
    assert x.shape.as_list() == [3, 5]
