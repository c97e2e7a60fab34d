"""Rearranging a matrix into the panels that tiles read: copies, transposes, conversions."""

from __future__ import annotations

from dataclasses import dataclass

from pentad.codegen.llvm.gemm_tile import widen
from pentad.codegen.llvm.ir import I64, Function, Index, Type, Value, constant, zero
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.graph.dtypes import DType
from pentad.target.cpu import CpuTarget


@dataclass
class Panel:
    """A copy of a matrix [count, k] to rows [k][width], in the accumulator's dtype.

    In the source, rows or columns are `across` apart, and steps of k `along`; in the target,
    steps of k are `pitch` apart. Each k writes whole vectors up to `width`: what it writes beyond
    `count` is rubbish, overwritten by the next k if the pitch says so, and after the last one
    there must be room. With `exact`, nothing is written beyond `count`.
    """

    f: Function
    machine: CpuTarget
    dtype: DType
    accumulator: DType
    source: Value
    target: Value
    across: Index
    along: Index
    k: Index
    count: Index
    width: int
    pitch: int
    exact: bool = False

    def emit(self) -> None:
        """Emit the copy: rows as they are, columns in transposed blocks, or single elements."""
        f, k = self.f, self.k
        self.lanes = self.machine.lanes(self.accumulator)
        self.element: Type = memory_type(self.dtype)
        self.wide: Type = memory_type(self.accumulator)
        self.vectors = -(-self.width // self.lanes)
        if self.across == 1:
            self._copy_all()
            return
        self._lines = [self._line(i) for i in range(self.vectors * self.lanes)]
        if self.along == 1:
            whole = f.isub(k, f.irem(k, self.lanes))
            f.loop(0, whole, self.lanes, lambda i, _: self._transpose(i))
            f.loop(whole, k, 1, lambda i, _: self._gather(i))
        else:
            f.loop(0, k, 1, lambda i, _: self._gather(i))

    def _put(self, vector: Value, k: Index, j: int) -> None:
        f = self.f
        offset = f.iadd(f.imul(k, self.pitch), j * self.lanes)
        wide = widen(f, self.machine, vector, self.dtype, self.accumulator)
        place = f.gep(self.target, offset, self.wide)
        mask = self._mask(j) if self.exact else None
        if mask is None:
            f.store(wide, place)
        else:
            f.masked_store(wide, place, mask)

    def _mask(self, j: int) -> Value | None:
        """The lanes of vector `j` that exist; None if all surely do."""
        left = self.f.isub(self.count, j * self.lanes)
        if isinstance(left, int) and left >= self.lanes:
            return None
        return self.f.lane_mask(left, self.lanes)

    def _copy_all(self) -> None:
        f, whole = self.f, self.vectors * self.lanes

        def rows(masked: bool) -> list[Value]:
            masks = [self._mask(j) if masked else None for j in range(self.vectors)]
            f.loop(0, self.k, 1, lambda i, _: self._copy(i, masks))
            return []

        if isinstance(self.count, int):
            rows(masked=self.count < whole)
            return
        full = f.compare("icmp sge", self.count, constant(I64, whole))
        f.choose(full, lambda: rows(masked=False), lambda: rows(masked=True))

    def _copy(self, k: Value, masks: list[Value | None]) -> None:
        f = self.f
        row = f.gep(self.source, f.imul(k, self.along), self.element)
        kind = self.element.vector(self.lanes)
        for j, mask in enumerate(masks):
            place = f.gep(row, j * self.lanes, self.element)
            whole = mask is None
            self._put(f.load(kind, place) if whole else f.masked_load(kind, place, mask), k, j)

    def _line(self, i: int) -> Value:
        """Where row or column `i` begins; one that does not exist repeats the last."""
        f = self.f
        nth = f.imin(i, f.isub(self.count, 1)) if i else 0
        return f.opaque(f.gep(self.source, f.imul(nth, self.across), self.element))

    def _transpose(self, k: Value) -> None:
        f, k = self.f, self.f.opaque(k)
        kind = self.element.vector(self.lanes)
        for j in range(self.vectors):
            lines = self._lines[j * self.lanes : (j + 1) * self.lanes]
            rows = [f.load(kind, f.gep(line, k, self.element)) for line in lines]
            for i, vector in enumerate(transpose(f, rows)):
                self._put(vector, f.iadd(k, i), j)

    def _gather(self, k: Value) -> None:
        f, k = self.f, self.f.opaque(k)
        at = f.imul(k, self.along)
        for j in range(self.vectors):
            vector = zero(self.element.vector(self.lanes))
            for i in range(self.lanes):
                line = self._lines[j * self.lanes + i]
                vector = f.insert(vector, f.load(self.element, f.gep(line, at, self.element)), i)
            self._put(vector, k, j)


def transpose(f: Function, rows: list[Value]) -> list[Value]:
    """The transpose of a square of vectors, by exchanges of blocks of 1, 2, 4, ... lanes."""
    lanes = len(rows)
    step = 1
    while step < lanes:
        low = [c if not c & step else lanes + (c ^ step) for c in range(lanes)]
        high = [c | step if not c & step else lanes + c for c in range(lanes)]
        result = list(rows)
        for i in range(lanes):
            if not i & step:
                first, second = rows[i], rows[i | step]
                result[i] = f.shuffle(first, second, low)
                result[i | step] = f.shuffle(first, second, high)
        rows = result
        step *= 2
    return rows
