"""tensorflow.python.*, tensorflow.core.*: what programs take from inner modules."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from pentad.frontends.serving import MissingImport, serve, withdraw
from tests.frontends.tensorflow1.common import close, run
from tests.frontends.tensorflow1.common import graph as graph


@pytest.fixture(autouse=True)
def served():
    serve(["tensorflow"])
    yield
    withdraw()


@pytest.mark.parametrize(("module", "name", "public"), [
    ("python.ops.math_ops", "reduce_sum", "reduce_sum"),
    ("python.ops.array_ops", "placeholder", "placeholder"),
    ("python.ops.variable_scope", "get_variable", "get_variable"),
    ("python.ops.variables", "Variable", "Variable"),
    ("python.ops.rnn", "dynamic_rnn", "nn.dynamic_rnn"),
    ("python.ops.rnn_cell", "GRUCell", "nn.rnn_cell.GRUCell"),
    ("python.framework.constant_op", "constant", "constant"),
    ("python.framework.ops", "name_scope", "name_scope"),
    ("python.framework.tensor_shape", "TensorShape", "TensorShape"),
    ("python.framework.errors", "OutOfRangeError", "errors.OutOfRangeError"),
    ("python.platform.tf_logging", "info", "logging.info"),
    ("python.platform.flags", "DEFINE_integer", "flags.DEFINE_integer"),
    ("python.util.nest", "flatten", "nest.flatten"),
    ("python.layers.core", "Dense", "layers.Dense"),
    ("python.training.saver", "Saver", "train.Saver"),
    ("core.protobuf.config_pb2", "ConfigProto", "ConfigProto"),
    ("contrib.rnn.python.ops.core_rnn_cell", "LSTMCell", "contrib.rnn.LSTMCell"),
    ("contrib.layers.python.layers.initializers", "xavier_initializer",
     "contrib.layers.xavier_initializer"),
    ("contrib.learn.python.learn.datasets.base", "load_csv_with_header",
     "contrib.learn.datasets.base.load_csv_with_header"),
])
def test_inner_modules_give_public_names(module, name, public):
    above, _, last = module.rpartition(".")
    scope = {}
    exec(f"from tensorflow.{above} import {last} as found", scope)
    wanted = tf
    for part in public.split("."):
        wanted = getattr(wanted, part)
    assert getattr(scope["found"], name) is wanted
    assert getattr(importlib.import_module(f"tensorflow.{module}"), name) is wanted


def test_what_is_not_there_is_no_empty_module():
    for text in ("from tensorflow.python.ops.math_ops import nonsense",
                 "from tensorflow.python.framework.ops import nonsense"):
        with pytest.raises(MissingImport, match="nonsense is not supported"):
            exec(text)
    from tensorflow.python.ops import math_ops

    with pytest.raises(AttributeError, match=r"math_ops\.nonsense is not supported"):
        math_ops.nonsense  # noqa: B018


def test_modules_within_public_modules():
    from tensorflow.python.ops.nn import rnn_cell

    assert rnn_cell.BasicLSTMCell is tf.nn.rnn_cell.BasicLSTMCell
    from tensorflow.contrib.framework.python.ops import add_arg_scope, arg_scope
    from tensorflow.python.ops.rnn import rnn_cell_impl

    assert (add_arg_scope, arg_scope) == (
        tf.contrib.framework.add_arg_scope, tf.contrib.framework.arg_scope)
    assert rnn_cell_impl.LSTMStateTuple is tf.nn.rnn_cell.LSTMStateTuple
    import tensorflow.python.platform as platform

    assert platform.gfile.Open is tf.gfile.Open


def test_names_that_are_not_public():
    from tensorflow.contrib.rnn.python.ops.core_rnn_cell import _linear
    from tensorflow.python.client import device_lib
    from tensorflow.python.ops import control_flow_ops

    assert [d.device_type for d in device_lib.list_local_devices()] == ["CPU"]
    count = tf.Variable(1.0)
    after = control_flow_ops.with_dependencies([tf.assign(count, 5.0)], tf.constant(2.0))
    with tf.variable_scope("a", initializer=tf.ones_initializer()):
        y = _linear([tf.ones([1, 2]), 2 * tf.ones([1, 3])], 2, True)
    assert [v.name for v in tf.global_variables()[1:]] == ["a/kernel:0", "a/bias:0"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(after) == 2.0
        assert session.run(count) == 5.0
        close(session.run(y), [[8.0, 8.0]])
    with pytest.raises(ValueError, match="args"):
        _linear([], 2, True)
    with pytest.raises(ValueError, match="2D"):
        _linear(tf.ones([3]), 2, True)


def test_moving_averages_of_a_variable():
    """0.5 of what was, 0.5 of what comes: [0.5, 0.25 + 1] and so without the weight of the zero
    at the beginning 1 and 1.25 / 0.75, as in TensorFlow 1.15."""
    from tensorflow.python.training.moving_averages import assign_moving_average

    value = tf.placeholder(tf.float32, [])
    plain, fair = (tf.get_variable(n, [], initializer=tf.zeros_initializer()) for n in "pf")
    both = [assign_moving_average(plain, value, 0.5, zero_debias=False),
            assign_moving_average(fair, value, 0.5)]
    assert [v.name for v in tf.global_variables()[2:]] == ["f/biased:0", "f/local_step:0"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        close(session.run(both, {value: 1.0}), [0.5, 1.0])
        close(session.run(both, {value: 2.0}), [1.25, 1.25 / 0.75])


def test_the_network_of_the_tutorial():
    from tensorflow.examples.tutorials.mnist import input_data, mnist

    data = input_data.read_data_sets("nowhere", True)
    images, labels = data.train.next_batch(4, True)
    x, y = tf.placeholder(tf.float32, [4, mnist.IMAGE_PIXELS]), tf.placeholder(tf.int32, [4])
    logits = mnist.inference(x, 16, 8)
    loss = mnist.loss(logits, y)
    step, right = mnist.training(loss, 0.05), mnist.evaluation(logits, y)
    assert [v.name for v in tf.trainable_variables()][::3] == ["hidden1/weights:0",
                                                               "hidden2/biases:0"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        feed = {x: np.array(images), y: np.array(labels)}
        before = session.run(loss, feed)
        for _ in range(20):
            session.run(step, feed)
        assert session.run(loss, feed) < before / 2
        assert session.run(right, feed) == 4


def test_the_axis_may_stand_in_a_list():
    """As in BERT's embedding_lookup: tf.expand_dims(ids, axis=[-1])."""
    assert run(tf.expand_dims(tf.placeholder_with_default([1, 2], [2]), [-1])).shape == (2, 1)
    assert tf.expand_dims(tf.ones([2, 3]), axis=[-1]).shape.as_list() == [2, 3, 1]
    with pytest.raises(ValueError, match="one number"):
        run(tf.expand_dims(tf.ones([2]), [0, 1]))
