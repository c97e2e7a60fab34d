"""Loads and stores: every pattern of the small floats, and masks beside forbidden memory."""

from __future__ import annotations

import ctypes
import mmap

import numpy as np
import pytest

from pentad.codegen.llvm.ir import I64, PTR, Module
from pentad.codegen.llvm.vmath import Math
from pentad.graph import dtypes
from pentad.target import cpu
from tests.codegen.harness import RUNNABLE, Kernel, compiled
from tests.codegen.test_vmath_functions import any_bits, seeded

PAGE = mmap.PAGESIZE
SMALL_FLOATS = [dtypes.float16, dtypes.bfloat16]


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("dtype", SMALL_FLOATS, ids=lambda d: d.name)
def test_every_pattern_of_16_bits(dtype, target):
    patterns = np.arange(1 << 16, dtype=np.uint16)
    values = dtypes.from_memory(patterns.view(dtype.memory), dtype)
    single = Kernel(lambda k, x: k.cast(x, dtypes.float32), [dtype], target)(values)
    np.testing.assert_array_equal(single, values.astype(np.float32))
    assert np.array_equal(np.signbit(single), np.signbit(values))
    back = Kernel(lambda k, x: k.cast(x, dtype), [dtypes.float32], target)(single)
    np.testing.assert_array_equal(back, values)
    assert np.array_equal(np.signbit(back), np.signbit(values))


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("dtype", SMALL_FLOATS, ids=lambda d: d.name)
def test_rounding_to_16_bits(dtype, target):
    """Halfway cases and their neighbours, over all exponents."""
    rng = seeded(dtype.name, "rounding")
    patterns = rng.integers(0, 1 << 16, 20000).astype(np.uint16)
    values = dtypes.from_memory(patterns.view(dtype.memory), dtype).astype(np.float32)
    following = dtypes.from_memory((patterns + np.uint16(1)).view(dtype.memory), dtype)
    with np.errstate(all="ignore"):
        middle = ((values.astype(np.float64) + following) / 2).astype(np.float32)
        beside = [np.nextafter(middle, np.float32(s)) for s in (-np.inf, np.inf)]
        x = np.concatenate([middle, *beside, any_bits(rng, dtypes.float32, 50000)])
        want = dtypes.from_memory(dtypes.to_memory(x, dtype), dtype)
    got = Kernel(lambda k, x: k.cast(x, dtype), [dtypes.float32], target)(x)
    np.testing.assert_array_equal(got, want)
    assert np.array_equal(np.signbit(got), np.signbit(want))


@pytest.mark.parametrize("target", RUNNABLE)
def test_bools_in_memory_are_bytes_and_any_byte_but_zero_is_true(target):
    raw = np.array([0, 1, 2, 255, 0, 128] * 50, np.uint8)
    truth = Kernel(lambda k, x: k.cast(x, dtypes.bool_), [dtypes.uint8], target)(raw)
    assert truth.dtype == bool
    assert np.array_equal(truth.view(np.uint8), (raw != 0).astype(np.uint8))
    whole = Kernel(lambda k, x: k.cast(x, dtypes.float32), [dtypes.bool_], target)
    assert np.array_equal(whole(raw.view(bool)), (raw != 0).astype(np.float32))


def masked_copy_text(target, dtype, lanes):
    """`void kernel(ptr in, ptr out, i64 count)`: min(count, lanes) elements, by a mask."""
    module = Module()
    f = module.function("kernel", [(PTR, "in"), (PTR, "out"), (I64, "count")])
    source, out, count = f.arguments
    k = Math(f, target)
    if lanes:
        mask = f.lane_mask(count, lanes)
    else:
        mask = f.compare("icmp sgt", count, f.index(0))
    k.store(k.load(source, dtype, lanes, mask), out, mask)
    f.ret()
    return module.text()


class GuardedPages:
    """A page followed by one that must not be touched."""

    def __init__(self):
        libc = ctypes.CDLL(None, use_errno=True)
        self.map = mmap.mmap(-1, 2 * PAGE)
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self.map))
        guard = ctypes.c_void_p(self.start + PAGE)
        assert libc.mprotect(guard, ctypes.c_size_t(PAGE), 0) == 0
        self.page = np.frombuffer((ctypes.c_char * PAGE).from_address(self.start), np.uint8)
        self.page.flags.writeable = True


@pytest.fixture(scope="module")
def pages():
    return GuardedPages(), GuardedPages()


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("dtype", dtypes.REAL, ids=lambda d: d.name)
def test_masked_memory_is_touched_where_the_mask_is_true_only(dtype, target, pages):
    lanes = cpu.by_name(target).lanes(dtypes.float32)
    source, out = pages
    for width in (0, lanes):
        text = masked_copy_text(cpu.by_name(target), dtype, width)
        kernel = compiled(text, cpu.by_name(target), 3)
        for count in range((width or 1) + 1):
            size = count * dtype.itemsize
            source.page[:] = seeded(count).integers(0, 2, PAGE, np.uint8)
            out.page[:] = 77
            kernel(source.start + PAGE - size, out.start + PAGE - size, count)
            assert np.array_equal(out.page[PAGE - size :], source.page[PAGE - size :])
            assert np.all(out.page[: PAGE - size] == 77)


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize(
    "dtype", [dtypes.float32, dtypes.float64, dtypes.int8, dtypes.bool_], ids=lambda d: d.name
)
def test_known_masks_store_their_lanes_only(dtype, target):
    """Row c of as many elements as there are lanes gets its first c."""
    machine = cpu.by_name(target)
    lanes, module = machine.lanes(dtypes.float32), Module()
    f = module.function("kernel", [(PTR, "in"), (PTR, "out"), (I64, "count")])
    k = Math(f, machine)
    for count in range(lanes + 1):
        rows = [f.gep(p, count * lanes, k.memory_type(dtype)) for p in f.arguments[:2]]
        mask = f.lane_mask(count, lanes)
        k.store(k.load(rows[0], dtype, lanes, mask), rows[1], mask)
    f.ret()
    source = seeded(lanes).integers(0, 2, (lanes + 1, lanes)).astype(dtype.numpy)
    out = np.full(source.shape, 1, dtype.numpy)
    kernel = compiled(module.text(), machine, 3)
    kernel(source.ctypes.data, out.ctypes.data, 0)
    assert np.array_equal(out, np.where(np.tri(lanes + 1, lanes, -1), source, 1))
