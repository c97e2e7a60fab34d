"""Are two results the same? By PyTorch's tolerances, or by their distance from the truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.values import as_array, dtype_name, leaves_of

TOLERANCES = {
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7), "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7),
}  # fmt: skip
"""(relative, absolute), those of torch.testing.assert_close."""
GRADIENT = (1e-6, 1e-6)
"""Gradients are computed in float64, by formulas that may round in another order."""
AS_GOOD = 2.0
"""A result may lie this many times as far from the truth as PyTorch's own does."""


def complaint(
    ours: Any, theirs: Any, truth: Any = None, *, values: bool = True, random: bool = False,
    source: np.ndarray | None = None,
) -> str | None:  # fmt: skip
    """None if two (nested) results agree, else what differs.

    truth: PyTorch's result in a wider dtype, if there is one. values: compare them, not only
    shapes and dtypes. random: compare mean and spread. source: what indices in the results choose
    from; they may differ where they choose equal elements.
    """
    found, expected = leaves_of(ours), leaves_of(theirs)
    if len(found) != len(expected):
        return f"{len(found)} results, expected {len(expected)}"
    wide = leaves_of(truth) if truth is not None else []
    if len(wide) != len(expected):
        wide = [None] * len(expected)
    for i, (a, b, c) in enumerate(zip(found, expected, wide, strict=True)):
        wrong = _leaf(a, b, c, values, random)
        if wrong and not (source is not None and chooses_equals(source, a, b)):
            return wrong if len(found) == 1 else f"result {i}: {wrong}"
    return None


def _leaf(ours: Any, theirs: Any, truth: Any, values: bool, random: bool) -> str | None:
    expected = as_array(theirs)
    if expected is None:
        return None if _plain(ours) == _plain(theirs) else f"{ours!r}, expected {theirs!r}"
    found = as_array(ours)
    if found is None:
        return f"{type(ours).__name__}, expected a tensor"
    if dtype_name(ours) != dtype_name(theirs):
        return f"dtype {dtype_name(ours)}, expected {dtype_name(theirs)}"
    if found.shape != expected.shape:
        return f"shape {list(found.shape)}, expected {list(expected.shape)}"
    if random:
        return alike(found, expected)
    if not values:
        return None
    tolerances = TOLERANCES.get(dtype_name(theirs), (0.0, 0.0))
    wide = None if truth is None else as_array(truth)
    return differing(found, expected, *tolerances, truth=wide)


def chooses_equals(source: np.ndarray, ours: Any, theirs: Any) -> bool:
    """Do two sets of indices along some axis choose equal elements?"""
    a, b = as_array(ours), as_array(theirs)
    if a is None or b is None or a.shape != b.shape or {a.dtype, b.dtype} != {np.dtype("int64")}:
        return False
    return any(_choice_is_equal(source, a, b, axis) for axis in range(source.ndim))


def _choice_is_equal(source: np.ndarray, a: np.ndarray, b: np.ndarray, axis: int) -> bool:
    if a.ndim == source.ndim - 1:
        a, b = np.expand_dims(a, axis), np.expand_dims(b, axis)
    try:
        first, second = (np.take_along_axis(source, i, axis) for i in (a, b))
    except (ValueError, IndexError):
        return False
    return bool(((first == second) | ((first != first) & (second != second))).all())


def _plain(value: Any) -> Any:
    """A value that both sides write alike."""
    if type(value).__name__ in ("dtype", "DType"):
        return str(value).rpartition(".")[2]
    return tuple(value) if isinstance(value, (list, tuple)) else value


def differing(
    found: np.ndarray, expected: np.ndarray, rtol: float, atol: float,
    truth: np.ndarray | None = None,
) -> str | None:  # fmt: skip
    """None if all elements are close, else where and how the worst differs."""
    with np.errstate(all="ignore"):
        bad = ~np.isclose(found, expected, rtol=rtol, atol=atol, equal_nan=True)
        bad &= ~(_undefined(found) & _undefined(expected))
        if bad.any() and truth is not None and truth.shape == expected.shape:
            bad &= ~_near_truth(found, expected, truth, rtol, atol)
    if not bad.any():
        return None
    at = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(bad)))
    got, wanted = np.atleast_1d(found)[at], np.atleast_1d(expected)[at]
    place = f" at {list(at)}" if found.ndim else ""
    return f"{got.item()!r}, expected {wanted.item()!r}{place} ({int(bad.sum())} of {bad.size})"


def _undefined(x: np.ndarray) -> np.ndarray:
    """Complex numbers with a part that is not finite: which part says what is no one's rule."""
    if x.dtype.kind != "c":
        return np.zeros(x.shape, bool)
    return ~np.isfinite(x)


def _near_truth(
    found: np.ndarray, expected: np.ndarray, truth: np.ndarray, rtol: float, atol: float
) -> np.ndarray:
    """Elements as near to the wider result as PyTorch's own, which may be wrong or infinite."""
    theirs = np.abs(expected - truth)
    finite = theirs[np.isfinite(theirs)]
    worst = finite.max() if finite.size else 0.0
    return np.asarray(np.abs(found - truth) <= atol + rtol * np.abs(truth) + AS_GOOD * worst)


def alike(found: np.ndarray, expected: np.ndarray) -> str | None:
    """Do many random numbers have the same mean and spread?"""
    if found.size < 400 or found.dtype.kind not in "fiub":
        return None
    a, b = found.astype(np.float64).ravel(), expected.astype(np.float64).ravel()
    a, b = (np.sort(v[np.isfinite(v)]) for v in (a, b))
    if not a.size or not b.size:
        return None
    spread = float(np.quantile(b, 0.75) - np.quantile(b, 0.25)) or float(b.std()) or 1.0
    room = 8.0 * spread / np.sqrt(min(a.size, b.size))
    few = len(np.unique(b)) < 0.2 * b.size
    measures = {"the mean": np.mean} if few else {"the median": np.median}
    for name, measure in measures.items():
        if abs(measure(a) - measure(b)) > room:
            return f"{name} is {measure(a):.4g}, expected about {measure(b):.4g}"
    return None
