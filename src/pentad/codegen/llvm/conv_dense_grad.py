"""Partial sums of a kernel gradient whose kernels read several channels, in tiles of registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pentad.codegen.llvm.conv_grad_tile import GradTile, emit_grad_tile
from pentad.codegen.llvm.conv_partials import Partials, Task
from pentad.codegen.llvm.conv_problem import constant_table
from pentad.codegen.llvm.gemm_panel import Panel
from pentad.codegen.llvm.ir import I64, VOID, Index, Value, constant
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.schedule.conv_tiles import tile_runs, tile_sizes


class DenseGrad:
    """Some lines of g at a time are rearranged on the stack, one panel after the other, then read
    by every tile of (tap, channel). What the tiles of a task read of the image is rearranged too
    where that pays (`ConvPlan.packs_rows`): the pixels of all lines are then one line, in both.
    """

    def __init__(self, whole: Partials) -> None:
        self.whole, self.plan, self.spec, self.f = whole, whole.plan, whole.spec, whole.f
        plan, f = self.plan, self.f
        self.type = whole.problem.type
        self.seen = self.spec.accumulator if plan.pack_image else self.spec.a
        self.pixels = plan.unit_pixels
        self.kept = f.alloca(self.type, self.pixels * plan.width)
        self.lines = {name: f.alloca(I64, plan.unit_rows) for name in ("g", "image", "pixels")}
        if plan.packs_rows:
            most = -(-len(tile_sizes(plan.run, plan.rows)) // plan.row_blocks)
            self.rows = f.alloca(self.type, most * self.pixels * plan.rows + plan.lanes)
            self.start, self.total = f.alloca(I64), f.alloca(I64)
            f.store(f.index(0), self.start)
        self.tiles: dict[GradTile, str] = {}

    def _runs(self) -> list[int]:
        """Offsets on the image of neighbouring (tap, channel)s."""
        plan, (region,) = self.plan, self.spec.regions
        _, *grid = plan.grid
        taps = [sum(o * s for o, s in zip(at, grid)) for _, at in region.taps]
        return taps[:: plan.run // plan.depth]

    def task(self, task: Task) -> None:
        f, plan = self.f, self.plan
        low, high = task.units
        group, _ = self.whole.problem.channels(task.panels[0])
        offset = f.imul(group, plan.depth * plan.across)
        image = f.gep(self.whole.image, offset, memory_type(self.seen))

        def unit(u: Value, _: list[Value]) -> None:
            start = self.whole.first_line(u)
            lines = f.isub(self.whole.first_line(f.iadd(u, 1)), start)

            def line(r: Value, done: list[Value]) -> list[Value]:
                found = self.whole.line(f.iadd(start, r))
                for name, at in (("g", found.g), ("image", found.image), ("pixels", found.count)):
                    f.store(f.index(at), f.gep(self.lines[name], r, I64))
                return [f.index(f.iadd(done[0], found.count))]

            [total] = f.loop(0, lines, 1, line, [constant(I64, 0)])
            if plan.packs_rows:
                f.store(total, self.total)
            self._unit(image, task, lines, f.compare("icmp eq", u, f.index(low)))

        f.loop(low, high, 1, unit)

    def _each_line(self, lines: Index, then: Callable[[Value, Value], None]) -> None:
        """`then(line, pixels before it)` for each line of a unit."""
        f = self.f

        def line(r: Value, done: list[Value]) -> list[Value]:
            at = done[0] if self.plan.packs_rows else f.index(f.imul(r, self.plan.segment))
            then(r, at)
            return [f.index(f.iadd(done[0], self._noted("pixels", r)))]

        f.loop(0, lines, 1, line, [constant(I64, 0)])

    def _noted(self, name: str, r: Value) -> Value:
        return self.f.load(I64, self.f.gep(self.lines[name], r, I64))

    def _unit(self, image: Value, task: Task, lines: Index, fresh: Value) -> None:
        """All (tap, channel)s and panels of a task; short runs are tiled together."""
        plan, unit = self.plan, (lines, fresh)

        def tiles(r: Index, here: Value, sums: Value) -> None:
            row = self.f.gep(sums, self.f.imul(r, plan.run * plan.width), self.type)
            self._tiles(task, lambda *tile: self._neighbours(here, tile, row, unit))

        def packed(r: Index, here: Value) -> None:
            self._tiles(task, lambda *tile: self._rearrange(here, tile, lines))
            self._panels(task, lines, lambda sums: tiles(r, here, sums))

        if plan.packs_rows:
            self._each_run(image, packed)
        elif plan.run < 2 * plan.rows:
            self._panels(task, lines, lambda sums: self._together(image, sums, unit))
        else:
            self._panels(
                task, lines,
                lambda sums: self._each_run(image, lambda r, here: tiles(r, here, sums)),
            )  # fmt: skip

    def _each_run(self, image: Value, then: Callable[[Index, Value], None]) -> None:
        """`then(number, where it begins)` for each run."""
        f, runs, element = self.f, self._runs(), memory_type(self.seen)
        if len(runs) == 1:
            then(0, f.gep(image, runs[0], element))
            return
        table = constant_table(self.whole.module, f"{self.whole.name}.runs", runs)
        f.loop(
            0, len(runs), 1,
            lambda r, _: then(r, f.gep(image, f.load(I64, f.gep(table, r, I64)), element)),
        )  # fmt: skip

    def _together(self, image: Value, sums: Value, unit: tuple[Index, Value]) -> None:
        """Tiles over the (tap, channel)s of several runs."""
        f, plan = self.f, self.plan
        offsets = [run + k * plan.across for run in self._runs() for k in range(plan.run)]
        at = 0
        for size in tile_sizes(len(offsets), plan.rows):
            place = f.gep(sums, at * plan.width, self.type)
            self._tile(offsets[at : at + size], image, place, unit)
            at += size

    def _panels(self, task: Task, lines: Index, then: Callable[[Value], None]) -> None:
        """Rearrange the lines of g for each panel of the task: [pixel][kernel]. `then` is given
        the panel's sums."""
        f, plan, spec, problem = self.f, self.plan, self.spec, self.whole.problem
        low, high = task.panels
        element, size = memory_type(spec.b), spec.taps * plan.depth * plan.width

        def panel(p: Value, _: list[Value]) -> None:
            group, column = problem.channels(p)
            first = f.iadd(f.imul(group, spec.width), column)
            source = f.gep(self.whole.g, f.imul(first, spec.b_strides[1]), element)
            columns = f.imin(plan.width, f.isub(plan.group_width, column))

            def line(r: Value, at: Value) -> None:
                Panel(
                    f, plan.target, spec.b, spec.accumulator,
                    f.gep(source, self._noted("g", r), element),
                    f.gep(self.kept, f.imul(at, plan.width), self.type),
                    spec.b_strides[1], spec.b_strides[4], self._noted("pixels", r),
                    columns, plan.width, plan.width,
                ).emit()  # fmt: skip

            self._each_line(lines, line)
            nth = f.isub(p, low)
            then(f.gep(task.sums, f.imul(nth, size), self.type))

        f.loop(low, high, 1, panel)

    def _tiles(self, task: Task, then: Callable[[Index, Index, int], None]) -> None:
        """`then(number, first (tap, channel), how many)` for each tile of a run that is in the
        task's block of them; numbers count from the block's first."""
        f, plan = self.f, self.plan
        tiles = len(tile_sizes(plan.run, plan.rows))
        begin = f.idiv(f.imul(task.block, tiles), plan.row_blocks)
        end = f.idiv(f.imul(f.iadd(task.block, 1), tiles), plan.row_blocks)
        done = 0
        for first, count, size in tile_runs(plan.run, plan.rows):

            def tile(
                t: Value, _: list[Value], first: int = first, size: int = size, done: int = done
            ) -> None:
                then(f.isub(t, begin), f.iadd(f.imul(f.isub(t, done), size), first), size)

            f.loop(f.imax(begin, done), f.imin(end, done + count), 1, tile)
            done += count

    def _rearrange(self, image: Value, tile: tuple[Index, Index, int], lines: Index) -> None:
        """What a tile of (tap, channel)s reads of all lines: [pixel][channel]."""
        f, plan, spec, element = self.f, self.plan, self.spec, memory_type(self.seen)
        nth, first, size = tile
        start = f.gep(image, f.imul(first, plan.across), element)
        target = f.gep(self.rows, f.imul(nth, self.pixels * plan.rows), self.type)

        def line(r: Value, at: Value) -> None:
            Panel(
                f, plan.target, self.seen, spec.accumulator,
                f.gep(start, self._noted("image", r), element),
                f.gep(target, f.imul(at, size), self.type),
                plan.across, spec.stride[2] * plan.grid[3], self._noted("pixels", r),
                size, size, size,
            ).emit()  # fmt: skip

        self._each_line(lines, line)

    def _neighbours(
        self, image: Value, tile: tuple[Index, Index, int], sums: Value, unit: tuple[Index, Value]
    ) -> None:
        """A tile of neighbours on the image, which may have been rearranged."""
        f, plan = self.f, self.plan
        nth, first, size = tile
        place = f.gep(sums, f.imul(first, plan.width), self.type)
        if plan.packs_rows:
            start = f.gep(self.rows, f.imul(nth, self.pixels * plan.rows), self.type)
            shape = self._shape(range(size), size, even=False)
            pointers = start, self.kept, self.start, self.total, place
            f.call(self._function(shape), VOID, *pointers, f.index(1), unit[1])
            return
        start = f.gep(image, f.imul(first, plan.across), self.type)
        self._tile([k * plan.across for k in range(size)], start, place, unit)

    def _tile(
        self, offsets: list[int], image: Value, sums: Value, unit: tuple[Index, Value]
    ) -> None:
        """A tile of some (tap, channel)s, read where they lie on the image."""
        f, plan, (lines, fresh) = self.f, self.plan, unit
        even = self.spec.output[2] % plan.segment == 0
        relative = [o - offsets[0] for o in offsets]
        shape = self._shape(relative, self.spec.stride[2] * plan.grid[3], even)
        here = f.gep(image, offsets[0], self.type)
        pointers = here, self.kept, self.lines["image"], self.lines["pixels"], sums
        f.call(self._function(shape), VOID, *pointers, f.index(lines), fresh)

    def _shape(self, offsets: Iterable[int], step: int, even: bool) -> GradTile:
        plan = self.plan
        return GradTile(
            plan.target, self.spec.accumulator, plan.lanes, plan.vectors, tuple(offsets), step,
            plan.segment, even,
        )  # fmt: skip

    def _function(self, shape: GradTile) -> str:
        """The name of the function of a tile."""
        if shape not in self.tiles:
            self.tiles[shape] = f"{self.whole.name}.tile{len(self.tiles)}"
            emit_grad_tile(self.whole.module, self.tiles[shape], shape)
        return self.tiles[shape]
