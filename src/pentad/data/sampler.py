"""Samplers: in which order a loader takes the elements of a data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from types import GenericAlias
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DataError, message
from pentad.tensor.functions.random import Generator, rand, randint, randperm


class Sampler:
    """An iterable of indices; subclasses define __iter__ and, if they know it, __len__."""

    def __class_getitem__(cls, item: Any) -> Any:
        """`Sampler[int]` is for type checkers: it is the class itself."""
        return GenericAlias(cls, item)

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")


class SequentialSampler(Sampler):
    """0, 1, 2, ..."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """A random order, or (replacement) random draws; from `generator`, else the default stream."""

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples
        if len(data_source) == 0 or self.num_samples < 1:
            raise DataError(
                message("RandomSampler: nothing to draw", expected="at least one element",
                        got=f"{self.num_samples} of {len(data_source)}")
            )

    @property
    def num_samples(self) -> int:
        """How many indices one pass gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n, wanted = len(self.data_source), self.num_samples
        if self.replacement:
            return iter(randint(0, n, (wanted,), generator=self.generator).tolist())
        rounds = [randperm(n, generator=self.generator).tolist() for _ in range(-(-wanted // n))]
        return islice(chain.from_iterable(rounds), wanted)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """Some indices in random order."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = list(indices), generator

    def __iter__(self) -> Iterator[int]:
        order = randperm(len(self.indices), generator=self.generator).tolist()
        return iter([self.indices[i] for i in order])

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """Indices 0..n-1 drawn with probabilities in proportion to weights."""

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        self.weights = np.asarray(weights, dtype=np.float64)
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator
        good = self.weights.ndim == 1 and bool((self.weights >= 0).all()) and self.weights.sum() > 0
        enough = replacement or num_samples <= int((self.weights > 0).sum())
        if not good or not enough or num_samples < 1:
            raise ArgumentError(
                message("WeightedRandomSampler", expected="weights >= 0, not all 0; num_samples "
                        ">= 1, without replacement no more than there are positive weights",
                        got=f"{len(self.weights)} weights, num_samples {num_samples}")
            )

    def __iter__(self) -> Iterator[int]:
        size = self.num_samples if self.replacement else len(self.weights)
        drawn = rand(size, generator=self.generator, dtype=dtypes.float64).numpy()
        if self.replacement:
            shares = np.cumsum(self.weights)
            return iter(np.searchsorted(shares, drawn * shares[-1], side="right").tolist())
        # The smallest of exponential waiting times (Efraimidis and Spirakis, 2006).
        with np.errstate(divide="ignore"):
            waiting = -np.log1p(-drawn) / self.weights
        waiting[self.weights == 0] = np.inf
        return iter(np.argsort(waiting, kind="stable")[: self.num_samples].tolist())

    def __len__(self) -> int:
        return self.num_samples


class DistributedSampler(Sampler):
    """The indices of one of num_replicas processes, as many for each.

    shuffle: in an order of seed and epoch alone, the same in all processes (`set_epoch` before each
    pass). What is lacking to equal parts is taken from the front again, or with drop_last the rest
    is left out. Raises ArgumentError for a rank outside of [0, num_replicas), DataError for an
    empty data set.
    """

    def __init__(
        self, dataset: Any, num_replicas: int | None = None, rank: int | None = None,
        shuffle: bool = True, seed: int = 0, drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ArgumentError(
                message("DistributedSampler: no processes are known",
                        expected="num_replicas and rank", got=f"{num_replicas} and {rank}")
            )
        if num_replicas < 1 or not 0 <= rank < num_replicas:
            raise ArgumentError(
                message("DistributedSampler: rank", expected=f"0 to {num_replicas - 1}",
                        got=str(rank))
            )
        count = len(dataset)
        if count < (num_replicas if drop_last else 1):
            raise DataError(
                message("DistributedSampler: the data set is too small",
                        expected="a sample for each process", got=str(count))
            )
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last, self.epoch = shuffle, seed, drop_last, 0
        self.num_samples = count // num_replicas if drop_last else -(-count // num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        order = list(range(n))
        if self.shuffle:
            order = randperm(n, generator=Generator().manual_seed(self.seed + self.epoch)).tolist()
        order = (order * -(-self.total_size // n))[: self.total_size]
        return iter(order[self.rank :: self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Another epoch has another order."""
        self.epoch = epoch


class BatchSampler(Sampler):
    """Lists of batch_size indices of another sampler; drop_last leaves a shorter last one out."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1:
            raise ArgumentError(
                message("BatchSampler: batch_size", expected="a whole number >= 1",
                        got=repr(batch_size))
            )
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
