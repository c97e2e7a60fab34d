"""tf.train.Checkpoint: variables found by the attributes of objects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph

FIXTURES = Path(__file__).parent / "fixtures"


class Model:
    """As program's own classes are: the object tracks what it says."""

    def __init__(self, first=1.0):
        self.layer = tf.layers.Dense(2, kernel_initializer=tf.initializers.constant(first))
        self.scales = [tf.Variable(first), tf.Variable(first + 1)]

    @property
    def _checkpoint_dependencies(self):
        return [("layer", self.layer), ("scales", self.scales)]

    def __call__(self, x):
        return self.layer(x) * self.scales[0] + self.scales[1]


def trained(first=1.0):
    model, optimizer = Model(first), tf.train.AdamOptimizer(0.1)
    loss = tf.reduce_sum(tf.square(model(tf.ones([3, 4]))))
    return model, optimizer, optimizer.minimize(loss), loss


def test_a_model_and_its_optimizer_go_there_and_back(tmp_path):
    prefix = str(tmp_path / "deep" / "ckpt")
    model, optimizer, step, loss = trained()
    saved = tf.train.Checkpoint(model=model, optimizer=optimizer)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run([step, step])
        path = saved.save(prefix, session)
        assert path == f"{prefix}-1"
        assert tf.train.latest_checkpoint(str(tmp_path / "deep")) == path
        session.run(step)
        after = session.run(loss)
    reader = tf.train.NewCheckpointReader(path)
    value = "/.ATTRIBUTES/VARIABLE_VALUE"
    shapes = reader.get_variable_to_shape_map()
    for name in ("model/layer/kernel", "model/scales/0", "optimizer/beta1_power", "save_counter",
                 "model/layer/kernel/.OPTIMIZER_SLOT/optimizer/m"):
        assert name + value in shapes
    assert reader.get_tensor("save_counter" + value) == 1
    with tf.Graph().as_default():
        model, optimizer, step, loss = trained(5.0)
        other = tf.train.Checkpoint(model=model, optimizer=optimizer)
        status = other.restore(path).assert_consumed()
        with tf.Session() as session:
            status.initialize_or_restore(session)
            session.run(step)
            assert session.run(loss) == after
            assert other.save(prefix) == f"{prefix}-2"


def test_a_checkpoint_that_tensorflow_wrote_is_read(tmp_path):
    """See regenerate/object_checkpoints.py; three steps of Adam brought the loss to 26.15044."""
    layer, optimizer = tf.layers.Dense(2), tf.train.AdamOptimizer(0.1)
    scales = [tf.Variable(0.0, name="a"), tf.Variable(0.0, name="b")]
    loss = tf.reduce_sum(tf.square(layer(tf.ones([3, 4])) * scales[0] + scales[1]))
    optimizer.minimize(loss)
    deep = tf.train.Checkpoint(deep=tf.Variable(0.0, name="x"))
    checkpoint = tf.train.Checkpoint(layer=layer, optimizer=optimizer, nested=deep)
    checkpoint.scales = scales
    theirs = str(FIXTURES / "objects" / "tf-1")
    status = checkpoint.restore(theirs).assert_consumed()
    with tf.Session() as session:
        status.initialize_or_restore(session)
        np.testing.assert_allclose(session.run(loss), 26.15044, rtol=1e-6)
        assert session.run([deep.deep, checkpoint.save_counter]) == [7.0, 1]
        ours = checkpoint.save(str(tmp_path / "ours"))
    # The same keys, the same values but for the counter.
    assert tf.train.list_variables(ours) == tf.train.list_variables(theirs)


