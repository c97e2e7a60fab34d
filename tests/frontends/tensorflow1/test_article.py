"""The article's first program, on the reference inputs: the numbers of TensorFlow 1.15.5."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph

REFERENCE = Path(__file__).parents[4] / "shared" / "examples" / "reference"


def test_the_article_gives_its_numbers():
    if not REFERENCE.exists():
        pytest.skip("shared/ is not beside this checkout")
    given = np.load(REFERENCE / "ex1_tensorflow_inputs.npz")
    expected = np.load(REFERENCE / "ex1_tensorflow_ref_tf1.npz")
    x = tf.placeholder(tf.float32, shape=(32, 500))
    y = tf.placeholder(tf.float32, shape=(32, 500))
    w1 = tf.placeholder(tf.float32, shape=(500, 50))
    w2 = tf.placeholder(tf.float32, shape=(50, 500))
    h = tf.maximum(tf.matmul(x, w1), 0)
    loss = tf.losses.mean_squared_error(tf.matmul(h, w2), y)
    grad_w1, grad_w2 = tf.gradients(loss, [w1, w2])
    values = {x: given["x"].copy(), w1: given["w1"].copy(), w2: given["w2"].copy(),
              y: given["y"].copy()}
    losses = []
    with tf.Session() as sess:
        for step in range(20):
            out = sess.run([loss, grad_w1, grad_w2], feed_dict=values)
            losses.append(out[0])
            if not step:
                np.testing.assert_allclose(
                    out[1], expected["grad_w1_step0"], rtol=1e-5, atol=1e-3)
            values[w1] -= 1e-5 * out[1]
            values[w2] -= 1e-5 * out[2]
    np.testing.assert_allclose(losses, expected["loss"], rtol=1e-5)
    np.testing.assert_allclose(values[w1], expected["w1"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(values[w2], expected["w2"], rtol=1e-5, atol=1e-6)
    assert isinstance(losses[0], np.float32)
