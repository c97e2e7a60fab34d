"""Training that is interrupted: a checkpoint, a restored session, moving averages, summaries."""

import os
import tempfile

import numpy as np
import tensorflow as tf


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(6)
    data = rng.randn(20, 4).astype(np.float32)
    wanted = data.dot(rng.randn(4, 2)).astype(np.float32)
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.placeholder(tf.float32, [None, 2], name="y")
    with tf.name_scope("model"):
        w = tf.Variable(rng.randn(4, 2).astype(np.float32), name="w")
        b = tf.Variable(tf.zeros([2]), name="b")
        out = tf.matmul(x, w) + b
    loss = tf.losses.mean_squared_error(y, out)
    step = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(0.2, step, 2, 0.8, staircase=True)
    train = tf.train.MomentumOptimizer(rate, 0.9, use_nesterov=True).minimize(loss, step)
    ema = tf.train.ExponentialMovingAverage(0.8, step)
    with tf.control_dependencies([train]):
        step_op = ema.apply([w, b])
    tf.summary.scalar("loss", loss)
    tf.summary.histogram("w", w)
    merged = tf.summary.merge_all()
    saver = tf.train.Saver(max_to_keep=2)
    folder = tempfile.mkdtemp()
    feed = {x: data, y: wanted}
    found = {"losses": []}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        writer = tf.summary.FileWriter(os.path.join(folder, "logs"), sess.graph)
        for i in range(3):
            summary, value, _ = sess.run([merged, loss, step_op], feed)
            writer.add_summary(summary, i)
            found["losses"].append(value)
        writer.close()
        path = saver.save(sess, os.path.join(folder, "model.ckpt"), global_step=step)
    assert os.path.basename(path) == "model.ckpt-3"
    with tf.Session() as sess:
        saver.restore(sess, tf.train.latest_checkpoint(folder))
        for _ in range(3):
            found["losses"].append(sess.run([loss, step_op], feed)[0])
        found["w"], found["average"] = sess.run([w, ema.average(w)])
        found["step"] = tf.train.global_step(sess, step)
        found["rate"] = sess.run(rate)
    found["names"] = np.array(sorted(name for name, _ in tf.train.list_variables(path)))
    logs = os.path.join(folder, "logs")
    events = list(tf.train.summary_iterator(os.path.join(logs, os.listdir(logs)[0])))
    found["shown"] = np.array([v.simple_value for e in events for v in e.summary.value
                               if v.tag == "loss"], np.float32)
    return found
