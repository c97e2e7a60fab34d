"""Distributions that are transforms of others, relaxed ones, and the circle's."""

from __future__ import annotations

import math
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.continuous import Cauchy, Normal
from pentad.distributions.discrete import Bernoulli, OneHotCategorical
from pentad.distributions.distribution import Distribution
from pentad.distributions.gamma import Gamma
from pentad.distributions.transformed import TransformedDistribution
from pentad.distributions.transforms import (
    AbsTransform,
    ExpTransform,
    PowerTransform,
    StickBreakingTransform,
)
from pentad.distributions.utils import LOG_2PI, broadcast_all, softplus, uniform_open
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.special import digamma, i0e, i1e, lgamma
from pentad.tensor.state import no_grad


class LogNormal(TransformedDistribution):
    """exp(X), X normal."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(loc, scale, validate_args), ExpTransform(), validate_args)

    @property
    def loc(self) -> Any:
        """The mean of the logarithm."""
        return self.base_dist.loc  # type: ignore[attr-defined]

    @property
    def scale(self) -> Any:
        """The standard deviation of the logarithm."""
        return self.base_dist.scale  # type: ignore[attr-defined]

    @property
    def mean(self) -> Any:
        return (self.loc + self.scale.square() / 2).exp()

    @property
    def mode(self) -> Any:
        return (self.loc - self.scale.square()).exp()

    @property
    def variance(self) -> Any:
        square = self.scale.square()
        return square.expm1() * (2 * self.loc + square).exp()

    def entropy(self) -> Any:
        return self.base_dist.entropy() + self.loc


class HalfCauchy(TransformedDistribution):
    """|X|, X of a Cauchy distribution about 0."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0.0, scale, validate_args), AbsTransform(), validate_args)

    @property
    def scale(self) -> Any:
        """The scale."""
        return self.base_dist.scale  # type: ignore[attr-defined]

    @property
    def mean(self) -> Any:
        return self.scale.detach() * 0 + math.inf

    @property
    def mode(self) -> Any:
        return self.scale.detach() * 0

    @property
    def variance(self) -> Any:
        return self.base_dist.variance

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        found = self.base_dist.log_prob(value) + math.log(2)
        return where(value >= 0, found, -math.inf)

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Any) -> Any:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Any:
        return self.base_dist.entropy() - math.log(2)


class InverseGamma(TransformedDistribution):
    """1 / X, X of a gamma distribution."""

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        base = Gamma(concentration, rate, validate_args)
        super().__init__(base, PowerTransform(-1.0), validate_args)

    @property
    def concentration(self) -> Any:
        """The shape parameter."""
        return self.base_dist.concentration  # type: ignore[attr-defined]

    @property
    def rate(self) -> Any:
        """The rate of the gamma distribution, the scale of this one."""
        return self.base_dist.rate  # type: ignore[attr-defined]

    @property
    def mean(self) -> Any:
        a = where(self.concentration > 1, self.concentration, 2.0)
        return where(self.concentration > 1, self.rate / (a - 1), math.inf)

    @property
    def mode(self) -> Any:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Any:
        a = where(self.concentration > 2, self.concentration, 3.0)
        found = self.rate.square() / ((a - 1).square() * (a - 2))
        return where(self.concentration > 2, found, math.inf)

    def entropy(self) -> Any:
        a = self.concentration
        return a + self.rate.log() + lgamma(a) - (1 + a) * digamma(a)


class LogisticNormal(TransformedDistribution):
    """Probabilities that normal numbers give by breaking a stick (StickBreakingTransform)."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.simplex

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base: Any = Normal(loc, scale, validate_args)
        base = base if base.batch_shape else base.expand((1,))
        super().__init__(base, StickBreakingTransform(), validate_args)

    @property
    def loc(self) -> Any:
        """The means of the normal numbers."""
        return self.base_dist.base_dist.loc  # type: ignore[attr-defined]

    @property
    def scale(self) -> Any:
        """Their standard deviations."""
        return self.base_dist.base_dist.scale  # type: ignore[attr-defined]


class RelaxedBernoulli(Distribution):
    """A Bernoulli made continuous at a temperature (Maddison et al., The concrete distribution)."""

    arg_constraints = Bernoulli.arg_constraints
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        base = Bernoulli(probs, logits, validate_args)
        self.temperature, self.logits = broadcast_all(temperature, base.logits)
        super().__init__(self.logits.shape, (), validate_args)

    @property
    def probs(self) -> Any:
        """The probability of 1."""
        return self.logits.sigmoid()

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = uniform_open(self._extended_shape(sample_shape), self.logits.dtype)
        return ((u.log() - (-u).log1p() + self.logits) / self.temperature).sigmoid()

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        odds = value.log() - (-value).log1p()
        t = self.temperature
        apart = self.logits - odds * t
        inside = t.log() + apart - 2 * softplus(apart)
        return inside - value.log() - (-value).log1p()


class RelaxedOneHotCategorical(Distribution):
    """A OneHotCategorical made continuous at a temperature (Gumbel-softmax)."""

    arg_constraints = OneHotCategorical.arg_constraints
    support = constraints.simplex
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        base = OneHotCategorical(probs, logits, validate_args)
        self.logits = base.logits
        [self.temperature] = broadcast_all(temperature)
        super().__init__(base.batch_shape, base.event_shape, validate_args)

    @property
    def probs(self) -> Any:
        """The probabilities of the choices."""
        return self.logits.softmax(-1)

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = uniform_open(self._extended_shape(sample_shape), self.logits.dtype)
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores.softmax(-1)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        made = self._copy(_instance)
        made.batch_shape = tuple(batch_shape)
        made.logits = self.logits.expand(*batch_shape, *self.event_shape)
        return made

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        k, t = self.event_shape[0], self.temperature
        scores = self.logits - value.log() * t
        scores = (scores - scores.logsumexp(-1, True)).sum(-1)
        return scores + math.lgamma(k) + (k - 1) * t.log() - value.log().sum(-1)


class VonMises(Distribution):
    """exp(concentration cos(x - loc)) / (2 pi I0(concentration)) on the circle."""

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        """The circular variance."""
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        k = self.concentration
        return k * ((value - self.loc).cos() - 1) - LOG_2PI - i0e(k).log()

    def sample(self, sample_shape: Any = ()) -> Any:
        """By rejection from a wrapped Cauchy (Best and Fisher, 1979), 40 attempts at once."""
        with no_grad():
            k, shape = self.concentration, self._extended_shape(sample_shape)
            tau = 1 + (1 + 4 * k * k).sqrt()
            rho = (tau - (2 * tau).sqrt()) / (2 * k)
            # For small concentrations the formula cancels: its limit is 1 / k + k.
            r = where(k < 1e-2, 1 / k + k, (1 + rho * rho) / (2 * rho))
            u1, u2, u3 = (uniform_open((40, *shape), k.dtype) for _ in range(3))
            z = (math.pi * u1).cos()
            f = (1 + r * z) / (r + z)
            c = k * (r - f)
            accepted = ((c * (2 - c) - u2) > 0) | ((c / u2).log() + 1 - c >= 0)
            first = accepted.to(k.dtype).argmax(0).unsqueeze(0)
            side = (u3 - 0.5).sign().gather(0, first).squeeze(0)
            angle = side * f.gather(0, first).squeeze(0).clamp(-1, 1).acos()
            return (angle + self.loc + math.pi).remainder(2 * math.pi) - math.pi


