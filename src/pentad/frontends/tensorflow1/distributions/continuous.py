"""Distributions of real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.frontends.tensorflow1.distributions.base import (
    NOT_REPARAMETERIZED,
    Known,
    divergence_of,
)
from pentad.frontends.tensorflow1.ops import elementwise as e
from pentad.frontends.tensorflow1.ops import random
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import greater, where
from pentad.frontends.tensorflow1.ops.creation import fill, ones
from pentad.frontends.tensorflow1.ops.reductions import reduce_min, reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import reshape
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of


def _or_nan(holds: Any, value: Any) -> Any:
    """The value where a condition holds, elsewhere not a number."""
    return where(holds, value, fill(shape_of(value), value.dtype.as_numpy_dtype(np.nan)))


class Normal(Known):
    """The normal distribution."""

    KIND, OWN = "Normal", ("log_prob", "cdf", "icdf", "entropy", "mean", "variance")
    loc: Any
    scale: Any

    def __init__(
        self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True,
        name: str = "Normal",
    ) -> None:
        self._begin({"loc": loc, "scale": scale}, validate_args, allow_nan_stats, name)

    def _sample_n(self, n: Any, seed: Any) -> Any:
        drawn = random.random_normal(self._drawn_shape(n), dtype=self.dtype, seed=seed)
        return drawn * self.scale + self.loc

    def _mode(self) -> Any:
        return self._ask("mean")


class Laplace(Known):
    """The double exponential distribution."""

    KIND, OWN = "Laplace", ("log_prob", "cdf", "icdf", "entropy", "mean", "variance")
    loc: Any
    scale: Any

    def __init__(
        self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True,
        name: str = "Laplace",
    ) -> None:
        self._begin({"loc": loc, "scale": scale}, validate_args, allow_nan_stats, name)

    def _sample_n(self, n: Any, seed: Any) -> Any:
        least = float(np.nextafter(self.dtype.as_numpy_dtype(-1.0), 0))
        u = random.random_uniform(self._drawn_shape(n), least, 1.0, self.dtype, seed)
        return self.loc - self.scale * e.sign(u) * e.log1p(-e.abs(u))

    def _mode(self) -> Any:
        return self._ask("mean")


class Uniform(Known):
    """Evenly spread from low to high."""

    KIND, OWN = "Uniform", ("log_prob", "cdf", "icdf", "entropy", "mean", "variance")
    low: Any
    high: Any

    def __init__(
        self, low: Any = 0.0, high: Any = 1.0, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "Uniform",
    ) -> None:
        self._begin({"low": low, "high": high}, validate_args, allow_nan_stats, name)

    def range(self, name: str = "range") -> Any:
        """high - low."""
        return self.high - self.low

    def _sample_n(self, n: Any, seed: Any) -> Any:
        u = random.random_uniform(self._drawn_shape(n), dtype=self.dtype, seed=seed)
        return self.low + self.range() * u


class Gamma(Known):
    """The gamma distribution, by its concentration and its rate."""

    KIND, OWN = "Gamma", ("log_prob", "cdf", "entropy", "mean", "variance")
    concentration: Any
    rate: Any

    def __init__(
        self, concentration: Any, rate: Any, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "Gamma",
    ) -> None:
        self._begin({"concentration": concentration, "rate": rate}, validate_args,
                    allow_nan_stats, name)

    def _sample_n(self, n: Any, seed: Any) -> Any:
        alpha = self.concentration + 0.0 * self.rate
        return random.random_gamma(
            reshape(n, [1]), alpha, self.rate, self.dtype, seed)

    def _mode(self) -> Any:
        return _or_nan(greater(self.concentration + 0.0 * self.rate, 1.0),
                       (self.concentration - 1.0) / self.rate)


class Exponential(Known):
    """The exponential distribution, by its rate."""

    KIND, OWN = "Exponential", ("log_prob", "cdf", "icdf", "entropy", "mean", "variance")
    rate: Any

    def __init__(
        self, rate: Any, validate_args: bool = False, allow_nan_stats: bool = True,
        name: str = "Exponential",
    ) -> None:
        self._begin({"rate": rate}, validate_args, allow_nan_stats, name)

    def _sample_n(self, n: Any, seed: Any) -> Any:
        least = float(np.finfo(self.dtype.as_numpy_dtype).tiny)
        u = random.random_uniform(self._drawn_shape(n), least, 1.0, self.dtype, seed)
        return -e.log(u) / self.rate


class StudentT(Known):
    """Student's distribution of df degrees of freedom, moved and stretched."""

    KIND, OWN = "StudentT", ("log_prob", "entropy", "mean", "variance")
    df: Any
    loc: Any
    scale: Any

    def __init__(
        self, df: Any, loc: Any, scale: Any, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "StudentT",
    ) -> None:
        self._begin({"df": df, "loc": loc, "scale": scale}, validate_args, allow_nan_stats, name)

    def _sample_n(self, n: Any, seed: Any) -> Any:
        shape = self._drawn_shape(n)
        normal = random.random_normal(shape, dtype=self.dtype, seed=seed)
        half = 0.5 * self.df * ones(self.batch_shape_tensor(), self.dtype)
        gamma = random.random_gamma(reshape(n, [1]), half, 0.5, self.dtype, seed)
        return self.loc + self.scale * normal * e.rsqrt(gamma / self.df)

    def _mode(self) -> Any:
        return self.loc * ones(self.batch_shape_tensor(), self.dtype)


