"""Texts to tensors: examples, CSV files, raw bytes."""

from __future__ import annotations

import os
import tempfile
import zlib

import numpy as np

from tests.frontends.tensorflow1.test_sequence_parsing import example as sequence_example
from tests.frontends.tensorflow1.values import same, table, tf, value

calls = table()


def example(values):
    """A serialized Example with whole numbers `x`, and places `at` of them."""
    def numbers(found):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=found))

    return tf.train.Example(features=tf.train.Features(feature={
        "x": numbers(values), "at": numbers(range(0, 2 * len(values), 2))})).SerializeToString()


def parsed(feature, values=(3, 4)):
    """The value of one feature."""
    return value(tf.parse_single_example(example(values), {"x": feature})["x"])


for room in ("tf", "tf.io"):
    calls(room, "FixedLenFeature", lambda f: parsed(f([2], tf.int64)).tolist() == [3, 4])
    calls(room, "VarLenFeature", lambda f: parsed(f(tf.int64)).values.tolist() == [3, 4])
    calls(room, "FixedLenSequenceFeature", lambda f: parsed(
        f([2], tf.int64, True), range(4)).tolist() == [[0, 1], [2, 3]])
    calls(room, "SparseFeature", lambda f: parsed(
        f("at", "x", tf.int64, 9)).indices.tolist() == [[0], [2]])
    calls(room, "parse_example", lambda f: same(
        f([example([1]), example([2])], {"x": tf.FixedLenFeature([], tf.int64)})["x"], [1, 2]))
    calls(room, "parse_single_example", lambda f: same(
        f(example([5]), {"x": tf.FixedLenFeature([], tf.int64)})["x"], 5))
    calls(room, "parse_single_sequence_example", lambda f: value(f(
        sequence_example(2), sequence_features={
            "pairs": tf.FixedLenSequenceFeature([2], tf.float32)})[1]["pairs"]).shape == (2, 2))
    calls(room, "decode_csv", lambda f: value(f(["1,a", ",b"], [[7], [""]]))[0].tolist() == [1, 7])
    calls(room, "decode_raw", lambda f: same(f([b"\1\0\2\0"], tf.int16), [[1, 2]]))
    calls(room, "decode_compressed", lambda f: value(
        f(zlib.compress(b"text"), compression_type="ZLIB")) == b"text")
    calls(room, "parse_tensor", lambda f: same(
        f(tf.serialize_tensor(np.arange(3)), tf.int64), [0, 1, 2]))
    calls(room, "serialize_tensor", lambda f: same(
        tf.parse_tensor(f(np.float32([1.5])), tf.float32), [1.5]))
calls("tf.io", "parse_sequence_example", lambda f: same(f(
    [sequence_example(1), sequence_example(3)], sequence_features={
        "pairs": tf.FixedLenSequenceFeature([2], tf.float32)})[2]["pairs"], [1, 3]))


@calls("tf.data.experimental", "make_csv_dataset")
def csv_files(f):
    with tempfile.TemporaryDirectory() as folder:
        for i in range(2):
            with open(os.path.join(folder, f"{i}.csv"), "w") as file:
                file.write(f"a,b,c,label\n{i},1.5,x,0\n{i + 2},,y,1\n")
        rows = f(os.path.join(folder, "*.csv"), 3, label_name="label", num_epochs=1, shuffle=False)
        features, label = rows.make_one_shot_iterator().get_next()
        assert [t.dtype for t in features.values()] == [tf.int32, tf.float32, tf.string]
        found, labels = value((features, label))
    assert list(found) == ["a", "b", "c"]
    assert found["a"].tolist() == [0, 2, 1]
    assert found["b"].tolist() == [1.5, 0.0, 1.5]
    assert found["c"].tolist() == [b"x", b"y", b"x"]
    assert labels.tolist() == [0, 1, 0]
