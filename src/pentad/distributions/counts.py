"""Distributions of counts: of successes, of choices, of arrivals."""

from __future__ import annotations

import math
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.discrete import OneHotCategorical, OverChoices, Trial
from pentad.distributions.exponential_family import ExponentialFamily
from pentad.distributions.gamma import standard_gamma
from pentad.distributions.utils import broadcast_all, softplus, uniform_open
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, message
from pentad.tensor.control.flow import while_loop
from pentad.tensor.functions.creation import zeros
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.random import rand
from pentad.tensor.functions.ranges import arange
from pentad.tensor.functions.special import lgamma, xlogy
from pentad.tensor.state import no_grad


def _binomial(count: Any, probs: Any, shape: Any, most: int) -> Any:
    """How many of `count` uniform numbers are below `probs`; count is at most `most`."""
    trials = rand((most, *shape), dtype=probs.dtype)
    number = arange(0, most, dtype=probs.dtype).reshape(most, *(1,) * len(shape))
    return ((trials < probs) & (number < count)).to(probs.dtype).sum(0)


def _beside(total_count: Any, probs: Any, logits: Any) -> tuple[tuple[Any, Any], Any]:
    """((probs, logits), total_count), the ones that are given of one shape."""
    if (probs is None) == (logits is None):
        return (probs, logits), total_count  # an error, which the class words
    chance, total_count = broadcast_all(logits if probs is None else probs, total_count)
    return ((chance, None) if probs is not None else (None, chance)), total_count


class Binomial(Trial):
    """How many of `total_count` trials succeed."""

    has_enumerate_support = True
    arg_constraints = {"total_count": constraints.nonnegative_integer, **Trial.arg_constraints}

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        chance, self.total_count = _beside(total_count, probs, logits)
        # A number is known while pentad.compile traces, a tensor's values are not.
        self._count = int(total_count) if isinstance(total_count, (int, float)) else None
        super().__init__(*chance, validate_args)

    def _most(self) -> int:
        """The largest total_count."""
        if self._count is not None:
            return self._count
        return int(self.total_count.max().item()) if self.total_count.numel() else 0

    @property
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            shape = self._extended_shape(sample_shape)
            return _binomial(self.total_count, self.probs, shape, self._most())

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        n, x = self.total_count, self.logits
        ways = lgamma(n + 1) - lgamma(value + 1) - lgamma(n - value + 1)
        return ways + value * x - n * softplus(x)

    def entropy(self) -> Any:
        values = self.enumerate_support()
        log = self.log_prob(values)
        return -(log.exp() * log).sum(0)

    def enumerate_support(self, expand: bool = True) -> Any:
        most = self._most()
        if self._count is None and not bool((self.total_count == most).all()):
            raise self._missing("one support for different total_count")
        values = arange(0, most + 1, dtype=self.total_count.dtype)
        values = values.reshape(most + 1, *(1,) * len(self.batch_shape))
        return values.expand(most + 1, *self.batch_shape) if expand else values


class Multinomial(OverChoices):
    """How often each of k choices falls in `total_count` draws."""

    arg_constraints = OneHotCategorical.arg_constraints

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int) or total_count < 0:
            raise ArgumentError(
                message("Multinomial: total_count", expected="an integer >= 0",
                        got=repr(total_count))
            )
        self.total_count = total_count
        super().__init__(probs, logits, validate_args)

    @property
    def support(self) -> Any:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Any:
        return self.probs * self.total_count

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs) * self.total_count

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            drawn = self._categorical.sample((self.total_count, *tuple(sample_shape)))
            places = arange(0, self.event_shape[0])
            return (drawn.unsqueeze(-1) == places).to(self.probs.dtype).sum(0)

    def log_prob(self, value: Any) -> Any:
        ways = lgamma(value.sum(-1) + 1) - lgamma(value + 1).sum(-1)
        logits = where((value == 0) & (self.logits == -math.inf), 0.0, self.logits)
        return ways + (logits * value).sum(-1)

    def entropy(self) -> Any:
        """By the entropy of one draw, and the counts of each choice, which are binomial."""
        n, p = self.total_count, self.probs
        counts = Binomial(n, p, validate_args=False).enumerate_support(False)
        found = n * self._categorical.entropy() - math.lgamma(n + 1)
        if n < 1:
            return found
        counts = counts.narrow(0, 1, n)
        chances = Binomial(n, p, validate_args=False).log_prob(counts).exp()
        return found + (chances * lgamma(counts + 1)).sum((0, -1))


