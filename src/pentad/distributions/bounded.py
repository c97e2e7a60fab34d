"""Continuous distributions of numbers between 0 and 1."""

from __future__ import annotations

import math
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.discrete import Trial
from pentad.distributions.exponential_family import ExponentialFamily
from pentad.distributions.gamma import TwoConcentrations
from pentad.distributions.utils import EULER, clamp_probs, softplus, uniform_open
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.special import digamma, lgamma


class ContinuousBernoulli(Trial, ExponentialFamily):
    """C p^x (1 - p)^(1 - x), 0 <= x <= 1 (Loaiza-Ganem and Cunningham, 2019).

    The formulas cancel near p = 1/2: between the `lims` a Taylor series stands for them.
    """

    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0.0

    def __init__(
        self, probs: Any = None, logits: Any = None, lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._lims = lims
        super().__init__(probs, logits, validate_args)
        if self._probs is not None:
            self._probs = clamp_probs(self._probs)

    @property
    def probs(self) -> Any:
        """The parameter p."""
        return clamp_probs(super().probs)

    def _far(self) -> tuple[Any, Any]:
        """(where p is far from 1/2, p, with a number far from 1/2 in the other places)."""
        p = self.probs
        far = (p <= self._lims[0]) | (p > self._lims[1])
        return far, where(far, p, self._lims[0])

    def log_norm(self) -> Any:
        """log C."""
        far, p = self._far()
        spread = ((-p).log1p() - p.log()).abs()
        found = spread.log() - (1 - 2 * p).abs().log()
        x = (self.probs - 0.5).square()
        return where(far, found, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self) -> Any:
        far, p = self._far()
        found = p / (2 * p - 1) + 1 / ((-p).log1p() - p.log())
        x = self.probs - 0.5
        return where(far, found, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.square()) * x)

    @property
    def variance(self) -> Any:
        far, p = self._far()
        found = p * (p - 1) / (1 - 2 * p).square() + ((-p).log1p() - p.log()).square().reciprocal()
        x = (self.probs - 0.5).square()
        return where(far, found, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(uniform_open(self._extended_shape(sample_shape), self.probs.dtype))

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        x = self.logits
        return value * x - softplus(x) + self.log_norm()

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        far, p = self._far()
        found = (p.pow(value) * (1 - p).pow(1 - value) + p - 1) / (2 * p - 1)
        return where(far, found, value).clamp(0, 1)

    def icdf(self, value: Any) -> Any:
        far, p = self._far()
        none = (-p).log1p()
        found = ((-p + value * (2 * p - 1)).log1p() - none) / (p.log() - none)
        return where(far, found, value)

    def entropy(self) -> Any:
        none, one = (-self.probs).log1p(), self.probs.log()
        return self.mean * (none - one) - self.log_norm() - none

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        low, high = (limit - 0.5 for limit in self._lims)
        far = (x <= low) | (x > high)
        safe = where(far, x, low)
        found = safe.expm1().abs().log() - safe.abs().log()
        return where(far, found, 0.5 * x + x.square() / 24.0 - x.pow(4) / 2880.0)


class Kumaraswamy(TwoConcentrations):
    """a b x^(a - 1) (1 - x^a)^(b - 1): (1 - U^(1 / b))^(1 / a) of a uniform number U.

    a is concentration1, b is concentration0. Kumaraswamy, A generalized probability density
    function for double-bounded random processes (1980).
    """

    def _moment(self, n: int) -> Any:
        a, b = self.concentration1, self.concentration0
        first = 1 + n / a
        return b * (lgamma(first) + lgamma(b) - lgamma(first + b)).exp()

    @property
    def mean(self) -> Any:
        return self._moment(1)

    @property
    def mode(self) -> Any:
        a, b = self.concentration1, self.concentration0
        peak = ((a - 1) / (a * b - 1)).pow(1 / a)
        return where((a < 1) | (b < 1), math.nan, peak)

    @property
    def variance(self) -> Any:
        return self._moment(2) - self._moment(1).square()

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(
            uniform_open(self._extended_shape(sample_shape), self.concentration0.dtype)
        )

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        a, b = self.concentration1, self.concentration0
        return (a * b).log() + (a - 1) * value.log() + (b - 1) * (-value.pow(a)).log1p()

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        return -((-value.pow(self.concentration1)).log1p() * self.concentration0).expm1()

    def icdf(self, value: Any) -> Any:
        left = (-value).log1p() / self.concentration0
        return (-left.expm1()).pow(1 / self.concentration1)

    def entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        harmonic = digamma(b + 1) + EULER
        return (1 - 1 / b) + (1 - 1 / a) * harmonic - a.log() - b.log()