class Beta(Known):
    """The beta distribution, by its two concentrations."""

    KIND, OWN = "Beta", ("log_prob", "cdf", "entropy", "mean", "variance")
    concentration1: Any
    concentration0: Any

    def __init__(
        self, concentration1: Any = None, concentration0: Any = None, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "Beta",
    ) -> None:
        given = {"concentration1": concentration1, "concentration0": concentration0}
        self._begin(given, validate_args, allow_nan_stats, name)

    @property
    def total_concentration(self) -> Any:
        """The sum of both."""
        return self.concentration1 + self.concentration0

    def _sample_n(self, n: Any, seed: Any) -> Any:
        a, b = (
            random.random_gamma(
                reshape(n, [1]), c * ones(self.batch_shape_tensor(), self.dtype), None, self.dtype,
                seed)
            for c in (self.concentration1, self.concentration0))
        return a / (a + b)

    def _mode(self) -> Any:
        one = ones(self.batch_shape_tensor(), self.dtype)
        least = e.minimum(self.concentration1 * one, self.concentration0 * one)
        return _or_nan(greater(least, 1.0),
                       (self.concentration1 - 1.0) / (self.total_concentration - 2.0))


class Dirichlet(Known):
    """Shares that add up to one, by their concentrations."""

    KIND, EVENT_AXES, HOW = "Dirichlet", 1, NOT_REPARAMETERIZED
    OWN = ("log_prob", "entropy", "mean", "variance")
    concentration: Any

    def __init__(
        self, concentration: Any, validate_args: bool = False, allow_nan_stats: bool = True,
        name: str = "Dirichlet",
    ) -> None:
        self._begin({"concentration": concentration}, validate_args, allow_nan_stats, name)

    @property
    def total_concentration(self) -> Any:
        """The sum of all."""
        return reduce_sum(self.concentration, -1)

    def _sample_n(self, n: Any, seed: Any) -> Any:
        drawn = random.random_gamma(
            reshape(n, [1]), self.concentration, None, self.dtype, seed)
        return drawn / reduce_sum(drawn, -1, keepdims=True)

    def _mode(self) -> Any:
        own = self.concentration
        size = cast(shape_of(own)[-1], self.dtype)
        value = (own - 1.0) / (reduce_sum(own, -1, keepdims=True) - size)
        holds = greater(reduce_min(own, -1, keepdims=True) + 0.0 * own, 1.0)
        return _or_nan(holds, value)


for _kind in (Normal, Gamma, Beta, Dirichlet):
    divergence_of(_kind)
