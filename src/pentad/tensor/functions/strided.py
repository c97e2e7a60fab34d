"""Views by strides: diagonals, sliding windows, as_strided; and values put into such places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, CaptureError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.functions.creation import check_shape, empty
from pentad.tensor.functions.pointwise import clone
from pentad.tensor.functions.shaping import select, slice_dim
from pentad.tensor.inplace import copy_into
from pentad.tensor.meta import Meta
from pentad.tensor.promotion import normalize_dim
from pentad.tensor.tensor import Tensor
from pentad.tensor.views import Layout, ViewFunction

I64 = dtypes.int64

# -- diagonals -------------------------------------------------------------------------------------


def _diagonal_size(shape: Sequence[Any], offset: int, a: int, b: int) -> Any:
    rows, columns = shape[a] + min(offset, 0), shape[b] - max(offset, 0)
    n = rows if rows <= columns else columns
    return n if n > 0 else 0


def _diagonal_layout(meta: Meta, offset: int, a: int, b: int) -> Layout:
    n = _diagonal_size(meta.shape, offset, a, b)
    rest = [i for i in range(meta.ndim) if i not in (a, b)]
    start: Any = 0
    if not (isinstance(n, int) and n == 0):
        start = offset * meta.strides[b] if offset > 0 else -offset * meta.strides[a]
    return (
        (*(meta.shape[i] for i in rest), n),
        (*(meta.strides[i] for i in rest), meta.strides[a] + meta.strides[b]),
        start,
    )


def _diagonal_places(x: Node, offset: int, a: int, b: int) -> tuple[list[Node], tuple[int, int]]:
    """Index tensors for the two axes (in order), and these axes."""
    n = _diagonal_size(x.shape, offset, a, b)
    line = ops.iota((n,), 0, I64)
    row = line + max(-offset, 0)
    column = line + max(offset, 0)
    return ([row, column], (a, b)) if a < b else ([column, row], (b, a))


def _diagonal_node(x: Node, offset: int, a: int, b: int) -> Node:
    places, axes = _diagonal_places(x, offset, a, b)
    found = ops.gather(x, *places, axes=axes)
    return ops.transpose(found, [*range(1, found.ndim), 0])


def _diagonal_put(x: Node, value: Node, offset: int, a: int, b: int) -> Node:
    places, axes = _diagonal_places(x, offset, a, b)
    first = ops.transpose(value, [value.ndim - 1, *range(value.ndim - 1)])
    return ops.scatter(x, first, *places, axes=axes, kind="set")


_diagonal_view = ViewFunction("diagonal", _diagonal_layout, _diagonal_node, _diagonal_put)


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A view of the diagonals of two dimensions, which become the last one.

    offset: how far above (below, if negative) the main diagonal. ShapeError if the dimensions are
    the same, or the tensor has less than two.
    """
    a, b = (normalize_dim("diagonal", d, input.ndim) for d in (dim1, dim2))
    if a == b or input.ndim < 2:
        raise ShapeError(
            message("diagonal: dimensions", expected="two different ones", got=f"{dim1} and {dim2}")
        )
    return _diagonal_view(input, int(offset), a, b)


# -- sliding windows -------------------------------------------------------------------------------


def _unfold_layout(meta: Meta, at: int, size: int, step: int) -> Layout:
    shape, strides = list(meta.shape), list(meta.strides)
    along = strides[at] if meta.ndim else 1
    if meta.ndim:
        shape[at] = (shape[at] - size) // step + 1
        strides[at] = along * step
    return (*shape, size), (*strides, along), 0


def _window_index(x: Node, at: int, size: int, step: int) -> Node:
    count = (x.shape[at] - size) // step + 1
    begin = ops.iota((count, size), 0, I64) * step
    return begin + ops.iota((count, size), 1, I64)


def _unfold_node(x: Node, at: int, size: int, step: int) -> Node:
    if x.ndim == 0:
        return ops.slice_(ops.reshape(x, (1,)), (0,), (size,))
    found = ops.gather(x, _window_index(x, at, size, step), axes=(at,))
    return ops.transpose(found, [*range(2, at + 2), 0, *range(at + 2, found.ndim), 1])


def _unfold_put(x: Node, value: Node, at: int, size: int, step: int) -> Node:
    if x.ndim == 0:
        return ops.reshape(value, ()) if size else x
    last = value.ndim - 1
    order = [at, last, *(i for i in range(last) if i != at)]
    windows = ops.transpose(value, order)
    return ops.scatter(x, windows, _window_index(x, at, size, step), axes=(at,), kind="set")


_unfold_view = ViewFunction("unfold", _unfold_layout, _unfold_node, _unfold_put)


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Any:
    """A view of all windows of `size` elements along a dimension, `step` apart.

    Their number takes the place of the dimension; the windows' elements become the last one.
    """
    at = normalize_dim("unfold", dimension, input.ndim)
    n = input.shape[at] if input.ndim else 1
    if not 0 <= size <= n or step <= 0:
        raise ArgumentError(
            message("unfold: windows", expected=f"0 <= size <= {n}, step > 0",
                    got=f"size {size}, step {step}")
        )
    return _unfold_view(input, at, int(size), int(step))


# -- any strides -----------------------------------------------------------------------------------


