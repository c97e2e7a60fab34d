"""tf.test: every name once; test_unit_tests.py runs a class of tests."""

from __future__ import annotations

import os
import types
import unittest
from unittest import mock

import numpy as np

from tests.frontends.tensorflow1.values import table, tf

calls = table()
M = "tf.test"

calls(M, "TestCase", lambda f: issubclass(f, unittest.TestCase) and f().evaluate(
    tf.constant(3)) == 3)
calls(M, "get_temp_dir", lambda f: os.path.isdir(f()))
calls(M, "is_gpu_available is_built_with_cuda is_built_with_gpu_support is_built_with_rocm",
      lambda f: f() is False)
calls(M, "gpu_device_name", lambda f: f() == "")
calls(M, "test_src_dir_path", lambda f: f("data").endswith(os.path.join("tensorflow", "data")))
calls(M, "benchmark_config", lambda f: isinstance(f(), tf.ConfigProto))


@calls(M, "assert_equal_graph_def")
def same_graphs(f):
    tf.constant(1.0)
    f(tf.get_default_graph().as_graph_def(), tf.get_default_graph().as_graph_def())


@calls(M, "compute_gradient compute_gradient_error")
def gradient(f, name):
    x = tf.placeholder(tf.float64, [2])
    with tf.Session():
        found = f(x, [2], x * x, [2], np.array([1.0, 2.0]))
    if name == "compute_gradient_error":
        return found < 1e-9
    return np.allclose(found, [np.diag([2.0, 4.0])] * 2)


@calls(M, "main")
def main(f):
    with mock.patch("unittest.main") as run:
        f(["program", "--verbose"])
    assert run.call_args.kwargs["argv"] == ["program", "--verbose"]


@calls(M, "Benchmark")
def benchmark(f):
    with tf.Session() as session:
        found = f().run_op_benchmark(session, tf.constant(1.0), min_iters=3, name="one")
    assert found["iters"] == 3
    assert found["name"] == "Benchmark.one"


@calls(M, "StubOutForTesting")
def stubs(f):
    room = types.SimpleNamespace(x=1)
    with f() as stub:
        stub.Set(room, "x", 2)
        stub.SmartSet(room, "x", 3)
        assert room.x == 3
    assert room.x == 1
