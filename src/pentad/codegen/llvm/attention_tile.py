"""What attention's kernels are made of: products of small matrices, and blocks turned around.

Queries lie side by side in the lanes of a vector: scores are computed as keys times queries, so
that sums and maxima over the keys go lane by lane, and each operand is read where it lies, one
element at a time for all queries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pentad.codegen.llvm.expressions import Kernel
from pentad.codegen.llvm.gemm_panel import Panel, transpose
from pentad.codegen.llvm.gemm_tile import multiply_add
from pentad.codegen.llvm.ir import (
    I64,
    Index,
    Module,
    Type,
    Value,
    constant,
    constant_lanes,
    zero,
)
from pentad.codegen.llvm.loops import ARGUMENTS
from pentad.codegen.llvm.vmath import Lane
from pentad.schedule.size import Param
from pentad.schedule.spec import AttentionKernel
from pentad.target.cpu import CpuTarget

BLOCK = 128
"""Keys whose weights are held at a time."""
Vectors = list[Value]


@dataclass
class Matrix:
    """Element (i, j) lies i * row + j * column elements after `at`."""

    at: Value
    row: Index
    column: Index = 1


@dataclass
class Operand:
    """A slot: where the first head's rows begin, and strides over rows and heads."""

    at: Value
    row: Index
    heads: list[Index]


