"""Families of structured ops for random graphs; see families.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Node

if TYPE_CHECKING:
    from tests.fuzz.generate import Builder


def ranked(n: Node) -> bool:
    """Has it an axis?"""
    return n.ndim > 0


def wide(n: Node) -> bool:
    """Is it of a float type that loses little?"""
    return n.dtype in (dtypes.float32, dtypes.float64)


def some_axes(b: Builder, x: Node) -> list[int]:
    """One axis of x or more."""
    return [a for a in range(x.ndim) if b.chance(0.5)] or [int(b.rng.integers(x.ndim))]


def pad(b: Builder) -> Node | None:
    x = b.pick(ranked)
    if x is None:
        return None
    low = [int(v) for v in b.rng.integers(-1, 3, x.ndim)]
    high = [int(v) for v in b.rng.integers(-1, 3, x.ndim)]
    inside = [int(v) * b.chance(0.3) for v in b.rng.integers(0, 3, x.ndim)]
    return ops.pad(x, low, high, inside, value=int(b.rng.integers(2)))


def concatenate(b: Builder) -> Node | None:
    x = b.pick(ranked)
    if x is None:
        return None
    axis = int(b.rng.integers(x.ndim))
    other = (*x.shape[:axis], int(b.choice((0, 1, 3, 8))), *x.shape[axis + 1 :])
    parts = [x, b.like(x), b.like(x, shape=other)]
    return ops.concatenate(parts[: int(b.rng.integers(1, 4))], axis)


def product(b: Builder) -> Node | None:
    """A dot_general: batch, contracted and free axes in any order in either operand."""
    a = b.pick(lambda n: n.ndim > 0 and (wide(n) or b.chance(0.3)))
    if a is None or a.dtype is dtypes.bool_:
        return None
    roles = b.rng.permutation(a.ndim)
    contracted = int(b.rng.integers(0, min(2, a.ndim) + 1))
    batched = int(b.rng.integers(0, min(2, a.ndim - contracted) + 1))
    a_k = [int(i) for i in roles[:contracted]]
    a_batch = [int(i) for i in roles[contracted : contracted + batched]]
    free = [int(b.choice((1, 3, 8, 17))) for _ in range(int(b.rng.integers(0, 3)))]
    axes: list[tuple[str, int]] = [("k", i) for i in range(contracted)]
    axes += [("b", i) for i in range(batched)] + [("n", i) for i in range(len(free))]
    axes = [axes[int(i)] for i in b.rng.permutation(len(axes))]
    sizes = {"k": [a.shape[i] for i in a_k], "b": [a.shape[i] for i in a_batch], "n": free}
    other = b.like(a, shape=[sizes[role][i] for role, i in axes])
    at = {pair: i for i, pair in enumerate(axes)}
    b_k = [at["k", i] for i in range(contracted)]
    b_batch = [at["b", i] for i in range(batched)]
    made = ops.dot_general(a, other, (a_k, b_k), (a_batch, b_batch))
    if b.chance(0.4):
        made = ops.add(made, b.like(made))
    return made


def gather(b: Builder) -> Node | None:
    x = b.pick(lambda n: ranked(n) and 0 not in n.shape)
    if x is None:
        return None
    axes = some_axes(b, x)[:2]
    shape = b.shape(int(b.rng.integers(0, 3)))
    indices = [b.indices(shape, x.shape[a]) for a in axes]  # type: ignore[arg-type]
    indices = [ops.cast(i, dtypes.int64) for i in indices]
    return ops.gather(x, *indices, axes=axes, mode=b.choice(("check", "clip")))


def scatter(b: Builder) -> Node | None:
    x = b.pick(lambda n: ranked(n) and 0 not in n.shape)
    if x is None:
        return None
    axes = some_axes(b, x)[:2]
    shape = b.shape(int(b.rng.integers(0, 3)))
    rest = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    updates = b.like(x, shape=(*shape, *rest))
    indices = [ops.cast(b.indices(shape, x.shape[a]), dtypes.int64) for a in axes]  # type: ignore[arg-type]
    kind = b.choice(("add", "set"))
    return ops.scatter(x, updates, *indices, axes=axes, kind=kind)  # type: ignore[arg-type]


def window(b: Builder) -> Node | None:
    x = b.pick(lambda n: 0 < n.ndim < 5)
    if x is None:
        return None
    sizes = [int(v) if b.chance(0.6) else 1 for v in b.rng.integers(1, 4, x.ndim)]
    stride = [int(v) for v in b.rng.integers(1, 3, x.ndim)]
    padding = [
        (int(a) if n > 1 else 0, int(c) if n > 1 else 0)
        for n, a, c in zip(sizes, b.rng.integers(0, 2, x.ndim), b.rng.integers(0, 2, x.ndim))
    ]
    dilation = [int(v) for v in b.rng.integers(1, 3, x.ndim)]
    kind = b.choice(("sum", "max"))
    return ops.reduce_window(x, sizes, stride, padding, dilation, kind)  # type: ignore[arg-type]


def convolve(b: Builder) -> Node | None:
    if b.chance(0.3):
        return _convolve_channels(b)
    x = b.pick(lambda n: n.ndim in (3, 4) and wide(n) and 0 not in n.shape)
    if x is None:
        return None
    kernel = [int(b.rng.integers(1, min(n, 3) + 1)) for n in x.shape[2:]]
    w = b.like(x, shape=(int(b.choice((1, 2, 5))), x.shape[1], *kernel))
    stride = [int(b.rng.integers(1, 3)) for _ in kernel]
    return ops.convolution(x, w, stride, [(int(b.rng.integers(0, 2)), 1) for _ in kernel])


def _convolve_channels(b: Builder) -> Node:
    """A convolution with enough channels for Winograd's algorithm."""
    channels, kernels = (int(b.choice((16, 17, 33))) for _ in range(2))
    height, width = (int(v) for v in b.rng.integers(2, 8, 2))
    x = b.input((1, channels, height, width), dtypes.float32)
    w = b.input((kernels, channels, 3, 3), dtypes.float32)
    padding = [(int(v), 1) for v in b.rng.integers(0, 2, 2)]
    return ops.convolution(x, w, [1, 1], padding)
