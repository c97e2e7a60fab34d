"""The gradient of 3x3 kernels by Winograd's F(3x3, 2x2), which turns F(2x2, 3x3) around.

With d a patch of 4x4 pixels and g the cotangents of its tile of 2x2 results:
  dw = G^T [sum over tiles of (A g A^T) * (B^T d B)] G
A task sums over the tiles of a split, for some channels and some panels of kernels; at each of the
16 points that is a product of matrices. The signs of the last row of A are in G here.
"""

from __future__ import annotations

from collections.abc import Sequence

from pentad.codegen.llvm.conv_problem import ConvProblem
from pentad.codegen.llvm.gemm_problem import load_buffer
from pentad.codegen.llvm.gemm_tile import Finish, Tile, emit_tile, widen
from pentad.codegen.llvm.ir import (
    FLOAT,
    I64,
    PTR,
    VOID,
    Function,
    Index,
    Module,
    Value,
    constant,
    constant_lanes,
    zero,
)
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.codegen.llvm.winograd_kernel import both
from pentad.codegen.llvm.winograd_patch import emit_patches, patch_pitch, tile_place
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.conv_spec import ConvSpec
from pentad.schedule.conv_tiles import tile_runs
from pentad.schedule.winograd import POINTS

_TAPS = 9


def _cotangent_line(f: Function, g: Sequence[Value]) -> list[Value]:
    """A times a line of 2 cotangents, its last element with the other sign."""
    return [g[0], f.binary("fadd", g[0], g[1]), f.binary("fsub", g[0], g[1]), g[1]]


def _sum_line(f: Function, m: Sequence[Value]) -> list[Value]:
    """G^T times a line of 4 sums, the last of the other sign."""
    half = constant_lanes(m[0].type, [0.5] * m[0].type.lanes)
    even, odd = (
        f.binary("fmul", f.binary(op, m[1], m[2]), half) for op in ("fadd", "fsub")
    )
    return [f.binary("fadd", m[0], even), odd, f.binary("fsub", even, m[3])]


def emit_winograd_partials(module: Module, name: str, spec: ConvSpec, plan: ConvPlan) -> None:
    """Emit the kernel that leaves `plan.splits` partial sums [panel][point][channel][width] in
    the workspace; tasks are (split, block of channels, block of panels)."""
    _Partials(module, name, spec, plan).emit()


