"""tf.contrib.slim.nets: shapes and variables of the networks, as in TensorFlow 1.15."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph

slim = tf.contrib.slim


def parameters():
    return sum(int(np.prod(v.shape.as_list())) for v in tf.trainable_variables())


@pytest.mark.parametrize(("name", "count"), [("vgg_a", 132_863_336), ("vgg_16", 138_357_544)])
def test_vgg(name, count):
    from pentad.frontends.tensorflow1.contrib.slim.nets import vgg

    with slim.arg_scope(vgg.vgg_arg_scope()):
        logits, found = getattr(vgg, name)(tf.placeholder(tf.float32, [2, 224, 224, 3]))
    assert logits.shape.as_list() == [2, 1000]
    assert parameters() == count
    assert found[f"{name}/fc8"] is logits
    assert found[f"{name}/pool5"].shape.as_list() == [2, 7, 7, 512]
    assert f"{name}/conv3/conv3_2" in found
    assert len(tf.losses.get_regularization_losses()) == len(tf.trainable_variables()) // 2


def test_alexnet_and_overfeat():
    nets = slim.nets
    with slim.arg_scope(nets.alexnet.alexnet_v2_arg_scope()):
        logits, found = nets.alexnet.alexnet_v2(tf.zeros([1, 224, 224, 3]), 10)
    assert logits.shape.as_list() == [1, 10]
    assert parameters() == 46_247_882
    assert len(found) == 11
    assert found["alexnet_v2/conv5"].shape.as_list() == [1, 12, 12, 256]
    with tf.Graph().as_default(), slim.arg_scope(nets.overfeat.overfeat_arg_scope()):
        logits, found = nets.overfeat.overfeat(tf.zeros([1, 231, 231, 3]))
        assert logits.shape.as_list() == [1, 1000]
        assert parameters() == 145_704_424
        assert found["overfeat/pool5"].shape.as_list() == [1, 6, 6, 1024]


@pytest.mark.parametrize(("version", "count"), [("v1", 25_557_032), ("v2", 25_568_360)])
def test_resnets(version, count):
    net = getattr(slim.nets, f"resnet_{version}")
    with slim.arg_scope(net.resnet_arg_scope()):
        logits, found = getattr(net, f"resnet_{version}_50")(
            tf.placeholder(tf.float32, [None, 224, 224, 3]), 1000, is_training=False)
    assert logits.shape.as_list() == [None, 1, 1, 1000]
    assert parameters() == count
    name = f"resnet_{version}_50"
    assert found[f"{name}/block4"].shape.as_list() == [None, 7, 7, 2048]
    assert (len(found), len(tf.global_variables())) == (75, {"v1": 267, "v2": 272}[version])
    assert found["predictions"].shape.as_list() == [None, 1, 1, 1000]
    kernel = tf.get_default_graph().get_tensor_by_name(
        f"{name}/block1/unit_1/bottleneck_{version}/conv2/weights:0")
    assert kernel.shape.as_list() == [3, 3, 64, 64]


def test_holes_instead_of_strides():
    net = slim.nets.resnet_v1
    blocks = [net.resnet_v1_block("block1", 2, 2, 2), net.resnet_v1_block("block2", 4, 2, 2)]
    image = tf.placeholder(tf.float32, [1, 33, 33, 3])
    with slim.arg_scope(net.resnet_arg_scope()):
        coarse, _ = net.resnet_v1(image, blocks, is_training=False, global_pool=False, scope="r")
        fine, _ = net.resnet_v1(image, blocks, is_training=False, global_pool=False,
                                output_stride=8, reuse=True, scope="r")
        with pytest.raises(ValueError, match="cannot be reached"):
            net.resnet_v1(image, blocks, is_training=False, output_stride=64, reuse=True,
                          scope="r")
    assert coarse.shape.as_list() == [1, 3, 3, 16]
    assert fine.shape.as_list() == [1, 5, 5, 16]


def test_the_sizes_of_variables_and_operations_are_printed(capsys):
    with tf.Graph().as_default() as graph:
        tf.get_variable("w", [2, 3])
        found = slim.model_analyzer.analyze_vars(tf.global_variables(), print_info=True)
        tf.placeholder(tf.float32, [None, 4], name="x")
        assert found == (6, 24)
        assert slim.model_analyzer.tensor_description(graph.get_tensor_by_name("x:0")) \
            == "(float32 ?x4)"
        assert slim.model_analyzer.analyze_ops(graph) >= 6
    assert capsys.readouterr().out.splitlines() == [
        "---------", "Variables: name (type shape) [size]", "---------",
        "w:0 (float32_ref 2x3) [6, bytes: 24]",
        "Total size of variables: 6", "Total bytes of variables: 24"]


def test_a_moving_mean_as_if_it_had_not_begun_at_zero():
    """Figures of TensorFlow 1.15.5."""
    random = np.random.RandomState(0)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [4, 3, 2, 5])
        y = tf.contrib.layers.batch_norm(
            x, decay=0.9, zero_debias_moving_mean=True, is_training=True,
            updates_collections=None, scope="bn")
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(y, {x: random.rand(4, 3, 2, 5)})
        found = {v.op.name: session.run(v) for v in tf.global_variables()}
    assert found["bn/bn/moving_mean/local_step"] == 3
    assert np.allclose(found["bn/moving_mean"][:3], [0.4982, 0.4595, 0.4635], atol=1e-4)
    assert np.allclose(found["bn/bn/moving_mean/biased"][:3], [0.135, 0.1245, 0.1256], atol=1e-4)
