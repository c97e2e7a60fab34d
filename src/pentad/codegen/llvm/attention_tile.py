"""What attention's kernels are made of: products of small matrices, and blocks turned around.

Queries lie side by side in the lanes of a vector: scores are computed as keys times queries, so
that sums and maxima over the keys go lane by lane; rows of values and keys are added to whole. What
is read one element at a time, for all lanes, lies close together, copied if need be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pentad.codegen.llvm.expressions import Kernel
from pentad.codegen.llvm.gemm_panel import Panel
from pentad.codegen.llvm.gemm_tile import multiply_add
from pentad.codegen.llvm.ir import (
    I1,
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
_UNROLL = 4
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

    def room(self, width: int) -> Value | None:
        """Memory on the stack for a block of rows; None if it is more than the nearest cache."""
        size = BLOCK * width
        too_much = size * self.spec.dtype.itemsize > self.target.l1_bytes
        return None if too_much else self.f.alloca(self.element, size)

    def close(self, m: Matrix, count: Index, width: int, room: Value | None) -> Matrix:
        """`count` rows without gaps between them, copied to `room` where there are some.

        Gaps of a power of two, as of heads side by side, let rows share few places of the cache.
        """
        if room is None:
            return m
        f, source = self.f, Columns(self, m, width)
        target = Columns(self, Matrix(room, width), width)

        def copy() -> Vectors:
            f.loop(0, count, 1, lambda i, _: target.write(i, source.read(i)))
            return [room]

        gaps = f.compare("icmp ne", f.index(m.row), constant(I64, width))
        return Matrix(f.choose(gaps, copy, lambda: [m.at])[0], width)

    def columns(self, m: Matrix) -> Columns:
        """Scratch memory as columns."""
        return Columns(self, m, self.queries)

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
        b: Columns,
        finish: Callable[[Index, Vectors], None],
        begin: Callable[[Index], Vectors] | None = None,
    ) -> None:
        """a [m, k] times vectors of b [k, :]: each row of sums, begun by `begin`, to `finish`.

        Each sum is one chain over increasing k.
        """
        f, width = self.f, b.vectors

        def tile(row: Index, rows: int, unroll: int) -> None:
            starts = [self.place(a, f.iadd(row, r)) for r in range(rows)]
            first: Vectors = []
            for r in range(rows):
                first += begin(f.iadd(row, r)) if begin else [zero(self.vector)] * width

            def step(i: Index, sums: Vectors) -> Vectors:
                line, after = b.read(i), []
                for r, start in enumerate(starts):
                    at = f.gep(start, f.imul(i, a.column), self.element)
                    x = f.splat(f.load(self.element, at), self.lanes)
                    for j, y in enumerate(line):
                        after.append(multiply_add(f, self.target, x, y, sums[r * width + j]))
                return after

            def steps(i: Value, sums: Vectors) -> Vectors:
                for u in range(unroll):
                    sums = step(f.iadd(i, u), sums)
                return sums

            whole = f.isub(k, f.irem(k, unroll))
            sums = f.loop(0, whole, unroll, steps, first)
            sums = f.loop(whole, k, 1, step, sums)
            for r in range(rows):
                finish(f.iadd(row, r), sums[r * width : (r + 1) * width])

        self._by_rows(m, tile)

    def add_product(
        self,
        m: Index,
        k: Index,
        a: Matrix,
        b: Matrix,
        target: Matrix,
        width: int,
        factors: Value | None = None,
    ) -> None:
        """target [m, width] += a [m, k] b [k, width], some columns at a time.

        factors: of each row of the target, by which it is multiplied first.
        """
        f = self.f
        for start in range(0, width, self.queries):
            some = min(width - start, self.queries)
            columns = Columns(self, Matrix(self.place(b, 0, start), b.row), some)
            sums = Columns(self, Matrix(self.place(target, 0, start), target.row), some)

            def begin(row: Index, sums: Columns = sums) -> Vectors:
                old = sums.read(row)
                if factors is None:
                    return old
                one = f.load(self.element, f.gep(factors, row, self.element))
                return [f.binary("fmul", x, f.splat(one, self.lanes)) for x in old]

            self.product(m, k, a, columns, sums.write, begin)

    def _by_rows(self, m: Index, tile: Callable[[Index, int, int], None]) -> None:
        """Tiles of so many rows as fit the registers, or one less, so that no rest is left."""
        f, most = self.f, self.rows
        if isinstance(m, int):
            rows, longer = divmod(m, -(-m // most))
            cut = longer * (rows + 1)
            f.loop(0, cut, rows + 1, lambda i, _: tile(i, rows + 1, _UNROLL))
            f.loop(cut, m, rows, lambda i, _: tile(i, rows, _UNROLL))
            return
        tiles = f.idiv(f.iadd(m, most - 1), most)
        short = f.isub(f.imul(tiles, most), m)
        fits = f.compare("icmp sle", f.index(short), f.index(tiles))
        rest = f.irem(m, most)
        cut = f.select(fits, f.index(f.imul(f.isub(tiles, short), most)), f.index(f.isub(m, rest)))
        f.loop(0, cut, most, lambda i, _: tile(i, most, _UNROLL))
        with f.when(fits):
            f.loop(cut, m, most - 1, lambda i, _: tile(i, most - 1, _UNROLL))
        for rows in range(1, most - 1):
            exactly = f.compare("icmp eq", f.index(rest), constant(I64, rows))
            with f.when(f.binary("and", exactly, f.binary("xor", fits, constant(I1, True)))):
                tile(cut, rows, 1)

    # -- scores --------------------------------------------------------------------------------

    def reach(self, first: Index, count: Index) -> Index:
        """How many keys queries first .. first + count may look at."""
        return self.f.imin(self.keys, self.f.iadd(first, count)) if self.spec.causal else self.keys

    def hide(self, m: Matrix, first: Index, at: Index, n: Index, otherwise: float) -> None:
        """Another value for each of the keys at .. at + n of `m` that comes after the query.

        All queries from `first` on see the keys up to it.
        """
        if not self.spec.causal:
            return
        f, kind = self.f, self._integers
        base = f.splat(self._narrow(f.index(first)), self.lanes)
        other = constant(self.vector, otherwise)
        positions = [
            f.binary("add", base, constant_lanes(kind, range(j * self.lanes, (j + 1) * self.lanes)))
            for j in range(self.vectors)
        ]

        def row(i: Value, _: list[Value]) -> None:
            number = f.splat(self._narrow(f.index(f.iadd(at, i))), self.lanes)
            seen = [f.compare("icmp sle", number, p) for p in positions]
            pairs = zip(seen, self.load(m, i), strict=True)
            self.store(m, i, [f.select(see, x, other) for see, x in pairs])

        f.loop(f.imax(0, f.isub(f.iadd(first, 1), at)), n, 1, row)

    @property
    def _integers(self) -> Type:
        return Type(f"i{self.element.bits}", self.lanes)

    def _narrow(self, x: Value) -> Value:
        bits = self.element.bits
        return x if bits == 64 else self.f.convert("trunc", x, f"i{bits}")

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


class Columns:
    """Some columns of a matrix in memory, as vectors; of the last, masked, not all may exist."""

    def __init__(self, tiles: Tiles, m: Matrix, width: int) -> None:
        self.t, self.m = tiles, m
        left = range(width, 0, -tiles.lanes)
        self.masks = [None if n >= tiles.lanes else tiles.f.lane_mask(n, tiles.lanes) for n in left]
        self.vectors = len(self.masks)

    def _places(self, row: Index) -> Vectors:
        return [self.t.place(self.m, row, j * self.t.lanes) for j in range(self.vectors)]

    def read(self, row: Index) -> Vectors:
        """Vectors of a row."""
        t, dtype = self.t, self.t.spec.dtype
        pairs = zip(self._places(row), self.masks, strict=True)
        return [t.k.load(place, dtype, t.lanes, mask).value for place, mask in pairs]

    def write(self, row: Index, vectors: Vectors) -> None:
        """Write them."""
        dtype = self.t.spec.dtype
        for x, place, mask in zip(vectors, self._places(row), self.masks, strict=True):
            self.t.k.store(Lane(x, dtype), place, mask)
