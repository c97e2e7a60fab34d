"""Each optimiser on a dense matrix and on rows of a table, some of them taken twice."""

import numpy as np
import tensorflow as tf


def makers(step):
    t = tf.train
    return {
        "descent": t.GradientDescentOptimizer(0.1),
        "momentum": t.MomentumOptimizer(0.1, 0.9),
        "nesterov": t.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
        "adam": t.AdamOptimizer(0.1),
        "adagrad": t.AdagradOptimizer(0.1),
        "adagrad_da": t.AdagradDAOptimizer(0.1, step, l1_regularization_strength=0.1),
        "adadelta": t.AdadeltaOptimizer(0.5),
        "rms": t.RMSPropOptimizer(0.1, momentum=0.5),
        "centered": t.RMSPropOptimizer(0.1, centered=True),
        "ftrl": t.FtrlOptimizer(0.1, l1_regularization_strength=0.1),
        "shrinkage": t.FtrlOptimizer(
            0.1, learning_rate_power=-0.6, l2_shrinkage_regularization_strength=0.1),
        "proximal": t.ProximalGradientDescentOptimizer(0.1, 0.1, 0.1),
        "proximal_adagrad": t.ProximalAdagradOptimizer(0.1, 0.1, 0.05, 0.1),
    }


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(7)
    data, wanted = rng.randn(8, 3).astype(np.float32), rng.randn(8, 2).astype(np.float32)
    first, rows = rng.randn(3, 2).astype(np.float32), rng.randn(6, 2).astype(np.float32)
    step = tf.train.get_or_create_global_step()
    ids = tf.placeholder(tf.int32, [4])
    trains, kept = [], {}
    for name, optimizer in makers(step).items():
        w, e = tf.Variable(first, name="w_" + name), tf.Variable(rows, name="e_" + name)
        loss = tf.reduce_mean(tf.square(tf.matmul(data, w) - wanted)) + tf.reduce_sum(
            tf.square(tf.nn.embedding_lookup(e, ids) - 1.0))
        trains.append(optimizer.minimize(loss))
        kept["w_" + name], kept["e_" + name] = w, e
    with tf.control_dependencies(trains):
        count = tf.assign_add(step, 1)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for picked in ([0, 2, 2, 5], [1, 2, 5, 5], [0, 0, 1, 4]):
            sess.run(count, {ids: picked})
        found = sess.run(kept)
    found["names"] = np.array(sorted(v.name for v in tf.global_variables()))
    return found
