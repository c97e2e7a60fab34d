"""Gradients compared with differences of values: `verify_grad`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.compile.function import function
from pentad.frontends.theano.compile.mode import FAST_RUN, Mode, get_mode
from pentad.frontends.theano.compile.sharedvalue import shared
from pentad.frontends.theano.differentiation import grad
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.elemwise import mul
from pentad.frontends.theano.tensor.reductions import sum
from pentad.frontends.theano.tensor.type import TensorType

STEPS = {"float64": 1e-7, "float32": 3e-4, "float16": 1e-1}
TOLERANCES = {"float64": 1e-4, "float32": 1e-2, "float16": 5e-2}


class GradientError(pt.PentadError, Exception):
    """A gradient differs from the differences of values."""

    def __init__(
        self, arg: int, err_pos: int, shape: Any, val1: Any, val2: Any, abs_err: Any, rel_err: Any,
        abs_tol: float, rel_tol: float,
    ) -> None:
        super().__init__(
            static.message(f"GradientError: numeric gradient and analytic gradient exceed tolerance"
                           f" at position {err_pos} of argument {arg} with shape {shape}",
                           expected=f"{val2} by differences (abs_tol={abs_tol}, rel_tol={rel_tol})",
                           got=f"{val1} (abs_err={abs_err}, rel_err={rel_err})")
        )
        self.arg, self.err_pos, self.shape = arg, err_pos, shape
        self.val1, self.val2, self.abs_err, self.rel_err = val1, val2, abs_err, rel_err
        self.abs_tol, self.rel_tol = abs_tol, rel_tol


class numeric_grad:
    """The gradient of a function of arrays, by differences: `.gf`."""

    type_eps = STEPS

    def __init__(
        self, f: Callable[..., Any], pt: Any, eps: float | None = None, out_type: Any = None
    ) -> None:
        alone = not isinstance(pt, list | tuple)
        points = [np.array(p) for p in ([pt] if alone else pt)]
        eps = max(STEPS[str(p.dtype)] for p in points) if eps is None else eps
        start = f(*[p.copy() for p in points])
        self.gf: Any = []
        for i, p in enumerate(points):
            slopes = np.zeros(p.shape, out_type or p.dtype)
            for place in np.ndindex(p.shape):
                moved = [q.copy() for q in points]
                moved[i][place] += eps
                slopes[place] = (f(*moved) - start) / eps
            self.gf.append(slopes)
        if alone:
            self.gf = self.gf[0]

    @staticmethod
    def abs_rel_err(a: Any, b: Any) -> tuple[Any, Any]:
        """The absolute and the relative error."""
        error = abs(a - b)
        return error, error / np.maximum(abs(a) + abs(b), 1e-8)

    def abs_rel_errors(self, g_pt: Any) -> list[tuple[Any, Any]]:
        """The errors of gradients against these, for each argument."""
        found = g_pt if isinstance(g_pt, list | tuple) else [g_pt]
        own = self.gf if isinstance(self.gf, list) else [self.gf]
        if len(found) != len(own):
            raise ValueError(
                static.message("argument has wrong number of elements", expected=str(len(own)),
                               got=str(len(found)))
            )
        for a, b in zip(found, own):
            if a.shape != b.shape:
                raise ValueError(static.message("argument has wrong shape", expected=str(b.shape),
                                                got=str(a.shape)))
        return [self.abs_rel_err(a, b) for a, b in zip(found, own)]

    def max_err(self, g_pt: Any, abs_tol: float, rel_tol: float) -> tuple[int, int, Any, Any]:
        """Where the error is largest: the argument, the place in it, the two errors."""
        worst = (0, 0, 0.0, 0.0)
        score = -1.0
        for i, (absolute, relative) in enumerate(self.abs_rel_errors(g_pt)):
            if not absolute.size:
                continue
            scaled = np.minimum(absolute / abs_tol, relative / rel_tol)
            if not np.all(np.isfinite(scaled)):
                raise ValueError(static.message("abs_err not finite", got=repr(absolute)))
            place = int(np.argmax(scaled))
            if scaled.flat[place] > score:
                score = scaled.flat[place]
                worst = (i, place, absolute.flat[place], relative.flat[place])
        return worst


def mode_not_slow(mode: Any) -> Any:
    """The mode, or another in place of one that checks every node."""
    found = get_mode(mode)
    return found if type(found) is Mode else FAST_RUN


def verify_grad(
    fun: Callable[..., Any], pt: Sequence[Any], n_tests: int = 2, rng: Any = None,
    eps: float | None = None, out_type: Any = None, abs_tol: float | None = None,
    rel_tol: float | None = None, mode: Any = None, cast_to_output_type: bool = False,
    no_debug_ref: bool = True,
) -> None:
    """Compare the gradient of a function of variables with differences; GradientError if it is off.
    """
    if not isinstance(pt, list | tuple):
        raise AssertionError(static.message("verify_grad: pt must be a list", got=str(type(pt))))
    if rng is None:
        raise TypeError(
            static.message("rng should be a valid instance of numpy.random.RandomState. You may "
                           "want to use theano.tests.unittest_tools.verify_grad instead of "
                           "theano.gradient.verify_grad.")
        )
    points = [np.array(p) for p in pt]
    for i, p in enumerate(points):
        if str(p.dtype) not in STEPS:
            raise TypeError(
                static.message("verify_grad can work only with floating point inputs",
                               got=f"pt[{i}] of dtype {p.dtype}")
            )
    abs_tol = max(TOLERANCES[str(p.dtype)] for p in points) if abs_tol is None else abs_tol
    rel_tol = max(TOLERANCES[str(p.dtype)] for p in points) if rel_tol is None else rel_tol
    inputs = [TensorType(p.dtype, [n == 1 for n in p.shape])(f"input {i}")
              for i, p in enumerate(points)]
    made = fun(*inputs)
    if isinstance(made, list | tuple):
        raise NotImplementedError(
            static.message("verify_grad: a function with several outputs", expected="one output")
        )
    output = as_tensor_variable(made)
    options = {"mode": mode, "on_unused_input": "ignore", "allow_input_downcast": True}
    shape = function(inputs, output, **options)(*[p.copy() for p in points]).shape

    def weights() -> Any:
        drawn = np.asarray(rng.rand(*shape) + 0.5)
        # Else the weights stay float64, and so does the cost: its differences are exact enough.
        single = cast_to_output_type and output.dtype == "float32"
        return drawn.astype("float32") if single else drawn

    factor = shared(weights(), name="random_projection")
    cost = sum(mul(factor, output))
    slopes = function(inputs, grad(cost, inputs, disconnected_inputs="ignore"), **options)
    options["mode"] = mode_not_slow(mode) if no_debug_ref else mode
    values = function(inputs, cost, **options)
    for i in range(n_tests):
        if i:
            factor.set_value(weights())
        found = slopes(*[p.copy() for p in points])
        _compare(values, points, found, eps, out_type, abs_tol, rel_tol)


verify_grad.E_grad = GradientError  # type: ignore[attr-defined]


def _compare(
    cost: Any, points: list[Any], slopes: list[Any], eps: Any, out_type: Any, abs_tol: float,
    rel_tol: float,
) -> None:
    numeric = numeric_grad(cost, points, eps, out_type)
    arg, place, absolute, relative = numeric.max_err(slopes, abs_tol, rel_tol)
    if absolute > abs_tol and relative > rel_tol:
        raise GradientError(
            arg, place, points[arg].shape, slopes[arg].flat[place], numeric.gf[arg].flat[place],
            absolute, relative, abs_tol, rel_tol,
        )


__all__ = ["GradientError", "mode_not_slow", "numeric_grad", "verify_grad"]
