"""What tests ask of the machine; benchmarks; attributes replaced for a test."""

from __future__ import annotations

import inspect
import os
import re
import time
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.tensorflow1 import logging
from pentad.frontends.tensorflow1.framework.config import ConfigProto


def is_gpu_available(
    cuda_only: bool = False, min_cuda_compute_capability: Any = None
) -> bool:
    """No: graphs run on the processor."""
    return False


def gpu_device_name() -> str:
    """None: an empty text."""
    return ""


def is_built_with_cuda() -> bool:
    """No."""
    return False


def is_built_with_rocm() -> bool:
    """No."""
    return False


def is_built_with_gpu_support() -> bool:
    """No."""
    return False


def test_src_dir_path(relative_path: str) -> str:
    """A path below that of the test's data, which TEST_SRCDIR names."""
    return os.path.join(os.environ.get("TEST_SRCDIR", ""), "org_tensorflow/tensorflow",
                        relative_path)


test_src_dir_path.__test__ = False  # type: ignore[attr-defined]


def assert_equal_graph_def(actual: Any, expected: Any, checkpoint_v2: bool = False) -> None:
    """Have two GraphDefs the same nodes, in any order?"""
    nodes = [{n.name: n for n in graph.node} for graph in (actual, expected)]
    for which, mine, others in (("actual", *nodes), ("expected", *nodes[::-1])):
        only = sorted(set(mine) - set(others))
        if only:
            raise AssertionError(static.message(
                f"Nodes that only the {which} graph has: {', '.join(only[:10])}"))
    for name, node in nodes[0].items():
        one, other = (_plain(n, checkpoint_v2) for n in (node, nodes[1][name]))
        if one != other:
            raise AssertionError(static.message(
                f"The graphs differ in node '{name}'", expected=other[:500], got=one[:500]))


def _plain(node: Any, any_checkpoint: bool) -> str:
    """A node as a text; without what is drawn at random of a checkpoint's name."""
    text = str(node)
    return re.sub(r"_temp_[0-9a-z]+/part", "_temp/part", text) if any_checkpoint else text


def benchmark_config() -> Any:
    """The configuration of benchmarks' sessions."""
    return ConfigProto()


class Benchmark:
    """The base of benchmarks: methods whose names begin with `benchmark`."""

    def is_abstract(self) -> bool:
        """Has it no benchmarks?"""
        return type(self) in (Benchmark,)

    def _name(self, given: str | None) -> str:
        if given:
            return f"{type(self).__name__}.{given}"
        for frame in inspect.stack():
            if frame.function.startswith("benchmark"):
                return f"{type(self).__name__}.{frame.function}"
        return type(self).__name__

    def report_benchmark(
        self, iters: Any = None, cpu_time: Any = None, wall_time: Any = None,
        throughput: Any = None, extras: Any = None, name: str | None = None, metrics: Any = None,
    ) -> None:
        """Log the numbers of a benchmark."""
        logging.info("Benchmark [%s] iters: %s, wall_time: %s, cpu_time: %s, throughput: %s, "
                     "extras: %s", self._name(name), iters, wall_time, cpu_time, throughput,
                     extras or {})

    def run_op_benchmark(
        self, sess: Any, op_or_tensor: Any, feed_dict: Any = None, burn_iters: int = 2,
        min_iters: int = 10, store_trace: bool = False, store_memory_usage: bool = True,
        name: str | None = None, extras: Any = None, mbs: float = 0,
    ) -> dict[str, Any]:
        """Run something again and again; how long it takes, by name."""
        for _ in range(burn_iters):
            sess.run(op_or_tensor, feed_dict)
        taken = []
        for _ in range(min_iters):
            start = time.perf_counter()
            sess.run(op_or_tensor, feed_dict)
            taken.append(time.perf_counter() - start)
        median = float(np.median(taken)) if taken else -1.0
        more = {**(extras or {}), "wall_time_mean": float(np.mean(taken)) if taken else -1.0,
                "wall_time_stdev": float(np.std(taken)) if taken else -1.0}
        found = {"iters": min_iters, "wall_time": median, "extras": more,
                 "name": self._name(name), "throughput": mbs / median if median > 0 else 0.0}
        self.report_benchmark(iters=min_iters, wall_time=median, extras=more, name=name,
                              throughput=found["throughput"])
        return found

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors in the default session, or in a new one."""
        from pentad.frontends.tensorflow1.framework.session import Session, get_default_session

        session = get_default_session()
        if session is not None:
            return session.run(tensors)
        with Session() as made:
            return made.run(tensors)


class StubOutForTesting:
    """Puts other objects in place of attributes, and takes them away again."""

    def __init__(self) -> None:
        self._kept: list[tuple[Any, str, Any]] = []
        self._smart: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> StubOutForTesting:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.CleanUp()

    def CleanUp(self) -> None:
        """Put everything back."""
        self.SmartUnsetAll()
        self.UnsetAll()

    def SmartSet(self, obj: Any, attr_name: str, new_attr: Any) -> None:
        """Replace an attribute where it is found, in the object or a base of its class."""
        if not hasattr(obj, attr_name):
            raise AttributeError(f"{obj!r} has no attribute {attr_name!r}")
        holder = next((c for c in getattr(obj, "__mro__", ()) if attr_name in vars(c)), obj)
        before = inspect.getattr_static(holder, attr_name)
        self._smart.append((holder, attr_name, before))
        static_one = isinstance(before, staticmethod)
        setattr(holder, attr_name, staticmethod(new_attr) if static_one else new_attr)

    def SmartUnsetAll(self) -> None:
        """Put back what SmartSet replaced."""
        while self._smart:
            setattr(*self._smart.pop())

    def Set(self, parent: Any, child_name: str, new_child: Any) -> None:
        """Replace an attribute of an object."""
        before = inspect.getattr_static(parent, child_name)
        self._kept.append((parent, child_name, before))
        static_one = isinstance(before, staticmethod)
        setattr(parent, child_name, staticmethod(new_child) if static_one else new_child)

    def UnsetAll(self) -> None:
        """Put back what Set replaced."""
        while self._kept:
            setattr(*self._kept.pop())
