"""Queues, readers, summaries, tf.compat, tf.saved_model's constants."""

from __future__ import annotations

import os
import tempfile

import numpy as np

from tests.frontends.tensorflow1.values import IMAGE, A, close, refused, same, table, tf, value

calls = table()

# -- tf.compat -------------------------------------------------------------------------------------

C = "tf.compat"
calls(C, "as_bytes", lambda f: f("a") == b"a" and f(b"a") == b"a")
calls(C, "as_text as_str", lambda f: f(b"a") == "a")
calls(C, "as_str_any", lambda f: f(3) == "3")
calls(C, "path_to_str", lambda f: f("/a") == "/a")
calls(C, "bytes_or_text_types", lambda types: isinstance("a", types) and isinstance(b"a", types))
calls(C, "integral_types", lambda types: isinstance(np.int32(1), types))
calls(C, "real_types", lambda types: isinstance(1.0, types) and not isinstance(1j, types))
calls(C, "complex_types", lambda types: isinstance(1j, types))
calls(C, "forward_compatible", lambda f: f(2018, 1, 1) and not f(2030, 1, 1))


@calls(C, "forward_compatibility_horizon")
def horizon(f):
    with f(2030, 1, 1):
        assert tf.compat.forward_compatible(2029, 1, 1)


# -- files -----------------------------------------------------------------------------------------


@calls("tf", "read_file write_file matching_files")
def files(f, name):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "one")
        with tf.Session() as session:
            session.run(tf.write_file(path, "text"))
            assert session.run(tf.read_file(path)) == b"text"
            assert session.run(tf.matching_files(folder + "/o*")).tolist() == [path.encode()]


# -- queues and readers ----------------------------------------------------------------------------


@calls("tf", "FIFOQueue PaddingFIFOQueue PriorityQueue RandomShuffleQueue")
def queues(make, name):
    made = {"FIFOQueue": lambda: make(5, tf.float32, shapes=[[]]),
            "PaddingFIFOQueue": lambda: make(5, tf.float32, shapes=[[]]),
            "PriorityQueue": lambda: make(5, tf.float32, shapes=[[]]),
            "RandomShuffleQueue": lambda: make(5, 0, tf.float32, shapes=[[]])}[name]()
    given = (np.int64(1), 3.0) if name == "PriorityQueue" else 3.0
    with tf.Session() as session:
        session.run(made.enqueue(given))
        assert session.run(made.size()) == 1
        found = session.run(made.dequeue())
        assert (found[-1] if name == "PriorityQueue" else found) == 3.0


calls("tf", "QueueBase", lambda f: issubclass(tf.FIFOQueue, f))
calls("tf", "ReaderBase", lambda f: issubclass(tf.TextLineReader, f))


@calls("tf", "TextLineReader WholeFileReader FixedLengthRecordReader TFRecordReader "
             "IdentityReader")
def readers(make, name):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        if name == "TFRecordReader":
            with tf.python_io.TFRecordWriter(path) as writer:
                writer.write(b"ab")
        else:
            with open(path, "w") as file:
                file.write("ab\ncd\n" if name == "TextLineReader" else "ab")
        queue = tf.FIFOQueue(2, tf.string, shapes=[[]])
        reader = make(2) if name == "FixedLengthRecordReader" else make()
        key, found = reader.read(queue)
        with tf.Session() as session:
            session.run(queue.enqueue(path))
            assert session.run(found) == (path.encode() if name == "IdentityReader" else b"ab")


T = "tf.train"


def first(tensors):
    """What the threads of queue runners give first."""
    coord = tf.train.Coordinator()
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        threads = tf.train.start_queue_runners(session, coord)
        found = session.run(tensors)
        coord.request_stop()
        coord.join(threads, stop_grace_period_secs=5)
    return found


calls(T, "range_input_producer", lambda f: first(f(3, shuffle=False).dequeue()) == 0)
calls(T, "input_producer", lambda f: first(f(tf.constant([5, 6]), shuffle=False).dequeue()) == 5)
calls(T, "string_input_producer", lambda f: first(f(["a"], shuffle=False).dequeue()) == b"a")
calls(T, "slice_input_producer", lambda f: first(
    f([tf.constant([5, 6])], shuffle=False)[0]) == 5)
calls(T, "limit_epochs", lambda f: first(f(tf.constant(4), 2)) == 4)
calls(T, "batch", lambda f: first(f([tf.constant(1.0)], 3)).tolist() == [1, 1, 1])
calls(T, "shuffle_batch", lambda f: first(f([tf.constant(1.0)], 2, 8, 2)).tolist() == [1, 1])
calls(T, "batch_join", lambda f: first(f([[tf.constant(1.0)]], 2)).tolist() == [1, 1])
calls(T, "shuffle_batch_join", lambda f: first(
    f([[tf.constant(1.0)]], 2, 8, 2)).tolist() == [1, 1])


