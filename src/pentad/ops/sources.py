"""Tensors out of nothing: full and iota."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node, apply
from pentad.graph.op import Op, Sample, TensorType, by_name, register
from pentad.graph.sizes import Dim, Size
from pentad.ops.define import F32, normalize_axis


def _infer_full(*, value: float | Dim, shape: tuple[Size, ...], dtype: DType) -> TensorType:
    _representable(value, dtype)
    return TensorType(shape, dtype)


def _reference_full(*, value: float, shape: tuple[int, ...], dtype: DType) -> np.ndarray:
    return np.full(shape, value, dtype=dtype.numpy)


def _representable(value: complex | Dim, dtype: DType) -> bool | int | float | Dim:
    """`value` as the Python number that an element of `dtype` is; ArgumentError if it is none.

    A size (`Dim`) stays what it is: it becomes a number when sizes are bound.
    """
    if isinstance(value, Dim):
        return value
    if isinstance(value, complex):
        raise ArgumentError(
            message("full: the value is no element of the dtype", expected="a real number",
                    got=f"{value} for {dtype.name}")
        )
    if dtype is dtypes.bool_:
        return bool(value)
    if dtype.is_inexact:
        return float(value)
    limits = np.iinfo(dtype.numpy)
    if not (limits.min <= value <= limits.max and value == int(value)):
        raise ArgumentError(
            message(
                "full: the value is no element of the dtype",
                expected=f"a whole number from {limits.min} to {limits.max} ({dtype.name})",
                got=str(value),
            )
        )
    return int(value)


FULL = register(
    Op(
        name="full",
        doc="A tensor filled with one number.",
        kind="source",
        infer=_infer_full,
        reference=_reference_full,
        lower=lambda k, index, *, value, shape, dtype: k.const(value, dtype),
        nondifferentiable="a constant has no operands",
        samples=lambda: [
            Sample((), {"value": v, "shape": s, "dtype": d})
            for v, s, d in ((1.5, (2, 3), F32), (7, (), dtypes.int64), (True, (0,), dtypes.bool_))
        ],
        errors=lambda: [
            Sample((), {"value": v, "shape": (2,), "dtype": dtypes.uint8}, ArgumentError, "element")
            for v in (-1, 256, 0.5, float("inf"))
        ],
    )
)


def full(value: complex | Dim, shape: Sequence[Size], dtype: DType) -> Node:
    """A tensor of `shape` filled with `value`; a symbolic size is a value too.

    A complex value is made of its parts: attributes of nodes are real.
    """
    if isinstance(value, complex):
        if not dtype.is_complex:
            _representable(value, dtype)
        parts = [full(v, shape, dtype.real) for v in (value.real, value.imag)]
        return apply(by_name("complex"), *parts)
    return apply(FULL, value=_representable(value, dtype), shape=tuple(shape), dtype=dtype)


def full_like(value: complex | Dim, like: Node) -> Node:
    """A tensor of the type of `like` filled with `value`."""
    return full(value, like.shape, like.dtype)


def _infer_iota(*, shape: tuple[Size, ...], axis: int, dtype: DType) -> TensorType:
    normalize_axis("iota", axis, len(shape))
    return TensorType(shape, dtype)


def _reference_iota(*, shape: tuple[int, ...], axis: int, dtype: DType) -> np.ndarray:
    along = [1] * len(shape)
    along[axis] = shape[axis]
    line = np.arange(shape[axis]).astype(dtype.numpy).reshape(along)
    return np.broadcast_to(line, shape).copy()


IOTA = register(
    Op(
        name="iota",
        doc="The position along one axis: 0, 1, 2, ...",
        kind="source",
        infer=_infer_iota,
        reference=_reference_iota,
        lower=lambda k, index, *, shape, axis, dtype: k.cast(index[axis], dtype),
        nondifferentiable="a constant has no operands",
        samples=lambda: [
            Sample((), {"shape": s, "axis": a, "dtype": d})
            for s, a, d in (((5,), 0, dtypes.int64), ((3, 4), 1, F32), ((3, 17), 0, dtypes.int32))
        ],
        errors=lambda: [
            Sample((), {"shape": (3,), "axis": 1, "dtype": F32}, ShapeError, "axis out of range")
        ],
    )
)


def iota(shape: Sequence[Size], axis: int, dtype: DType) -> Node:
    """A tensor of `shape` that holds the position along `axis`."""
    axis = normalize_axis("iota", axis, len(shape))
    return apply(IOTA, shape=tuple(shape), axis=axis, dtype=dtype)
