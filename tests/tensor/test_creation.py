"""Making tensors, sharing memory with NumPy, converting, printing."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import pentad as pt
from pentad import ArgumentError, AutogradError, DTypeError, ShapeError


def test_tensor_takes_numbers_lists_arrays_and_tensors():
    assert pt.tensor(3).dtype is pt.int64
    assert pt.tensor(3.0).dtype is pt.float32
    assert pt.tensor([True, False]).dtype is pt.bool
    assert pt.tensor([[1, 2.5]]).tolist() == [[1, 2.5]]
    assert pt.tensor(np.ones(2)).dtype is pt.float64
    assert pt.tensor(np.ones(2, np.int8)).dtype is pt.int8
    assert pt.tensor([1, 2], dtype=pt.float16).dtype is pt.float16
    assert pt.tensor([np.float64(1), np.float64(2)]).dtype is pt.float64
    assert pt.tensor([pt.tensor(1.0), pt.tensor(2.0)]).tolist() == [1, 2]
    assert pt.tensor([]).shape == (0,)
    x = pt.ones(2)
    y = pt.tensor(x)
    y.zero_()
    assert x.tolist() == [1, 1]
    assert pt.tensor(2.0, requires_grad=True).requires_grad


@pytest.mark.parametrize(
    "data, error", [([[1, 2], [3]], ShapeError), ("text", DTypeError), ([None], DTypeError),
                    ({"a": 1}, DTypeError), ([1 << 70], DTypeError)]
)
def test_data_that_is_no_tensor(data, error):
    with pytest.raises(error):
        pt.tensor(data)


def test_filled_tensors():
    assert pt.zeros(2, 3).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert pt.ones((2,), dtype=pt.int32).tolist() == [1, 1]
    assert pt.full((2,), 7).dtype is pt.int64
    assert pt.full((2,), 7.5).tolist() == [7.5, 7.5]
    assert pt.full((1,), True).dtype is pt.bool
    assert pt.full((2,), 1.0, dtype=pt.bfloat16).tolist() == [1, 1]
    assert pt.empty(2, 0).numel() == 0
    x = pt.ones(2, 2, dtype=pt.float64)
    assert pt.zeros_like(x).dtype is pt.float64
    assert pt.full_like(x, 3).tolist() == [[3, 3], [3, 3]]
    assert x.new_zeros(3).dtype is pt.float64
    assert x.new_tensor([1]).dtype is pt.float64
    assert pt.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_ranges():
    assert pt.arange(4).tolist() == [0, 1, 2, 3]
    assert pt.arange(1, 7, 2).tolist() == [1, 3, 5]
    assert pt.arange(3, 0, -1).tolist() == [3, 2, 1]
    assert pt.arange(0, 1, 0.25).tolist() == [0, 0.25, 0.5, 0.75]
    assert pt.arange(3.0).dtype is pt.float32
    assert pt.linspace(0, 1, 5).tolist() == [0, 0.25, 0.5, 0.75, 1]
    with pytest.raises(ArgumentError, match="toward the end"):
        pt.arange(0, 3, -1)
    with pytest.raises(ArgumentError, match="steps"):
        pt.linspace(0, 1, -1)


def test_shapes_that_are_none():
    for size in ((-1,), (1.5,), ("a",), (True,)):
        with pytest.raises(ShapeError, match="sizes >= 0"):
            pt.zeros(*size)
    with pytest.raises((ShapeError, pt.ResourceError)):
        pt.zeros(1 << 40, 1 << 40)
    with pytest.raises(pt.ResourceError, match="no memory"):
        pt.empty(1 << 50)
    with pytest.raises(ArgumentError, match="fit the dtype"):
        pt.full((2,), 300, dtype=pt.uint8)
    with pytest.raises(DTypeError, match="not a dtype"):
        pt.zeros(2, dtype="no such")


def test_the_default_dtype():
    pt.set_default_dtype(pt.float64)
    try:
        assert pt.zeros(1).dtype is pt.float64
        assert pt.tensor(1.5).dtype is pt.float64
        assert (pt.arange(2) * 0.5).dtype is pt.float64
    finally:
        pt.set_default_dtype(pt.float32)
    with pytest.raises(DTypeError, match="floating-point"):
        pt.set_default_dtype(pt.int64)


def test_memory_is_shared_with_numpy():
    a = np.arange(6.0).reshape(2, 3)
    x = pt.from_numpy(a)
    x += 1
    assert a[0, 0] == 1
    b = x.numpy()
    b[0, 0] = 50
    assert x[0, 0].item() == 50
    assert pt.from_numpy(a.T).stride() == (1, 3)
    assert np.asarray(x).shape == (2, 3)
    assert np.array(x[0]).tolist() == a[0].tolist()
    del a
    assert x.sum().item() == b.sum()
    assert np.add(b, 1).sum() == (x + 1).sum().item()


def test_arrays_that_cannot_be_shared():
    a = np.arange(4.0)
    with pytest.raises(ArgumentError, match="copy"):
        pt.from_numpy(a[::-1])
    frozen = a.copy()
    frozen.flags.writeable = False
    with pytest.raises(ArgumentError, match="read-only"):
        pt.from_numpy(frozen)
    with pytest.raises(DTypeError, match="counterpart"):
        pt.from_numpy(np.ones(2, np.longdouble))
    with pytest.raises(DTypeError, match="not an array"):
        pt.from_numpy([1, 2])
    assert pt.as_tensor(frozen).tolist() == [0, 1, 2, 3]


def test_values_as_python_numbers():
    x = pt.tensor(2.5)
    assert x.item() == float(x) == 2.5
    assert int(pt.tensor(3)) == 3
    assert [10, 20][pt.tensor(1)] == 20
    assert bool(pt.tensor([0.0])) is False
    assert len(pt.zeros(3, 2)) == 3
    assert [r.tolist() for r in pt.tensor([[1, 2], [3, 4]])] == [[1, 2], [3, 4]]
    assert 3 in pt.arange(5)
    with pytest.raises(ArgumentError, match="one element"):
        pt.zeros(2).item()
    with pytest.raises(ArgumentError, match="any"):
        bool(pt.zeros(2))
    with pytest.raises(TypeError):
        len(pt.tensor(1))
    with pytest.raises(TypeError):
        iter(pt.tensor(1))
    with pytest.raises(AutogradError, match="detach"):
        pt.ones(1, requires_grad=True).numpy()
    with pytest.raises(DTypeError, match="float"):
        pt.ones(1, dtype=pt.bfloat16).numpy()


def test_conversion():
    x = pt.tensor([1.7, -1.7, 300.0])
    assert x.to(pt.float32) is x
    assert x.long().tolist() == [1, -1, 300]
    assert x.to(pt.uint8).tolist() == [1, 0, 255]
    assert x.to(pt.ones(1, dtype=pt.float64)).dtype is pt.float64
    assert x.to("cpu") is x
    assert x.to("cpu", pt.float64).dtype is pt.float64
    assert x.type() == "pentad.FloatTensor"
    assert x.type(pt.DoubleTensor).dtype is pt.float64
    assert x.type("torch.LongTensor").dtype is pt.int64
    assert x.bool().tolist() == [True, True, True]
    assert pt.FloatTensor([1, 2]).dtype is pt.float32
    assert pt.LongTensor(2, 3).shape == (2, 3)
    assert pt.Tensor([1, 2]).tolist() == [1, 2]
    assert pt.Tensor(2, 3).shape == (2, 3)
    with pytest.raises(ArgumentError, match="cpu"):
        x.to("cuda")


def test_copies():
    x = pt.ones(2, requires_grad=True)
    y = copy.deepcopy(x)
    assert y.requires_grad
    assert y.data_ptr() != x.data_ptr()
    with pytest.raises(AutogradError, match="leaf"):
        copy.deepcopy(x * 2)
    c = (x * 2).clone()
    c.sum().backward()
    assert x.grad.tolist() == [2, 2]
    x.data = pt.zeros(2)
    assert x.tolist() == [0, 0]
    x.data.fill_(5)
    assert x.tolist() == [5, 5]


def test_names_that_are_not_there():
    with pytest.raises(AttributeError, match="no_such"):
        pt.no_such  # noqa: B018
    assert "tensor" in dir(pt)
    assert set(pt.__all__) <= set(dir(pt))


def test_every_public_name_is_there():
    for name in pt.__all__:
        assert getattr(pt, name) is not None


def test_tensor_is_a_function_and_a_package():
    import pentad.tensor.functions.creation as creation

    assert pt.tensor([1]).tolist() == [1]
    assert pt.tensor([2.0], dtype=pt.float64).dtype is pt.float64
    assert creation.tensor([3]).tolist() == [3]


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda: pt.tensor([1.0, 2.5]), "tensor([1.0000, 2.5000])"),
        (lambda: pt.tensor([1.0, 2.0]), "tensor([1., 2.])"),
        (lambda: pt.tensor(3), "tensor(3)"),
        (lambda: pt.tensor(1e-10), "tensor(1.0000e-10)"),
        (lambda: pt.tensor([True, False]), "tensor([ True, False])"),
        (lambda: pt.tensor([1, -20]), "tensor([  1, -20])"),
        (lambda: pt.tensor([1.0], dtype=pt.float64), "tensor([1.], dtype=pentad.float64)"),
        (lambda: pt.tensor([]), "tensor([])"),
        (lambda: pt.zeros(2, 0), "tensor([], size=(2, 0))"),
        (lambda: pt.ones(1, requires_grad=True), "tensor([1.], requires_grad=True)"),
        (lambda: pt.ones(1, requires_grad=True) * 2, "tensor([2.], grad_fn=<MulBackward0>)"),
        (lambda: pt.tensor([float("nan"), float("inf")]), "tensor([nan, inf])"),
        (lambda: pt.tensor([[1.0, -2.0], [3.0, 4.0]]), "tensor([[ 1., -2.],\n        [ 3.,  4.]])"),
    ],
)
def test_printing(make, text):
    assert repr(make()) == text


def test_long_tensors_are_summarised():
    text = repr(pt.arange(5000.0))
    assert "..." in text
    assert len(text) < 200
    assert f"{pt.tensor(2.5):.1f}" == "2.5"
    pt.set_printoptions(precision=2)
    assert repr(pt.tensor(1.234)) == "tensor(1.23)"
    pt.set_printoptions(precision=4)
