"""tf.contrib.opt, tf.contrib.rnn: more optimisers and cells."""

from __future__ import annotations

import numpy as np

from tests.frontends.tensorflow1.values import close, same, table, tf, value

calls = table()
SEQUENCE = np.linspace(-1, 1, 30, dtype=np.float32).reshape(2, 5, 3)


def stepped(optimizer, steps=1):
    """The weights 1 and -2 after steps down w * w."""
    w = tf.Variable([1.0, -2.0])
    train = optimizer.minimize(tf.reduce_sum(w * w))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(steps):
            sess.run(train)
        return sess.run(w)


@calls("tf.contrib.opt", "AdaMaxOptimizer NadamOptimizer LazyAdamOptimizer")
def like_adam(f):
    np.testing.assert_allclose(np.abs(stepped(f(0.1)) - [1, -2]), 0.1, atol=0.1)


calls("tf.contrib.opt", "AddSignOptimizer", lambda f: np.allclose(stepped(f(0.1)), [0.6, -1.2]))
calls("tf.contrib.opt", "PowerSignOptimizer", lambda f: np.allclose(
    stepped(f(0.01)), [1 - 0.02 * np.e, -2 + 0.04 * np.e]))
calls("tf.contrib.opt", "MomentumWOptimizer", lambda f: np.allclose(
    stepped(f(0.1, 0.25, 0.9)), [0.4, -0.8]))
calls("tf.contrib.opt", "AdamWOptimizer",
      lambda f: np.allclose(stepped(f(0.1, 0.1)), [0.8, -1.7], atol=1e-4))
calls("tf.contrib.opt", "extend_with_decoupled_weight_decay", lambda f: np.allclose(
    stepped(f(tf.train.GradientDescentOptimizer)(0.5, 0.25)), [0.0, 0.0]))
calls("tf.contrib.opt", "DecoupledWeightDecayExtension",
      lambda f: issubclass(tf.contrib.opt.AdamWOptimizer, f))
calls("tf.contrib.opt", "MovingAverageOptimizer", lambda f: np.allclose(
    stepped(f(tf.train.GradientDescentOptimizer(0.25))), [0.5, -1.0]))
calls("tf.contrib.opt", "clip_gradients_by_global_norm", lambda f: close(
    f([(tf.constant([3.0, 4.0]), None)], 1.0)[0][0], [0.6, 0.8]))


@calls("tf.contrib.rnn", "GRUBlockCell GRUBlockCellV2 LSTMBlockCell UGRNNCell IndRNNCell "
       "LayerNormBasicLSTMCell CoupledInputForgetGateLSTMCell")
def cells(make):
    cell = make(4)
    outputs, _ = tf.nn.dynamic_rnn(cell, SEQUENCE, dtype=tf.float32)
    found = value(outputs)
    assert found.shape == (2, 5, 4)
    assert np.abs(found).max() > 0
    assert cell.output_size == 4


calls("tf.contrib.rnn", "InputProjectionWrapper OutputProjectionWrapper", lambda f: value(
    tf.nn.dynamic_rnn(f(tf.nn.rnn_cell.GRUCell(4), 4), SEQUENCE, dtype=tf.float32)[0]).shape
    == (2, 5, 4))


@calls("tf.contrib.rnn", "HighwayWrapper")
def highway(f):
    outputs, _ = tf.nn.dynamic_rnn(f(tf.nn.rnn_cell.GRUCell(3)), SEQUENCE, dtype=tf.float32)
    names = {v.op.name for v in tf.trainable_variables()}
    assert {"rnn/gru_cell/gates/kernel", "rnn/carry_w", "rnn/carry_b"} <= names
    return value(outputs).shape == (2, 5, 3)


