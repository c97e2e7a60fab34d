"""Making one batch: the same code in the main process and in the workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from pentad.data.collate import Place, collated, default_collate
from pentad.data.datapipes import IterDataPipe, MapDataPipe, seed_pipes
from pentad.data.dataset import IterableDataset
from pentad.tensor.functions.random import default_generator
from pentad.tensor.tensor import empty_tensor

_SPAN = 1 << 40  # random numbers that one batch may draw without meeting the next one's


class WorkerInfo(NamedTuple):
    """Which worker this process is."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker this process is; None in the main process."""
    return _worker_info


def set_worker_info(info: WorkerInfo) -> None:
    """Say that this process is a worker."""
    global _worker_info
    _worker_info = info


@contextmanager
def stream_of(seed: int, batch: int) -> Iterator[None]:
    """The default random stream of one batch: the same whoever makes the batch, and when."""
    before = default_generator.seed_value, default_generator.offset
    default_generator.manual_seed(seed)
    default_generator.offset = batch * _SPAN
    try:
        yield
    finally:
        default_generator.seed_value, default_generator.offset = before


class Fetcher:
    """Makes batches of a data set: by indices, or the next ones of a stream.

    place: gives memory for what default_collate stacks.
    """

    place: Place = staticmethod(empty_tensor)

    def __init__(
        self, dataset: Any, collate_fn: Any, batch_size: int | None, drop_last: bool
    ) -> None:
        self.dataset, self.collate_fn = dataset, collate_fn
        self.batch_size, self.drop_last = batch_size, drop_last
        self.take = (
            getattr(dataset, "take_batch", None) if collate_fn is default_collate else None
        )
        self.stream: Iterator[Any] | None = None

    def start(self, seed: int) -> None:
        """Begin the pass of a seed: pipes shuffle alike in all workers, which take parts of it."""
        if isinstance(self.dataset, (IterDataPipe, MapDataPipe)):
            seed_pipes(self.dataset, seed)
        if isinstance(self.dataset, IterableDataset):
            self.stream = iter(self.dataset)

    def fetch(self, indices: Any, seed: int, batch: int) -> Any:
        """Batch number `batch`; StopIteration at the end of a stream."""
        with stream_of(seed, batch):
            if self.stream is not None:
                return self._next(self.stream)
            if isinstance(indices, list):
                if self.take is not None:
                    return self.take(indices)
                if hasattr(self.dataset, "__getitems__"):
                    return self._collated(self.dataset.__getitems__(indices))
                return self._collated([self.dataset[i] for i in indices])
            return self.collate_fn(self.dataset[indices])

    def _next(self, stream: Iterator[Any]) -> Any:
        if self.batch_size is None:
            return self.collate_fn(next(stream))
        members = [x for _, x in zip(range(self.batch_size), stream, strict=False)]
        if not members or (self.drop_last and len(members) < self.batch_size):
            raise StopIteration
        return self._collated(members)

    def _collated(self, members: Any) -> Any:
        # What users make themselves is never in a place that the next batch is put in.
        if self.collate_fn is default_collate:
            return collated(members, self.place)
        return self.collate_fn(members)
