"""The operations of data pipes: `map`, `filter`, `batch`, `shuffle` and the like."""

from __future__ import annotations

import functools
import inspect
import random
from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice
from typing import Any

from pentad.data.collate import default_collate
from pentad.data.datapipes import DataChunk, IterDataPipe, MapDataPipe
from pentad.data.dataset import ConcatDataset
from pentad.data.fetch import get_worker_info
from pentad.graph.errors import ArgumentError, message
from pentad.tensor.functions.random import randint


class IterableWrapper(IterDataPipe):
    """The elements of an iterable."""

    def __init__(self, iterable: Iterable[Any], deepcopy: bool = True) -> None:
        self.iterable = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)

    def __len__(self) -> int:
        return len(self.iterable)  # type: ignore[arg-type]


class SequenceWrapper(MapDataPipe):
    """The elements of a sequence or a mapping."""

    def __init__(self, sequence: Any, deepcopy: bool = True) -> None:
        self.sequence = sequence

    def __getitem__(self, index: Any) -> Any:
        return self.sequence[index]

    def __len__(self) -> int:
        return len(self.sequence)


def _whole(size: Any) -> int:
    if not isinstance(size, int) or size < 1:
        raise ArgumentError(message("batch: batch_size", expected="at least 1", got=repr(size)))
    return size


def _chunks(elements: Iterable[Any], size: int, drop_last: bool, wrapper: Any) -> Iterator[Any]:
    source, size = iter(elements), _whole(size)
    while (chunk := list(islice(source, size))) and not (drop_last and len(chunk) < size):
        yield wrapper(chunk)


def _flat(element: Any, level: int) -> Iterator[Any]:
    for each in element:
        if level == 1 or (level < 0 and not isinstance(each, (list, DataChunk))):
            yield each
        else:
            yield from _flat(each, level - 1)


def _grouped(source: Any, key: Callable[[Any], Any], group_size: int | None) -> Iterator[Any]:
    groups: dict[Any, list[Any]] = {}
    for element in source:
        group = groups.setdefault(key(element), [])
        group.append(element)
        if len(group) == group_size:
            yield DataChunk(groups.pop(key(element)))
    yield from map(DataChunk, groups.values())


def _in_turn(*sources: Any) -> Iterator[Any]:
    """One element of each, as long as all have one."""
    for row in zip(*sources, strict=False):
        yield from row


def _shuffled(source: Any, buffer_size: int) -> Iterator[Any]:
    rng = random.Random(randint(0, 1 << 62, (1,)).item())
    held: list[Any] = []
    for element in source:
        if len(held) < buffer_size:
            held.append(element)
            continue
        i = rng.randrange(buffer_size)
        held[i], element = element, held[i]
        yield element
    rng.shuffle(held)
    yield from held


def _shard(source: Any) -> Iterator[Any]:
    """Every n-th element in each of n workers."""
    info = get_worker_info()
    first, step = (0, 1) if info is None else (info.id, info.num_workers)
    return islice(iter(source), first, None, step)


def _columns(f: Callable[..., Any], element: Any, source: Any, target: Any) -> Any:
    """f of some places of an element, its result in the place `target`."""
    if source is None:
        return f(element)
    several = isinstance(source, (list, tuple))
    found = f(*[element[i] for i in source]) if several else f(element[source])
    place = (source[0] if several else source) if target is None else target
    made = dict(element) if isinstance(element, dict) else list(element)
    if place == -1 and target is not None and isinstance(made, list):
        made.append(found)
    else:
        made[place] = found
    return tuple(made) if isinstance(element, tuple) else made


def _sized(pipe: Any, batch_size: int, drop_last: bool = False, *_: Any) -> int:
    n, size = len(pipe), _whole(batch_size)
    return n // size if drop_last else -(-n // size)


def _same_length(pipe: Any, *_: Any, **__: Any) -> int:
    return len(pipe)


Make = Callable[..., Iterator[Any]]
_ITER: dict[str, tuple[Make, Callable[..., int] | None]] = {
    "batch": (lambda pipe, batch_size, drop_last=False, wrapper_class=DataChunk: _chunks(
        pipe, batch_size, drop_last, wrapper_class), _sized),
    "collate": (lambda pipe, collate_fn=default_collate: map(collate_fn, pipe), _same_length),
    "concat": (lambda *pipes: (x for p in pipes for x in p), lambda *pipes: sum(map(len, pipes))),
    "enumerate": (lambda pipe, starting_index=0: zip(
        count(starting_index), pipe, strict=False), _same_length),
    "filter": (lambda pipe, filter_fn: filter(filter_fn, pipe), None),
    "groupby": (lambda pipe, group_key_fn, group_size=None: _grouped(
        pipe, group_key_fn, group_size), None),
    "map": (lambda pipe, fn, input_col=None, output_col=None: (
        _columns(fn, x, input_col, output_col) for x in pipe), _same_length),
    "mux": (_in_turn, lambda *pipes: min(map(len, pipes)) * len(pipes)),
    "sharding_filter": (_shard, None),
    "shuffle": (lambda pipe, buffer_size=10000: _shuffled(pipe, buffer_size), _same_length),
    "unbatch": (lambda pipe, unbatch_level=1: (
        y for x in pipe for y in _flat(x, unbatch_level)), None),
    "zip": (lambda *pipes: zip(*pipes, strict=False), lambda *pipes: min(map(len, pipes))),
}
"""From (pipe, arguments) to the elements of one pass, and to their number where it is known."""


class _Made(IterDataPipe):
    """A stream by an operation of the table; it is data, so that workers can be sent it."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        inspect.signature(_ITER[name][0]).bind(*args, **kwargs)
        self._name, self._args, self._kwargs = name, args, kwargs

    def __iter__(self) -> Iterator[Any]:
        return iter(_ITER[self._name][0](*self._args, **self._kwargs))

    def __len__(self) -> int:
        known = _ITER[self._name][1]
        if known is None:
            raise TypeError(f"a pipe of {self._name} has no length")
        return known(*self._args, **self._kwargs)


def _batches(pipe: Any, batch_size: int, drop_last: bool = False,
             wrapper_class: Any = DataChunk) -> SequenceWrapper:
    elements = (pipe[i] for i in range(len(pipe)))
    return SequenceWrapper(list(_chunks(elements, batch_size, drop_last, wrapper_class)))


class _Mapped(MapDataPipe):
    def __init__(self, pipe: Any, fn: Callable[[Any], Any]) -> None:
        self.pipe, self.fn = pipe, fn

    def __getitem__(self, index: Any) -> Any:
        return self.fn(self.pipe[index])

    def __len__(self) -> int:
        return len(self.pipe)


class _Zipped(MapDataPipe):
    def __init__(self, *pipes: Any) -> None:
        self.pipes = pipes

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(p[index] for p in self.pipes)

    def __len__(self) -> int:
        return min(map(len, self.pipes))


def _concatenated(*pipes: Any) -> SequenceWrapper:
    return SequenceWrapper(ConcatDataset(pipes))


for _name in _ITER:
    IterDataPipe.register_function(_name, functools.partial(_Made, _name))
for _name, _function in (("batch", _batches), ("concat", _concatenated), ("map", _Mapped),
                         ("zip", _Zipped)):
    MapDataPipe.register_function(_name, _function)
