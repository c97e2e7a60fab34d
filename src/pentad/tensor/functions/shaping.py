"""Changing shapes: views where the memory allows it, copies where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, IndexOutOfRange, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.pointwise import clone
from pentad.tensor.native import short_view
from pentad.tensor.promotion import broadcast_shapes, normalize_dim, result_type
from pentad.tensor.tensor import Tensor
from pentad.tensor.views import (
    alias_view,
    expand_view,
    permute_view,
    reshape_strides,
    reshape_view,
    select_view,
    slice_view,
)


def sizes(given: Sequence[Any], named: Any = None) -> tuple[Any, ...]:
    """The sizes of `f(2, 3)`, of `f((2, 3))`, or those given by name."""
    if named is not None:
        if given:
            raise ArgumentError(message("sizes given twice", got=f"{tuple(given)} and {named}",
                                        expected="them by place or by name"))
        return tuple(named) if isinstance(named, (tuple, list)) else (named,)
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        return tuple(given[0])
    return tuple(given)


def resolve_shape(name: str, x: Tensor, shape: Sequence[Any]) -> tuple[Any, ...]:
    """The shape with its -1 worked out; ShapeError if it does not fit the number of elements."""
    for n in shape:
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise ShapeError(message(f"{name}: not a size", expected="integers", got=repr(n)))
    unknown = [i for i, n in enumerate(shape) if isinstance(n, int) and n == -1]
    total = x.meta.numel
    known = product(tuple(n for i, n in enumerate(shape) if i not in unknown))
    resolved = list(shape)
    fits = len(unknown) <= 1 and not any(isinstance(n, int) and n < -1 for n in shape)
    if fits and unknown:
        empty = isinstance(known, int) and known == 0
        resolved[unknown[0]] = 0 if empty else total // known
        fits = not empty and resolved[unknown[0]] * known == total
    elif fits:
        fits = known == total
    if not fits:
        raise ShapeError(
            message(
                f"{name}: the shape does not fit the elements",
                expected=f"{total} elements, as in {list(x.shape)}",
                got=f"shape {list(shape)}",
                hint="one size may be -1, to be worked out",
            )
        )
    return tuple(resolved)


@short_view
def view(input: Tensor, *shape: Any, size: Any = None) -> Any:
    """The same memory under another shape; ShapeError if that needs a copy."""
    return reshape_view(input, resolve_shape("view", input, sizes(shape, size)))


@surface
def _reshaped_copy(x: Node, shape: Sequence[int]) -> Node:
    return ops.copy(ops.reshape(x, shape))


@short_view
def reshape(input: Tensor, *sizes_: Any, shape: Any = None) -> Any:
    """The elements under another shape: a view if possible, else a copy."""
    resolved = resolve_shape("reshape", input, sizes(sizes_, shape))
    if reshape_strides(input.meta, resolved) is None:
        return _reshaped_copy(input, resolved)
    return reshape_view(input, resolved)


def view_as(input: Tensor, other: Tensor) -> Any:
    """A view of the shape of `other`."""
    return view(input, other.shape)


def reshape_as(input: Tensor, other: Tensor) -> Any:
    """The elements in the shape of `other`."""
    return reshape(input, other.shape)


def contiguous(input: Tensor, memory_format: Any = None) -> Any:
    """The tensor itself if its elements lie in row-major order, else a copy that does; a
    memory_format changes nothing, as in `to`."""
    return input if input.meta.contiguous else clone(input)


@short_view
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The dimensions from start_dim to end_dim as one."""
    a = normalize_dim("flatten", start_dim, input.ndim)
    b = normalize_dim("flatten", end_dim, input.ndim)
    if a > b:
        raise ShapeError(
            message("flatten: start after end", expected="start_dim <= end_dim", got=f"{a}, {b}")
        )
    shape = input.shape
    return reshape(input, (*shape[:a], product(shape[a : b + 1]), *shape[b + 1 :]))


def unflatten(input: Tensor, dim: int, shape: Sequence[int]) -> Any:
    """One dimension as several."""
    at = normalize_dim("unflatten", dim, input.ndim)
    inner = list(shape)
    if -1 in inner:
        known = product(tuple(n for n in inner if n != -1))
        inner[inner.index(-1)] = input.shape[at] // known if known else 0
    return reshape(input, (*input.shape[:at], *inner, *input.shape[at + 1 :]))


def ravel(input: Tensor) -> Any:
    """All dimensions as one."""
    return reshape(input, -1)


@short_view
def permute(input: Tensor, *order_: Any, dims: Any = None) -> Any:
    """A view with the dimensions in another order."""
    wanted = sizes(order_, dims)
    order = tuple(normalize_dim("permute", d, input.ndim) for d in wanted)
    if sorted(order) != list(range(input.ndim)):
        raise ShapeError(
            message(
                "permute: not an order of the dimensions",
                expected=f"each of 0..{input.ndim - 1} once",
                got=str(wanted),
            )
        )
    return permute_view(input, order)


