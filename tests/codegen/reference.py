"""Reference values with more bits than the kernels have, and errors counted in ulp."""

from __future__ import annotations

import math

import numpy as np

Extended = np.longdouble
# Where the longest float is a double, the reference itself may be half an ulp wrong.
REFERENCE_ULP = 0.0 if np.finfo(Extended).nmant > 60 else 1.0


def ulp_errors(got, want):
    """|got - want| in units of the last place of `want` in got's type.

    Infinite where one is finite and the other not (after rounding), or NaN only in one, or where
    a zero has the wrong sign.
    """
    info = np.finfo(got.dtype)
    rounded = want.astype(got.dtype)
    finite = np.isfinite(rounded) & np.isfinite(got)
    same = (np.isnan(got) & np.isnan(rounded)) | (got == rounded)
    errors = np.where(finite | same, 0.0, np.inf)
    _, exponent = np.frexp(np.abs(want[finite]))
    unit = np.ldexp(Extended(1), np.maximum(exponent - 1, info.minexp) - info.nmant)
    errors[finite] = np.abs(got[finite].astype(Extended) - want[finite]) / unit
    zeros = (want == 0) & (np.signbit(got) != np.signbit(rounded))
    return np.where(zeros, np.inf, errors)


def _erf_series(x):
    """exp(-x**2) times a series of positive terms; for |x| up to about 6."""
    total, term, n = x.copy(), x.copy(), 0
    while n < 150:
        n += 1
        term = term * (2 * x * x) / (2 * n + 1)
        total = total + term
    return total * _gaussian(x) * (2 / np.sqrt(Extended(math.pi) + Extended(_PI_REST)))


_PI_REST = 1.2246467991473532e-16  # pi - math.pi


def _gaussian(x):
    """exp(-x**2) with x**2 in two exact parts."""
    head = x.astype(np.float32).astype(Extended)
    return np.exp(-head * head) * np.exp(-(x - head) * (x + head))


def _erfc_fraction(x):
    """The continued fraction of erfc, for x >= 1.5."""
    value = x.copy()
    for n in range(400, 0, -1):
        value = x + (Extended(n) / 2) / value
    return _gaussian(x) / value / np.sqrt(Extended(math.pi) + Extended(_PI_REST))


def erf(x):
    """The error function of an array of extended floats."""
    inner = np.clip(np.abs(x), 0, 7)
    value = np.where(inner < 3, _erf_series(np.minimum(inner, 3)), 0)
    value = np.where(inner < 3, value, 1 - _erfc_fraction(np.maximum(inner, 2)))
    return np.where(np.isnan(x), x, np.copysign(value, x))


def erfc(x):
    """Its complement."""
    far = _erfc_fraction(np.clip(x, 1.5, 40))
    value = np.where(x < 1.5, 1 - erf(np.minimum(x, 1.5)), far)
    return np.where(np.isnan(x), x, value)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


FUNCTIONS = {
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "sigmoid": sigmoid,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "erf": erf, "erfc": erfc, "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x),
}  # fmt: skip
