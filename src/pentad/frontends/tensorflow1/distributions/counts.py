"""Distributions of whole numbers and of counts."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.distributions.base import (
    NOT_REPARAMETERIZED,
    Known,
    divergence_of,
)
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.ops import elementwise as e
from pentad.frontends.tensorflow1.ops import random
from pentad.frontends.tensorflow1.ops.activations import log_softmax, softmax
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import greater, less
from pentad.frontends.tensorflow1.ops.creation import one_hot, ones
from pentad.frontends.tensorflow1.ops.reductions import argmax, reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import concat, expand_dims, reshape, transpose
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of


class _Chances(Known):
    """What has either probabilities or their logarithms."""

    HOW = NOT_REPARAMETERIZED

    def _only_one(self, logits: Any, probs: Any) -> None:
        if (logits is None) == (probs is None):
            raise pt.ArgumentError(static.message(
                "Must pass probs or logits, but not both." if logits is not None else
                "Must pass probs or logits.", expected="one of them"))


class Bernoulli(_Chances):
    """One with a probability, else zero."""

    KIND, OWN = "Bernoulli", ("log_prob", "entropy", "mean", "variance")
    logits: Any
    probs: Any

    def __init__(
        self, logits: Any = None, probs: Any = None, dtype: Any = dtypes.int32,
        validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Bernoulli",
    ) -> None:
        self._only_one(logits, probs)
        self._begin({"logits": logits, "probs": probs}, validate_args, allow_nan_stats, name,
                    dtypes.as_dtype(dtype), {"dtype": dtype})
        if logits is None:
            self.logits = e.log(self.probs) - e.log1p(-1.0 * self.probs)
        else:
            self.probs = e.sigmoid(self.logits)

    def _sample_n(self, n: Any, seed: Any) -> Any:
        u = random.random_uniform(self._drawn_shape(n), dtype=self._base, seed=seed)
        return cast(less(u, self.probs), self.dtype)

    def _mode(self) -> Any:
        return cast(greater(self.probs, 0.5), self.dtype)


class Categorical(_Chances):
    """The number of one of several classes."""

    KIND, OWN = "Categorical", ("log_prob", "entropy")
    logits: Any
    probs: Any

    def __init__(
        self, logits: Any = None, probs: Any = None, dtype: Any = dtypes.int32,
        validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Categorical",
    ) -> None:
        self._only_one(logits, probs)
        self._begin({"logits": logits, "probs": probs}, validate_args, allow_nan_stats, name,
                    dtypes.as_dtype(dtype), {"dtype": dtype})
        if logits is None:
            self.logits = e.log(self.probs)
        else:
            self.probs = softmax(self.logits)

    @property
    def event_size(self) -> Any:
        """How many classes there are."""
        return shape_of(self.logits)[-1]

    def _shapes(self) -> list[Any]:
        return [(next(iter(self._tensors.values())), 1)]

    def _sample_n(self, n: Any, seed: Any) -> Any:
        rows = reshape(self.logits, [-1, shape_of(self.logits)[-1]])
        drawn = random.multinomial(rows, n, seed=seed, output_dtype=self.dtype)
        return reshape(transpose(drawn), self._drawn_shape(n))

    def _mode(self) -> Any:
        return cast(argmax(self.logits, -1), self.dtype)


class Multinomial(_Chances):
    """How often each of several classes comes in so many draws."""

    KIND, EVENT_AXES, OWN = "Multinomial", 1, ()
    logits: Any
    probs: Any

    def __init__(
        self, total_count: Any, logits: Any = None, probs: Any = None, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "Multinomial",
    ) -> None:
        self._only_one(logits, probs)
        self._begin({"logits": logits, "probs": probs}, validate_args, allow_nan_stats, name,
                    more={"total_count": total_count})
        self.total_count = convert_to_tensor(total_count, self._base)
        if logits is None:
            self.logits = e.log(self.probs)
        else:
            self.probs = softmax(self.logits)

    def _shapes(self) -> list[Any]:
        return [*super()._shapes(), (self.total_count, 0)]

    def _log_prob(self, value: Any) -> Any:
        counts = cast(value, self._base)
        return reduce_sum(counts * log_softmax(self.logits), -1) + _arrangements(
            self.total_count, counts)

    def _mean(self) -> Any:
        return self.probs * expand_dims(self.total_count, -1)

    def _variance(self) -> Any:
        return self._mean() * (1.0 - self.probs)

    def _sample_n(self, n: Any, seed: Any) -> Any:
        return _drawn_counts(self, self.logits, self.total_count, n, seed)


class DirichletMultinomial(_Chances):
    """Counts of so many draws whose probabilities are themselves drawn."""

    KIND, EVENT_AXES, OWN = "DirichletMultinomial", 1, ()
    concentration: Any

    def __init__(
        self, total_count: Any, concentration: Any, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "DirichletMultinomial",
    ) -> None:
        self._begin({"concentration": concentration}, validate_args, allow_nan_stats, name,
                    more={"total_count": total_count})
        self.total_count = convert_to_tensor(total_count, self._base)

    @property
    def total_concentration(self) -> Any:
        """The sum of all."""
        return reduce_sum(self.concentration, -1)

    def _shapes(self) -> list[Any]:
        return [*super()._shapes(), (self.total_count, 0)]

    def _log_prob(self, value: Any) -> Any:
        counts, own = cast(value, self._base), self.concentration
        return (_lbeta(own + counts) - _lbeta(own)) + _arrangements(self.total_count, counts)

    def _shares(self) -> Any:
        return self.concentration / expand_dims(self.total_concentration, -1)

    def _mean(self) -> Any:
        return expand_dims(self.total_count, -1) * self._shares()

    def _variance(self) -> Any:
        scale = expand_dims(
            e.sqrt((1.0 + self.total_concentration)
                   / (self.total_count + self.total_concentration)), -1)
        shares = self._shares()
        count = expand_dims(self.total_count, -1)
        return count * shares * (1.0 - shares) / e.square(scale)

    def _sample_n(self, n: Any, seed: Any) -> Any:
        gamma = random.random_gamma(reshape(n, [1]), self.concentration, None, self._base, seed)
        return _drawn_counts(self, e.log(gamma), self.total_count, n, seed, True)


def _lbeta(x: Any) -> Any:
    return reduce_sum(e.lgamma(x), -1) - e.lgamma(reduce_sum(x, -1))


def _arrangements(total: Any, counts: Any) -> Any:
    """The logarithm of how many orders of draws give the counts."""
    return e.lgamma(total + 1.0) - reduce_sum(e.lgamma(counts + 1.0), -1)


def _drawn_counts(
    made: Any, logits: Any, total: Any, n: Any, seed: Any, each: bool = False
) -> Any:
    """n counts of `total` draws, which is one number for the whole batch; each: the logits have an
    axis of n already."""
    if total.shape.ndims != 0:
        raise pt.ArgumentError(static.message(
            f"{made.name}: samples need one total_count for all", expected="a number",
            got=str(total.shape)))
    classes = shape_of(logits)[-1]
    count = cast(total, dtypes.int32)
    rows = reshape(logits, [-1, classes])
    times = count if each else count * n
    drawn = random.multinomial(rows, times, seed=seed, output_dtype=dtypes.int32)
    hits = one_hot(drawn, classes, dtype=made._base)
    outer = made.batch_shape_tensor()
    if each:
        return reshape(reduce_sum(hits, 1), concat([reshape(n, [1]), outer, [classes]], 0))
    split = reshape(hits, concat([[shape_of(rows)[0], n, count], [classes]], 0))
    moved = transpose(reduce_sum(split, 2), [1, 0, 2])
    return reshape(moved, concat([reshape(n, [1]), outer, [classes]], 0)) * ones([], made._base)


for _kind in (Bernoulli, Categorical):
    divergence_of(_kind)
