"""Convolution and its gradients: the kernels of each stage."""

from __future__ import annotations

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
from pentad.schedule.conv_tiles import tile_sizes


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


class _Region:
    """The function of one region: (bufs, params, image, unit, first panel, last panel)."""

    def __init__(self, whole: _Convolution, name: str, region: Region, base: int) -> None:
        self.module, self.finish, self.plan = whole.module, whole.finish, whole.plan
        self.spec, self.name, self.region, self.base = whole.spec, name, region, base
        self.tiles: dict[ConvTile, str] = {}
        self.lists: dict[int, Value] = {}
        self.runs, self.length = self._runs()

    def _runs(self) -> tuple[tuple[int, ...], int]:
        """Offsets on the image, and the neighbours that each tap, or row of taps, reads."""
        _, *grid = self.plan.grid
        taps = [sum(o * s for o, s in zip(at, grid)) for _, at in self.region.taps]
        depth, per_row = self.plan.depth, len(self.region.phases[2].taps)
        along = [o for _, o in self.region.phases[2].taps]
        dense = along == list(range(along[0], along[0] + per_row)) if along else False
        if dense and self.spec.groups == 1 and grid[2] == depth:
            return tuple(taps[::per_row]), per_row * depth
        return tuple(taps), depth

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
        start = f.gep(problem.image(), offset, problem.type)
        _, height, width = self.spec.target
        deep = f.iadd(f.imul(plane, z.step), z.start)
        pixel = f.iadd(f.imul(deep, height * width), y.start * width + x.start)
        kernels = f.gep(problem.work(), self.base, problem.type)
        f.loop(
            low, high, 1,
            lambda p, _: self._panel(p, kernels, start, pixel, (first, last)),
        )  # fmt: skip
        f.ret()

    def _panel(
        self, panel: Value, kernels: Value, start: Value, pixel: Index, rows: tuple[Index, Index]
    ) -> None:
        """One panel of channels, for the unit's groups of rows."""
        f, plan, problem = self.f, self.plan, self.problem
        group, column = problem.channels(panel)
        channel = f.iadd(f.imul(group, plan.group_width), column)
        begin = channel if self.spec.depthwise else f.imul(group, plan.depth)
        a = f.gep(start, begin, problem.type)
        size = plan.region_depth(self.region) * plan.width
        b = f.gep(kernels, f.imul(panel, size), problem.type)
        rest = plan.group_width % plan.width

        def tiles(columns: int) -> list[Value]:
            self._groups(columns, a, b, pixel, channel, rows)
            return []

        if not rest or plan.group_panels == 1:
            tiles(rest or plan.width)
            return
        last = constant(I64, plan.group_width - rest)
        full = f.compare("icmp slt", f.index(column), last)
        f.choose(full, lambda: tiles(plan.width), lambda: tiles(rest))

    def _groups(
        self, columns: int, a: Value, b: Value, pixel: Index, channel: Index,
        rows: tuple[Index, Index],
    ) -> None:  # fmt: skip
        f, plan, problem = self.f, self.plan, self.problem
        y = self.region.phases[1]
        whole, rest = divmod(y.count, plan.group_rows)
        width = self.spec.target[2]

        def group(i: Value, height: int) -> None:
            row = f.imul(i, plan.group_rows)
            here = f.gep(a, f.imul(row, y.stride * plan.grid[2]), problem.type)
            at = f.iadd(pixel, f.imul(row, y.step * width))
            self._row(height, columns, (here, b, self.image, at, channel))

        if whole:
            f.loop(rows[0], f.imin(rows[1], whole), 1, lambda i, _: group(i, plan.group_rows))
        if rest:
            f.loop(f.imax(rows[0], whole), rows[1], 1, lambda i, _: group(i, rest))

    def _row(self, height: int, columns: int, given: tuple[Index, ...]) -> None:
        """The tiles of a group of `height` rows, of two sizes."""
        f, plan, x = self.f, self.plan, self.region.phases[2]
        read, write = x.stride * plan.grid[3], x.step
        tiles = tile_sizes(height * x.count, plan.rows)
        longer = tiles.count(tiles[0])
        a, b, image, pixel, channel = given
        at = 0
        for count, rows in ((longer, tiles[0]), (len(tiles) - longer, tiles[-1])):
            name = self._tile(rows, columns, (read, write) if height == 1 else None)

            def tile(t: Value, _: list[Value], at: int = at, rows: int = rows, name: str = name
            ) -> None:  # fmt: skip
                first = f.iadd(f.imul(t, rows), at)
                start, place, pairs = a, pixel, []
                if height == 1:
                    start = f.gep(a, f.imul(first, read), self.problem.type)
                    place = f.iadd(pixel, f.imul(first, write))
                else:
                    pairs = [f.gep(self._list(height), f.imul(first, 2), I64)]
                values = [f.index(v) for v in (image, place, channel)]
                f.call(name, VOID, *f.arguments[:2], start, b, *values, *pairs)

            f.loop(0, count, 1, tile)
            at += count * rows

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

    def _tile(self, rows: int, columns: int, steps: tuple[int, int] | None) -> str:
        """The name of the function of a tile."""
        plan = self.plan
        shape = ConvTile(
            plan.target, self.spec.accumulator, plan.lanes, plan.width, columns, rows, steps,
            self.runs, self.length, self.spec.depthwise,
        )  # fmt: skip
        if shape not in self.tiles:
            self.tiles[shape] = f"{self.name}.tile{len(self.tiles)}"
            emit_conv_tile(self.module, self.tiles[shape], shape, self.finish)
        return self.tiles[shape]
