"""dot_general as matrix products: which axes are batch, m, n and k, and how they are merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Node
from pentad.schedule.gemm_spec import GemmSpec
from pentad.schedule.layout import Layout, Layouts, merge_axes


def roles(node: Node) -> tuple[list[int], list[int], list[int], list[int], list[int], list[int]]:
    """The axes of a dot_general: batch, m and k of its first operand, batch, k and n of its
    second."""
    a, b = node.inputs
    (a_batch, b_batch), (a_k, b_k) = node.attrs["batch"], node.attrs["contract"]
    m = [i for i in range(a.ndim) if i not in a_batch and i not in a_k]
    n = [i for i in range(b.ndim) if i not in b_batch and i not in b_k]
    return list(a_batch), m, list(a_k), list(b_batch), list(b_k), n


def axes_of(node: Node) -> tuple[tuple[int, ...], ...]:
    """Positions in the result's shape, without axes of size 1, of batch, m and n."""
    batch, m, *_ = roles(node)
    found: tuple[list[int], list[int], list[int]] = ([], [], [])
    position = 0
    for i, size in enumerate(node.shape):
        if size != 1:
            found[0 if i < len(batch) else 1 if i < len(batch) + len(m) else 2].append(position)
            position += 1
    return tuple(tuple(run) for run in found)


def gemm_spec(node: Node, layouts: Layouts) -> GemmSpec:
    """The matrix product of a dot_general whose operands `merged` has settled."""
    a, b = (layouts.resolve(i)[1] for i in node.inputs)
    a_batch, m, a_k, b_batch, b_k, n = roles(node)
    a_strides = _merged(a, (a_batch, m, a_k))
    b_strides = _merged(b, (b_batch, b_k, n))
    assert a_strides is not None
    assert b_strides is not None
    return GemmSpec(
        node.inputs[0].dtype,
        node.inputs[1].dtype,
        _size(a, a_batch),
        _size(a, m),
        _size(b, n),
        _size(a, a_k),
        a_strides,
        b_strides,
        a.offset,
        b.offset,
    )


def _size(layout: Layout, axes: Sequence[int]) -> int:
    total = 1
    for i in axes:
        total *= layout.shape[i]
    return total


def _merged(layout: Layout, groups: Sequence[Sequence[int]]) -> tuple[int, int, int] | None:
    found = merge_axes(layout.shape, layout.strides, groups)
    return None if found is None else (found[0], found[1], found[2])


def settled(
    node: Node, inputs: Sequence[Node], layouts: Layouts, copied: Callable[[Node], Node]
) -> Node:
    """A dot_general whose operands can be read as matrices, `copied` where they cannot.

    A product of integers becomes a fused multiplication and sum.
    """
    if not node.dtype.is_floating_point:
        return _integer_product(node, inputs)
    node = Node(node.op, inputs, node.attrs, node.type, node.source)
    a_batch, m, a_k, b_batch, b_k, n = roles(node)
    a, b = inputs
    attrs = dict(node.attrs)
    if not _readable(a, (a_batch, m, a_k), layouts):
        a = copied(ops.transpose(a, [*a_batch, *m, *a_k]))
        a_batch, a_k = _front(a_batch), _back(a, a_k)
    if not _readable(b, (b_batch, b_k, n), layouts):
        b = copied(ops.transpose(b, [*b_batch, *b_k, *n]))
        b_batch, b_k = _front(b_batch), [len(b_batch) + i for i in range(len(b_k))]
    attrs["batch"] = (tuple(a_batch), tuple(b_batch))
    attrs["contract"] = (tuple(a_k), tuple(b_k))
    return Node(node.op, (a, b), attrs, node.type, node.source)


def _readable(x: Node, groups: Sequence[Sequence[int]], layouts: Layouts) -> bool:
    return _merged(layouts.resolve(x)[1], groups) is not None


def _front(batch: Sequence[int]) -> list[int]:
    return list(range(len(batch)))


def _back(x: Node, axes: Sequence[int]) -> list[int]:
    return list(range(x.ndim - len(axes), x.ndim))


def _integer_product(node: Node, inputs: Sequence[Node]) -> Node:
    a, b = inputs
    a_batch, m, a_k, b_batch, b_k, n = roles(node)
    rank = len(a_batch) + len(m) + len(n) + len(a_k)
    shape = (*node.shape, *(a.shape[i] for i in a_k))
    batch = list(range(len(a_batch)))
    at_m = [len(batch) + i for i in range(len(m))]
    at_n = [len(batch) + len(m) + i for i in range(len(n))]
    at_k = list(range(rank - len(a_k), rank))
    wide_a = ops.broadcast(ops.transpose(a, [*a_batch, *m, *a_k]), shape, [*batch, *at_m, *at_k])
    wide_b = ops.broadcast(ops.transpose(b, [*b_batch, *n, *b_k]), shape, [*batch, *at_n, *at_k])
    if all(a.shape[i] == 1 for i in a_k):
        return ops.reshape(ops.mul(wide_a, wide_b), node.shape)
    if node.dtype is dtypes.bool_:
        return ops.reduce_or(ops.logical_and(wide_a, wide_b), at_k)
    return ops.reduce_sum(ops.mul(wide_a, wide_b), at_k)
