"""Tables: filled from tensors and files, written to by runs, saved."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph


def started():
    session = tf.Session()
    session.run(tf.tables_initializer())
    return session


def test_a_table_of_tensors():
    keys = tf.constant(["a", "b", "c"])
    filling = tf.lookup.KeyValueTensorInitializer(keys, tf.constant([1, 2, 3], tf.int64))
    table = tf.lookup.StaticHashTable(filling, -1)
    words = tf.placeholder(tf.string, [None])
    found = table.lookup(words)
    assert found.shape.as_list() == [None]
    with tf.Session() as session:
        with pytest.raises(tf.errors.FailedPreconditionError, match="not initialized"):
            session.run(found, {words: ["a"]})
        session.run(tf.tables_initializer())
        assert session.run(found, {words: ["c", "z", "a"]}).tolist() == [3, -1, 1]
        assert session.run(table.size()) == 3
        sparse = tf.SparseTensor([[0, 1], [2, 0]], tf.constant(["b", "q"]), [3, 2])
        assert session.run(table.lookup(sparse)).values.tolist() == [2, -1]
        names, values = session.run(table.export())
        assert dict(zip(names.tolist(), values.tolist())) == {b"a": 1, b"b": 2, b"c": 3}
    with pytest.raises(TypeError, match="Keys are of another dtype"):
        table.lookup(tf.constant([1]))


def test_a_key_with_two_values_is_refused():
    filling = tf.contrib.lookup.KeyValueTensorInitializer(["a", "a"], tf.constant([1.0, 2.0]))
    tf.contrib.lookup.HashTable(filling, 0.0)
    with pytest.raises(tf.errors.FailedPreconditionError, match="different value for same key"):
        started()


def test_words_of_a_file(tmp_path):
    file = tmp_path / "words.txt"
    file.write_text("emerson\nlake\npalmer\n")
    table = tf.contrib.lookup.index_table_from_file(str(file), num_oov_buckets=1)
    back = tf.contrib.lookup.index_to_string_table_from_file(str(file), default_value="UNKNOWN")
    short = tf.contrib.lookup.index_table_from_file(str(file), vocab_size=2)
    session = started()
    words = tf.constant(["emerson", "lake", "palmer", "king"])
    assert session.run(table.lookup(words)).tolist() == [0, 1, 2, 3]
    assert session.run(table.size()) == 4
    assert session.run(short.lookup(words)).tolist() == [0, 1, -1, -1]
    numbers = tf.constant([1, 5], tf.int64)
    assert session.run(back.lookup(numbers)).tolist() == [b"lake", b"UNKNOWN"]
    tf.contrib.lookup.index_table_from_file(str(file), vocab_size=9)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)Invalid vocab_size.*9 lines"):
        started()
    with pytest.raises(ValueError, match="vocabulary_file must be specified"):
        tf.contrib.lookup.index_table_from_file("")


def test_columns_of_a_file(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("x,1.5\ny,2.5\n")
    filling = tf.lookup.TextFileInitializer(str(file), tf.string, 0, tf.float32, 1, delimiter=",")
    table = tf.lookup.StaticHashTable(filling, 0.0)
    assert started().run(table.lookup(tf.constant(["y", "x"]))).tolist() == [2.5, 1.5]
    wrong = tf.lookup.TextFileInitializer(str(file), tf.string, 0, tf.int64, 1, delimiter=",")
    tf.lookup.StaticHashTable(wrong, 0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not a valid int64"):
        started()


def test_words_of_a_tensor():
    table = tf.contrib.lookup.index_table_from_tensor(tf.constant(["to", "be", "or"]), 2)
    numbers = tf.contrib.lookup.index_table_from_tensor(tf.constant([10, 20]), dtype=tf.int32)
    back = tf.contrib.lookup.index_to_string_table_from_tensor(tf.constant(["p", "q"]))
    session = started()
    found = session.run(table.lookup(tf.constant(["be", "not", "or", "that"]))).tolist()
    assert found[0] == 1
    assert found[2] == 2
    # The buckets that TensorFlow 1.15 finds.
    expected = session.run(tf.string_to_hash_bucket_fast(tf.constant(["not", "that"]), 2) + 3)
    assert [found[1], found[3]] == expected.tolist()
    assert session.run(back.lookup(tf.constant([1], tf.int64))).tolist() == [b"q"]
    with pytest.raises(TypeError, match="Keys are of another dtype"):
        numbers.lookup(tf.constant([10, 20]))
    assert session.run(numbers.lookup(tf.constant([20, 30], tf.int64))).tolist() == [1, -1]


def test_words_within_a_data_set():
    table = tf.contrib.lookup.index_table_from_tensor(tf.constant(["a", "b"]))
    data = tf.data.Dataset.from_tensor_slices(["b", "c", "a"]).map(table.lookup)
    element = data.make_initializable_iterator()
    value = element.get_next()
    session = started()
    session.run(element.initializer)
    assert [int(session.run(value)) for _ in range(3)] == [1, -1, 0]


def test_tables_that_runs_write_to(tmp_path):
    table = tf.contrib.lookup.MutableHashTable(tf.string, tf.int64, -1)
    keys = tf.placeholder(tf.string, [None])
    values = tf.placeholder(tf.int64, [None])
    insert, remove, found = table.insert(keys, values), table.remove(keys), table.lookup(keys)
    saver = tf.train.Saver()
    prefix = str(tmp_path / "model")
    with tf.Session() as session:
        session.run(insert, {keys: ["a", "b"], values: [1, 2]})
        session.run(insert, {keys: ["b"], values: [7]})
        assert session.run(found, {keys: ["a", "b", "c"]}).tolist() == [1, 7, -1]
        saver.save(session, prefix)
        session.run(remove, {keys: ["a", "z"]})
        assert session.run(table.size()) == 1
    with tf.Session() as session:
        saver.restore(session, prefix)
        assert session.run(found, {keys: ["a", "b", "c"]}).tolist() == [1, 7, -1]
    assert tf.train.NewCheckpointReader(prefix).has_tensor("MutableHashTable-keys")


def test_a_table_of_vectors():
    table = tf.contrib.lookup.MutableDenseHashTable(
        tf.int64, tf.float32, [0.0, 0.0], empty_key=[0, 0], deleted_key=[-1, -1])
    insert = table.insert(tf.constant([[1, 2], [3, 4]], tf.int64), [[1.0, 2.0], [3.0, 4.0]])
    found = table.lookup(tf.constant([[3, 4], [5, 6]], tf.int64))
    assert found.shape.as_list() == [2, 2]
    with tf.Session() as session:
        session.run(insert)
        np.testing.assert_array_equal(session.run(found), [[3, 4], [0, 0]])
    with pytest.raises(ValueError, match="empty_key or deleted_key"):
        table.insert(tf.constant([[0, 0]], tf.int64), [[1.0, 1.0]])
