"""Maxima over windows with the places where they lie, and what puts them back there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import Size, product
from pentad.nn.functional import regions
from pentad.nn.functional.common import Sizes, per_axis, require_dims, require_space
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.random import rand

# -- adaptive --------------------------------------------------------------------------------------


def output_sizes(name: str, x: Any, output_size: Any, rank: int) -> tuple[Size, ...]:
    """A number of regions for each of the last axes; None keeps a size."""
    given = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * rank
    given = tuple(given) * rank if len(given) == 1 else tuple(given)
    space = x.shape[x.ndim - rank :]
    if len(given) != rank:
        raise ShapeError(
            message(f"{name}: output_size does not fit", expected=f"an integer or {rank} of them",
                    got=repr(output_size))
        )
    sizes = tuple(n if m is None else m for n, m in zip(space, given, strict=True))
    if any(isinstance(m, int) and m < 0 for m in sizes):
        raise ShapeError(message(f"{name}: output_size", expected=">= 0", got=str(sizes)))
    return sizes


def _adaptive_max(name: str, x: Node, output_size: Any, rank: int, indices: bool) -> Any:
    require_space(name, x, rank)
    sizes = output_sizes(name, x, output_size, rank)
    space = x.shape[x.ndim - rank :]
    if any(isinstance(n, int) and n == 0 for n in space):
        raise ShapeError(
            message(f"{name}: there is nothing to choose from", expected="sizes >= 1 to pool over",
                    got=str(list(x.shape)))
        )
    tables = [regions.adaptive(n, m) for n, m in zip(space, sizes, strict=True)]
    values, place = regions.largest(x, tables)
    return (values, place) if indices else values


@surface
def adaptive_max_pool1d(
    input: Node, output_size: Sizes, return_indices: bool = False
) -> Node | tuple[Node, Node]:
    """Maxima over as many equal regions of [N, C, L] as asked for."""
    return _adaptive_max("adaptive_max_pool1d", input, output_size, 1, return_indices)


@surface
def adaptive_max_pool2d(
    input: Node, output_size: Sizes | Sequence[int | None] | None, return_indices: bool = False
) -> Node | tuple[Node, Node]:
    """Maxima over a grid of regions of [N, C, H, W]; None keeps a size."""
    return _adaptive_max("adaptive_max_pool2d", input, output_size, 2, return_indices)


@surface
def adaptive_max_pool3d(
    input: Node, output_size: Sizes | Sequence[int | None] | None, return_indices: bool = False
) -> Node | tuple[Node, Node]:
    """Maxima over a grid of regions of [N, C, D, H, W]; None keeps a size."""
    return _adaptive_max("adaptive_max_pool3d", input, output_size, 3, return_indices)


# -- fractional ------------------------------------------------------------------------------------


def _starts(samples: Node, n: int, m: int, window: int) -> Node:
    """[N, C, m]: where the windows begin (Graham, 2014): nearly equal, randomly shifted steps."""
    wide = (*samples.shape, m)
    shift = ops.broadcast(samples, wide, range(samples.ndim))
    if m == 1:
        return ops.full(n - window, wide, dtypes.int64)
    step = (n - window) / (m - 1)
    place = ops.iota(wide, samples.ndim, samples.dtype)
    start = ops.sub(regions.whole(ops.add(place, shift) * step), regions.whole(shift * step))
    last = ops.eq(regions.positions(wide, samples.ndim), ops.full(m - 1, wide, dtypes.int64))
    return ops.where(last, ops.full(n - window, wide, dtypes.int64), start)


@surface
def _fractional(x: Node, samples: Node, window: Sequence[int], out: Sequence[int]) -> Any:
    rank = len(window)
    space = x.shape[2:]
    grid = (*x.shape[:2], *out, *window)
    flat = ops.full(0, grid, dtypes.int64)
    for i, (n, m, k) in enumerate(zip(space, out, window, strict=True)):
        own = ops.reshape(ops.slice_(samples, (0, 0, i), (*x.shape[:2], i + 1)), x.shape[:2])
        # PyTorch's samples are for (W, H) in two dimensions, for (D, H, W) in three.
        start = ops.broadcast(_starts(own, n, m, k), grid, (0, 1, 2 + i))
        flat = ops.add(flat * n, ops.add(start, regions.positions(grid, 2 + rank + i)))
    lead = x.shape[:2]
    regions_, places = product(tuple(out)), product(tuple(window))
    index = ops.reshape(flat, (*lead, regions_, places))
    line = ops.reshape(x, (*lead, product(space)))
    seen = ops.take_along_axis(line, ops.reshape(index, (*lead, regions_ * places)), 2)
    best = ops.argmax(ops.stop_gradient(ops.reshape(seen, index.shape)), 3)
    place = ops.take_along_axis(index, ops.reshape(best, (*best.shape, 1)), 3)
    place = ops.reshape(place, best.shape)
    shape = (*lead, *out)
    values = ops.reshape(ops.take_along_axis(line, place, 2), shape)
    return values, ops.reshape(place, shape)


_fractional.surface.name = "fractional_max_pool"


def _fractional_pool(
    name: str, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any,
    return_indices: bool, samples: Any, rank: int,
) -> Any:
    space = ", ".join("DHW"[-rank:])
    require_dims(name, input, (rank + 1, rank + 2), f"[N, C, {space}] or [C, {space}]")
    if (output_size is None) == (output_ratio is None):
        raise ArgumentError(
            message(f"{name}: the number of regions", expected="output_size or output_ratio",
                    got="neither" if output_size is None else "both")
        )
    window = per_axis(name, "kernel_size", kernel_size, rank)
    sizes = input.shape[-rank:]
    if output_size is None:
        ratios = output_ratio if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * rank
        if not all(0 < r < 1 for r in ratios) or len(ratios) != rank:
            raise ArgumentError(
                message(f"{name}: output_ratio", expected=f"{rank} numbers between 0 and 1",
                        got=repr(output_ratio))
            )
        output_size = [int(n * r) for n, r in zip(sizes, ratios, strict=True)]
    out = per_axis(name, "output_size", output_size, rank)
    if any(m < 1 or k < 1 or m + k - 1 > n for m, k, n in zip(out, window, sizes, strict=True)):
        raise ShapeError(
            message(f"{name}: the regions do not fit", expected="output_size + kernel_size - 1 at "
                    f"most {list(sizes)}", got=f"{list(out)} of {list(window)}")
        )
    single = input.ndim == rank + 1
    x = input.unsqueeze(0) if single else input
    if samples is None:
        samples = rand(*x.shape[:2], rank, dtype=x.dtype)
    if rank == 2:
        samples = samples.flip(-1)
    values, place = _fractional(x, samples, window, out)
    if single:
        values, place = values.squeeze(0), place.squeeze(0)
    return (values, place) if return_indices else values


def fractional_max_pool2d(
    input: Any, kernel_size: Sizes, output_size: Any = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Any = None,
) -> Any:
    """Maxima over randomly placed windows of [N, C, H, W] (Graham, 2014).

    Either output_size or output_ratio says how many; _random_samples [N, C, 2] fixes the places.
    """
    return _fractional_pool("fractional_max_pool2d", input, kernel_size, output_size, output_ratio,
                            return_indices, _random_samples, 2)


def fractional_max_pool3d(
    input: Any, kernel_size: Sizes, output_size: Any = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Any = None,
) -> Any:
    """Maxima over randomly placed windows of [N, C, D, H, W] (Graham, 2014)."""
    return _fractional_pool("fractional_max_pool3d", input, kernel_size, output_size, output_ratio,
                            return_indices, _random_samples, 3)


# -- back to their places --------------------------------------------------------------------------


@surface
def _unpooled(x: Node, indices: Node, out: Sequence[int]) -> Node:
    rank = len(out)
    lead, space = x.shape[: x.ndim - rank], x.shape[x.ndim - rank :]
    place = ops.reshape(ops.cast(indices, dtypes.int64), (*lead, product(space)))
    place = ops.check_index(place, ops.full_like(product(tuple(out)), place))
    empty = ops.full(0, (*lead, product(tuple(out))), x.dtype)
    line = ops.reshape(x, place.shape)
    found = ops.put_along_axis(empty, place, ops.stop_gradient(line), len(lead))
    if x.dtype.is_inexact:
        # PyTorch's gradient: every element has that of its place, also where several were put
        # there and only one is seen. So a zero with that gradient is added.
        line = ops.where(ops.isfinite(line), line, ops.full_like(0, line))
        nothing = ops.sub(line, ops.stop_gradient(line))
        found = ops.add(found, ops.put_along_axis(empty, place, nothing, len(lead), kind="add"))
    return ops.reshape(found, (*lead, *out))


_unpooled.surface.name = "max_unpool"


def _unpool(
    name: str, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any,
    output_size: Any, rank: int,
) -> Any:
    require_space(name, input, rank)
    if tuple(indices.shape) != tuple(input.shape):
        raise ShapeError(
            message(f"{name}: the indices do not fit", expected=str(list(input.shape)),
                    got=str(list(indices.shape)))
        )
    if indices.dtype is not dtypes.int64:
        raise DTypeError(
            message(f"{name}: the indices", expected="int64", got=indices.dtype.name)
        )
    window = per_axis(name, "kernel_size", kernel_size, rank)
    steps = per_axis(name, "stride", window if stride is None else stride, rank)
    pads = per_axis(name, "padding", padding, rank)
    usual = [
        (n - 1) * s + k - 2 * p
        for n, s, k, p in zip(input.shape[-rank:], steps, window, pads, strict=True)
    ]
    if output_size is None:
        out = usual
    else:
        out = list(output_size)[-rank:]
        near = len(out) == rank and all(
            abs(m - n) < s for m, n, s in zip(out, usual, steps, strict=True)
        )
        if not near or len(output_size) not in (rank, rank + 1, rank + 2):
            raise ShapeError(
                message(f"{name}: output_size", expected=f"less than {steps} from {usual}",
                        got=str(list(output_size)))
            )
    if math.prod(out) < 0 or any(m < 0 for m in out):
        raise ShapeError(message(f"{name}: output_size", expected=">= 0", got=str(out)))
    return _unpooled(input, indices, tuple(out))


def max_unpool1d(
    input: Any, indices: Any, kernel_size: Sizes, stride: Any = None, padding: Any = 0,
    output_size: Any = None,
) -> Any:
    """The maxima of max_pool1d at their places again, zeros elsewhere.

    The gradient of each element is that at its place, as in PyTorch, also where overlapping windows
    had the same maximum.
    """
    return _unpool("max_unpool1d", input, indices, kernel_size, stride, padding, output_size, 1)


def max_unpool2d(
    input: Any, indices: Any, kernel_size: Sizes, stride: Any = None, padding: Any = 0,
    output_size: Any = None,
) -> Any:
    """The maxima of max_pool2d at their places again, zeros elsewhere."""
    return _unpool("max_unpool2d", input, indices, kernel_size, stride, padding, output_size, 2)


def max_unpool3d(
    input: Any, indices: Any, kernel_size: Sizes, stride: Any = None, padding: Any = 0,
    output_size: Any = None,
) -> Any:
    """The maxima of max_pool3d at their places again, zeros elsewhere."""
    return _unpool("max_unpool3d", input, indices, kernel_size, stride, padding, output_size, 3)
