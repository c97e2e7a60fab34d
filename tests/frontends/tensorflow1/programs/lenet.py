"""A small LeNet by tf.nn with dropout switched off by its keep probability."""

import numpy as np
import tensorflow as tf


def conv2d(x, W, b, strides=1):
    x = tf.nn.conv2d(x, W, strides=[1, strides, strides, 1], padding="SAME")
    return tf.nn.relu(tf.nn.bias_add(x, b))


def maxpool2d(x, k=2):
    return tf.nn.max_pool(x, ksize=[1, k, k, 1], strides=[1, k, k, 1], padding="SAME")


def conv_net(x, weights, biases, dropout):
    x = tf.reshape(x, shape=[-1, 14, 14, 1])
    conv1 = maxpool2d(conv2d(x, weights["wc1"], biases["bc1"]))
    conv2 = maxpool2d(conv2d(conv1, weights["wc2"], biases["bc2"]))
    fc1 = tf.reshape(conv2, [-1, weights["wd1"].get_shape().as_list()[0]])
    fc1 = tf.nn.relu(tf.add(tf.matmul(fc1, weights["wd1"]), biases["bd1"]))
    fc1 = tf.nn.dropout(fc1, dropout)
    return tf.add(tf.matmul(fc1, weights["out"]), biases["out"])


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(1)
    images = rng.rand(16, 196).astype(np.float32)
    labels = np.eye(4, dtype=np.float32)[rng.randint(0, 4, 16)]
    X = tf.placeholder(tf.float32, [None, 196])
    Y = tf.placeholder(tf.float32, [None, 4])
    keep_prob = tf.placeholder(tf.float32)

    def drawn(*shape):
        return tf.Variable(tf.constant(rng.randn(*shape).astype(np.float32) * 0.2))

    weights = {"wc1": drawn(5, 5, 1, 4), "wc2": drawn(3, 3, 4, 6), "wd1": drawn(4 * 4 * 6, 10),
               "out": drawn(10, 4)}
    biases = {"bc1": drawn(4), "bc2": drawn(6), "bd1": drawn(10), "out": drawn(4)}
    logits = conv_net(X, weights, biases, keep_prob)
    prediction = tf.nn.softmax(logits)
    loss_op = tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=Y))
    train_op = tf.train.RMSPropOptimizer(learning_rate=0.005).minimize(loss_op)
    losses = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(4):
            losses.append(sess.run(
                [loss_op, train_op], feed_dict={X: images, Y: labels, keep_prob: 1.0})[0])
        last = sess.run([weights["wc1"], weights["wc2"], prediction],
                        feed_dict={X: images[:3], keep_prob: 1.0})
    return {"losses": np.array(losses), "wc1": last[0], "wc2": last[1], "prediction": last[2]}
