"""Reductions other than the sum: products, extrema, quantifiers, positions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import product
from pentad.ops.batching import later_axes
from pentad.ops.broadcast import (
    reduce_sum,
    reduced_shape,
    reduction_errors,
    reduction_samples,
    spread,
)
from pentad.ops.comparison import eq
from pentad.ops.conversion import cast
from pentad.ops.define import (
    F32,
    OpFunction,
    define,
    in_single,
    normalize_axes,
    normalize_axis,
    require_dtype,
)
from pentad.ops.movement import pad
from pentad.ops.views import reshape, reverse, transpose

BOOL = (dtypes.bool_,)


def _require_elements(name: str, x: TensorType, axes: Sequence[int]) -> None:
    """An extremum of nothing has no value; ShapeError where a reduced axis has size 0."""
    if any(isinstance(x.shape[a], int) and x.shape[a] == 0 for a in axes):
        raise ShapeError(
            message(
                f"{name}: there is nothing to choose from",
                expected="at least one element along the reduced axes",
                got=f"shape {list(x.shape)}, axes {tuple(axes)}",
            )
        )


def _reduction(
    name: str,
    doc: str,
    reference: Callable[..., Any],
    *,
    allowed: Sequence[dtypes.DType] = dtypes.NUMERIC,
    needs_elements: bool = False,
    **fields: Any,
) -> OpFunction:
    def infer(x: TensorType, *, axes: tuple[int, ...]) -> TensorType:
        shape = reduced_shape(name, x, axes, allowed=allowed)
        if needs_elements:
            _require_elements(name, x, axes)
        return TensorType(shape, x.dtype)

    def errors() -> Iterable[Sample]:
        yield from reduction_errors(allowed)
        if needs_elements:
            yield Sample((((2, 0), allowed[-1]),), {"axes": (1,)}, ShapeError, "nothing to choose")

    return define(
        name,
        doc,
        kind="reduce",
        infer=infer,
        reference=in_single(reference),
        samples=reduction_samples(allowed, empty=not needs_elements),
        batch=later_axes("axes"),
        errors=errors,
        **fields,
    )


# -- extrema -----------------------------------------------------------------------------------


def _share(y: Node, x: Node, axes: Sequence[int]) -> Node:
    """What each element contributes to the extremum: equal elements share it evenly."""
    chosen = cast(eq(x, spread(y, x, axes)), x.dtype)
    return chosen / spread(reduce_sum(chosen, axes), x, axes)


def _vjp_extremum(g: Node, y: Node, x: Node, *, axes: tuple[int, ...]) -> tuple[Node]:
    return (spread(g, x, axes) * _share(y, x, axes),)


def _jvp_extremum(
    t: Sequence[Node | None], y: Node, x: Node, *, axes: tuple[int, ...]
) -> Node | None:
    return None if t[0] is None else reduce_sum(t[0] * _share(y, x, axes), axes)


_reduce_max = _reduction(
    "reduce_max",
    "The largest element over some axes; NaN if one is NaN. Equal ones share the gradient.",
    lambda x, *, axes: np.max(x, axis=axes),
    needs_elements=True,
    vjp=_vjp_extremum,
    jvp=_jvp_extremum,
)

_reduce_min = _reduction(
    "reduce_min",
    "The smallest element over some axes; NaN if one is NaN. Equal ones share the gradient.",
    lambda x, *, axes: np.min(x, axis=axes),
    needs_elements=True,
    vjp=_vjp_extremum,
    jvp=_jvp_extremum,
)

# -- product -----------------------------------------------------------------------------------


def running_product(x: Node, axis: int, *, exclusive: bool = False) -> Node:
    """Products of the elements up to each position along an axis (`exclusive`: before it).

    Made of log2(n) shifted multiplications, so that it is exact and differentiable any number
    of times whatever the zeros (Hillis and Steele, Data parallel algorithms, 1986).
    """
    if exclusive:
        x = _shifted(x, axis, 1)
    distance, n = 1, int(x.shape[axis])
    while distance < n:
        x = x * _shifted(x, axis, distance)
        distance *= 2
    return x


def _shifted(x: Node, axis: int, by: int) -> Node:
    """Element i - `by` at place i, ones where there is none."""
    low, high = [0] * x.ndim, [0] * x.ndim
    low[axis], high[axis] = by, -by
    return pad(x, low, high, value=1)


def _products_of_others(x: Node, axes: Sequence[int]) -> Node:
    """For every element the product of all the others over `axes`."""
    kept = [i for i in range(x.ndim) if i not in axes]
    order = [*kept, *axes]
    rows = transpose(x, order)
    flat = reshape(rows, (*rows.shape[: len(kept)], product(rows.shape[len(kept) :])))
    last = len(kept)
    before = running_product(flat, last, exclusive=True)
    after = reverse(running_product(reverse(flat, [last]), last, exclusive=True), [last])
    return transpose(reshape(before * after, rows.shape), np.argsort(order).tolist())


def _jvp_prod(
    t: Sequence[Node | None], y: Node, x: Node, *, axes: tuple[int, ...]
) -> Node | None:
    return None if t[0] is None else reduce_sum(t[0] * _products_of_others(x, axes), axes)


_reduce_prod = _reduction(
    "reduce_prod",
    "The product over some axes; 16-bit floats are multiplied in float32, integers wrap.",
    lambda x, *, axes: np.prod(x, axis=axes, dtype=x.dtype),
    allowed=dtypes.NUMBERS,
    vjp=lambda g, y, x, *, axes: (spread(g, x, axes) * _products_of_others(x, axes),),
    jvp=_jvp_prod,
)

# -- quantifiers -------------------------------------------------------------------------------

_reduce_and = _reduction(
    "reduce_and",
    "True where all elements over some axes are.",
    lambda x, *, axes: np.all(x, axis=axes),
    allowed=BOOL,
    nondifferentiable="the result is bool",
)

_reduce_or = _reduction(
    "reduce_or",
    "True where at least one element over some axes is.",
    lambda x, *, axes: np.any(x, axis=axes),
    allowed=BOOL,
    nondifferentiable="the result is bool",
)


def reduce_max(x: Node, axes: Sequence[int]) -> Node:
    """The largest element of `x` over `axes`, which are dropped."""
    return _reduce_max(x, axes=normalize_axes("reduce_max", axes, x.ndim)) if axes else x


def reduce_min(x: Node, axes: Sequence[int]) -> Node:
    """The smallest element of `x` over `axes`, which are dropped."""
    return _reduce_min(x, axes=normalize_axes("reduce_min", axes, x.ndim)) if axes else x


def reduce_prod(x: Node, axes: Sequence[int]) -> Node:
    """The product of `x` over `axes`, which are dropped."""
    return _reduce_prod(x, axes=normalize_axes("reduce_prod", axes, x.ndim)) if axes else x


def reduce_and(x: Node, axes: Sequence[int]) -> Node:
    """Whether all of `x` are True over `axes`, which are dropped."""
    return _reduce_and(x, axes=normalize_axes("reduce_and", axes, x.ndim)) if axes else x


def reduce_or(x: Node, axes: Sequence[int]) -> Node:
    """Whether any of `x` is True over `axes`, which are dropped."""
    return _reduce_or(x, axes=normalize_axes("reduce_or", axes, x.ndim)) if axes else x


# -- positions of extrema ----------------------------------------------------------------------


def _position(name: str, doc: str, reference: Callable[..., Any]) -> OpFunction:
    def infer(x: TensorType, *, axis: int) -> TensorType:
        axis = normalize_axis(name, axis, x.ndim)
        require_dtype(name, x.dtype, dtypes.NUMERIC)
        _require_elements(name, x, (axis,))
        return TensorType((*x.shape[:axis], *x.shape[axis + 1 :]), dtypes.int64)

    cases = [((5,), 0), ((3, 17), 1), ((17, 3), 0), ((2, 3, 4), 1), ((0, 3), 1)]
    return define(
        name,
        doc,
        kind="reduce",
        infer=infer,
        reference=lambda x, *, axis: reference(x, axis=axis).astype(np.int64),
        nondifferentiable="a position is a whole number",
        batch=later_axes("axis"),
        samples=lambda: [
            *(Sample(((s, F32),), {"axis": a}) for s, a in cases),
            *(Sample((((4, 9), d),), {"axis": 1}) for d in dtypes.NUMERIC),
            Sample((np.array([[1.0, np.nan, 3.0], [2.0, 2.0, 1.0]]),), {"axis": 1}),
        ],
        errors=lambda: [
            Sample((((2, 3), F32),), {"axis": 2}, ShapeError, "axis out of range"),
            Sample((((2, 0), F32),), {"axis": 1}, ShapeError, "nothing to choose"),
            Sample((((2,), dtypes.bool_),), {"axis": 0}, DTypeError, "not supported"),
        ],
    )


_argmax = _position(
    "argmax",
    "The position of the first largest element along an axis; NaN is largest.",
    np.argmax,
)
_argmin = _position(
    "argmin",
    "The position of the first smallest element along an axis; NaN is smallest.",
    np.argmin,
)


def argmax(x: Node, axis: int) -> Node:
    """Where the first largest element lies along `axis`, which is dropped (int64)."""
    return _argmax(x, axis=normalize_axis("argmax", axis, x.ndim))


def argmin(x: Node, axis: int) -> Node:
    """Where the first smallest element lies along `axis`, which is dropped (int64)."""
    return _argmin(x, axis=normalize_axis("argmin", axis, x.ndim))
