"""Distributions of single trials and choices."""

from __future__ import annotations

import math
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.distribution import Distribution
from pentad.distributions.exponential_family import ExponentialFamily
from pentad.distributions.utils import (
    broadcast_all,
    clamp_probs,
    common,
    logits_to_probs,
    probs_to_logits,
    softplus,
    uniform_open,
)
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, message
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.random import rand
from pentad.tensor.functions.ranges import arange
from pentad.tensor.functions.special import xlogy
from pentad.tensor.state import no_grad


class Chances(Distribution):
    """Parametrised by `probs` or `logits`, one of which is given."""

    binary = True

    def _take(self, probs: Any, logits: Any) -> Any:
        if (probs is None) == (logits is None):
            raise ArgumentError(
                message(f"{type(self).__name__}: parameters", expected="either probs or logits",
                        got="both" if probs is not None else "none")
            )
        if probs is not None:
            self._probs, self._logits = probs, None
            return probs
        self._probs, self._logits = None, logits
        return logits

    @property
    def probs(self) -> Any:
        """Probabilities."""
        if self._probs is None:
            return logits_to_probs(self._logits, self.binary)
        return self._probs

    @property
    def logits(self) -> Any:
        """Logarithms of the odds (of probabilities, where there are several choices)."""
        if self._logits is None:
            return probs_to_logits(self._probs, self.binary)
        return self._logits

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter that was given."""
        return (self._probs if self._logits is None else self._logits).shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}(probs: {self.probs})"

    def _check_chances(self) -> None:
        if self._validate_args and self._probs is not None:
            self._require(constraints.unit_interval, self._probs, "probs")
        elif self._validate_args:
            self._require(constraints.real, self._logits, "logits")


class Trial(Chances):
    """Of trials with two outcomes, one for each element of `probs` or `logits`."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        given = self._take(
            None if probs is None else broadcast_all(probs)[0],
            None if logits is None else broadcast_all(logits)[0],
        )
        super().__init__(given.shape, (), validate_args)
        self._check_chances()


class Bernoulli(Trial, ExponentialFamily):
    """1 with probability `probs`, else 0."""

    support = constraints.boolean
    has_enumerate_support = True
    _mean_carrier_measure = 0.0

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        p = self.probs
        return where(p == 0.5, math.nan, (p >= 0.5).to(p.dtype))

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            p = self.probs
            return (rand(self._extended_shape(sample_shape), dtype=p.dtype) < p).to(p.dtype)

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        x = self.logits
        return value * x - softplus(x)

    def entropy(self) -> Any:
        x = self.logits
        return softplus(x) - self.probs * x

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        return softplus(x)

    def enumerate_support(self, expand: bool = True) -> Any:
        values = arange(0, 2, dtype=self.probs.dtype).reshape(2, *(1,) * len(self.batch_shape))
        return values.expand(2, *self.batch_shape) if expand else values


class Geometric(Trial):
    """How many failures precede the first success."""

    support = constraints.nonnegative_integer

    @property
    def mean(self) -> Any:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Any:
        return self.probs * 0

    @property
    def variance(self) -> Any:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            u = uniform_open(self._extended_shape(sample_shape), self.probs.dtype)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        return xlogy(value, 1 - self.probs) + self.probs.log()

    def entropy(self) -> Any:
        return Bernoulli(logits=self.logits, validate_args=False).entropy() / self.probs


class Categorical(Chances):
    """One of k choices, 0 to k - 1; the last dimension of the parameters are the choices."""

    binary = False
    has_enumerate_support = True
    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        if probs is not None:
            probs = probs / probs.sum(-1, True)
        if logits is not None:
            logits = logits - logits.logsumexp(-1, True)
        given = self._take(probs, logits)
        self._events = given.shape[-1]
        super().__init__(given.shape[:-1], (), validate_args)
        self._check_chances()

    @property
    def support(self) -> Any:
        return constraints.integer_interval(0, self._events - 1)

    @property
    def mean(self) -> Any:
        return self.probs.sum(-1) * math.nan

    @property
    def mode(self) -> Any:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Any:
        return self.mean

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            edges = self.probs.detach().cumsum(-1)
            # The last edge stands for 1, whatever the rounding.
            u = rand(self._extended_shape(sample_shape), dtype=edges.dtype).unsqueeze(-1)
            return (u >= edges.narrow(-1, 0, self._events - 1)).sum(-1)

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        index = value.long()
        shape = common(index.shape, self.batch_shape)
        index = index.broadcast_to(shape).unsqueeze(-1)
        return self.logits.expand(*shape, self._events).gather(-1, index).squeeze(-1)

    def entropy(self) -> Any:
        p = self.probs
        return -xlogy(p, clamp_probs(p)).sum(-1) if self._logits is None else -(
            p * self.logits.clamp(min=-1e300 if p.dtype is dtypes.float64 else -1e38)
        ).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        values = arange(0, self._events).reshape(self._events, *(1,) * len(self.batch_shape))
        return values.expand(self._events, *self.batch_shape) if expand else values


class OverChoices(Distribution):
    """Of vectors with one number for each choice of a Categorical."""

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        events = (self._categorical._events,)
        super().__init__(self._categorical.batch_shape, events, validate_args)

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter that was given."""
        return self._categorical.param_shape

    @property
    def probs(self) -> Any:
        """Probabilities."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """Logarithms of the probabilities."""
        return self._categorical.logits


class OneHotCategorical(OverChoices):
    """A Categorical whose values are one-hot vectors."""

    support = constraints.one_hot
    has_enumerate_support = True
    arg_constraints = Categorical.arg_constraints

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        return self._one_hot(self._categorical.mode)

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def _one_hot(self, choice: Any) -> Any:
        places = arange(0, self.event_shape[0])
        return (choice.unsqueeze(-1) == places).to(self.probs.dtype)

    def sample(self, sample_shape: Any = ()) -> Any:
        return self._one_hot(self._categorical.sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Any:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Any:
        return self._one_hot(self._categorical.enumerate_support(expand))


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """Its samples have the gradient of the probabilities (Bengio et al., 2013)."""

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> Any:
        p = self.probs
        return self.sample(sample_shape) + (p - p.detach())
