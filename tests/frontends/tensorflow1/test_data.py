"""tf.data: elements as TensorFlow 1.15 gives them, iterators of every kind, errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1 import data_programs
from tests.frontends.tensorflow1.common import graph as graph

EXPECTED = json.loads((Path(__file__).parent / "fixtures" / "data.json").read_text())
Dataset = tf.data.Dataset


def rows(dataset, most=100, feed_dict=None):
    iterator = dataset.make_initializable_iterator()
    following, found = iterator.get_next(), []
    with tf.Session() as session:
        session.run(iterator.initializer, feed_dict)
        while len(found) < most:
            try:
                found.append(session.run(following))
            except tf.errors.OutOfRangeError:
                break
    return found


@pytest.mark.parametrize("name", sorted(data_programs.PROGRAMS))
def test_elements_are_those_of_tensorflow(name):
    found, declared = data_programs.elements(tf, name)
    expected, types = EXPECTED[name]
    assert json.loads(json.dumps(found)) == expected
    assert declared == types


def test_a_one_shot_iterator_begins_by_itself():
    x = Dataset.from_tensor_slices(np.arange(6.0)).batch(4).make_one_shot_iterator().get_next()
    y = x * 2.0
    with tf.Session() as session:
        assert session.run(y).tolist() == [0, 2, 4, 6]
        assert session.run([x, y])[1].tolist() == [8, 10]
        with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
            session.run(y)
    with tf.Session() as session:
        assert session.run(y).tolist() == [0, 2, 4, 6]


def test_placeholders_belong_to_initializers():
    n = tf.placeholder(tf.int64, [])
    dataset = Dataset.range(n).map(lambda x: x + n)
    with pytest.raises(ValueError, match=r"(?s)Cannot capture a placeholder.*make_initializable"):
        dataset.make_one_shot_iterator()
    assert rows(dataset, feed_dict={n: 3}) == [3, 4, 5]


def test_an_iterator_that_was_not_begun():
    iterator = Dataset.range(3).make_initializable_iterator()
    with tf.Session() as session, pytest.raises(
            tf.errors.FailedPreconditionError, match="has not been initialized"):
        session.run(iterator.get_next())
    with pytest.raises(ValueError, match="does not have an initializer"):
        _ = Dataset.range(3).make_one_shot_iterator().initializer


def test_one_iterator_for_two_data_sets():
    training, testing = Dataset.range(3), Dataset.range(10, 12)
    iterator = tf.data.Iterator.from_structure(training.output_types, training.output_shapes)
    following = iterator.get_next()
    first, second = iterator.make_initializer(training), iterator.make_initializer(testing)
    with tf.Session() as session:
        session.run(first)
        assert [session.run(following) for _ in range(3)] == [0, 1, 2]
        session.run(second)
        assert session.run(following) == 10
    with pytest.raises(TypeError, match="Expected output types"):
        iterator.make_initializer(Dataset.from_tensors("text"))


def test_iterators_by_handles():
    handle = tf.placeholder(tf.string, [])
    one, two = (Dataset.range(n, 100).make_one_shot_iterator() for n in (0, 50))
    following = tf.data.Iterator.from_string_handle(handle, tf.int64, tf.TensorShape([])).get_next()
    with tf.Session() as session:
        handles = session.run([one.string_handle(), two.string_handle()])
        found = [session.run(following, {handle: handles[i]}) for i in (0, 1, 1, 0)]
    assert found == [0, 50, 51, 1]


def test_orders_are_drawn_by_seeds(graph):
    graph.seed = 3
    first = Dataset.range(20).shuffle(20)
    again = rows(first.repeat(2))
    assert sorted(again[:20]) == list(range(20)) == sorted(again[20:])
    assert again[:20] != again[20:]
    stays = rows(Dataset.range(9).shuffle(9, seed=1, reshuffle_each_iteration=False).repeat(2))
    assert stays[:9] == stays[9:]
    near = rows(Dataset.range(50).shuffle(3))
    assert all(v <= i + 2 for i, v in enumerate(near))


def test_what_does_not_fit():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"different shapes.*\[1\].*\[2\]"):
        rows(Dataset.range(1, 4).map(lambda x: tf.fill([x], x)).batch(2))
    with pytest.raises(tf.errors.InvalidArgumentError, match="could not be converted"):
        rows(Dataset.from_generator(lambda: iter(["text"]), tf.int64))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"shape \(2,\) where .* \(3,\)"):
        rows(Dataset.from_generator(lambda: iter([[1, 2]]), tf.int64, [3]))
    with pytest.raises(ValueError, match="scalar boolean"):
        Dataset.range(3).filter(lambda x: x)
    with pytest.raises(TypeError, match="different types"):
        Dataset.range(3).concatenate(Dataset.from_tensors("x"))
    with pytest.raises(TypeError, match="another sort of result"):
        Dataset.range(3).flat_map(lambda x: x)
    with pytest.raises(TypeError, match=r"Dataset\.zip"):
        Dataset.zip([Dataset.range(3)])


def test_errors_of_elements_can_be_passed_over():
    checked = Dataset.from_generator(lambda: iter([[1, 2], [1, 2, 3], [4, 5]]), tf.int64).map(
        lambda x: tf.reduce_sum(tf.reshape(x, [2])))
    assert rows(checked.apply(tf.data.experimental.ignore_errors())) == [3, 9]
    with pytest.raises(tf.errors.InvalidArgumentError):
        rows(checked)


def test_lines_and_records_of_files(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one\r\ntwo\n")
    (tmp_path / "b.txt").write_bytes(b"three")
    paths = [str(tmp_path / n) for n in ("a.txt", "b.txt")]
    assert rows(tf.data.TextLineDataset(paths)) == [b"one", b"two", b"three"]
    names = Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)
    assert rows(names) == [p.encode() for p in paths]
    read = names.interleave(lambda n: tf.data.TextLineDataset(n).skip(1), cycle_length=2)
    assert rows(read) == [b"two"]
    with tf.python_io.TFRecordWriter(str(tmp_path / "r"), "ZLIB") as writer:
        for n in range(3):
            writer.write(bytes([n]))
    assert rows(tf.data.TFRecordDataset(str(tmp_path / "r"), "ZLIB")) == [b"\0", b"\1", b"\2"]
    (tmp_path / "f").write_bytes(b"hhaabbccf")
    fixed = tf.data.FixedLengthRecordDataset(str(tmp_path / "f"), 2, 2, 1)
    assert rows(fixed) == [b"aa", b"bb", b"cc"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="not an exact multiple"):
        rows(tf.data.FixedLengthRecordDataset(str(tmp_path / "f"), 4))
    with pytest.raises(tf.errors.NotFoundError, match="nothing"):
        rows(tf.data.TextLineDataset(str(tmp_path / "nothing")))


def test_mixtures():
    a, b = Dataset.range(10), Dataset.range(100, 110)
    found = rows(tf.data.experimental.sample_from_datasets([a, b], [0.5, 0.5], seed=1))
    assert [v for v in found if v < 100] == list(range(10))
    assert len(found) == 20
    numbers = rows(tf.data.experimental.RandomDataset(7).take(3))
    assert len(set(numbers)) == 3
    resampled = Dataset.range(200).apply(tf.data.experimental.rejection_resample(
        lambda x: tf.cast(x % 2, tf.int32), [1.0, 0.0], [0.5, 0.5], seed=1))
    assert all(label == 0 for label, _ in rows(resampled, 500))


def test_reduced_to_one():
    total = Dataset.range(5).reduce(np.int64(10), lambda state, x: state + x)
    only = tf.data.experimental.get_single_element(Dataset.range(3, 4))
    with tf.Session() as session:
        assert session.run([total, only]) == [20, 3]
        with pytest.raises(tf.errors.InvalidArgumentError, match="more than one element"):
            session.run(tf.data.experimental.get_single_element(Dataset.range(4)))


def test_training_reads_from_an_iterator():
    images = np.arange(12.0, dtype=np.float32).reshape(6, 2)
    data = Dataset.from_tensor_slices((images, np.arange(6))).repeat().batch(4)
    x, y = data.make_one_shot_iterator().get_next()
    loss = tf.reduce_sum(x) + tf.cast(tf.reduce_sum(y), tf.float32)
    with tf.Session() as session:
        expected = [images[:4].sum() + 6, images[[4, 5, 0, 1]].sum() + 10]
        assert [session.run(loss) for _ in range(2)] == expected


def test_tables_and_records_of_examples(tmp_path):
    experimental = tf.data.experimental
    (tmp_path / "t.csv").write_text("a,b\n1,x\n2,y\n")
    found = rows(experimental.CsvDataset([str(tmp_path / "t.csv")], [tf.int32, ""], header=True))
    assert found == [(1, b"x"), (2, b"y")]
    texts = []
    for i in range(3):
        example = tf.train.Example()
        example.features.feature["n"].int64_list.value.append(i)
        example.features.feature["y"].float_list.value.append(i * 2.0)
        texts.append(example.SerializeToString())
    path = str(tmp_path / "r")
    with tf.Session() as session:
        session.run(experimental.TFRecordWriter(path).write(Dataset.from_tensor_slices(texts)))
    spec = {"n": tf.FixedLenFeature([], tf.int64), "y": tf.FixedLenFeature([], tf.float32)}
    batches = rows(experimental.make_batched_features_dataset(
        path, 2, spec, label_key="y", num_epochs=1, shuffle=False))
    assert [(f["n"].tolist(), y.tolist()) for f, y in batches] == [([0, 1], [0, 2]), ([2], [4])]
