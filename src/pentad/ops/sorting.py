"""sort and argsort: stable, NaN counts as the largest number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.batching import later_axes
from pentad.ops.define import F32, OpFunction, define, normalize_axis, quiet, require_dtype
from pentad.ops.indexing import take_along_axis


def _order(x: np.ndarray, *, axis: int, descending: bool) -> np.ndarray:
    if not descending:
        return np.asarray(np.argsort(x, axis, kind="stable"))
    # Sorted backwards, equal elements come out in the wrong order; flipping twice puts it right.
    backwards = np.argsort(np.flip(x, axis), axis, kind="stable")
    return np.asarray(x.shape[axis] - 1 - np.flip(backwards, axis))


def _infer(name: str, result: dtypes.DType | None) -> Callable[..., TensorType]:
    def infer(x: TensorType, *, axis: int, descending: bool) -> TensorType:
        normalize_axis(name, axis, x.ndim)
        require_dtype(name, x.dtype, dtypes.NUMERIC)
        return TensorType(x.shape, result or x.dtype)

    return infer


def _samples() -> Iterable[Sample]:
    for descending in (False, True):
        for shape, axis in (((7,), 0), ((3, 5), 1), ((5, 3), 0), ((2, 0), 1), ((2, 3, 4), 1)):
            yield Sample(((shape, F32),), {"axis": axis, "descending": descending})
        nan = np.array([2.0, np.nan, -1.0, 2.0, np.inf, np.nan])
        yield Sample((nan,), {"axis": 0, "descending": descending})
    for dtype in dtypes.NUMERIC:
        yield Sample((((4, 9), dtype),), {"axis": 1, "descending": False})


def _errors() -> Iterable[Sample]:
    attrs = {"axis": 1, "descending": False}
    yield Sample((((2,), F32),), attrs, ShapeError, "axis out of range")
    yield Sample((((2, 2), dtypes.bool_),), attrs, DTypeError, "not supported")


def _vjp_sort(
    g: Node, y: Node, x: Node, *, axis: int, descending: bool
) -> tuple[Node]:
    order = argsort(x, axis, descending=descending)
    return (take_along_axis(g, argsort(order, axis), axis),)


def _jvp_sort(
    t: Sequence[Node | None], y: Node, x: Node, *, axis: int, descending: bool
) -> Node | None:
    if t[0] is None:
        return None
    return take_along_axis(t[0], argsort(x, axis, descending=descending), axis)


_argsort: OpFunction = define(
    "argsort",
    "The positions that sort along an axis; equal elements keep their order, NaN is largest.",
    kind="structured",
    kernel="sort",
    infer=_infer("argsort", dtypes.int64),
    reference=quiet(lambda x, *, axis, descending: _order(x, axis=axis, descending=descending)),
    nondifferentiable="a position is a whole number",
    batch=later_axes("axis"),
    samples=_samples,
    errors=_errors,
)

_sort: OpFunction = define(
    "sort",
    "The elements in order along an axis; NaN is largest.",
    kind="composite",
    decompose=lambda x, *, axis, descending: take_along_axis(
        x, argsort(x, axis, descending=descending), axis
    ),
    infer=_infer("sort", None),
    reference=quiet(
        lambda x, *, axis, descending: np.take_along_axis(
            x, _order(x, axis=axis, descending=descending), axis
        )
    ),
    vjp=_vjp_sort,
    batch=later_axes("axis"),
    jvp=_jvp_sort,
    samples=_samples,
    errors=_errors,
)


def sort(x: Node, axis: int, descending: bool = False) -> Node:
    """`x` sorted along `axis`."""
    return _sort(x, axis=normalize_axis("sort", axis, x.ndim), descending=descending)


def argsort(x: Node, axis: int, descending: bool = False) -> Node:
    """The int64 positions that sort `x` along `axis`, stably."""
    return _argsort(x, axis=normalize_axis("argsort", axis, x.ndim), descending=descending)
