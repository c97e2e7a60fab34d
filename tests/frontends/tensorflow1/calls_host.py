"""Flags, logs, files, records, data sets: what runs outside of graphs."""

from __future__ import annotations

import contextlib
import os
import tempfile

import numpy as np

from tests.frontends.tensorflow1.values import refused, table, tf, value

calls = table()

# -- flags -----------------------------------------------------------------------------------------

F = "tf.flags"


def parsed(define, arguments):
    """The values of flags that `define(values)` has defined, for these arguments."""
    flags = tf.flags.FlagValues()
    define(flags)
    flags(["program", *arguments])
    return flags


@calls(F, "DEFINE_integer DEFINE_float DEFINE_string DEFINE_list DEFINE_spaceseplist "
          "DEFINE_multi_integer DEFINE_multi_float DEFINE_multi_string")
def define(f, name):
    text = {"list": "1,2", "spaceseplist": "1 2"}.get(name[7:], "3")
    expected = {"integer": 3, "float": 3.0, "string": "3", "list": ["1", "2"],
                "spaceseplist": ["1", "2"], "multi_integer": [3], "multi_float": [3.0],
                "multi_string": ["3"]}[name[7:]]
    flags = parsed(lambda v: f("x", None, "help", flag_values=v), [f"--x={text}"])
    assert flags.x == expected


calls(F, "DEFINE_bool DEFINE_boolean", lambda f: parsed(
    lambda v: f("x", True, "help", flag_values=v), ["--nox"]).x is False)
calls(F, "DEFINE_enum", lambda f: parsed(
    lambda v: f("x", "a", ["a", "b"], "help", flag_values=v), ["--x=b"]).x == "b")
calls(F, "DEFINE_multi_enum", lambda f: parsed(
    lambda v: f("x", ["a"], ["a", "b"], "help", flag_values=v), ["--x=b"]).x == ["b"])


@calls(F, "DEFINE_enum_class DEFINE_multi_enum_class")
def define_enum_class(f, name):
    import enum

    kinds = enum.Enum("kinds", "a b")
    found = parsed(lambda v: f("x", kinds.a, kinds, "help", flag_values=v), ["--x=b"]).x
    assert found == ([kinds.b] if "multi" in name else kinds.b)


@calls(F, "DEFINE_alias")
def alias(f):
    def both(flags):
        tf.flags.DEFINE_integer("real", 1, "help", flag_values=flags)
        f("other", "real", flag_values=flags)

    assert parsed(both, ["--other=5"]).real == 5


calls(F, "DEFINE", lambda f: parsed(lambda v: f(
    tf.flags.IntegerParser(), "x", 1, "help", flag_values=v), ["--x=4"]).x == 4)
calls(F, "DEFINE_flag", lambda f: parsed(lambda v: f(tf.flags.Flag(
    tf.flags.IntegerParser(), None, "x", 1, "help"), flag_values=v), ["--x=4"]).x == 4)
calls(F, "FlagValues", lambda f: parsed(lambda v: None, []) is not None
      and refused(lambda: f().nothing, AttributeError, tf.flags.UnparsedFlagAccessError))
calls(F, "FLAGS", lambda f: isinstance(f, tf.flags.FlagValues))
calls(F, "IntegerParser FloatParser", lambda f: f(0, 9).parse("3") == 3
      and refused(lambda: f(0, 9).parse("30"), ValueError))
calls(F, "BooleanParser", lambda f: f().parse("true") is True)
calls(F, "EnumParser", lambda f: f(["a"]).parse("a") == "a")
calls(F, "ListParser WhitespaceSeparatedListParser",
      lambda f: f().parse("a") == ["a"])
calls(F, "ArgumentParser", lambda f: f().parse("x") == "x")
calls(F, "BaseListParser", lambda f: issubclass(tf.flags.ListParser, f))
calls(F, "ArgumentSerializer", lambda f: f().serialize(3) == "3")
calls(F, "ListSerializer CsvListSerializer", lambda f: f(",").serialize(["a", "b"]) == "a,b")
calls(F, "EnumClassParser EnumClassSerializer EnumClassListSerializer", callable)
calls(F, "Flag", lambda f: issubclass(tf.flags.BooleanFlag, f))
calls(F, "BooleanFlag EnumFlag MultiFlag EnumClassFlag MultiEnumClassFlag",
      lambda f: issubclass(f, tf.flags.Flag))