def _strided_layout(
    meta: Meta, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> Layout:
    return shape, strides, offset


def _strided_index(shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Node:
    index = ops.full(offset, shape, I64)
    for i, s in enumerate(strides):
        index = index + ops.iota(shape, i, I64) * s
    return index


def _strided_node(
    x: Node, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> Node:
    flat = ops.reshape(x, (product(x.shape),))
    return ops.gather(flat, _strided_index(shape, strides, offset), axes=(0,))


def _strided_put(
    x: Node, value: Node, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> Node:
    flat = ops.reshape(x, (product(x.shape),))
    index = _strided_index(shape, strides, offset)
    return ops.reshape(ops.scatter(flat, value, index, axes=(0,), kind="set"), x.shape)


_strided_view = ViewFunction("as_strided", _strided_layout, _strided_node, _strided_put)


def as_strided(
    input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Any:
    """A view of the tensor's storage with any shape and strides (in elements, >= 0).

    Of a view, the storage is that of the tensor that it was taken from, which must be contiguous.
    ArgumentError where the result would lie outside.
    """
    shape, steps = check_shape("as_strided", (tuple(size),)), tuple(int(s) for s in stride)
    alias = input.alias
    base = input if alias is None or alias.base is None else alias.base
    start = storage_offset
    if start is None:
        start = 0 if base is input else _offset_of(input)
    last = start + sum((n - 1) * s for n, s in zip(shape, steps, strict=False))
    inside = 0 in shape or (start >= 0 and last < base.numel())
    if len(shape) != len(steps) or min(steps, default=0) < 0 or not inside:
        raise ArgumentError(
            message("as_strided: outside the storage",
                    expected=f"places within {base.numel()} elements, strides >= 0",
                    got=f"size {list(shape)}, stride {list(steps)}, offset {start}")
        )
    if not base.meta.contiguous:
        raise ArgumentError(
            message("as_strided: the storage is not contiguous", expected="row-major strides",
                    got=str(base.meta.strides), hint="call contiguous() first")
        )
    return _strided_view(base, shape, steps, 0 if 0 in shape else start)


def _offset_of(input: Tensor) -> int:
    if input.ptr is None:
        raise CaptureError(
            message("as_strided of a view while tracing", expected="storage_offset=...",
                    got="none", hint="name the offset")
        )
    return input.storage_offset()


def empty_strided(
    size: Sequence[int], stride: Sequence[int], *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """An uninitialised tensor with these strides."""
    shape = check_shape("empty_strided", (tuple(size),))
    span = 0 if 0 in shape else 1 + sum((n - 1) * s for n, s in zip(shape, stride, strict=True))
    made = as_strided(empty(span, dtype=dtype), shape, stride).detach()
    return made.requires_grad_() if requires_grad else made


def new_empty_strided(
    input: Tensor, size: Sequence[int], stride: Sequence[int], *, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Any:
    """An uninitialised tensor with these strides, of the dtype of `input`."""
    return empty_strided(size, stride, dtype=dtype or input.dtype, requires_grad=requires_grad)


def empty_permuted(
    size: Sequence[int], physical_layout: Sequence[int], *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """An uninitialised tensor whose dimensions follow each other in memory in a given order.

    physical_layout: the dimensions from the outermost to the innermost.
    """
    shape, order = check_shape("empty_permuted", (tuple(size),)), list(physical_layout)
    if sorted(order) != list(range(len(shape))):
        raise ArgumentError(
            message("empty_permuted: physical_layout", got=repr(physical_layout),
                    expected=f"each of the dimensions 0 to {len(shape) - 1} once")
        )
    stride, step = [0] * len(shape), 1
    for i in reversed(order):
        stride[i], step = step, step * max(shape[i], 1)
    return empty_strided(shape, stride, dtype=dtype, requires_grad=requires_grad)


# -- values put into places ------------------------------------------------------------------------


def _with(input: Tensor, src: Tensor, view: Any) -> Any:
    """A copy of `input` with `src` in the place that `view` shows."""
    made = clone(input)
    place = view(made)
    if src.shape != place.shape:
        raise ShapeError(
            message("the source does not fit its place", expected=str(list(place.shape)),
                    got=str(list(src.shape)))
        )
    copy_into(place, src)
    return made


def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Any:
    """A copy with `src` on the diagonal."""
    return _with(input, src, lambda t: diagonal(t, offset, dim1, dim2))


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Any:
    """A copy with `src` at one position of a dimension."""
    return _with(input, src, lambda t: select(t, dim, index))


def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None,
    step: int = 1,
) -> Any:
    """A copy with `src` at the positions start, start + step, ... below end of a dimension."""
    at = normalize_dim("slice_scatter", dim, input.ndim)
    if step <= 0:
        raise ArgumentError(message("slice_scatter: step", expected="> 0", got=str(step)))
    first, limit, _ = slice(start, end, 1).indices(int(input.shape[at]))
    return _with(input, src, lambda t: slice_dim(t, at, first, max(limit, first), step))


def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int],
    storage_offset: int | None = None,
) -> Any:
    """A copy with `src` in the places that as_strided shows."""
    return _with(input, src, lambda t: as_strided(t, size, stride, storage_offset))


def fill_diagonal_(input: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Write one number on the main diagonal; with `wrap`, tall matrices begin anew below."""
    if input.ndim < 2 or (input.ndim > 2 and len(set(input.shape)) != 1):
        raise ShapeError(
            message("fill_diagonal_: dimensions", expected="a matrix, or equal sizes",
                    got=str(list(input.shape)))
        )
    if input.ndim == 2:
        columns = input.shape[1]
        parts = range(0, input.shape[0], columns + 1) if wrap and columns else (0,)
        for begin in parts:
            rows = slice_dim(input, 0, begin, input.shape[0], 1)
            diagonal(rows).fill_(fill_value)
        return input
    line = input
    for _ in range(input.ndim - 1):
        line = diagonal(line, 0, 0, line.ndim - 1)
    line.fill_(fill_value)  # type: ignore[attr-defined]
    return input
