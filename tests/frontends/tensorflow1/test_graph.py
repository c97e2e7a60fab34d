"""Graphs: names, scopes, collections, shapes, what is refused while they are built."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import close, run
from tests.frontends.tensorflow1.common import graph as graph


def test_names_are_those_of_tensorflow(graph):
    x = tf.placeholder(tf.float32, [None, 3])
    assert x.name == "Placeholder:0"
    assert (x + 1).name == "add:0"
    assert (x + 1).name == "add_1:0"
    assert tf.add(x, x).name == "Add_2:0"  # upper and lower case count as one
    assert [n.name for n in graph.get_operations()[1:3]] == ["add/y", "add"]
    with tf.name_scope("layer") as scope:
        assert scope == "layer/"
        assert tf.square(x).name == "layer/Square:0"
        assert tf.constant(1.0).op.name == "layer/Const"
        with tf.name_scope("inner"):
            assert tf.exp(x, name="e").name == "layer/inner/e:0"
    with tf.name_scope("layer"):
        assert tf.square(x).name == "layer_1/Square:0"
    with tf.name_scope(scope):
        assert tf.square(x).name == "layer/Square_1:0"
    with pytest.raises(ValueError, match="not a valid scope name"):
        graph.name_scope("a b").__enter__()


def test_elements_are_found_by_name(graph):
    y = tf.square(tf.constant(3.0, name="c"), name="y")
    assert graph.get_tensor_by_name("y:0") is y
    assert graph.get_operation_by_name("y") is y.op
    assert y.op.type == "Square"
    assert y.op.inputs[0].name == "c:0"
    for name in ("z:0", "y:1"):
        with pytest.raises(KeyError, match="refers to a Tensor which does not exist"):
            graph.get_tensor_by_name(name)
    with pytest.raises(ValueError, match="refers to an Operation, not a Tensor"):
        graph.get_tensor_by_name("y")
    assert run("y:0") == 9.0


def test_collections(graph):
    tf.add_to_collection("losses", 1)
    tf.add_to_collections(["losses", "other"], 2)
    assert tf.get_collection("losses") == [1, 2]
    assert tf.get_collection("none") == []
    tf.get_collection_ref("other").append(3)
    assert tf.get_collection("other") == [2, 3]
    a = tf.constant(0, name="a/x")
    tf.add_to_collection("t", a)
    tf.add_to_collection("t", tf.constant(0, name="b/x"))
    assert tf.get_collection("t", scope="a/") == [a]


def test_shapes_are_known_as_far_as_they_can_be():
    x = tf.placeholder(tf.float32, [None, 4])
    assert x.get_shape().as_list() == [None, 4]
    assert str(x.shape) == "(?, 4)"
    assert x.shape[0].value is None
    assert x.shape[1] == 4
    assert tf.matmul(x, tf.zeros([4, 2])).shape.as_list() == [None, 2]
    assert tf.reshape(x, [-1, 2, 2]).shape.as_list() == [None, 2, 2]
    assert tf.reshape(x, [tf.shape(x)[0], 2, 2]).shape.as_list() == [None, 2, 2]
    free = tf.placeholder(tf.float32)
    assert free.shape.ndims is None
    free.set_shape([2, None])
    assert free.shape.as_list() == [2, None]
    with pytest.raises(ValueError, match="shapes do not fit"):
        free.set_shape([3, 1])


def test_what_does_not_fit_is_refused_when_it_is_made():
    x = tf.placeholder(tf.float32, [2, 3])
    with pytest.raises(ValueError, match=r"(?s)matmul.*made at"):
        tf.matmul(x, x)
    with pytest.raises(TypeError, match="'y' of 'Mul' Op has type int32 that does not match type "
                                        "float32 of argument 'x'"):
        tf.multiply(x, tf.constant(1))
    with pytest.raises(ValueError, match="Tensor conversion requested dtype float32"):
        tf.convert_to_tensor(tf.constant(1), tf.float32)
    with pytest.raises(TypeError, match=r"Expected int32, got 1\.5"):
        tf.constant(1.5, tf.int32)
    with pytest.raises(TypeError, match="allowed values: "):
        tf.exp(tf.constant(1))
    with pytest.raises(TypeError, match="as a Python `bool` is not allowed"):
        bool(x)
    with pytest.raises(TypeError, match="only iterable when eager"):
        iter(x)


def test_two_graphs_do_not_mix(graph):
    x = tf.constant(1.0)
    with tf.Graph().as_default() as other:
        assert tf.get_default_graph() is other
        y = tf.constant(2.0)
        with pytest.raises(ValueError, match="is not an element of this graph"):
            graph.as_graph_element(y)
        with pytest.raises(ValueError, match="same graph"):
            tf.add(x, y)
    assert tf.get_default_graph() is graph
    with pytest.raises(AssertionError, match="nested graphs"):
        tf.reset_default_graph()


def test_a_finalized_graph_takes_no_more(graph):
    tf.constant(1.0)
    graph.finalize()
    with pytest.raises(pt.GraphError, match="finalized"):
        tf.constant(2.0)


def test_python_values_take_the_type_of_the_other_operand():
    x = tf.constant([1.0, 2.0], tf.float64)
    assert (x * 2).dtype is tf.float64
    assert (1 / x).dtype == tf.float64
    assert tf.constant(3).dtype is tf.int32
    assert tf.constant(2.5).dtype is tf.float32
    assert tf.constant(np.array(2.5)).dtype is tf.float64
    assert tf.constant("text").dtype is tf.string
    assert tf.constant(True).dtype is tf.bool
    assert (tf.constant(7) / 2).dtype is tf.float64
    close(run([tf.constant(7) / 2, tf.constant(7) // 2, tf.constant(-7) % 3]), [3.5, 3, 2])


def test_constants_fill_their_shape():
    found = run([tf.constant([1, 2], shape=[4]), tf.constant(5, shape=[2, 2]), tf.zeros([2]),
                 tf.ones([1, 2], tf.int32), tf.fill([2], 3.0), tf.zeros_like(tf.constant([1, 2]))])
    assert [f.tolist() for f in found] == [[1, 2, 2, 2], [[5, 5], [5, 5]], [0, 0], [[1, 1]],
                                           [3, 3], [0, 0]]
    assert run(tf.stack([tf.constant(1), 2])).tolist() == [1, 2]
    assert run(tf.convert_to_tensor([tf.constant(1), 2])).tolist() == [1, 2]


def test_types_have_tensorflows_names():
    assert tf.float32.name == "float32"
    assert repr(tf.float32) == "tf.float32"
    assert tf.as_dtype("float32_ref").base_dtype is tf.float32
    assert tf.as_dtype(np.int64) is tf.int64
    assert tf.float32.as_numpy_dtype is np.float32
    assert tf.float32 == "float32"
    assert tf.float32 != tf.as_dtype("float32_ref")
    assert (tf.int8.min, tf.uint8.max) == (-128, 255)
    assert tf.half is tf.float16
    assert tf.complex64.real_dtype is tf.float32
    with pytest.raises(TypeError, match="Cannot convert value"):
        tf.as_dtype("floaty")


def test_a_name_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match=r"tensorflow\.matmull is not supported"):
        _ = tf.matmull
    assert not hasattr(tf, "nothing_of_the_sort")
    assert "matmul" in dir(tf)


def test_a_part_of_an_unknown_axis_is_of_unknown_length():
    x = tf.placeholder(tf.float32, [None, 6])
    part = x[0:4]
    assert part.shape.as_list() == [None, 6]
    assert x[:, 1:3].shape.as_list() == [None, 2]
    assert x[1].shape.as_list() == [6]
    flat = tf.contrib.layers.flatten(tf.reshape(part, [-1, 2, 3]))
    with tf.Session() as session:
        for rows, kept in [(8, 4), (8, 4), (4, 4), (2, 2)]:
            assert session.run(flat, {x: np.ones((rows, 6))}).shape == (kept, 6)


def test_an_unknown_axis_is_split_evenly():
    x = tf.placeholder(tf.float32, [None, 4, 3])
    steps = tf.split(tf.reshape(tf.transpose(x, [1, 0, 2]), [-1, 3]), 4, 0)
    assert [s.shape.as_list() for s in steps] == [[None, 3]] * 4
    with tf.Session() as session:
        for rows in (8, 8, 5):
            value = np.arange(rows * 12.0).reshape(rows, 4, 3)
            for i, found in enumerate(session.run(steps, {x: value})):
                close(found, value[:, i])


def test_constants_of_many_texts():
    texts = tf.constant([f"v{i}" for i in range(100)])
    assert run(texts)[99] == b"v99"
    assert run(tf.string_join([texts, texts]))[3] == b"v3v3"