@calls(T, "QueueRunner add_queue_runner start_queue_runners")
def runners(f):
    queue = tf.FIFOQueue(3, tf.float32, shapes=[[]])
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(2.0)]))
    assert first(queue.dequeue()) == 2.0


# -- summaries -------------------------------------------------------------------------------------

S = "tf.summary"


def written(made):
    """The one value of a summary."""
    [found] = tf.Summary.FromString(value(made)).value
    return found


calls(S, "scalar", lambda f: written(f("a", tf.constant(2.0))).simple_value == 2.0)
calls(S, "histogram", lambda f: written(f("a", tf.constant(A))).histo.num == 6)
calls(S, "image", lambda f: written(f("a", tf.constant(IMAGE[:1]))).image.height == 4)
calls(S, "audio", lambda f: written(f("a", tf.zeros([1, 8]), 8)).audio.sample_rate == 8)
calls(S, "text tensor_summary", lambda f: written(f("a", tf.constant("words"))).tag != "")
calls(S, "merge", lambda f: len(tf.Summary.FromString(value(f(
    [tf.summary.scalar("a", 1.0), tf.summary.scalar("b", 1.0)]))).value) == 2)
calls(S, "merge_all", lambda f: f() is None
      and tf.summary.scalar("a", tf.constant(2.0)) is not None and written(f()).tag == "a")


@calls(S, "FileWriter FileWriterCache")
def writer(f, name):
    with tempfile.TemporaryDirectory() as folder:
        made = f(folder) if name == "FileWriter" else f.get(folder)
        made.add_summary(tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=2.0)]), 1)
        made.close()
        [file] = os.listdir(folder)
        events = tf.train.summary_iterator(os.path.join(folder, file))
        assert [e.step for e in events if e.summary.value] == [1]


@calls(T, "summary_iterator")
def summary_iterator(f):
    with tempfile.TemporaryDirectory() as folder:
        made = tf.summary.FileWriter(folder)
        made.close()
        [file] = os.listdir(folder)
        assert next(iter(f(os.path.join(folder, file)))).file_version == "brain.Event:2"


calls(S, "SummaryDescription TaggedRunMetadata",
      lambda f: f.FromString(f().SerializeToString()) == f())
calls(S, "get_summary_description", lambda f: refused(
    lambda: f(tf.summary.scalar("a", 1.0).op), ValueError))
calls(S, "all_v2_summary_ops", lambda f: f() in (None, []))

# -- others ----------------------------------------------------------------------------------------

calls("tf", "eye", lambda f: same(f(2, 3), np.eye(2, 3)))
calls("tf", "print", lambda f: value(f("text", tf.constant(A), output_stream="file:///dev/null"))
      is None)
calls("tf", "orthogonal_initializer", lambda f: close(
    tf.matmul(q := value(f()([3, 3])), q, transpose_b=True), np.eye(3), 1e-4))
calls("tf.linalg", "matrix_rank", lambda f: same(f(tf.constant([[2.0, 1.0], [0.5, 3.0]])), 2))
calls("tf.linalg", "normalize", lambda f: close(f([3.0, 4.0])[0], [0.6, 0.8]))
calls("tf.linalg", "tridiagonal_solve", lambda f: close(
    f([[1.0, 0.0], [2.0, 3.0], [0.0, 1.0]], [3.0, 4.0]), [1.0, 1.0]))
SAVED = {
    "ASSETS_DIRECTORY": "assets", "ASSETS_KEY": "saved_model_assets", "CLASSIFY_INPUTS": "inputs",
    "CLASSIFY_METHOD_NAME": "tensorflow/serving/classify", "CLASSIFY_OUTPUT_CLASSES": "classes",
    "CLASSIFY_OUTPUT_SCORES": "scores", "DEFAULT_SERVING_SIGNATURE_DEF_KEY": "serving_default",
    "GPU": "gpu", "LEGACY_INIT_OP_KEY": "legacy_init_op", "MAIN_OP_KEY": "saved_model_main_op",
    "PREDICT_INPUTS": "inputs", "PREDICT_METHOD_NAME": "tensorflow/serving/predict",
    "PREDICT_OUTPUTS": "outputs", "REGRESS_INPUTS": "inputs",
    "REGRESS_METHOD_NAME": "tensorflow/serving/regress", "REGRESS_OUTPUTS": "outputs",
    "SAVED_MODEL_FILENAME_PB": "saved_model.pb", "SAVED_MODEL_FILENAME_PBTXT": "saved_model.pbtxt",
    "SAVED_MODEL_SCHEMA_VERSION": 1, "SERVING": "serve", "TPU": "tpu", "TRAINING": "train",
    "VARIABLES_DIRECTORY": "variables", "VARIABLES_FILENAME": "variables",
}
calls("tf.saved_model", " ".join(SAVED), lambda text, name: text == SAVED[name])
