"""What the parts of a nest depend on: dimensions that values vary over, sizes that it reads."""

from __future__ import annotations

from collections.abc import Iterable

from pentad.schedule.loops import accesses
from pentad.schedule.size import Size
from pentad.schedule.spec import LoopSpec


def variation(spec: LoopSpec) -> list[frozenset[int]]:
    """The dimensions over which each instruction varies."""
    outer = range(len(spec.dims) - spec.reduced)
    varies: list[frozenset[int]] = []
    for instr in spec.instrs:
        dims = {d for a in instr.args for d in varies[a]}
        for access in (instr.access, instr.indexed.access if instr.indexed else None):
            if access is not None:
                dims |= {d for d, s in enumerate(access.strides) if s != 0}
        if instr.op == "reduced":
            dims = set(outer)
        varies.append(frozenset(dims))
    return varies


def sizes_of(spec: LoopSpec) -> Iterable[Size]:
    """Every size and stride that the kernel may have to read."""
    yield from spec.dims
    for r in spec.ragged:
        yield r.total
    for a in accesses(spec):
        yield from (*a.strides, a.offset)
    for i in spec.instrs:
        if i.indexed is not None:
            yield from (*i.indexed.sizes, *i.indexed.strides)
