"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.gof.graph import Apply
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.elemwise import add, cast, mul, sqrt, sub, true_div
from pentad.frontends.theano.tensor.reductions import mean, var
from pentad.frontends.theano.tensor.shaping import addbroadcast
from pentad.frontends.theano.tensor.type import TensorType


def as_common_dtype(*variables: Any) -> tuple[Any, ...]:
    """The variables cast to the element type that holds them all."""
    from pentad.frontends.theano.scalar.types import upcast

    found = [as_tensor_variable(v) for v in variables]
    dtype = upcast(*[v.dtype for v in found])
    return tuple(cast(v, dtype) for v in found)


def batch_normalization(
    inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem"
) -> Any:
    """(inputs - mean) * gamma / std + beta; both modes compute the same."""
    if mode not in ("low_mem", "high_mem"):
        raise ValueError(
            static.message("mode must be either 'low_mem', 'high_mem'", got=repr(mode))
        )
    inputs, gamma, beta, mean, std = (as_tensor_variable(v) for v in (
        inputs, gamma, beta, mean, std))
    return (inputs - mean) * (gamma / std) + beta


def _axes(inputs: Any, axes: Any) -> tuple[int, ...]:
    if axes == "per-activation":
        return (0,)
    if axes == "spatial":
        return (0, *range(2, inputs.ndim))
    found = tuple(int(a) for a in (axes if isinstance(axes, Iterable) else [axes]))
    if not found or any(not 0 <= a < inputs.ndim for a in found):
        raise ValueError(
            static.message("axes should be valid axes of the inputs",
                           expected=f"'per-activation', 'spatial' or axes below {inputs.ndim}",
                           got=repr(axes))
        )
    return found


def _fitting(inputs: Any, axes: tuple[int, ...], *parameters: Any) -> list[Any]:
    """Parameters with size one along the axes that are normalised."""
    left = [i for i in range(inputs.ndim) if i not in axes]
    found = []
    for p in map(as_tensor_variable, parameters):
        if p.ndim == len(left) != inputs.ndim:
            order = [left.index(i) if i in left else "x" for i in range(inputs.ndim)]
            p = p.dimshuffle(order)
        if p.ndim != inputs.ndim:
            raise ValueError(
                static.message("inputs and parameters must have the same number of dimensions",
                               expected=str(inputs.ndim), got=str(p.type), where=p.node.line)
            )
        found.append(addbroadcast(p, *axes))
    return found


def _check_epsilon(epsilon: Any) -> None:
    if isinstance(epsilon, float | int) and epsilon < 1e-5:
        raise ValueError(
            static.message("epsilon must be at least 1e-5", got=str(epsilon))
        )


def batch_normalization_train(
    inputs: Any, gamma: Any, beta: Any, axes: Any = "per-activation", epsilon: float = 1e-4,
    running_average_factor: Any = 0.1, running_mean: Any = None, running_var: Any = None,
) -> tuple[Any, ...]:
    """(the normalised inputs, their mean, 1 / sqrt(variance + epsilon), and, if they were given,
    the new running mean and variance)."""
    inputs = as_tensor_variable(inputs)
    axes = _axes(inputs, axes)
    _check_epsilon(epsilon)
    if (running_mean is None) != (running_var is None):
        raise ValueError(
            static.message("running_mean and running_var must either both be given, or neither")
        )
    given = [as_tensor_variable(v) for v in (running_mean, running_var) if v is not None]
    whole = as_tensor_variable(gamma).ndim == inputs.ndim
    gamma, beta = _fitting(inputs, axes, gamma, beta)
    middle = mean(inputs, axis=list(axes), keepdims=True)
    spread = var(inputs, axis=list(axes), keepdims=True)
    inverse = 1.0 / sqrt(spread + cast(as_tensor_variable(epsilon), inputs.dtype))
    found = [(inputs - middle) * (gamma * inverse) + beta, middle, inverse]
    if running_mean is not None:
        factor = running_average_factor
        before, before_var = _fitting(inputs, axes, running_mean, running_var)
        count = 1
        for a in axes:
            count = count * inputs.shape[a]
        scale = cast(count, inputs.dtype) / cast(count - 1, inputs.dtype)
        found += [before * (1.0 - factor) + middle * factor,
                  before_var * (1.0 - factor) + scale * spread * factor]
    left = [i for i in range(inputs.ndim) if i not in axes]
    # The moments have the axes that the parameters have.
    full = [whole, whole, *[v.ndim == inputs.ndim for v in given]]
    found[1:] = [v if f else v.dimshuffle(left) for v, f in zip(found[1:], full, strict=True)]
    return tuple(found)


def batch_normalization_test(
    inputs: Any, gamma: Any, beta: Any, mean: Any, var: Any, axes: Any = "per-activation",
    epsilon: float = 1e-4,
) -> Any:
    """The inputs normalised with a given mean and variance."""
    inputs = as_tensor_variable(inputs)
    axes = _axes(inputs, axes)
    _check_epsilon(epsilon)
    gamma, beta, mean, var = _fitting(inputs, axes, gamma, beta, mean, var)
    return (inputs - mean) * (gamma / sqrt(var + epsilon)) + beta


__all__ = [
    "Apply", "TensorType", "add", "as_common_dtype", "as_tensor_variable", "batch_normalization",
    "batch_normalization_test", "batch_normalization_train", "mul", "sub", "true_div",
]
__getattr__ = absent(__name__)
