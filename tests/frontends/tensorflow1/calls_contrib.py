"""tf.contrib."""

from __future__ import annotations

import numpy as np

from tests.frontends.tensorflow1.values import A, P, close, table, tf, value

calls = table()
LABELS = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], np.float32)
L = "tf.contrib.losses"


@calls(L, "absolute_difference mean_squared_error mean_pairwise_squared_error log_loss hinge_loss "
          "sigmoid_cross_entropy softmax_cross_entropy")
def losses(f, name):
    given = tf.constant(P / 4 if name == "log_loss" else A)
    expected = value(getattr(tf.losses, name)(LABELS, given))
    assert close(f(given, LABELS), expected)


calls(L, "sparse_softmax_cross_entropy", lambda f: close(
    f(tf.constant(A), [1, 0]), value(tf.losses.softmax_cross_entropy(LABELS, tf.constant(A)))))
calls(L, "cosine_distance", lambda f: close(
    f(tf.constant([[0.6, 0.8]]), tf.constant([[0.6, 0.8]]), 1), 0.0))
calls(L, "compute_weighted_loss", lambda f: close(f(tf.constant([1.0, 3.0])), 2.0))
calls(L, "add_loss", lambda f: f(tf.constant(1.0)) is None and len(tf.losses.get_losses()) == 1)
calls(L, "get_losses get_regularization_losses", lambda f: f() == [])
calls(L, "get_total_loss", lambda f: tf.losses.add_loss(tf.constant(1.0)) or close(f(), 1.0))