@short_view
def transpose(input: Tensor, dim0: int, dim1: int) -> Any:
    """A view with two dimensions exchanged."""
    a = normalize_dim("transpose", dim0, input.ndim)
    b = normalize_dim("transpose", dim1, input.ndim)
    order = list(range(input.ndim))
    if order:
        order[a], order[b] = order[b], order[a]
    return permute_view(input, tuple(order))


@short_view
def t(input: Tensor) -> Any:
    """The transpose of a matrix; vectors and 0-d tensors stay what they are."""
    if input.ndim > 2:
        raise ShapeError(
            message(
                "t: more than two dimensions",
                expected="a matrix",
                got=str(list(input.shape)),
                hint="use transpose(dim0, dim1) or permute(...)",
            )
        )
    return permute_view(input, tuple(range(input.ndim))[::-1])


@short_view
def matrix_transpose(input: Tensor) -> Any:
    """The last two dimensions exchanged (`x.mT`)."""
    return transpose(input, -2, -1)


@short_view
def reverse_dims(input: Tensor) -> Any:
    """The dimensions in the opposite order (`x.T`)."""
    return permute_view(input, tuple(range(input.ndim))[::-1])


@short_view
def movedim(input: Tensor, source: Any, destination: Any) -> Any:
    """Move dimensions to other places; the rest keep their order."""
    one = isinstance(source, int)
    at = [normalize_dim("movedim", d, input.ndim) for d in ((source,) if one else source)]
    to = [normalize_dim("movedim", d, input.ndim) for d in ((destination,) if one else destination)]
    if len(set(at)) != len(at) or len(set(to)) != len(to) or len(at) != len(to):
        raise ShapeError(
            message("movedim: places do not match", expected="as many, distinct",
                    got=f"{source} to {destination}")
        )
    rest = iter([d for d in range(input.ndim) if d not in at])
    order = [at[to.index(i)] if i in to else next(rest) for i in range(input.ndim)]
    return permute_view(input, tuple(order))


@short_view
def expand(input: Tensor, *shape: Any, size: Any = None) -> Any:
    """A view in which dimensions of size 1 are repeated without copying; -1 keeps a size."""
    target = sizes(shape, size)
    new = len(target) - input.ndim
    good = new >= 0
    resolved: list[Any] = list(target)
    for i, n in enumerate(input.shape) if good else ():
        want = resolved[new + i]
        if isinstance(want, int) and want == -1:
            resolved[new + i] = n
        elif not (isinstance(n, int) and n == 1) and want != n:
            good = False
    if not good or any(isinstance(n, int) and n < 0 for n in resolved):
        raise ShapeError(
            message(
                "expand: the shape does not fit",
                expected=f"the sizes of {list(input.shape)}, where they are not 1",
                got=str(list(target)),
            )
        )
    return expand_view(input, tuple(resolved))


def expand_as(input: Tensor, other: Tensor) -> Any:
    """A view expanded to the shape of `other`."""
    return expand(input, other.shape)


def broadcast_to(input: Tensor, shape: Sequence[int]) -> Any:
    """A view expanded to a shape."""
    return expand(input, tuple(shape))


def broadcast_tensors(*tensors: Tensor) -> tuple[Any, ...]:
    """The tensors expanded to their common shape."""
    shape = broadcast_shapes("broadcast_tensors", [x.shape for x in tensors])
    return tuple(expand(x, shape) for x in tensors)


