"""Memory of tensors: storages, the buffer pool, sharing with NumPy.

The pool keeps one list of free blocks per size class (eight classes per power of two, so that at
most an eighth of a block is unused). Blocks below 1 MiB are cut from slabs, larger ones are
mappings of their own; nothing goes back to the system before `empty_cache`, because the first
touch of fresh pages costs twenty times as much as reusing them.
"""

from __future__ import annotations

import ctypes
import itertools
import mmap
import os
import threading
from array import array
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any
from weakref import WeakSet

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, ResourceError, ShapeError, message
from pentad.runtime.profiling.spans import span

ALIGNMENT = 64
_SLAB_BYTES = 4 << 20
_LARGE_BYTES = 1 << 20
_HUGE_BYTES = 4 << 20
_HUGE_PAGE = 2 << 20
# Large blocks start at different places within a page, else equal indices of several operands
# fall into the same cache sets and push each other out.
_STAGGERS, _STAGGER_BYTES = 16, 4096 + 256
_MEMO_LIMIT = 1 << 16


class Storage:
    """`nbytes` bytes of memory at address `ptr`.

    Pooled memory is aligned to 64 bytes and goes back to the pool when the Storage dies. `owner`
    is what keeps foreign memory alive (a NumPy array), None for pooled memory. `version` counts
    the writes by in-place operations, `notes` belongs to the tensors on this memory, `_borrowers`
    is there once others have been given its address (see `lend`).
    """

    __slots__ = (
        "__weakref__", "_borrowers", "_free", "nbytes", "notes", "owner", "ptr", "version",
    )  # fmt: skip

    def __init__(self, ptr: int, nbytes: int, owner: object, free: list[int] | None) -> None:
        self.ptr = ptr
        self.nbytes = nbytes
        self.owner = owner
        self._free = free
        self.version = 0
        self.notes: object = None

    def __del__(self) -> None:
        free = self._free
        if free is not None:
            free.append(self.ptr)

    def __repr__(self) -> str:
        kind = "pooled" if self.owner is None else f"of {type(self.owner).__name__}"
        return f"Storage({self.nbytes} bytes at {self.ptr:#x}, {kind})"


class Scratch(Storage):
    """Memory that one owner has for itself: its writes are not counted, and nobody is told where
    they were made."""

    __slots__ = ()


_new = Storage.__new__
_Byte, _address_of = ctypes.c_char, ctypes.addressof
_by_size: dict[int, list[int]] = {}  # exact size -> the free list of its class
_classes: dict[int, list[int]] = {}  # class size -> its free list
_mappings: dict[int, tuple[mmap.mmap, int]] = {}  # large block -> its mapping, its class
_slabs: list[mmap.mmap] = []
_slab_at = _slab_end = 0
_lock = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )
_stagger = itertools.cycle(range(_STAGGERS))


def allocate(nbytes: int) -> Storage:
    """A Storage of `nbytes` uninitialised bytes (0 is fine) from the pool.

    Raises ArgumentError for a negative size, ResourceError if the memory is not to be had.
    """
    try:
        free = _by_size[nbytes]
        ptr = free.pop()
    except (KeyError, IndexError):
        return _allocate_fresh(nbytes)
    # Every eager op comes through here: without the call of __init__ this takes half the time.
    storage = _new(Storage)
    storage.ptr = ptr
    storage.nbytes = nbytes
    storage.owner = None
    storage._free = free
    storage.version = 0
    storage.notes = None
    return storage


