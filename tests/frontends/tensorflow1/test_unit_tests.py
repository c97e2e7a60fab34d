"""tf.test: unit tests as programs write them."""
# ruff: noqa: PT009, PT027

from __future__ import annotations

import os
import unittest

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph


class Program(tf.test.TestCase):
    """A test class of a program; run below."""

    __test__ = False

    def testSessions(self):
        self.assertEqual(tf.get_default_graph().get_operations(), [])
        v = tf.Variable([1.0, 2.0], name="v")
        with self.test_session() as first:
            first.run(tf.global_variables_initializer())
            self.evaluate(tf.assign_add(v, [1.0, 1.0]))
        with self.cached_session() as second:
            self.assertIs(first, second)
            self.assertAllClose(v, [2.0, 3.0])
            self.assertAllEqual(v.eval(), np.array([2.0, 3.0]))
        with self.session(graph=tf.Graph()) as other:
            self.assertIsNot(other, first)
            self.assertAllEqual(self.evaluate(tf.constant([b"a"])), ["a"])

    def testArrays(self):
        self.assertAllClose({"a": [1.0, (2.0, [3.0])]}, {"a": [1.0, (2.0, [3.0 + 1e-9])]})
        self.assertAllCloseAccordingToType(np.float16([1.0]), np.float16([1.0005]))
        self.assertAllEqual([np.nan, 1], [np.nan, 1])
        self.assertNotAllClose([1.0], [2.0])
        self.assertNotAllEqual([1], [2])
        self.assertAllInRange([1, 2], 1, 2)
        self.assertAllGreater([1, 2], 0)
        self.assertAllInSet([1, 2, 1], [1, 2])
        self.assertShapeEqual(np.zeros((2, 3)), tf.zeros([2, 3]))
        self.assertNear(1.0, 1.001, 0.01)
        self.assertArrayNear([1.0], [1.001], 0.01)
        self.assertNDArrayNear(np.ones(2), np.ones(2), 1e-9)
        self.assertDTypeEqual(tf.zeros([]), np.float32)

    def testErrors(self):
        x = tf.placeholder(tf.float32)
        with self.session() as session, self.assertRaisesOpError("feed"):
            session.run(x * 2)
        with self.assertRaisesWithPredicateMatch(ValueError, lambda e: "lo" in str(e)):
            raise ValueError("hello")
        thread = self.checkedThread(lambda: 1 / 0)
        thread.start()
        with self.assertRaises(AssertionError):
            thread.join(10)

    def testFiles(self):
        self.assertTrue(os.path.isdir(self.get_temp_dir()))
        self.assertStartsWith(self.get_temp_dir(), tf.test.get_temp_dir())


@pytest.mark.parametrize("name", ["testSessions", "testArrays", "testErrors", "testFiles"])
def test_a_class_of_a_program_passes(name):
    result = unittest.TestResult()
    Program(name).run(result)
    assert result.testsRun == 1
    assert [text for _, text in [*result.failures, *result.errors]] == []


@pytest.mark.parametrize(("assertion", "args"), [
    ("assertAllClose", ([1.0], [1.1])), ("assertAllClose", ([1.0], [[1.0]])),
    ("assertAllClose", ({"a": 1.0}, {"b": 1.0})), ("assertAllClose", ([np.nan], [np.nan])),
    ("assertAllClose", ([[1.0], [1.0, 2.0]], [[1.0], [1.0, 3.0]])),
    ("assertAllEqual", ([1, 2], [1, 3])), ("assertAllEqual", ([1, 2], [1, 2, 3])),
    ("assertNotAllClose", ([1.0], [1.0])), ("assertNotAllEqual", ([1], [1])),
    ("assertAllLess", ([1, 2], 2)), ("assertAllInSet", ([3], [1])),
    ("assertAllInRange", ([1], 1, 2, True)), ("assertNear", (1, 2, 0.5)),
    ("assertAllCloseAccordingToType", (np.float32([1.0]), np.float32([1.0005]))),
])
def test_assertions_can_fail(assertion, args):
    with pytest.raises(AssertionError):
        getattr(Program("testArrays"), assertion)(*args)


def test_gradients_are_compared_with_differences():
    x = tf.placeholder(tf.float64, [2, 3])
    w = tf.placeholder(tf.float64, [3])
    y = tf.sin(x) * w
    data = np.array([[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]])
    with tf.Session():
        exact, near = tf.test.compute_gradient(
            x, [2, 3], y, [2, 3], data, extra_feed_dict={w: [1.0, 2.0, 3.0]})
        wrong = tf.stop_gradient(y) + x
        error = tf.test.compute_gradient_error(
            [x, w], [[2, 3], [3]], y, [2, 3], [data, np.ones(3)],
            extra_feed_dict={x: data, w: np.ones(3)})
        bad = tf.test.compute_gradient_error(x, [2, 3], wrong, [2, 3], data,
                                             extra_feed_dict={w: np.ones(3)})
    expected = np.diag((np.cos(data) * [1.0, 2.0, 3.0]).reshape(-1))
    np.testing.assert_allclose(exact, expected, rtol=1e-12)
    np.testing.assert_allclose(near, expected, atol=1e-6)
    assert error < 1e-6
    assert bad > 0.5


def test_graphs_are_compared():
    def made(value):
        with tf.Graph().as_default() as here:
            tf.add(tf.constant(value, name="a"), 1.0, name="sum")
        return here.as_graph_def()

    tf.test.assert_equal_graph_def(made(2.0), made(2.0))
    with pytest.raises(AssertionError, match="node 'a'"):
        tf.test.assert_equal_graph_def(made(2.0), made(3.0))
    with pytest.raises(AssertionError, match="only the expected"):
        tf.test.assert_equal_graph_def(tf.GraphDef(), made(2.0))
