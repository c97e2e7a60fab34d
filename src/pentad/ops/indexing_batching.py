"""Batch rules of gather and scatter: the number of the example is one more index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.node import Node, apply
from pentad.graph.sizes import Size
from pentad.ops.arithmetic import minimum
from pentad.ops.batching import all_batched, moved
from pentad.ops.conversion import cast
from pentad.ops.sources import full, full_like, iota


def _numbered(indices: Sequence[Node]) -> list[Node]:
    """Batched indices, and before them the number of the example."""
    if indices[0].dtype is dtypes.uint64:
        # What does not fit int64 is out of range either way; it must stay so.
        indices = [minimum(i, full_like(np.iinfo(np.int64).max, i)) for i in indices]
    number = iota(indices[0].shape, 0, dtypes.int64)
    return [number, *(cast(i, dtypes.int64) for i in indices)]


def batch_gather(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
) -> Node:
    """Shared indices leave the batch axis alone; batched ones of a shared operand are just more
    of them; otherwise each example gathers from its own part."""
    x, *indices = operands
    axes, mode = node.attrs["axes"], node.attrs["mode"]
    later = tuple(a + 1 for a in axes)
    if not any(batched[1:]):
        return moved(apply(node.op, x, *indices, axes=later, mode=mode), indices[0].ndim, 0)
    indices = all_batched(indices, batched[1:], n)
    if not batched[0]:
        return apply(node.op, x, *indices, axes=axes, mode=mode)
    if n == 0:
        return full(0, (0, *node.shape), node.dtype)
    return apply(node.op, x, *_numbered(indices), axes=(0, *later), mode=mode)


def batch_scatter(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size
) -> Node:
    """Every example writes into its own part."""
    x, updates, *indices = operands
    x, updates = all_batched((x, updates), batched[:2], n)
    if n == 0:
        return x
    attrs = {**node.attrs, "axes": tuple(a + 1 for a in node.attrs["axes"])}
    if not any(batched[2:]):
        return apply(node.op, x, moved(updates, 0, indices[0].ndim), *indices, **attrs)
    numbered = _numbered(all_batched(indices, batched[2:], n))
    return apply(node.op, x, updates, *numbered, **{**attrs, "axes": (0, *attrs["axes"])})
