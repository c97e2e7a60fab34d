"""What users read when they make mistakes: expected, got, their line, where it was made, a way."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph


def text_of(kind, function, *args, **kwargs):
    """The text of the error, the line of this call for that of the function's."""
    with pytest.raises(kind) as caught:
        function(*args, **kwargs)
    own = here(-1)
    caller = sys._getframe(1)
    return str(caught.value).replace(own, f"{caller.f_code.co_filename}:{caller.f_lineno}")


def here(offset=0):
    frame = sys._getframe(1)
    return f"{frame.f_code.co_filename}:{frame.f_lineno + offset}"


def in_order(text, *parts):
    """Do the parts stand in the text, one after the other?"""
    place = -1
    for part in parts:
        found = text.find(part, place + 1)
        assert found > place, f"{part!r} is not in {text!r} behind {place}"
        place = found
    return True


@pytest.mark.parametrize("runs", [0, 1, 2])
def test_variables_without_a_value(runs):
    made = here(1)
    w = tf.Variable(1.0, name="w")
    y = w * 2.0
    with tf.Session() as session:
        other = tf.Session()
        other.run(w.initializer)
        for _ in range(runs):
            other.run(y)
        text = text_of(tf.errors.FailedPreconditionError, session.run, y)
    assert in_order(text, "uninitialized value w", "expected:", "float32", "got:", "none", "at:",
                    "test_error_texts.py", "try:", made, "run its initializer first")
    with tf.Session() as session:
        text, line = text_of(tf.errors.FailedPreconditionError, session.run, y), here()
        assert in_order(text, f"at:       {line}", "node:     'w")


def test_placeholders_that_were_not_fed():
    made = here(1)
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = x + 1.0
    with tf.Session() as session:
        for _ in range(3):
            session.run(y, {x: [[1, 2]]})
        for _ in range(3):
            text, line = text_of(tf.errors.InvalidArgumentError, session.run, y), here()
            assert in_order(text, "placeholder 'x' was not fed", "expected:",
                            "float32[?, 2]", "got:", f"at:       {line}", "try:", "feed it",
                            f"node:     'x' (placeholder), made at {made}")


def test_feeds_of_another_shape_or_type():
    made = here(1)
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    n = tf.placeholder(tf.int32, [], name="n")
    y, m = x + 1.0, n + 1
    with tf.Session() as session:
        for _ in range(3):
            text, line = text_of(ValueError, session.run, y, {x: np.ones((2, 3))}), here()
            assert in_order(text, "Cannot feed value of shape (2, 3)", "expected:",
                            "got:", f"at:       {line}", "try:", made)
            session.run(y, {x: np.ones((2, 2))})
        text = text_of(ValueError, session.run, y, {x: [[1, 2], [3]]})
        assert in_order(text, "'x'", "expected:", "float32[?, 2]", "at:", "try:", made)
        text = text_of(ValueError, session.run, y, {x: "a text"})
        assert in_order(text, "'x'", "not numeric", "expected:", "got:", "try:", made)
        text = text_of((ValueError, TypeError), session.run, m, {n: None})
        assert in_order(text, "'n'", "not numeric", "expected:", "int32[]")


def test_fetches_of_what_is_not_there():
    tf.constant(1.0, name="loss")
    outside = tf.Graph()
    with outside.as_default():
        made = here(1)
        other = tf.constant(1.0, name="other")
    with tf.Session() as session:
        text = text_of(ValueError, session.run, other)
        assert in_order(text, "Fetch argument", "cannot be interpreted as a Tensor",
                        "not an element of this graph", "expected:", "got:", f"made at {made}",
                        "at:", "test_error_texts.py", "try:", "tf.Session(graph=...)")
        text = text_of(ValueError, session.run, "los:0")
        assert in_order(text, "'los:0'", "expected:", "got:", "at:", "try:", "there is 'loss:0'")
        text = text_of(ValueError, session.run, "loss:3")
        assert in_order(text, "exists but only has 1 outputs", "expected:", "got:", "try:")
        text = text_of(TypeError, session.run, 3)
        assert in_order(text, "invalid type", "expected:", "got:", "int")
        text = text_of(TypeError, session.run, "loss:0", {other: 2.0})
        assert in_order(text, "Cannot interpret feed_dict key as Tensor", "expected:", "got:",
                        "try:")
    for name, function in (("lss:0", tf.get_default_graph().get_tensor_by_name),
                           ("lss", tf.get_default_graph().get_operation_by_name)):
        text = text_of(KeyError, function, name)
        assert in_order(text, f"{name!r}", "expected:", "got:", "at:", "try:", "'loss")


