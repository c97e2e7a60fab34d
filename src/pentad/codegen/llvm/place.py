"""Where a kernel is inside its loops: the pointers of its accesses, the values of positions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pentad.codegen.llvm.expressions import Kernel, Point
from pentad.codegen.llvm.ir import Index, Value
from pentad.schedule.spec import Access


@dataclass(frozen=True)
class Place:
    """Pointers of the accesses, and values of the positions, inside some loops."""

    kernel: Kernel
    pointers: dict[Access, Value]
    offsets: dict[Access, Index]

    def enter(self, dim: int, i: Index) -> Place:
        """The place inside the loop over `dim`, at its index `i`."""
        k, f = self.kernel, self.kernel.f
        if isinstance(i, int) and i == 0:
            return self
        pointers, offsets = dict(self.pointers), dict(self.offsets)
        for access in (*pointers, *offsets):
            stride = k.size(access.strides[dim])
            if isinstance(stride, int) and stride == 0:
                continue
            away = f.imul(i, stride)
            if access in offsets:
                offsets[access] = f.iadd(offsets[access], away)
            else:
                element = k.math.memory_type(access.dtype)
                pointers[access] = f.gep(pointers[access], away, element)
        return Place(k, pointers, offsets)

    @staticmethod
    def entry(kernel: Kernel, accesses: Iterable[Access]) -> Place:
        """The place before all loops."""
        f = kernel.f
        pointers: dict[Access, Value] = {}
        offsets: dict[Access, Index] = {}
        buffers: dict[int, Value] = {}
        for a in accesses:
            if a.slot < 0:
                offsets[a] = kernel.size(a.offset)
            elif a not in pointers:
                if a.slot not in buffers:
                    buffers[a.slot] = kernel.buffer(a.slot)
                element = kernel.math.memory_type(a.dtype)
                pointers[a] = f.gep(buffers[a.slot], kernel.size(a.offset), element)
        return Place(kernel, pointers, offsets)

    def point(self, vector: int, lanes: int, mask: Value | None) -> Point:
        """The point here, with lanes along dimension `vector` (-1: a single element)."""

        def step(access: Access) -> Index:
            return self.kernel.size(access.strides[vector]) if vector >= 0 else 0

        return Point(
            self.kernel, lanes, mask, self.pointers.__getitem__, self.offsets.__getitem__, step
        )
