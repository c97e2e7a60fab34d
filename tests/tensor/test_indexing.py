"""Full indexing, read and written, against NumPy: eager and compiled."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt

CUBE = np.arange(60).reshape(3, 4, 5).astype(np.float64)
ROWS, COLUMNS = np.array([[0, 2], [1, 1]]), np.array([3, 0])
KEYS = [
    np.s_[ROWS], np.s_[:, ROWS % 4], np.s_[ROWS, COLUMNS], np.s_[ROWS, :, COLUMNS],
    np.s_[..., COLUMNS], np.s_[COLUMNS % 3, ..., None], np.s_[None, :, COLUMNS, 1:4:2],
    np.s_[1, COLUMNS], np.s_[:, 1, COLUMNS], np.s_[[True, False, True]],
    np.s_[:, [True, False, True, True], 2], np.s_[CUBE[:, :, 0] > 20], np.s_[CUBE > 30],
    np.s_[::2, 1:3, ::3], np.s_[..., 0], np.s_[None, ..., None], np.s_[1, 2, 3], np.s_[0:0],
    np.s_[[]], np.s_[[[0, 1]], [[1], [2]]],
]


def as_tensors(key):
    def one(k):
        return pt.tensor(k) if isinstance(k, np.ndarray) else k

    return tuple(map(one, key)) if isinstance(key, tuple) else one(key)


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indexing_reads_and_writes_as_numpy_does(key):
    x, index = pt.tensor(CUBE), as_tensors(key)
    shown = CUBE[key]
    assert x[index].shape == shown.shape
    assert x[index].tolist() == shown.tolist()
    for value in (-1.0, -np.arange(shown.size, dtype=float).reshape(shown.shape)):
        expected = CUBE.copy()
        expected[key] = value
        y = x.clone()
        y[index] = pt.tensor(value) if isinstance(value, np.ndarray) else value
        assert y.tolist() == expected.tolist()


@pytest.mark.parametrize("key", [k for k in KEYS if "bool" not in repr(k) and "True" not in str(k)
                                 and "array([[F" not in repr(k)], ids=str)
def test_indexing_compiled(key):
    index = as_tensors(key)

    def f(x):
        y = x * 1
        y[index] = y[index] * 2
        return y, x[index]

    given = pt.tensor(CUBE)
    expected = CUBE.copy()
    expected[key] = CUBE[key] * 2
    written, read = pt.compile(f)(given)
    assert written.tolist() == expected.tolist()
    assert read.tolist() == CUBE[key].tolist()


def test_a_0d_mask_adds_a_dimension():
    x = pt.tensor([1.0, 2.0])
    assert x[pt.tensor(True)].shape == (1, 2)
    assert x[False].shape == (0, 2)


MASK = [True, False, True, False]


def masked_write(x, mask, value):
    y = x.clone()
    y[mask] = value
    return y


@pytest.mark.parametrize("shape", [(), (3,), (1, 3), (2, 3), (2, 1)])
def test_a_masked_write_of_a_tensor_is_captured(shape):
    x, mask, value = pt.randn(4, 3), pt.tensor(MASK), pt.randn(*shape)
    wanted = x.numpy().copy()
    wanted[np.array(MASK)] = value.numpy()
    for write in (masked_write, pt.compile(masked_write)):
        np.testing.assert_array_equal(write(x, mask, value).numpy(), wanted)


def test_gradients_of_a_captured_masked_write():
    x, mask, value = pt.randn(4, 3), pt.tensor(MASK), pt.randn(2, 3)
    gradient = pt.grad(lambda x, v: (masked_write(x, mask, v) ** 2).sum(), argnums=(0, 1))
    for eager, compiled in zip(gradient(x, value), pt.compile(gradient)(x, value), strict=True):
        np.testing.assert_allclose(compiled.numpy(), eager.numpy(), rtol=1e-6)


@pytest.mark.parametrize("rows", [0, 3])
def test_a_captured_masked_write_of_too_many_or_too_few_rows(rows):
    with pytest.raises(pt.IndexOutOfRange):
        pt.compile(masked_write)(pt.randn(4, 3), pt.tensor(MASK), pt.randn(rows, 3))


def test_where_without_values_gives_places():
    mask = pt.tensor([[True, False], [False, True]])
    rows, columns = pt.where(mask)
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [0, 1])
    assert pt.where(pt.tensor([0, 3, 0, 4]))[0].tolist() == [1, 3]
    out = pt.empty(2, 2)
    assert pt.where(mask, input=1.0, other=pt.zeros(2, 2), out=out) is out
    assert out.tolist() == [[1, 0], [0, 1]]
    with pytest.raises(TypeError):
        pt.where(mask, 1.0)
