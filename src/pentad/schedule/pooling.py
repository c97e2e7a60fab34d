"""Windows over images as loops: reduce_window, and the gradient of window maxima."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.node import Node
from pentad.schedule.group import Group
from pentad.schedule.layout import Layout
from pentad.schedule.loops import merge_dims
from pentad.schedule.program import Buffer
from pentad.schedule.spec import Access, Indexed, Instr, LoopSpec, Reduction, Stage, Store
from pentad.schedule.structured import access_of, affine, head_of, shape_of, strides_of
from pentad.schedule.unroll import written_out

if TYPE_CHECKING:
    from pentad.schedule.lower import _Lowering as Lowering


def reduce_window(lowering: Lowering, group: Group) -> None:
    """A reduction over the taps of each window (the operand carries its padding already)."""
    node = head_of(group)
    root, seen = lowering.layouts.resolve(node.inputs[0])
    window, stride = node.attrs["window"], node.attrs["stride"]
    taps = [d for d, n in enumerate(window) if n != 1]
    result = strides_of(lowering, node)
    places = _widest_first([d for d, n in enumerate(shape_of(node)) if n != 1], result)
    zeros = (0,) * len(taps)
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
    dims = tuple(shape_of(node)[d] for d in places) + tuple(window[d] for d in taps)
    spec = LoopSpec(dims, 0, len(taps), len(dims) - 1, (), tuple(instrs), (stage,), 2)
    buffers = [lowering.buffer(root), lowering.buffer(node)]
    spec = written_out(merge_dims(spec))
    lowering.call_loop(lowering.nest(spec), buffers, "reduce_window")


def _widest_first(axes: Sequence[int], strides: Sequence[int]) -> list[int]:
    return sorted(axes, key=lambda d: (-strides[d], d))


@dataclass
class _MaxGrad:
    """The parts of a max_pool_grad node: operands with their layouts, geometry, instructions."""

    lowering: Lowering
    node: Node

    def __post_init__(self) -> None:
        resolve = self.lowering.layouts.resolve
        (self.g, self.x, self.y) = (resolve(i) for i in self.node.inputs)
        self.shape = shape_of(self.node)
        self.places = shape_of(self.node.inputs[0])
        self.strides = strides_of(self.lowering, self.node)
        attrs = self.node.attrs
        self.window, self.step, self.spread = (
            attrs[k] for k in ("window", "stride", "dilation")
        )
        self.instrs: list[Instr] = []

    def add(self, op: str, args: tuple[int, ...], dtype: DType, **rest: Any) -> int:
        self.instrs.append(Instr(op, args, dtype, **rest))
        return len(self.instrs) - 1

    def load(self, slot: int, layout: Layout, order: Sequence[int], *, taps: Sequence[int]) -> int:
        """A load at the window's place (`taps`: how far into the window, along each axis)."""
        step = self.step if slot == 1 else (1,) * len(self.shape)
        offset = layout.offset + sum(t * s for t, s in zip(taps, layout.strides, strict=True))
        strides = tuple(layout.strides[d] * step[d] for d in order)
        access = Access(slot, self.node.dtype, strides, offset)
        return self.add("load", (), self.node.dtype, access=access)

    def taps(self) -> list[list[int]]:
        """The displacement of every tap of a window, in row-major order."""
        return [
            [t * d for t, d in zip(tap, self.spread, strict=True)]
            for tap in itertools.product(*map(range, self.window))
        ]

    def holds(self, tap: int, maximum: int) -> int:
        """Does the tap hold the maximum? NaN, which compares with nothing, is one too."""
        same = self.add("eq", (tap, maximum), dtypes.bool_)
        lost = self.add("isnan", (tap,), dtypes.bool_)
        return self.add("logical_or", (same, lost), dtypes.bool_)

    def clear(self) -> None:
        zero = Instr("full", (), self.node.dtype, (("value", 0), ("dtype", self.node.dtype)))
        whole = access_of(0, self.node, Layout(self.shape, self.strides))
        buffers = [self.lowering.buffer(self.node)]
        affine(self.lowering, self.shape, [zero], [Store(whole, 0)], buffers, "max_pool_grad")

    @property
    def buffers(self) -> list[Buffer]:
        return [self.lowering.buffer(r) for r in (self.g[0], self.x[0], self.y[0], self.node)]


