"""DataLoader: the batches of a data set, in the same order for any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count, islice
from typing import Any

from pentad.data.collate import default_collate, default_convert
from pentad.data.datapipes import IterDataPipe, set_shuffling
from pentad.data.dataset import IterableDataset
from pentad.data.fetch import Fetcher
from pentad.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from pentad.graph.errors import ArgumentError, DataError, message
from pentad.tensor.functions.random import Generator, default_generator, randint


class DataLoader:
    """An iterable of batches.

    shuffle: a new random order for each pass, from `generator`, else from the default stream; of
    an IterDataPipe, whether its own shuffles are on.
    num_workers: processes that make batches ahead, prefetch_factor each (2 by default), handed out
    in order unless in_order=False; persistent_workers keeps them for the next pass;
    worker_init_fn(id) runs in each one first; timeout: seconds to wait for a batch, 0 for ever.
    Random numbers that a data set draws from Pentad's default stream depend on the pass and the
    batch alone; in workers those of `random` and NumPy too. batch_size=None gives single samples.
    pin_memory has no effect on memory that a CPU uses as it is. `state_dict` tells where a pass
    is, so that another loader goes on from there.

    Raises DataError for an empty data set, ArgumentError for options that exclude each other; while
    it runs, what a worker raised, or WorkerError where one died or the time is over.
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None,
        sampler: Any = None, batch_sampler: Any = None, num_workers: int = 0,
        collate_fn: Any = None, pin_memory: bool = False, drop_last: bool = False,
        timeout: float = 0, worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None, generator: Generator | None = None, *,
        prefetch_factor: int | None = None, persistent_workers: bool = False,
        pin_memory_device: str = "", in_order: bool = True,
    ) -> None:
        if isinstance(dataset, IterDataPipe) and shuffle is not None:
            dataset, shuffle = set_shuffling(dataset, bool(shuffle)), None
        self.dataset, self.generator = dataset, generator
        self.num_workers, self.timeout, self.in_order = num_workers, timeout, in_order
        self.prefetch_factor = 2 if prefetch_factor is None else prefetch_factor
        self.worker_init_fn, self.persistent_workers = worker_init_fn, persistent_workers
        self.multiprocessing_context = multiprocessing_context
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.batch_size, self.drop_last = batch_size, drop_last
        self._is_stream = isinstance(dataset, IterableDataset)
        self._check(bool(shuffle), sampler, batch_sampler)
        self._check_workers(prefetch_factor)
        if sampler is None and not self._is_stream and batch_sampler is None:
            random = RandomSampler(dataset, generator=generator) if shuffle else None
            sampler = random or SequentialSampler(dataset)
        if batch_sampler is None and sampler is not None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.sampler, self.batch_sampler = sampler, batch_sampler
        batched = batch_sampler is not None or (self._is_stream and batch_size is not None)
        self.collate_fn = collate_fn or (default_collate if batched else default_convert)
        self._workers: Any = None
        self._position: _Position | None = None
        self._resumed: dict[str, Any] | None = None

    def _check(self, shuffle: bool, sampler: Any, batch_sampler: Any) -> None:
        if self.batch_size is not None and (
            not isinstance(self.batch_size, int) or self.batch_size < 1
        ):
            _refuse("batch_size >= 1, or None", repr(self.batch_size))
        if self._is_stream and (shuffle or sampler is not None or batch_sampler is not None):
            _refuse("no shuffle and no sampler, for the data set is a stream", "one of them")
        if shuffle and sampler is not None:
            _refuse("shuffle or sampler", "both")
        if batch_sampler is not None and (
            shuffle or sampler is not None or self.drop_last or self.batch_size != 1
        ):
            _refuse("a batch_sampler alone", "batch_size, shuffle, sampler or drop_last with it")
        if self.batch_size is None and self.drop_last:
            _refuse("drop_last only with batches", "batch_size=None, drop_last=True")
        if not self._is_stream and len(self.dataset) == 0:
            raise DataError(
                message("DataLoader: the data set is empty", expected="at least one sample",
                        got=f"{type(self.dataset).__name__} of length 0")
            )

    def _check_workers(self, prefetch_factor: int | None) -> None:
        for name, value, least in (("num_workers", self.num_workers, 0),
                                   ("prefetch_factor", self.prefetch_factor, 1)):
            if not isinstance(value, int) or value < least:
                _refuse(f"{name} >= {least}", repr(value))
        if isinstance(self.timeout, bool) or not self.timeout >= 0:
            _refuse("timeout >= 0", repr(self.timeout))
        for name, given in (("prefetch_factor", prefetch_factor), ("timeout", self.timeout),
                            ("persistent_workers", self.persistent_workers),
                            ("multiprocessing_context", self.multiprocessing_context)):
            if given and self.num_workers == 0:
                _refuse(f"num_workers >= 1 with {name}", f"{name}={given!r}, num_workers=0")

    def __len__(self) -> int:
        if not self._is_stream:
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
        if not hasattr(self.dataset, "__len__"):
            raise TypeError("a DataLoader of a stream has no length")
        count = len(self.dataset)
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        if self._resumed is None:
            return self.batches()
        state, self._resumed = self._resumed, None
        self._set_random(state["start"])
        batches = self.batches(state["batch"], state.get("given", ()))
        self._set_random(state["now"])
        return batches

    def batches(self, skip: int = 0, given: Sequence[int] = ()) -> Iterator[Any]:
        """The batches of one pass, but for the `skip` that were given, which are not made: the
        first ones, where they come in order; else what `given` of a state_dict says.

        The order of the pass is drawn now, not when the first batch is asked for.
        """
        kept = self._is_stream and self._unordered
        given = list(given) or [0] * (self.num_workers if kept else 0)
        position = self._position = _Position(skip, given, self._random())
        seed = randint(0, 1 << 62, (1,), generator=self.generator).item()
        if self._is_stream:
            made = self._made(None, seed)
            rest = _beyond(made, list(given)) if kept else islice(made, skip, None)
            return self._counted(rest, position)
        orders = enumerate(self.sampler if self.batch_sampler is None else self.batch_sampler)
        done, whole = set(given), skip - len(given)
        left = ((i, order) for i, order in orders if i >= whole and i not in done)
        first = list(islice(left, 1))
        return self._counted(self._made(chain(first, left), seed), position)

    @property
    def _unordered(self) -> bool:
        return self.num_workers > 1 and not self.in_order

    # -- where a pass is -----------------------------------------------------------------------

    def _generators(self) -> list[Generator]:
        """The streams that a pass draws from."""
        owners = (self.batch_sampler, getattr(self.batch_sampler, "sampler", None), self.sampler)
        found = [self.generator or default_generator]
        for generator in (getattr(owner, "generator", None) for owner in owners):
            if isinstance(generator, Generator) and generator not in found:
                found.append(generator)
        return found

    def _random(self) -> list[list[int]]:
        return [[g.seed_value, g.offset] for g in self._generators()]

    def _set_random(self, states: list[list[int]]) -> None:
        for generator, (seed, offset) in zip(self._generators(), states, strict=True):
            generator.seed_value, generator.offset = seed, offset

    def state_dict(self) -> dict[str, Any]:
        """Where the last pass is, as plain numbers: after how many batches, and the states of its
        random streams, at its beginning and now.

        given, where batches come as they are made: the numbers of those that were given before
        others that come first; of a stream, how many each worker gave.
        """
        now, position = self._random(), self._position
        if position is None:
            return {"batch": 0, "given": [], "start": now, "now": now}
        return {"batch": position.batch, "given": sorted(position.given) if not self._is_stream
                else list(position.given), "start": position.start, "now": now}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The next pass goes on where another loader of the same kind was. A stream is run through
        up to there. DataError for a state of another loader."""
        known = isinstance(state, dict) and state.keys() | {"given"} == {
            "batch", "given", "start", "now"}
        known = known and len(state["start"]) == len(self._generators())
        if known and self._is_stream and state["batch"]:
            known = len(state.get("given", ())) == (self.num_workers if self._unordered else 0)
        if not known:
            raise DataError(
                message("DataLoader.load_state_dict", expected="what state_dict() gave of a loader "
                        "with the same samplers and, of a stream, workers", got=f"{state!r:.80}")
            )
        self._resumed = state

    def _counted(self, batches: Iterator[Any], position: _Position) -> Iterator[Any]:
        for worker, number, batch in batches:
            position.count(worker if self._is_stream else number, self._is_stream, self._unordered)
            yield batch
        if self._position is position:
            self._position = None

    # -- how batches are made ------------------------------------------------------------------

    def _made(self, orders: Iterator[Any] | None, seed: int) -> Iterator[tuple[int, int, Any]]:
        """(worker, number, batch) of each; orders: (number, indices), None for a stream."""
        fetcher = Fetcher(self.dataset, self.collate_fn, self.batch_size, self.drop_last)
        if self.num_workers:
            yield from self._made_by_workers(fetcher, orders, seed)
            return
        fetcher.start(seed)
        for number, indices in ((i, None) for i in count()) if orders is None else orders:
            try:
                batch = fetcher.fetch(indices, seed, number)
            except StopIteration:
                return
            yield 0, number, batch

    def _made_by_workers(
        self, fetcher: Fetcher, orders: Iterator[Any] | None, seed: int
    ) -> Iterator[tuple[int, int, Any]]:
        from pentad.data.rotation import Rotation
        from pentad.data.workers import Workers

        workers = self._workers
        self._workers = None  # a second pass at the same time gets workers of its own
        if workers is None:
            workers = Workers(fetcher, self.num_workers, seed, self.worker_init_fn,
                              self.multiprocessing_context, self.timeout, self.prefetch_factor)
        finished = False
        try:
            yield from Rotation(workers, orders, seed, self.prefetch_factor, self.in_order)
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


class _Position:
    """How many batches of a pass were given, and the random states that it began with.

    given: see DataLoader.state_dict.
    """

    def __init__(self, batch: int, given: list[int], start: list[list[int]]) -> None:
        self.batch, self.given, self.start = batch, given, start

    def count(self, which: int, of_stream: bool, unordered: bool) -> None:
        """One more was given: that of a worker, of a stream, or that of a number."""
        self.batch += 1
        if not unordered and not self.given:
            return
        if of_stream:
            self.given[which] += 1
            return
        self.given.append(which)
        while (whole := self.batch - len(self.given)) in self.given:
            self.given.remove(whole)


def _refuse(expected: str, got: str) -> None:
    raise ArgumentError(message("DataLoader: options", expected=expected, got=got))


def _beyond(made: Iterator[tuple[int, int, Any]], given: list[int]) -> Iterator[Any]:
    """What workers make beyond what each of them gave."""
    for worker, number, batch in made:
        if given[worker]:
            given[worker] -= 1
        else:
            yield worker, number, batch