@short_view
def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Any:
    """A view without the dimensions of size 1 (those in `dim`, if given)."""
    given = range(input.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    chosen = {normalize_dim("squeeze", d, input.ndim) for d in given}
    shape = [
        n for i, n in enumerate(input.shape)
        if i not in chosen or not (isinstance(n, int) and n == 1)
    ]
    return reshape_view(input, tuple(shape))


@short_view
def unsqueeze(input: Tensor, dim: int) -> Any:
    """A view with a new dimension of size 1."""
    at = normalize_dim("unsqueeze", dim, input.ndim + 1)
    return reshape_view(input, (*input.shape[:at], 1, *input.shape[at:]))


@short_view
def narrow(input: Tensor, dim: int, start: int, length: int) -> Any:
    """A view of `length` elements from `start` along a dimension."""
    at = normalize_dim("narrow", dim, input.ndim)
    n = input.shape[at]
    if isinstance(start, Tensor):
        start = start.__index__()  # type: ignore[attr-defined]
    begin = start + n if start < 0 else start
    if length < 0 or begin < 0 or begin + length > n:
        raise ShapeError(
            message(
                "narrow: outside the dimension",
                expected=f"0 <= start, start + length <= {n}",
                got=f"start {start}, length {length}",
            )
        )
    return slice_dim(input, at, begin, begin + length, 1)


def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Any:
    """`narrow` in memory of its own."""
    return narrow(input, dim, start, length).clone()


def slice_dim(input: Tensor, at: int, start: Any, limit: Any, step: int) -> Any:
    """A view of start, start + step, ... below limit along dimension `at` (checked bounds)."""
    zeros = [0] * input.ndim
    limits = list(input.shape)
    steps = [1] * input.ndim
    zeros[at], limits[at], steps[at] = start, limit, step
    return slice_view(input, tuple(zeros), tuple(limits), tuple(steps))


@short_view
def select(input: Tensor, dim: int, index: int) -> Any:
    """A view of one position along a dimension, which is dropped."""
    at = normalize_dim("select", dim, input.ndim)
    n = input.shape[at]
    position = index + n if index < 0 else index
    if position < 0 or position >= n:
        raise IndexOutOfRange(
            message(
                f"index {index} is out of range",
                expected=f"an index in [{-n}, {n - 1}] for dimension {at}",
                got=f"{index} for shape {list(input.shape)}",
            )
        )
    return select_view(input, at, position)


def split(input: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views of consecutive parts along a dimension: of one size, or of the sizes given."""
    at = normalize_dim("split", dim, input.ndim)
    n = input.shape[at]
    given = split_size_or_sections
    if isinstance(given, int):
        if given <= 0:
            raise ArgumentError(message("split: size", expected="> 0", got=str(given)))
        parts = [min(given, n - i) for i in range(0, n, given)] or [0]
    else:
        parts = list(given)
        if sum(parts) != n:
            raise ShapeError(
                message("split: the parts do not add up", expected=str(n), got=str(parts))
            )
    views, start = [], 0
    for length in parts:
        views.append(narrow(input, at, start, length))
        start += length
    return tuple(views)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` views of equal size (the last may be smaller) along a dimension."""
    if chunks <= 0:
        raise ArgumentError(message("chunk: number of chunks", expected="> 0", got=str(chunks)))
    n = input.shape[normalize_dim("chunk", dim, input.ndim)]
    return split(input, max(-(-n // chunks), 1), dim)


def unbind(input: Tensor, dim: int = 0) -> tuple[Any, ...]:
    """Views of each position along a dimension."""
    at = normalize_dim("unbind", dim, input.ndim)
    return tuple(select(input, at, i) for i in range(int(input.shape[at])))


def alias(input: Tensor) -> Any:
    """A view of everything."""
    return alias_view(input)


# -- new memory ------------------------------------------------------------------------------------


@surface
def cat(tensors: Sequence[Node], dim: int = 0) -> Node:
    """The tensors one after the other along a dimension."""
    if not tensors:
        raise ArgumentError(message("cat: no tensors", expected="at least one", got="none"))
    # PyTorch lets empty vectors join anything.
    parts = [x for x in tensors if x.shape != (0,)] or list(tensors)[:1]
    at = normalize_dim("cat", dim, parts[0].ndim)
    dtype = result_type(list(tensors))
    for x in parts:
        good = x.ndim == parts[0].ndim and x.ndim > 0
        if not good or any(
            i != at and a != b for i, (a, b) in enumerate(zip(x.shape, parts[0].shape, strict=True))
        ):
            raise ShapeError(
                message(
                    "cat: shapes do not fit",
                    expected=f"equal sizes but for dimension {at}",
                    got=" and ".join(str(list(p.shape)) for p in parts),
                )
            )
    joined = [ops.cast(x, dtype) for x in parts]
    return ops.copy(joined[0]) if len(joined) == 1 else ops.concatenate(joined, at)


@surface
def stack(tensors: Sequence[Node], dim: int = 0) -> Node:
    """The tensors side by side along a new dimension."""
    if not tensors:
        raise ArgumentError(message("stack: no tensors", expected="at least one", got="none"))
    first = tensors[0]
    if any(len(x.shape) != first.ndim or x.shape != first.shape for x in tensors):
        raise ShapeError(
            message(
                "stack: shapes differ",
                expected="equal shapes",
                got=" and ".join(str(list(x.shape)) for x in tensors),
            )
        )
    at = normalize_dim("stack", dim, first.ndim + 1)
    dtype = result_type(list(tensors))
    shape = (*first.shape[:at], 1, *first.shape[at:])
    parts = [ops.reshape(ops.cast(x, dtype), shape) for x in tensors]
    return ops.copy(parts[0]) if len(parts) == 1 else ops.concatenate(parts, at)