def size_class(nbytes: int) -> int:
    """The bytes that a block for `nbytes` really has."""
    step = max(ALIGNMENT, 1 << max(0, nbytes.bit_length() - 4))
    return max(ALIGNMENT, -(-nbytes // step) * step)


def _allocate_fresh(nbytes: int) -> Storage:
    if nbytes < 0:
        raise ArgumentError(
            message("memory of negative size", expected="0 bytes or more", got=f"{nbytes} bytes")
        )
    size = size_class(nbytes)
    with _lock:
        free = _classes.setdefault(size, [])
        if len(_by_size) >= _MEMO_LIMIT:
            _by_size.clear()
        _by_size[nbytes] = free
        ptr = _pop(free)  # this size may be new, but not its class
        if ptr is None:
            ptr = _map_large(size, nbytes) if size >= _LARGE_BYTES else _cut_small(size, nbytes)
    return Storage(ptr, nbytes, None, free)


def free_list(nbytes: int) -> list[int]:
    """The free list that `allocate(nbytes)` takes from, for as long as the process runs."""
    with _lock:
        return _classes.setdefault(size_class(nbytes), [])


def _pop(free: list[int]) -> int | None:
    """A free block, if there is one; other threads take from the list at the same time."""
    try:
        return free.pop()
    except IndexError:
        return None


def _cut_small(size: int, nbytes: int) -> int:
    """A block from the present slab; its rest is left unused when it is too short."""
    global _slab_at, _slab_end
    if _slab_at + size > _slab_end:
        slab = _map(_SLAB_BYTES, nbytes)
        _slabs.append(slab)
        _slab_at = _address(slab)
        _slab_end = _slab_at + _SLAB_BYTES
    ptr = _slab_at
    _slab_at += size
    return ptr


def _map_large(size: int, nbytes: int) -> int:
    room = _HUGE_PAGE if size >= _HUGE_BYTES else 0
    mapping = _map(size + room + _STAGGERS * _STAGGER_BYTES, nbytes)
    start = _address(mapping)
    if room:
        start = -(-start // _HUGE_PAGE) * _HUGE_PAGE
    ptr = start + next(_stagger) * _STAGGER_BYTES
    _mappings[ptr] = mapping, size
    return ptr


def _map(size: int, nbytes: int) -> mmap.mmap:
    """Fresh pages; huge ones for big blocks where the system has them."""
    with span("memory", f"{size >> 20} MB of fresh memory"):
        return _map_pages(size, nbytes)


def _map_pages(size: int, nbytes: int) -> mmap.mmap:
    try:
        if size > _physical_memory():
            raise MemoryError
        if not hasattr(mmap, "MAP_PRIVATE"):
            return mmap.mmap(-1, size)
        mapping = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, MemoryError, ValueError, OverflowError):
        raise ResourceError(
            message(
                f"no memory for {nbytes:,} bytes",
                expected=f"less than this machine's {_physical_memory():,} bytes in all",
                hint="use smaller batches, or drop tensors and call empty_cache()",
            )
        ) from None
    if size >= _HUGE_BYTES and hasattr(mmap, "MADV_HUGEPAGE"):
        _advise_huge(mapping)
    return mapping


def _advise_huge(mapping: mmap.mmap) -> None:
    try:
        mapping.madvise(mmap.MADV_HUGEPAGE)
    except OSError:
        return  # a kernel without huge pages: ordinary ones serve as well


def _address(mapping: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(mapping))


@cache
def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):
        return 1 << 47  # not told by this system: the bounds of an address space


def empty_cache() -> int:
    """Return the large blocks that nobody uses to the system; how many bytes that were."""
    returned = 0
    with _lock:
        for size, free in _classes.items():
            while size >= _LARGE_BYTES and (ptr := _pop(free)) is not None:
                mapping, _ = _mappings.pop(ptr)
                returned += size
                mapping.close()
    return returned


def memory_stats() -> dict[str, int]:
    """Bytes of the pool: `reserved` from the system, `used` by storages, `cached` for reuse."""
    with _lock:
        slabs = len(_slabs) * _SLAB_BYTES
        reserved = slabs + sum(size for _, size in _mappings.values())
        cached = sum(size * len(free) for size, free in _classes.items())
        uncut = _slab_end - _slab_at
    return {
        "reserved": reserved,
        "used": reserved - cached - uncut,
        "cached": cached + uncut,
        "large_blocks": len(_mappings),
        "slabs": len(_slabs),
    }


def from_array(array: np.ndarray) -> Storage:
    """A Storage that shares the memory of a NumPy array and keeps the array alive.

    It spans all elements: with negative strides the first element is not at `ptr`. Raises
    DTypeError for element types without a counterpart or in foreign byte order, ArgumentError
    for memory that is read-only or not aligned to its elements.
    """
    dtypes.from_numpy(array.dtype)
    flags = array.flags
    if flags.carray and array.dtype.isnative and array.size:
        # The usual case, in a fifth of the time of what follows.
        return Storage(_address_of(_Byte.from_buffer(array)), array.nbytes, array, None)
    if not array.dtype.isnative:
        raise DTypeError(
            message(
                "the array is not in this machine's byte order",
                got=f"dtype {array.dtype.str}",
                hint="array.astype(array.dtype.newbyteorder('='))",
            )
        )
    if not (flags.writeable and flags.aligned):
        fault = "not aligned to its elements" if flags.writeable else "read-only"
        raise ArgumentError(
            message(
                f"the memory of the array is {fault}",
                expected="memory that kernels may write",
                hint="pass array.copy()",
            )
        )
    low, high = np.lib.array_utils.byte_bounds(array)
    return Storage(low, high - low if array.size else 0, array, None)


def scratch(array: np.ndarray) -> Scratch:
    """The same for a fresh array, which only its owner writes to."""
    return Scratch(array.ctypes.data, array.nbytes, array, None)


_loans = itertools.count(1)
loans = array("q", [0])
"""The number of the latest loan of any memory, where native code can read it."""


def lend(storage: Storage, borrower: object) -> None:
    """Note that `borrower` can write to the memory, unseen by `version`, as long as it lives."""
    try:
        borrowers = storage._borrowers
    except AttributeError:
        borrowers = storage._borrowers = _Borrowers()
    borrowers.add(borrower)
    borrowers.latest = loans[0] = next(_loans)


class _Borrowers(WeakSet[object]):
    """Who has the address of a Storage; `latest` is the number of the latest loan."""

    latest = 0


def lent_since(storage: Storage, loan: int) -> bool:
    """Has the memory been lent after that loan, be it for a moment?"""
    borrowers = getattr(storage, "_borrowers", None)
    return borrowers is not None and borrowers.latest > loan


class Loan:
    """A borrower that stands for one that cannot be one itself."""

    __slots__ = ("__weakref__",)

    def __init__(self, storage: Storage) -> None:
        lend(storage, self)


def last_loan() -> int:
    """The number of the latest loan of any memory."""
    return loans[0]


def may_change_unseen(storage: Storage) -> bool:
    """Can somebody write to the memory without counting up its version?"""
    return storage.owner is not None or bool(getattr(storage, "_borrowers", ()))


@lru_cache(maxsize=1024)
def _lent_type(nbytes: int) -> type[Any]:
    """The class of what NumPy views of so many bytes have as their base: it holds the Storage."""
    return type("Lent", (ctypes.c_char * nbytes,), {"__hash__": object.__hash__})


def as_numpy(
    storage: Storage,
    offset: int,
    shape: Sequence[int],
    strides: Sequence[int],
    dtype: DType,
) -> np.ndarray:
    """A NumPy array on the memory of a Storage, which lives as long as the array.

    `offset` and `strides` count elements. bfloat16 comes as uint16. Raises ShapeError if an
    element would lie outside the Storage.
    """
    size = dtype.itemsize
    lent = _lent_type(storage.nbytes).from_address(storage.ptr)
    lent.storage = storage
    lend(storage, lent)
    try:
        if 0 in shape:
            return np.empty(shape, dtype.memory)
        steps = [stride * size for stride in strides]
        return np.ndarray(shape, dtype.memory, lent, offset * size, steps)
    except (TypeError, ValueError):
        raise ShapeError(
            message(
                "the view reaches outside its storage",
                expected=f"elements within [0, {storage.nbytes // size})",
                got=f"shape {tuple(shape)}, strides {strides} from element {offset} on",
            )
        ) from None


def own_numpy(
    storage: Storage, ptr: int, nbytes: int, shape: Sequence[int], dtype: np.dtype[Any]
) -> np.ndarray:
    """A contiguous array on `nbytes` bytes of a Storage from `ptr` on, where nobody else holds
    the memory or will: no loan is noted."""
    lent = _lent_type(nbytes).from_address(ptr)
    lent.storage = storage
    return np.ndarray(shape, dtype, lent)
