"""Helpers of tests that are written for Theano."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Sequence
from typing import Any
from unittest import SkipTest

import numpy as np

from pentad.frontends.theano import verification
from pentad.frontends.theano.compile.function import function
from pentad.frontends.theano.compile.mode import get_default_mode
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.tensor.numerics import _allclose
from pentad.frontends.theano.tensor.type import TensorType


def fetch_seed(pseed: Any = None) -> int:
    """The seed of tests: the argument, or that of `config.unittests.rseed`."""
    seed = pseed or config.unittests.rseed
    return int(np.random.randint(0, 2 ** 30)) if seed == "random" else int(seed)


def seed_rng(pseed: Any = None) -> int:
    """Seed NumPy's random numbers; the seed."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)
    return seed


def verify_grad(
    op: Callable[..., Any], pt: Sequence[Any], n_tests: int = 2, rng: Any = None, *args: Any,
    **kwargs: Any,
) -> None:
    """`theano.gradient.verify_grad`, with seeded random numbers if none are given."""
    if rng is None:
        seed_rng()
        rng = np.random
    verification.verify_grad(op, pt, n_tests, rng, *args, **kwargs)


verify_grad.E_grad = verification.GradientError  # type: ignore[attr-defined]


class MockRandomState:
    """Random numbers that are all the same."""

    def __init__(self, val: float) -> None:
        self.val = val

    def rand(self, *shape: int) -> Any:
        """An array of the number."""
        return np.zeros(shape, "float64") + self.val

    randint = rand


def str_diagnostic(expected: Any, value: Any, rtol: Any, atol: Any) -> str:
    """In words, how two arrays differ."""
    a, b = np.asarray(expected), np.asarray(value)
    lines = [f"expected: dtype {a.dtype}, shape {a.shape}", f"value: dtype {b.dtype}, "
             f"shape {b.shape}"]
    if a.shape == b.shape and a.size:
        error = np.abs(a - b)
        lines.append(f"largest absolute error {error.max()}, rtol {rtol}, atol {atol}")
    return "\n".join(lines)


class WrongValue(Exception):
    """A value is not what was expected."""

    def __init__(self, expected_val: Any, val: Any, rtol: Any, atol: Any) -> None:
        super().__init__(str_diagnostic(expected_val, val, rtol, atol))
        self.val1, self.val2, self.rtol, self.atol = expected_val, val, rtol, atol


def assert_allclose(expected: Any, value: Any, rtol: Any = None, atol: Any = None) -> None:
    """WrongValue unless two arrays, or one and a number, are equal up to rounding."""
    if not _allclose(expected, value, rtol, atol):
        raise WrongValue(expected, value, rtol, atol)


def attr(*names: str, **more: Any) -> Callable[[Any], Any]:
    """A mark that test runners read; kept as an attribute."""
    def mark(test: Any) -> Any:
        for name in names:
            setattr(test, name, True)
        return test

    return mark


class InferShapeTester(unittest.TestCase):
    """Checks that shapes computed without values are those of the values."""

    mode: Any = None

    def setUp(self) -> None:
        """Seed, and choose a mode."""
        seed_rng()
        self.mode = self.mode or get_default_mode()

    def _compile_and_check(
        self, inputs: Any, outputs: Any, numeric_inputs: Any, cls: Any = None,
        excluding: Any = None, warn: bool = True, check_topo: bool = True,
    ) -> None:
        values = function(inputs, outputs, mode=self.mode, on_unused_input="ignore")
        shapes = function(inputs, [o.shape for o in outputs], mode=self.mode,
                          on_unused_input="ignore")
        for value, shape in zip(values(*numeric_inputs), shapes(*numeric_inputs)):
            assert tuple(shape) == value.shape, (shape, value.shape)


__all__ = [
    "InferShapeTester", "MockRandomState", "SkipTest", "TensorType", "WrongValue",
    "assert_allclose", "attr", "config", "fetch_seed", "seed_rng", "str_diagnostic", "verify_grad",
]