def max_pool_grad(lowering: Lowering, group: Group) -> None:
    """Each window's cotangent goes to its first maximum.

    Windows that do not overlap write their own elements, all at once; others add theirs one
    after the other.
    """
    parts = _MaxGrad(lowering, head_of(group))
    covered = all(
        p * s == n for n, p, s in zip(parts.shape, parts.places, parts.step, strict=True)
    )
    apart = all(
        s >= (w - 1) * d + 1
        for s, w, d in zip(parts.step, parts.window, parts.spread, strict=True)
    )
    if not (apart and covered and tuple(parts.step) == tuple(parts.window)):
        parts.clear()
    (_apart if apart else _overlapping)(parts)


def _apart(parts: _MaxGrad) -> None:
    axes = [d for d, n in enumerate(parts.places) if n != 1]
    order = _widest_first(axes, parts.strides)
    dtype = parts.node.dtype
    nowhere = [0] * len(parts.shape)
    g = parts.load(0, parts.g[1], order, taps=nowhere)
    maximum = parts.load(2, parts.y[1], order, taps=nowhere)
    zero = parts.add("full", (), dtype, attrs=(("value", 0), ("dtype", dtype)))
    stores, earlier = [], -1
    for tap in parts.taps():
        holds = parts.holds(parts.load(1, parts.x[1], order, taps=tap), maximum)
        first = holds
        if earlier >= 0:
            later = parts.add("logical_not", (earlier,), dtypes.bool_)
            first = parts.add("logical_and", (holds, later), dtypes.bool_)
            holds = parts.add("logical_or", (earlier, holds), dtypes.bool_)
        earlier = holds
        value = parts.add("where", (first, g, zero), dtype)
        target = Access(
            3,
            dtype,
            tuple(parts.strides[d] * parts.step[d] for d in order),
            sum(t * s for t, s in zip(tap, parts.strides, strict=True)),
        )
        stores.append(Store(target, value))
    dims = tuple(parts.places[d] for d in order)
    stage = Stage((), tuple(stores), ())
    spec = LoopSpec(dims, 0, 0, len(dims) - 1, (), tuple(parts.instrs), (stage,), 4)
    parts.lowering.call_loop(parts.lowering.nest(merge_dims(spec)), parts.buffers, "max_pool_grad")


def _overlapping(parts: _MaxGrad) -> None:
    still = [
        d
        for d, n in enumerate(parts.places)
        if parts.window[d] == 1 and parts.step[d] == 1 and n != 1
    ]
    fixed = _widest_first(still, parts.strides)
    moving = [d for d, n in enumerate(parts.places) if d not in fixed and n != 1]
    order = [*fixed, *moving]
    nowhere = [0] * len(parts.shape)
    g = parts.load(0, parts.g[1], order, taps=nowhere)
    maximum = parts.load(2, parts.y[1], order, taps=nowhere)
    index = -1
    for tap in reversed(parts.taps()):
        here = sum(t * s for t, s in zip(tap, parts.strides, strict=True))
        attrs = (("value", here), ("dtype", dtypes.int64))
        number = parts.add("full", (), dtypes.int64, attrs=attrs)
        if index < 0:
            index = number
            continue
        holds = parts.holds(parts.load(1, parts.x[1], order, taps=tap), maximum)
        index = parts.add("where", (holds, number, index), dtypes.int64)
    target = Access(3, parts.node.dtype, tuple(parts.strides[d] * parts.step[d] for d in order))
    span = 1 + sum((n - 1) * s for n, s in zip(parts.shape, parts.strides, strict=True))
    indexed = Indexed(target, (span,), (1,), check=False)
    stage = Stage((), (Store(target, g, indexed, (index,), combine="add"),), ())
    lanes = bool(fixed) and parts.strides[fixed[-1]] == 1
    spec = LoopSpec(
        tuple(parts.places[d] for d in order),
        len(fixed) - lanes,
        len(moving),
        len(fixed) - 1 if lanes else -1,
        (),
        tuple(parts.instrs),
        (stage,),
        4,
    )
    parts.lowering.call_loop(spec, parts.buffers, "max_pool_grad")
