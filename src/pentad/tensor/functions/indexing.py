"""x[...] and x[...] = value: basic indices are views, tensors and masks gather and scatter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import CaptureError, DTypeError, IndexOutOfRange, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.convert import values_of
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import from_numpy, tensor
from pentad.tensor.functions.shaping import select, unsqueeze
from pentad.tensor.inplace import copy_into
from pentad.tensor.native import short_view
from pentad.tensor.operands import NUMBERS
from pentad.tensor.promotion import broadcast_shapes
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor
from pentad.tensor.views import alias_view, slice_view


@short_view
def getitem(input: Tensor, index: Any) -> Any:
    """`x[index]` with integers, slices, None, ..., integer tensors and bool masks."""
    if type(index) is int:
        return select(_indexable(input), 0, index)
    view, advanced = _basic(input, index)
    if not advanced:
        return alias_view(view) if view is input else view
    axes, indices = integer_indices(view, advanced)
    return _gathered(view, indices, axes)


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """`x[index] = value`."""
    view, advanced = _basic(input, index)
    if not isinstance(value, (Tensor, *NUMBERS)):
        value = tensor(value, dtype=input.dtype)
    if not advanced:
        _write(view, value)
    elif len(advanced) == 1 and is_mask(advanced[0][1]):
        _masked_write(view, *advanced[0], value)
    else:
        axes, indices = integer_indices(view, advanced)
        _check_ranges(view, axes, indices)
        scattered.inplace(view, value, indices, axes)


def _write(view: Tensor, value: Any) -> None:
    if isinstance(value, Tensor):
        # PyTorch drops leading dimensions of size 1 of the value.
        while value.ndim > view.ndim and value.shape[0] == 1:
            value = select(value, 0, 0)
        copy_into(view, value)
    else:
        view.fill_(value)  # type: ignore[attr-defined]


# -- parsing ---------------------------------------------------------------------------------------


def _indexable(x: Tensor) -> Tensor:
    if x.ndim == 0:
        raise IndexOutOfRange(
            message("a 0-d tensor cannot be indexed", expected="at least one dimension",
                    got="shape []", hint="use x.item() for its value")
        )
    return x


def is_mask(value: Any) -> bool:
    """Is an index a tensor of bool?"""
    return isinstance(value, Tensor) and value.dtype is dtypes.bool_


def _as_advanced(value: Any) -> Any:
    """An index that is no slice, integer, None or ...: a tensor."""
    if isinstance(value, Tensor):
        found = value
    elif isinstance(value, np.ndarray):
        found = from_numpy(value) if value.flags.writeable else tensor(value)
    elif isinstance(value, (list, tuple, range)):
        found = tensor(list(value) if len(value) else np.zeros(0, np.int64))
    else:
        raise DTypeError(
            message("not an index", expected="integers, slices, None, ..., tensors or lists",
                    got=repr(value))
        )
    if found.dtype.is_inexact:
        raise DTypeError(
            message("a tensor of floats is no index", expected="integers or bool",
                    got=found.dtype.name, hint="convert it with .long()")
        )
    return found


def _basic(x: Tensor, index: Any) -> tuple[Tensor, list[tuple[int, Tensor]]]:
    """The view that the basic indices make, and the advanced ones with their dimensions."""
    entries = list(index) if isinstance(index, tuple) else [index]
    entries = [_entry(e) for e in entries]
    used = sum(_consumed(e) for e in entries)
    if entries.count(Ellipsis) == 0 or not any(e is Ellipsis for e in entries):
        entries.append(Ellipsis)
    if used > x.ndim:
        raise IndexOutOfRange(
            message("too many indices", expected=f"at most {x.ndim}", got=str(used),
                    hint=f"the tensor has shape {list(x.shape)}")
        )
    at, view = 0, x
    advanced: list[tuple[int, Tensor]] = []
    for e in entries:
        if e is Ellipsis:
            at += x.ndim - used
        elif e is None:
            view, at = unsqueeze(view, at), at + 1
        elif is_mask(e) and e.ndim == 0:
            view = unsqueeze(view, at)
            advanced.append((at, e.reshape(1)))
            at += 1
        elif isinstance(e, Tensor):
            advanced.append((at, e))
            at += _consumed(e)
        elif isinstance(e, slice):
            view, at = _sliced(view, at, e), at + 1
        else:
            view = select(view, at, e)
    return view, advanced


def _entry(e: Any) -> Any:
    if e is None or e is Ellipsis or (isinstance(e, (slice, int)) and not isinstance(e, bool)):
        return e
    if isinstance(e, (bool, np.bool_)):
        return tensor(bool(e))
    if isinstance(e, Tensor) and e.ndim == 0 and e.dtype.is_integer and e.meta.traced is None:
        return int(e.item()) if state.trace is None else e  # type: ignore[attr-defined]
    if not isinstance(e, (Tensor, np.ndarray)) and hasattr(e, "__index__"):
        return e if hasattr(e, "terms") else int(e)
    return _as_advanced(e)


def _consumed(e: Any) -> int:
    if e is None or e is Ellipsis:
        return 0
    return e.ndim if is_mask(e) else 1


def _sliced(x: Tensor, at: int, s: slice) -> Tensor:
    n = x.shape[at]
    step = 1 if s.step is None else int(s.step)
    if step <= 0:
        raise ShapeError(
            message("the step of a slice", expected="> 0", got=str(step), hint="use x.flip(dim)")
        )
    start, stop = _bound(s.start, 0, n), _bound(s.stop, n, n)
    if (isinstance(start, int) and isinstance(stop, int)) or stop is not n:
        stop = stop if start <= stop else start
    if step == 1 and isinstance(start, int) and start == 0 and stop is n:
        return x
    limits, starts, steps = list(x.shape), [0] * x.ndim, [1] * x.ndim
    starts[at], limits[at], steps[at] = start, stop, step
    return slice_view(x, tuple(starts), tuple(limits), tuple(steps))


def _bound(value: Any, default: Any, n: Any) -> Any:
    """A bound of a slice within [0, n]."""
    if value is None:
        return default
    if isinstance(value, Tensor):
        value = value.item()  # type: ignore[attr-defined]
    value = value if hasattr(value, "terms") else int(value)
    if value < 0:
        value = value + n
        return 0 if value < 0 else value
    return n if value >= n else value


# -- integer tensors -------------------------------------------------------------------------------


def _mask_to_indices(at: int, mask: Tensor) -> list[tuple[int, Tensor]]:
    if state.trace is not None:
        raise CaptureError(
            message(
                "a bool mask selects a number of elements that is not known while tracing",
                expected="an operation whose result's shape does not depend on values",
                got=f"x[mask] with a mask of shape {list(mask.shape)}",
                hint="use pentad.where(mask, x, other), or multiply by the mask",
            )
        )
    found = np.nonzero(values_of(mask))
    return [(at + i, from_numpy(np.ascontiguousarray(f))) for i, f in enumerate(found)]


def _check_mask(x: Tensor, at: int, mask: Tensor) -> None:
    shown = x.shape[at : at + mask.ndim]
    if mask.shape != shown:
        raise IndexOutOfRange(
            message("the mask does not fit the tensor",
                    expected=f"a mask of shape {list(shown)}", got=str(list(mask.shape)))
        )


def integer_indices(
    x: Tensor, advanced: Sequence[tuple[int, Tensor]]
) -> tuple[tuple[int, ...], list[Tensor]]:
    """The dimensions that have an index, and integer tensors for them: masks become some."""
    flat: list[tuple[int, Tensor]] = []
    for at, index in advanced:
        if is_mask(index):
            _check_mask(x, at, index)
            flat += _mask_to_indices(at, index)
        else:
            flat.append((at, index))
    return tuple(a for a, _ in flat), [i for _, i in flat]


def _check_ranges(x: Tensor, axes: Sequence[int], indices: Sequence[Tensor]) -> None:
    """Before a write in place: a kernel that meets a bad index has already written some."""
    if state.trace is not None:
        return
    for at, index in zip(axes, indices, strict=True):
        values, n = values_of(index), x.shape[at]
        if values.size and (values.min() < -n or values.max() >= n):
            raise IndexOutOfRange(
                message("index: an index is out of range",
                        expected=f"indices in [{-n}, {n - 1}] for dimension {at}",
                        got=f"indices from {values.min()} to {values.max()}")
            )


def _common(indices: Sequence[Node]) -> list[Node]:
    shape = broadcast_shapes("index", [i.shape for i in indices])
    return [ops.broadcast(ops.cast(i, dtypes.int64), shape) for i in indices]


def _placed(axes: Sequence[int]) -> int | None:
    """Where the dimensions of the indices stand: at the first axis if the axes are adjacent."""
    adjacent = all(b == a + 1 for a, b in zip(axes, axes[1:], strict=False))
    return axes[0] if adjacent else None


@surface
def _gathered(x: Node, indices: Sequence[Node], axes: Sequence[int]) -> Node:
    picked = ops.gather(x, *_common(indices), axes=tuple(axes))
    front, at = indices_ndim(indices), _placed(axes)
    if not at:
        return picked
    order = list(range(front, front + at)) + list(range(front))
    return ops.transpose(picked, order + list(range(front + at, picked.ndim)))


_gathered.surface.name = "index"


def indices_ndim(indices: Sequence[Node]) -> int:
    """The number of dimensions that indices have together."""
    return max(i.ndim for i in indices)


@surface
def scattered(
    x: Node, value: Node, indices: Sequence[Node], axes: Sequence[int], accumulate: bool = False
) -> Node:
    """x with `value` (or added, with accumulate) at the places that the indices show."""
    common = _common(indices)
    front, at = common[0].ndim, _placed(axes) or 0
    rest = [n for i, n in enumerate(x.shape) if i not in axes]
    shown = (*rest[:at], *common[0].shape, *rest[at:])
    _require_fit(value, shown)
    value = ops.cast(ops.reshape(value, value.shape[max(value.ndim - len(shown), 0) :]), x.dtype)
    value = ops.broadcast(value, shown)
    order = [*range(at, at + front), *range(at), *range(at + front, len(shown))]
    updates = ops.transpose(value, order)
    kind = "add" if accumulate else "set"
    if accumulate and x.dtype is dtypes.bool_:
        small = [ops.cast(v, dtypes.uint8) for v in (x, updates)]
        found = ops.scatter_reduce(*small, *common, axes=tuple(axes), kind="max")
        return ops.ne(found, ops.full_like(0, found))
    return ops.scatter(x, updates, *common, axes=tuple(axes), kind=kind)


scattered.surface.name = "index_put"


def _require_fit(value: Node, shown: Sequence[Any]) -> None:
    extra = value.shape[: max(value.ndim - len(shown), 0)]
    inner = value.shape[len(extra) :]
    good = all(n == 1 for n in extra) and all(
        n == 1 or n == m for n, m in zip(reversed(inner), reversed(shown), strict=False)
    )
    if not good:
        raise ShapeError(
            message("the value does not fit the indexed place",
                    expected=f"a shape that broadcasts to {list(shown)}",
                    got=str(list(value.shape)))
        )


# -- masks -----------------------------------------------------------------------------------------


@surface
def masked_fill(x: Node, mask: Node, value: Node) -> Node:
    """x with `value` where the mask is true."""
    if mask.dtype is not dtypes.bool_:
        raise DTypeError(
            message("masked_fill: the mask is not bool", expected="bool", got=mask.dtype.name)
        )
    shape = broadcast_shapes("masked_fill", (x.shape, mask.shape))
    value = ops.broadcast(ops.cast(value, x.dtype), shape)
    return ops.where(ops.broadcast(mask, shape), value, ops.broadcast(x, shape))


@surface
def masked_rows(x: Node, mask: Node, rows: Node) -> Node:
    """x with the rows, in order, where the mask over its first axes is true.

    The number of rows is known, that of true elements is not: IndexOutOfRange when they differ.
    One row serves all.
    """
    rest = x.shape[mask.ndim :]
    wide = ops.reshape(mask, (*mask.shape, *(1 for _ in rest)))
    if rows.shape[0] == 1:
        chosen = ops.broadcast(ops.cast(rows, x.dtype), (1, *rest))
        return ops.where(
            ops.broadcast(wide, x.shape), ops.broadcast(ops.reshape(chosen, rest), x.shape), x
        )
    taken = ops.reshape(mask, (product(mask.shape),))
    ones = ops.cast(taken, dtypes.int64)
    count = ops.reduce_sum(ones, (0,))
    given = ops.check_index(ops.full(rows.shape[0], (), dtypes.int64), count + 1)
    surplus = ops.check_index(count, given + 1) - given  # 0, or an error
    order = ops.cumsum(ones, 0) - 1 + ops.broadcast(surplus, ones.shape)
    order = ops.where(taken, order, ops.full_like(0, order))
    source = ops.broadcast(ops.cast(rows, x.dtype), (rows.shape[0], *rest))
    source = ops.pad(source, (0,) * source.ndim, (1, *(0 for _ in rest)))  # where none is taken
    found = ops.reshape(ops.gather(source, order, axes=(0,)), x.shape)
    return ops.where(ops.broadcast(wide, x.shape), found, x)


def _masked_write(x: Tensor, at: int, mask: Tensor, value: Any) -> None:
    _check_mask(x, at, mask)
    after = x.ndim - at - mask.ndim
    wide = mask.view(*mask.shape, *(1,) * after) if after else mask  # type: ignore[attr-defined]
    single = not isinstance(value, Tensor) or value.numel() == 1
    if single:
        if isinstance(value, Tensor):
            value = value.reshape(())  # type: ignore[attr-defined]
        masked_fill.inplace(x, wide, value)
    elif state.trace is None:
        _scatter_rows(x, at, mask, value)
    elif value.ndim <= after:
        masked_fill.inplace(x, wide, value)
    elif at == 0 and value.ndim == after + 1:
        masked_rows.inplace(x, mask, value)
    else:
        _mask_to_indices(at, mask)  # says what cannot be captured


def _scatter_rows(x: Tensor, at: int, mask: Tensor, value: Any) -> None:
    axes, indices = integer_indices(x, [(at, mask)])
    scattered.inplace(x, value, indices, axes)


def masked_select(input: Tensor, mask: Tensor) -> Any:
    """The elements where the mask is true, as a vector."""
    shape = broadcast_shapes("masked_select", (input.shape, mask.shape))
    return getitem(input.expand(shape), mask.expand(shape))  # type: ignore[attr-defined]


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero: rows of a matrix, or one vector each."""
    if state.trace is not None:
        raise CaptureError(
            message("nonzero: the size of the result depends on values",
                    expected="sizes that are known while tracing", got="nonzero()",
                    hint="use pentad.where(condition, x, other)")
        )
    values = values_of(input)
    found = np.nonzero(np.atleast_1d(values)) if as_tuple or values.ndim else ()
    if as_tuple:
        return tuple(from_numpy(np.ascontiguousarray(f)) for f in found)
    rows = np.stack(found, axis=1) if found else np.zeros((int(values != 0), 0), np.int64)
    return from_numpy(np.ascontiguousarray(rows))
