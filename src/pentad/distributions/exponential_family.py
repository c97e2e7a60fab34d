"""Exponential families: entropies by the derivative of the log normaliser."""

from __future__ import annotations

from typing import Any

from pentad.distributions.distribution import Distribution
from pentad.distributions.utils import sum_rightmost
from pentad.tensor.transforms.derivatives import value_and_grad


class ExponentialFamily(Distribution):
    """Densities exp(<t(x), theta> - F(theta) + k(x)) of natural parameters theta.

    A subclass gives `_natural_params` (a tuple of tensors), `_log_normalizer(*theta)`, that is F,
    and `_mean_carrier_measure`, the expectation of k. Entropy and divergence follow from F and its
    gradient (Nielsen and Nock, Entropies and cross-entropies of exponential families, 2010).
    """

    _mean_carrier_measure: Any = None

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        raise self._missing("natural parameters")

    def _log_normalizer(self, *natural_params: Any) -> Any:
        raise self._missing("log normaliser")

    def _normalizer_and_mean(self) -> tuple[Any, tuple[Any, ...]]:
        """(F, the expectation of t(x)), F's gradient."""

        def total(theta: tuple[Any, ...]) -> Any:
            found = self._log_normalizer(*theta)
            return found.sum(), found

        (_, value), gradient = value_and_grad(total, has_aux=True)(self._natural_params)
        return value, gradient

    def entropy(self) -> Any:
        if self._mean_carrier_measure is None:
            raise self._missing("entropy")
        found, mean = self._normalizer_and_mean()
        for theta, expected in zip(self._natural_params, mean, strict=True):
            found = found - sum_rightmost(theta * expected, theta.ndim - len(self.batch_shape))
        return found - self._mean_carrier_measure


def bregman(p: ExponentialFamily, q: ExponentialFamily) -> Any:
    """KL(p || q) of two members of one family."""
    value, mean = p._normalizer_and_mean()
    found = q._log_normalizer(*q._natural_params) - value
    for a, b, expected in zip(p._natural_params, q._natural_params, mean, strict=True):
        found = found - sum_rightmost((b - a) * expected, a.ndim - len(p.batch_shape))
    return found
