"""DataLoader: the batches of a data set, in the same order for any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from pentad.data.collate import default_collate, default_convert
from pentad.data.dataset import IterableDataset
from pentad.data.fetch import Fetcher
from pentad.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from pentad.graph.errors import ArgumentError, DataError, message
from pentad.tensor.functions.random import Generator, randint


class DataLoader:
    """An iterable of batches.

    shuffle: a new random order for each pass, from `generator`, else from the default stream.
    num_workers: processes that make batches ahead, prefetch_factor each; worker_init_fn(id) runs
    in each one first. Random numbers that a data set draws from Pentad's default stream depend on
    the pass and the batch alone. batch_size=None gives single samples.

    Raises DataError for an empty data set, ArgumentError for options that exclude each other.
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = 1, shuffle: bool = False, sampler: Any = None,
        batch_sampler: Any = None, num_workers: int = 0, collate_fn: Any = None,
        drop_last: bool = False, worker_init_fn: Callable[[int], Any] | None = None,
        generator: Generator | None = None, *, prefetch_factor: int = 2,
        persistent_workers: bool = False,
    ) -> None:
        self.dataset, self.generator = dataset, generator
        self.num_workers, self.prefetch_factor = num_workers, prefetch_factor
        self.worker_init_fn, self.persistent_workers = worker_init_fn, persistent_workers
        self.batch_size, self.drop_last = batch_size, drop_last
        self._is_stream = isinstance(dataset, IterableDataset)
        self._check(shuffle, sampler, batch_sampler)
        if sampler is None and not self._is_stream and batch_sampler is None:
            random = RandomSampler(dataset, generator=generator) if shuffle else None
            sampler = random or SequentialSampler(dataset)
        if batch_sampler is None and sampler is not None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.sampler, self.batch_sampler = sampler, batch_sampler
        batched = batch_sampler is not None or (self._is_stream and batch_size is not None)
        self.collate_fn = collate_fn or (default_collate if batched else default_convert)
        self._workers: Any = None

    def _check(self, shuffle: bool, sampler: Any, batch_sampler: Any) -> None:
        def refuse(expected: str, got: str) -> None:
            raise ArgumentError(message("DataLoader: options", expected=expected, got=got))

        for name, value, least in (("num_workers", self.num_workers, 0),
                                   ("prefetch_factor", self.prefetch_factor, 1)):
            if not isinstance(value, int) or value < least:
                refuse(f"{name} >= {least}", repr(value))
        if self.batch_size is not None and (
            not isinstance(self.batch_size, int) or self.batch_size < 1
        ):
            refuse("batch_size >= 1, or None", repr(self.batch_size))
        if self._is_stream and (shuffle or sampler is not None or batch_sampler is not None):
            refuse("no shuffle and no sampler, for the data set is a stream", "one of them")
        if shuffle and sampler is not None:
            refuse("shuffle or sampler", "both")
        if batch_sampler is not None and (
            shuffle or sampler is not None or self.drop_last or self.batch_size != 1
        ):
            refuse("a batch_sampler alone", "batch_size, shuffle, sampler or drop_last with it")
        if not self._is_stream and len(self.dataset) == 0:
            raise DataError(
                message("DataLoader: the data set is empty", expected="at least one sample",
                        got=f"{type(self.dataset).__name__} of length 0")
            )

    def __len__(self) -> int:
        if self._is_stream:
            raise TypeError("a DataLoader of a stream has no length")
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        return self.batches()

    def batches(self, skip: int = 0) -> Iterator[Any]:
        """The batches of one pass, but for the first `skip`, which are not made.

        The order of the pass is drawn now, not when the first batch is asked for.
        """
        seed = randint(0, 1 << 62, (1,), generator=self.generator).item()
        if self._is_stream:
            return islice(self._made(None, seed, 0), skip, None)
        orders = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        first = list(islice(orders, skip + 1))[skip:]
        return self._made(_chained(first, orders), seed, skip)

    def _made(self, orders: Iterator[Any] | None, seed: int, number: int) -> Iterator[Any]:
        fetcher = Fetcher(self.dataset, self.collate_fn, self.batch_size, self.drop_last)
        if self.num_workers:
            yield from self._made_by_workers(fetcher, orders, seed, number)
            return
        fetcher.start()
        while True:
            try:
                indices = None if orders is None else next(orders)
                batch = fetcher.fetch(indices, seed, number)
            except StopIteration:
                return
            yield batch
            number += 1

    def _made_by_workers(
        self, fetcher: Fetcher, orders: Iterator[Any] | None, seed: int, number: int
    ) -> Iterator[Any]:
        from pentad.data.workers import Workers

        workers = self._workers
        self._workers = None  # a second pass at the same time gets workers of its own
        if workers is None:
            workers = Workers(fetcher, self.num_workers, seed, self.worker_init_fn)
        finished = False
        try:
            yield from _Rotation(workers, orders, seed, number, self.prefetch_factor)
            finished = True
        finally:
            if finished and self.persistent_workers and self._workers is None:
                self._workers = workers
            else:
                workers.close()

    def close(self) -> None:
        """End workers that were kept for the next pass (persistent_workers)."""
        if self._workers is not None:
            self._workers.close()
            self._workers = None


def _chained(first: list[Any], rest: Iterator[Any]) -> Iterator[Any]:
    yield from first
    yield from rest


class _Rotation:
    """One pass over workers: asks ahead, answers in order, leaves out those that are at an end."""

    def __init__(
        self, workers: Any, orders: Iterator[Any] | None, seed: int, number: int, ahead: int
    ) -> None:
        self.workers, self.orders = workers, orders
        self.seed, self.number, self.ahead = seed, number, ahead
        self.turn = 0
        self.ended: set[int] = set()
        self.started: set[int] = set()
        self.asked: list[int] = []

    def _ask(self) -> bool:
        """Ask the next worker for the next batch; False if there is none."""
        count = self.workers.count
        if len(self.ended) == count:
            return False
        while self.turn in self.ended:
            self.turn = (self.turn + 1) % count
        indices = None
        if self.orders is not None:
            try:
                indices = next(self.orders)
            except StopIteration:
                return False
        worker = self.turn
        self.workers.ask(worker, (worker not in self.started, indices, self.seed, self.number))
        self.started.add(worker)
        self.asked.append(worker)
        self.number += 1
        self.turn = (worker + 1) % count
        return True

    def __iter__(self) -> Iterator[Any]:
        for _ in range(self.ahead * self.workers.count):
            if not self._ask():
                break
        while self.asked:
            worker = self.asked.pop(0)
            more, batch = self.workers.answer(worker)
            if more:
                self._ask()
                yield batch
            else:
                self.ended.add(worker)
