"""NumPy implementations of functions without a closed form of fixed length: incomplete gamma and
beta, Hurwitz zeta. They take and give flat float64 arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

_TINY = 1e-300
_STEPS = 20_000
_LARGE = 1e6


def _each(function: Callable[[float], float]) -> Callable[[np.ndarray], np.ndarray]:
    vectorised = np.vectorize(function, otypes=[np.float64])
    return lambda x: vectorised(x) if x.size else x


def _log_gamma(x: float) -> float:
    return math.inf if x <= 0 or math.isinf(x) else math.lgamma(x)


log_gamma, erfc = _each(_log_gamma), _each(math.erfc)

# -- zeta --------------------------------------------------------------------------------------

_TERMS = 12
# B_2j / (2j)! for j = 1, 2, ...
_COEFFICIENTS = [
    b / math.factorial(2 * j)
    for j, b in enumerate(
        (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510,
         43867 / 798, -174611 / 330), 1
    )
]


def _zeta(s: np.ndarray, q: np.ndarray) -> np.ndarray:
    """For s > 1 and q > 0, by the formula of Euler and Maclaurin."""
    total = np.zeros_like(q)
    for k in range(_TERMS):
        total += (q + k) ** -s
    a = q + _TERMS
    power = a**-s
    tail = power * a / (s - 1) + power / 2
    factor = s / a
    for j, c in enumerate(_COEFFICIENTS, 1):
        tail = tail + c * factor * power
        factor = factor * ((s + 2 * j - 1) / a) * ((s + 2 * j) / a)
    return np.asarray(total + np.where(power == 0, 0, tail))


def hurwitz_zeta(s: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Infinite at s = 1 and at q = 0, -1, ...; NaN for s < 1, and for q < 0 unless s is whole."""
    positive = q > 0
    found = _zeta(s, np.where(positive, q, 1))
    # Below zero the terms are those above -q and, mirrored, those between.
    rest = q - np.floor(q)
    inner = np.where(rest > 0, rest, 0.5)
    sign = np.where(np.mod(s, 2) == 0, 1, -1)
    between = _zeta(s, 1 - inner) - _zeta(s, np.where(positive, 1, 1 - q))
    mirrored = np.where(s == np.floor(s), _zeta(s, inner) + sign * between, np.nan)
    found = np.where(positive, found, np.where(rest == 0, np.inf, mirrored))
    found = np.where(s == 1, np.inf, np.where(s < 1, np.nan, found))
    return np.where(np.isnan(s) | np.isnan(q), np.nan, found)


