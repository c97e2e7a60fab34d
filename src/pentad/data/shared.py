"""Memory that a worker and the main process both see, so that no batch goes through a pipe."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Callable
from multiprocessing import reduction
from typing import Any, NamedTuple

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ResourceError, message
from pentad.runtime.memory import ALIGNMENT, from_array
from pentad.tensor.functions.shaping import contiguous
from pentad.tensor.meta import Meta, contiguous_meta
from pentad.tensor.tensor import Tensor, empty_tensor, wrap

_MOST = 16


def slots(ahead: int) -> list[Slot]:
    """Memory for so many batches of a worker, within reason: each takes a file descriptor.

    What has no slot is pickled, as everything is where the system has no files without names.
    """
    return [Slot() for _ in range(min(ahead, _MOST))] if hasattr(os, "memfd_create") else []


class Placed(NamedTuple):
    """A tensor within a slot, as the message says it."""

    offset: int
    shape: tuple[int, ...]
    dtype: str


class Slot:
    """Memory for one batch: a file without a name, which grows, mapped by two processes.

    It is gone when both are, however they end.
    """

    def __init__(self, file: int | None = None) -> None:
        self.file = os.memfd_create("pentad-batch") if file is None else file
        self._map(0)
        self.begin()

    def __reduce__(self) -> Any:
        return _received, (reduction.DupFd(self.file),)  # as an argument of a new process only

    def __del__(self) -> None:
        os.close(self.file)

    def _map(self, size: int) -> None:
        memory = mmap.mmap(self.file, size) if size else bytearray()
        self.bytes = np.frombuffer(memory, np.uint8)
        self.start: int = self.bytes.ctypes.data

    # -- in the worker -------------------------------------------------------------------------

    def begin(self) -> None:
        """Forget the last batch, which was taken out."""
        self.used, self.places = 0, {}

    def place(self, meta: Meta) -> Tensor:
        """A tensor in the slot; ResourceError if there is no memory for it."""
        offset = -(-self.used // ALIGNMENT) * ALIGNMENT
        self.used = offset + meta.nbytes
        if self.used > len(self.bytes):
            size = self.used + self.used // 8 + mmap.PAGESIZE
            try:
                os.ftruncate(self.file, size)
                self._map(size)
            except OSError as error:
                raise ResourceError(
                    message("a worker of the DataLoader has no memory for a batch",
                            expected=f"{size} bytes", got=error.strerror,
                            hint="take smaller batches, or a smaller prefetch_factor")
                ) from error
        made = wrap(from_array(self.bytes[offset : self.used]), meta)
        self.places[made.ptr] = offset
        return made

    def packed(self, batch: Any) -> Any:
        """The batch with its tensors in the slot, and in it Placed in their stead."""
        return _replaced(batch, Tensor, self._packed)

    def _packed(self, t: Tensor) -> Placed:
        source = contiguous(t.detach())  # type: ignore[attr-defined]
        offset = self.places.get(source.ptr)
        if offset is None:
            copy = self.place(source.meta)
            ctypes.memmove(copy.ptr, source.ptr, source.meta.nbytes)
            offset = self.places[copy.ptr]
        return Placed(offset, tuple(t.shape), source.meta.dtype.name)

    # -- in the main process -------------------------------------------------------------------

    def taken(self, batch: Any) -> Any:
        """A batch that was packed, its tensors in memory of their own."""
        return _replaced(batch, Placed, self._taken)

    def _taken(self, placed: Placed) -> Tensor:
        made = empty_tensor(contiguous_meta(placed.shape, dtypes.by_name(placed.dtype)))
        if placed.offset + made.meta.nbytes > len(self.bytes):
            self._map(os.fstat(self.file).st_size)
        ctypes.memmove(made.ptr, self.start + placed.offset, made.meta.nbytes)
        return made


def _received(file: Any) -> Slot:
    return Slot(file.detach())


def _replaced(tree: Any, kind: type[Any], function: Callable[[Any], Any]) -> Any:
    """Lists, tuples and dicts with all objects of exactly this type replaced; what is in other
    containers stays as it is."""
    found = type(tree)
    if found is kind:
        return function(tree)
    if found is list or found is tuple:
        return found([_replaced(x, kind, function) for x in tree])
    if found is dict:
        return {key: _replaced(x, kind, function) for key, x in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields") and found is not Placed:
        return found(*[_replaced(x, kind, function) for x in tree])
    return tree
