"""Gradients that programs write themselves."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import close, compiled, run
from tests.frontends.tensorflow1.common import graph as graph


@pytest.fixture(params=[run, compiled], ids=["eager", "compiled"])
def value(request):
    return request.param


def test_custom_gradient(value):
    @tf.custom_gradient
    def softplus(x):
        e = tf.exp(x)
        return tf.log(1 + e), lambda dy: dy * (1 - 1 / (1 + e))

    x = tf.constant([0.0, 100.0])
    y = softplus(x)
    [g] = tf.gradients(tf.reduce_sum(y * 2.0), x)
    close(value(g), [1.0, 2.0])

    @tf.custom_gradient
    def pair(a, b):
        return (a * b, a + b), lambda da, db: (da * 10.0, db * 100.0)

    a, b = tf.constant(2.0), tf.constant(3.0)
    first, second = pair(a, b)
    assert value(tf.gradients(first + second, [a, b])) == [10.0, 100.0]
    assert value([first, second]) == [6.0, 5.0]


def test_gradients_are_overridden_by_name(graph, value):
    @tf.RegisterGradient("Doubled")
    def doubled(op, grad):
        return grad * 2.0 * op.outputs[0]

    try:
        x = tf.constant(3.0)
        with graph.gradient_override_map({"Square": "Doubled", "Exp": "Nothing"}):
            y = tf.square(x)
            with pytest.raises(LookupError, match="No gradient defined"):
                tf.exp(x)
        assert value(y) == 9.0
        assert value(tf.gradients(y, x)[0]) == 18.0
        assert value(tf.gradients(tf.square(x), x)[0]) == 6.0
        with pytest.raises(KeyError, match="two gradient"):
            tf.RegisterGradient("Doubled")(doubled)
    finally:
        from pentad.frontends.tensorflow1.ops import custom

        custom._REGISTERED.pop("Doubled")


def test_some_tensors_may_count_as_constants():
    x = tf.constant(3.0)
    y = x * 2.0
    z = x * y
    assert run(tf.gradients(z, x)[0]) == 12.0
    assert run(tf.gradients(z, x, stop_gradients=[y])[0]) == 6.0
    assert run(tf.gradients(z, [x, y], stop_gradients=[x, y])) == [6.0, 3.0]


def test_gradients_by_what_is_fed_pass_through_arrays():
    x = tf.placeholder(tf.float32, [2])
    y = tf.reduce_sum(tf.TensorArray(tf.float32, 1).write(0, x).read(0) ** 2)
    with tf.Session() as session:
        assert session.run(tf.gradients(y, x), {x: [1.0, 3.0]})[0].tolist() == [2.0, 6.0]


def test_weights_of_ys_may_have_axes_of_one_in_front():
    """As where a program computes with the list that tf.gradients gave: 3 * [g] has one more."""
    x = tf.constant([[1.0, 2.0]])
    y = tf.nn.tanh(x)
    weights = 3.0 * tf.convert_to_tensor(tf.gradients(tf.reduce_sum(y * y), y))
    assert weights.shape.as_list() == [1, 1, 2]
    [g] = tf.gradients(y, x, weights)
    t = np.tanh([[1.0, 2.0]])
    close(run(g), 6 * t * (1 - t * t), rtol=1e-5)
    with pytest.raises(ValueError, match="another shape than ys"):
        tf.gradients(y, x, tf.ones([2, 1, 2]))