def test_tensors_of_two_graphs():
    a = tf.constant(1.0, name="a")
    with tf.Graph().as_default():
        made = here(1)
        b = tf.constant(2.0, name="b")
    text = text_of(ValueError, lambda: a + b)
    assert in_order(text, "must be from the same graph", "expected:", "got:", made, "try:")
    with tf.Graph().as_default():
        session = tf.Session()
        assert in_order(text_of(RuntimeError, session.run, a), "graph is empty", "at:", "try:")


def test_variables_that_are_there_already_or_not_yet():
    with tf.variable_scope("layer"):
        made = here(1)
        tf.get_variable("w", [2, 3])
    with tf.variable_scope("layer"):
        text = text_of(ValueError, tf.get_variable, "w", [2, 3])
        assert in_order(text, "layer/w already exists", "expected:", "got:", "at:", "try:", made,
                        "reuse")
    with tf.variable_scope("layer", reuse=True):
        text = text_of(ValueError, tf.get_variable, "v", [2, 3])
        assert in_order(text, "layer/v does not exist", "at:", "try:")
        text = text_of(ValueError, tf.get_variable, "w", [4, 3])
        assert in_order(text, "layer/w", "expected:", "(2, 3)", "got:", "(4, 3)", "at:")
        text = text_of(ValueError, tf.get_variable, "w", [2, 3], tf.float64)
        assert in_order(text, "layer/w", "expected:", "float32", "got:", "float64", "at:")


def test_checkpoints_that_are_not_there_or_broken(tmp_path):
    w = tf.get_variable("w", [2])
    saver = tf.train.Saver()
    prefix = str(tmp_path / "model")
    with tf.Session() as session:
        text = text_of(ValueError, saver.restore, session, prefix)
        assert in_order(text, "not a valid checkpoint", "got:", prefix, "at:", "try:")
        session.run(w.initializer)
        saver.save(session, prefix)
        data = tmp_path / "model.data-00000-of-00001"
        whole = data.read_bytes()
        data.write_bytes(whole[:-3])
        text = text_of(tf.errors.DataLossError, saver.restore, session, prefix)
        assert in_order(text, "truncated", "expected:", "got:", "at:")
        data.write_bytes(whole[:-1] + b"\x77")
        text = text_of(tf.errors.DataLossError, saver.restore, session, prefix)
        assert in_order(text, "checksum", "expected:", "got:", "at:")
        index = tmp_path / "model.index"
        index.write_bytes(index.read_bytes()[:20])
        text = text_of(tf.errors.DataLossError, saver.restore, session, prefix)
        assert in_order(text, "model.index", "at:")


def test_checkpoints_of_another_model(tmp_path):
    tf.get_variable("w", [2])
    prefix = str(tmp_path / "model")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, prefix)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("other", [2])
        text = text_of(tf.errors.NotFoundError, tf.train.Saver().restore, session, prefix)
        assert in_order(text, "Restoring from checkpoint failed", "other", "expected:", "w", "got:",
                        "at:", "test_error_texts.py", "try:", prefix)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("w", [3])
        text = text_of(tf.errors.InvalidArgumentError, tf.train.Saver().restore, session, prefix)
        assert in_order(text, "Restoring from checkpoint failed", "shape", "expected:", "(3,)",
                        "got:", "(2,)", "at:")
