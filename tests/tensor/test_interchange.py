"""Tensors and the rest of Python: pickled, copied, beside NumPy's arrays and numbers."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.tensor.convert import rebuilt

RNG = np.random.default_rng(8)
VALUES = {
    "bool": [True, False], "uint8": [1, 255], "int64": [[-1, 2**62]], "float16": [1.5],
    "bfloat16": [1.5, -2.0], "float32": 2.5, "float64": np.zeros((0, 3)),
    "complex64": [1 + 2j, -1j],
}


@pytest.mark.parametrize("dtype", VALUES)
def test_pickle_keeps_dtype_shape_and_values(dtype):
    x = pt.tensor(VALUES[dtype], dtype=getattr(pt, dtype))
    found = pickle.loads(pickle.dumps(x))
    assert (found.dtype, found.shape) == (x.dtype, x.shape)
    assert found.tolist() == x.tolist()
    assert found.data_ptr() != x.data_ptr() or x.numel() == 0


def test_pickled_tensors_live_on_in_another_process():
    content = pickle.dumps([pt.arange(1000), nn.Linear(3, 2)])
    code = (
        "import pickle, sys; x, m = pickle.load(sys.stdin.buffer); "
        "assert x.tolist() == list(range(1000)); m(m.weight).sum().backward(); "
        "assert m.weight.grad is not None"
    )
    subprocess.run([sys.executable, "-c", code], input=content, check=True, timeout=60)


def test_pickle_of_views_parameters_and_results():
    base = pt.arange(12).reshape(3, 4)
    assert pickle.loads(pickle.dumps(base.T[1:])).tolist() == base.T[1:].tolist()
    x = pt.ones(2, requires_grad=True)
    for leaf in (x, x * 2):
        found = pickle.loads(pickle.dumps(leaf))
        assert found.is_leaf
        assert found.requires_grad
    parameter = pickle.loads(pickle.dumps(nn.Parameter(pt.ones(2), requires_grad=False)))
    assert type(parameter) is nn.Parameter
    assert not parameter.requires_grad
    buffer = pickle.loads(pickle.dumps(nn.Buffer(pt.ones(2), persistent=False)))
    assert type(buffer) is nn.Buffer
    assert buffer.persistent is False


def test_pickled_parts_that_do_not_fit_are_refused():
    for parts in (
        (pt.Tensor, "float32", (3,), b"1234", False),
        (dict, "float32", (1,), b"1234", False),
        (pt.Tensor, "float31", (1,), b"1234", False),
    ):
        with pytest.raises(pt.PentadError):
            rebuilt(*parts)
    with pytest.raises(pt.PentadError, match="pickl"):
        pt.compile(lambda x: pickle.dumps(x))(pt.ones(2))


def test_a_shallow_copy_shares_memory_as_in_pytorch():
    x = pt.zeros(2, requires_grad=True)
    for value in (x, x * 1, nn.Parameter(pt.zeros(2))):
        other = copy.copy(value)
        assert type(other) is type(value)
        assert other is not value
        assert other.is_leaf
        assert other.requires_grad
        assert other.data_ptr() == value.data_ptr()
    x.grad = pt.ones(2)
    assert copy.copy(x).grad is None


OPERATORS = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: a / b, "**": lambda a, b: a**b, "@": lambda a, b: a @ b,
    "==": lambda a, b: a == b, "<": lambda a, b: a < b,
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_with_arrays_give_tensors(name):
    a, b = RNG.uniform(1, 2, (3, 3)), RNG.uniform(1, 2, (3, 3))
    expected = OPERATORS[name](a, b)
    for x, y in ((a, pt.tensor(b)), (pt.tensor(a), b)):
        found = OPERATORS[name](x, y)
        assert type(found) is pt.Tensor
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-14)


def test_arrays_promote_as_tensors_and_numbers_of_numpy_as_numbers():
    x = pt.ones(3, requires_grad=True)
    assert (np.ones(3) + x).dtype is pt.float64
    assert (np.float64(2) * x).dtype is pt.float32
    found = np.float32(2) * x
    assert type(found) is pt.Tensor
    assert found.requires_grad
    np.testing.assert_allclose(np.sin(pt.ones(3)), np.sin(np.ones(3)), rtol=1e-6)
    with pytest.raises(pt.AutogradError, match="detach"):
        np.sin(x)


def test_an_array_is_no_first_operand_and_none_in_a_trace():
    with pytest.raises(pt.DTypeError, match="not a tensor"):
        pt.sin(np.ones(3))
    array = np.ones(3)
    with pytest.raises(pt.DTypeError, match="not a tensor"):
        pt.compile(lambda x: x + array)(pt.ones(3))
