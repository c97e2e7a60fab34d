"""Derivatives of vectors, along directions and of second order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pentad import static
from pentad.frontends.theano.differentiation import (
    DisconnectedInputError,
    connected_by_any_way,
    format_as,
    grad,
)
from pentad.frontends.theano.gof.graph import Variable, ancestors
from pentad.frontends.theano.scalar.types import CONTINUOUS
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.creation import zeros, zeros_like
from pentad.frontends.theano.tensor.elemwise import mul
from pentad.frontends.theano.tensor.products import DOT, dot, outer


def _listed(x: Any) -> list[Any]:
    return list(x) if isinstance(x, list | tuple) else [x]


def _as(like: Any, outputs: list[Any]) -> Any:
    return format_as(isinstance(like, list), isinstance(like, tuple), outputs)


def Rop(
    f: Any, wrt: Any, eval_points: Any, disconnected_outputs: str = "raise",
    return_disconnected: str = "zero",
) -> Any:
    """How `f` changes when `wrt` moves along `eval_points`: the Jacobian times a vector."""
    xs, points = _listed(wrt), [as_tensor_variable(p) for p in _listed(eval_points)]
    if len(xs) != len(points):
        raise ValueError(
            static.message("Rop: as many points as variables are needed",
                           expected=str(len(xs)), got=str(len(points)))
        )
    for x, p in zip(xs, points):
        if x.ndim != p.ndim:
            raise ValueError(
                static.message("Rop: a point has another number of axes than its variable",
                               expected=str(x.type), got=str(p.type), where=x.node.line)
            )
    return _as(f, [
        _along(y, xs, points, disconnected_outputs, return_disconnected) for y in _listed(f)
    ])


def _along(y: Any, xs: list[Any], points: list[Any], policy: str, give: str) -> Any:
    # The gradient by the weights of a gradient, which it is linear in, is a forward derivative.
    weights = zeros_like(y)
    found = static.gradients([y], xs, [weights]) if y.dtype in CONTINUOUS else [None] * len(xs)
    pairs = [(g, p) for g, p in zip(found, points) if g is not None]
    if pairs:
        [slope] = static.gradients([g for g, _ in pairs], [weights], [p for _, p in pairs])
        if slope is not None:
            return slope
    if connected_by_any_way(y, xs):
        return zeros_like(y)
    if policy == "raise":
        raise DisconnectedInputError(
            static.message("Rop was asked for an output that does not depend on the variables",
                           got=str(y), where=y.node.line)
        )
    return None if give == "None" else zeros_like(y)


def Lop(
    f: Any, wrt: Any, eval_points: Any, consider_constant: Any = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """What weights on `f` become on `wrt`: a vector times the Jacobian."""
    points = [as_tensor_variable(p) for p in _listed(eval_points)]
    ys = _listed(f)
    if len(ys) != len(points):
        raise ValueError(
            static.message("Lop: as many points as outputs are needed", expected=str(len(ys)),
                           got=str(len(points)))
        )
    if len(ys) == 1 and isinstance(wrt, Variable) and not consider_constant:
        found = _of_product(ys[0], wrt, points[0])
        if found is not None:
            return found
    known = {y: p.astype(y.dtype) for y, p in zip(ys, points)}
    found = grad(None, _listed(wrt), consider_constant=consider_constant, known_grads=known,
                 disconnected_inputs=disconnected_inputs)
    return _as(wrt, found)


def _of_product(y: Any, x: Any, weights: Any) -> Any:
    """The same for a factor of a product: it is a product of the other, and needs not the factor.
    """
    if y.owner is None or y.node.op is not DOT:
        return None
    a, b = y.node.inputs
    if (x is a) == (x is b) or x in ancestors([b if x is a else a]):
        return None
    if x is b:
        return outer(a, weights) if (a.ndim, b.ndim) == (1, 2) else (
            mul(a, weights) if a.ndim == 1 else dot(a.T, weights))
    return outer(weights, b) if (a.ndim, b.ndim) == (2, 1) else (
        mul(weights, b) if b.ndim == 1 else dot(weights, b.T))


def subgraph_grad(
    wrt: list[Any], end: list[Any], start: Mapping[Any, Any] | None = None, cost: Any = None,
    details: bool = False,
) -> Any:
    """Gradients by `wrt` and `end` of the part of a graph that stops at `end`."""
    if cost is None and start is None:
        raise AssertionError(static.message("subgraph_grad: give cost or start", got="neither"))
    if not isinstance(end, list) or not isinstance(wrt, list):
        raise AssertionError(static.message("subgraph_grad: wrt and end must be lists"))
    params = list(dict.fromkeys([*wrt, *end]))
    of_start = of_cost = None
    options: dict[str, Any] = {"consider_constant": end, "disconnected_inputs": "ignore"}
    if start is not None:
        of_start = list(grad(None, params, known_grads=start, **options))
    if cost is not None:
        of_cost = list(grad(cost, params, **options))
    parts = [p for p in (of_start, of_cost) if p is not None]
    total = parts[0] if len(parts) == 1 else [a + b for a, b in zip(*parts)]
    by = dict(zip(params, total))
    found = [by[v] for v in wrt], [by[v] for v in end]
    return (*found, of_start, of_cost) if details else found


# -- matrices ------------------------------------------------------------------------------------


def _variables(wrt: Any) -> list[Any]:
    found = _listed(wrt)
    for v in found:
        if not isinstance(v, Variable):
            raise TypeError(static.message(f"Expected Variable, got {v}", got=str(type(v))))
    return found


def jacobian(
    expression: Any, wrt: Any, consider_constant: Any = None, disconnected_inputs: str = "raise"
) -> Any:
    """The gradients of the elements of a vector, as rows."""
    if not isinstance(expression, Variable):
        raise AssertionError(
            static.message("tensor.jacobian expects a Variable as `expression`",
                           got=str(type(expression)))
        )
    if expression.ndim > 1:
        raise AssertionError(
            static.message("tensor.jacobian expects a 1 dimensional variable as `expression`. If "
                           "not use flatten to make it a vector", got=str(expression.type),
                           where=expression.node.line)
        )
    xs = _variables(wrt)
    if expression.ndim == 0:
        return _as(wrt, grad(expression, xs, consider_constant=consider_constant,
                             disconnected_inputs=disconnected_inputs))
    y = expression
    if consider_constant:
        from pentad.frontends.theano.stops import disconnected_grad

        y, *xs = static.clone([y, *xs], {v: disconnected_grad(v) for v in consider_constant})
    found = static.jacobian(y, xs) if y.dtype in CONTINUOUS else [None] * len(xs)
    rows = [
        _rows(y, x, v, disconnected_inputs) if g is None else g
        for g, x, v in zip(found, xs, _listed(wrt))
    ]
    return _as(wrt, rows)


def _rows(y: Any, x: Any, v: Any, policy: str) -> Any:
    """Zeros for a variable that a vector does not depend on."""
    grad(y.sum(), [x], disconnected_inputs=policy)
    return zeros((y.shape[0], *[v.shape[i] for i in range(v.ndim)]), dtype=v.dtype)


def hessian(
    cost: Any, wrt: Any, consider_constant: Any = None, disconnected_inputs: str = "raise"
) -> Any:
    """The matrix of second derivatives of a scalar by a vector."""
    if not isinstance(cost, Variable) or cost.ndim != 0:
        raise AssertionError(
            static.message("tensor.hessian expects a 0 dimensional variable as `cost`",
                           got=str(getattr(cost, "type", type(cost))))
        )
    found = []
    for v in _variables(wrt):
        if v.ndim != 1:
            raise AssertionError(
                static.message("tensor.hessian expects a (list of) 1 dimensional variable as `wrt`",
                               got=str(v.type), where=v.node.line)
            )
        slope = grad(cost, v, consider_constant=consider_constant,
                     disconnected_inputs=disconnected_inputs)
        found.append(jacobian(slope, v, disconnected_inputs="ignore"))
    return _as(wrt, found)


__all__ = ["Lop", "Rop", "hessian", "jacobian", "subgraph_grad"]
