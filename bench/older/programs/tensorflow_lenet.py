"""LeNet on batches of 64 images of 28x28, Adam."""

import numpy as np
import tensorflow as tf
from tensorflow_mlp import session


def build():
    rng = np.random.RandomState(0)

    def variable(*shape):
        return tf.Variable((rng.uniform(-1, 1, shape) * 0.1).astype("float32"))

    x, y = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.int32, [None])
    a = tf.reshape(x, [-1, 28, 28, 1])
    for inputs, outputs in ((1, 20), (20, 50)):
        a = tf.nn.conv2d(a, variable(5, 5, inputs, outputs), [1, 1, 1, 1], "VALID")
        a = tf.nn.relu(tf.nn.bias_add(a, variable(outputs)))
        a = tf.nn.max_pool(a, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    a = tf.nn.relu(tf.matmul(tf.reshape(a, [-1, 800]), variable(800, 500)) + variable(500))
    logits = tf.matmul(a, variable(500, 10)) + variable(10)
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    feed = {x: rng.uniform(0, 1, (64, 784)).astype("float32"),
            y: rng.randint(10, size=64).astype("int32")}
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run([train, loss], feed_dict=feed)[1]
