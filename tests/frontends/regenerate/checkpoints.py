"""Write the checkpoints under tests/formats/fixtures with TensorFlow 1.15 (Python 3.7).

    python3.7 tests/frontends/regenerate/checkpoints.py            writes them
    python3.7 tests/frontends/regenerate/checkpoints.py PREFIX     checks that one of ours is read
"""

import os
import sys

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "..", "formats", "fixtures")
TYPES = ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16",
         "bool", "complex64", "complex128"]
def values():
    """The values of tests/formats/test_checkpoints.py."""
    found = {}
    for i, name in enumerate(TYPES):
        base = np.arange(6).reshape(2, 3) - (0 if name.startswith("u") else 2)
        found["types/" + name] = (base * (1 + i)).astype(name)
    found["scalar"] = np.float32(0.1)
    found["empty"] = np.zeros((0, 3), np.float32)
    found["texts"] = np.array([b"one", b"", b"\xff\x00three"], object)
    found["layer/kernel"] = np.linspace(-1, 1, 40, dtype=np.float32).reshape(8, 5)
    return found


def part(shape, dtype=None, partition_info=None):
    """The rows of a part of a variable."""
    rows = np.arange(24, dtype=np.float32).reshape(8, 3)
    return tf.constant(rows[partition_info.var_offset[0]:][:shape[0]])


def main():
    for version, name in ((tf.train.SaverDef.V1, "v1"), (tf.train.SaverDef.V2, "v2")):
        tf.reset_default_graph()
        for key, value in values().items():
            tf.get_variable(key, initializer=tf.constant(value), trainable=False)
        tf.get_variable("parted", shape=(8, 3), partitioner=tf.fixed_size_partitioner(3),
                        initializer=part)
        tf.get_variable("global_step", initializer=tf.constant(7, tf.int64), trainable=False)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            saver = tf.train.Saver(write_version=version, max_to_keep=2)
            os.chdir(os.path.join(FIXTURES, name))  # so that the paths written are relative
            saver.save(session, "./model.ckpt", global_step=7, write_meta_graph=False)


def check(prefix):
    """Is everything restored?"""
    expected = values()
    assert set(tf.train.NewCheckpointReader(prefix).get_variable_to_dtype_map()) == set(expected)
    variables = {key: tf.get_variable(key, initializer=tf.zeros_like(value))
                 if value.dtype != object else
                 tf.get_variable(key, shape=value.shape, dtype=tf.string,
                                 initializer=lambda *_, **__: tf.constant(["", "", ""]))
                 for key, value in expected.items()}
    with tf.Session() as session:
        tf.train.Saver(variables).restore(session, prefix)
        for key, value in session.run(variables).items():
            assert value.dtype == expected[key].dtype, key
            np.testing.assert_array_equal(value, expected[key])
    print("restored", len(expected), "tensors of", prefix)


if __name__ == "__main__":
    check(sys.argv[1]) if len(sys.argv) > 1 else main()
