"""Summaries as TensorFlow 1.15 makes them, and event files."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1 import summary_programs
from tests.frontends.tensorflow1.common import graph as graph
from tests.frontends.tensorflow1.common import run

EXPECTED = json.loads((Path(__file__).parent / "fixtures" / "summaries.json").read_text())


def test_summaries_are_those_of_tensorflow():
    found = json.loads(json.dumps(summary_programs.summaries(tf)))
    for row, expected in zip(found, EXPECTED["values"], strict=True):
        if row["sort"] == "histo":
            np.testing.assert_allclose(row["value"][:5], expected["value"][:5], rtol=1e-6)
            np.testing.assert_allclose(row["value"][5], expected["value"][5], rtol=1e-12)
            assert row["value"][6] == expected["value"][6]
        else:
            assert row == expected


def decoded(data):
    """The pixels of a PNG file without filters."""
    width, height = (int.from_bytes(data[i:i + 4], "big") for i in (16, 20))
    size = int.from_bytes(data[33:37], "big")
    rows = np.frombuffer(zlib.decompress(data[41:41 + size]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, -1)


def test_pixels_are_those_of_tensorflow():
    values = tf.Summary.FromString(run(summary_programs.made(tf))).value
    images = [v.image.encoded_image_string for v in values if v.HasField("image")]
    assert [decoded(i).tolist() for i in images] == EXPECTED["pixels"]


def test_pixels_that_are_no_numbers():
    image = np.array([[[[np.nan, 0, 0], [0, 1, 2]]]], np.float32)
    summary = tf.Summary.FromString(run(tf.summary.image("x", image)))
    assert decoded(summary.value[0].image.encoded_image_string).tolist() == [
        [[255, 0, 0], [0, 127, 255]]]


def test_what_cannot_be_shown():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Nan in summary histogram"):
        run(tf.summary.histogram("x", [np.nan]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="last dim 1, 3, or 4"):
        run(tf.summary.image("x", tf.zeros([1, 2, 2, 2])))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not the same shape"):
        run(tf.summary.scalar("x", tf.zeros([2])))
    with pytest.raises(TypeError, match="dtype string"):
        tf.summary.text("x", tf.zeros([2]))
    one = tf.summary.scalar("same", 1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Duplicate tag same"):
        run(tf.summary.merge([one, one]))
    tf.get_default_graph().clear_collection(tf.GraphKeys.SUMMARIES)
    assert tf.summary.merge_all() is None


def test_event_files(tmp_path, graph):
    x = tf.placeholder(tf.float32, [], name="x")
    tf.summary.scalar("x", x)
    merged = tf.summary.merge_all()
    with tf.Session() as session, tf.summary.FileWriter(str(tmp_path), session.graph) as writer:
        for step in range(3):
            writer.add_summary(session.run(merged, {x: step * 0.5}), step)
        writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="own", simple_value=7.0)]), 9)
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 2)
        writer.add_run_metadata(tf.RunMetadata(), "run", 3)
    [path] = tmp_path.iterdir()
    assert path.name.startswith("events.out.tfevents.")
    events = list(tf.train.summary_iterator(str(path)))
    assert events[0].file_version == "brain.Event:2"
    nodes = [n.name for n in tf.GraphDef.FromString(events[1].graph_def).node]
    assert nodes[0] == "x"
    values = [(e.step, v.tag, v.simple_value) for e in events for v in e.summary.value]
    assert values == [(0, "x_1", 0.0), (1, "x_1", 0.5), (2, "x_1", 1.0), (9, "own", 7.0)]
    assert [e.WhichOneof("what") for e in events[-2:]] == ["session_log", "tagged_run_metadata"]


def test_writers_of_a_folder_are_one(tmp_path, graph):
    first = tf.summary.FileWriterCache.get(str(tmp_path))
    assert tf.summary.FileWriterCache.get(str(tmp_path)) is first
    assert first.get_logdir() == str(tmp_path)
    tf.summary.FileWriterCache.clear()
    first.reopen()
    first.add_summary(tf.Summary(), 1)
    first.close()
    assert len(list(tmp_path.iterdir())) == 2
