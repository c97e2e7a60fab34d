"""The short way of a repeated run.

Small arrays are copied into tensors that stay where they are, and small results are written by
native code to tensors that stay where they are: a copy of some kilobytes costs less than lending
memory to and from NumPy, and the native call knows its arguments again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pentad.runtime.memory import own_numpy, scratch
from pentad.static.graph import Symbol
from pentad.static.store import Store
from pentad.static.values import STRING
from pentad.static.windows import Window
from pentad.tensor.functions.creation import from_numpy
from pentad.tensor.meta import contiguous_meta
from pentad.tensor.tensor import Tensor, wrap

SMALL = 1 << 17
"""Bytes up to which arrays are copied."""
LENT = 1 << 13
"""Bytes from which on an array that comes again is not copied, but read where it lies."""
_SHAPES = 64
"""Shapes of an argument whose memory is kept."""


class Port:
    """Where the values of one argument go: a tensor for each shape, and its memory as an array."""

    def __init__(self, symbol: Symbol) -> None:
        self.dtype, self.shape = symbol.static_type
        self.numpy = self.dtype.numpy
        self.number = self.numpy.type  # the scalars that need no conversion
        self.scalar: tuple[Tensor, np.ndarray[Any, Any]] | None = None
        self.last: Any = None
        self.again: Tensor | None = None  # on the memory of `last`
        self.places: dict[tuple[int, ...], tuple[Tensor, np.ndarray[Any, Any]]] = {}

    @staticmethod
    def possible(symbol: Symbol) -> bool:
        """Does NumPy have the symbol's dtype?"""
        dtype = symbol.static_type.dtype
        return dtype is not STRING and dtype.memory == dtype.numpy

    def take(self, value: Any) -> Tensor | None:
        """A tensor with the value; None if it has to go the long way, where it is checked."""
        if value is self.last and self.again is not None and self.again.meta.shape == value.shape:
            return self.again
        if self.scalar is not None and type(value) is self.number:
            self.scalar[1][()] = value
            return self.scalar[0]
        if type(value) is not np.ndarray:
            if type(value) not in (int, float, bool) and not isinstance(value, np.generic):
                return None
            value = np.asarray(value)
        place = self.places.get(value.shape)
        if place is None:
            place = self._place(value)
            if place is None:
                return self._lent(value)
        if value is self.last:
            self.again = self._lent(value)
            if self.again is not None:
                return self.again
        elif value.nbytes >= LENT:
            self.last, self.again = value, None
        if value.dtype != self.numpy and value.dtype.kind not in "biuf":
            return None
        place[1][...] = value
        return place[0]

    def _fits(self, shape: tuple[int, ...]) -> bool:
        want = self.shape
        return want is None or (
            len(want) == len(shape) and all(n is None or n == m for n, m in zip(want, shape))
        )

    def _place(self, value: np.ndarray[Any, Any]) -> tuple[Tensor, np.ndarray[Any, Any]] | None:
        small = value.size * self.numpy.itemsize <= SMALL
        if not small or len(self.places) >= _SHAPES or not self._fits(value.shape):
            return None
        array = np.empty(value.shape, self.numpy)
        found = self.places[value.shape] = from_numpy(array), array
        if not value.shape:
            self.scalar = found
        return found

    def _lent(self, value: np.ndarray[Any, Any]) -> Tensor | None:
        flags = value.flags
        usable = value.dtype == self.numpy and flags.carray
        return from_numpy(value) if usable and self._fits(value.shape) else None


