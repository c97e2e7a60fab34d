"""The updates of the optimisers, one operation each."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.make import op


def _descent(before: Any, alpha: Any, delta: Any, use_locking: bool) -> Any:
    [var] = before
    after = var - alpha * delta
    return (after,), after


def _adam(
    before: Any, beta1_power: Any, beta2_power: Any, lr: Any, beta1: Any, beta2: Any,
    epsilon: Any, grad: Any, use_locking: bool, use_nesterov: bool,
) -> Any:
    var, m, v = before
    rate = lr * pt.sqrt(1 - beta2_power) / (1 - beta1_power)
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad * grad
    step = m * beta1 + (1 - beta1) * grad if use_nesterov else m
    after = var - rate * step / (pt.sqrt(v) + epsilon)
    return (after, m, v), after


apply_gradient_descent = op(
    "ApplyGradientDescent", "var: &T, alpha: T, delta: T; use_locking=False -> out: &T", _descent,
    kind=static.StateOp)
apply_adam = op(
    "ApplyAdam",
    "var: &T, m: &T, v: &T, beta1_power: T, beta2_power: T, lr: T, beta1: T, beta2: T, "
    "epsilon: T, grad: T; use_locking=False, use_nesterov=False -> out: &T", _adam,
    kind=static.StateOp)
