"""Data sets whose elements are compared with TensorFlow's: functions of the module `tf`.

Read by the tests and, on Python 3.7, by tests/frontends/regenerate/data.py.
"""

import numpy as np


def arrays():
    return np.arange(10), {"x": np.arange(20.0).reshape(10, 2), "a": np.array(list("abcdefghij"))}


PROGRAMS = {
    "range": lambda tf, D: D.range(1, 10, 3),
    "map": lambda tf, D: D.range(5).map(lambda x: (x * 2, tf.cast(x, tf.float32) / 2.0)),
    "slices": lambda tf, D: D.from_tensor_slices(arrays()).skip(2).take(3),
    "batch": lambda tf, D: D.from_tensor_slices(arrays()).batch(4),
    "batch_drop": lambda tf, D: D.from_tensor_slices(arrays()).batch(4, drop_remainder=True),
    "filter": lambda tf, D: D.range(20).filter(lambda x: tf.equal(x % 3, 0)),
    "flat_map": lambda tf, D: D.range(4).flat_map(lambda x: D.range(x + 1).map(lambda y: x * y)),
    "interleave": lambda tf, D: D.range(1, 6).interleave(
        lambda x: D.from_tensors(x).repeat(6), cycle_length=2, block_length=4),
    "interleave_uneven": lambda tf, D: D.range(1, 8).interleave(
        lambda x: D.from_tensors(x).repeat(x % 3 + 1), cycle_length=3, block_length=2),
    "concatenate": lambda tf, D: D.range(3).concatenate(D.range(10, 12)),
    "zip": lambda tf, D: D.zip((D.range(3), {"b": D.range(10, 20)})),
    "repeat": lambda tf, D: D.range(3).repeat(2).batch(4),
    "padded": lambda tf, D: D.range(1, 6).map(lambda x: tf.fill([x], x)).padded_batch(
        2, [None], padding_values=np.int64(-1)),
    "padded_pairs": lambda tf, D: D.range(1, 5).map(
        lambda x: (tf.fill([x, 2], x), tf.fill([x], 0.5))).padded_batch(3, ([None, 3], [5])),
    "window": lambda tf, D: D.range(7).window(3, 2).flat_map(lambda w: w.batch(3)),
    "window_stride": lambda tf, D: D.range(12).window(3, 4, 2, True).flat_map(
        lambda w: w.batch(3)),
    "shard": lambda tf, D: D.range(10).shard(3, 1),
    "enumerate": lambda tf, D: D.range(5, 8).enumerate(start=2),
    "unbatch": lambda tf, D: D.range(6).batch(4).apply(tf.data.experimental.unbatch()),
    "cache": lambda tf, D: D.range(3).map(lambda x: x + 1).cache().repeat(2),
    "generator": lambda tf, D: D.from_generator(
        lambda: iter([(1, [1.0, 2.0]), (2, [3.0, 4.0])]), (tf.int64, tf.float32),
        (tf.TensorShape([]), tf.TensorShape([2]))),
    "map_and_batch": lambda tf, D: D.range(5).apply(
        tf.data.experimental.map_and_batch(lambda x: x * x, 2)),
    "scan": lambda tf, D: D.range(6).apply(tf.data.experimental.scan(
        np.int64(0), lambda s, x: (s + x, s * x))),
    "take_while": lambda tf, D: D.range(9).apply(
        tf.data.experimental.take_while(lambda x: x < 4)),
    "unique": lambda tf, D: D.from_tensor_slices([3, 1, 3, 2, 1]).apply(
        tf.data.experimental.unique()),
    "group_by_window": lambda tf, D: D.range(10).apply(tf.data.experimental.group_by_window(
        lambda x: x % 2, lambda key, rows: rows.batch(3), 3)),
    "bucket": lambda tf, D: D.range(1, 12).map(lambda x: tf.fill([x], x)).apply(
        tf.data.experimental.bucket_by_sequence_length(
            lambda x: tf.size(x), [3, 9], [2, 3, 1])),
    "choose": lambda tf, D: tf.data.experimental.choose_from_datasets(
        [D.range(10), D.range(100, 110)], D.from_tensor_slices(np.array([0, 1, 1, 0, 1]))),
    "counter": lambda tf, D: tf.data.experimental.Counter(5, 2).take(4),
    "group_by_reducer": lambda tf, D: D.range(10).apply(tf.data.experimental.group_by_reducer(
        lambda x: x % 3, tf.data.experimental.Reducer(
            lambda key: np.int64(0), lambda state, x: state + x, lambda state: state * 10))),
    "parallel_interleave": lambda tf, D: D.range(3).apply(tf.data.experimental.parallel_interleave(
        lambda x: D.range(x * 10, x * 10 + 3), cycle_length=2)),
    "dense_to_sparse": lambda tf, D: D.range(1, 4).map(lambda x: tf.fill([x], x)).apply(
        tf.data.experimental.dense_to_sparse_batch(2, [4])),
}


def elements(tf, name, most=40):
    """The elements of a program's data set, and the types and shapes that it declares."""
    with tf.Graph().as_default(), tf.Session() as session:
        made = PROGRAMS[name](tf, tf.data.Dataset)
        declared = repr([str(made.output_types), str(made.output_shapes)])
        iterator = made.make_initializable_iterator()
        following = iterator.get_next()
        session.run(iterator.initializer)
        found = []
        try:
            while len(found) < most:
                found.append(plain(session.run(following)))
        except tf.errors.OutOfRangeError:
            pass
        return found, declared


def plain(value):
    """Values that JSON can hold."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in sorted(value.items())}
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return [str(value.dtype), plain(value.tolist())]
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        return [str(value.dtype), value.item()]
    return value.decode() if isinstance(value, bytes) else value
