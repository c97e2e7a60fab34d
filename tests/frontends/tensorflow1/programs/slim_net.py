"""A network of tf.contrib.slim: scopes of arguments, batch normalisation, learning."""

import numpy as np
import tensorflow as tf

slim = tf.contrib.slim


def net(x, training):
    with slim.arg_scope(
        [slim.conv2d, slim.fully_connected], activation_fn=tf.nn.relu,
        weights_regularizer=slim.l2_regularizer(0.01), normalizer_fn=slim.batch_norm,
        normalizer_params={"is_training": training, "decay": 0.9},
    ):
        x = slim.conv2d(x, 4, [3, 3], scope="conv1")
        x = slim.max_pool2d(x, [2, 2], scope="pool1")
        x = slim.repeat(x, 2, slim.conv2d, 4, [3, 3], scope="conv2")
        x = slim.avg_pool2d(x, [2, 2], scope="pool2")
        x = slim.flatten(x)
        x = slim.fully_connected(x, 6, scope="fc")
        x = tf.contrib.layers.layer_norm(x)
        x = slim.dropout(x, 1.0, is_training=training)
    return slim.fully_connected(x, 3, activation_fn=None, scope="logits")


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(8)
    images = rng.rand(4, 12, 12, 3).astype(np.float32)
    labels = rng.randint(0, 3, 4)
    logits = net(tf.constant(images), True)
    slim.losses.softmax_cross_entropy(logits, tf.one_hot(labels, 3))
    total = slim.losses.get_total_loss()
    train = slim.learning.create_train_op(
        total, tf.train.GradientDescentOptimizer(0.05), clip_gradient_norm=0.7)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for v in tf.trainable_variables():
            v.load((rng.randn(*v.shape.as_list()) * 0.3).astype(np.float32), sess)
        found = {"losses": np.array([sess.run(train) for _ in range(2)])}
        for v in tf.global_variables():
            found[v.op.name.replace("/", "-")] = sess.run(v)
    found["names"] = np.array([v.name for v in slim.get_model_variables()])
    return found
