"""Learning rates that change with the step."""

from __future__ import annotations

import math
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import constant, convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import equal, where
from pentad.frontends.tensorflow1.ops.elementwise import (
    add,
    ceil,
    cos,
    divide,
    exp,
    floor,
    log,
    minimum,
    multiply,
    pow,
    sqrt,
    subtract,
)
from pentad.frontends.tensorflow1.ops.random import random_normal


def _steps(global_step: Any, learning_rate: Any) -> tuple[Any, Any]:
    """The rate as a tensor, and the step in its type."""
    if global_step is None:
        raise pt.ArgumentError(static.message("global_step is required for a decay."))
    rate = convert_to_tensor(learning_rate, name="learning_rate")
    return rate, cast(convert_to_tensor(global_step), rate.dtype)


def _progress(step: Any, decay_steps: Any, staircase: bool) -> Any:
    found = step / cast(convert_to_tensor(decay_steps), step.dtype)
    return floor(found) if staircase else found


def exponential_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any,
    staircase: bool = False, name: str | None = None,
) -> Any:
    """learning_rate * decay_rate ** (step / decay_steps)."""
    with name_scope(name, "ExponentialDecay", [learning_rate, global_step]) as scope:
        rate, step = _steps(global_step, learning_rate)
        factor = pow(cast(decay_rate, rate.dtype), _progress(step, decay_steps, staircase))
        return multiply(rate, factor, name=scope)


def natural_exp_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any,
    staircase: bool = False, name: str | None = None,
) -> Any:
    """learning_rate * exp(-decay_rate * step / decay_steps)."""
    with name_scope(name, "NaturalExpDecay", [learning_rate, global_step]) as scope:
        rate, step = _steps(global_step, learning_rate)
        power = -cast(decay_rate, rate.dtype) * _progress(step, decay_steps, staircase)
        return multiply(rate, exp(power), name=scope)


def inverse_time_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any,
    staircase: bool = False, name: str | None = None,
) -> Any:
    """learning_rate / (1 + decay_rate * step / decay_steps)."""
    with name_scope(name, "InverseTimeDecay", [learning_rate, global_step]) as scope:
        rate, step = _steps(global_step, learning_rate)
        bottom = 1 + cast(decay_rate, rate.dtype) * _progress(step, decay_steps, staircase)
        return divide(rate, bottom, name=scope)


def polynomial_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, end_learning_rate: Any = 0.0001,
    power: Any = 1.0, cycle: bool = False, name: str | None = None,
) -> Any:
    """From one rate to another along a power of the step."""
    with name_scope(name, "PolynomialDecay", [learning_rate, global_step]) as scope:
        rate, step = _steps(global_step, learning_rate)
        last, whole = cast(end_learning_rate, rate.dtype), cast(decay_steps, rate.dtype)
        if cycle:
            rounds = ceil(step / whole)
            whole = whole * where(equal(step, 0.0), cast(1, rate.dtype), rounds)
        else:
            step = minimum(step, whole)
        left = pow(1 - step / whole, cast(power, rate.dtype))
        return add(multiply(rate - last, left), last, name=scope)


def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Any:
    """values[i] for steps up to boundaries[i], the last value after that."""
    if len(boundaries) != len(values) - 1:
        raise pt.ArgumentError("The length of boundaries should be 1 less than the length of "
                               f"values: {len(boundaries)} and {len(values)}")
    with name_scope(name, "PiecewiseConstant", [x]):
        x = convert_to_tensor(x)
        found = convert_to_tensor(values[-1])
        for edge, value in reversed(list(zip(boundaries, values))):
            bound = convert_to_tensor(edge)
            bound = cast(bound, x.dtype.base_dtype)
            found = where(x <= bound, convert_to_tensor(value, found.dtype.base_dtype), found)
        return found


def _cosine(done: Any) -> Any:
    return 0.5 * (1.0 + cos(constant(math.pi, done.dtype.base_dtype) * done))


def cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, alpha: float = 0.0,
    name: str | None = None,
) -> Any:
    """Down along half a wave."""
    with name_scope(name, "CosineDecay", [learning_rate, global_step]):
        rate, step = _steps(global_step, learning_rate)
        whole = cast(decay_steps, rate.dtype)
        decayed = (1 - alpha) * _cosine(minimum(step, whole) / whole) + alpha
        return multiply(rate, decayed)


def cosine_decay_restarts(
    learning_rate: Any, global_step: Any, first_decay_steps: Any, t_mul: float = 2.0,
    m_mul: float = 1.0, alpha: float = 0.0, name: str | None = None,
) -> Any:
    """Down along half waves, each longer than the one before and lower."""
    with name_scope(name, "SGDRDecay", [learning_rate, global_step]) as scope:
        rate, step = _steps(global_step, learning_rate)
        done = step / cast(first_decay_steps, rate.dtype)
        if t_mul == 1.0:
            restart = floor(done)
            done = done - restart
        else:
            restart = floor(log(1.0 - done * (1.0 - t_mul)) / math.log(t_mul))
            before = (1.0 - pow(cast(t_mul, rate.dtype), restart)) / (1.0 - t_mul)
            done = (done - before) / pow(cast(t_mul, rate.dtype), restart)
        height = pow(cast(m_mul, rate.dtype), restart)
        return multiply(rate, (1 - alpha) * height * _cosine(done) + alpha, name=scope)


def _linear_cosine(
    rate: Any, step: Any, decay_steps: Any, num_periods: float, alpha: float, beta: float,
    noise: Any = None,
) -> Any:
    whole = cast(decay_steps, rate.dtype)
    step = minimum(step, whole)
    left = (whole - step) / whole
    if noise is not None:
        left = left + noise(step)
    wave = _cosine(2.0 * num_periods * step / whole)
    return (alpha + left) * wave + beta


def linear_cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, num_periods: float = 0.5,
    alpha: float = 0.0, beta: float = 0.001, name: str | None = None,
) -> Any:
    """Down along a line times a wave."""
    with name_scope(name, "LinearCosineDecay", [learning_rate, global_step]) as scope:
        rate, step = _steps(global_step, learning_rate)
        found = _linear_cosine(rate, step, decay_steps, num_periods, alpha, beta)
        return multiply(rate, found, name=scope)


def noisy_linear_cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, initial_variance: float = 1.0,
    variance_decay: float = 0.55, num_periods: float = 0.5, alpha: float = 0.0,
    beta: float = 0.001, name: str | None = None,
) -> Any:
    """The same with noise that becomes smaller."""
    with name_scope(name, "NoisyLinearCosineDecay", [learning_rate, global_step]) as scope:
        rate, step = _steps(global_step, learning_rate)

        def noise(step: Any) -> Any:
            spread = sqrt(initial_variance / pow(add(step, 1.0), variance_decay))
            return subtract(random_normal([], dtype=rate.dtype.base_dtype) * spread, 0.0)

        found = _linear_cosine(rate, step, decay_steps, num_periods, alpha, beta, noise)
        return multiply(rate, found, name=scope)
