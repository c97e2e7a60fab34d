"""Matrix products: what a GEMM kernel computes (GemmSpec) and how it goes about it (GemmPlan).

C[b, m, n] = sum over k of A[b, m, k] * B[b, k, n], for any strides of A and B. What happens to C
is the business of the epilogue, which is not part of the spec.

Every element is one chain of fused multiply-adds over increasing k (of pairs of them, see
`in_pairs`), except for m == 1 or n == 1, where `lanes` interleaved chains are added in a fixed
tree. So the result depends on sizes and dtypes, never on blocks, packing, strides, threads or on
which sizes were known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd
from typing import TYPE_CHECKING

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, message
from pentad.schedule.size import Param, Size
from pentad.schedule.weights import MIN_TASK

if TYPE_CHECKING:
    from pentad.target.cpu import CpuTarget

Strides = tuple[Size, Size, Size]

a_pitch_slack = 64  # elements after a packed panel of A: its last k writes whole vectors
_PANEL_SHARE = 4  # a panel of B takes 1/4 of the second-level cache: A streams through the rest
_PANEL_BYTES = 192 * 1024  # and no more, for it may lie on the thread's stack
_BLOCK_TILES = 96  # tiles of rows that use a panel of B while it is there
_KEPT_BYTES = 128 * 1024  # partial sums of a task, on the thread's stack
_FEW_TILES, _MANY_TILES = 4, 24  # of rows, that pay for packing B; if its rows are near, but odd
_WIDEST, _TALLEST = 8, 16  # vectors and rows of tiles for few rows or columns
_DOT_VECTORS = 8  # vectors of a row that a matrix-vector product by columns reads at a time
_DOT_WEIGHT = 8  # multiply-adds of other products in the time of one of such, which is a load
_OFTEN = 6  # panels of columns from which packing A has paid for itself
_LINES_AT_ONCE = 4  # cache lines of a column of A that are read at a time when it is packed
_COLUMN_SHARE = 2  # a column of A, one cache line an element, may take 1/2 of the first-level cache
_SHARED_COLUMN = 8  # and 1/8 of it where the epilogue's own matrices run through
_SHORT_COLUMN = 32  # elements whose lines may as well come from the second-level cache
_FAR_ROWS = 512  # bytes from row to row of B from which its rows collide in the caches


@dataclass(frozen=True, slots=True)
class GemmSpec:
    """One matrix product. Strides count elements: `a_strides` over (batch, m, k), `b_strides`
    over (batch, k, n), the offsets elements before the first one.

    A size may be a Param, read at run time; sizes and strides that are 0 or 1 must stay ints
    (`generalised` sees to that), because other code is emitted for them.
    """

    a: DType
    b: DType
    batch: Size
    m: Size
    n: Size
    k: Size
    a_strides: Strides
    b_strides: Strides
    a_offset: Size = 0
    b_offset: Size = 0

    def __post_init__(self) -> None:
        for dtype in (self.a, self.b):
            if not dtype.is_floating_point:
                raise DTypeError(
                    message(
                        "a matrix product needs floating-point operands",
                        expected="float16, bfloat16, float32 or float64",
                        got=f"{self.a.name} and {self.b.name}",
                        hint="cast the operands, e.g. x.to(pt.float32)",
                    )
                )

    @property
    def accumulator(self) -> DType:
        """float64 if an operand is, else float32."""
        wide = dtypes.float64 in (self.a, self.b)
        return dtypes.float64 if wide else dtypes.float32

    @property
    def known(self) -> bool:
        """True if no size or stride is a run-time parameter."""
        sizes = (self.batch, self.m, self.n, self.k, *self.a_strides, *self.b_strides)
        sizes += (self.a_offset, self.b_offset)
        return not any(isinstance(s, Param) for s in sizes)

    def generalised(self, first: int = 0) -> tuple[GemmSpec, tuple[int, ...]]:
        """This spec with its sizes and strides above 1 as Params first, first + 1, ...

        Returns the spec and the values of its parameters, in order.
        """
        values: list[int] = []

        def lift(size: Size) -> Size:
            if isinstance(size, Param) or size in (0, 1):
                return size
            values.append(size)
            return Param(first + len(values) - 1)

        batch, m, n, k = (lift(s) for s in (self.batch, self.m, self.n, self.k))
        a0, a1, a2 = map(lift, self.a_strides)
        b0, b1, b2 = map(lift, self.b_strides)
        spec = replace(
            self, batch=batch, m=m, n=n, k=k, a_strides=(a0, a1, a2), b_strides=(b0, b1, b2),
            a_offset=lift(self.a_offset), b_offset=lift(self.b_offset),
        )  # fmt: skip
        return spec, tuple(values)

    def __str__(self) -> str:
        a, b = _text(self.a_strides, self.a_offset), _text(self.b_strides, self.b_offset)
        sizes = "x".join(map(str, (self.batch, self.m, self.n, self.k)))
        return f"gemm({self.a.name}, {self.b.name}, {sizes}, a={a}, b={b})"


def _text(strides: Strides, offset: Size) -> str:
    return "/".join(map(str, strides)) + (f"+{offset}" if offset != 0 else "")


@dataclass(frozen=True, slots=True)
class GemmPlan:
    """Tiles, blocks and packing of one GEMM kernel; hashable, part of the kernel's cache key.

    rows x (vectors * lanes): the tile of C that lives in registers;
    kc: k is walked in blocks of at most so many (the partial sums wait in a buffer of the task);
    block_tiles x block_panels: one task, in tiles of rows and panels of columns;
    pack_a, pack_b: the operand is first rearranged into the workspace, by `emit_pack_*`;
    local_b: B is packed not beforehand but panel by panel, by the task that reads it, on its stack;
    along: the axis of C that the lanes given to the epilogue run along. It is "m" for n == 1:
    the vector then holds rows m..m+lanes-1 of column n;
    dot: matrix times vector (m == 1 or n == 1), by the kernel of gemm_dot; `vectors` results are
    computed side by side;
    unroll: the epilogue is written out for each vector of a tile (else it is a loop).
    """

    target: CpuTarget
    lanes: int
    rows: int
    vectors: int
    kc: int
    block_tiles: int
    block_panels: int
    pack_a: bool = False
    pack_b: bool = False
    local_b: bool = False
    along: str = "n"
    unroll: bool = True
    dot: bool = False

    @property
    def width(self) -> int:
        """Columns of a tile."""
        return self.vectors * self.lanes

    @property
    def early_b(self) -> bool:
        """Is B packed into the workspace, before the product?"""
        return self.pack_b and not self.local_b

    def tasks(self, spec: GemmSpec) -> int:
        """Size of the kernel's parallel index space, for known sizes."""
        batch, m, n, _ = _sizes(spec)
        if not (batch and m and n):
            return 0
        if self.dot:
            return batch * -(-(m if self.along == "m" else n) // self.width)
        tiles, panels = -(-m // self.rows), -(-n // self.width)
        return batch * -(-tiles // self.block_tiles) * -(-panels // self.block_panels)

    def chunk(self, spec: GemmSpec) -> int:
        """Tasks that one claim of a thread should take, so that it outweighs the claim."""
        batch, m, n, k = _sizes(spec)
        tasks = max(1, self.tasks(spec))
        work = batch * m * n * k * (_DOT_WEIGHT if self.dot else 1)
        return max(1, min(tasks, MIN_TASK * tasks // max(1, work)))

    def pack_a_tasks(self, spec: GemmSpec) -> int:
        """Size of the parallel index space of the kernel that packs A."""
        batch, m, n, _ = _sizes(spec)
        return _batches(batch, spec.a_strides[0]) * -(-m // self.rows) if n else 0

    def pack_b_tasks(self, spec: GemmSpec) -> int:
        """Size of the parallel index space of the kernel that packs B."""
        batch, m, n, _ = _sizes(spec)
        return _batches(batch, spec.b_strides[0]) * -(-n // self.width) if m else 0

    def workspace(self, spec: GemmSpec) -> int:
        """Bytes of the workspace, buffer 2 of the kernels: packed B, then packed A."""
        size = spec.accumulator.itemsize
        total = self.packed_b_elements(spec) * size if self.early_b else 0
        if self.pack_a:
            total += self.pack_a_tasks(spec) * a_pitch(self, _sizes(spec)[3]) * size
        return total

    def packed_b_elements(self, spec: GemmSpec) -> int:
        """Elements that packed B takes in the workspace."""
        return self.pack_b_tasks(spec) * _sizes(spec)[3] * self.width

    def __str__(self) -> str:
        packed = (("A", self.pack_a), ("B", self.early_b), ("b", self.local_b))
        flags = "".join(c for c, on in packed if on)
        return (
            f"{self.rows}x{self.vectors}x{self.lanes} kc={self.kc} "
            f"block={self.block_tiles}x{self.block_panels} pack={flags or '-'} along={self.along}"
            f"{' dot' if self.dot else ''}{' unroll' if self.unroll else ''}"
        )


def tiles_at_once(plan: GemmPlan, spec: GemmSpec) -> int:
    """Tiles of A that are packed together where their rows are neighbours in memory."""
    line = plan.target.cache_line // spec.a.itemsize
    return max(1, _LINES_AT_ONCE * line // plan.rows)


def a_pitch(plan: GemmPlan, k: int) -> int:
    """Elements from one packed panel of A to the next; the last k writes whole vectors."""
    return k * plan.rows + a_pitch_slack


def _batches(batch: int, stride: Size) -> int:
    """Matrices to pack: one that is shared by the batch is packed once."""
    return min(batch, 1) if stride == 0 else batch


def _sizes(spec: GemmSpec) -> tuple[int, int, int, int]:
    sizes = (spec.batch, spec.m, spec.n, spec.k)
    batch, m, n, k = (s for s in sizes if isinstance(s, int))
    return batch, m, n, k


def gemm_plan(
    spec: GemmSpec, target: CpuTarget, *, run_time: bool = False, varied: bool = False,
    kept_b: bool = False, streams: bool = False,
) -> GemmPlan:
    """How to compute `spec`, whose sizes must all be known.

    With `run_time` the plan is one of the few that all sizes of a layout class share; it is
    meant for a kernel of `spec.generalised()`. `varied`: m and k may be of any length, and so
    count as long. `kept_b`: B is the same in later runs, and packed once for all of them.
    """
    dtype = spec.accumulator
    lanes = target.lanes(dtype)
    if spec.n == 1 or spec.m == 1:
        return _dot_plan(spec, target, run_time)
    _, m, n, k = _sizes(spec)
    narrow = spec.a is not dtype or spec.b is not dtype
    rows, vectors = target.tile
    slow = narrow or (run_time and n % (lanes * vectors) != 0)
    pack_b = _pack_b(spec, max(-(-m // rows), _FEW_TILES * varied), slow)
    if not run_time:
        tile = _packed_tile(m, n, lanes, target) if pack_b else target.tile
        rows, vectors = fit_tile(m, n, lanes, tile, target.vector_registers)
    width = lanes * vectors
    tiles, panels = -(-m // rows), -(-n // width)
    odd = n % lanes != 0 and tiles >= _FEW_TILES and not (run_time or pack_b)
    pack_b |= odd and tiles >= _MANY_TILES and k * width * dtype.itemsize >= target.l1_bytes // 2
    most = _longest_block(spec, width * dtype.itemsize, odd and not pack_b, target)
    kc = most if run_time else _k_block(k, most, tiles)
    kc += kc % 2 if in_pairs(spec, target) else 0
    block = _blocks(tiles, panels, rows * width * k, run_time)
    if run_time or kc < k:
        most = max(1, _KEPT_BYTES // (rows * width * dtype.itemsize * block[0]))
        block = block[0], min(block[1], most)
    return GemmPlan(
        target, lanes, rows, vectors, kc, *block,
        pack_a=_pack_a(spec, tiles, panels, narrow, target, streams, varied),
        pack_b=pack_b,
        local_b=pack_b and not (kept_b or _shared_b(spec)) and (run_time or tiles <= block[0]),
        unroll=not run_time,
    )  # fmt: skip


def in_pairs(spec: GemmSpec, target: CpuTarget) -> bool:
    """Are two products at a time added to each sum (k and k + 1, for even k), by the target's own
    instruction? That is another order of sums, which is why it must be asked for."""
    short = spec.a is dtypes.bfloat16 and spec.b is dtypes.bfloat16
    return bool(target.pair_dot) and short and not (spec.m == 1 or spec.n == 1)


def _dot_plan(spec: GemmSpec, target: CpuTarget, run_time: bool) -> GemmPlan:
    lanes = target.lanes(spec.accumulator)
    along = "m" if spec.n == 1 else "n"
    batch, m, n, _ = _sizes(spec)
    length = m if along == "m" else n
    vectors = 1
    if by_columns(spec):
        vectors = _DOT_VECTORS if run_time else max(1, min(_DOT_VECTORS, -(-length // lanes)))
    return GemmPlan(target, lanes, 1, vectors, 0, 1, 1, along=along, dot=True)


def by_columns(spec: GemmSpec) -> bool:
    """True if the matrix of a matrix-vector product has contiguous columns, not rows."""
    if spec.n == 1:
        across, along = spec.a_strides[1:]
    else:
        along, across = spec.b_strides[1:]
    return across == 1 and along != 1


def fit_tile(
    m: int, n: int, lanes: int, tile: tuple[int, int], registers: int
) -> tuple[int, int]:
    """The tile for large products, or for few rows or columns one that fits them better.

    A tile needs its accumulators, one row of B and a broadcast in registers.
    """
    rows, vectors = tile
    have = max(1, -(-n // lanes))
    if m < rows:
        rows = max(1, m)
        return rows, max(1, min((registers - 1) // (rows + 1), _WIDEST, have))
    if have < vectors:
        return min(m, max(rows, min((registers - 1) // have - 1, _TALLEST))), have
    return rows, vectors


def _packed_tile(m: int, n: int, lanes: int, target: CpuTarget) -> tuple[int, int]:
    """The tile for packed operands, unless its last panel of columns costs more than 1%."""
    packed, usual = target.packed_tile, target.tile
    cost, usual_cost = (_tile_cost(m, n, lanes, t, target) for t in (packed, usual))
    return usual if usual_cost * 1.01 < cost else packed


def _tile_cost(m: int, n: int, lanes: int, tile: tuple[int, int], target: CpuTarget) -> float:
    """Vectors of multiply-adds for each k; a tile of few of them waits for their latency."""
    rows, vectors = tile
    tiles = -(-m // rows)
    whole, rest = divmod(-(-n // lanes), vectors)
    least = target.fma_chains
    last = max(m / tiles * rest, least) if rest else 0
    return tiles * (whole * max(m / tiles * vectors, least) + last)


def _k_block(k: int, most: int, tiles: int) -> int:
    """k in equal blocks of about `most`."""
    return max(1, -(-k // (-(-k // most) if k > most + most // 2 and tiles > 2 else 1)))


def _longest_block(spec: GemmSpec, row_bytes: int, odd: bool, target: CpuTarget) -> int:
    """The longest block of k: its panel of B takes a share of the second-level cache. Rows that
    begin at `odd` places stay in the first: from the second they take two cache lines for one."""
    most = max(64, min(target.l2_bytes // _PANEL_SHARE, _PANEL_BYTES) // row_bytes)
    stride = spec.b_strides[1]
    if odd and isinstance(stride, int):
        near = target.l1_bytes * 3 // 4 // (max(1, abs(stride)) * spec.b.itemsize)
        most = max(1, min(most, near))
    return most


def _pack_a(
    spec: GemmSpec, tiles: int, panels: int, narrow: bool, target: CpuTarget, streams: bool,
    varied: bool,
) -> bool:  # fmt: skip
    """A is packed if it is read often, and badly: converted, or by columns that are longer than
    caches hold, or past them. Rows are read as they lie, however many."""
    _, m, _, k = _sizes(spec)
    if varied:
        return panels >= _OFTEN and (narrow or spec.a_strides[2] != 1)
    if panels < _OFTEN or tiles < 2:
        return False
    share = _SHARED_COLUMN if streams else _COLUMN_SHARE
    held = max(_SHORT_COLUMN, _column_lines(spec, target) // share)
    past = k > held or m * k * spec.a.itemsize > target.l2_bytes
    return narrow or (spec.a_strides[2] != 1 and past)


def _column_lines(spec: GemmSpec, target: CpuTarget) -> int:
    """Lines of the first-level cache where elements of a column of A may lie: few if the columns'
    stride is a multiple of many lines."""
    stride, line = spec.a_strides[2], target.cache_line
    step = gcd(stride * spec.a.itemsize, target.l1_way) if isinstance(stride, int) else line
    return target.l1_bytes // max(step, line)


def _pack_b(spec: GemmSpec, tiles: int, slow: bool) -> bool:
    """B is packed if its rows are not contiguous, or if it is read often and its rows are far
    apart, or `slow` to load: converted, or under masks."""
    if spec.b_strides[2] != 1:
        return True
    stride = spec.b_strides[1]
    far = isinstance(stride, Param) or abs(stride) * spec.b.itemsize >= _FAR_ROWS
    return tiles >= _FEW_TILES and (far or slow)


def _shared_b(spec: GemmSpec) -> bool:
    """Do several matrices of the batch have one B? Then it is packed once, beforehand."""
    return spec.b_strides[0] == 0 and spec.batch != 1


def _blocks(tiles: int, panels: int, tile_work: int, run_time: bool) -> tuple[int, int]:
    """Tiles and panels of one task, long enough to be worth its claim."""
    if run_time:
        return _BLOCK_TILES, 2
    count = max(1, -(-tiles // _BLOCK_TILES))
    block_tiles = max(1, -(-tiles // count))
    most = max(1, min(panels, -(-MIN_TASK // max(1, tile_work * block_tiles))))
    return block_tiles, -(-panels // max(1, -(-panels // most)))
