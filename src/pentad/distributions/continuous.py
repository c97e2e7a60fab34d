"""Distributions of real numbers whose samples are functions of uniform or normal numbers."""

from __future__ import annotations

import math
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.distribution import Distribution
from pentad.distributions.exponential_family import ExponentialFamily
from pentad.distributions.utils import (
    LOG_2PI,
    broadcast_all,
    standard_normal,
    uniform_open,
)
from pentad.tensor.functions.elementary import erfc
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.special import erfinv, ndtr

NAN, INF = math.nan, math.inf


class LocationScale(Distribution):
    """loc + scale x, x of a standard distribution of real numbers that is highest at 0."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc


class Normal(LocationScale, ExponentialFamily):
    """exp(-((x - loc) / scale)^2 / 2) / (scale sqrt(2 pi))."""

    _mean_carrier_measure = 0.0

    @property
    def variance(self) -> Any:
        return self.scale.square()

    def rsample(self, sample_shape: Any = ()) -> Any:
        normal = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + normal * self.scale

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        apart = (value - self.loc) / self.scale
        return -(apart * apart) / 2 - self.scale.log() - LOG_2PI / 2

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        return ndtr((value - self.loc) / self.scale)

    def icdf(self, value: Any) -> Any:
        return self.loc + self.scale * erfinv(2 * value - 1) * math.sqrt(2)

    def entropy(self) -> Any:
        return 0.5 + LOG_2PI / 2 + self.scale.log()

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        precision = self.scale.square().reciprocal()
        return self.loc * precision, -0.5 * precision

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return -0.25 * x.square() / y + 0.5 * (-math.pi / y).log()


class HalfNormal(Distribution):
    """|X| for a normal X of mean 0."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        [self.scale] = broadcast_all(scale)
        super().__init__(self.scale.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Any:
        return self.scale * 0

    @property
    def variance(self) -> Any:
        return self.scale.square() * (1 - 2 / math.pi)

    def rsample(self, sample_shape: Any = ()) -> Any:
        normal = standard_normal(self._extended_shape(sample_shape), self.scale.dtype)
        return normal.abs() * self.scale

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        apart = value / self.scale
        inside = math.log(2) - LOG_2PI / 2 - self.scale.log() - apart * apart / 2
        return where(value >= 0, inside, -INF)

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        return 1 - erfc(value / self.scale * math.sqrt(0.5))

    def icdf(self, value: Any) -> Any:
        return self.scale * erfinv(value) * math.sqrt(2)

    def entropy(self) -> Any:
        return self.scale.log() + 0.5 * math.log(math.pi / 2) + 0.5


class Uniform(Distribution):
    """1 / (high - low) in [low, high)."""

    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        self.arg_constraints = {
            "low": constraints.less_than(self.high), "high": constraints.greater_than(self.low)
        }
        super().__init__(self.low.shape, (), validate_args)

    @property
    def support(self) -> Any:
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Any:
        return (self.low + self.high) / 2

    @property
    def mode(self) -> Any:
        return self.low * NAN

    @property
    def variance(self) -> Any:
        return (self.high - self.low).square() / 12

    def rsample(self, sample_shape: Any = ()) -> Any:
        from pentad.tensor.functions.random import rand

        drawn = rand(self._extended_shape(sample_shape), dtype=self.low.dtype)
        return self.low + drawn * (self.high - self.low)

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        inside = (value >= self.low) & (value < self.high)
        return where(inside, -(self.high - self.low).log(), -INF)

    def cdf(self, value: Any) -> Any:
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Any) -> Any:
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Any:
        return (self.high - self.low).log()


class Exponential(ExponentialFamily):
    """rate exp(-rate x), x >= 0."""

    arg_constraints = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0.0

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        [self.rate] = broadcast_all(rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        return self.rate.reciprocal()

    @property
    def mode(self) -> Any:
        return self.rate * 0

    @property
    def variance(self) -> Any:
        return self.rate.square().reciprocal()

    def rsample(self, sample_shape: Any = ()) -> Any:
        return -uniform_open(self._extended_shape(sample_shape), self.rate.dtype).log() / self.rate

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        return -(-self.rate * value).expm1()

    def icdf(self, value: Any) -> Any:
        return -(-value).log1p() / self.rate

    def entropy(self) -> Any:
        return 1 - self.rate.log()

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return (-self.rate,)

    def _log_normalizer(self, x: Any) -> Any:
        return -(-x).log()


class Laplace(LocationScale):
    """exp(-|x - loc| / scale) / (2 scale)."""

    @property
    def variance(self) -> Any:
        return 2 * self.scale.square()

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = uniform_open(self._extended_shape(sample_shape), self.loc.dtype) - 0.5
        return self.loc - self.scale * u.sign() * (-2 * u.abs()).log1p()

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        apart = value - self.loc
        return 0.5 - 0.5 * apart.sign() * (-apart.abs() / self.scale).expm1()

    def icdf(self, value: Any) -> Any:
        term = value - 0.5
        return self.loc - self.scale * term.sign() * (-2 * term.abs()).log1p()

    def entropy(self) -> Any:
        return 1 + (2 * self.scale).log()


class Cauchy(LocationScale):
    """1 / (pi scale (1 + ((x - loc) / scale)^2))."""

    @property
    def mean(self) -> Any:
        return self.loc * NAN

    @property
    def variance(self) -> Any:
        return self.loc * 0 + INF

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(uniform_open(self._extended_shape(sample_shape), self.loc.dtype))

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        apart = (value - self.loc) / self.scale
        return -math.log(math.pi) - self.scale.log() - (apart * apart).log1p()

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        return ((value - self.loc) / self.scale).atan() / math.pi + 0.5

    def icdf(self, value: Any) -> Any:
        return ((value - 0.5) * math.pi).tan() * self.scale + self.loc

    def entropy(self) -> Any:
        return math.log(4 * math.pi) + self.scale.log()