class _Partials:
    """The kernel and its inner functions.

    Cotangents lie as [point][tile][kernel of the task], a cache line more from point to point.
    """

    def __init__(self, module: Module, name: str, spec: ConvSpec, plan: ConvPlan) -> None:
        assert plan.winograd is not None
        self.module, self.name, self.plan, self.spec = module, name, plan, plan.spec
        self.tiles, self.channels = plan.winograd.tiles, plan.winograd.channels
        self.kernels = plan.panels * plan.width
        line = plan.target.cache_line // self.spec.accumulator.itemsize
        self.pitch = self.tiles * self.kernels + line
        self.given = spec

    def emit(self) -> None:
        plan, problem = self.plan, ConvProblem.begin(self.module, self.name, self.plan)
        f = problem.f
        emit_patches(self.module, f"{self.name}.patches", plan)
        self._cotangents()
        spaces = [f.alloca(FLOAT, POINTS * n) for n in (patch_pitch(plan), self.pitch)]
        count = f.imul(problem.batch(self.given), plan.plane_tiles)
        units = f.idiv(f.iadd(count, self.tiles - 1), self.tiles)
        splits = problem.splits()

        def task(t: Value, _: list[Value]) -> None:
            rest, part = f.idiv(t, plan.panel_blocks), f.irem(t, plan.panel_blocks)
            split, block = f.idiv(rest, plan.channel_blocks), f.irem(rest, plan.channel_blocks)
            low = f.idiv(f.imul(units, split), splits)
            high = f.idiv(f.imul(units, f.iadd(split, 1)), splits)
            panels = f.imul(part, plan.panels)
            sums = f.gep(problem.work(), f.imul(split, plan.partial_elements), FLOAT)
            # Without any tiles, sums of none of them: zeros.
            turns = low, f.imax(high, f.iadd(low, 1))
            channel = f.imul(block, self.channels)
            self._task(problem, spaces, sums, (turns, count), channel, panels)

        f.loop(f.arguments[2], f.arguments[3], 1, task)
        f.ret()

    def _task(
        self, problem: ConvProblem, spaces: Sequence[Value], sums: Value,
        tiles: tuple[tuple[Index, Index], Index], channel: Index, panel: Index,
    ) -> None:  # fmt: skip
        """One task: `tiles` are its blocks of tiles, and how many tiles there are."""
        f, plan, (patches, cotangents) = problem.f, self.plan, spaces
        (low, high), count = tiles
        channels = f.imin(self.channels, f.isub(plan.depth, channel))
        end = f.imin(f.iadd(panel, plan.panels), plan.all_panels)
        image, g = problem.image(), load_buffer(f, 1)

        def unit(u: Value, _: list[Value]) -> None:
            first = f.imul(u, self.tiles)
            last = f.imin(f.iadd(first, self.tiles), count)
            number = f.isub(last, first)
            words = [f.index(v) for v in (first, last, number, channel, channels)]
            f.call(f"{self.name}.patches", VOID, image, patches, *words)
            column = f.imul(panel, plan.width)
            words = [f.index(v) for v in (first, last, column)]
            f.call(f"{self.name}.cotangents", VOID, g, cotangents, *words)
            begins = f.compare("icmp eq", f.index(u), f.index(low))
            extra = [f.convert("zext", begins, "i64"), f.index(number)]

            self._multiply(f, spaces, sums, channel, (panel, end), extra)

        f.loop(low, high, 1, unit)

    # -- cotangents ----------------------------------------------------------------------------

    def _cotangents(self) -> None:
        """The function that transforms cotangents: (g, target, first tile, tile after the last,
        first kernel)."""
        words = [(PTR, "g"), (PTR, "target"), (I64, "first"), (I64, "last"), (I64, "kernel")]
        f = self.module.function(
            f"{self.name}.cotangents", words, internal=True, attributes="nounwind noinline"
        )
        g, target, first, last, kernel = f.arguments
        lanes, rest = self.plan.lanes, self.spec.width % self.plan.lanes
        count = f.imin(self.kernels, f.isub(self.spec.width, kernel))
        whole = f.isub(count, f.irem(count, lanes))

        def tile(t: Value, _: list[Value]) -> None:
            at = tile_place(f, self.plan, t)
            place = f.gep(target, f.imul(f.isub(t, first), self.kernels), FLOAT)

            def vector(k: Index, mask: Value | None) -> None:
                self._square(f, g, f.gep(place, k, FLOAT), at, f.iadd(kernel, k), mask)

            f.loop(0, whole, lanes, lambda k, _: vector(k, None))
            if rest:
                with f.when(f.compare("icmp slt", f.index(whole), f.index(count))):
                    vector(whole, f.lane_mask(rest, lanes))

        f.loop(first, last, 1, tile)
        f.ret()

    def _square(
        self, f: Function, g: Value, target: Value, tile: tuple[Index, Index, Index],
        kernel: Index, mask: Value | None,
    ) -> None:  # fmt: skip
        """A g A^T of one vector of kernels; cotangents that do not exist are zeros."""
        _, height, width = self.spec.output
        batch_step, _, _, row_step, pixel_step = self.spec.b_strides
        image, row, column = tile

        def pixel(i: int, j: int) -> Value:
            y, x = f.iadd(f.imul(row, 2), i), f.iadd(f.imul(column, 2), j)
            offset = f.imul(image, batch_step)
            for at, size, step in ((y, height, row_step), (x, width, pixel_step)):
                offset = f.iadd(offset, f.imul(f.imin(at, size - 1) if size % 2 else at, step))
            value = self._vector(f, g, offset, kernel, mask)
            for at, size, second in ((y, height, i), (x, width, j)):
                if second and size % 2:
                    exists = f.compare("icmp slt", f.index(at), constant(I64, size))
                    value = f.select(exists, value, zero(value.type))
            return value

        square = [[pixel(i, j) for j in range(2)] for i in range(2)]
        for point, value in enumerate(both(f, _cotangent_line, square)):
            f.store(value, f.gep(target, point * self.pitch, FLOAT))

    def _vector(
        self, f: Function, g: Value, offset: Index, kernel: Index, mask: Value | None
    ) -> Value:
        """The cotangents of a vector of kernels, wherever those lie."""
        lanes, spec, across = self.plan.lanes, self.spec, self.spec.b_strides[1]
        element = memory_type(spec.b)
        kind = element.vector(lanes)
        place = f.gep(g, f.iadd(offset, f.imul(kernel, across)), element)
        if across == 1:
            found = f.load(kind, place) if mask is None else f.masked_load(kind, place, mask)
        else:
            found, count = zero(kind), lanes if mask is None else spec.width % lanes
            for i in range(count):
                one = f.load(element, f.gep(place, i * across, element))
                found = f.insert(found, one, i)
        return widen(f, self.plan.target, found, spec.b, spec.accumulator)

    # -- products ------------------------------------------------------------------------------

    def _multiply(
        self, f: Function, spaces: Sequence[Value], sums: Value, channel: Index,
        panels: tuple[Index, Index], extra: list[Value],
    ) -> None:  # fmt: skip
        """Add the products of some tiles to the sums of all panels, point after point."""
        plan, (patches, cotangents) = self.plan, spaces
        runs = tile_runs(self.channels, plan.rows)

        def point(n: Value, _: list[Value]) -> None:
            a = f.gep(patches, f.imul(n, patch_pitch(plan)), FLOAT)
            b = f.gep(cotangents, f.imul(n, self.pitch), FLOAT)
            row = f.iadd(f.imul(n, plan.point_pitch), f.imul(channel, plan.width))
            kept = f.gep(sums, row, FLOAT)

            def panel(p: Value, _: list[Value]) -> None:
                right = f.gep(b, f.imul(f.isub(p, panels[0]), plan.width), FLOAT)
                own = f.gep(kept, f.imul(p, POINTS * plan.point_pitch), FLOAT)
                for run in runs:
                    self._tiles(f, run, (a, right, own), extra)

            f.loop(*panels, 1, panel)

        f.loop(0, POINTS, 1, point)

    def _tiles(
        self, f: Function, run: tuple[int, int, int], places: Sequence[Value], extra: list[Value]
    ) -> None:
        """The products of a run (first row, register tiles, rows of each)."""
        plan, kind = self.plan, self.spec.accumulator
        (a, b, kept), (start, count, rows) = places, run
        shape = Tile(
            plan.target, rows, plan.vectors, plan.lanes, plan.width, kind, kind, kind,
            a_row=1, a_k=self.channels, b_k=self.kernels, k=None, unroll=False, partial=True,
        )  # fmt: skip
        name = emit_tile(self.module, self.name, shape, _no_results)

        def tile(t: Value, _: list[Value]) -> None:
            row = f.iadd(f.imul(t, rows), start)
            own = f.gep(kept, f.imul(row, plan.width), FLOAT)
            f.call(name, VOID, *f.arguments[:2], f.gep(a, row, FLOAT), b, own, *extra)

        f.loop(0, count, 1, tile)


