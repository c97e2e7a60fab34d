"""How far draws of Markov chains can be trusted (Gelman et al., Bayesian data analysis, 3rd ed.,
11.4 and 11.5)."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.graph.errors import ShapeError, message


def _halves(draws: Any) -> np.ndarray:
    """[2 chains, draws // 2, *] in float64 of [chains, draws, *]."""
    x = np.asarray(draws.numpy() if hasattr(draws, "numpy") else draws, np.float64)
    if x.ndim < 2 or x.shape[1] < 4:
        raise ShapeError(
            message("diagnostics: draws", expected="[chains, at least 4 draws, ...]",
                    got=str(list(x.shape)))
        )
    half = x.shape[1] // 2
    return np.concatenate([x[:, :half], x[:, -half:]])


def _within_and_total(x: np.ndarray) -> tuple[Any, Any]:
    """The mean variance of the chains, and the variance of all draws as one estimates it."""
    n = x.shape[1]
    within = x.var(1, ddof=1).mean(0)
    return within, within * (n - 1) / n + x.mean(1).var(0, ddof=1)


def split_rhat(draws: Any) -> Any:
    """The potential scale reduction of halves of chains: near 1 where they agree.

    draws: [chains, draws, ...]. ShapeError for less than four draws.
    """
    within, total = _within_and_total(_halves(draws))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(total / within)


def effective_sample_size(draws: Any) -> Any:
    """How many independent draws say as much about the mean as these, [chains, draws, ...].

    Autocorrelations are summed up to the first negative sum of a pair, and made monotone (Geyer,
    Practical Markov chain Monte Carlo, 1992). ShapeError for less than four draws.
    """
    x = _halves(draws)
    chains, n = x.shape[:2]
    within, total = _within_and_total(x)
    centred = x - x.mean(1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * n, axis=1)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), axis=1)[:, :n].mean(0) / n
    with np.errstate(invalid="ignore", divide="ignore"):
        rho = 1 - (within - covariance * n / (n - 1)) / total
    rho[0] = 1
    pairs = rho[: n // 2 * 2].reshape(n // 2, 2, *rho.shape[1:]).sum(1)
    positive = np.logical_and.accumulate(pairs > 0, axis=0)
    pairs = np.minimum.accumulate(np.where(positive, pairs, 0), axis=0)
    return chains * n / np.maximum(2 * pairs.sum(0) - 1, 1 / np.log10(chains * n))
