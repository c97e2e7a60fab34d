"""Feature columns against TensorFlow 1.15; examples, CSV and raw bytes parsed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1 import column_programs
from tests.frontends.tensorflow1.common import graph as graph
from tests.frontends.tensorflow1.common import run

fc = tf.feature_column
train = tf.train


def test_columns_are_those_of_tensorflow():
    expected = json.loads(
        (Path(__file__).parent / "fixtures" / "columns.json").read_text())
    assert column_programs.found(tf) == expected


def example(**features):
    made = train.Example()
    for key, values in features.items():
        feature = made.features.feature[key]
        if isinstance(values[0], str):
            feature.bytes_list.value.extend(v.encode() for v in values)
        elif isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)
    return made.SerializeToString()


def test_examples_are_parsed():
    data = [example(x=[1.0, 2.0], label=[3], words=["a", "b"], rows=[1, 2, 3, 4]),
            example(x=[5.0, 6.0], words=["c"], rows=[7, 8], at=[4, 1], v=[0.5, 0.25])]
    spec = {"x": tf.FixedLenFeature([2], tf.float32), "label": tf.FixedLenFeature([], tf.int64, -1),
            "words": tf.VarLenFeature(tf.string),
            "rows": tf.FixedLenSequenceFeature([2], tf.int64, True),
            "sparse": tf.SparseFeature("at", "v", tf.float32, 6)}
    found = run(tf.parse_example(data, spec))
    assert found["x"].tolist() == [[1, 2], [5, 6]]
    assert found["label"].tolist() == [3, -1]
    assert found["words"].indices.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert found["words"].values.tolist() == [b"a", b"b", b"c"]
    assert found["rows"].tolist() == [[[1, 2], [3, 4]], [[7, 8], [0, 0]]]
    assert found["sparse"].indices.tolist() == [[1, 1], [1, 4]]
    assert found["sparse"].values.tolist() == [0.25, 0.5]
    one = tf.parse_single_example(tf.constant(data[1]), {k: spec[k] for k in ("x", "words")})
    assert one["x"].shape.as_list() == [2]
    found = run(one)
    assert found["words"].dense_shape.tolist() == [1]


@pytest.mark.parametrize(("data", "text"), [
    (b"\x0a\xff", "Could not parse"), (example(y=[1]), "is required but could not be found"),
    (example(x=[1.0]), "Number of values != expected"), (example(x=[1, 2]), "types don't match")])
def test_examples_that_do_not_fit(data, text):
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        run(tf.parse_single_example(data, {"x": tf.FixedLenFeature([2], tf.float32)}))


def test_lines_and_bytes():
    a, b, c = tf.decode_csv(['1,"x,y",', "2,z,7.5"], [[0], [""], [0.5]])
    found = run([a, b, c])
    assert [f.tolist() for f in found] == [[1, 2], [b"x,y", b"z"], [0.5, 7.5]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="not a valid int32: x"):
        run(tf.decode_csv("x", [[0]]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="required but missing"):
        run(tf.decode_csv("", [tf.constant([], tf.int32)]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expect 1 fields but have 2"):
        run(tf.decode_csv("1,2", [[0]]))
    raw = tf.decode_raw(tf.constant([b"\x01\x00\x02\x00"]), tf.int16)
    assert run(raw).tolist() == [[1, 2]]
    assert raw.dtype == tf.int16
    x = np.arange(3.0)
    assert run(tf.parse_tensor(tf.serialize_tensor(x), tf.float64)).tolist() == x.tolist()


def test_data_sets_of_examples_feed_columns(tmp_path):
    with tf.python_io.TFRecordWriter(str(tmp_path / "r")) as writer:
        for i in range(4):
            writer.write(example(age=[float(i)], tags=["a"] * i + ["b"]))
    tags = fc.categorical_column_with_vocabulary_list("tags", ["a", "b"])
    columns = [fc.numeric_column("age"), fc.indicator_column(tags)]
    spec = fc.make_parse_example_spec(columns)
    data = tf.data.TFRecordDataset(str(tmp_path / "r")).batch(4).map(
        lambda rows: tf.parse_example(rows, spec))
    found = run(fc.input_layer(data.make_one_shot_iterator().get_next(), columns))
    assert found.tolist() == [[0, 0, 1], [1, 1, 1], [2, 2, 1], [3, 3, 1]]


def test_weights_and_files(tmp_path):
    (tmp_path / "v").write_text("red\ngreen\n")
    color = fc.categorical_column_with_vocabulary_file("c", str(tmp_path / "v"))
    weighted = fc.weighted_categorical_column(color, "w")
    features = {"c": tf.constant([["red", "red"], ["green", "blue"]]),
                "w": tf.constant([[0.5, 2.0], [3.0, 1.0]])}
    found = run(fc.input_layer(features, fc.indicator_column(weighted)))
    assert found.tolist() == [[2.5, 0], [0, 3]]


def test_columns_that_do_not_fit():
    color = fc.categorical_column_with_vocabulary_list("c", ["red"])
    with pytest.raises(ValueError, match="wrap a categorical"):
        fc.input_layer({"c": tf.constant([["red"]])}, [color])
    with pytest.raises(ValueError, match="d is not in features"):
        fc.input_layer({"c": tf.constant([[1.0]])}, [fc.numeric_column("d")])
    with pytest.raises(ValueError, match="holds texts"):
        fc.input_layer({"c": tf.constant([["red"]])}, [fc.numeric_column("c")])
    with pytest.raises(ValueError, match="sorted list"):
        fc.bucketized_column(fc.numeric_column("c"), [2, 1])
    with pytest.raises(ValueError, match="Duplicate feature column"):
        fc.input_layer({}, [fc.numeric_column("c")] * 2)
    number = fc.categorical_column_with_identity("n", 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="values of 'n' are no ids"):
        run(fc.input_layer({"n": tf.constant([[5]])}, fc.indicator_column(number)))
