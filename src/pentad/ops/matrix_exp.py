"""The exponential of a matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pentad.graph.node import Node
from pentad.ops.batching import same
from pentad.ops.define import OpFunction, define, quiet
from pentad.ops.matrices import adjoint, part, square_type, zeros
from pentad.ops.movement import concatenate
from pentad.ops.solving import square_errors, square_samples

_DEGREE = 13
_RADIUS = 5.37
"""The 1-norm up to which the approximant of degree 13 is exact to double precision."""
# The coefficients of the diagonal Pade approximant of exp.
_PADE = [
    math.factorial(2 * _DEGREE - k) * math.factorial(_DEGREE)
    / (math.factorial(2 * _DEGREE) * math.factorial(_DEGREE - k) * math.factorial(k))
    for k in range(_DEGREE + 1)
]


def _reference(x: np.ndarray) -> np.ndarray:
    """Scaling and squaring with a Pade approximant (Higham, SIAM J. Matrix Anal. 2005)."""
    n = x.shape[-1]
    if not x.size:
        return x
    wide = x.astype(np.result_type(x.dtype, np.float64))
    norm = np.abs(wide).sum(-2).max(-1)
    bad = ~np.isfinite(norm)
    wide = np.where(bad[..., None, None], 0, wide)
    ratio = np.where(bad, 0, norm) / _RADIUS
    times = np.ceil(np.log2(np.maximum(ratio, 1))).astype(int)
    a = wide / (2.0**times)[..., None, None]
    square, power = a @ a, np.broadcast_to(np.eye(n), a.shape)
    even, odd = np.zeros_like(a), np.zeros_like(a)
    for k in range(0, _DEGREE + 1, 2):
        even, odd = even + _PADE[k] * power, odd + _PADE[k + 1] * power
        power = power @ square
    odd = a @ odd
    result = np.linalg.solve(even - odd, even + odd)
    for step in range(int(times.max(initial=0))):
        result = np.where((times > step)[..., None, None], result @ result, result)
    return np.asarray(np.where(bad[..., None, None], np.nan, result)).astype(x.dtype)


def _derivative(x: Node, t: Node) -> Node:
    """exp([[X, T], [0, X]]) has the derivative in direction T above its diagonal.

    Najfeld and Havel, Derivatives of the matrix exponential and their computation (1995).
    """
    n, last = x.shape[-1], x.ndim - 1
    top, bottom = concatenate([x, t], last), concatenate([zeros(t), x], last)
    both = matrix_exp(concatenate([top, bottom], last - 1))
    return part(both, (0, n), (n, 2 * n))


def _jvp(t: Sequence[Node | None], y: Node, x: Node) -> Node | None:
    return None if t[0] is None else _derivative(x, t[0])


matrix_exp: OpFunction = define(
    "matrix_exp",
    "The exponential of square matrices, the sum of X^k / k!; computed in float64.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=square_type("matrix_exp"),
    reference=quiet(_reference),
    vjp=lambda g, y, x: (_derivative(adjoint(x), g),),
    jvp=_jvp,
    samples=square_samples,
    errors=square_errors,
)
