"""Structured ops that are loops of their own: pad, concatenate, scatter (windows: pooling.py).

Each function adds the calls of one group to the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pentad.graph.node import Node
from pentad.schedule.group import Group
from pentad.schedule.layout import Layout
from pentad.schedule.loops import COLUMNS, cut, map_accesses, merge_dims
from pentad.schedule.program import Buffer
from pentad.schedule.spec import Access, Indexed, Instr, LoopSpec, Stage, Store, constant
from pentad.schedule.unroll import written_out

if TYPE_CHECKING:
    from pentad.schedule.lower import _Lowering as Lowering


def affine(
    lowering: Lowering,
    shape: Sequence[int],
    instrs: Sequence[Instr],
    stores: Sequence[Store],
    buffers: list[Buffer],
    label: str,
) -> None:
    """Add an element-wise loop over `shape`, in the order in which the first result lies."""
    kept = [i for i, n in enumerate(shape) if n != 1]
    spec = LoopSpec(
        tuple(shape[i] for i in kept), 0, 0, len(kept) - 1, (), tuple(instrs),
        (Stage((), tuple(stores), ()),), len(buffers),
    )  # fmt: skip
    steps = stores[0].access.strides
    order = sorted(range(len(kept)), key=lambda d: -abs(steps[d]))  # type: ignore[arg-type]
    spec = map_accesses(spec, lambda a: replace(a, strides=tuple(a.strides[d] for d in order)))
    spec = replace(spec, dims=tuple(spec.dims[d] for d in order))
    lowering.call_loop(lowering.nest(written_out(merge_dims(spec))), buffers, label)


def access_of(slot: int, node: Node, layout: Layout) -> Access:
    """The access of a value in `layout`, over the axes that are not of size 1."""
    kept = [i for i, n in enumerate(layout.shape) if n != 1]
    return Access(slot, node.dtype, tuple(layout.strides[i] for i in kept), layout.offset)


def _copy(
    lowering: Lowering, node: Node, source: Node, seen: Layout, target: Layout, label: str
) -> None:
    load = Instr("load", (), node.dtype, access=access_of(0, node, seen))
    buffers = [lowering.buffer(source), lowering.buffer(node)]
    store = Store(access_of(1, node, target), 0)
    affine(lowering, seen.shape, [load], [store], buffers, label)


def concatenate(lowering: Lowering, group: Group) -> None:
    """Each operand that does not lie in its part of the result is copied there."""
    node = head_of(group)
    axis = node.attrs["axis"]
    strides = strides_of(lowering, node)
    offset = 0
    for operand in node.inputs:
        root, seen = lowering.layouts.resolve(operand)
        if lowering.layouts.home(root) is not node:
            target = Layout(seen.shape, strides, offset)
            _copy(lowering, node, root, seen, target, "concatenate")
        offset += seen.shape[axis] * strides[axis]


def pad(lowering: Lowering, group: Group) -> None:
    """The result is filled, then the operand (what is left of it) is copied into it."""
    node = head_of(group)
    attrs = node.attrs
    root, seen = lowering.layouts.resolve(node.inputs[0])
    strides = strides_of(lowering, node)
    fill = constant(attrs["value"], node.dtype)
    whole = access_of(0, node, Layout(shape_of(node), strides))
    affine(lowering, shape_of(node), [fill], [Store(whole, 0)], [lowering.buffer(node)], "pad")
    sizes, starts, targets, offset = [], 0, [], 0
    for d, (low, inside) in enumerate(zip(attrs["low"], attrs["interior"], strict=True)):
        step = inside + 1
        first = max(0, -(low // step))
        last = min(seen.shape[d], -(-(shape_of(node)[d] - low) // step))
        sizes.append(max(last - first, 0))
        starts += first * seen.strides[d]
        targets.append(step * strides[d])
        offset += (low + first * step) * strides[d]
    part = Layout(tuple(sizes), seen.strides, seen.offset + starts)
    _copy(lowering, node, root, part, Layout(tuple(sizes), tuple(targets), offset), "pad")


def scatter(lowering: Lowering, group: Group) -> None:
    """A copy of the operand, unless it lies there already, then the updates one after the other
    (each lane on its own)."""
    node = head_of(group)
    x, updates, *indices = node.inputs
    axes: tuple[int, ...] = node.attrs["axes"]
    root, seen = lowering.layouts.resolve(x)
    strides = strides_of(lowering, node)
    if lowering.buffer(root) is not lowering.buffer(node):
        _copy(lowering, node, root, seen, Layout(seen.shape, strides), "scatter")
    spec, roots = _scatter_spec(lowering, node, updates, indices, axes, strides)
    buffers = [lowering.buffer(r) for r in roots]
    lowering.call_loop(spec, buffers, "scatter")


def _scatter_spec(
    lowering: Lowering,
    node: Node,
    updates: Node,
    indices: Sequence[Node],
    axes: Sequence[int],
    strides: Sequence[int],
) -> tuple[LoopSpec, list[Node]]:
    root, given = lowering.layouts.resolve(updates)
    rank = indices[0].ndim
    rest = [d for d in range(node.ndim) if d not in axes]
    outer = [i for i in range(len(rest)) if given.shape[rank + i] != 1]
    inner = [i for i in range(rank) if given.shape[i] != 1]
    order = [rank + i for i in outer] + inner
    roots = [node, root]
    source = Access(1, node.dtype, tuple(given.strides[d] for d in order), given.offset)
    instrs = [Instr("load", (), node.dtype, access=source)]
    for index in indices:
        at, layout = lowering.layouts.resolve(index)
        steps = (*(0 for _ in outer), *(layout.strides[i] for i in inner))
        access = Access(len(roots), at.dtype, steps, layout.offset)
        instrs.append(Instr("load", (), at.dtype, access=access))
        roots.append(at)
    target = Access(
        0, node.dtype, (*(strides[rest[i]] for i in outer), *(0 for _ in inner))
    )
    check = node.attrs["mode"] == "check"
    indexed = Indexed(
        target, tuple(shape_of(node)[a] for a in axes), tuple(strides[a] for a in axes), check
    )
    numbers = tuple(range(1, len(instrs)))
    kind = node.attrs["kind"]
    store = Store(target, 0, indexed, numbers, combine="" if kind == "set" else kind)
    dims = tuple(given.shape[d] for d in order)
    spec = LoopSpec(
        dims, max(len(outer) - 1, 0), len(inner), len(outer) - 1, (), tuple(instrs),
        (Stage((), (store,), ()),), len(roots) + check, check,
    )  # fmt: skip
    if outer and dims[spec.vector] > COLUMNS:
        spec = cut(spec, len(outer) - 1, COLUMNS)
    return spec, roots


def strides_of(lowering: Lowering, node: Node) -> tuple[int, ...]:
    """Where a value that computes lies."""
    return lowering.layouts.resolve(node)[1].strides


def head_of(group: Group) -> Node:
    """The structured node of a group."""
    assert group.head is not None
    return group.head


def shape_of(node: Node) -> tuple[int, ...]:
    """The shape, in numbers."""
    return node.shape  # type: ignore[return-value]
