"""Distributions of extremes and of heavy tails: Gumbel, Weibull, Pareto."""

from __future__ import annotations

import math
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.continuous import LocationScale
from pentad.distributions.distribution import Distribution
from pentad.distributions.utils import EULER, broadcast_all, uniform_open
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
        return self.icdf(uniform_open(self._extended(sample_shape), self.loc.dtype))

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
        u = uniform_open(self._extended(sample_shape), self.scale.dtype)
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
    def support(self) -> Any:  # type: ignore[override]
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
        u = uniform_open(self._extended(sample_shape), self.scale.dtype)
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
