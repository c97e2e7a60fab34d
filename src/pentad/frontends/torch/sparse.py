"""torch.sparse: tensors of places and values are made dense at once, as all tensors are here."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.static import message


def sparse_coo_tensor(
    indices: Any, values: Any = None, size: Any = None, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, check_invariants: Any = None, is_coalesced: Any = None,
) -> Any:
    """The dense tensor that has these values [n] at these places [ndim, n], values of equal places
    added; without a size, just so large that it has them. ShapeError for what does not fit."""
    pt.empty(0, device=device)
    if values is None:
        return pt.zeros(tuple(indices), dtype=dtype, requires_grad=requires_grad)
    places, found = pt.as_tensor(indices), pt.as_tensor(values)
    if dtype is not None:
        found = found.to(dtype)
    if places.ndim != 2 or places.shape[1:] != found.shape[:1]:
        raise pt.ShapeError(message("sparse_coo_tensor", expected="places [ndim, n], values [n]",
                                    got=f"{list(places.shape)}, {list(found.shape)}"))
    if size is None:
        size = (*(places.amax(1) + 1).tolist(), *found.shape[1:])
    empty = pt.zeros(tuple(size), dtype=found.dtype)
    made = empty.index_put(tuple(places.long().unbind(0)), found, accumulate=True)
    return made.detach().requires_grad_() if requires_grad else made


class _SparseType:
    """`torch.sparse.FloatTensor(indices, values, size)`, as old programs write it."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def __call__(self, *args: Any) -> Any:
        return sparse_coo_tensor(*args, dtype=self.dtype)


FloatTensor, DoubleTensor = _SparseType(pt.float32), _SparseType(pt.float64)
LongTensor, IntTensor = _SparseType(pt.int64), _SparseType(pt.int32)


def mm(mat1: Any, mat2: Any) -> Any:
    """The product of matrices."""
    return pt.mm(mat1, mat2)


def addmm(mat: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta * mat + alpha * (mat1 @ mat2)."""
    return pt.addmm(mat, mat1, mat2, beta=beta, alpha=alpha)


def sum(input: Any, dim: Any = None, dtype: Any = None) -> Any:
    """The sum over some or all dimensions."""
    return pt.sum(input, dtype=dtype) if dim is None else pt.sum(input, dim, dtype=dtype)


def softmax(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """The softmax over the elements that are not 0."""
    wide = input if dtype is None else input.to(dtype)
    there = wide != 0
    found = wide.masked_fill(~there, float("-inf")).softmax(dim)
    return found.masked_fill(~there, 0.0)


__getattr__ = absent(__name__)
