"""Gradients and parameters taken together: clipping, flattening."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import tensor
from pentad.tensor.functions.shaping import cat, stack
from pentad.tensor.functions.statistics import norm
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor


@surface
def _scaled(g: Node, total: Node, max_norm: Node) -> Node:
    """g * min(1, max_norm / (total + 1e-6)), PyTorch's formula."""
    ratio = ops.div(ops.cast(max_norm, total.dtype), total + 1e-6)
    one = ops.full_like(1, ratio)
    ratio = ops.where(ops.gt(ratio, one), one, ratio)
    return ops.mul(g, ops.broadcast(ops.cast(ratio, g.dtype), g.shape))


def _gradients(parameters: Any) -> list[Any]:
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p.grad for p in given if p.grad is not None]


def _not_negative(name: str, what: str, value: float) -> None:
    if math.isnan(value) or value < 0:
        raise ArgumentError(message(f"{name}: {what}", expected=">= 0", got=str(value)))


@no_grad()
def get_total_norm(
    tensors: Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """The norm of all the tensors taken as one vector."""
    parts = [norm(t, norm_type) for t in tensors]
    if not parts:
        return tensor(0.0)
    total = norm(stack(parts), norm_type)
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise ArgumentError(
            message("the norm of the gradients is not finite", expected="a number",
                    got=str(total.item()), hint="look for NaN with pentad's detect_anomaly")
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None
) -> None:
    """Scale all gradients by max_norm / total_norm where that is below 1."""
    _not_negative("clip_grads_with_norm_", "max_norm", max_norm)
    for g in _gradients(parameters):
        _scaled.inplace(g, total_norm, float(max_norm))


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """Scale all gradients so that their common norm is at most max_norm; the norm before."""
    _not_negative("clip_grad_norm_", "max_norm", max_norm)
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    total = get_total_norm(_gradients(given), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(given, max_norm, total)
    return total


def clip_grad_norm(*args: Any, **kwargs: Any) -> Any:
    """The older name of clip_grad_norm_, with a FutureWarning."""
    warnings.warn("nn.utils.clip_grad_norm is deprecated: use nn.utils.clip_grad_norm_",
                  FutureWarning, stacklevel=2)
    return clip_grad_norm_(*args, **kwargs)


@no_grad()
def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Limit every element of the gradients to [-clip_value, clip_value]."""
    _not_negative("clip_grad_value_", "clip_value", clip_value)
    for g in _gradients(parameters):
        g.clamp_(-float(clip_value), float(clip_value))


def parameters_to_vector(parameters: Iterable[Tensor]) -> Any:
    """All elements of the parameters in one vector."""
    return cat([p.reshape(-1) for p in parameters])  # type: ignore[attr-defined]


@no_grad()
def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write the elements of a vector over the parameters; ShapeError if there are not as many."""
    given = list(parameters)
    total = sum(p.numel() for p in given)
    if vec.shape != (total,):
        raise ShapeError(
            message("vector_to_parameters: the vector does not fit", expected=f"[{total}]",
                    got=str(list(vec.shape)))
        )
    start = 0
    for p in given:
        part = vec.narrow(0, start, p.numel())  # type: ignore[attr-defined]
        p.copy_(part.view(p.shape))  # type: ignore[attr-defined]
        start += p.numel()
