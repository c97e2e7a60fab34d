"""Savers, checkpoints, meta graphs: ours, and those that TensorFlow 1.15 wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph

META = Path(__file__).parent / "fixtures" / "meta"
CHECKPOINTS = Path(__file__).parents[2] / "formats" / "fixtures"


def model():
    w = tf.get_variable("w", [2, 3], initializer=tf.constant_initializer(0.5))
    b = tf.Variable(tf.zeros([3]), name="b")
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    return w, b, x, tf.add(tf.matmul(x, w), b, name="y")


@pytest.mark.parametrize("version", [tf.train.SaverDef.V1, tf.train.SaverDef.V2])
def test_variables_are_saved_and_restored(version, tmp_path):
    w, b, x, y = model()
    saver = tf.train.Saver(write_version=version)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run([w.assign(np.arange(6.0).reshape(2, 3)), b.assign([1, 2, 3])])
        path = saver.save(session, str(tmp_path / "m"), global_step=7)
        expected = session.run(y, {x: [[1, 1]]})
    assert path == str(tmp_path / "m-7")
    with tf.Session() as session:
        saver.restore(session, path)
        assert session.run(y, {x: [[1, 1]]}).tolist() == expected.tolist()
    assert tf.train.list_variables(str(tmp_path)) == [("b", [3]), ("w", [2, 3])]
    assert tf.train.load_variable(path, "b").tolist() == [1, 2, 3]
    reader = tf.train.NewCheckpointReader(path)
    assert reader.get_variable_to_dtype_map() == {"b": tf.float32, "w": tf.float32}
    assert reader.has_tensor("w")
    assert b"w (DT_FLOAT32) [2, 3]" in reader.debug_string()
    with pytest.raises(tf.errors.NotFoundError, match="Key c not found"):
        reader.get_tensor("c")


def test_only_the_last_are_kept(tmp_path):
    model()
    saver = tf.train.Saver(max_to_keep=2)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for step in range(4):
            saver.save(session, str(tmp_path / "m"), step, write_meta_graph=step == 3)
    assert saver.last_checkpoints == [str(tmp_path / f"m-{i}") for i in (2, 3)]
    assert sorted(os.listdir(tmp_path)) == [
        "checkpoint", "m-2.data-00000-of-00001", "m-2.index", "m-3.data-00000-of-00001",
        "m-3.index", "m-3.meta"]
    state = tf.train.get_checkpoint_state(str(tmp_path))
    assert state.model_checkpoint_path == str(tmp_path / "m-3")
    assert len(state.all_model_checkpoint_paths) == 2
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "m-3")
    assert tf.train.latest_checkpoint(str(tmp_path / "none")) is None
    assert next(tf.train.checkpoints_iterator(str(tmp_path))) == str(tmp_path / "m-3")
    tf.train.remove_checkpoint(str(tmp_path / "m-3"))
    assert not tf.train.checkpoint_exists(str(tmp_path / "m-3"))


def test_names_and_subsets(tmp_path):
    w, b, _, _ = model()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver({"weights": w}).save(session, str(tmp_path / "m"))
        tf.train.Saver({"weights": w}).restore(session, path)
    assert tf.train.list_variables(path) == [("weights", [2, 3])]
    with pytest.raises(ValueError, match="same name: w"):
        tf.train.Saver([w, w])
    with pytest.raises(TypeError, match="Not a variable"):
        tf.train.Saver([tf.constant(1)])
    with tf.Graph().as_default(), pytest.raises(ValueError, match="No variables to save"):
        tf.train.Saver()


def test_what_cannot_be_restored(tmp_path):
    w, _, _, _ = model()
    saver = tf.train.Saver()
    with tf.Session() as session:
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value"):
            saver.save(session, str(tmp_path / "m"))
        session.run(tf.global_variables_initializer())
        path = saver.save(session, str(tmp_path / "m"))
        with pytest.raises(ValueError, match="not a valid checkpoint"):
            saver.restore(session, str(tmp_path / "other"))
        with pytest.raises(ValueError, match="Parent directory"):
            saver.save(session, str(tmp_path / "none" / "m"))
    with tf.Graph().as_default():
        tf.get_variable("w", [3, 3])
        with tf.Session() as session, pytest.raises(
                tf.errors.InvalidArgumentError, match=r"(?s)mismatch.*\(3, 3\).*\(2, 3\)"):
            tf.train.Saver().restore(session, path)
    with tf.Graph().as_default():
        tf.get_variable("other", [3, 3])
        with tf.Session() as session, pytest.raises(
                tf.errors.NotFoundError, match=r"(?s)missing from the checkpoint.*Key other"):
            tf.train.Saver().restore(session, path)
    data = Path(f"{path}.index").read_bytes()
    Path(f"{path}.index").write_bytes(data[:-20])
    with tf.Session() as session, pytest.raises(tf.errors.DataLossError, match="truncated"):
        saver.restore(session, path)


def test_partitioned_variables_are_one_in_checkpoints(tmp_path):
    whole = tf.get_variable("parts", [5, 2], partitioner=tf.fixed_size_partitioner(2))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        expected = session.run(tf.convert_to_tensor(whole))
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().restore(session, path)
        assert session.run(tf.convert_to_tensor(whole)).tolist() == expected.tolist()
    assert tf.train.load_variable(path, "parts").tolist() == expected.tolist()


def test_a_checkpoint_of_tensorflow_is_restored():
    for version in ("v1", "v2"):
        with tf.Graph().as_default(), tf.Session() as session:
            kernel = tf.get_variable("layer/kernel", [8, 5])
            parted = tf.get_variable("parted", [8, 3], partitioner=tf.fixed_size_partitioner(2))
            saver = tf.train.Saver()
            saver.restore(session, str(CHECKPOINTS / version / "model.ckpt-7"))
            found = session.run([kernel, tf.convert_to_tensor(parted)])
        assert found[0].tolist() == np.linspace(-1, 1, 40, dtype="f4").reshape(8, 5).tolist()
        assert found[1].tolist() == np.arange(24.0).reshape(8, 3).tolist()


def test_a_graph_of_tensorflow_is_imported():
    expected = json.loads((META / "values.json").read_text())
    saver = tf.train.import_meta_graph(str(META / "model-3.meta"))
    with tf.Session() as session:
        saver.restore(session, str(META / "model-3"))
        found = session.run(["y:0", "loss:0", "global_step:0"],
                            {"x:0": np.arange(6.0).reshape(2, 3)})
    np.testing.assert_allclose(found[0], expected["y"], rtol=1e-6)
    np.testing.assert_allclose(found[1], expected["loss"], rtol=1e-6)
    assert found[2] == 3
    assert tf.get_collection("predictions")[0].name == "y:0"
    assert [v.name for v in tf.trainable_variables()] == ["w/part_0:0", "w/part_1:0", "b:0"]


def test_our_graphs_are_imported_with_their_training(tmp_path):
    _, _, x, y = model()
    step = tf.train.get_or_create_global_step()
    train = tf.train.GradientDescentOptimizer(0.1).minimize(
        tf.reduce_mean(tf.square(y)), step, name="train")
    tf.add_to_collection("x", x)
    feed = np.ones((1, 2))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train, {x: feed})
        path = tf.train.Saver().save(session, str(tmp_path / "m"), step)
        session.run(train, {x: feed})
        expected = session.run(y, {x: feed})
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(f"{path}.meta").restore(session, path)
        session.run("train", {"x:0": feed})
        assert session.run("y:0", {tf.get_collection("x")[0]: feed}).tolist() == expected.tolist()
        assert session.run(tf.train.get_global_step()) == 2
    with tf.Graph().as_default():
        tf.train.import_meta_graph(f"{path}.meta", import_scope="again")
        assert tf.trainable_variables()[0].name == "again/w:0"


def test_graphs_as_files(tmp_path, graph):
    model()
    path = tf.train.write_graph(graph, str(tmp_path), "g.pbtxt")
    assert 'op: "MatMul"' in Path(path).read_text()
    data = graph.as_graph_def().SerializeToString()
    with tf.Graph().as_default():
        found = tf.import_graph_def(
            tf.GraphDef.FromString(data), {"x:0": tf.ones([1, 2])}, ["y:0", "w"], "in")
        assert found[0].name == "in/y:0"
        assert tf.get_default_graph().get_operation_by_name("in/x").type == "Placeholder"
        with tf.Session() as session:
            session.run("in/w/Assign")
            session.run("in/b/Assign")
            assert session.run(found[0]).tolist() == [[1, 1, 1]]
        with pytest.raises(ValueError, match="'z' not found"):
            tf.import_graph_def(tf.GraphDef.FromString(data), return_elements=["z"])
    (tmp_path / "bad.meta").write_bytes(b"\x12\xff\xff\xff")
    with pytest.raises(tf.errors.DataLossError, match=r"bad\.meta"):
        tf.train.import_meta_graph(str(tmp_path / "bad.meta"))
    with pytest.raises(OSError, match="does not exist"):
        tf.train.import_meta_graph(str(tmp_path / "none.meta"))


def test_variables_that_begin_with_a_checkpoint(tmp_path):
    w, b, _, _ = model()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run([w.assign(tf.ones([2, 3])), b.assign([1, 2, 3])])
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as session:
        first = tf.get_variable("in/w", [2, 3], partitioner=tf.fixed_size_partitioner(2))
        second = tf.get_variable("b", [3])
        other = tf.get_variable("other", [], initializer=tf.zeros_initializer())
        tf.train.init_from_checkpoint(path, {"w": "in/w"})
        tf.train.warm_start(str(tmp_path), "b")
        with pytest.raises(ValueError, match="doesn't match with shape"):
            tf.train.init_from_checkpoint(path, {"w": other})
        with pytest.raises(ValueError, match="not found in the checkpoint"):
            tf.train.init_from_checkpoint(path, {"c": other})
        session.run(tf.global_variables_initializer())
        found = session.run([tf.convert_to_tensor(first), second, other])
    assert [v.tolist() for v in found] == [[[1, 1, 1]] * 2, [1, 2, 3], 0]
