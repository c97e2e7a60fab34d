"""Queues, the threads that fill them, readers, batches."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph


def test_first_in_first_out():
    queue = tf.FIFOQueue(3, [tf.int32, tf.float32], [[], [2]], names=["n", "v"])
    x = tf.placeholder(tf.int32, [])
    put = queue.enqueue({"n": x, "v": tf.ones([2]) * tf.cast(x, tf.float32)})
    got, size = queue.dequeue(), queue.size()
    with tf.Session() as session:
        for i in range(3):
            session.run(put, {x: i})
        assert session.run(size) == 3
        found = session.run(got)
        assert (found["n"], found["v"].tolist()) == (0, [0, 0])
        session.run(queue.close())
        assert session.run(queue.is_closed())
        assert session.run(queue.dequeue_up_to(5))["n"].tolist() == [1, 2]
        with pytest.raises(tf.errors.OutOfRangeError, match=r"is closed and has insufficient"):
            session.run(got)
        with pytest.raises(tf.errors.CancelledError, match="is closed"):
            session.run(put, {x: 1})
    with pytest.raises(ValueError, match="do not match names"):
        queue.enqueue({"n": 1})


def test_a_full_queue_waits():
    queue = tf.FIFOQueue(1, tf.int32, [])
    put, got = queue.enqueue(7), queue.dequeue()
    with tf.Session() as session:
        session.run(put)
        waiting = threading.Thread(target=session.run, args=(put,), daemon=True)
        waiting.start()
        time.sleep(0.05)
        assert waiting.is_alive()
        assert [session.run(got) for _ in range(2)] == [7, 7]
        waiting.join(5)
        assert not waiting.is_alive()


def test_many_at_once_shuffled_padded_and_by_priority():
    shuffled = tf.RandomShuffleQueue(20, 2, tf.int64, [], seed=1)
    padded = tf.PaddingFIFOQueue(5, [tf.int32], [[None]])
    first = tf.PriorityQueue(5, tf.string, [])
    fill = shuffled.enqueue_many([np.arange(10)])
    pads = [padded.enqueue(np.arange(n, dtype=np.int32)) for n in (1, 3)]
    words = first.enqueue_many([np.array([3, 1, 2]), ["c", "a", "b"]])
    with tf.Session() as session:
        session.run([fill, *pads, words])
        found = session.run(shuffled.dequeue_many(8)).tolist()
        assert len(set(found)) == 8
        assert found != sorted(found)
        assert session.run(padded.dequeue_many(2)).tolist() == [[0, 0, 0], [0, 1, 2]]
        assert session.run(first.dequeue_many(3))[1].tolist() == [b"a", b"b", b"c"]


def test_batches_of_slices():
    images = np.arange(20.0, dtype=np.float32).reshape(10, 2)
    image, label = tf.train.slice_input_producer(
        [images, [str(i) for i in range(10)]], num_epochs=1, shuffle=False)
    x, y = tf.train.batch([image, label], 4, allow_smaller_final_batch=True)
    total = tf.reduce_sum(x)
    found = []
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coord)
        try:
            while not coord.should_stop():
                found.append(session.run([total, y]))
        except tf.errors.OutOfRangeError:
            coord.request_stop()
        coord.join(threads)
    assert [len(y) for _, y in found] == [4, 4, 2]
    assert found[0][0] == images[:4].sum()
    assert np.concatenate([y for _, y in found]).tolist() == [str(i).encode() for i in range(10)]


def test_errors_of_threads_are_raised_by_join():
    x = tf.py_func(lambda: np.float32(1 / 0), [], tf.float32)
    x.set_shape([])
    batch = tf.train.shuffle_batch([x], 2, 10, 2)
    with tf.Session() as session:
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coord)
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(batch)
        with pytest.raises(tf.errors.UnknownError, match="ZeroDivisionError"):
            coord.join(threads)


def test_readers(tmp_path):
    (tmp_path / "a.csv").write_text("head\n1,2\n3,4\n")
    (tmp_path / "b.csv").write_text("head\n5,6\n")
    names = [str(tmp_path / n) for n in ("a.csv", "b.csv")]
    queue = tf.train.string_input_producer(names, num_epochs=1, shuffle=False)
    reader = tf.TextLineReader(skip_header_lines=1)
    key, value = reader.read(queue)
    whole = tf.WholeFileReader()
    _, content = whole.read(tf.train.string_input_producer(names[1:], shuffle=False))
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coord)
        found = [session.run([key, value]) for _ in range(3)]
        assert found == [[f"{names[0]}:2".encode(), b"1,2"], [f"{names[0]}:3".encode(), b"3,4"],
                         [f"{names[1]}:2".encode(), b"5,6"]]
        assert session.run(content) == b"head\n5,6\n"
        assert session.run(reader.num_records_produced()) == 3
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(value)
        coord.request_stop()
        coord.join(threads)


def test_records_of_fixed_length_and_tfrecords(tmp_path):
    (tmp_path / "f").write_bytes(b"haabb")
    with tf.python_io.TFRecordWriter(str(tmp_path / "r")) as writer:
        writer.write(b"one")
        writer.write(b"two")
    fixed = tf.FixedLengthRecordReader(2, header_bytes=1)
    records = tf.TFRecordReader()
    pairs = fixed.read_up_to(tf.train.string_input_producer([str(tmp_path / "f")]), 2)
    two = records.read(tf.train.string_input_producer([str(tmp_path / "r")]))
    with tf.Session() as session:
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coord)
        assert session.run(pairs[1]).tolist() == [b"aa", b"bb"]
        assert [session.run(two)[1] for _ in range(3)] == [b"one", b"two", b"one"]
        coord.request_stop()
        coord.join(threads)


def test_files_and_functions_of_python(tmp_path, capfd):
    path = str(tmp_path / "x" / "t")
    x = tf.constant([1.0, 2.0])
    doubled, text = tf.py_func(lambda v: (v * 2, "two"), [x], [tf.float32, tf.string])
    shown = tf.Print(x * 2.0, [x, doubled], "values: ", first_n=2)
    with tf.Session() as session:
        session.run(tf.write_file(path, "content"))
        assert session.run(tf.read_file(path)) == b"content"
        assert session.run(tf.matching_files(str(tmp_path / "x" / "*"))).tolist() == [path.encode()]
        with pytest.raises(tf.errors.NotFoundError):
            session.run(tf.read_file(path + "2"))
        assert session.run([doubled, text])[1] == b"two"
        for _ in range(3):
            session.run(shown)
        session.run(tf.print("x is", x))
        with pytest.raises(tf.errors.UnknownError, match="ZeroDivisionError"):
            session.run(tf.py_func(lambda: 1 / 0, [], tf.float32))
    assert capfd.readouterr().err == "values: [1.0 2.0][2.0 4.0]\n" * 2 + "x is [1. 2.]\n"
