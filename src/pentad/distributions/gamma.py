"""The gamma distribution and those made of it: Beta, Dirichlet, Chi2, StudentT, FisherSnedecor.

Gamma numbers come from Marsaglia and Tsang's method (A simple method for generating gamma
variables, 2000), vectorised: each element makes ATTEMPTS attempts and takes the first that is
accepted (at least 95% are, so that one in 1e15 elements takes none and keeps its last attempt).
Samples depend on the generator's seed and offset alone. Their gradients are implicit (Figurnov et
al., Implicit reparameterization gradients, 2018).
"""

from __future__ import annotations

import math
from typing import Any

from pentad import ops
from pentad.distributions import constraints
from pentad.distributions.distribution import Distribution
from pentad.distributions.exponential_family import ExponentialFamily
from pentad.distributions.utils import (
    broadcast_all,
    standard_normal,
    tiny,
    uniform_open,
)
from pentad.graph.errors import ShapeError, message
from pentad.graph.node import Node
from pentad.ops import special_gamma
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.ranges import arange
from pentad.tensor.functions.shaping import stack
from pentad.tensor.functions.special import digamma, gammainc, lgamma, xlogy

ATTEMPTS = 12


@surface
def _chosen(a: Node, normal: Node, uniform: Node) -> Node:
    """The first accepted attempt along the first axis, for shapes a >= 1."""
    d = a - 1 / 3
    wide = ops.broadcast(ops.rsqrt(d * 9), normal.shape)
    cube = 1 + wide * normal
    v = cube * cube * cube
    positive = ops.gt(v, ops.full_like(0, v))
    safe = ops.where(positive, v, ops.full_like(1, v))
    spread = ops.broadcast(d, normal.shape)
    bound = normal * normal * 0.5 + spread * (1 - safe + ops.log(safe))
    accepted = ops.logical_and(positive, ops.lt(ops.log(uniform), bound))
    first = ops.argmax(ops.cast(accepted, a.dtype), 0)
    place = ops.reshape(first, (1, *first.shape))
    return d * ops.reshape(ops.take_along_axis(safe, place, 0), a.shape)


@surface
def _attached(a: Node, x: Node) -> Node:
    """`x`, with the implicit gradient dx/da."""
    slope = ops.stop_gradient(special_gamma.gamma_derivative(a, x))
    return ops.stop_gradient(x) + (a - ops.stop_gradient(a)) * slope


def standard_gamma(concentration: Any) -> Any:
    """Gamma numbers of rate 1 in the shape of `concentration`, differentiable in it."""
    a = concentration.detach()
    small = a < 1
    shape = (ATTEMPTS, *a.shape)
    uniform = uniform_open(shape, a.dtype)
    drawn = _chosen(where(small, a + 1, a), standard_normal(shape, a.dtype), uniform)
    # Gamma(a) = Gamma(a + 1) U^(1/a).
    boost = (uniform_open(a.shape, a.dtype).log() / a).exp()
    drawn = (drawn * where(small, boost, 1.0)).clamp(min=tiny(a.dtype))
    return _attached(concentration, drawn) if concentration.requires_grad else drawn


class Gamma(ExponentialFamily):
    """rate^a x^(a - 1) exp(-rate x) / Gamma(a), a the concentration."""

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0.0

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        return self.concentration / self.rate

    @property
    def mode(self) -> Any:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Any:
        return self.concentration / self.rate.square()

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        drawn = standard_gamma(self.concentration.expand(*shape))
        return (drawn / self.rate).clamp(min=tiny(drawn.dtype))

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        a = self.concentration
        return xlogy(a, self.rate) + xlogy(a - 1, value) - self.rate * value - lgamma(a)

    def cdf(self, value: Any) -> Any:
        self._validate_sample(value)
        return gammainc(self.concentration, self.rate * value)

    def entropy(self) -> Any:
        a = self.concentration
        return a - self.rate.log() + lgamma(a) + (1 - a) * digamma(a)

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return lgamma(x + 1) - (x + 1) * (-y).log()


class Chi2(Gamma):
    """The sum of the squares of `df` standard normal numbers."""

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        [self.df] = broadcast_all(df)
        super().__init__(self.df * 0.5, 0.5, validate_args)


def _peak(concentration: Any) -> Any:
    """The mode of a Dirichlet distribution; the first corner where every corner is one."""
    less = (concentration - 1).clamp(min=0)
    first = (arange(0, less.shape[-1]) == 0).to(less.dtype)
    corner = (concentration < 1).all(-1, True)
    return where(corner, first, less / where(corner, 1.0, less.sum(-1, True)))


