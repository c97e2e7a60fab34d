"""Convolution and its gradients: the kernels of each stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from pentad.codegen.llvm.conv_kernel_grad import emit_partials, emit_reduce
from pentad.codegen.llvm.conv_pack import emit_pack_image, emit_pack_kernel
from pentad.codegen.llvm.conv_problem import ConvProblem, constant_table
from pentad.codegen.llvm.conv_tile import ConvTile, emit_conv_tile
from pentad.codegen.llvm.gemm_problem import ABI
from pentad.codegen.llvm.gemm_tile import Finish
from pentad.codegen.llvm.ir import I64, PTR, VOID, Index, Module, Value, constant
from pentad.codegen.llvm.winograd import emit_winograd
from pentad.codegen.llvm.winograd_grad import emit_winograd_partials, emit_winograd_reduce
from pentad.codegen.llvm.winograd_kernel import emit_transform_kernel
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.conv_spec import ConvSpec, Region
from pentad.schedule.conv_tiles import WRITTEN_OUT, by_lines, tile_runs, tile_sizes

_APART = 5


def emit_stage(
    module: Module, name: str, spec: ConvSpec, plan: ConvPlan, stage: str, finish: Finish
) -> None:
    """Emit the kernel of one stage of `plan.stages`.

    Buffers are 0 and 1 = the operands of the spec, 2 = the workspace, then the epilogue's own;
    pack_image writes the padded copy to buffer 2, and later stages find it as their buffer 0.
    The stages `convolution` and `reduce` give their results to `finish`:
      convolution  (image, pixel, channel): pixels are numbered in row-major order
      reduce       (tap, channel in its group, kernel), lanes along kernels; a depthwise
                   gradient has one channel in each group
    """
    match stage:
        case "pack_image":
            emit_pack_image(module, name, plan)
        case "pack_kernel":
            pack = emit_pack_kernel if plan.winograd is None else emit_transform_kernel
            pack(module, name, plan)
        case "convolution" if plan.winograd is not None:
            emit_winograd(module, name, spec, plan, finish)
        case "convolution":
            _Convolution(module, name, plan, finish).emit()
        case "partials" if plan.winograd is not None:
            emit_winograd_partials(module, name, spec, plan)
        case "reduce" if plan.winograd is not None:
            emit_winograd_reduce(module, name, plan, finish)
        case "partials":
            emit_partials(module, name, spec, plan)
        case "reduce":
            emit_reduce(module, name, plan, finish)
        case _:
            raise AssertionError(f"no stage is called {stage!r}")


class _Convolution:
    """forward and input_grad: tasks are (image, unit of rows, block of panels)."""

    def __init__(self, module: Module, name: str, plan: ConvPlan, finish: Finish) -> None:
        self.module, self.name, self.plan, self.finish = module, name, plan, finish
        self.spec = plan.spec

    def emit(self) -> None:
        f = self.module.function(self.name, ABI)
        plan, bufs = self.plan, f.arguments[:2]
        base, first, regions = 0, 0, []
        for i, region in enumerate(self.spec.regions):
            units = region.counts[0] * plan.region_units(region)[1] if region.counts[2] else 0
            if units:
                name = f"{self.name}.region{i}"
                _Region(self, name, region, base).emit()
                regions.append((name, first, first + units))
            first += units
            base += plan.region_depth(region) * plan.all_panels * plan.width

        def task(t: Value, _: list[Value]) -> None:
            rest, block = f.idiv(t, plan.panel_blocks), f.irem(t, plan.panel_blocks)
            image, unit = f.idiv(rest, first), f.irem(rest, first)
            low = f.imul(block, plan.panels)
            high = f.imin(f.iadd(low, plan.panels), plan.all_panels)
            for name, begin, end in regions:
                values = [f.index(v) for v in (image, f.isub(unit, begin), low, high)]
                own = f.compare("icmp ult", values[1], constant(I64, end - begin))
                with f.when(own):
                    f.call(name, VOID, *bufs, *values)

        if regions:
            f.loop(f.arguments[2], f.arguments[3], 1, task)
        f.ret()


@dataclass(frozen=True)
class _Panel:
    """One panel of channels of the result: those that exist, their first, where the image begins
    for it, and its kernels."""

    columns: int
    channel: Index
    begin: Index
    kernels: Value


@dataclass(frozen=True)
class _Spot:
    """Where a tile of `shape` = (pixels, steps, what is outside) reads and writes; `inside` says
    for each line of taps if it is on the image, `pairs` are those of the tile's list; `nth`: which
    tile of the task it is; `part`: which runs, and elements of them, are not of padding alone."""

    shape: tuple[int, tuple[int, int] | None, frozenset[tuple[int, int]]]
    offset: Index
    pixel: Index
    inside: list[Value]
    pairs: list[Value]
    nth: Index
    part: list[Value]


class _Region:
    """The function of one region: (bufs, params, image, unit, first panel, last panel)."""

    def __init__(self, whole: _Convolution, name: str, region: Region, base: int) -> None:
        self.module, self.finish, self.plan = whole.module, whole.finish, whole.plan
        self.spec, self.name, self.region, self.base = whole.spec, name, region, base
        self.tiles: dict[ConvTile, str] = {}
        self.lists: dict[int, Value] = {}
        self.zeros: Value | None = None
        self.lines, self.runs, self.length = self._taps()
        self.ahead = self._ahead()
        self.part = self._part()

    def _taps(self) -> tuple[tuple[int, ...], tuple[int, ...], int]:
        """Offsets on the image of lines of taps, those of runs on their line, and the neighbours
        that each run reads. Lines that are not told apart count as one."""
        _, *grid = self.plan.grid
        deep, high, wide = ([o for _, o in phase.taps] for phase in self.region.phases)
        depth = self.plan.depth
        lines = [z * grid[0] + y * grid[1] for z, y in product(deep, high) if wide]
        if by_lines(self.spec):
            return tuple(lines), tuple(x * grid[2] for _ in lines for x in wide), depth
        starts = (0,) * self._apart(wide)
        dense = wide == list(range(wide[0], wide[0] + len(wide))) if wide else False
        if dense and self.spec.groups == 1 and grid[2] == depth:
            return starts, tuple(line + wide[0] * depth for line in lines), len(wide) * depth
        return starts, tuple(line + x * grid[2] for line in lines for x in wide), depth

    def _apart(self, wide: list[int]) -> int:
        """Addresses that a tile is given for its pixels in turns: so many that those of one do
        not overlap.

        LLVM would load what neighbours share only once, and keep it on the stack in between.
        """
        plan, along = self.plan, self.region.phases[2].stride * self.plan.grid[3]
        if not wide or plan.region_depth(self.region) > WRITTEN_OUT:
            return 1
        span = (wide[-1] - wide[0]) * plan.grid[3] + plan.depth
        return min(_APART, -(-span // max(1, along)))

    def _ahead(self) -> int:
        """Elements of the next panel of kernels that a tile asks for at each of its products, so
        that the tiles of a panel have asked for all of it; 0: none."""
        plan = self.plan
        if len(self.runs) != 1 or self.length <= WRITTEN_OUT or plan.panels_inside:
            return 0
        pixels = plan.group_rows * self.region.counts[2]
        tiles = plan.unit_groups * len(tile_sizes(pixels, plan.rows))
        return -(-plan.width // tiles)

    def _part(self) -> int:
        """Elements in steps of which a tile leaves out what it would read of padding alone; 0:
        none. Large kernels on small images, such as those of input gradients, read much of it."""
        plan, (deep, high, _) = self.plan, self.region.phases
        lines, long = len(high.taps), len(self.runs) * self.length > WRITTEN_OUT
        padded = plan.axes[1].padded or plan.axes[2].padded
        one = len(deep.taps) == 1 and self.spec.kind == "input_grad"  # a forward one's zeros count
        if self.spec.depthwise or not (one and padded and long and lines > 1):
            return 0
        return plan.depth if len(self.runs) == lines else self.length

    def emit(self) -> None:
        plan, region = self.plan, self.region
        words = [(PTR, "bufs"), (PTR, "params")]
        words += [(I64, w) for w in ("image", "unit", "low", "high")]
        f = self.module.function(self.name, words, internal=True, attributes="nounwind noinline")
        self.f, problem = f, ConvProblem(f, plan)
        self.problem = problem
        _, _, self.image, unit, low, high = f.arguments
        groups, units = plan.region_units(region)
        plane, nth = f.idiv(unit, units), f.irem(unit, units)
        first = f.imul(nth, plan.unit_groups)
        last = f.imin(f.iadd(first, plan.unit_groups), groups)
        z, y, x = region.phases
        strides = plan.grid
        offset = f.iadd(f.imul(self.image, strides[0]), f.imul(plane, z.stride * strides[1]))
        if plan.in_place:
            offset = f.isub(offset, sum(a.low * s for a, s in zip(plan.axes, strides[1:])))
        self.start = f.gep(problem.image(), offset, problem.type)
        _, height, width = self.spec.target
        deep = f.iadd(f.imul(plane, z.step), z.start)
        pixel = f.iadd(f.imul(deep, height * width), y.start * width + x.start)

        def tiles(then: Callable[[_Spot], None]) -> None:
            self._groups(pixel, (first, last), then)

        def panels(then: Callable[[_Panel], None]) -> None:
            f.loop(low, high, 1, lambda p, _: self._panel(p, then))

        if plan.panels_inside:
            tiles(lambda spot: panels(lambda panel: self._call(spot, panel)))
        else:
            panels(lambda panel: tiles(lambda spot: self._call(spot, panel)))
        f.ret()

    def _panel(self, panel: Value, then: Callable[[_Panel], None]) -> None:
        """One panel of channels, of which the last may have fewer."""
        f, plan, problem = self.f, self.plan, self.problem
        group, column = problem.channels(panel)
        channel = f.iadd(f.imul(group, plan.group_width), column)
        begin = channel if self.spec.depthwise else f.imul(group, plan.depth)
        size = plan.region_depth(self.region) * plan.width
        kernels = f.gep(problem.work(), f.iadd(self.base, f.imul(panel, size)), problem.type)
        rest = plan.group_width % plan.width

        def columns(count: int) -> list[Value]:
            then(_Panel(count, channel, begin, kernels))
            return []

        if not rest or plan.group_panels == 1:
            columns(rest or plan.width)
            return
        last = constant(I64, plan.group_width - rest)
        full = f.compare("icmp slt", f.index(column), last)
        f.choose(full, lambda: columns(plan.width), lambda: columns(rest))

    def _groups(
        self, pixel: Index, rows: tuple[Index, Index], then: Callable[[_Spot], None]
    ) -> None:
        """The tiles of some groups of rows."""
        f, plan = self.f, self.plan
        whole, rest = divmod(self.region.phases[1].count, plan.group_rows)

        def group(i: Value, height: int) -> None:
            tiles = len(tile_sizes(plan.group_rows * self.region.counts[2], plan.rows))
            nth = f.imul(f.isub(i, rows[0]), tiles)
            self._row((f.imul(i, plan.group_rows), nth), height, pixel, then)

        if whole:
            f.loop(rows[0], f.imin(rows[1], whole), 1, lambda i, _: group(i, plan.group_rows))
        if rest:
            f.loop(f.imax(rows[0], whole), rows[1], 1, lambda i, _: group(i, rest))

    def _row(
        self, begins: tuple[Index, Index], height: int, pixel: Index,
        then: Callable[[_Spot], None],
    ) -> None:  # fmt: skip
        """The tiles of a group of `height` rows, in runs of one shape; begins: its first row, the
        number of its first tile."""
        f, plan, (_, y, x) = self.f, self.plan, self.region.phases
        read, write = x.stride * plan.grid[3], x.step
        row, done = begins
        here = f.imul(row, y.stride * plan.grid[2])
        at = f.iadd(pixel, f.imul(row, y.step * self.spec.target[2]))
        inside = self._inside(row) if plan.in_place else []
        last = f.iadd(row, height - 1)
        runs = self._within(1, (row, last), len(self.runs) // max(1, len(y.taps)))
        for begin, count, rows, outside in self._tile_runs(height * x.count):

            def tile(
                t: Value, _: list[Value], begin: int = begin, rows: int = rows,
                outside: frozenset[tuple[int, int]] = outside, done: Index = done,
            ) -> None:  # fmt: skip
                first, nth = f.iadd(f.imul(t, rows), begin), f.iadd(done, t)
                if height > 1:
                    pairs = f.gep(self._list(height), f.imul(first, 2), I64)
                    part = [*runs, f.index(0), f.index(self.length)] if runs else []
                    then(_Spot((rows, None, outside), here, at, inside, [pairs], nth, part))
                    return
                part = []
                if runs:
                    part = [*runs, *self._elements((first, f.iadd(first, rows - 1)))]
                offset, place = f.iadd(here, f.imul(first, read)), f.iadd(at, f.imul(first, write))
                then(_Spot((rows, (read, write), outside), offset, place, inside, [], nth, part))

            f.loop(0, count, 1, tile)
            done = f.iadd(done, count)

    def _elements(self, columns: tuple[Index, Index]) -> list[Value]:
        """The elements of a run, from the first to the end, that are not of padding alone."""
        f = self.f
        if self.part == self.length:
            return [f.index(0), f.index(self.length)]
        return self._within(2, columns, self.part)

    def _within(self, axis: int, span: tuple[Index, Index], each: int) -> list[Value]:
        """`each` times the first tap of an axis that meets the image for one of the results in
        `span` (first, last), and the same for the end of such taps; nothing without `part`."""
        if not self.part:
            return []
        f, geometry, phase = self.f, self.plan.axes[axis], self.region.phases[axis]
        bounds = (geometry.low, span[1]), (geometry.low + geometry.source, span[0])
        found = []
        for bound, at in bounds:
            left = f.index(f.isub(bound, f.imul(at, phase.stride)))
            count: Index = 0
            for _, offset in phase.taps:
                before = f.compare("icmp slt", constant(I64, offset), left)
                count = f.iadd(count, f.select(before, constant(I64, each), constant(I64, 0)))
            found.append(f.index(count))
        return found

    def _inside(self, row: Index) -> list[Value]:
        """Does each line of taps of a row of results lie on the image?"""
        f, (deep, y, _), axis = self.f, self.region.phases, self.plan.axes[1]
        first = f.imul(row, y.stride)
        shifted = [f.index(f.iadd(first, offset - axis.low)) for _, offset in y.taps]
        found = [f.compare("icmp ult", at, constant(I64, axis.source)) for at in shifted]
        return found * len(deep.taps)

    def _tile_runs(
        self, pixels: int
    ) -> list[tuple[int, int, int, frozenset[tuple[int, int]]]]:
        """(first pixel, tiles, pixels of each, what is outside) of tiles of one shape."""
        plan, phase = self.plan, self.region.phases[2]
        if not plan.in_place:
            return [(*run, frozenset()) for run in tile_runs(pixels, plan.rows)]
        axis, found, begin = plan.axes[2], [], 0
        for rows in tile_sizes(pixels, plan.rows):
            outside = frozenset(
                (i, t)
                for i, (t, (_, offset)) in product(range(rows), enumerate(phase.taps))
                if not 0 <= (begin + i) * phase.stride + offset - axis.low < axis.source
            )
            if found and found[-1][2:] == (rows, outside):
                found[-1] = (found[-1][0], found[-1][1] + 1, rows, outside)
            else:
                found.append((begin, 1, rows, outside))
            begin += rows
        return found

    def _list(self, height: int) -> Value:
        """The table of what each pixel of a group of rows reads and writes."""
        plan, (_, y, x) = self.plan, self.region.phases
        if height not in self.lists:
            pairs: list[int] = []
            for r, c in product(range(height), range(x.count)):
                pairs.append(r * y.stride * plan.grid[2] + c * x.stride * plan.grid[3])
                pairs.append(r * y.step * self.spec.target[2] + c * x.step)
            name = f"{self.name}.list{height}"
            self.lists[height] = constant_table(self.module, name, pairs)
        return self.lists[height]

    def _call(self, spot: _Spot, panel: _Panel) -> None:
        """Call the tile of a panel of channels at a spot; lines outside the image are zeros."""
        f, kind = self.f, self.problem.type
        begin = f.iadd(spot.offset, panel.begin)
        lines = [f.gep(self.start, f.iadd(begin, line), kind) for line in self.lines]
        if spot.inside and lines:
            zeros = self._zeros()
            lines = [f.select(c, line, zeros) for c, line in zip(spot.inside, lines)]
        values = [f.index(v) for v in (self.image, spot.pixel, panel.channel)]
        name, ahead = self._tile(panel.columns, *spot.shape), []
        if self.ahead:
            at = f.iadd(f.imul(spot.nth, self.length * self.ahead), self.length * self.plan.width)
            ahead = [f.gep(panel.kernels, at, kind)]
        given = *lines, panel.kernels, *values, *spot.pairs, *ahead, *spot.part
        f.call(name, VOID, *f.arguments[:2], *given)

    def _zeros(self) -> Value:
        """As many zeros as a tile may read of one line of taps."""
        plan, name = self.plan, f"{self.name}.zeros"
        if self.zeros is None:
            step = self.region.phases[2].stride * plan.grid[3]
            count = (plan.rows - 1) * step + max(self.runs) + plan.width
            kind = f"[{count} x {self.problem.type}]"
            self.module.raw(f"@{name} = internal constant {kind} zeroinitializer, align 64")
            self.zeros = Value(PTR, f"@{name}")
        return self.zeros

    def _tile(
        self, columns: int, rows: int, steps: tuple[int, int] | None,
        outside: frozenset[tuple[int, int]],
    ) -> str:  # fmt: skip
        """The name of the function of a tile."""
        plan = self.plan
        shape = ConvTile(
            plan.target, self.spec.accumulator, plan.lanes, plan.width, columns, rows, steps,
            len(self.lines), self.runs, self.length, self.spec.depthwise, outside, self.ahead,
            self.part,
        )  # fmt: skip
        if shape not in self.tiles:
            self.tiles[shape] = f"{self.name}.tile{len(self.tiles)}"
            emit_conv_tile(self.module, self.tiles[shape], shape, self.finish)
        return self.tiles[shape]
