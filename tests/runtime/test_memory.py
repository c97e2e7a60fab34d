from __future__ import annotations

import gc
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ResourceError, ShapeError
from pentad.runtime import memory
from pentad.runtime.memory import (
    ALIGNMENT,
    allocate,
    as_numpy,
    empty_cache,
    from_array,
    memory_stats,
    size_class,
)
from tests.runtime.forks import in_child

MB = 1 << 20


@given(st.integers(0, 1 << 40))
def test_size_classes_waste_an_eighth_at_most(nbytes):
    size = size_class(nbytes)
    assert size % ALIGNMENT == 0
    assert nbytes <= size
    assert size - nbytes <= max(ALIGNMENT, nbytes // 8)
    assert size_class(size) == size


@pytest.mark.parametrize("nbytes", [0, 1, 63, 64, 65, 1000, 5000, MB - 1, MB, 5 * MB, 33 * MB + 7])
def test_memory_is_aligned_writable_and_reused(nbytes):
    first = allocate(nbytes)
    assert (first.nbytes, first.owner) == (nbytes, None)
    assert first.ptr % ALIGNMENT == 0
    view = as_numpy(first, 0, (nbytes,), (1,), dtypes.uint8)
    view[:] = 7
    assert view.sum() == 7 * nbytes
    ptr = first.ptr
    del first, view
    again = allocate(max(0, nbytes - 1))
    if size_class(nbytes) == size_class(max(0, nbytes - 1)):
        assert again.ptr == ptr


def test_live_blocks_do_not_overlap():
    rng = np.random.default_rng(3)
    blocks = [allocate(int(n)) for n in rng.integers(0, 3 * MB, 60)]
    blocks += [allocate(int(n)) for n in rng.integers(0, 3000, 500)]
    places = sorted((b.ptr, b.ptr + size_class(b.nbytes)) for b in blocks)
    assert all(end <= start for (_, end), (start, _) in zip(places, places[1:]))


def test_large_blocks_go_back_to_the_system_only_when_asked():
    empty_cache()
    before = memory_stats()
    storage = allocate(8 * MB)
    during = memory_stats()
    assert during["used"] == before["used"] + 8 * MB
    assert during["reserved"] == before["reserved"] + 8 * MB
    del storage
    after = memory_stats()
    assert (after["reserved"], after["used"]) == (during["reserved"], before["used"])
    assert empty_cache() == 8 * MB
    assert memory_stats() == before
    assert empty_cache() == 0


def test_stats_add_up():
    kept = [allocate(n) for n in (10, 100, 100_000, 2 * MB)]
    stats = memory_stats()
    assert stats["used"] + stats["cached"] == stats["reserved"]
    assert stats["used"] >= sum(size_class(s.nbytes) for s in kept)


@pytest.mark.parametrize("nbytes", [-1, -(1 << 40)])
def test_negative_sizes(nbytes):
    with pytest.raises(ArgumentError, match="negative size"):
        allocate(nbytes)


@pytest.mark.parametrize("nbytes", [1 << 47, 1 << 62, 1 << 64, 1 << 200])
def test_impossible_sizes(nbytes):
    before = memory_stats()
    with pytest.raises(ResourceError, match="no memory"):
        allocate(nbytes)
    assert memory_stats() == before


def test_a_failing_system_call_is_our_error(monkeypatch):
    def refuse(*arguments, **keywords):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(memory.mmap, "mmap", refuse)
    with pytest.raises(ResourceError, match="empty_cache"):
        allocate(77 * MB)


def test_huge_pages_are_a_wish(monkeypatch):
    class Refusing:
        def madvise(self, advice):
            raise OSError(22, "Invalid argument")

    assert memory._advise_huge(Refusing()) is None


def test_many_sizes_do_not_fill_the_memo(monkeypatch):
    monkeypatch.setattr(memory, "_MEMO_LIMIT", 10)
    kept = [allocate(n) for n in range(0, 6400, 64)]
    assert len(memory._by_size) <= 11
    del kept
    ptr = allocate(640).ptr
    assert allocate(640).ptr == ptr


def test_threads_never_share_a_block():
    faults = []

    def work(mark: int) -> None:
        for i in range(3000):
            storage = allocate(64 * (1 + i % 3))
            view = as_numpy(storage, 0, (8,), (1,), dtypes.int64)
            view[:] = mark
            if (view != mark).any():
                faults.append(mark)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


def test_pooled_memory_is_private_after_a_fork():
    view = as_numpy(allocate(2 * MB), 0, (4,), (1,), dtypes.int64)
    view[:] = 1

    def child() -> int:
        view[:] = 2
        return int(view.sum())

    assert in_child(child) == 8
    assert view.tolist() == [1, 1, 1, 1]


def test_an_array_keeps_its_storage_alive():
    storage = allocate(4096)
    ptr = storage.ptr
    view = as_numpy(storage, 0, (8,), (1,), dtypes.float64)[2:4]
    del storage
    gc.collect()
    other = allocate(4096)
    assert other.ptr != ptr
    assert view.ctypes.data == ptr + 16
    del view
    gc.collect()
    assert allocate(4096).ptr == ptr


def test_views_with_offsets_and_strides():
    storage = allocate(24 * 4)
    whole = as_numpy(storage, 0, (24,), (1,), dtypes.int32)
    whole[:] = np.arange(24)
    assert as_numpy(storage, 5, (2, 3), (6, 2), dtypes.int32).tolist() == [[5, 7, 9], [11, 13, 15]]
    assert as_numpy(storage, 23, (24,), (-1,), dtypes.int32).tolist() == list(range(23, -1, -1))
    assert as_numpy(storage, 3, (2, 2), (0, 1), dtypes.int32).tolist() == [[3, 4], [3, 4]]
    assert as_numpy(storage, 7, (), (), dtypes.int32) == 7
    assert as_numpy(storage, 999, (0, 3), (3, 1), dtypes.int32).shape == (0, 3)


@pytest.mark.parametrize("dtype", dtypes.ALL)
def test_every_dtype_has_a_view(dtype):
    view = as_numpy(allocate(96), 1, (3,), (2,), dtype)
    assert view.dtype == dtype.memory
    assert view.strides == (2 * dtype.itemsize,)


@pytest.mark.parametrize(
    "offset, shape, strides",
    [
        (0, (17,), (1,)),
        (1, (16,), (1,)),
        (-1, (1,), (1,)),
        (0, (2,), (-1,)),
        (0, (2,), (16,)),
        (16, (1,), (1,)),
        (0, (4, 5), (4, 1)),
        (0, (-1,), (1,)),
        (0, (2, 2), (1,)),
        (0, (1 << 62,), (1 << 62,)),
    ],
)
def test_views_outside_the_storage(offset, shape, strides):
    storage = allocate(64)
    with pytest.raises(ShapeError):
        as_numpy(storage, offset, shape, strides, dtypes.float32)


def test_sharing_a_numpy_array():
    array = np.arange(12, dtype=np.float32)
    storage = from_array(array)
    assert (storage.ptr, storage.nbytes) == (array.ctypes.data, 48)
    view = as_numpy(storage, 0, (12,), (1,), dtypes.float32)
    view[3] = -1
    assert array[3] == -1
    del array
    gc.collect()
    assert storage.owner.tolist()[3] == -1
    assert "ndarray" in repr(storage)


def test_sharing_strided_arrays():
    array = np.arange(24, dtype=np.int64).reshape(4, 6)
    part = array[::-2, 1:4]
    storage = from_array(part)
    assert storage.ptr == array[1:, 1:].ctypes.data
    assert storage.nbytes == 8 * (2 * 6 + 3)
    offset = (part.ctypes.data - storage.ptr) // 8
    again = as_numpy(storage, offset, (2, 3), (-12, 1), dtypes.int64)
    assert again.tolist() == part.tolist()
    assert from_array(array[:0]).nbytes == 0


def test_arrays_that_cannot_be_shared():
    frozen = np.zeros(3)
    frozen.flags.writeable = False
    with pytest.raises(ArgumentError, match="read-only"):
        from_array(frozen)
    with pytest.raises(ArgumentError, match="aligned"):
        from_array(np.zeros(33, np.uint8)[1:].view(np.float64))
    with pytest.raises(DTypeError, match="byte order"):
        from_array(np.zeros(3, np.dtype(np.float32).newbyteorder()))
    for foreign in (np.array(["a"]), np.array([None]), np.zeros(2, np.longdouble)):
        with pytest.raises(DTypeError):
            from_array(foreign)
