"""Data sets: things with a length and elements, or streams of elements."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from types import GenericAlias
from typing import Any

import numpy as np

from pentad.graph.errors import ArgumentError, DataError, IndexOutOfRange, ShapeError, message
from pentad.tensor import methods
from pentad.tensor.functions.creation import empty
from pentad.tensor.functions.random import Generator, randperm
from pentad.tensor.functions.shaping import contiguous
from pentad.tensor.tensor import Tensor, numpy_view

assert methods  # importing it gives tensors their methods


class Dataset:
    """Elements by index: subclasses define __getitem__ and __len__.

    One that can give many elements at once, collated, defines `take_batch(indices)` as well.
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__")

    def __class_getitem__(cls, item: Any) -> Any:
        """`Dataset[Tensor]` is for type checkers: it is the class itself."""
        return GenericAlias(cls, item)

    def __add__(self, other: Any) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """A stream of elements: subclasses define __iter__.

    With several workers each one runs through the stream: `get_worker_info()` says which part of
    it a worker should give.
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")

    def __add__(self, other: Any) -> ChainDataset:  # type: ignore[override]
        return ChainDataset([self, other])


class ChainDataset(IterableDataset):
    """Streams one after the other. DataError at a part that is no stream."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        for part in self.datasets:
            yield from _stream(part)

    def __len__(self) -> int:
        return sum(len(_stream(part)) for part in self.datasets)


def _stream(part: Any) -> Any:
    if not isinstance(part, IterableDataset):
        raise DataError(
            message("ChainDataset: parts", expected="each an IterableDataset",
                    got=type(part).__name__, hint="ConcatDataset joins data sets with a length")
        )
    return part


def resolved(indices: Sequence[int], length: int, what: str) -> np.ndarray:
    """Indices >= 0; IndexOutOfRange if one is outside [-length, length)."""
    array = np.asarray(indices, dtype=np.int64)
    outside = (array < -length) | (array >= length)
    if outside.any():
        raise IndexOutOfRange(
            message(f"{what}: index out of range", expected=f"-{length} <= index < {length}",
                    got=str(int(array[outside].flat[0])))
        )
    return np.where(array < 0, array + length, array)


class TensorDataset(Dataset):
    """Element i is the tuple of row i of every tensor."""

    def __init__(self, *tensors: Any) -> None:
        if not tensors or any(t.ndim == 0 for t in tensors):
            raise ShapeError(
                message("TensorDataset: tensors", expected="at least one, each with rows",
                        got=", ".join(str(list(t.shape)) for t in tensors) or "none")
            )
        if len({t.shape[0] for t in tensors}) != 1:
            raise ShapeError(
                message("TensorDataset: the tensors differ in length",
                        expected="equal first sizes",
                        got=", ".join(str(list(t.shape)) for t in tensors))
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def take_batch(self, indices: Sequence[int]) -> list[Any]:
        """The rows at the indices, of every tensor, in one copy each."""
        rows = resolved(indices, len(self), "TensorDataset")
        return [_rows(t, rows) for t in self.tensors]


def _rows(t: Any, rows: np.ndarray) -> Tensor:
    out = empty((len(rows), *t.shape[1:]), dtype=t.dtype)
    memory = numpy_view(contiguous(t.detach()))
    # mode: NumPy copies through a buffer otherwise, and the rows are checked already.
    np.take(memory, rows, axis=0, out=numpy_view(out), mode="clip")
    return out  # type: ignore[no-any-return]


class StackDataset(Dataset):
    """Element i is the tuple (of data sets given by position) or the dict (by name) of their
    elements i. Raises DataError where the lengths differ, ArgumentError for both kinds or none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ArgumentError(
                message("StackDataset: data sets", expected="all by position, or all by name",
                        got="both" if args else "none")
            )
        self.datasets: Any = args or kwargs
        lengths = {len(d) for d in (args or kwargs.values())}
        if len(lengths) != 1:
            raise DataError(
                message("StackDataset: the data sets differ in length", expected="equal lengths",
                        got=str(sorted(lengths)))
            )
        [self._length] = lengths

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: d[index] for name, d in self.datasets.items()}
        return tuple(d[index] for d in self.datasets)

    def __len__(self) -> int:
        return self._length


class Subset(Dataset):
    """Some elements of another data set, by their indices."""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, list(indices)
        if hasattr(dataset, "take_batch"):
            self.take_batch = self._take_batch

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)

    def _take_batch(self, indices: Sequence[int]) -> Any:
        rows = resolved(indices, len(self), "Subset")
        return self.dataset.take_batch([self.indices[i] for i in rows])


class ConcatDataset(Dataset):
    """Several data sets one after the other."""

    def __init__(self, datasets: Sequence[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets or any(isinstance(d, IterableDataset) for d in self.datasets):
            raise ArgumentError(
                message("ConcatDataset: data sets", expected="at least one, each with a length",
                        got=", ".join(type(d).__name__ for d in self.datasets) or "none")
            )
        self.cumulative_sizes = np.cumsum([len(d) for d in self.datasets]).tolist()

    def __getitem__(self, index: int) -> Any:
        [at] = resolved([index], len(self), "ConcatDataset").tolist()
        part = bisect_right(self.cumulative_sizes, at)
        return self.datasets[part][at - (self.cumulative_sizes[part - 1] if part else 0)]

    def __len__(self) -> int:
        return int(self.cumulative_sizes[-1])


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset]:
    """Parts of given lengths, or of given fractions that add up to 1, drawn without replacement.

    DataError if they do not add up.
    """
    total = len(dataset)
    counts = [int(n) for n in lengths]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1 + 1e-9 and max(lengths) <= 1:
        counts = [math.floor(total * share) for share in lengths]
        for i in range(total - sum(counts)):  # what rounding left over goes round
            counts[i % len(counts)] += 1
    if sum(counts) != total or min(counts, default=0) < 0:
        raise DataError(
            message("random_split: the lengths do not add up",
                    expected=f"{total}, the length of the data set, or fractions that make 1",
                    got=f"{list(lengths)}, together {sum(lengths)}")
        )
    order = randperm(total, generator=generator).tolist()
    ends = np.cumsum(counts).tolist()
    return [Subset(dataset, order[end - n : end]) for n, end in zip(counts, ends, strict=True)]