calls(F, "FlagHolder", lambda f: isinstance(tf.flags.DEFINE_integer(
    "x", 1, "help", flag_values=tf.flags.FlagValues()), f))
calls(F, "Error", lambda e: issubclass(e, Exception))
calls(F, "DuplicateFlagError IllegalFlagValueError UnrecognizedFlagError UnparsedFlagAccessError "
         "ValidationError CantOpenFlagFileError FlagNameConflictsWithMethodError",
      lambda e: issubclass(e, tf.flags.Error))
calls(F, "text_wrap", lambda f: f("a b c", 3).splitlines() == ["a b", "c"])
calls(F, "doc_to_help", lambda f: f("\n    a\n      b\n") == "a\n  b")
calls(F, "get_help_width", lambda f: f() > 0)
calls(F, "flag_dict_to_args", lambda f: list(f({"a": 1})) == ["--a=1"])


@calls(F, "set_default override_value")
def changed(f):
    flags = parsed(lambda v: tf.flags.DEFINE_integer("x", 1, "help", flag_values=v), [])
    holder = tf.flags.DEFINE_integer("y", 1, "help", flag_values=flags)
    with contextlib.suppress(TypeError):
        f(holder, 5)
        flags(["program"])
        assert flags.y == 5


@calls(F, "register_validator mark_flag_as_required mark_flags_as_required "
          "mark_bool_flags_as_mutual_exclusive mark_flags_as_mutual_exclusive "
          "register_multi_flags_validator multi_flags_validator")
def validators(f, name):
    flags = tf.flags.FlagValues()
    tf.flags.DEFINE_bool("x", None, "help", flag_values=flags)
    tf.flags.DEFINE_bool("y", None, "help", flag_values=flags)
    wrong = ["program", "--x", "--y"]
    if name == "register_validator":
        f("x", lambda value: not value, flag_values=flags)
    elif name == "multi_flags_validator":
        f(["x", "y"], flag_values=flags)(lambda values: not values["x"])
    elif name == "register_multi_flags_validator":
        f(["x", "y"], lambda values: not values["x"], flag_values=flags)
    else:
        f("x" if name == "mark_flag_as_required" else ["x", "y"], flag_values=flags)
        wrong = ["program"] if "required" in name else wrong
    assert refused(lambda: flags(wrong) and None, tf.flags.Error)


calls(F, "declare_key_flag adopt_module_key_flags disclaim_key_flags", callable)
calls("tf.app", "run", lambda f: refused(lambda: f(lambda argv: 3, ["program"]), SystemExit))

# -- logs ------------------------------------------------------------------------------------------

