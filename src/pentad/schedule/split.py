"""Long reductions with few results, in two steps: parts in parallel, then the sum of the parts.

The parts are cut by size alone, so the order of summation is the same for any number of threads.
"""

from __future__ import annotations

from dataclasses import replace

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.schedule.group import LONG_REDUCTION
from pentad.schedule.layout import contiguous
from pentad.schedule.loops import map_accesses
from pentad.schedule.spec import Access, Instr, LoopSpec, Ragged, Reduction, Stage, Store

PART = 1 << 13
"""Elements that one part sums up, about."""


def split(spec: LoopSpec, short: bool = False) -> tuple[LoopSpec, LoopSpec, int] | None:
    """A reduction as the spec of its parts, that of their sum, and the bytes between the two.

    The parts live in the slot behind the spec's own, in the second spec in slot 0. None if the
    spec is not one plain reduction, or if that is short. With `short` those become one part,
    which is their sum, bit for bit.
    """
    if not _splittable(spec):
        return None
    [stage] = spec.stages
    [reduction], [store] = stage.reductions, stage.outer_stores
    first = len(spec.dims) - spec.reduced
    inner = 1
    for n in spec.dims[first + 1 :]:
        inner *= _int(n)
    block = max(1, PART // max(inner, 1))
    if _int(spec.dims[first]) * inner <= LONG_REDUCTION:
        if not short:
            return None
        block = _int(spec.dims[first])
    blocks = -(-_int(spec.dims[first]) // block)
    dtype = _wide(spec.instrs[reduction.value].dtype)
    outer = (blocks, *(_int(n) for n in spec.dims[:first]))
    parts = _parts(spec, first, block, outer, dtype)
    total = _total(spec, store, reduction, outer, dtype)
    nbytes = dtype.itemsize
    for n in outer:
        nbytes *= n
    return parts, total, nbytes


def _splittable(spec: LoopSpec) -> bool:
    if len(spec.stages) != 1:
        return False
    [stage] = spec.stages
    return (
        len(stage.reductions) == len(stage.outer_stores) == 1
        and not stage.stores
        and stage.reductions[0].kind not in ("argmax", "argmin")
        and stage.outer_stores[0].value == stage.reductions[0].result
        and all(i.op != "position" for i in spec.instrs)
    )


def _wide(dtype: DType) -> DType:
    return dtypes.float32 if dtype in (dtypes.float16, dtypes.bfloat16) else dtype


def _int(size: object) -> int:
    assert isinstance(size, int)
    return size


def _parts(
    spec: LoopSpec, first: int, block: int, outer: tuple[int, ...], dtype: DType
) -> LoopSpec:
    def spread(a: Access) -> Access:
        return replace(a, strides=(_int(a.strides[first]) * block, *a.strides))

    wider = map_accesses(spec, spread)
    instrs = list(wider.instrs)
    [stage] = wider.stages
    [reduction] = stage.reductions
    value = reduction.value
    if instrs[value].dtype is not dtype:
        value = reduction.result
        instrs[value] = Instr("cast", (reduction.value,), dtype, (("dtype", dtype),))
        instrs.append(Instr("reduced", (value,), dtype))
    else:
        instrs[reduction.result] = replace(instrs[reduction.result], dtype=dtype)
    result = len(instrs) - 1
    zeros = (0,) * spec.reduced
    home = Access(spec.slots, dtype, (*contiguous(outer), *zeros))
    stage = Stage((Reduction(reduction.kind, value, result),), (), (Store(home, result),))
    dims = (*outer, block, *spec.dims[first + 1 :])
    return replace(
        wider,
        dims=dims,
        vector=len(dims) - 1,
        ragged=(Ragged(first + 1, 0, spec.dims[first]),),
        instrs=tuple(instrs),
        stages=(stage,),
        slots=spec.slots + 1,
    )


def _total(
    spec: LoopSpec, store: Store, reduction: Reduction, outer: tuple[int, ...], dtype: DType
) -> LoopSpec:
    """The reduction of the parts: dimension 0 of theirs becomes the last of this one."""
    strides = contiguous(outer)
    load = Access(0, dtype, (*strides[1:], strides[0]))
    kept = len(outer) - 1
    home = replace(store.access, slot=1, strides=(*store.access.strides[:kept], 0))
    instrs = (
        Instr("load", (), dtype, access=load),
        Instr("reduced", (0,), spec.instrs[reduction.result].dtype),
    )
    stage = Stage((Reduction(reduction.kind, 0, 1),), (), (Store(home, 1),))
    dims = (*outer[1:], outer[0])
    return LoopSpec(dims, 0, 1, len(dims) - 1, (), instrs, (stage,), 2)
