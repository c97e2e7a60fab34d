"""Constant distances from the start of an operand become part of its address.

Kernels that differ only in where in a buffer they begin, such as those of the steps of an unrolled
loop, are then one kernel: it is compiled once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pentad.schedule.loops import map_accesses
from pentad.schedule.spec import (
    Access,
    ConvKernel,
    Epilogue,
    GemmKernel,
    Instr,
    LoopSpec,
    Store,
)


def rebase_loop(spec: LoopSpec) -> tuple[LoopSpec, tuple[int, ...]]:
    """A loop spec whose operands begin at their first access, and the bytes to there by slot."""
    found: list[Access] = []

    def collect(access: Access) -> Access:
        found.append(access)
        return access

    map_accesses(spec, collect)
    base = _Base(found, spec.slots)
    return (map_accesses(spec, base.moved), base.bytes) if base.bytes else (spec, ())


def rebase_gemm(kernel: GemmKernel) -> tuple[GemmKernel, tuple[int, ...]]:
    """The same for a matrix product with its epilogue."""
    gemm, base = kernel.gemm, _Base(_accesses(kernel.epilogue), kernel.epilogue.slots)
    a, b = gemm.a_offset, gemm.b_offset
    assert isinstance(a, int)
    assert isinstance(b, int)
    if not (a or b or base.bytes):
        return kernel, ()
    rest = base.bytes[2:] or (0,) * (kernel.epilogue.slots - 2)
    moved = replace(
        kernel,
        gemm=replace(gemm, a_offset=0, b_offset=0),
        epilogue=_moved(kernel.epilogue, base),
    )
    return moved, (a * gemm.a.itemsize, b * gemm.b.itemsize, *rest)


def rebase_convolution(kernel: ConvKernel) -> tuple[ConvKernel, tuple[int, ...]]:
    """The same for a stage of a convolution."""
    base = _Base(_accesses(kernel.epilogue), kernel.epilogue.slots)
    if not base.bytes:
        return kernel, ()
    return replace(kernel, epilogue=_moved(kernel.epilogue, base)), base.bytes


class _Base:
    """Where the operands of a kernel begin: the lowest offset of each slot's accesses.

    bytes: by slot; empty if nothing moves.
    """

    def __init__(self, accesses: Iterable[Access], slots: int) -> None:
        lowest: dict[int, int] = {}
        itemsize: dict[int, int] = {}
        for access in accesses:
            offset, slot = access.offset, access.slot
            if slot < 0:  # in registers
                continue
            assert isinstance(offset, int)
            assert itemsize.setdefault(slot, access.dtype.itemsize) == access.dtype.itemsize
            lowest[slot] = min(offset, lowest.get(slot, offset))
        self.start = {slot: start for slot, start in lowest.items() if start}
        self.bytes: tuple[int, ...] = ()
        if self.start:
            self.bytes = tuple(
                self.start.get(slot, 0) * itemsize.get(slot, 0) for slot in range(slots)
            )

    def moved(self, access: Access) -> Access:
        start = self.start.get(access.slot, 0)
        return replace(access, offset=access.offset - start) if start else access


def _accesses(epilogue: Epilogue) -> Sequence[Access]:
    loads = [i.access for i in epilogue.instrs if i.access is not None]
    return [*loads, *(s.access for s in epilogue.stores)]


def _moved(epilogue: Epilogue, base: _Base) -> Epilogue:
    def instr(i: Instr) -> Instr:
        return replace(i, access=base.moved(i.access)) if i.access is not None else i

    stores = tuple(Store(base.moved(s.access), s.value) for s in epilogue.stores)
    return replace(epilogue, instrs=tuple(map(instr, epilogue.instrs)), stores=stores)
