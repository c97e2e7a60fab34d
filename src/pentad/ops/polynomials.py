"""Orthogonal polynomials of a degree for each element, by their recurrences."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.op import Sample, TensorType
from pentad.ops.batching import same
from pentad.ops.define import F32, define, require_count, require_dtype, require_same

Recurrence = tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]
# The polynomial of degree 1, and the next one from (x, k, p_k, p_k-1).
FAMILIES: dict[str, Recurrence] = {
    "chebyshev_t": (lambda x: x, lambda x, k, p, q: 2 * x * p - q),
    "chebyshev_u": (lambda x: 2 * x, lambda x, k, p, q: 2 * x * p - q),
    "chebyshev_v": (lambda x: 2 * x - 1, lambda x, k, p, q: 2 * x * p - q),
    "chebyshev_w": (lambda x: 2 * x + 1, lambda x, k, p, q: 2 * x * p - q),
    "hermite_h": (lambda x: 2 * x, lambda x, k, p, q: 2 * (x * p - k * q)),
    "hermite_he": (lambda x: x, lambda x, k, p, q: x * p - k * q),
    "laguerre_l": (lambda x: 1 - x, lambda x, k, p, q: ((2 * k + 1 - x) * p - k * q) / (k + 1)),
    "legendre_p": (lambda x: x, lambda x, k, p, q: ((2 * k + 1) * x * p - k * q) / (k + 1)),
}
_LONGEST = 1 << 16


def _by_angle(x: np.ndarray, n: np.ndarray, family: str, found: np.ndarray) -> np.ndarray:
    """T_n inside [-1, 1] is cos(n arccos x), whatever the degree."""
    if family != "chebyshev_t":
        return found
    return np.where((np.abs(x) < 1) & (n > 6), np.cos(n * np.arccos(np.clip(x, -1, 1))), found)


def _reference(x: np.ndarray, n: np.ndarray, *, family: str) -> np.ndarray:
    first, step = FAMILIES[family]
    wide = x.astype(np.float64)
    degree = np.trunc(np.where(np.isfinite(n), n, -1)).astype(np.float64)
    if degree.max(initial=0) > _LONGEST:
        raise ArgumentError(
            message(f"{family}: degree", expected=f"at most {_LONGEST}", got=str(degree.max()))
        )
    with np.errstate(all="ignore"):
        before, now = np.ones_like(wide), first(wide)
        found = np.where(degree == 0, 1.0, np.where(degree == 1, now, 0.0))
        for k in range(1, int(degree.max(initial=0))):
            before, now = now, step(wide, k, now, before)
            found = np.where(degree == k + 1, now, found)
        found = _by_angle(wide, degree, family, found)
        return np.where(np.isnan(wide) & (degree > 0), np.nan, found).astype(x.dtype)


def _infer(*types: TensorType, family: str) -> TensorType:
    require_count("orthogonal_polynomial", types, 2)
    require_same("orthogonal_polynomial", types)
    require_dtype("orthogonal_polynomial", types[0].dtype, dtypes.FLOATS)
    if family not in FAMILIES:
        raise ArgumentError(
            message("orthogonal_polynomial: family", expected=", ".join(FAMILIES), got=family)
        )
    return types[0]


def _samples() -> Iterable[Sample]:
    for family in FAMILIES:
        degrees = np.array([0.0, 1.0, 2.0, 5.0, 9.0, -1.0])
        yield Sample((np.linspace(-1.2, 1.5, 6), degrees), {"family": family})
    for d in dtypes.FLOATS:
        yield Sample((((4,), d), ((4,), d)), {"family": "legendre_p"}, ranges=((-1, 1), (0, 5)))


orthogonal_polynomial = define(
    "orthogonal_polynomial",
    "The polynomial of a family (chebyshev_t, _u, _v, _w, hermite_h, _he, laguerre_l, "
    "legendre_p) of degree n (the second operand, cut to a whole number) at x; 0 for n < 0.",
    kind="host",
    batch=same,
    infer=_infer,
    reference=_reference,
    nondifferentiable="PyTorch has no derivative of it",
    samples=_samples,
    errors=lambda: [
        Sample((((2,), F32),), {"family": "legendre_p"}, ShapeError, "number of operands"),
        Sample((((2,), F32), ((3,), F32)), {"family": "legendre_p"}, ShapeError, "different"),
        Sample((((2,), dtypes.int8),) * 2, {"family": "legendre_p"}, DTypeError, "not supported"),
        Sample((((2,), F32),) * 2, {"family": "jacobi"}, ArgumentError, "family"),
    ],
)
