"""Structured ops that are loops of their own: pad, concatenate, windows, scatter.

Each entry of STRUCTURED adds the calls of one group to the program.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pentad.graph import dtypes
from pentad.graph.node import Node
from pentad.schedule.group import Group
from pentad.schedule.layout import Layout
from pentad.schedule.loops import merge_dims, shape_nest
from pentad.schedule.program import Buffer
from pentad.schedule.spec import Access, Indexed, Instr, LoopSpec, Reduction, Stage, Store

if TYPE_CHECKING:
    from pentad.schedule.lower import _Lowering as Lowering


def _affine(
    lowering: Lowering,
    shape: Sequence[int],
    instrs: Sequence[Instr],
    stores: Sequence[Store],
    buffers: list[Buffer],
    label: str,
) -> None:
    """Add an element-wise loop over `shape`."""
    kept = [i for i, n in enumerate(shape) if n != 1]
    spec = LoopSpec(
        tuple(shape[i] for i in kept), 0, 0, len(kept) - 1, (), tuple(instrs),
        (Stage((), tuple(stores), ()),), len(buffers),
    )  # fmt: skip
    lowering.call_loop(shape_nest(merge_dims(spec)), buffers, label)


def _access(slot: int, node: Node, layout: Layout) -> Access:
    kept = [i for i, n in enumerate(layout.shape) if n != 1]
    return Access(slot, node.dtype, tuple(layout.strides[i] for i in kept), layout.offset)


def _copy(
    lowering: Lowering, node: Node, source: Node, seen: Layout, target: Layout, label: str
) -> None:
    load = Instr("load", (), node.dtype, access=_access(0, node, seen))
    buffers = [lowering.buffer(source), lowering.buffer(node)]
    store = Store(_access(1, node, target), 0)
    _affine(lowering, seen.shape, [load], [store], buffers, label)


def concatenate(lowering: Lowering, group: Group) -> None:
    """Each operand is copied into its part of the result."""
    node = _head(group)
    axis = node.attrs["axis"]
    strides = _strides(lowering, node)
    offset = 0
    for operand in node.inputs:
        root, seen = lowering.layouts.resolve(operand)
        target = Layout(seen.shape, strides, offset)
        _copy(lowering, node, root, seen, target, "concatenate")
        offset += seen.shape[axis] * strides[axis]


def pad(lowering: Lowering, group: Group) -> None:
    """The result is filled, then the operand (what is left of it) is copied into it."""
    node = _head(group)
    attrs = node.attrs
    root, seen = lowering.layouts.resolve(node.inputs[0])
    strides = _strides(lowering, node)
    fill = Instr("full", (), node.dtype, (("value", attrs["value"]), ("dtype", node.dtype)))
    whole = _access(0, node, Layout(_shape(node), strides))
    _affine(lowering, _shape(node), [fill], [Store(whole, 0)], [lowering.buffer(node)], "pad")
    sizes, starts, targets, offset = [], 0, [], 0
    for d, (low, inside) in enumerate(zip(attrs["low"], attrs["interior"], strict=True)):
        step = inside + 1
        first = max(0, -(low // step))
        last = min(seen.shape[d], -(-(_shape(node)[d] - low) // step))
        sizes.append(max(last - first, 0))
        starts += first * seen.strides[d]
        targets.append(step * strides[d])
        offset += (low + first * step) * strides[d]
    part = Layout(tuple(sizes), seen.strides, seen.offset + starts)
    _copy(lowering, node, root, part, Layout(tuple(sizes), tuple(targets), offset), "pad")


def reduce_window(lowering: Lowering, group: Group) -> None:
    """A reduction over the taps of each window (the operand carries its padding already)."""
    node = _head(group)
    root, seen = lowering.layouts.resolve(node.inputs[0])
    window, stride = node.attrs["window"], node.attrs["stride"]
    taps = [d for d, n in enumerate(window) if n != 1]
    places = [d for d, n in enumerate(_shape(node)) if n != 1]
    zeros = (0,) * len(taps)
    result = _strides(lowering, node)
    load = Access(
        0,
        node.dtype,
        tuple(seen.strides[d] * stride[d] for d in places)
        + tuple(seen.strides[d] * node.attrs["dilation"][d] for d in taps),
        seen.offset,
    )
    store = Access(1, node.dtype, tuple(result[d] for d in places) + zeros)
    instrs = [Instr("load", (), node.dtype, access=load)]
    stage = Stage((), (Store(store, 0),), ())  # windows of one element: a copy
    if taps:
        instrs.append(Instr("reduced", (0,), node.dtype, dim=0))
        stage = Stage((Reduction(node.attrs["kind"], 0, 1),), (), (Store(store, 1),))
    dims = tuple(_shape(node)[d] for d in places) + tuple(window[d] for d in taps)
    spec = LoopSpec(dims, 0, len(taps), len(dims) - 1, (), tuple(instrs), (stage,), 2)
    buffers = [lowering.buffer(root), lowering.buffer(node)]
    lowering.call_loop(shape_nest(merge_dims(spec)), buffers, "reduce_window")


def max_pool_grad(lowering: Lowering, group: Group) -> None:
    """Zeros, then each window adds its cotangent to its first maximum, window after window."""
    node = _head(group)
    g, x, y = (lowering.layouts.resolve(i) for i in node.inputs)
    shape, places = _shape(node), _shape(node.inputs[0])
    strides = _strides(lowering, node)
    zero = Instr("full", (), node.dtype, (("value", 0), ("dtype", node.dtype)))
    whole = _access(0, node, Layout(shape, strides))
    _affine(lowering, shape, [zero], [Store(whole, 0)], [lowering.buffer(node)], "max_pool_grad")
    window, step = node.attrs["window"], node.attrs["stride"]
    fixed = [d for d in range(len(shape)) if window[d] == 1 and step[d] == 1 and places[d] != 1]
    moving = [d for d in range(len(shape)) if d not in fixed and places[d] != 1]
    order = [*fixed, *moving]
    instrs: list[Instr] = []
    for slot, (_, seen) in ((0, g), (2, y)):
        access = Access(slot, node.dtype, tuple(seen.strides[d] for d in order), seen.offset)
        instrs.append(Instr("load", (), node.dtype, access=access))
    index = _first_maximum(node, x[1], strides, order, instrs)
    target = Access(3, node.dtype, tuple(strides[d] * step[d] for d in order))
    span = 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    indexed = Indexed(target, (span,), (1,), check=False)
    stage = Stage((), (Store(target, 0, indexed, (index,), add=True),), ())
    spec = LoopSpec(
        tuple(places[d] for d in order), len(fixed), len(moving), -1, (), tuple(instrs), (stage,), 4
    )
    buffers = [lowering.buffer(r) for r in (g[0], x[0], y[0], node)]
    lowering.call_loop(spec, buffers, "max_pool_grad")


def _first_maximum(
    node: Node, x: Layout, strides: Sequence[int], order: Sequence[int], instrs: list[Instr]
) -> int:
    """Instructions for the displacement of the first tap that holds the window's maximum.

    Instruction 1 is the maximum; NaN, which compares with nothing, is found as not equal itself.
    """
    window, step, spread = (node.attrs[k] for k in ("window", "stride", "dilation"))
    index = -1
    for tap in reversed(list(itertools.product(*map(range, window)))):
        away = [t * d for t, d in zip(tap, spread, strict=True)]
        access = Access(
            1,
            node.dtype,
            tuple(x.strides[d] * step[d] for d in order),
            x.offset + sum(a * s for a, s in zip(away, x.strides, strict=True)),
        )
        here = sum(a * s for a, s in zip(away, strides, strict=True))
        attrs = (("value", here), ("dtype", dtypes.int64))
        instrs.append(Instr("full", (), dtypes.int64, attrs))
        number = len(instrs) - 1
        if index < 0:
            index = number
            continue
        instrs.append(Instr("load", (), node.dtype, access=access))
        value = len(instrs) - 1
        instrs.append(Instr("eq", (value, 1), dtypes.bool_))
        instrs.append(Instr("isnan", (value,), dtypes.bool_))
        instrs.append(Instr("logical_or", (value + 1, value + 2), dtypes.bool_))
        instrs.append(Instr("where", (value + 3, number, index), dtypes.int64))
        index = len(instrs) - 1
    return index


def scatter(lowering: Lowering, group: Group) -> None:
    """A copy of the operand, then the updates one after the other (each lane on its own)."""
    node = _head(group)
    x, updates, *indices = node.inputs
    axes: tuple[int, ...] = node.attrs["axes"]
    root, seen = lowering.layouts.resolve(x)
    strides = _strides(lowering, node)
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
        target, tuple(_shape(node)[a] for a in axes), tuple(strides[a] for a in axes), check
    )
    numbers = tuple(range(1, len(instrs)))
    store = Store(target, 0, indexed, numbers, add=node.attrs["kind"] == "add")
    dims = tuple(given.shape[d] for d in order)
    spec = LoopSpec(
        dims, max(len(outer) - 1, 0), len(inner), len(outer) - 1, (), tuple(instrs),
        (Stage((), (store,), ()),), len(roots) + check, check,
    )  # fmt: skip
    return spec, roots


def _strides(lowering: Lowering, node: Node) -> tuple[int, ...]:
    return lowering.layouts.resolve(node)[1].strides


def _head(group: Group) -> Node:
    assert group.head is not None
    return group.head


def _shape(node: Node) -> tuple[int, ...]:
    return node.shape  # type: ignore[return-value]


STRUCTURED: dict[str, Callable[[Any, Group], None]] = {
    "concatenate": concatenate,
    "max_pool_grad": max_pool_grad,
    "pad": pad,
    "reduce_window": reduce_window,
    "scatter": scatter,
}
