"""Flags, app, logging, files, records, event files, coordinators."""

from __future__ import annotations

import enum
import logging
import sys
import threading

import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph


class Color(enum.Enum):
    RED = 1
    BLUE = 2


def defined():
    values = tf.flags.FlagValues()
    new = {"flag_values": values}
    tf.flags.DEFINE_string("name", "x", "a text", **new)
    tf.flags.DEFINE_integer("steps", 10, "a number", lower_bound=1, **new)
    tf.flags.DEFINE_float("rate", 0.5, "a number", **new)
    tf.flags.DEFINE_boolean("fast", False, "a switch", short_name="f", **new)
    tf.flags.DEFINE_enum("mode", "train", ["train", "eval"], "one of", **new)
    tf.flags.DEFINE_enum_class("color", None, Color, "one of", **new)
    tf.flags.DEFINE_list("layers", ["1"], "a list", **new)
    tf.flags.DEFINE_spaceseplist("words", "a b", "a list", **new)
    tf.flags.DEFINE_multi_integer("many", None, "several", **new)
    return values


def test_flags_are_what_the_command_line_says():
    flags = defined()
    rest = flags(["prog", "--name=a", "--steps", "3", "-f", "--mode=eval", "--color", "BLUE",
                  "left", "--layers=2,3", "--many=1", "--many=0x10", "--", "--rest"])
    assert rest == ["prog", "left", "--rest"]
    assert (flags.name, flags.steps, flags.rate, flags.fast, flags.mode) == (
        "a", 3, 0.5, True, "eval")
    assert (flags.color, flags.layers, flags.words, flags.many) == (
        Color.BLUE, ["2", "3"], ["a", "b"], [1, 16])
    flags(["prog", "--nofast"])
    assert flags.fast is False
    flags.steps = 7
    assert flags["steps"].value == 7
    assert flags.flag_values_dict()["steps"] == 7
    with pytest.raises(AttributeError):
        _ = flags.nothing


@pytest.mark.parametrize(("argument", "error", "text"), [
    ("--steps=0", tf.flags.IllegalFlagValueError, "not in the range"),
    ("--steps=x", tf.flags.IllegalFlagValueError, "flag --steps=x"),
    ("--fast=maybe", tf.flags.IllegalFlagValueError, "Non-boolean"),
    ("--mode=test", tf.flags.IllegalFlagValueError, r"<train\|eval>"),
    ("--stepps=3", tf.flags.UnrecognizedFlagError, r"'stepps'.*steps"),
    ("--name", tf.flags.Error, "Missing value"),
])
def test_wrong_command_lines(argument, error, text):
    with pytest.raises(error, match=text):
        defined()(["prog", argument])


def test_validators():
    flags = defined()
    tf.flags.register_validator("rate", lambda v: v < 1, "below one", flag_values=flags)
    with pytest.raises(tf.flags.IllegalFlagValueError, match=r"rate=2\.0: below one"):
        flags(["prog", "--rate=2"])
    flags.unparse_flags()
    tf.flags.mark_flag_as_required("color", flag_values=flags)
    with pytest.raises(tf.flags.IllegalFlagValueError, match="other than None"):
        flags(["prog"])
    with pytest.raises(tf.flags.DuplicateFlagError):
        tf.flags.DEFINE_integer("name", 1, "another", flag_values=flags)


def test_app_runs_main(monkeypatch, capsys):
    tf.app.flags.DEFINE_integer("app_steps", 4, "a number", allow_override=True)
    with pytest.raises(SystemExit) as ended:
        tf.app.run(main=lambda argv: tf.app.flags.FLAGS.app_steps + len(argv),
                   argv=["prog", "--app_steps=5", "x", "--unknown"])
    assert ended.value.code == 8
    with pytest.raises(SystemExit):
        tf.app.run(main=lambda argv: 0, argv=["prog", "--app_steps=five"])
    assert "flag --app_steps=five" in capsys.readouterr().err


def test_logging(caplog):
    tf.logging.set_verbosity(tf.logging.INFO)
    try:
        with caplog.at_level(logging.INFO, "tensorflow"):
            for i in range(4):
                tf.logging.log_every_n(tf.logging.INFO, "every %d", 2, i)
                tf.logging.log_first_n(tf.logging.INFO, "first %d", 1, i)
            tf.logging.debug("unseen")
            tf.logging.warn("seen")
        assert [r.getMessage() for r in caplog.records] == ["every 0", "first 0", "every 2", "seen"]
    finally:
        tf.logging.set_verbosity(tf.logging.WARN)


def test_gfile(tmp_path):
    path = str(tmp_path / "a" / "b.txt")
    tf.gfile.MakeDirs(str(tmp_path / "a"))
    with tf.gfile.GFile(path, "w") as file:
        file.write("one\ntwo\n")
    assert list(tf.gfile.Open(path)) == ["one\n", "two\n"]
    assert tf.gfile.FastGFile(path, "rb").read(3) == b"one"
    assert tf.gfile.Exists(path)
    assert tf.gfile.IsDirectory(str(tmp_path / "a"))
    tf.gfile.Copy(path, path + "2")
    with pytest.raises(tf.errors.AlreadyExistsError, match="overwrite=True"):
        tf.gfile.Copy(path, path + "2")
    assert tf.gfile.Glob(str(tmp_path / "a" / "*")) == [path, path + "2"]
    assert tf.gfile.Stat(path).length == 8
    assert [w[2] for w in tf.gfile.Walk(str(tmp_path))] == [[], ["b.txt", "b.txt2"]]
    tf.gfile.DeleteRecursively(str(tmp_path / "a"))
    with pytest.raises(tf.errors.NotFoundError):
        tf.gfile.GFile(path).read()


def test_records_of_examples(tmp_path):
    path = str(tmp_path / "r")
    example = tf.train.Example(features=tf.train.Features(feature={
        "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[3])),
        "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"\x00\xff"])),
    }))
    options = tf.python_io.TFRecordOptions(tf.python_io.TFRecordCompressionType.GZIP)
    with tf.python_io.TFRecordWriter(path, options) as writer:
        for _ in range(3):
            writer.write(example.SerializeToString())
    found = [tf.train.Example.FromString(r) for r in tf.python_io.tf_record_iterator(path, options)]
    assert found == [example] * 3
    with pytest.raises(tf.errors.DataLossError):
        list(tf.python_io.tf_record_iterator(path))


def test_a_coordinator_stops_its_threads():
    coord, seen = tf.train.Coordinator(), []

    def work(i):
        with coord.stop_on_exception():
            while not coord.should_stop():
                seen.append(i)
                if i == 1:
                    raise ValueError("from a thread")

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(2)]
    for t in threads:
        t.start()
    with pytest.raises(ValueError, match="from a thread"):
        coord.join(threads)
    assert coord.should_stop()
    coord = tf.train.Coordinator()
    coord.request_stop(tf.errors.OutOfRangeError(None, None, "ended"))
    coord.join([])


def test_a_looper_calls_until_stopped():
    coord, calls = tf.train.Coordinator(), []

    def call():
        calls.append(1)
        if len(calls) == 3:
            coord.request_stop()

    tf.train.LooperThread.loop(coord, None, call)
    coord.join()
    assert len(calls) == 3
    assert "tensorflow" not in sys.modules
