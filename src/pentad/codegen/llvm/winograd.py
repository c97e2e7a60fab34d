"""Convolutions of 3x3 by Winograd's F(2x2, 3x3): 16 products for a tile of 2x2 results.

With g a kernel, d a patch of 4x4 pixels and products taken element by element, summed over channels
(Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015):
  results = A^T [sum of (G g G^T) * (B^T d B)] A
A task computes some tiles for some panels of channels of the result. For so many channels as fit,
it transforms the patches of all its tiles, and at each of the 16 points multiplies the matrix
[tiles, channels] by the panels of transformed kernels; then it transforms the sums back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pentad.codegen.llvm.conv_problem import ConvProblem
from pentad.codegen.llvm.gemm_tile import Finish, Tile, emit_tile
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
)
from pentad.codegen.llvm.winograd_kernel import both
from pentad.codegen.llvm.winograd_patch import emit_patches, patch_pitch, tile_place
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.conv_spec import ConvSpec
from pentad.schedule.conv_tiles import tile_runs
from pentad.schedule.winograd import POINTS


def _sum_line(f: Function, m: Sequence[Value]) -> list[Value]:
    """A^T times a line of 4 sums."""
    first = f.binary("fadd", f.binary("fadd", m[0], m[1]), m[2])
    return [first, f.binary("fsub", f.binary("fsub", m[1], m[2]), m[3])]


def emit_winograd(
    module: Module, name: str, spec: ConvSpec, plan: ConvPlan, finish: Finish
) -> None:
    """Emit the stage `convolution`: tasks are (block of panels, block of tiles)."""
    _Winograd(module, name, spec, plan, finish).emit()


class _Winograd:
    """The kernel and its inner functions.

    Patches lie as [point][tile][channel], sums as [panel][point][tile][width], a cache line
    more from point to point, lest those collide.
    """

    def __init__(
        self, module: Module, name: str, spec: ConvSpec, plan: ConvPlan, finish: Finish
    ) -> None:
        assert plan.winograd is not None
        self.module, self.name, self.plan, self.finish = module, name, plan, finish
        self.given, self.spec = spec, plan.spec
        self.tiles, self.channels = plan.winograd.tiles, plan.winograd.channels
        line = plan.target.cache_line // spec.accumulator.itemsize
        self.patch_pitch = patch_pitch(plan)
        self.sum_pitch = self.tiles * plan.width + line
        self.whole = self.channels >= plan.depth  # all channels at once
        _, self.height, self.width = self.spec.target
        self.vector = FLOAT.vector(plan.lanes)

    def emit(self) -> None:
        plan, problem = self.plan, ConvProblem.begin(self.module, self.name, self.plan)
        f = problem.f
        emit_patches(self.module, f"{self.name}.patches", plan)
        rest = self.spec.width % plan.width
        self.results = {n: self._results(n) for n in {plan.width, rest} if n}
        panels = 1 if self.whole else plan.panels
        patches = f.alloca(FLOAT, POINTS * self.patch_pitch)
        sums = f.alloca(FLOAT, panels * POINTS * self.sum_pitch)
        count = f.imul(problem.batch(self.given), plan.plane_tiles)
        blocks = f.idiv(f.iadd(count, self.tiles - 1), self.tiles)

        def task(t: Value, _: list[Value]) -> None:
            part = f.idiv(t, blocks)
            low = f.imul(part, plan.panels)
            high = f.imin(f.iadd(low, plan.panels), plan.all_panels)
            first = f.imul(f.isub(t, f.imul(part, blocks)), self.tiles)
            last = f.imin(f.iadd(first, self.tiles), count)
            self._task(problem, (patches, sums), (low, high), (first, last))

        f.loop(f.arguments[2], f.arguments[3], 1, task)
        f.ret()

    def _task(
        self, problem: ConvProblem, spaces: tuple[Value, Value], panels: tuple[Index, Index],
        tiles: tuple[Index, Index],
    ) -> None:  # fmt: skip
        f, plan, (patches, sums) = problem.f, self.plan, spaces
        image, work = problem.image(), problem.work()

        def part(c: Index) -> None:
            count = f.imin(self.channels, f.isub(plan.depth, c))
            # Tiles that do not exist repeat the last: the products are of whole blocks.
            words = [f.index(v) for v in (*tiles, self.tiles, c, count)]
            f.call(f"{self.name}.patches", VOID, image, patches, *words)

            def panel(p: Value, _: list[Value]) -> None:
                kept = self._kept(f, sums, p, panels[0])
                offset = f.imul(p, POINTS * plan.depth)
                offset = f.imul(f.iadd(offset, c), plan.width)
                self._multiply(f, patches, f.gep(work, offset, FLOAT), kept, c, count)
                if self.whole:
                    self._finish(f, kept, p, tiles)

            f.loop(*panels, 1, panel)

        if self.whole:
            part(0)
            return
        f.loop(0, plan.depth, self.channels, lambda c, _: part(c))
        f.loop(
            *panels, 1,
            lambda p, _: self._finish(f, self._kept(f, sums, p, panels[0]), p, tiles),
        )  # fmt: skip

    def _kept(self, f: Function, sums: Value, panel: Value, first: Index) -> Value:
        """Where the sums of a panel are kept."""
        if self.whole:
            return sums
        return f.gep(sums, f.imul(f.isub(panel, first), POINTS * self.sum_pitch), FLOAT)

    # -- products ------------------------------------------------------------------------------

    def _multiply(
        self, f: Function, patches: Value, kernels: Value, sums: Value, c: Index, count: Index
    ) -> None:
        """Add the products of `count` channels from `c` on to the sums of a panel."""
        plan = self.plan
        runs = tile_runs(self.tiles, plan.rows)
        first = f.convert("zext", f.compare("icmp eq", f.index(c), constant(I64, 0)), "i64")
        extra = [] if self.whole else [first, f.index(count)]

        def point(p: Value, _: list[Value]) -> None:
            a = f.gep(patches, f.imul(p, self.patch_pitch), FLOAT)
            b = f.gep(kernels, f.imul(p, plan.depth * plan.width), FLOAT)
            kept = f.gep(sums, f.imul(p, self.sum_pitch), FLOAT)
            for start, count, rows in runs:
                left = f.gep(a, start * self.channels, FLOAT)
                own = f.gep(kept, start * plan.width, FLOAT)
                self._tiles(f, count, rows, (left, b, own), extra)

        f.loop(0, POINTS, 1, point)

    def _tiles(
        self, f: Function, count: int, rows: int, places: Sequence[Value], extra: list[Value]
    ) -> None:
        """The products of `count` register tiles of so many rows, from `places` on."""
        name, (a, b, kept) = self._tile(rows), places

        def tile(t: Value, _: list[Value]) -> None:
            row = f.imul(t, rows)
            left = f.gep(a, f.imul(row, self.channels), FLOAT)
            own = f.gep(kept, f.imul(row, self.plan.width), FLOAT)
            f.call(name, VOID, *f.arguments[:2], left, b, own, *extra)

        f.loop(0, count, 1, tile)

    def _tile(self, rows: int) -> str:
        """The name of the function of a register tile of so many rows."""
        plan, kind = self.plan, self.spec.accumulator
        tile = Tile(
            plan.target, rows, plan.vectors, plan.lanes, plan.width, kind, kind, kind,
            a_row=self.channels, a_k=1, b_k=plan.width, k=plan.depth if self.whole else None,
            unroll=False, partial=not self.whole,
        )  # fmt: skip
        return emit_tile(self.module, self.name, tile, self.finish)

    # -- results -------------------------------------------------------------------------------

    def _finish(
        self, f: Function, sums: Value, panel: Value, tiles: tuple[Index, Index]
    ) -> None:
        """Give the results of a panel to the epilogue."""
        plan, rest = self.plan, self.spec.width % self.plan.width

        def each(columns: int) -> list[Value]:
            words = [f.index(v) for v in (f.imul(panel, plan.width), *tiles)]
            f.call(self.results[columns], VOID, *f.arguments[:2], sums, *words)
            return []

        if not rest or plan.all_panels == 1:
            each(rest or plan.width)
            return
        full = f.compare("icmp slt", f.index(panel), constant(I64, plan.all_panels - 1))
        f.choose(full, lambda: each(plan.width), lambda: each(rest))

    def _results(self, columns: int) -> str:
        """Emit the function that finishes a panel of so many channels: (bufs, params, sums,
        channel, first tile, tile after the last); returns its name."""
        words = [(PTR, w) for w in ("bufs", "params", "sums")]
        words += [(I64, w) for w in ("channel", "first", "last")]
        name = f"{self.name}.results{columns}"
        f = self.module.function(name, words, internal=True, attributes="nounwind noinline")
        sums, channel, first, last = f.arguments[2:]

        def tile(t: Value, _: list[Value]) -> None:
            start = f.gep(sums, f.imul(f.isub(t, first), self.plan.width), FLOAT)
            place = tile_place(f, self.plan, t)
            for j in range(-(-columns // self.plan.lanes)):
                left = columns - j * self.plan.lanes
                mask = f.lane_mask(left, self.plan.lanes) if left < self.plan.lanes else None
                n = f.iadd(channel, j * self.plan.lanes)
                self._results_of(f, f.gep(start, j * self.plan.lanes, FLOAT), place, n, mask)

        f.loop(first, last, 1, tile)
        f.ret()
        return name

    def _results_of(
        self, f: Function, sums: Value, place: tuple[Index, Index, Index], channel: Index,
        mask: Value | None,
    ) -> None:  # fmt: skip
        """A^T m A of one vector of channels of a tile, as far as its results exist."""
        image, row, column = place
        points = [
            f.load(self.vector, f.gep(sums, p * self.sum_pitch, FLOAT)) for p in range(POINTS)
        ]
        values = both(f, _sum_line, [points[i : i + 4] for i in range(0, POINTS, 4)])
        y, x = f.imul(row, 2), f.imul(column, 2)
        pixel = f.iadd(f.imul(y, self.width), x)

        def give(i: int, j: int) -> None:
            at = f.iadd(pixel, i * self.width + j)
            self.finish(f, f.arguments[0], values[2 * i + j], image, at, channel, mask)

        def line(i: int) -> None:
            give(i, 0)
            self._if_exists(f, x, self.width, lambda: give(i, 1))

        line(0)
        self._if_exists(f, y, self.height, lambda: line(1))

    @staticmethod
    def _if_exists(f: Function, at: Index, size: int, emit: Callable[[], None]) -> None:
        """Emit code for the second of two results, which the last tile may not have."""
        if size % 2 == 0:
            emit()
            return
        with f.when(f.compare("icmp slt", f.index(at), constant(I64, size - 1))):
            emit()