def _no_results(*_: object) -> None:
    raise AssertionError("the sums of tiles are kept")


def emit_winograd_reduce(module: Module, name: str, plan: ConvPlan, finish: Finish) -> None:
    """Emit the kernel that adds the partial sums, in order, and transforms them back; tasks are
    (panel, channel)."""
    problem = ConvProblem.begin(module, name, plan)
    f, spec = problem.f, plan.spec
    work, vector = problem.work(), FLOAT.vector(plan.lanes)
    splits = problem.splits()
    taps = f.alloca(vector, _TAPS)

    def task(t: Value, _: list[Value]) -> None:
        panel, channel = f.idiv(t, plan.depth), f.irem(t, plan.depth)
        offset = f.iadd(f.imul(panel, POINTS * plan.point_pitch), f.imul(channel, plan.width))
        for j in range(plan.vectors):
            start = f.gep(work, f.iadd(offset, j * plan.lanes), FLOAT)
            places = [f.gep(start, p * plan.point_pitch, FLOAT) for p in range(POINTS)]
            sums = [problem.total(place, splits) for place in places]
            values = both(f, _sum_line, [sums[i : i + 4] for i in range(0, POINTS, 4)])
            for i, value in enumerate(values):
                f.store(value, f.gep(taps, i, vector))
            n = f.iadd(f.imul(panel, plan.width), j * plan.lanes)
            mask = None
            if spec.width % plan.width:
                mask = f.lane_mask(f.isub(spec.width, n), plan.lanes)

            def give(tap: Value, _: list[Value], n: Index = n, mask: Value | None = mask) -> None:
                value = f.load(vector, f.gep(taps, tap, vector))
                finish(f, f.arguments[0], value, tap, channel, n, mask)

            f.loop(0, _TAPS, 1, give)

    f.loop(f.arguments[2], f.arguments[3], 1, task)
    f.ret()