class Poisson(ExponentialFamily):
    """rate^k exp(-rate) / k!."""

    arg_constraints = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        [self.rate] = broadcast_all(rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        return self.rate

    @property
    def mode(self) -> Any:
        return self.rate.floor()

    @property
    def variance(self) -> Any:
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return poisson(self.rate.expand(*self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        return xlogy(value, self.rate) - self.rate - lgamma(value + 1)

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return (self.rate.log(),)

    def _log_normalizer(self, x: Any) -> Any:
        return x.exp()


_LEAST, _TURNS = 30.0, 64


def _none() -> Any:
    return zeros((), dtype=dtypes.int64)


def _some_are_large(state: Any) -> Any:
    """Go on while a number in the second place is large; without end for inf, so only _TURNS."""
    return (state[1] > _LEAST).any() & (state[2] < _TURNS)


def poisson(rate: Any) -> Any:
    """Poisson numbers: arrivals counted up to rate 30, and beyond it the rate is first split.

    With m = floor(7/8 rate), the m-th arrival comes at a gamma time t: before t = rate there are m
    arrivals and a Poisson number of rate - t more, else a binomial number of m - 1 (Ahrens and
    Dieter, 1974); so the rate shrinks eightfold with each turn.
    """

    def turn(state: tuple[Any, ...]) -> tuple[Any, ...]:
        total, left, n = state
        large = left > _LEAST
        m = where(large, (left * 0.875).floor(), 1.0)
        time = standard_gamma(m)
        early = large & (time <= left)
        late = large & (time > left)
        inner = _split(m, left / time, late)
        total = total + where(early, m, 0.0) + where(late, inner, 0.0)
        return total, where(early, left - time, where(late, 0.0, left)), n + 1

    start = zeros(rate.shape, dtype=rate.dtype), rate, _none()
    total, left, _ = while_loop(_some_are_large, turn, start)
    most = int(_LEAST + 12 * math.sqrt(_LEAST) + 20)
    gaps = -uniform_open((most, *rate.shape), rate.dtype).log()
    return total + (gaps.cumsum(0) <= left).to(rate.dtype).sum(0)


def _split(m: Any, ratio: Any, wanted: Any) -> Any:
    """Binomial numbers of m - 1 trials where wanted, by halving with beta numbers."""
    count, p = where(wanted, m - 1, 0.0), ratio.clamp(max=1.0)

    def halve(state: tuple[Any, ...]) -> tuple[Any, ...]:
        total, count, n, p = state
        large = count > _LEAST
        middle = where(large, (count / 2).floor() + 1, 1.0)
        above = standard_gamma(middle)
        split = above / (above + standard_gamma(where(large, count + 1 - middle, 1.0)))
        # The middle-th smallest of `count` uniform numbers is `split`.
        below = large & (split <= p)
        over = large & (split > p)
        total = total + where(below, middle, 0.0)
        rest = where(below, count - middle, where(over, middle - 1, count))
        scaled = where(below, (p - split) / (1 - split), where(over, p / split, p))
        return total, rest, n + 1, scaled.clamp(0, 1)

    start = zeros(m.shape, dtype=m.dtype), count, _none(), p
    total, count, _, p = while_loop(_some_are_large, halve, start)
    return total + _binomial(count, p, m.shape, int(_LEAST))


class NegativeBinomial(Trial):
    """How many successes precede `total_count` failures."""

    arg_constraints = {
        "total_count": constraints.nonnegative, "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }

    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        chance, self.total_count = _beside(total_count, probs, logits)
        super().__init__(*chance, validate_args)

    @property
    def mean(self) -> Any:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Any:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0)

    @property
    def variance(self) -> Any:
        return self.mean / (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            shape = self._extended_shape(sample_shape)
            return poisson(standard_gamma(self.total_count.expand(*shape)) * self.logits.exp())

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        n, p = self.total_count, self.probs
        ways = lgamma(n + value) - lgamma(1 + value) - lgamma(n)
        return ways + n * (-p).log1p() + xlogy(value, p)
