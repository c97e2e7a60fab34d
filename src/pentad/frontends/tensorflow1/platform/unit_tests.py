"""tf.test.TestCase: assertions about arrays and tensors, sessions of a test's own."""
# ruff: noqa: PT009, PT027

from __future__ import annotations

import atexit
import random
import re
import shutil
import sys
import tempfile
import threading
import unittest
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.graph import Graph, get_default_graph
from pentad.frontends.tensorflow1.framework.operation import Operation
from pentad.frontends.tensorflow1.framework.seeds import set_random_seed
from pentad.frontends.tensorflow1.framework.session import Session, get_default_session
from pentad.frontends.tensorflow1.framework.shapes import as_shape
from pentad.frontends.tensorflow1.framework.tensor import Tensor

SEED = 87654321
_folders: list[str] = []


def get_temp_dir() -> str:
    """A folder for the files of this process's tests; it is removed at the end."""
    if not _folders:
        _folders.append(tempfile.mkdtemp())
        atexit.register(shutil.rmtree, _folders[0], ignore_errors=True)
    return _folders[0]


def main(argv: Any = None) -> None:
    """Run all tests of the program."""
    from pentad.frontends.tensorflow1.platform.flag_values import FLAGS

    rest = FLAGS(list(sys.argv if argv is None else argv), known_only=True)
    unittest.main(module="__main__", argv=rest)


