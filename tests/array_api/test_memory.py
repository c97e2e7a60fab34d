"""Memory shared with other libraries: DLPack, NumPy arrays, buffers."""

import gc
import weakref

import numpy as np
import pytest

import pentad as pt
import pentad.array_api as xp
from tests.array_api.oracle import values


def counted(shape):
    return np.arange(int(np.prod(shape)), dtype="int64").reshape(shape)


DTYPES = (
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128"
)


@pytest.mark.parametrize("dtype", DTYPES.split())
def test_dlpack_goes_both_ways_without_a_copy(dtype):
    x = xp.asarray(np.ones((2, 3), dtype))
    lent = np.from_dlpack(x)
    assert lent.dtype == dtype
    x[0, 0] = False if dtype == "bool" else 0
    assert not lent[0, 0]
    source = np.ones((3, 2), dtype)
    taken = xp.from_dlpack(source)
    assert taken.dtype.name == dtype
    source[1, 1] = 0
    assert not values(taken)[1, 1]


def test_dlpack_keeps_strides():
    x = xp.asarray(counted((3, 4)))[::2, 1::2].T
    assert np.array_equal(np.from_dlpack(x), counted((3, 4))[::2, 1::2].T)
    y = xp.from_dlpack(counted((3, 4))[:, 1:3].T)
    assert np.array_equal(values(y), counted((3, 4))[:, 1:3].T)


def test_dlpack_frees_what_nobody_holds():
    tensor = pt.ones(3)
    kept = weakref.ref(tensor)
    lent = np.from_dlpack(tensor)
    capsules = [tensor.__dlpack__(), tensor.__dlpack__(max_version=(1, 1))]
    del tensor, capsules
    gc.collect()
    assert kept() is not None
    assert lent.tolist() == [1, 1, 1]
    del lent
    gc.collect()
    assert kept() is None
    array = np.arange(3.0)
    kept = weakref.ref(array)
    taken = pt.from_dlpack(array)
    del array
    assert taken.tolist() == [0, 1, 2]
    del taken
    gc.collect()
    assert kept() is None


def test_dlpack_copies_when_asked_and_where_it_must():
    x = pt.ones(3)
    assert np.from_dlpack(x, copy=True).tolist() == [1, 1, 1]
    source = np.arange(4.0)
    copied = xp.from_dlpack(source, copy=True)
    source[0] = 9
    assert values(copied)[0] == 0
    assert values(xp.from_dlpack(source[::-1]))[3] == 9
    fixed = np.arange(3.0)
    fixed.flags.writeable = False
    assert values(xp.from_dlpack(fixed)).tolist() == [0, 1, 2]
    with pytest.raises(BufferError):
        xp.from_dlpack(source[::-1], copy=False)


def test_dlpack_refusals():
    x = pt.ones(3)
    with pytest.raises(BufferError):
        x.__dlpack__(dl_device=(2, 0))
    with pytest.raises(pt.AutogradError):
        pt.ones(3, requires_grad=True).__dlpack__()
    with pytest.raises(pt.ArgumentError):
        x.__dlpack__(stream=1)
    with pytest.raises(pt.DTypeError):
        pt.from_dlpack(3)
    capsule = x.__dlpack__()
    assert pt.from_dlpack(capsule).tolist() == [1, 1, 1]
    with pytest.raises(pt.ArgumentError):
        pt.from_dlpack(capsule)
    assert x.__dlpack_device__() == (1, 0)


def test_dlpack_and_torch():
    torch = pytest.importorskip("torch")
    source = torch.arange(6).reshape(2, 3)
    taken = xp.from_dlpack(source)
    taken[0, 0] = 9
    assert source[0, 0] == 9
    back = torch.from_dlpack(taken)
    back[1, 1] = 7
    assert int(taken[1, 1]) == 7
    half = pt.ones(3).to(pt.bfloat16)
    assert torch.from_dlpack(half).dtype is torch.bfloat16
    assert pt.from_dlpack(torch.ones(2, dtype=torch.bfloat16)).dtype is pt.bfloat16


def test_asarray_shares_or_copies():
    source = np.arange(3.0)
    shared, copied = xp.asarray(source), xp.asarray(source, copy=True)
    source[0] = 9
    assert values(shared)[0] == 9
    assert values(copied)[0] == 0
    assert xp.asarray(shared).tensor is shared.tensor
    assert xp.asarray(pt.ones(2)).dtype is xp.float32
    assert values(xp.asarray(memoryview(b"ab"))).tolist() == [97, 98]
    for f in (lambda: xp.asarray([1, 2], copy=False),
              lambda: xp.asarray(source, dtype=xp.float32, copy=False),
              lambda: xp.asarray([[1], [2, 3]])):
        with pytest.raises((pt.ShapeError, pt.ArgumentError)):
            f()
    with pytest.raises(TypeError):
        xp.asarray("text")
    nested = xp.asarray([xp.asarray([1, 2]), xp.asarray([3, 4])])
    assert values(nested).tolist() == [[1, 2], [3, 4]]
    assert xp.asarray([2**63]).dtype is xp.uint64