def test_what_has_no_counterpart_is_named(tmp_path):
    prefix = str(tmp_path / "ckpt")
    with tf.Session() as session:
        saved = tf.train.Checkpoint(a=tf.Variable(1.0), b=tf.Variable(2.0))
        session.run(tf.global_variables_initializer())
        path = saved.save(prefix)
        a, c = tf.Variable(0.0), tf.Variable(9.0)
        status = tf.train.Checkpoint(a=a, c=c).restore(path)
        with pytest.raises(AssertionError, match=r"(?s)not assigned a value.*c \("):
            status.assert_existing_objects_matched()
        status.assert_nontrivial_match().initialize_or_restore()
        assert session.run([a, c]) == [1.0, 9.0]
        less = tf.train.Checkpoint(a=a).restore(path).assert_existing_objects_matched()
        with pytest.raises(AssertionError, match="Unresolved object in checkpoint: b/"):
            less.assert_consumed()
        bare = tf.train.Checkpoint(b=a).write(prefix)
        fresh = tf.train.Checkpoint(z=c).restore(bare)
        with pytest.raises(AssertionError, match="Nothing except the root"):
            fresh.assert_nontrivial_match()
        none = tf.train.Checkpoint(c=c).restore(None)
        session.run(c.assign(0.0))
        none.initialize_or_restore()
        assert session.run(c) == 9.0
        with pytest.raises(AssertionError, match="No checkpoint specified"):
            none.assert_consumed()
    with pytest.raises(ValueError, match=r"(?s)expecting a trackable object.*int for 'x'"):
        tf.train.Checkpoint(x=3)


def test_checkpoints_of_savers_are_read_by_name_and_the_other_way_round(tmp_path):
    v = tf.Variable(3.0, name="weights")
    saver = tf.train.Saver([v])
    with tf.Session() as session:
        session.run(v.initializer)
        by_name = saver.save(session, str(tmp_path / "named"))
        session.run(v.assign(4.0))
        by_object = tf.train.Checkpoint(v=v).save(str(tmp_path / "objects"))
        tf.train.Checkpoint(other=v).restore(by_name).assert_consumed().run_restore_ops()
        assert session.run(v) == 3.0
        saver.restore(session, by_object)
        assert session.run(v) == 4.0


def test_a_manager_keeps_the_last_few(tmp_path):
    v = tf.Variable(0.0)
    folder = str(tmp_path / "many")
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), folder, max_to_keep=2)
    assert manager.latest_checkpoint is None
    with tf.Session() as session:
        session.run(v.initializer)
        found = [manager.save() for _ in range(3)]
        assert [f.rpartition("-")[2] for f in found] == ["1", "2", "3"]
        assert manager.checkpoints == found[1:]
        assert manager.latest_checkpoint == found[-1] == tf.train.latest_checkpoint(folder)
        assert not (tmp_path / "many" / "ckpt-1.index").exists()
        again = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), folder, max_to_keep=2)
        assert again.checkpoints == found[1:]
        assert manager.save(checkpoint_number=tf.constant(70)).endswith("ckpt-70")
    with pytest.raises(ValueError, match="max_to_keep"):
        tf.train.CheckpointManager(tf.train.Checkpoint(v=v), folder, max_to_keep=0)


def test_a_graph_of_objects_that_is_broken_is_data_loss(tmp_path):
    from pentad import formats

    prefix = str(tmp_path / "broken")
    objects = formats.tensorflow.objects
    proto = objects.TrackableObjectGraph()
    proto.nodes.add().children.add(node_id=77, local_name="v")
    data = np.empty((), object)
    data[()] = proto.SerializeToString()
    formats.checkpoints.write_checkpoint(prefix, {objects.OBJECT_GRAPH: data})
    with pytest.raises(tf.errors.DataLossError, match=r"(?s)broken.*77"):
        tf.train.Checkpoint(v=tf.Variable(1.0)).restore(prefix)
    data[()] = b"\xff\xff\xff"
    formats.checkpoints.write_checkpoint(prefix, {objects.OBJECT_GRAPH: data})
    with pytest.raises(tf.errors.DataLossError, match="truncated"):
        tf.train.Checkpoint(v=tf.Variable(1.0)).restore(prefix)