@calls("tf.contrib.rnn", "Conv1DLSTMCell Conv2DLSTMCell Conv3DLSTMCell")
def cells_of_convolutions(make, name):
    """Figures of TensorFlow 1.15.5."""
    axes = int(name[4])
    sizes = [4, 3, 2][:axes]
    count = 2 * 3 * int(np.prod(sizes))
    x = np.linspace(-1, 1, count).reshape(2, 3, *sizes, 1).astype(np.float32)
    with tf.variable_scope("v", initializer=tf.constant_initializer(0.3)):
        cell = make(input_shape=[*sizes, 1], output_channels=2, kernel_shape=[3] * axes)
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    assert outputs.shape.as_list() == [2, 3, *sizes, 2]
    return close(tf.stack([tf.reduce_sum(outputs), tf.reduce_sum(state.c)]), {
        1: [3.176134, 3.9015534], 2: [29.945015, 32.91144], 3: [89.15246, 94.90309]}[axes])


@calls("tf.contrib.rnn", "ConvLSTMCell")
def cell_of_convolutions(make):
    cell = make(2, [4, 3, 1], 2, [3, 3], use_bias=False, skip_connection=True)
    outputs, state = tf.nn.dynamic_rnn(cell, np.ones((2, 3, 4, 3, 1), np.float32),
                                       dtype=tf.float32)
    assert state.h.shape.as_list() == [2, 4, 3, 2]
    return close(outputs[..., 2], np.ones((2, 3, 4, 3)))


calls("tf.contrib.rnn", "EmbeddingWrapper", lambda f: value(tf.nn.static_rnn(
    f(tf.nn.rnn_cell.GRUCell(3), 7, 4), [tf.constant([1, 2])], dtype=tf.float32)[1]).shape
    == (2, 3))
calls("tf.contrib.rnn", "LayerRNNCell", lambda f: issubclass(tf.nn.rnn_cell.GRUCell, f))
calls("tf.contrib.rnn", "transpose_batch_time",
      lambda f: same(f(tf.constant(SEQUENCE)), SEQUENCE.swapaxes(0, 1)))
calls("tf.contrib.rnn", "best_effort_input_batch_size", lambda f: f([tf.constant(SEQUENCE)]) == 5)


@calls("tf.contrib.rnn", "stack_bidirectional_dynamic_rnn")
def stacked(f):
    gru = tf.nn.rnn_cell.GRUCell
    outputs, *_ = f([gru(4), gru(2)], [gru(4), gru(2)], SEQUENCE, dtype=tf.float32)
    assert value(outputs).shape == (2, 5, 4)


@calls("tf.contrib.rnn", "stack_bidirectional_rnn")
def stacked_lists(f):
    gru = tf.nn.rnn_cell.GRUCell
    given = tf.unstack(tf.constant(SEQUENCE), axis=1)
    outputs, *_ = f([gru(4)], [gru(4)], given, dtype=tf.float32)
    assert value(outputs[0]).shape == (2, 8)


@calls("tf.contrib.rnn", "FusedRNNCellAdaptor TimeReversedFusedRNN FusedRNNCell")
def fused(f):
    rnn = tf.contrib.rnn
    forward = rnn.FusedRNNCellAdaptor(tf.nn.rnn_cell.GRUCell(4), use_dynamic_rnn=True)
    backward = rnn.TimeReversedFusedRNN(forward)
    assert isinstance(backward, rnn.FusedRNNCell)
    given = SEQUENCE.swapaxes(0, 1)
    outputs, state = backward(tf.constant(given), dtype=tf.float32)
    first, last = value([outputs[0], state])
    assert (first == last).all()


@calls("tf.nn", "static_state_saving_rnn")
def saved_state(f):
    class Saver:
        def state(self, name):
            return tf.zeros([2, 4])

        def save_state(self, name, state):
            self.saved = state
            return tf.no_op()

    given = tf.unstack(tf.constant(SEQUENCE), axis=1)
    outputs, state = f(tf.nn.rnn_cell.GRUCell(4), given, Saver(), "state")
    last, end = value([outputs[-1], state])
    assert (last == end).all()
