"""Row exchanges of an LU factorisation: LAPACK's pivots, and the order of rows they lead to."""

from __future__ import annotations

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size
from pentad.ops.batching import same
from pentad.ops.define import OpFunction, define, quiet, require_dtype
from pentad.ops.matrices import F64, REAL, require_matrix

I32 = dtypes.int32


def _pivots(order: np.ndarray, *, count: int) -> np.ndarray:
    """The exchanges, counted from 1, that put the rows in this order one after the other."""
    rows = order.astype(np.int64).reshape(int(np.prod(order.shape[:-1])), order.shape[-1])
    pivots = np.zeros((len(rows), count), np.int32)
    for wanted, found in zip(rows, pivots, strict=True):
        now = list(range(len(wanted)))
        for i in range(count):
            row = int(wanted[i])
            at = now.index(row) if row in now else i  # what is no order exchanges nothing
            found[i] = at + 1
            now[i], now[at] = now[at], now[i]
    return pivots.reshape(*order.shape[:-1], count)


def _order(pivots: np.ndarray, *, count: int) -> np.ndarray:
    """The order of `count` rows after the exchanges."""
    lead = pivots.shape[:-1]
    each = pivots.astype(np.int64).reshape(int(np.prod(lead)), pivots.shape[-1])
    order = np.tile(np.arange(count), (len(each), 1))
    batch = np.arange(len(each))
    for i in range(min(count, each.shape[-1])):
        other = np.clip(each[:, i] - 1, 0, count - 1)
        order[batch, i], order[batch, other] = order[batch, other], order[batch, i]
    return order.reshape(*lead, count)


def _infer_pivots(order: TensorType, *, count: Size) -> TensorType:
    require_dtype("order_to_pivots", order.dtype, REAL)
    return TensorType((*order.shape[:-1], count), I32)


_order_to_pivots = define(
    "order_to_pivots",
    "LAPACK's pivots (int32, counted from 1) of an order of rows.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_pivots,
    reference=quiet(_pivots),
    nondifferentiable="a position is a whole number",
    samples=lambda: [Sample((np.array([[2.0, 0, 1], [0, 1, 2]]),), {"count": 3})],
    errors=lambda: [Sample((((2,), I32),), {"count": 2}, DTypeError, "not supported")],
)


def order_to_pivots(order: Node, count: Size) -> Node:
    """The first `count` pivots of an order of rows [..., m]."""
    return _order_to_pivots(order, count=count)


def _infer_order(pivots: TensorType, *, count: Size) -> TensorType:
    require_dtype("pivots_to_order", pivots.dtype, (I32, dtypes.int64))
    return TensorType((*pivots.shape[:-1], count), dtypes.int64)


_pivots_to_order = define(
    "pivots_to_order",
    "The order of rows (int64) that LAPACK's pivots lead to.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_order,
    reference=quiet(_order),
    nondifferentiable="a position is a whole number",
    samples=lambda: [Sample((np.array([[3, 3, 3], [1, 2, 3]], np.int32),), {"count": 3})],
    errors=lambda: [Sample((((2,), F64),), {"count": 2}, DTypeError, "not supported")],
)


def pivots_to_order(pivots: Node, count: Size) -> Node:
    """The order of `count` rows after the exchanges `pivots` [..., k]."""
    return _pivots_to_order(pivots, count=count)


def _zero_pivot(lu: np.ndarray) -> np.ndarray:
    zero = np.diagonal(lu, axis1=-2, axis2=-1) == 0
    if not zero.shape[-1]:
        return np.zeros(lu.shape[:-2], np.int32)
    return np.where(zero.any(-1), zero.argmax(-1) + 1, 0).astype(np.int32)


def _infer_zero_pivot(lu: TensorType) -> TensorType:
    require_matrix("first_zero_pivot", lu)
    return TensorType(lu.shape[:-2], I32)


first_zero_pivot: OpFunction = define(
    "first_zero_pivot",
    "The first zero on the diagonal, counted from 1 (int32); 0 if there is none.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_zero_pivot,
    reference=quiet(_zero_pivot),
    nondifferentiable="a position is a whole number",
    samples=lambda: [Sample((np.array([[[1.0, 2], [3, 0]], [[1, 2], [3, 4]]]),))],
    errors=lambda: [Sample((((2,), F64),), {}, ShapeError, "no matrix")],
)


