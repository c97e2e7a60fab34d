"""An LSTM of 128 units by dynamic_rnn: 32 steps, batches of 16, gradient descent."""

import numpy as np
import tensorflow as tf
from tensorflow_mlp import session

STEPS, BATCH, INPUTS, UNITS, CLASSES = 32, 16, 32, 128, 10


def build():
    rng = np.random.RandomState(0)
    x = tf.placeholder(tf.float32, [BATCH, STEPS, INPUTS])
    y = tf.placeholder(tf.int32, [BATCH])
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    w = tf.Variable((rng.randn(UNITS, CLASSES) * 0.1).astype("float32"))
    logits = tf.matmul(outputs[:, -1], w)
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    sess = session()
    sess.run(tf.global_variables_initializer())
    for v in tf.trainable_variables():
        v.load((rng.randn(*v.get_shape().as_list()) * 0.1).astype("float32"), sess)
    feed = {x: rng.randn(BATCH, STEPS, INPUTS).astype("float32"),
            y: rng.randint(CLASSES, size=BATCH).astype("int32")}
    return lambda: sess.run([train, loss], feed_dict=feed)[1]
