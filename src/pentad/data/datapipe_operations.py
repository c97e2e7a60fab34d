"""The operations of data pipes: `map`, `filter`, `batch`, `shuffle` and the like."""

from __future__ import annotations

import copy
import functools
import inspect
import random
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice
from typing import Any

from pentad.data.collate import default_collate
from pentad.data.datapipes import DataChunk, IterDataPipe, MapDataPipe
from pentad.data.dataset import ConcatDataset, resolved
from pentad.data.fetch import get_worker_info
from pentad.graph.errors import ArgumentError, message
from pentad.tensor.functions.random import randint


def _own(source: Any, deepcopy: bool) -> Any:
    """A copy of a source, if it is wanted; a warning where there is none (a generator)."""
    if not deepcopy:
        return source
    try:
        return copy.deepcopy(source)
    except TypeError:
        warnings.warn(f"a {type(source).__name__} cannot be copied: what changes its elements "
                      "changes them for every pass; deepcopy=False says that it may", stacklevel=3)
        return source


class IterableWrapper(IterDataPipe):
    """The elements of an iterable. deepcopy: those of a copy, made as each pass begins, so that
    what changes elements in place leaves the iterable as it is; False for the iterable's own."""

    def __init__(self, iterable: Iterable[Any], deepcopy: bool = True) -> None:
        self.iterable, self.deepcopy = iterable, deepcopy

    def __iter__(self) -> Iterator[Any]:
        yield from _own(self.iterable, self.deepcopy)

    def __len__(self) -> int:
        return len(self.iterable)  # type: ignore[arg-type]


class SequenceWrapper(MapDataPipe):
    """The elements of a sequence or a mapping. deepcopy: those of a copy, which is made now."""

    def __init__(self, sequence: Any, deepcopy: bool = True) -> None:
        self.sequence = _own(sequence, deepcopy)

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


def _shuffled(source: Any, buffer_size: int, rng: random.Random) -> Iterator[Any]:
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


class _Shuffled(IterDataPipe):
    """Elements in a random order, drawn from the last buffer_size of them.

    The order of a pass is a function of its seed: that of `set_seed`, for one pass, else one from
    the default stream. A DataLoader sets it for every pass, to the same in all its workers.
    """

    def __init__(self, pipe: Any, *, buffer_size: int = 10000, unbatch_level: int = 0) -> None:
        if not isinstance(buffer_size, int) or buffer_size < 1:
            raise ArgumentError(message("shuffle: buffer_size", expected="at least 1",
                                        got=repr(buffer_size)))
        self.pipe = pipe.unbatch(unbatch_level=unbatch_level) if unbatch_level else pipe
        self.buffer_size, self.enabled = buffer_size, True
        self.seed: int | None = None

    def set_shuffle(self, shuffle: bool = True) -> _Shuffled:
        """Shuffle from now on, or do not."""
        self.enabled = shuffle
        return self

    def set_seed(self, seed: int) -> _Shuffled:
        """The seed of the next pass."""
        self.seed = seed
        return self

    def __iter__(self) -> Iterator[Any]:
        if not self.enabled:
            yield from self.pipe
            return
        seed, self.seed = self.seed, None
        rng = random.Random(randint(0, 1 << 62, (1,)).item() if seed is None else seed)
        yield from _shuffled(self.pipe, self.buffer_size, rng)

    def __len__(self) -> int:
        return len(self.pipe)


class _Batched(MapDataPipe):
    """Batch i is made of its own elements, when it is asked for."""

    def __init__(self, pipe: Any, batch_size: int, drop_last: bool = False,
                 wrapper_class: Any = DataChunk) -> None:
        self.pipe, self.batch_size, self.drop_last = pipe, _whole(batch_size), drop_last
        self.wrapper_class = wrapper_class

    def __getitem__(self, index: Any) -> Any:
        [at] = resolved([index], len(self), "batch").tolist()
        first = at * self.batch_size
        members = range(first, min(first + self.batch_size, len(self.pipe)))
        return self.wrapper_class([self.pipe[i] for i in members])

    def __len__(self) -> int:
        return _sized(self.pipe, self.batch_size, self.drop_last)


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
    return SequenceWrapper(ConcatDataset(pipes), deepcopy=False)


for _name in _ITER:
    IterDataPipe.register_function(_name, functools.partial(_Made, _name))
IterDataPipe.register_function("shuffle", _Shuffled)
for _name, _function in (("batch", _Batched), ("concat", _concatenated), ("map", _Mapped),
                         ("zip", _Zipped)):
    MapDataPipe.register_function(_name, _function)