calls("tf.logging", "DEBUG INFO WARN ERROR FATAL", lambda level, name: level == {
    "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40, "FATAL": 50}[name])


@calls("tf.logging", "set_verbosity get_verbosity")
def verbosity(f):
    before = tf.logging.get_verbosity()
    tf.logging.set_verbosity(tf.logging.ERROR)
    assert tf.logging.get_verbosity() == tf.logging.ERROR
    tf.logging.set_verbosity(before)


calls("tf.logging", "log_every_n", lambda f: f(tf.logging.DEBUG, "text", 2) is None)
calls("tf.logging", "log_first_n", lambda f: f(tf.logging.DEBUG, "text", 2) is None)
calls("tf.logging", "log_if", lambda f: f(tf.logging.DEBUG, "text", True) is None)
calls("tf.logging", "TaskLevelStatusMessage", lambda f: f("text") is None)

# -- files -----------------------------------------------------------------------------------------


@calls("tf.gfile", "GFile FastGFile Open Exists IsDirectory ListDirectory MakeDirs MkDir Remove "
                   "Rename Copy DeleteRecursively Glob Stat Walk")
def files(f, name):
    g = tf.gfile
    with tempfile.TemporaryDirectory() as folder:
        one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
        with g.GFile(one, "w") as file:
            file.write("text")
        made = {
            "Exists": lambda: f(one), "IsDirectory": lambda: f(folder) and not f(one),
            "ListDirectory": lambda: f(folder) == ["one"],
            "Glob": lambda: f(folder + "/o*") == [one],
            "Stat": lambda: f(one).length == 4, "Walk": lambda: next(iter(f(folder)))[2] == ["one"],
            "Remove": lambda: f(one) or not g.Exists(one),
            "Rename": lambda: f(one, two) or g.Exists(two),
            "Copy": lambda: f(one, two) or g.Exists(two),
            "MkDir": lambda: f(two) or g.IsDirectory(two),
            "MakeDirs": lambda: f(two + "/x") or g.IsDirectory(two + "/x"),
            "DeleteRecursively": lambda: f(folder + "/one") or not g.Exists(one),
        }.get(name, lambda: f(one, "r").read() == "text")
        assert made()


# -- records and examples --------------------------------------------------------------------------


@calls("tf.python_io", "TFRecordWriter tf_record_iterator")
def records(f):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.tfrecord")
        with tf.python_io.TFRecordWriter(path) as writer:
            writer.write(b"one")
        assert list(tf.python_io.tf_record_iterator(path)) == [b"one"]


calls("tf.python_io", "TFRecordOptions", lambda f: f(
    tf.python_io.TFRecordCompressionType.GZIP).compression_type
    == tf.python_io.TFRecordCompressionType.GZIP)
calls("tf.python_io", "TFRecordCompressionType", lambda f: f.NONE == 0 and f.GZIP == 2)
calls("tf.train", "BytesList FloatList Int64List", lambda f, name: list(f(value=[
    b"a" if name == "BytesList" else 1]).value) == [b"a" if name == "BytesList" else 1])
calls("tf.train", "Example Features Feature", lambda f: tf.train.Example.FromString(
    tf.train.Example(features=tf.train.Features(feature={"a": tf.train.Feature(
        int64_list=tf.train.Int64List(value=[3]))})).SerializeToString()
).features.feature["a"].int64_list.value[0] == 3)
calls("tf.train", "SequenceExample FeatureLists FeatureList SaverDef",
      lambda f: f.FromString(f().SerializeToString()) == f())

# -- data sets -------------------------------------------------------------------------------------

D = "tf.data.experimental"


def drawn(data):
    """The elements of a data set, as a session gives them."""
    following = tf.data.make_one_shot_iterator(data).get_next()
    found = []
    with tf.Session() as session, contextlib.suppress(tf.errors.OutOfRangeError):
        while len(found) < 50:
            found.append(session.run(following))
    return [f.tolist() if isinstance(f, np.ndarray) else f for f in found]


def count(n):
    return tf.data.Dataset.range(n)


calls("tf.data", "Dataset", lambda f: drawn(f.from_tensor_slices([1, 2, 3]).map(
    lambda x: x * 2).batch(2)) == [[2, 4], [6]])
calls("tf.data", "make_one_shot_iterator", lambda f: value(f(count(3)).get_next()) == 0)


@calls("tf.data", "make_initializable_iterator Iterator")
def initializable(f):
    iterator = tf.data.make_initializable_iterator(count(3))
    with tf.Session() as session:
        session.run(iterator.initializer)
        assert session.run(iterator.get_next()) == 0


@calls("tf.data", "TextLineDataset FixedLengthRecordDataset TFRecordDataset")
def from_files(f, name):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        if name == "TFRecordDataset":
            with tf.python_io.TFRecordWriter(path) as writer:
                writer.write(b"ab")
                writer.write(b"cd")
        else:
            with open(path, "w") as file:
                file.write("ab\ncd\n" if name == "TextLineDataset" else "abcd")
        more = (2,) if name == "FixedLengthRecordDataset" else ()
        assert drawn(f(path, *more)) == [b"ab", b"cd"]


calls("tf.data", "get_output_types", lambda f: f(count(3)) == tf.int64)
calls("tf.data", "get_output_shapes", lambda f: f(count(3)).as_list() == [])
calls("tf.data", "get_output_classes", lambda f: f(count(3)) is tf.Tensor)
calls("tf.data", "Options", lambda f: count(3).with_options(f()).options() == f())


@calls(D, "DistributeOptions MapVectorizationOptions OptimizationOptions StatsOptions "
          "ThreadingOptions")
def fields(f):
    some, others = f(), f()
    assert some.enabled is None
    assert some == others
    some.enabled = True
    assert some != others


calls(D, "AUTOTUNE INFINITE_CARDINALITY UNKNOWN_CARDINALITY", lambda v, name: v == {
    "UNKNOWN_CARDINALITY": -2}.get(name, -1))
calls(D, "Counter", lambda f: drawn(f(2).take(3)) == [2, 3, 4])
calls(D, "RandomDataset", lambda f: len(set(drawn(f(1).take(9)))) > 4)
calls(D, "cardinality", lambda f: value(f(count(3))) in (3, -2))
calls(D, "enumerate_dataset", lambda f: drawn(count(2).apply(f(5))) == [(5, 0), (6, 1)])
calls(D, "get_single_element", lambda f: value(f(count(1))) == 0)
calls(D, "take_while", lambda f: drawn(count(9).apply(f(lambda x: x < 2))) == [0, 1])
calls(D, "unbatch", lambda f: drawn(count(3).batch(2).apply(f())) == [0, 1, 2])
calls(D, "unique", lambda f: drawn(
    tf.data.Dataset.from_tensor_slices([1, 2, 1]).apply(f())) == [1, 2])
calls(D, "scan", lambda f: drawn(count(3).apply(
    f(np.int64(10), lambda s, x: (s + x, s + x)))) == [10, 11, 13])
calls(D, "shuffle_and_repeat", lambda f: sorted(drawn(count(2).apply(f(4, 2)))) == [0, 0, 1, 1])
calls(D, "map_and_batch map_and_batch_with_legacy_function",
      lambda f: drawn(count(3).apply(f(lambda x: x + 1, 2))) == [[1, 2], [3]])
calls(D, "parallel_interleave", lambda f: sorted(drawn(count(2).apply(
    f(lambda x: tf.data.Dataset.from_tensors(x), 2)))) == [0, 1])
calls(D, "group_by_window", lambda f: drawn(count(4).apply(
    f(lambda x: x % 2, lambda key, data: data.batch(2), 2))) == [[0, 2], [1, 3]])
calls(D, "group_by_reducer Reducer", lambda f: sorted(drawn(count(4).apply(
    tf.data.experimental.group_by_reducer(lambda x: x % 2, tf.data.experimental.Reducer(
        lambda key: np.int64(0), lambda s, x: s + x, lambda s: s))))) == [2, 4])
calls(D, "bucket_by_sequence_length", lambda f: len(drawn(count(4).map(
    lambda x: tf.fill([x + 1], x)).apply(f(lambda x: tf.shape(x)[0], [3], [2, 2])))) == 2)
calls(D, "choose_from_datasets", lambda f: drawn(
    f([count(3), count(3)], tf.data.Dataset.from_tensor_slices(np.int64([0, 1, 0])))) == [0, 0, 1])
calls(D, "sample_from_datasets", lambda f: len(drawn(f([count(2), count(3)], seed=1))) == 5)
calls(D, "rejection_resample", lambda f: len(drawn(tf.data.Dataset.from_tensor_slices(
    np.int32([0, 1] * 8)).apply(f(lambda x: x, [0.5, 0.5], [0.5, 0.5])))) == 16)
calls(D, "ignore_errors", lambda f: drawn(count(3).apply(f())) == [0, 1, 2])
calls(D, "prefetch_to_device copy_to_device", lambda f: drawn(count(2).apply(f("/cpu:0")))
      == [0, 1])
calls(D, "latency_stats bytes_produced_stats", lambda f: drawn(count(2).apply(f("tag"))) == [0, 1])
calls(D, "dense_to_sparse_batch", lambda f: drawn(count(2).map(
    lambda x: tf.fill([x + 1], x)).apply(f(2, [4])))[0].values.tolist() == [0, 1, 1])
