"""Wrong arguments: the kind of the error, and that its text names function, shapes and line."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import pentad as pt
from pentad import ArgumentError, AutogradError, DTypeError, IndexOutOfRange, ShapeError

ONE = pt.ones(2, 3)
WHOLE = pt.arange(3)

WRONG = [
    (lambda: ONE + pt.ones(2, 4), ShapeError, ["add", "[2, 3]", "[2, 4]"]),
    (lambda: ONE.mm(ONE), ShapeError, ["mm", "[2, 3]"]),
    (lambda: ONE @ pt.ones(2), ShapeError, ["matmul", "[2, 3]", "[2]"]),
    (lambda: ONE.bmm(ONE), ShapeError, ["bmm", "3 and 3 dimensions"]),
    (lambda: ONE @ pt.ones(3, dtype=pt.float64), DTypeError, ["float32 and float64"]),
    (lambda: pt.where(ONE, ONE, ONE), DTypeError, ["condition", "float32"]),
    (lambda: pt.where(ONE > 0, ONE, pt.ones(4)), ShapeError, ["where", "[4]"]),
    (lambda: ONE.sum(2), ShapeError, ["sum", "[-2, 1]", "2 dimensions"]),
    (lambda: ONE.sum((0, 0)), ShapeError, ["twice"]),
    (lambda: ONE.mean("x"), (ShapeError, TypeError), ["mean"]),
    (lambda: WHOLE.mean(), DTypeError, ["mean", "int64"]),
    (lambda: pt.zeros(0).max(), ShapeError, ["at least one element"]),
    (lambda: pt.zeros(2, 0).argmax(1), ShapeError, ["at least one element"]),
    (lambda: ONE.softmax(), ArgumentError, ["softmax", "dim"]),
    (lambda: ONE.clamp(), ArgumentError, ["clamp", "min"]),
    (lambda: ONE.norm("max"), ArgumentError, ["norm"]),
    (lambda: ONE.topk(9), ArgumentError, ["topk", "9"]),
    (lambda: -(ONE > 0), DTypeError, ["neg", "bool"]),
    (lambda: (ONE > 0) - (ONE > 0), DTypeError, ["sub", "bool"]),
    (lambda: ~ONE, DTypeError, ["bitwise_not", "float32"]),
    (lambda: WHOLE**-1, ArgumentError, ["negative power"]),
    (lambda: pt.div(ONE, 2, rounding_mode="up"), ArgumentError, ["rounding", "up"]),
    (lambda: pt.add(ONE, "x"), DTypeError, ["not a tensor", "str"]),
    (lambda: pt.exp([1.0]), DTypeError, ["not a tensor", "list"]),
    (lambda: ONE * (1 << 70), ArgumentError, ["64-bit"]),
    (lambda: pt.uint64 and pt.ones(1, dtype=pt.uint64) + pt.ones(1, dtype=pt.int8), DTypeError,
     ["uint64 and int8"]),
    (lambda: pt.cat([ONE, pt.ones(2)]), ShapeError, ["cat"]),
    (lambda: pt.cat([]), ArgumentError, ["cat"]),
    (lambda: pt.stack([ONE, pt.ones(2)]), ShapeError, ["stack"]),
    (lambda: ONE.permute(0, 0), ShapeError, ["permute"]),
    (lambda: pt.ones(1, 1, 1).t(), ShapeError, ["transpose(dim0, dim1)"]),
    (lambda: ONE.expand(2, 4), ShapeError, ["expand", "[2, 4]"]),
    (lambda: ONE.narrow(1, 2, 2), ShapeError, ["narrow"]),
    (lambda: ONE.split([1, 1], 1), ShapeError, ["split", "3"]),
    (lambda: ONE.chunk(0), ArgumentError, ["chunk"]),
    (lambda: ONE.reshape(7), ShapeError, ["6 elements"]),
    (lambda: ONE.repeat(2), ShapeError, ["repeat"]),
    (lambda: ONE.unflatten(1, (2, 2)), ShapeError, ["6 elements"]),
    (lambda: ONE.index_select(0, pt.tensor([5])), IndexOutOfRange, ["out of range"]),
    (lambda: ONE.gather(0, pt.zeros(3, 3, 3, dtype=pt.int64)), ShapeError, ["gather"]),
    (lambda: ONE.masked_fill(ONE, 0), DTypeError, ["mask"]),
    (lambda: pt.einsum("ij,jk->ik", ONE, ONE), ShapeError, ["einsum"]),
    (lambda: pt.tril(pt.ones(3)), ShapeError, ["tril"]),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_a_wrong_argument(case):
    call, error, words = WRONG[case]
    with pytest.raises(error) as caught:
        call()
    text = str(caught.value)
    for word in words:
        assert word in text, text
    if isinstance(caught.value, pt.PentadError):
        assert "test_errors.py:" in text
        assert len(text.splitlines()) <= 12


def test_arguments_are_bound_as_python_does():
    for call in (lambda: ONE.sum(0, False, 3), lambda: ONE.sum(axes=0), lambda: pt.exp(),
                 lambda: pt.exp(ONE, ONE), lambda: ONE.sum(0, dim=0), lambda: pt.mul(ONE)):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError, match="unexpected keyword"):
        pt.mul(ONE, ONE, scale=2)
    assert pt.mul(x=ONE, y=ONE).shape == (2, 3)
    assert pt.exp(input=ONE).shape == (2, 3)
    assert ONE.sum(dim=[0]).shape == (3,)
    with pytest.raises(TypeError):
        ONE + "x"


def test_errors_do_not_change_what_comes_after():
    x = pt.ones(3, requires_grad=True)
    for _ in range(3):
        with pytest.raises(ShapeError):
            x + pt.ones(4)
        with pytest.raises(AutogradError):
            (x * 2).backward()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_eager_training_leaves_no_cycles():
    w = pt.ones(4, 4, requires_grad=True)

    def step():
        h = (w @ w).exp().softmax(1) * 2
        h[0] = 0
        (h * w[:, :1]).sum().backward()
        w.grad = None

    step()
    gc.collect()
    gc.disable()
    try:
        for _ in range(30):
            step()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_numpy_scalars_are_operands():
    assert (ONE * np.float32(2)).sum().item() == 12
    assert (np.float64(2) * ONE).sum().item() == 12
    assert (ONE + np.int64(1)).dtype is pt.float32
