"""Gradients of the families of order, cumulation and placing, at ties and zeros too."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from tests.tensor.differences import gradcheck

INDEX_T = pt.tensor(np.array([[0, 2, 1, 0, 3], [1, 1, 2, 3, 0]]))
MASK = pt.tensor([[True, False, True], [False, True, True]])
GRADIENTS = {
    "cumprod": (lambda x: x.cumprod(1), (2, 4)),
    "cummax": (lambda x: x.cummax(1).values ** 2, (2, 4)),
    "logcumsumexp": (lambda x: x.logcumsumexp(1), (2, 4)),
    "median": (lambda x: x.median() * x.sum(), (5,)),
    "median along": (lambda x: x.median(1).values ** 2, (2, 3)),
    "quantile": (lambda x: x.quantile(0.3) ** 2, (5,)),
    "topk": (lambda x: x.topk(2).values ** 2, (2, 3)),
    "scatter_add": (lambda x, y: x.scatter_add(0, INDEX_T[:, :3], y) ** 2, (4, 3), (2, 3)),
    "scatter_reduce prod": (
        lambda x, y: x.scatter_reduce(0, INDEX_T[:, :3], y, "prod"), (4, 3), (2, 3)),
    "scatter_reduce amin": (
        lambda x, y: x.scatter_reduce(0, INDEX_T[:, :3], y, "amin") ** 2, (4, 3), (2, 3)),
    "scatter_reduce mean": (
        lambda x, y: x.scatter_reduce(0, INDEX_T[:, :3], y, "mean") ** 2, (4, 3), (2, 3)),
    "index_copy": (lambda x, y: x.index_copy(0, pt.tensor([2, 0]), y) ** 2, (3, 2), (2, 2)),
    "masked_scatter": (lambda x, y: x.masked_scatter(MASK, y) ** 2, (2, 3), (5,)),
    "diagonal": (lambda x: x.diagonal(1) ** 2, (3, 4)),
    "diag_embed": (lambda x: x.diag_embed(-1) ** 2, (2, 3)),
    "unfold": (lambda x: x.unfold(0, 3, 1) ** 2, (5,)),
    "as_strided": (lambda x: x.as_strided((2, 2), (1, 1), 1) ** 2, (5,)),
    "diagonal_scatter": (lambda x, y: x.diagonal_scatter(y) ** 2, (2, 3), (2,)),
    "einsum": (lambda x, y: pt.einsum("iij,jk->ik", x, y), (2, 2, 3), (3, 2)),
    "renorm": (lambda x: x.renorm(2, 0, 0.7), (2, 3)),
    "cdist": (lambda x, y: pt.cdist(x, y), (2, 3), (3, 3)),
    "corrcoef": (lambda x: x.corrcoef(), (2, 4)),
    "hypot": (lambda x, y: pt.hypot(x, y), (3,), (3,)),
    "frexp": (lambda x: pt.frexp(x).mantissa ** 2, (3,)),
    "std": (lambda x: x.std(1), (2, 3)),
    "cross": (lambda x, y: pt.cross(x, y), (2, 3), (2, 3)),
    "gradient": (lambda x: pt.gradient(x)[0] ** 2, (4,)),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name):
    f, *shapes = GRADIENTS[name]
    gradcheck(f, *shapes)


def test_gradients_where_there_are_ties_or_zeros():
    x = pt.tensor([2.0, 0.0, 3.0, 0.0], requires_grad=True)
    x.cumprod(0).sum().backward()
    assert x.grad.tolist() == [1, 8, 0, 0]
    x = pt.tensor([1.0, 1.0, 0.0], requires_grad=True)
    x.median().backward()
    assert x.grad.tolist() == [0.5, 0.5, 0]
    x = pt.zeros(3, requires_grad=True)
    (x.norm() + x.std() + pt.cdist(x.view(1, 3), x.view(1, 3)).sum()).backward()
    assert x.grad.tolist() == [0, 0, 0]
    x, y = pt.tensor([5.0], requires_grad=True), pt.tensor([5.0, 5, 1], requires_grad=True)
    x.scatter_reduce(0, pt.tensor([0, 0, 0]), y, "amax").sum().backward()
    assert [*x.grad.tolist(), *y.grad.tolist()] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    x, y = pt.tensor([2.0], requires_grad=True), pt.tensor([0.0, 3], requires_grad=True)
    x.scatter_reduce(0, pt.tensor([0, 0]), y, "prod").sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([0], [6, 0])
