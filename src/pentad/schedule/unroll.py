"""Loops whose last dimension is too short for lanes, written out: lanes run along the one before.

Windows of pooling, pairs that stand side by side, repeated elements: a loop over 2 elements costs
more than what it does. Sums over a window that is written out go in the order of its elements.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod

from pentad.graph import dtypes
from pentad.ops.weights import weight_of
from pentad.schedule.analysis import variation
from pentad.schedule.loops import lanes_over_reduced, merge_dims
from pentad.schedule.spec import Access, Instr, LoopSpec, Stage, Store

_SHORT = 3  # elements of a last dimension that lanes make nothing of
_MOST = 16  # copies of an instruction
_MOST_WEIGHT = 64  # of all copies
_DTYPES = (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64)
_COMBINE = {"sum": "add", "prod": "mul", "max": "maximum", "min": "minimum"}


def written_out(spec: LoopSpec) -> LoopSpec:
    """The spec, short last dimensions written out where that pays."""
    stores = [s for stage in spec.stages for s in (*stage.stores, *stage.outer_stores)]
    if spec.ragged or any(s.indexed is not None for s in stores) or 0 in spec.dims:
        return spec
    short = spec.reduced or 1
    outer = len(spec.dims) - short
    if outer < 1 or not _pays(spec, outer):
        return spec
    if spec.reduced and not (lanes_over_reduced(spec, outer) and _simple(spec)):
        return spec
    return written_out(merge_dims(_Copies(spec, outer).spec()))


def _pays(spec: LoopSpec, outer: int) -> bool:
    *_, before, last = spec.dims
    copies = prod(spec.dims[outer:])  # type: ignore[arg-type]
    inner = frozenset(range(outer, len(spec.dims)))
    found = zip(spec.instrs, variation(spec), strict=True)
    weight = sum(weight_of(i.op) for i, dims in found if dims & inner)
    wider = max(spec.dims[:outer]) > _SHORT if spec.reduced else before > _SHORT  # type: ignore
    return last <= _SHORT and wider and copies <= _MOST and copies * weight <= _MOST_WEIGHT  # type: ignore


def _simple(spec: LoopSpec) -> bool:
    """Are its reductions chains of one element-wise op, in the dtype of their result?"""
    return all(
        r.kind in _COMBINE
        and spec.instrs[r.value].dtype is spec.instrs[r.result].dtype
        and spec.instrs[r.value].dtype in _DTYPES
        for stage in spec.stages
        for r in stage.reductions
    )


class _Copies:
    """The instructions of a spec, those that vary over the dimensions from `outer` on once for
    each point of these."""

    def __init__(self, spec: LoopSpec, outer: int) -> None:
        self.old, self.outer = spec, outer
        self.points = list(product(*(range(n) for n in spec.dims[outer:])))  # type: ignore[arg-type]
        self.instrs: list[Instr] = []
        self.known: dict[Instr, int] = {}
        self.of: list[list[int]] = []
        reductions = {r.result: r for stage in spec.stages for r in stage.reductions}
        inner = frozenset(range(outer, len(spec.dims)))
        for i, (instr, dims) in enumerate(zip(spec.instrs, variation(spec), strict=True)):
            if i in reductions:
                self.of.append([self._chain(_COMBINE[reductions[i].kind], reductions[i].value)])
            elif dims & inner:
                self.of.append([self._copy(instr, nth) for nth in range(len(self.points))])
            else:
                self.of.append([self._copy(instr, 0)])

    def spec(self) -> LoopSpec:
        """The whole, without the dimensions that are written out."""
        stores = []
        for stage in self.old.stages:
            stores += [self._store(s, nth) for nth in range(len(self.points)) for s in stage.stores]
            stores += [self._store(s, 0) for s in stage.outer_stores]
        dims = self.old.dims[: self.outer]
        return replace(
            self.old, dims=dims, reduced=0, vector=len(dims) - 1, instrs=tuple(self.instrs),
            stages=(Stage((), tuple(stores), ()),),
        )

    def _nth(self, old: int, nth: int) -> int:
        """The position of an old instruction's copy for a point."""
        found = self.of[old]
        return found[nth if len(found) > 1 else 0]

    def _add(self, instr: Instr) -> int:
        if instr not in self.known:
            self.known[instr] = len(self.instrs)
            self.instrs.append(instr)
        return self.known[instr]

    def _copy(self, instr: Instr, nth: int) -> int:
        access = None if instr.access is None else self._access(instr.access, nth)
        indexed = instr.indexed
        if indexed is not None:
            indexed = replace(indexed, access=self._access(indexed.access, nth))
        args = tuple(self._nth(a, nth) for a in instr.args)
        return self._add(replace(instr, args=args, access=access, indexed=indexed))

    def _chain(self, op: str, value: int) -> int:
        dtype = self.old.instrs[value].dtype
        total = self._nth(value, 0)
        for nth in range(1, len(self.points)):
            total = self._add(Instr(op, (total, self._nth(value, nth)), dtype))
        return total

    def _store(self, store: Store, nth: int) -> Store:
        access = self._access(store.access, nth)
        return replace(store, access=access, value=self._nth(store.value, nth))

    def _access(self, access: Access, nth: int) -> Access:
        moved = sum(i * s for i, s in zip(self.points[nth], access.strides[self.outer :]))  # type: ignore
        return replace(access, strides=access.strides[: self.outer], offset=access.offset + moved)  # type: ignore
