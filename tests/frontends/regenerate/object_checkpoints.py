"""Write the checkpoint of objects that test_object_checkpoints.py reads, with TensorFlow 1.15.

    python3.7 tests/frontends/regenerate/object_checkpoints.py          writes it
    python3.7 tests/frontends/regenerate/object_checkpoints.py PREFIX   reads one of ours
"""

import os
import sys

import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "..", "tensorflow1", "fixtures", "objects")

layer = tf.layers.Dense(2, kernel_initializer=tf.constant_initializer(0.5))
optimizer = tf.train.AdamOptimizer(0.1)
scales = [tf.Variable(1.0, name="a"), tf.Variable(2.0, name="b")]
loss = tf.reduce_sum(tf.square(layer(tf.ones([3, 4])) * scales[0] + scales[1]))
step = optimizer.minimize(loss)
deep = tf.train.Checkpoint(deep=tf.Variable(7.0, name="x"))
checkpoint = tf.train.Checkpoint(layer=layer, optimizer=optimizer, nested=deep)
checkpoint.scales = scales

with tf.Session() as session:
    if len(sys.argv) > 1:
        status = checkpoint.restore(sys.argv[1]).assert_consumed()
        status.initialize_or_restore(session)
    else:
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(step)
        checkpoint.save(os.path.join(FOLDER, "tf"), session=session)
        os.remove(os.path.join(FOLDER, "checkpoint"))
    print("loss", session.run(loss))
