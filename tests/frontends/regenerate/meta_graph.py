"""Write tests/frontends/tensorflow1/fixtures/meta with TensorFlow 1.15 (Python 3.7)."""

import json
import os

import numpy as np
import tensorflow as tf

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tensorflow1", "fixtures")


def main():
    tf.set_random_seed(1)
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    weights = tf.get_variable("w", [3, 4], partitioner=tf.fixed_size_partitioner(2, axis=1))
    bias = tf.get_variable("b", [2], initializer=tf.ones_initializer())
    hidden = tf.tanh(tf.matmul(x, weights))
    y = tf.identity(tf.matmul(hidden[:, :2], tf.ones([2, 2])) + bias, name="y")
    step = tf.train.get_or_create_global_step()
    loss = tf.reduce_mean(tf.square(y), name="loss")
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, step, name="train")
    tf.add_to_collection("predictions", y)
    saver = tf.train.Saver()
    os.chdir(os.path.join(HERE, "meta"))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        feed = {x: np.arange(6.0).reshape(2, 3)}
        for _ in range(3):
            session.run(train, feed)
        saver.save(session, "./model", global_step=step, write_state=False)
        found = {"y": session.run(y, feed).tolist(), "loss": float(session.run(loss, feed))}
    with open("values.json", "w") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main()
