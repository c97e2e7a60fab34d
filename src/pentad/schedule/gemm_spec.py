"""Matrix products: what a GEMM kernel computes (GemmSpec) and how it goes about it (GemmPlan).

C[b, m, n] = sum over k of A[b, m, k] * B[b, k, n], for any strides of A and B. What happens to C
is the business of the epilogue, which is not part of the spec.

Every element is one chain of fused multiply-adds over increasing k, except for n == 1, where the
chain runs in `lanes` interleaved parts that are added in a fixed tree. So the result depends on
sizes and dtypes, never on blocks, packing, strides, threads or on which sizes were known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, message
from pentad.schedule.size import Param, Size

if TYPE_CHECKING:
    from pentad.target.cpu import CpuTarget

Strides = tuple[Size, Size, Size]

a_pitch_slack = 64  # elements after a packed panel of A: its last k writes whole vectors
_L1_SHARE, _L2_SHARE = 2, 2  # blocks take 1/2 of a cache: the other operand passes through too
_MIN_TASK = 1 << 19  # multiply-adds of one task: some 10 microseconds
_FEW_ROWS = 4  # tiles of rows from which packing B has paid for itself


@dataclass(frozen=True, slots=True)
class GemmSpec:
    """One matrix product. Strides count elements: `a_strides` over (batch, m, k), `b_strides`
    over (batch, k, n).

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
            self, batch=batch, m=m, n=n, k=k, a_strides=(a0, a1, a2), b_strides=(b0, b1, b2)
        )
        return spec, tuple(values)

    def __str__(self) -> str:
        sizes = f"{self.batch}x{self.m}x{self.n}x{self.k}"
        return (
            f"gemm({self.a.name}, {self.b.name}, {sizes}, a={_text(self.a_strides)}, "
            f"b={_text(self.b_strides)})"
        )


def _text(strides: Strides) -> str:
    return "/".join(map(str, strides))