class Tiles:
    """The emitter of one kernel: its sizes, operands and the steps that both kernels take."""

    def __init__(self, module: Module, name: str, spec: AttentionKernel, target: CpuTarget) -> None:
        self.f = f = module.function(name, ARGUMENTS)
        self.spec, self.target = spec, target
        self.kernel = Kernel(f, target, spec.slots, False)
        self.k = self.kernel.math
        self.element = self.k.memory_type(spec.dtype)
        self.lanes = target.lanes(spec.dtype)
        self.vector = self.element.vector(self.lanes)
        self.rows, self.vectors = target.tile
        self.queries = self.vectors * self.lanes
        size = lambda i: self.kernel.size(Param(i))  # noqa: E731
        self.count, self.keys = size(0), size(1)
        self.scale = f.splat(self.kernel.scalar(Param(2), spec.dtype).value, self.lanes)
        self.heads = [size(3 + i) for i in range(spec.rank)]
        self.operands = []
        at = 3 + spec.rank
        for slot in range(spec.slots):
            offset, row, *heads = (size(at + i) for i in range(2 + spec.rank))
            base = f.gep(self.kernel.buffer(slot), offset, self.element)
            self.operands.append(Operand(base, row, heads))
            at += 2 + spec.rank

    def of_head(self, slot: int, head: Index) -> Matrix:
        """The rows of an operand for one head."""
        f, operand = self.f, self.operands[slot]
        offset: Index = 0
        for size, stride in zip(reversed(self.heads), reversed(operand.heads), strict=True):
            offset = f.iadd(offset, f.imul(f.irem(head, size), stride))
            head = f.idiv(head, size)
        return Matrix(f.gep(operand.at, offset, self.element), operand.row)

    # -- memory --------------------------------------------------------------------------------

    def scratch(self, rows: int) -> Matrix:
        """Memory on the stack for so many rows of one element for each query."""
        return Matrix(self.f.alloca(self.element, rows * self.queries), self.queries)

    def place(self, m: Matrix, row: Index, column: Index = 0) -> Value:
        """Where an element lies."""
        f = self.f
        offset = f.iadd(f.imul(row, m.row), f.imul(column, m.column))
        return f.gep(m.at, offset, self.element)

    def below(self, m: Matrix, row: Index) -> Matrix:
        """The matrix without its first rows."""
        return Matrix(self.place(m, row), m.row, m.column)

    def load(self, m: Matrix, row: Index) -> Vectors:
        """A row of scratch memory."""
        places = [self.place(m, row, j * self.lanes) for j in range(self.vectors)]
        return [self.f.load(self.vector, p) for p in places]

    def store(self, m: Matrix, row: Index, vectors: Vectors) -> None:
        """Write a row of scratch memory."""
        for j, x in enumerate(vectors):
            self.f.store(x, self.place(m, row, j * self.lanes))

    def pack(self, source: Matrix, count: Index, width: int, target: Matrix) -> None:
        """Turn `count` rows of `width` elements around: queries side by side."""
        dtype = self.spec.dtype
        Panel(
            self.f, self.target, dtype, dtype, source.at, target.at, source.row, 1, width, count,
            self.queries, self.queries,
        ).emit()  # fmt: skip

    def unpack(self, source: Matrix, width: int, target: Value, count: Index) -> None:
        """The reverse: `count` rows of `width` elements, one after the other."""
        f, lanes = self.f, self.lanes
        whole = width - width % lanes
        f.loop(0, whole, lanes, lambda i, _: self._turn(source, i, lanes, width, target, count))
        if whole < width:
            self._turn(source, whole, width - whole, width, target, count)

    def _turn(
        self, source: Matrix, at: Index, have: int, width: int, target: Value, count: Index
    ) -> None:
        f, lanes = self.f, self.lanes
        mask = None if have == lanes else f.lane_mask(have, lanes)
        rows = [self.load(source, f.iadd(at, i)) for i in range(have)]
        for j in range(self.vectors):
            square = [r[j] for r in rows] + [zero(self.vector)] * (lanes - have)
            for i, x in enumerate(transpose(f, square)):
                nth = j * lanes + i
                place = f.gep(target, f.iadd(at, nth * width), self.element)
                with f.when(f.compare("icmp sgt", f.index(count), constant(I64, nth))):
                    self.k.store(Lane(x, self.spec.dtype), place, mask)

    def lane_masks(self, count: Index) -> Vectors:
        """For each vector of queries, which of them exist."""
        f = self.f
        return [f.lane_mask(f.isub(count, j * self.lanes), self.lanes) for j in range(self.vectors)]

    # -- products ------------------------------------------------------------------------------

    def product(
        self,
        m: Index,
        k: Index,
        a: Matrix,
        b: Matrix,
        finish: Callable[[Index, Vectors], None],
        begin: Callable[[Index], Vectors] | None = None,
        masks: Sequence[Value | None] | None = None,
    ) -> None:
        """a [m, k] times vectors of b [k, :]: each row of sums, begun by `begin`, to `finish`.

        masks: one for each vector, of the columns that exist; all do by default. Each sum is one
        chain over increasing k.
        """
        f = self.f
        columns = masks if masks is not None else [None] * self.vectors

        def tile(row: Index, rows: int) -> None:
            starts = [self.place(a, f.iadd(row, r)) for r in range(rows)]
            first: Vectors = []
            for r in range(rows):
                first += begin(f.iadd(row, r)) if begin else [zero(self.vector)] * len(columns)

            def step(i: Value, sums: Vectors) -> Vectors:
                line = [self._columns(b, i, j, mask) for j, mask in enumerate(columns)]
                after = []
                for r, start in enumerate(starts):
                    at = f.gep(start, f.imul(i, a.column), self.element)
                    x = f.splat(f.load(self.element, at), self.lanes)
                    for j, y in enumerate(line):
                        total = sums[r * len(columns) + j]
                        after.append(multiply_add(f, self.target, x, y, total))
                return after

            sums = f.loop(0, k, 1, step, first)
            for r in range(rows):
                finish(f.iadd(row, r), sums[r * len(columns) : (r + 1) * len(columns)])

        self._by_rows(m, tile)

    def _columns(self, b: Matrix, row: Index, j: int, mask: Value | None) -> Value:
        place = self.place(b, row, j * self.lanes)
        return self.k.load(place, self.spec.dtype, self.lanes, mask).value

    def _by_rows(self, m: Index, tile: Callable[[Index, int], None]) -> None:
        """Tiles of so many rows as fit the registers; known rows in tiles of much the same size."""
        f = self.f
        if isinstance(m, int):
            tiles = -(-m // self.rows)
            rows, longer = divmod(m, tiles)
            f.loop(0, longer * (rows + 1), rows + 1, lambda i, _: tile(i, rows + 1))
            f.loop(longer * (rows + 1), m, rows, lambda i, _: tile(i, rows))
            return
        rest = f.irem(m, self.rows)
        whole = f.isub(m, rest)
        f.loop(0, whole, self.rows, lambda i, _: tile(i, self.rows))
        for rows in range(1, self.rows):
            with f.when(f.compare("icmp eq", f.index(rest), constant(I64, rows))):
                tile(whole, rows)

    # -- scores --------------------------------------------------------------------------------

    def reach(self, first: Index, count: Index) -> Index:
        """How many keys queries first .. first + count may look at."""
        return self.f.imin(self.keys, self.f.iadd(first, count)) if self.spec.causal else self.keys

    def positions(self, first: Index) -> Vectors:
        """The number of each query, in integers as wide as the elements."""
        f, kind = self.f, self._integers
        base = f.splat(self._narrow(f.index(first)), self.lanes)
        iota = [
            constant_lanes(kind, range(j * self.lanes, (j + 1) * self.lanes))
            for j in range(self.vectors)
        ]
        return [f.binary("add", base, x) for x in iota]

    @property
    def _integers(self) -> Type:
        return Type(f"i{self.element.bits}", self.lanes)

    def _narrow(self, x: Value) -> Value:
        bits = self.element.bits
        return x if bits == 64 else self.f.convert("trunc", x, f"i{bits}")

    def seen(self, x: Vectors, key: Index, positions: Vectors, otherwise: float) -> Vectors:
        """Where a key comes after the query, another value."""
        if not self.spec.causal:
            return x
        f = self.f
        number = f.splat(self._narrow(f.index(key)), self.lanes)
        other = constant(self.vector, otherwise)
        return [
            f.select(f.compare("icmp sle", number, at), value, other)
            for at, value in zip(positions, x, strict=True)
        ]

    # -- mathematics on rows -------------------------------------------------------------------

    def map(self, function: Callable[..., Lane], *rows: Vectors) -> Vectors:
        """A function of the builder `k` on each vector of some rows."""
        dtype = self.spec.dtype
        return [
            function(*(Lane(x, dtype) for x in vectors)).value
            for vectors in zip(*rows, strict=True)
        ]

    def scaled(self, m: Matrix, rows: int) -> None:
        """Multiply rows of scratch memory by the scale."""

        def row(i: Value, _: list[Value]) -> None:
            self.store(m, i, [self.f.binary("fmul", x, self.scale) for x in self.load(m, i)])

        self.f.loop(0, rows, 1, row)
