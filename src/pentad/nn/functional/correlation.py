"""Convolutions of every dtype: floats by the op, complex numbers by their parts, integers exactly.

Integers wrap around where a sum leaves their range, as everywhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from pentad import ops
from pentad.graph.node import Node
from pentad.graph.sizes import Size, product

Pairs = Sequence[tuple[int, int]]


def correlated(
    x: Node, w: Node, strides: Sequence[int], pads: Pairs, dilations: Sequence[int], groups: int
) -> Node:
    """`ops.convolution` for floats, complex numbers and integers."""
    if x.dtype.is_complex:
        return _by_parts(
            lambda a, b: ops.convolution(a, b, strides, pads, dilations, groups), x, w
        )
    if x.dtype.is_integer:
        low, high = zip(*pads, strict=True)
        return _summed(_padded(x, low, high, (0,) * len(pads)), w, strides, dilations, groups)
    return ops.convolution(x, w, strides, pads, dilations, groups)


def transposed(
    x: Node, w: Node, shape: Sequence[Size], strides: Sequence[int], pads: Pairs,
    dilations: Sequence[int], groups: int,
) -> Node:
    """`ops.convolution_input_grad` for floats, complex numbers and integers."""
    if x.dtype.is_complex:
        return _by_parts(
            lambda a, b: ops.convolution_input_grad(a, b, shape, strides, pads, dilations, groups),
            x, w,
        )
    if not x.dtype.is_integer:
        return ops.convolution_input_grad(x, w, shape, strides, pads, dilations, groups)
    # The convolution, by the turned kernel, of the image with zeros between its elements.
    rank = len(pads)
    reach = [d * (k - 1) for d, k in zip(dilations, w.shape[2:], strict=True)]
    low = [r - p for r, (p, _) in zip(reach, pads, strict=True)]
    high = [
        m - ((n - 1) * s + 1) - a + r
        for m, n, s, a, r in zip(shape[2:], x.shape[2:], strides, low, reach, strict=True)
    ]
    own, space = w.shape[1], w.shape[2:]
    turned = ops.reverse(w, range(2, 2 + rank))
    turned = ops.reshape(turned, (groups, w.shape[0] // groups, own, *space))
    turned = ops.transpose(turned, (0, 2, 1, *range(3, 3 + rank)))
    turned = ops.reshape(turned, (groups * own, w.shape[0] // groups, *space))
    spread = _padded(x, low, high, [s - 1 for s in strides])
    return _summed(spread, turned, (1,) * rank, dilations, groups)


def _by_parts(function: Callable[[Node, Node], Node], x: Node, w: Node) -> Node:
    """A function that is linear in both operands, of complex ones."""
    a, b, c, d = ops.real(x), ops.imag(x), ops.real(w), ops.imag(w)
    return ops.complex_(
        ops.sub(function(a, c), function(b, d)), ops.add(function(a, d), function(b, c))
    )


def _padded(
    x: Node, low: Sequence[Size], high: Sequence[Size], inside: Sequence[int]
) -> Node:
    return ops.pad(x, (0, 0, *low), (0, 0, *high), (0, 0, *inside))


def _summed(
    x: Node, w: Node, strides: Sequence[int], dilations: Sequence[int], groups: int
) -> Node:
    """The sum over the kernel's positions of products with the parts of `x` that they meet."""
    count, space = x.shape[0], w.shape[2:]
    out = [
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(x.shape[2:], space, strides, dilations, strict=True)
    ]
    each, own = x.shape[1] // groups, w.shape[0] // groups
    total: Node | None = None
    for at in itertools.product(*(range(int(k)) for k in space)):  # type: ignore[call-overload]
        start = [i * d for i, d in zip(at, dilations, strict=True)]
        limit = [i + (n - 1) * s + 1 for i, n, s in zip(start, out, strides, strict=True)]
        seen = ops.slice_(x, (0, 0, *start), (*x.shape[:2], *limit), (1, 1, *strides))
        seen = ops.reshape(seen, (count, groups, each, product(tuple(out))))
        tap = ops.slice_(w, (0, 0, *at), (*w.shape[:2], *(i + 1 for i in at)))
        tap = ops.reshape(tap, (groups, own, each))
        part = ops.dot_general(tap, seen, contract=((2,), (2,)), batch=((0,), (1,)))
        total = part if total is None else ops.add(total, part)
    if total is None:
        return ops.full(0, (count, groups * own, *out), x.dtype)
    total = ops.transpose(total, (2, 0, 1, 3))  # [groups, own, count, places] before
    return ops.reshape(total, (count, groups * own, *out))