class TestCase(unittest.TestCase):
    """A test with a default graph of its own."""

    __test__ = False
    """For collectors that look for classes of this name; those of programs are collected."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__test__" not in vars(cls):
            cls.__test__ = True

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._cached: Session | None = None
        self._tempdir: str | None = None

    def setUp(self) -> None:
        """Begin with an empty graph and known seeds."""
        random.seed(SEED)
        np.random.seed(SEED)
        context = Graph().as_default()
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        set_random_seed(SEED)
        self.addCleanup(self._close)

    def _close(self) -> None:
        if self._cached is not None:
            self._cached.close()
            self._cached = None

    # -- sessions ------------------------------------------------------------------------------

    @contextmanager
    def session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """A new session, which is the default one."""
        with Session(graph=graph, config=config) as made:
            yield made

    @contextmanager
    def cached_session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """The same session for the whole of a test: variables keep their values."""
        if self._cached is None:
            self._cached = Session(graph=graph, config=config)
        elif graph is not None and graph is not self._cached.graph:
            raise ValueError("The graph used to get the cached session is different than the one "
                             "that was used to create the session. Maybe create a new session "
                             "with self.session()")
        with self._cached.graph.as_default(), self._cached.as_default():
            yield self._cached

    @contextmanager
    def test_session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """The cached session; a new one for another graph."""
        kind = self.cached_session if graph is None else self.session
        with kind(graph, config) as made:
            yield made

    test_session.__test__ = False  # type: ignore[attr-defined]

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors in the default session, or in the cached one."""
        session = get_default_session()
        if session is not None:
            return session.run(tensors)
        with self.cached_session() as made:
            return made.run(tensors)

    def get_temp_dir(self) -> str:
        """A folder for the files of this test."""
        if self._tempdir is None:
            self._tempdir = tempfile.mkdtemp(dir=get_temp_dir())
        return self._tempdir

    @contextmanager
    def captureWritesToStream(self, stream: Any) -> Iterator[Any]:
        """What is written to a stream of Python meanwhile: its `contents()`."""
        parts: list[str] = []
        before, stream.write = stream.write, parts.append
        try:
            yield type("Written", (), {"contents": lambda self: "".join(parts)})()
        finally:
            stream.write = before

    def checkedThread(self, target: Any, args: Any = None, kwargs: Any = None) -> Any:
        """A thread whose `join` raises what was raised in it."""
        return _Thread(target, args or (), kwargs or {})

    # -- values --------------------------------------------------------------------------------

    def _array(self, value: Any) -> Any:
        if isinstance(value, Tensor) or hasattr(value, "_variable"):
            value = self.evaluate(value)
        if isinstance(value, list | tuple) and any(isinstance(v, Tensor) for v in value):
            value = self.evaluate(list(value))
        return np.array(value) if not isinstance(value, np.ndarray) else value

    def _texts(self, value: Any) -> Any:
        array = self._array(value)
        if array.dtype.kind not in "OSU":
            return array
        return np.array([v.encode() if isinstance(v, str) else v for v in array.reshape(-1)],
                        object).reshape(array.shape)

    def assertAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: Any = None
    ) -> None:
        """Are two arrays, or structures of them, nearly the same?"""
        self._close_at(a, b, rtol, atol, msg, "")

    def _close_at(self, a: Any, b: Any, rtol: float, atol: float, msg: Any, path: str) -> None:
        a, b = (v._asdict() if hasattr(v, "_asdict") else v for v in (a, b))
        if isinstance(a, Mapping) or isinstance(b, Mapping):
            if not isinstance(a, Mapping) or not isinstance(b, Mapping):
                raise ValueError(f"Can't compare dict to non-dict, a{path} vs b{path}. {msg or ''}")
            self.assertEqual(set(a), set(b), msg)
            for k in a:
                self._close_at(a[k], b[k], rtol, atol, msg, f"{path}[{k}]")
            return
        if isinstance(a, list | tuple):
            try:
                left, right = self._array(a), self._array(b)
                if left.dtype == object or right.dtype == object:
                    raise ValueError
            except ValueError:
                self.assertEqual(len(a), len(b), f"Mismatched length: a{path} has {len(a)} items, "
                                 f"but b{path} has {len(b)} items. {msg or ''}")
                for i, (x, y) in enumerate(zip(a, b)):
                    self._close_at(x, y, rtol, atol, msg, f"{path}[{i}]")
                return
        self._arrays_close(self._array(a), self._array(b), rtol, atol, msg, path)

    def _arrays_close(
        self, a: Any, b: Any, rtol: float, atol: float, msg: Any, path: str
    ) -> None:
        self.assertEqual(a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}. "
                         f"{msg or ''}")
        if not np.allclose(a, b, rtol=rtol, atol=atol):
            here = f"Mismatched value: a{path} is different from b{path}. {msg or ''}"
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=here)
            raise AssertionError(here)  # NaNs: equal for that function

    def assertAllCloseAccordingToType(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, float_rtol: float = 1e-6,
        float_atol: float = 1e-6, half_rtol: float = 1e-3, half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2, bfloat16_atol: float = 1e-2, msg: Any = None,
    ) -> None:
        """The same, as near as the types of the arrays allow."""
        kinds = [getattr(v, "dtype", None) for v in (a, b)]
        a, b = self._array(a), self._array(b)
        names = {getattr(k, "name", "") for k in (*kinds, a.dtype, b.dtype)}
        for name, r, t in (("float32", float_rtol, float_atol), ("float16", half_rtol, half_atol),
                           ("bfloat16", bfloat16_rtol, bfloat16_atol)):
            if name in names:
                rtol, atol = max(rtol, r), max(atol, t)
        self.assertAllClose(a, b, rtol, atol, msg)

    def assertAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Are two arrays the same?"""
        a, b = self._texts(a), self._texts(b)
        if not (b.ndim <= 3 and b.size < 500 and a.shape == b.shape):
            self.assertEqual(a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}."
                             f" {msg or ''}")
        same = a == b
        if a.dtype.kind in "fc" and b.dtype.kind in "fc":
            same = np.logical_or(same, np.logical_and(np.isnan(a), np.isnan(b)))
        if not np.all(same):
            places = np.argwhere(~np.asarray(same))[:10].tolist()
            self.fail(f"not equal where = {places}\nnot equal lhs = {a!r}\nnot equal rhs = {b!r} "
                      f"{msg or ''}")

    def assertNotAllClose(self, a: Any, b: Any, **kwargs: Any) -> None:
        """Do two arrays differ?"""
        try:
            self.assertAllClose(a, b, **kwargs)
        except AssertionError:
            return
        raise AssertionError("The two values are close at all elements")

    def assertNotAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Do two arrays differ?"""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        raise AssertionError(f"The two values are equal at all elements. {msg or ''}")

    def _everywhere(self, held: Any, array: Any, what: str) -> None:
        if not np.all(held):
            bad = np.asarray(array)[~np.asarray(held)].reshape(-1)[:10].tolist()
            self.fail(f"not all elements are {what}: {bad}")

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Are all elements greater?"""
        a = self._array(a)
        self._everywhere(a > comparison_target, a, f"> {comparison_target}")

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Are all elements less?"""
        a = self._array(a)
        self._everywhere(a < comparison_target, a, f"< {comparison_target}")

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """Are all elements greater or the same?"""
        a = self._array(a)
        self._everywhere(a >= comparison_target, a, f">= {comparison_target}")

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """Are all elements less or the same?"""
        a = self._array(a)
        self._everywhere(a <= comparison_target, a, f"<= {comparison_target}")

    def assertAllInRange(
        self, target: Any, lower_bound: Any, upper_bound: Any, open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """Are all elements within a range?"""
        array = self._array(target)
        low = array > lower_bound if open_lower_bound else array >= lower_bound
        high = array < upper_bound if open_upper_bound else array <= upper_bound
        self._everywhere(low & high, array, f"within {lower_bound} and {upper_bound}")

    def assertAllInSet(self, target: Any, expected_set: Any) -> None:
        """Are all elements some of these?"""
        array = self._array(target)
        self._everywhere(np.isin(array, list(expected_set)), array, f"in {expected_set}")

    def assertNear(self, f1: Any, f2: Any, err: float, msg: Any = None) -> None:
        """Do two numbers differ by at most so much?"""
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, f"{f1!r} != {f2!r} +/- {err!r} "
                        f"{msg or ''}")

    def assertArrayNear(self, farray1: Any, farray2: Any, err: float, msg: Any = None) -> None:
        """Do the numbers of two lists differ by at most so much?"""
        self.assertEqual(len(farray1), len(farray2), msg)
        for a, b in zip(farray1, farray2):
            self.assertNear(float(a), float(b), err, msg)

    def assertNDArrayNear(self, ndarray1: Any, ndarray2: Any, err: float, msg: Any = None) -> None:
        """Is the norm of the difference of two arrays at most so much?"""
        distance = np.linalg.norm(np.asarray(ndarray1) - np.asarray(ndarray2))
        self.assertTrue(distance < err, msg)

    def assertShapeEqual(self, np_array: Any, tf_tensor: Any, msg: Any = None) -> None:
        """Has the tensor the shape of the array?"""
        self.assertAllEqual(np_array.shape, tf_tensor.get_shape().as_list(), msg)

    def assertDeviceEqual(self, device1: Any, device2: Any, msg: Any = None) -> None:
        """Are two devices the same?"""
        self.assertEqual(str(device1 or ""), str(device2 or ""), msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """Has an array, or a tensor, this type?"""
        found = target.dtype if hasattr(target, "dtype") else self._array(target).dtype
        self.assertEqual(dtypes.as_dtype(found).base_dtype, dtypes.as_dtype(expected_dtype))

    def assertStartsWith(self, actual: Any, expected_start: Any, msg: Any = None) -> None:
        """Does the text begin like this?"""
        self.assertTrue(actual.startswith(expected_start),
                        msg or f"{actual!r} does not start with {expected_start!r}")

    def assertProtoEquals(self, expected: Any, message: Any, msg: Any = None) -> None:
        """Are two messages the same? The expected one may be a text."""
        if isinstance(expected, str | bytes):
            text = expected if isinstance(expected, str) else expected.decode()
            self.assertEqual(text.split(), str(message).split(), msg)
        else:
            self.assertEqual(expected.SerializeToString(), message.SerializeToString(), msg)

    assertProtoEqualsVersion = assertProtoEquals

    # -- errors --------------------------------------------------------------------------------

    @contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: Any, expected_err_re_or_predicate: Any
    ) -> Iterator[None]:
        """Is such an error raised whose text has a pattern, or that a function says yes to?"""
        expected = expected_err_re_or_predicate
        try:
            yield
        except exception_type as error:
            text = str(error)
            op = getattr(error, "op", None)
            if isinstance(op, Operation):
                text += f"\nCaused by op: {op.name}"
            held = expected(error) if callable(expected) else re.search(expected, text)
            if not held:
                raise AssertionError(
                    f"Exception of type {type(error)}: {text} does not match {expected}"
                ) from error
            return
        self.fail(f"{exception_type} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """The same for errors of running graphs."""
        return self.assertRaisesWithPredicateMatch(errors.OpError, expected_err_re_or_predicate)

    def assertRaisesIncompatibleShapesError(self, *args: Any) -> Any:
        """Are shapes refused?"""
        return self.assertRaises(
            (ValueError, errors.InvalidArgumentError))

    def assertShapesCompatible(self, one: Any, other: Any) -> None:
        """May two shapes be the same?"""
        as_shape(one).assert_is_compatible_with(as_shape(other))


class _Thread(threading.Thread):
    """A thread that keeps what was raised in it."""

    def __init__(self, target: Any, args: Any, kwargs: Any) -> None:
        super().__init__(daemon=True)
        self._call, self._error = (target, args, kwargs), None
        self._graph = get_default_graph()

    def run(self) -> None:
        """Call the function."""
        target, args, kwargs = self._call
        try:
            target(*args, **kwargs)
        except BaseException as error:
            self._error = error

    def join(self, timeout: float | None = None) -> None:
        """Wait for it; raise what it raised."""
        super().join(timeout)
        if self._error is not None:
            raise AssertionError(f"Error in checkedThread: {self._error}") from self._error
