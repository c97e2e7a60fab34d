"""The updates of the optimisers: one operation each for dense gradients, one for some rows.

A rule is given the values of the variables and what else the operation takes by name; it gives
their new values. For rows, the rule runs on the whole and what was not touched stays as it was:
rows that are named twice count once, with the sum of their gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.dtypes import INDEX
from pentad.frontends.tensorflow1.framework.make import op

Rule = Callable[[Any, Any], tuple[Any, ...]]


def _descent(state: Any, given: Any) -> tuple[Any, ...]:
    return (state[0] - given.alpha * given.delta,)


def _momentum(state: Any, given: Any) -> tuple[Any, ...]:
    var, accum = state
    accum = accum * given.momentum + given.grad
    step = given.grad + accum * given.momentum if given.use_nesterov else accum
    return var - given.lr * step, accum


def _adam(state: Any, given: Any) -> tuple[Any, ...]:
    var, m, v = state
    grad, beta1, beta2 = given.grad, given.beta1, given.beta2
    rate = given.lr * pt.sqrt(1 - given.beta2_power) / (1 - given.beta1_power)
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad * grad
    step = m * beta1 + (1 - beta1) * grad if given.use_nesterov else m
    return var - rate * step / (pt.sqrt(v) + given.epsilon), m, v


def _adamax(state: Any, given: Any) -> tuple[Any, ...]:
    var, m, v = state
    m = given.beta1 * m + (1 - given.beta1) * given.grad
    v = pt.maximum(given.beta2 * v, pt.abs(given.grad))
    rate = given.lr / (1 - given.beta1_power)
    return var - rate * m / (v + given.epsilon), m, v


def _adagrad(state: Any, given: Any) -> tuple[Any, ...]:
    var, accum = state
    accum = accum + given.grad * given.grad
    return var - given.lr * given.grad * pt.rsqrt(accum), accum


def _adagrad_da(state: Any, given: Any) -> tuple[Any, ...]:
    var, total, squares = state
    grad, step = given.grad, given.global_step.to(given.grad.dtype)
    total, squares = total + grad, squares + grad * grad
    kept = pt.where(given.l1 > 0, _shrunk(total, given.l1 * step), total)
    bottom = given.l2 * step * given.lr + pt.sqrt(squares)
    return -given.lr * kept / bottom, total, squares


def _adadelta(state: Any, given: Any) -> tuple[Any, ...]:
    var, accum, changes = state
    grad, rho, epsilon = given.grad, given.rho, given.epsilon
    accum = accum * rho + grad * grad * (1 - rho)
    change = pt.sqrt(changes + epsilon) * pt.rsqrt(accum + epsilon) * grad
    return var - change * given.lr, accum, changes * rho + change * change * (1 - rho)


def _rms_prop(state: Any, given: Any) -> tuple[Any, ...]:
    var, squares, step = state
    squares = squares + (given.grad * given.grad - squares) * (1 - given.rho)
    step = step * given.momentum + given.grad * given.lr * pt.rsqrt(squares + given.epsilon)
    return var - step, squares, step


def _centred(state: Any, given: Any) -> tuple[Any, ...]:
    var, mean, squares, step = state
    squares = squares + (given.grad * given.grad - squares) * (1 - given.rho)
    mean = mean + (given.grad - mean) * (1 - given.rho)
    bottom = squares - mean * mean + given.epsilon
    step = step * given.momentum + given.grad * given.lr * pt.rsqrt(bottom)
    return var - step, mean, squares, step


def _shrunk(x: Any, by: Any) -> Any:
    """Moved towards zero, and zero where it would pass it."""
    return pt.sgn(x) * pt.nn.functional.relu(pt.abs(x) - by)


def _ftrl(state: Any, given: Any) -> tuple[Any, ...]:
    var, accum, linear = state
    more = accum + given.grad * given.grad
    shrinkage = getattr(given, "l2_shrinkage", None)
    grad = given.grad if shrinkage is None else given.grad + 2 * shrinkage * var
    power, before = more ** -given.lr_power, accum ** -given.lr_power
    linear = linear + grad - (power - before) / given.lr * var
    bottom = power / given.lr + 2 * given.l2
    inside = pt.abs(linear) <= given.l1
    value = (pt.sgn(linear) * given.l1 - linear) / bottom
    return pt.where(inside, pt.zeros_like(var), value), more, linear


def _proximal(var: Any, rate: Any, given: Any) -> Any:
    kept = pt.where(given.l1 > 0, _shrunk(var, rate * given.l1), var)
    return kept / (1 + given.l2 * rate)


def _proximal_descent(state: Any, given: Any) -> tuple[Any, ...]:
    return (_proximal(state[0] - given.alpha * given.delta, given.alpha, given),)


def _proximal_adagrad(state: Any, given: Any) -> tuple[Any, ...]:
    var, accum = state
    accum = accum + given.grad * given.grad
    rate = given.lr * pt.rsqrt(accum)
    return _proximal(var - given.grad * rate, rate, given), accum


def _add_sign(state: Any, given: Any) -> tuple[Any, ...]:
    var, m = state
    m = given.beta * m + (1 - given.beta) * given.grad
    agree = given.sign_decay * pt.sgn(given.grad) * pt.sgn(m)
    return var - given.lr * (given.alpha + agree) * given.grad, m


def _power_sign(state: Any, given: Any) -> tuple[Any, ...]:
    var, m = state
    m = given.beta * m + (1 - given.beta) * given.grad
    agree = given.sign_decay * pt.sgn(given.grad) * pt.sgn(m)
    return var - given.lr * pt.exp(given.logbase * agree) * given.grad, m


# name -> what it writes, what else it takes in order, its attributes, its rule
_BETAS = "beta1: T, beta2: T, epsilon: T, grad: T"
_TABLE: dict[str, tuple[str, str, str, Rule]] = {
    "GradientDescent": ("var", "alpha: T, delta: T", "", _descent),
    "Momentum": ("var accum", "lr: T, grad: T, momentum: T", ", use_nesterov=False", _momentum),
    "Adam": ("var m v", f"beta1_power: T, beta2_power: T, lr: T, {_BETAS}",
             ", use_nesterov=False", _adam),
    "AdaMax": ("var m v", f"beta1_power: T, lr: T, {_BETAS}", "", _adamax),
    "Adagrad": ("var accum", "lr: T, grad: T", ", update_slots=True", _adagrad),
    "AdagradDA": ("var gradient_accumulator gradient_squared_accumulator",
                  "grad: T, lr: T, l1: T, l2: T, global_step: int64", "", _adagrad_da),
    "Adadelta": ("var accum accum_update", "lr: T, rho: T, epsilon: T, grad: T", "", _adadelta),
    "RMSProp": ("var ms mom", "lr: T, rho: T, momentum: T, epsilon: T, grad: T", "", _rms_prop),
    "CenteredRMSProp": ("var mg ms mom", "lr: T, rho: T, momentum: T, epsilon: T, grad: T", "",
                        _centred),
    "Ftrl": ("var accum linear", "grad: T, lr: T, l1: T, l2: T, lr_power: T", "", _ftrl),
    "FtrlV2": ("var accum linear",
               "grad: T, lr: T, l1: T, l2: T, l2_shrinkage: T, lr_power: T", "", _ftrl),
    "ProximalGradientDescent": ("var", "alpha: T, l1: T, l2: T, delta: T", "", _proximal_descent),
    "ProximalAdagrad": ("var accum", "lr: T, l1: T, l2: T, grad: T", "", _proximal_adagrad),
    "AddSign": ("var m", "lr: T, alpha: T, sign_decay: T, beta: T, grad: T", "", _add_sign),
    "PowerSign": ("var m", "lr: T, logbase: T, sign_decay: T, beta: T, grad: T", "", _power_sign),
}


def _names(text: str) -> list[str]:
    return [part.partition(":")[0].strip() for part in text.split(",")]


def _dense(rule: Rule, names: Sequence[str]) -> Any:
    def run(before: Any, *inputs: Any, **attrs: Any) -> Any:
        after = rule(before, SimpleNamespace(**dict(zip(names, inputs)), **attrs))
        return after, after[0]

    return run


def _rows(rule: Rule, names: Sequence[str]) -> Any:
    which = "delta" if "delta" in names else "grad"

    def run(before: Any, *inputs: Any, **attrs: Any) -> Any:
        given = SimpleNamespace(**dict(zip(names, inputs)), **attrs)
        var, flat = before[0], inputs[-1].reshape(-1).to(pt.int64)
        values = getattr(given, which).reshape(flat.shape[0], *var.shape[1:])
        setattr(given, which, pt.zeros_like(var).index_add(0, flat, values))
        marks = pt.zeros(var.shape[0], dtype=var.dtype).index_add(
            0, flat, pt.ones_like(flat, dtype=var.dtype))
        touched = (marks > 0).reshape(-1, *(1,) * (var.ndim - 1))
        after = tuple(pt.where(touched, new, old)
                      for new, old in zip(rule(before, given), before))
        return after, after[0]

    return run


def _operations(name: str) -> tuple[Any, Any]:
    variables, inputs, attrs, rule = _TABLE[name]
    refs = ", ".join(f"{v}: &T" for v in variables.split())
    ending = f"; use_locking=False{attrs} -> out: &T"
    dense = op(f"Apply{name}", f"{refs}, {inputs}{ending}", _dense(rule, _names(inputs)),
               kind=static.StateOp)
    rows = op(f"SparseApply{name}", f"{refs}, {inputs}, indices: Tindices{ending}",
              _rows(rule, _names(inputs)), kind=static.StateOp, allow={"Tindices": INDEX})
    return dense, rows


UPDATES = {name: _operations(name) for name in _TABLE}
"""For each rule the function that makes its operation, and that of its operation for rows."""
