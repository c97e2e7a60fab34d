"""The classes of operations on sparse matrices, by Theano's names: `Cast("int32")(x)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.frontends.theano.gof.opclass import op_classes, plain
from pentad.frontends.theano.sparse import arithmetic, conversion, products

PLAIN = {
    "AddSD": arithmetic.add_s_d, "AddSS": arithmetic.add_s_s, "AddSSData": arithmetic.add_s_s_data,
    "CSMProperties": conversion.csm_properties, "ColScaleCSC": arithmetic.col_scale,
    "ConstructSparseFromList": conversion.construct_sparse_from_list, "Diag": arithmetic.diag,
    "EnsureSortedIndices": arithmetic.ensure_sorted_indices,
    "GetItem2Lists": arithmetic.get_item_2lists, "GetItemList": arithmetic.get_item_list,
    "MulSD": arithmetic.mul_s_d, "MulSS": arithmetic.mul_s_s, "MulSV": arithmetic.mul_s_v,
    "Remove0": arithmetic.remove0, "RowScaleCSC": arithmetic.row_scale,
    "SamplingDot": products.sampling_dot, "SquareDiagonal": conversion.square_diagonal,
    "StructuredAddSV": arithmetic.structured_add_s_v, "StructuredDot": products.structured_dot,
    "Transpose": arithmetic.transpose, "Usmm": products.usmm,
}


def _cast(out_type: Any) -> Callable[..., Any]:
    return lambda x: conversion.cast(x, out_type)


def _dense(structured: bool = True) -> Callable[..., Any]:
    return conversion.dense_from_sparse


def _sum(axis: int | None = None, sparse_grad: bool = True) -> Callable[..., Any]:
    return lambda x: arithmetic.sp_sum(x, axis, sparse_grad)


def _beside(format: str | None = None, dtype: Any = None) -> Callable[..., Any]:
    return lambda *blocks: conversion.hstack(blocks, format, dtype)


def _below(format: str | None = None, dtype: Any = None) -> Callable[..., Any]:
    return lambda *blocks: conversion.vstack(blocks, format, dtype)


def _product(grad_preserves_dense: bool = True) -> Callable[..., Any]:
    return lambda x, y: products.true_dot(x, y, grad_preserves_dense)


CLASSES = op_classes({
    **{name: plain(function, "") for name, function in PLAIN.items()},
    "Cast": ("", _cast), "DenseFromSparse": ("", _dense), "HStack": ("", _beside),
    "SpSum": ("", _sum), "TrueDot": ("", _product), "VStack": ("", _below),
}, __name__)
globals().update(CLASSES)
__all__ = sorted(CLASSES)