@dataclass(frozen=True, slots=True)
class GemmPlan:
    """Tiles, blocks and packing of one GEMM kernel; hashable, part of the kernel's cache key.

    rows x (vectors * lanes): the tile of C that lives in registers;
    kc: k is walked in blocks of at most so many (the partial sums wait in a buffer of the task);
    block_tiles x block_panels: one task, in tiles of rows and panels of columns;
    pack_a, pack_b: the operand is first rearranged into the workspace, by `emit_pack_*`;
    along: the axis of C that the lanes given to the epilogue run along. It is "m" for n == 1:
    the vector then holds rows m..m+lanes-1 of column n;
    unroll: the epilogue is written out for each vector of a tile (else it is a loop).
    """

    lanes: int
    rows: int
    vectors: int
    kc: int
    block_tiles: int
    block_panels: int
    pack_a: bool = False
    pack_b: bool = False
    along: str = "n"
    unroll: bool = True

    @property
    def width(self) -> int:
        """Columns of a tile."""
        return self.vectors * self.lanes

    @property
    def packed_rows(self) -> int:
        """Rows of a packed panel of A, up to whole vectors (each k overwrites the excess)."""
        return -(-self.rows // self.lanes) * self.lanes

    def tasks(self, spec: GemmSpec) -> int:
        """Size of the kernel's parallel index space, for known sizes."""
        batch, m, n, _ = _sizes(spec)
        if not (batch and m and n):
            return 0
        if self.along == "m":
            return batch * -(-m // self.lanes)
        tiles, panels = -(-m // self.rows), -(-n // self.width)
        return batch * -(-tiles // self.block_tiles) * -(-panels // self.block_panels)

    def chunk(self, spec: GemmSpec) -> int:
        """Tasks that one claim of a thread should take, so that it outweighs the claim."""
        batch, m, n, k = _sizes(spec)
        tasks = max(1, self.tasks(spec))
        return max(1, min(tasks, _MIN_TASK * tasks // max(1, batch * m * n * k)))

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
        total = self.packed_b_elements(spec) * size if self.pack_b else 0
        if self.pack_a:
            total += self.pack_a_tasks(spec) * a_pitch(self, _sizes(spec)[3]) * size
        return total

    def packed_b_elements(self, spec: GemmSpec) -> int:
        """Elements that packed B takes in the workspace."""
        return self.pack_b_tasks(spec) * _sizes(spec)[3] * self.width

    def __str__(self) -> str:
        flags = "".join(c for c, on in (("A", self.pack_a), ("B", self.pack_b)) if on)
        return (
            f"{self.rows}x{self.vectors}x{self.lanes} kc={self.kc} "
            f"block={self.block_tiles}x{self.block_panels} pack={flags or '-'} along={self.along}"
            f"{' unroll' if self.unroll else ''}"
        )


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


def gemm_plan(spec: GemmSpec, target: CpuTarget, *, run_time: bool = False) -> GemmPlan:
    """How to compute `spec`, whose sizes must all be known.

    With `run_time` the plan is one of the few that all sizes of a layout class share; it is
    meant for a kernel of `spec.generalised()`.
    """
    dtype = spec.accumulator
    lanes = target.lanes(dtype)
    rows, vectors = target.gemm_tile(dtype)
    if spec.n == 1:
        return GemmPlan(lanes, lanes, 1, 0, 1, 1, along="m")
    batch, m, n, k = _sizes(spec)
    if not run_time:
        rows, vectors = _fit_tile(m, n, lanes, rows, vectors)
    width = lanes * vectors
    kc = _k_block(k, width * dtype.itemsize, target, run_time)
    tiles, panels = -(-m // rows), -(-n // width)
    narrow = spec.a is not dtype or spec.b is not dtype
    pack_a = panels > 1 and tiles > 1 and (spec.a_strides[2] != 1 or narrow or kc < k)
    pack_b = _pack_b(spec, tiles, dtype.itemsize, narrow)
    block = _blocks(tiles, panels, rows * kc * dtype.itemsize, rows * width * k, target, run_time)
    return GemmPlan(lanes, rows, vectors, kc, *block, pack_a, pack_b, unroll=not run_time)


def _fit_tile(m: int, n: int, lanes: int, rows: int, vectors: int) -> tuple[int, int]:
    """A tile with as many accumulators for products of few rows or few columns."""
    budget = rows * vectors
    if m < rows:
        return m, max(1, min(budget // m, 8, -(-n // lanes)))
    have = min(vectors, -(-n // lanes))
    return min(m, max(rows, min(budget // have, 16))), have


def _k_block(k: int, row_bytes: int, target: CpuTarget, run_time: bool) -> int:
    """k in equal blocks whose panel of B takes its share of the first-level cache."""
    most = max(64, target.l1_bytes // _L1_SHARE // row_bytes)
    if run_time:
        return most
    blocks = -(-k // most) if k > 2 * most else 1
    return max(1, -(-k // blocks))


def _pack_b(spec: GemmSpec, tiles: int, itemsize: int, narrow: bool) -> bool:
    if spec.b_strides[2] != 1:
        return True
    stride = spec.b_strides[1]
    far = isinstance(stride, Param) or stride * itemsize >= 2048
    return tiles >= _FEW_ROWS and (far or narrow)


def _blocks(
    tiles: int, panels: int, tile_bytes: int, tile_work: int, target: CpuTarget, run_time: bool
) -> tuple[int, int]:
    """Tiles and panels of one task: A's block stays in the second-level cache, and a task is
    long enough to be worth its claim."""
    most = max(1, target.l2_bytes // _L2_SHARE // max(1, tile_bytes))
    if run_time:
        return most, 4
    count = -(-tiles // most)
    block_tiles = max(1, -(-tiles // count)) if tiles else 1
    return block_tiles, max(1, min(panels, -(-_MIN_TASK // max(1, tile_work * block_tiles)), 32))