class Dirichlet(ExponentialFamily):
    """Probabilities that sum to 1, of density prod x_i^(a_i - 1)."""

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if concentration.ndim < 1:
            raise ShapeError(message("Dirichlet: concentration", expected="[*, k]", got="[]"))
        self.concentration = concentration
        shape = concentration.shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Any:
        return _peak(self.concentration)

    @property
    def variance(self) -> Any:
        total = self.concentration.sum(-1, True)
        mean = self.concentration / total
        return mean * (1 - mean) / (total + 1)

    def rsample(self, sample_shape: Any = ()) -> Any:
        drawn = standard_gamma(self.concentration.expand(*self._extended_shape(sample_shape)))
        return drawn / drawn.sum(-1, True)

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        a = self.concentration
        return xlogy(a - 1, value).sum(-1) + lgamma(a.sum(-1)) - lgamma(a).sum(-1)

    def entropy(self) -> Any:
        a, k = self.concentration, self.concentration.shape[-1]
        total = a.sum(-1)
        return (
            lgamma(a).sum(-1) - lgamma(total) - (k - total) * digamma(total)
            - ((a - 1) * digamma(a)).sum(-1)
        )

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return (self.concentration,)

    def _log_normalizer(self, x: Any) -> Any:
        return lgamma(x).sum(-1) - lgamma(x.sum(-1))


class TwoConcentrations(Distribution):
    """The part of Beta and Kumaraswamy that is one: parameters, values between 0 and 1."""

    arg_constraints = {
        "concentration1": constraints.positive, "concentration0": constraints.positive
    }
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        super().__init__(self.concentration0.shape, (), validate_args)


class Beta(TwoConcentrations, ExponentialFamily):
    """x^(a - 1) (1 - x)^(b - 1) / B(a, b)."""

    @property
    def mean(self) -> Any:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Any:
        return _peak(stack([self.concentration1, self.concentration0], -1)).select(-1, 0)

    @property
    def variance(self) -> Any:
        a, b = self.concentration1, self.concentration0
        return a * b / ((a + b).square() * (a + b + 1))

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        first = standard_gamma(self.concentration1.expand(*shape))
        return first / (first + standard_gamma(self.concentration0.expand(*shape)))

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        a, b = self.concentration1, self.concentration0
        inside = xlogy(a - 1, value) + xlogy(b - 1, 1 - value)
        return inside + lgamma(a + b) - lgamma(a) - lgamma(b)

    def cdf(self, value: Any) -> Any:
        from pentad.tensor.functions.special import betainc

        return betainc(self.concentration1, self.concentration0, value)

    def entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
        known = (a - 1) * digamma(a) + (b - 1) * digamma(b) - (a + b - 2) * digamma(a + b)
        return log_beta - known

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return self.concentration1, self.concentration0

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return lgamma(x) + lgamma(y) - lgamma(x + y)


class StudentT(Distribution):
    """A normal number over the root of a mean of `df` squares of such."""

    arg_constraints = {
        "df": constraints.positive, "loc": constraints.real, "scale": constraints.positive
    }
    support = constraints.real
    has_rsample = True

    def __init__(
        self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        return where(self.df > 1, self.loc, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        wide = self.df.clamp(min=2)
        found = self.scale.square() * wide / (wide - 2)
        return where(self.df > 1, where(self.df > 2, found, math.inf), math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        normal = standard_normal(shape, self.df.dtype)
        squares = standard_gamma((self.df * 0.5).expand(*shape)) * 2
        return self.loc + self.scale * normal * (self.df / squares).sqrt()

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        y = (value - self.loc) / self.scale
        half = self.df * 0.5
        norm = self.scale.log() + 0.5 * self.df.log() + 0.5 * math.log(math.pi)
        norm = norm + lgamma(half) - lgamma(half + 0.5)
        return -(half + 0.5) * (y * y / self.df).log1p() - norm

    def entropy(self) -> Any:
        half = self.df * 0.5
        log_beta = lgamma(half) + 0.5 * math.log(math.pi) - lgamma(half + 0.5)
        change = digamma(half + 0.5) - digamma(half)
        return self.scale.log() + (half + 0.5) * change + 0.5 * self.df.log() + log_beta


class FisherSnedecor(Distribution):
    """The ratio of two means of df1 and df2 squares of normal numbers."""

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        super().__init__(self.df1.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        wide = where(self.df2 > 2, self.df2, math.nan)
        return wide / (wide - 2)

    @property
    def mode(self) -> Any:
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return where(self.df1 > 2, mode, math.nan)

    @property
    def variance(self) -> Any:
        wide = where(self.df2 > 4, self.df2, math.nan)
        top = 2 * wide.square() * (self.df1 + wide - 2)
        return top / (self.df1 * (wide - 2).square() * (wide - 4))

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        top = standard_gamma((self.df1 * 0.5).expand(*shape)) / self.df1
        low = standard_gamma((self.df2 * 0.5).expand(*shape)) / self.df2
        return (top / low).clamp(min=tiny(self.df1.dtype))

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        first, second, ratio = self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        norm = lgamma(first + second) - lgamma(first) - lgamma(second)
        inside = first * ratio.log() + (first - 1) * value.log()
        return norm + inside - (first + second) * (ratio * value).log1p()


