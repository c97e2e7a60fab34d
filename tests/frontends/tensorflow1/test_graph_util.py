"""Parts of GraphDefs, frozen graphs."""

from __future__ import annotations

import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph
from tests.frontends.tensorflow1.common import run


def test_a_frozen_graph_needs_no_variables(graph):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.Variable([[2.0], [3.0]], name="w")
    y = tf.identity(tf.matmul(x, w), name="y")
    tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(y))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(sess, graph.as_graph_def(), ["y"])
    kinds = {n.name: n.op for n in frozen.node}
    assert kinds["w"] == "Const"
    assert not {"VariableV2", "ApplyGradientDescent"} & set(kinds.values())
    data = frozen.SerializeToString()
    with tf.Graph().as_default():
        read = tf.GraphDef()
        read.ParseFromString(data)
        [again] = tf.import_graph_def(read, return_elements=["y:0"], name="")
        assert run(again, {"x:0": [[1.0, 1.0]]}).tolist() == [[5.0]]


def test_parts_of_graphs(graph):
    a = tf.constant(1.0, name="a")
    b = tf.identity(a, name="b")
    tf.add(b, 1.0, name="c")
    whole = graph.as_graph_def()
    part = tf.graph_util.extract_sub_graph(whole, ["b"])
    assert [n.name for n in part.node] == ["a", "b"]
    short = tf.graph_util.remove_training_nodes(whole)
    assert {n.name: list(n.input) for n in short.node}["c"] == ["a", "c/y"]
    assert tf.graph_util.tensor_shape_from_node_def_name(graph, "c").as_list() == []
    assert not tf.graph_util.must_run_on_cpu(a.op)
    with pytest.raises(AssertionError, match="is not in graph"):
        tf.graph_util.extract_sub_graph(whole, ["nothing"])
