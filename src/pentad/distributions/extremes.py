"""Distributions of extremes and of heavy tails: Gumbel, Weibull, Pareto, its generalisation."""

from __future__ import annotations

import math
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.continuous import LocationScale
from pentad.distributions.distribution import Distribution
from pentad.distributions.utils import EULER, broadcast_all, uniform_open
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.special import xlogy


class Gumbel(LocationScale):
    """The largest of many: exp(-exp(-(x - loc) / scale)) is the probability of less than x."""

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * EULER

    @property
    def variance(self) -> Any:
        return self.scale.square() * (math.pi**2 / 6)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(uniform_open(self._extended_shape(sample_shape), self.loc.dtype))

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        y = (self.loc - value) / self.scale
        return y - y.exp() - self.scale.log()

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        return (-((self.loc - value) / self.scale).exp()).exp()

    def icdf(self, value: Any) -> Any:
        return self.loc - self.scale * (-value.log()).log()

    def entropy(self) -> Any:
        return self.scale.log() + (1 + EULER)


class Weibull(Distribution):
    """(k / s) (x / s)^(k - 1) exp(-(x / s)^k), s the scale and k the concentration."""

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        super().__init__(self.scale.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        return self.scale * (1 + self.concentration.reciprocal()).lgamma().exp()

    @property
    def mode(self) -> Any:
        k = self.concentration
        return self.scale * ((k - 1) / k).clamp(min=0).pow(k.reciprocal())

    @property
    def variance(self) -> Any:
        k = self.concentration.reciprocal()
        return self.scale.square() * ((1 + 2 * k).lgamma().exp() - (2 * (1 + k).lgamma()).exp())

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = uniform_open(self._extended_shape(sample_shape), self.scale.dtype)
        return self.scale * (-u.log()).pow(self.concentration.reciprocal())

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        k, ratio = self.concentration, value / self.scale
        return k.log() - self.scale.log() + xlogy(k - 1, ratio) - ratio.pow(k)

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        return -(-(value / self.scale).pow(self.concentration)).expm1()

    def icdf(self, value: Any) -> Any:
        return self.scale * (-(-value).log1p()).pow(self.concentration.reciprocal())

    def entropy(self) -> Any:
        k = self.concentration.reciprocal()
        return EULER * (1 - k) + (self.scale * k).log() + 1


class Pareto(Distribution):
    """alpha scale^alpha / x^(alpha + 1), x >= scale."""

    arg_constraints = {"scale": constraints.positive, "alpha": constraints.positive}
    has_rsample = True

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        super().__init__(self.scale.shape, (), validate_args)

    @property
    def support(self) -> Any:
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Any:
        a = self.alpha.clamp(min=1)
        return a * self.scale / (a - 1)

    @property
    def mode(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        a = self.alpha.clamp(min=2)
        return self.scale.square() * a / ((a - 1).square() * (a - 2))

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = uniform_open(self._extended_shape(sample_shape), self.scale.dtype)
        return self.scale * (-u.log() / self.alpha).exp()

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        return self.alpha.log() + self.alpha * self.scale.log() - (self.alpha + 1) * value.log()

    def cdf(self, value: Any) -> Any:
        return 1 - (self.scale / value).pow(self.alpha)

    def icdf(self, value: Any) -> Any:
        return self.scale * (1 - value).pow(-self.alpha.reciprocal())

    def entropy(self) -> Any:
        return (self.scale / self.alpha).log() + 1 + self.alpha.reciprocal()


class GeneralizedPareto(Distribution):
    """What lies above a threshold loc: (1 + c z)^(-1 / c - 1) / scale, z = (x - loc) / scale.

    c, the concentration, is 0 for the exponential distribution and negative for a bounded one.
    Pickands, Statistical inference using extreme order statistics (1975).
    """

    arg_constraints = {
        "loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real
    }
    has_rsample = True

    def __init__(
        self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def support(self) -> Any:
        _, c = self._split()
        bounded = self.concentration < 0
        upper = where(bounded, self.loc - self.scale / where(bounded, c, 1.0), math.inf)
        return constraints.interval(self.loc, upper)

    def _split(self) -> tuple[Any, Any]:
        """Where the concentration counts as 0, and it with 1 in these places."""
        zero = self.concentration.abs() <= 1e-8
        return zero, where(zero, 1.0, self.concentration)

    def _below(self, probability: float, value: Any) -> Any:
        """`value` where the concentration is below a bound, else NaN."""
        return where(self.concentration < probability, value, math.nan)

    @property
    def mean(self) -> Any:
        c = self.concentration.clamp(max=0.999999)
        return self._below(1.0, self.loc + self.scale / (1 - c))

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        c = self.concentration.clamp(max=0.499999)
        return self._below(0.5, self.scale.square() / ((1 - c).square() * (1 - 2 * c)))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(uniform_open(self._extended_shape(sample_shape), self.loc.dtype))

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        z = (value - self.loc) / self.scale
        zero, c = self._split()
        power = 1 / c + 1
        inside = where(power == 0, 0.0, power * (c * z).log1p())
        return -self.scale.log() - where(zero, z, inside)

    def log_survival_function(self, value: Any) -> Any:
        """log P(X > value)."""
        self._validate_sample(value)
        z = (value - self.loc) / self.scale
        zero, c = self._split()
        return where(zero, -z, -(c * z).log1p() / c)

    def log_cdf(self, value: Any) -> Any:
        """log P(X <= value)."""
        return (-self.log_survival_function(value).exp()).log1p()

    def cdf(self, value: Any) -> Any:
        return -self.log_survival_function(value).expm1()

    def icdf(self, value: Any) -> Any:
        zero, c = self._split()
        log = (-value).log1p()
        return self.loc + self.scale * where(zero, -log, (-c * log).expm1() / c)

    def entropy(self) -> Any:
        return self.scale.log() + self.concentration + 1
