"""The article's MLP, 32 x (500-50-500): gradients from a session, the update by NumPy."""

import os

import numpy as np
import tensorflow as tf


def session():
    threads = int(os.environ["BENCH_THREADS"])
    return tf.Session(config=tf.ConfigProto(
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads))


def build():
    x, y = (tf.placeholder(tf.float32, shape=(32, 500)) for _ in range(2))
    w1 = tf.placeholder(tf.float32, shape=(500, 50))
    w2 = tf.placeholder(tf.float32, shape=(50, 500))
    prediction = tf.matmul(tf.maximum(tf.matmul(x, w1), 0), w2)
    loss = tf.losses.mean_squared_error(prediction, y)
    gradients = tf.gradients(loss, [w1, w2])
    rng = np.random.RandomState(0)
    values = {p: rng.randn(*p.get_shape().as_list()).astype("float32") for p in (x, w1, w2, y)}
    rate = np.float32(1e-5)
    sess = session()

    def step():
        value, g1, g2 = sess.run([loss, gradients[0], gradients[1]], feed_dict=values)
        values[w1] -= rate * g1
        values[w2] -= rate * g2
        return value

    return step
