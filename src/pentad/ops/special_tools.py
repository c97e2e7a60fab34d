"""What the special functions share: Chebyshev series, and records that compute in float64.

Each function is a composition of element-wise ops, so that it becomes native code like them. It
computes in float64 whatever the operand's dtype and rounds once: float32 results are correct to
an ulp where float64 ones are good to some hundred.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import AutogradError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.arithmetic import maximum, minimum
from pentad.ops.batching import same
from pentad.ops.comparison import ge, gt, le, lt, where
from pentad.ops.conversion import cast
from pentad.ops.define import (
    OpFunction,
    composite,
    define,
    diagonal_jvp,
    elementwise_errors,
    require_count,
    require_dtype,
    require_same,
)
from pentad.ops.sources import full_like

F64 = dtypes.float64
Bounds = tuple[tuple[float, float], ...]


def constant(value: float, like: Node) -> Node:
    """A number as a tensor of the type of `like`."""
    return full_like(value, like)


def below(x: Node, bound: float) -> Node:
    """x < bound."""
    return lt(x, full_like(bound, x))


def above(x: Node, bound: float) -> Node:
    """x > bound."""
    return gt(x, full_like(bound, x))


def at_most(x: Node, bound: float) -> Node:
    """x <= bound."""
    return le(x, full_like(bound, x))


def at_least(x: Node, bound: float) -> Node:
    """x >= bound."""
    return ge(x, full_like(bound, x))


def clipped(x: Node, low: float, high: float) -> Node:
    """x within [low, high]: what a branch that is not taken may see."""
    return minimum(maximum(x, full_like(low, x)), full_like(high, x))


def either(condition: Node, x: Node | float, y: Node | float) -> Node:
    """x where the condition holds, else y; one of them is a node."""
    like = x if isinstance(x, Node) else y
    assert isinstance(like, Node)
    x, y = (v if isinstance(v, Node) else full_like(v, like) for v in (x, y))
    return where(condition, x, y)


def chebyshev(coefficients: Sequence[float], y: Node) -> Node:
    """The sum of c_k T_k(y), |y| <= 1, by Clenshaw's recurrence."""
    twice = y * 2.0
    first, second = constant(0.0, y), constant(0.0, y)
    for c in reversed(coefficients[1:]):
        first, second = twice * first - second + c, first
    return y * first - second + coefficients[0]


def polynomial(coefficients: Sequence[float], x: Node) -> Node:
    """The sum of c_k x^k by Horner's rule."""
    total = constant(coefficients[-1], x)
    for c in reversed(coefficients[:-1]):
        total = total * x + c
    return total


def samples(arity: int, ranges: Bounds, **attrs: Any) -> list[Sample]:
    """Some elements of each dtype, and none."""
    return [
        *(Sample((((3,), d),) * arity, attrs, ranges=ranges) for d in dtypes.FLOATS),
        Sample((((0,), dtypes.float32),) * arity, attrs),
    ]


def special(
    name: str,
    doc: str,
    formula: Callable[..., Node],
    *,
    vjp: Callable[..., Any] | None = None,
    nondifferentiable: str = "",
    ranges: Bounds = (),
    arity: int = 1,
) -> OpFunction:
    """Define a function by a formula of float64 nodes."""

    def decompose(*x: Node) -> Node:
        require_count(name, [n.type for n in x], arity)
        require_same(name, [n.type for n in x])
        require_dtype(name, x[0].dtype, dtypes.FLOATS)
        return cast(formula(*(cast(n, F64) for n in x)), x[0].dtype)

    return composite(
        name,
        doc,
        decompose=decompose,
        vjp=vjp,
        jvp=diagonal_jvp(vjp) if vjp is not None else None,
        nondifferentiable=nondifferentiable,
        samples=lambda: samples(arity, ranges),
        errors=lambda: elementwise_errors(arity, dtypes.FLOATS),
    )


def _refuse(g: np.ndarray, *, name: str) -> np.ndarray:
    if g.size:
        raise AutogradError(
            message(
                f"{name} is not differentiated",
                expected="derivatives of first order by the parameters",
                got="a derivative of such a derivative",
                hint="detach the parameters, or take second derivatives by the last operand only",
            )
        )
    return g


_refused = define(
    "refused_derivative",
    "Stands where a derivative would be that nobody has; AutogradError when it is computed.",
    kind="host",
    batch=same,
    infer=lambda g, *, name: g,
    reference=_refuse,
    nondifferentiable="it has no value",
    samples=lambda: [Sample((((0,), dtypes.float32),), {"name": "zeta_by_exponent"})],
)


def _refused_vjp(name: str) -> Callable[..., Any]:
    return lambda g, y, *x: [_refused(g, name=name) for _ in x]


def _refused_jvp(name: str) -> Callable[..., Any]:
    return lambda t, y, *x: _refused(y, name=name)


def host_function(
    name: str,
    doc: str,
    reference: Callable[..., np.ndarray],
    *,
    arity: int,
    vjp: Callable[..., Any] | None = None,
    nondifferentiable: str = "",
    ranges: Bounds = (),
) -> OpFunction:
    """Define an element-wise function that runs on the host, for it iterates until it is exact.

    The reference gets and gives flat float64 arrays.
    """

    def infer(*types: TensorType) -> TensorType:
        require_count(name, types, arity)
        require_same(name, types)
        require_dtype(name, types[0].dtype, dtypes.FLOATS)
        return types[0]

    @functools.wraps(reference)
    def run(*arrays: np.ndarray) -> np.ndarray:
        first = arrays[0]
        with np.errstate(all="ignore"):
            found = reference(*(a.astype(np.float64).ravel() for a in arrays))
            return found.reshape(first.shape).astype(first.dtype)

    return define(
        name,
        doc,
        kind="host",
        batch=same,
        infer=infer,
        reference=run,
        vjp=vjp or _refused_vjp(name),
        jvp=diagonal_jvp(vjp) if vjp is not None else _refused_jvp(name),
        nondifferentiable=nondifferentiable,
        samples=lambda: samples(arity, ranges),
        errors=lambda: elementwise_errors(arity, dtypes.FLOATS),
    )