class Slots:
    """Where the results go, if all are small and of fixed shapes: tensors and their memory."""

    def __init__(self) -> None:
        self.places: list[tuple[Tensor, np.ndarray[Any, Any]]] | None = None
        self.memory: list[np.ndarray[Any, Any]] = []

    def put(self, results: Sequence[Any]) -> bool:
        """Write the results to their slots while tracing; False if they do not fit.

        The first trace decides what fits.
        """
        if not all(_fixed(r) for r in results):
            return False
        if self.places is None:
            arrays = [np.empty(tuple(r.shape), r.dtype.numpy) for r in results]
            self.places = [
                (wrap(scratch(a), contiguous_meta(a.shape, r.dtype)), a)
                for a, r in zip(arrays, results, strict=True)
            ]
            self.memory = arrays
        types = [(t.dtype, tuple(t.shape)) for t, _ in self.places]
        if types != [(r.dtype, tuple(r.shape)) for r in results]:
            return False
        for (slot, _), value in zip(self.places, results, strict=True):
            slot.copy_(value)
        return True

    def arrays(self) -> list[np.ndarray[Any, Any]]:
        """The results of the last call, as arrays of their own."""
        return [array.copy() for array in self.memory]


def _fixed(value: Any) -> bool:
    if not isinstance(value, Tensor) or value.dtype.memory != value.dtype.numpy:
        return False
    shape = tuple(value.shape)
    whole = all(isinstance(n, int) for n in shape)
    return whole and int(np.prod(shape)) * value.dtype.itemsize <= SMALL


def as_array(value: Tensor) -> np.ndarray[Any, Any]:
    """A result that nobody else holds as an array on its memory, without the care that
    `Tensor.numpy` takes of memory with several owners."""
    meta = value.meta
    dtype = meta.dtype.numpy
    if meta.dtype.memory is not dtype:
        return value.detach().float().numpy()
    if not meta.contiguous or not meta.numel:
        return value.detach().numpy()
    return own_numpy(value.storage, value.ptr, meta.nbytes, meta.shape, dtype)


class Reach:
    """A window of the short way: where it begins, from the numbers that are fed, and where it may
    begin at most. The sizes of variables stay as long as they are the same tensors."""

    def __init__(self, window: Window, feeds: Sequence[Symbol], ports: Sequence[Port],
                 store: Store) -> None:
        self.constant, self.length = window.start.constant, window.length
        self.terms = [(ports[feeds.index(s)], a) for s, a in window.start.slopes.items()]
        self.axis = window.node.attrs["axis"]
        self.feed = feeds.index(window.source) if window.source in feeds else None
        self.size = 0
        if self.feed is None:
            self.size = store.tensor(window.source.node).shape[self.axis]

    def inside(self, tensors: Sequence[Tensor]) -> bool:
        """Does it lie within what it looks at? `tensors` have just been filled."""
        start = self.constant
        for port, slope in self.terms:
            assert port.scalar is not None
            start += slope * int(port.scalar[1])
        size = self.size if self.feed is None else tensors[self.feed].shape[self.axis]
        return start >= 0 and start + self.length <= size


class Lane:
    """The short way of one run: its native code, where the values of its feeds go, and which of
    its results are asked for (None: nothing). given: makes of a result what the user gets."""

    def __init__(
        self, native: Any, feeds: Sequence[Symbol], windows: Sequence[Window], store: Store,
        places: Sequence[int | None], given: Callable[[Any], Any],
    ) -> None:
        self.native, self.compiled, self.slots = native, native.compiled, native.slots
        self.ports = [Port(s) for s in feeds]
        self.reaches = [Reach(w, feeds, self.ports, store) for w in windows]
        self.places, self.given = places, given
        self.straight = list(places) == list(range(len(places)))

    def run(self, values: Sequence[Any]) -> list[Any] | None:
        """What is asked for; None if the values have to go the long way."""
        tensors = []
        for port, value in zip(self.ports, values, strict=True):
            tensor = port.take(value)
            if tensor is None:
                return None
            tensors.append(tensor)
        for reach in self.reaches:
            if not reach.inside(tensors):
                return None
        found = self.compiled(*tensors)
        if found is None and self.straight:
            return [array.copy() for array in self.slots.memory]
        given = self.given
        if found is None or self.native.variables:
            found = self.native.taken(found)
        return [None if i is None else given(found[i]) for i in self.places]
