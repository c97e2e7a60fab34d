"""tf.test: unit tests of programs with graphs."""

from __future__ import annotations

from unittest import mock as mock

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "platform.unit_tests": "TestCase get_temp_dir main",
    "platform.gradient_checks": "compute_gradient compute_gradient_error",
    "platform.machine": """
        Benchmark StubOutForTesting assert_equal_graph_def benchmark_config gpu_device_name
        is_built_with_cuda is_built_with_gpu_support is_built_with_rocm is_gpu_available
        test_src_dir_path""",
})