def zeta_slope(s: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The derivative by s, from a difference of fourth order."""
    step = 2e-3 * np.clip(s - 1, 1e-4, 1)

    def moved(times: int) -> np.ndarray:
        return hurwitz_zeta(s + times * step, q)

    return np.asarray((8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * step))


# -- incomplete gamma --------------------------------------------------------------------------


def _prefix(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """x^a exp(-x) / Gamma(a + 1), without the cancellation of large logarithms."""
    direct = np.exp(a * np.log(x) - x - log_gamma(a + 1))
    big = np.maximum(a, 10)
    mu = (x - big) / big
    square = 1 / (big * big)
    correction = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / big
    # log(1 + mu) - mu; its own series where the two cancel.
    apart = np.where(np.abs(mu) < 0.03, _log1p_less(mu), np.log1p(mu) - mu)
    scaled = np.exp(big * apart - correction) / np.sqrt(2 * math.pi * big)
    return np.asarray(np.where(a < 10, direct, scaled))


def _log1p_less(mu: np.ndarray) -> np.ndarray:
    total = np.zeros_like(mu)
    for k in range(12, 1, -1):
        total = total * mu + (1 if k % 2 else -1) / k
    return np.asarray(total * mu * mu)


def _lower_series(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """P / prefix = 1 + x/(a+1) + x^2/((a+1)(a+2)) + ..."""
    term = np.ones_like(a)
    total = np.ones_like(a)
    for n in range(1, _STEPS):
        term = term * x / (a + n)
        total = total + term
        if not (term > 1e-17 * total).any():
            break
    return np.asarray(total)


def _upper_fraction(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Q x / (a prefix): Legendre's continued fraction by Lentz's method."""
    b = x + 1 - a
    c = np.full_like(b, 1 / _TINY)
    d = 1 / b
    h = d
    for i in range(1, _STEPS):
        an = -i * (i - a)
        b = b + 2
        d = an * d + b
        d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
        c = b + an / c
        c = np.where(np.abs(c) < _TINY, _TINY, c)
        step = d * c
        h = h * step
        if not (np.abs(step - 1) > 2e-16).any():
            break
    return np.asarray(h * x)


def _uniform(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Q(a, x) for a beyond 1e6 (Temme, SIAM J. Math. Anal. 1979), two terms."""
    mu = (x - a) / a
    eta = np.sign(mu) * np.sqrt(np.maximum(-2 * np.where(
        np.abs(mu) < 0.03, _log1p_less(mu), np.log1p(mu) - mu), 0))
    e = np.clip(eta, -0.1, 0.1)
    first = -1 / 3 + e * (1 / 12 + e * (-2 / 135 + e * (1 / 864 + e / 2835)))
    second = -1 / 540 - e / 288
    rest = np.exp(-0.5 * a * eta * eta) / np.sqrt(2 * math.pi * a) * (first + second / a)
    return np.asarray(0.5 * erfc(eta * np.sqrt(a / 2)) + rest)


def gamma_inc(a: np.ndarray, x: np.ndarray, *, upper: bool) -> np.ndarray:
    """P(a, x), or Q(a, x) if `upper`; NaN where a or x is negative, or both are 0."""
    lower = np.full(a.shape, np.nan)
    other = np.full(a.shape, np.nan)

    def put(where: np.ndarray, p: Any, q: Any) -> None:
        lower[where], other[where] = p, q

    valid = (a >= 0) & (x >= 0) & ~((a == 0) & (x == 0)) & ~(np.isinf(a) & np.isinf(x))
    put(valid & ((a == 0) | np.isinf(x)), 1.0, 0.0)
    put(valid & ((x == 0) | np.isinf(a)) & (a > 0), 0.0, 1.0)
    rest = valid & (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    big = rest & (a > _LARGE)
    if big.any():
        q = _uniform(a[big], x[big])
        put(big, 1 - q, q)
    small = rest & ~big & (x <= a + 1)
    if small.any():
        p = _prefix(a[small], x[small]) * _lower_series(a[small], x[small])
        put(small, p, 1 - p)
    large = rest & ~big & (x > a + 1)
    if large.any():
        at, xt = a[large], x[large]
        q = _prefix(at, xt) * at / xt * _upper_fraction(at, xt)
        put(large, 1 - q, q)
    return other if upper else lower


def _digamma(x: np.ndarray) -> np.ndarray:
    shift = np.zeros_like(x)
    for k in range(10):
        shift += 1 / (x + k)
    y = x + 10
    s = 1 / (y * y)
    series = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s * (1 / 132)))))
    return np.asarray(np.log(y) - 0.5 / y - series - shift)


def gamma_slope(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """-(dP/da) / (dP/dx) from the derivative of the series of P, term by term.

    For a beyond 1e4 the transformation of Wilson and Hilferty (1931), good to 1e-6.
    """
    big = a > 1e4
    at, xt = np.where(big, 1.0, a), np.where(big | (x <= 0), 1.0, x)
    term, total = np.ones_like(at), np.ones_like(at)
    harmonic, weighted = np.zeros_like(at), np.zeros_like(at)
    for n in range(1, _STEPS):
        term = term * xt / (at + n)
        harmonic = harmonic + 1 / (at + n)
        total, weighted = total + term, weighted + term * harmonic
        if not (term * (1 + harmonic) > 1e-17 * total).any():
            break
    slope = -(xt / at) * (total * (np.log(xt) - _digamma(at + 1)) - weighted)
    root = np.cbrt(np.maximum(x, 0) / np.where(big, a, 1))
    wide = np.where(big, a, 1.0)
    # x = a c^3 with c = 1 - 1/(9a) + z/(3 sqrt(a)): z held fixed.
    moved = 1 / (9 * wide**2) - (root - 1 + 1 / (9 * wide)) / (2 * wide)
    return np.where(big, root**3 + 3 * wide * root**2 * moved, np.where(x <= 0, 0.0, slope))


# -- incomplete beta ---------------------------------------------------------------------------


def _beta_fraction(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The continued fraction of I_x(a, b) by Lentz's method (DLMF 8.17.22)."""
    c = np.ones_like(x)
    d = 1 - (a + b) * x / (a + 1)
    d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
    h = d
    for m in range(1, _STEPS):
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + top * d
            d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
            c = 1 + top / c
            c = np.where(np.abs(c) < _TINY, _TINY, c)
            h = h * d * c
        if not (np.abs(d * c - 1) > 2e-16).any():
            break
    return np.asarray(h)


def beta_inc(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """I_x(a, b) for a, b > 0 and 0 <= x <= 1; NaN elsewhere."""
    inside = (a > 0) & (b > 0) & (x > 0) & (x < 1)
    turned = x > (a + 1) / (a + b + 2)
    p, q = np.where(turned, b, a), np.where(turned, a, b)
    y = np.where(turned, 1 - x, x)
    p, q, y = (np.where(inside, v, w) for v, w in ((p, 1.0), (q, 1.0), (y, 0.25)))
    log_beta = log_gamma(p) + log_gamma(q) - log_gamma(p + q)
    front = np.exp(p * np.log(y) + q * np.log1p(-y) - log_beta) / p
    found = front * _beta_fraction(p, q, y)
    found = np.where(turned, 1 - found, found)
    valid = (a > 0) & (b > 0)
    found = np.where(valid & (x == 0), 0.0, np.where(valid & (x == 1), 1.0, found))
    return np.where(inside | (valid & ((x == 0) | (x == 1))), found, np.nan)


def beta_inc_slopes(a: np.ndarray, b: np.ndarray, x: np.ndarray, which: int) -> np.ndarray:
    """The derivative by a (which = 0) or b, from a difference of fourth order."""
    step = 1e-3 * (a if which == 0 else b)

    def moved(times: int) -> np.ndarray:
        by = times * step
        return beta_inc(a + by, b, x) if which == 0 else beta_inc(a, b + by, x)

    return np.asarray((8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * step))
