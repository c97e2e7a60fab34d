"""The steps of data sets as Python's iterators over lists of arrays."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.tensorflow1 import errors

Element = list[Any]
Steps = Callable[[Any], Iterator[Element]]


def sliced(arrays: Sequence[Any]) -> Iterator[Element]:
    """The rows of arrays."""
    sizes = {len(a) for a in arrays}
    if len(sizes) > 1:
        raise errors.InvalidArgumentError(None, None, static.message(
            "the components have different sizes along their first axes", got=str(sorted(sizes))))
    for i in range(sizes.pop() if sizes else 0):
        yield [np.asarray(a[i]) if a.dtype != object else _text(a[i]) for a in arrays]


def _text(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    made = np.empty((), object)
    made[()] = value
    return made


def batched(
    rows: Iterator[Element], size: int, drop_remainder: bool, join: Callable[[list[Any], int], Any]
) -> Iterator[Element]:
    """So many elements as one; `join`: what arrays of one component become."""
    if size <= 0:
        raise errors.InvalidArgumentError(None, None, "Batch size must be greater than zero.")
    while True:
        part = _taken(rows, size)
        if not part or (len(part) < size and drop_remainder):
            return
        yield [join([row[i] for row in part], i) for i in range(len(part[0]))]


def _taken(rows: Iterator[Element], count: int) -> list[Element]:
    part = []
    for row in rows:
        part.append(row)
        if len(part) == count:
            break
    return part


def stacked(parts: list[Any], component: int = 0) -> Any:
    """Arrays of one shape as one with an axis more."""
    shapes = {p.shape for p in parts}
    if len(shapes) > 1:
        first, other = parts[0].shape, next(p.shape for p in parts if p.shape != parts[0].shape)
        raise errors.InvalidArgumentError(None, None, static.message(
            f"Cannot batch tensors with different shapes in component {component}. "
            f"First element had shape {list(first)} and another {list(other)}.",
            hint="use padded_batch"))
    return np.stack(parts)


def padded(parts: list[Any], shape: Sequence[int | None], value: Any) -> Any:
    """Arrays of several shapes as one, filled up with a value."""
    if any(p.ndim != len(shape) for p in parts):
        raise errors.InvalidArgumentError(None, None, static.message(
            "All elements in a batch must have the same rank as the padded shape",
            expected=str(len(shape)), got=str(sorted({p.ndim for p in parts}))))
    sizes = [max(p.shape[i] for p in parts) if n is None else n for i, n in enumerate(shape)]
    found = np.empty((len(parts), *sizes), parts[0].dtype)
    found[...] = value
    for i, p in enumerate(parts):
        if any(a > b for a, b in zip(p.shape, sizes)):
            raise errors.DataLossError(None, None, static.message(
                "Attempted to pad to a smaller size than the input element.",
                expected=str(tuple(sizes)), got=str(p.shape)))
        found[(i, *map(slice, p.shape))] = p
    return found


def shuffled(
    rows: Iterator[Element], size: int, random: np.random.RandomState
) -> Iterator[Element]:
    """Elements drawn out of a buffer that holds so many."""
    buffer: list[Element] = []
    for row in rows:
        if len(buffer) < size:
            buffer.append(row)
            continue
        i = random.randint(len(buffer))
        found, buffer[i] = buffer[i], row
        yield found
    random.shuffle(buffer)
    yield from buffer


def interleaved(
    rows: Iterator[Element], open_row: Callable[[Element], Iterator[Element]], cycle: int,
    block: int,
) -> Iterator[Element]:
    """`block` elements of each of `cycle` data sets in turn; new ones come where one ends."""
    live: list[Iterator[Element] | None] = [None] * cycle
    ended = False
    while True:
        for i in range(cycle):
            for _ in range(block):
                found, ended = _from_slot(live, i, rows, open_row, ended)
                if found is None:
                    break
                yield found
        if ended and not any(live):
            return


def _from_slot(
    live: list[Any], i: int, rows: Iterator[Element], open_row: Any, ended: bool
) -> tuple[Any, bool]:
    """The next element of a place; a place whose data set ends is left until its next turn."""
    while True:
        if live[i] is None:
            row = None if ended else next(rows, None)
            if row is None:
                return None, True
            live[i] = open_row(row)
        found = next(live[i], None)
        if found is not None:
            return found, ended
        live[i] = None
        return None, ended


def windows(
    rows: Iterator[Element], size: int, shift: int, stride: int, drop_remainder: bool
) -> Iterator[list[Element]]:
    """Lists of `size` elements, each list `shift` elements further."""
    buffer: deque[Element] = deque()
    needed = (size - 1) * stride + 1
    skip = 0
    for row in rows:
        if skip:
            skip -= 1
            continue
        buffer.append(row)
        if len(buffer) == needed:
            yield [buffer[i] for i in range(0, needed, stride)]
            skip = max(0, shift - len(buffer))
            for _ in range(min(shift, len(buffer))):
                buffer.popleft()
    while buffer and not drop_remainder:
        yield [buffer[i] for i in range(0, len(buffer), stride)]
        for _ in range(min(shift, len(buffer))):
            buffer.popleft()
