"""The gradient of convolution kernels: partial sums over parts of the images, then their sum.

dw[tap, channel, kernel] is a matrix product whose rows are (tap, channel), whose columns are
kernels, and which sums over pixels of g. Pixels are taken line by line; a line is a row of g, or
a segment of a long one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pentad.codegen.llvm.conv_grad_tile import GradTile, emit_grad_tile
from pentad.codegen.llvm.conv_problem import ConvProblem, constant_table
from pentad.codegen.llvm.gemm_panel import Panel
from pentad.codegen.llvm.gemm_problem import load_buffer
from pentad.codegen.llvm.gemm_tile import Finish, multiply_add, widen
from pentad.codegen.llvm.ir import I8, I64, VOID, Index, Module, Type, Value, constant, zero
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.conv_spec import ConvSpec


@dataclass
class Line:
    """One line of g: where it begins in g and on the image, and its pixels."""

    g: Index
    image: Index
    count: Index


class _Partials:
    """The kernel of the partial sums: tasks are (split, panel of kernels)."""

    def __init__(self, module: Module, name: str, spec: ConvSpec, plan: ConvPlan) -> None:
        self.problem = problem = ConvProblem.begin(module, name, plan)
        self.module, self.name, self.plan, self.spec = module, name, plan, plan.spec
        self.f = f = problem.f
        depth, height, _ = self.spec.output
        images = problem.batch(spec)
        self.lines = f.imul(images, depth * height * plan.segments)
        self.units = f.idiv(f.iadd(self.lines, plan.split_rows - 1), plan.split_rows)
        self.g, self.image = load_buffer(f, 1), problem.image()
        self.work = problem.work()

    def emit(self, body: Callable[[tuple[Index, Index], Index, Value], None]) -> None:
        """Every task: `body(its units, its panel, where its sums go)`."""
        f, plan = self.f, self.plan
        splits = self.problem.splits()

        def task(t: Value, _: list[Value]) -> None:
            split, panel = f.idiv(t, plan.all_panels), f.irem(t, plan.all_panels)
            low = f.idiv(f.imul(self.units, split), splits)
            high = f.idiv(f.imul(self.units, f.iadd(split, 1)), splits)
            size = self.spec.taps * plan.depth * plan.width
            body((low, high), panel, f.gep(self.work, f.imul(t, size), self.problem.type))

        f.loop(f.arguments[2], f.arguments[3], 1, task)
        f.ret()

    def line(self, number: Index) -> Line:
        """The line of that number: images, then planes, rows and segments."""
        f, plan, spec = self.f, self.plan, self.spec
        depth, height, width = spec.output
        rest, part = f.idiv(number, plan.segments), f.irem(number, plan.segments)
        rest, y = f.idiv(rest, height), f.irem(rest, height)
        image, z = f.idiv(rest, depth), f.irem(rest, depth)
        x = f.imul(part, plan.segment)
        at_g: Index = 0
        at_image: Index = 0
        s = spec.b_strides
        steps = (1, *spec.stride)
        for place, over_g, over_image, step in zip(
            (image, z, y, x), (s[0], *s[2:]), plan.grid, steps
        ):
            at_g = f.iadd(at_g, f.imul(place, over_g))
            at_image = f.iadd(at_image, f.imul(place, over_image * step))
        even = width % plan.segment == 0
        count = plan.segment if even else f.imin(plan.segment, f.isub(width, x))
        return Line(at_g, at_image, count)


def emit_partials(module: Module, name: str, spec: ConvSpec, plan: ConvPlan) -> None:
    """Emit the kernel that leaves `plan.splits` partial sums in the workspace."""
    partials = _Partials(module, name, spec, plan)
    if plan.spec.depthwise:
        partials.emit(_Depthwise(partials).task)
    else:
        partials.emit(_Dense(partials).task)


class _Dense:
    """Lines of g are rearranged on the stack, then read by every tile of (tap, channel)."""

    def __init__(self, whole: _Partials) -> None:
        self.whole, self.plan, self.spec, self.f = whole, whole.plan, whole.spec, whole.f
        plan, f = self.plan, self.f
        self.type = whole.problem.type
        self.kept = f.alloca(self.type, plan.split_rows * plan.segment * plan.width)
        self.places = f.alloca(I64, plan.split_rows)
        self.counts = f.alloca(I64, plan.split_rows)
        self.runs, self.length = self._runs()
        self.tiles: dict[GradTile, str] = {}

    def _runs(self) -> tuple[list[int], int]:
        """Offsets on the image of neighbouring (tap, channel)s, and how many they are."""
        plan, (region,) = self.plan, self.spec.regions
        _, *grid = plan.grid
        taps = [sum(o * s for o, s in zip(at, grid)) for _, at in region.taps]
        per_row = self.spec.kernel[2]
        dense = self.spec.dilation[2] == 1 or per_row == 1
        if dense and self.spec.groups == 1 and grid[2] == plan.depth:
            return taps[::per_row], per_row * plan.depth
        return taps, plan.depth

    def task(self, units: tuple[Index, Index], panel: Index, sums: Value) -> None:
        f, plan, problem = self.f, self.plan, self.whole.problem
        group, column = problem.channels(panel)
        size = self.spec.taps * plan.depth * plan.width * self.spec.accumulator.itemsize
        never = Value(Type("i1"), "false")
        f.call("llvm.memset.p0.i64", VOID, sums, constant(I8, 0), constant(I64, size), never)
        a = f.gep(self.whole.image, f.imul(group, plan.depth), self.type)
        first = f.iadd(f.imul(group, self.spec.width), column)
        g = f.gep(self.whole.g, f.imul(first, self.spec.b_strides[1]), memory_type(self.spec.b))
        columns = f.imin(plan.width, f.isub(plan.group_width, column))

        def unit(u: Value, _: list[Value]) -> None:
            start = f.imul(u, plan.split_rows)
            count = f.imin(plan.split_rows, f.isub(self.whole.lines, start))
            f.loop(0, count, 1, lambda r, _: self._rearrange(r, f.iadd(start, r), g, columns))
            self._all_tiles(a, sums, count)

        f.loop(*units, 1, unit)

    def _rearrange(self, r: Value, number: Index, g: Value, columns: Index) -> None:
        """Line `number`, as line r on the stack: [pixel][kernel]."""
        f, plan, spec = self.f, self.plan, self.spec
        line = self.whole.line(number)
        f.store(f.index(line.image), f.gep(self.places, r, I64))
        f.store(f.index(line.count), f.gep(self.counts, r, I64))
        target = f.gep(self.kept, f.imul(r, plan.segment * plan.width), self.type)
        source = f.gep(g, line.g, memory_type(spec.b))
        Panel(
            f, plan.target, spec.b, spec.accumulator, source, target,
            spec.b_strides[1], spec.b_strides[4], line.count, columns, plan.width, plan.width,
        ).emit()  # fmt: skip

    def _all_tiles(self, a: Value, sums: Value, count: Index) -> None:
        """All (tap, channel)s, in tiles; short runs are tiled together."""
        f, plan = self.f, self.plan
        if self.length < 2 * plan.rows:
            offsets = [run + k for run in self.runs for k in range(self.length)]
            at = 0
            for size in _split(len(offsets), plan.rows):
                self._tile(offsets[at : at + size], a, sums, at, count)
                at += size
            return
        sizes = _split(self.length, plan.rows)
        longer = sizes.count(sizes[0])

        def run(r: Index, offset: Index) -> None:
            here, row = f.gep(a, offset, self.type), f.imul(r, self.length)
            for first, tiles, size in (
                (0, longer, sizes[0]),
                (longer * sizes[0], len(sizes) - longer, sizes[-1]),
            ):
                self._neighbours(here, sums, row, first, tiles, size, count)

        if len(self.runs) == 1:
            run(0, self.runs[0])
            return
        table = constant_table(self.whole.module, f"{self.whole.name}.runs", self.runs)
        f.loop(0, len(self.runs), 1, lambda r, _: run(r, f.load(I64, f.gep(table, r, I64))))

    def _neighbours(
        self, a: Value, sums: Value, row: Index, first: int, tiles: int, size: int, count: Index
    ) -> None:
        """`tiles` tiles of `size` neighbours, from the one numbered `first` in its run."""
        f = self.f

        def tile(t: Value, _: list[Value]) -> None:
            at = f.iadd(f.imul(t, size), first)
            here = f.gep(a, at, self.type)
            self._tile(list(range(size)), here, sums, f.iadd(row, at), count)

        f.loop(0, tiles, 1, tile)

    def _tile(self, offsets: list[int], a: Value, sums: Value, row: Index, count: Index) -> None:
        f, plan, spec = self.f, self.plan, self.spec
        even = spec.output[2] % plan.segment == 0
        shape = GradTile(
            plan.target, spec.accumulator, plan.lanes, plan.vectors,
            tuple(o - offsets[0] for o in offsets), spec.stride[2] * plan.grid[3],
            plan.segment, even,
        )  # fmt: skip
        if shape not in self.tiles:
            self.tiles[shape] = f"{self.whole.name}.tile{len(self.tiles)}"
            emit_grad_tile(self.whole.module, self.tiles[shape], shape)
        here = f.gep(a, offsets[0], self.type)
        place = f.gep(sums, f.imul(row, plan.width), self.type)
        pointers = (here, self.kept, self.places, self.counts, place)
        f.call(self.tiles[shape], VOID, *pointers, f.index(count))


def _split(total: int, most: int) -> list[int]:
    """`total` in as few equal parts of at most `most` as can be, longer ones first."""
    parts = -(-total // most)
    size, longer = divmod(total, parts)
    return [size + (i < longer) for i in range(parts)]


class _Depthwise:
    """Channels run along the lanes; a few taps at a time are summed in registers."""

    def __init__(self, whole: _Partials) -> None:
        self.whole, self.plan, self.spec, self.f = whole, whole.plan, whole.spec, whole.f
        _, *grid = self.plan.grid
        (region,) = self.spec.regions
        self.offsets = [sum(o * s for o, s in zip(at, grid)) for _, at in region.taps]
        self.vector = whole.problem.type.vector(self.plan.lanes)

    def task(self, units: tuple[Index, Index], panel: Index, sums: Value) -> None:
        f, plan, problem = self.f, self.plan, self.whole.problem
        channel = f.imul(panel, plan.width)
        low = f.imul(units[0], plan.split_rows)
        high = f.imin(f.imul(units[1], plan.split_rows), self.whole.lines)
        at = 0
        for size in _split(len(self.offsets), plan.rows):
            parts = self._taps(self.offsets[at : at + size], channel, (low, high))
            for i, part in enumerate(parts):
                f.store(part, f.gep(sums, (at + i) * plan.width, problem.type))
            at += size

    def _taps(
        self, offsets: list[int], channel: Index, lines: tuple[Index, Index]
    ) -> list[Value]:
        f, plan, type = self.f, self.plan, self.whole.problem.type
        image = f.gep(self.whole.image, channel, type)
        mask = None
        if plan.group_width % plan.lanes:
            mask = f.lane_mask(f.isub(plan.group_width, channel), plan.lanes)

        def line(number: Value, outer: list[Value]) -> list[Value]:
            found = self.whole.line(number)

            def pixel(x: Value, inner: list[Value]) -> list[Value]:
                at = f.iadd(found.image, f.imul(x, self.spec.stride[2] * plan.grid[3]))
                g = self._g(f.iadd(found.g, f.imul(x, self.spec.b_strides[4])), channel, mask)
                seen = [f.gep(image, f.iadd(at, o), type) for o in offsets]
                loaded = [
                    f.load(self.vector, p) if mask is None else f.masked_load(self.vector, p, mask)
                    for p in seen
                ]
                return [multiply_add(f, plan.target, v, g, s) for v, s in zip(loaded, inner)]

            return f.loop(0, found.count, 1, pixel, outer)

        return f.loop(*lines, 1, line, [zero(self.vector)] * len(offsets))

    def _g(self, at: Index, channel: Index, mask: Value | None) -> Value:
        """The channels of one pixel of g."""
        f, plan, spec = self.f, self.plan, self.spec
        element, across = memory_type(spec.b), spec.b_strides[1]
        kind = element.vector(plan.lanes)
        if across == 1:
            place = f.gep(self.whole.g, f.iadd(at, channel), element)
            found = f.load(kind, place) if mask is None else f.masked_load(kind, place, mask)
        else:
            found = zero(kind)
            for i in range(plan.lanes):
                one = f.imin(f.iadd(channel, i), plan.group_width - 1)
                place = f.gep(self.whole.g, f.iadd(at, f.imul(one, across)), element)
                found = f.insert(found, f.load(element, place), i)
        return widen(f, plan.target, found, spec.b, spec.accumulator)


def emit_reduce(module: Module, name: str, plan: ConvPlan, finish: Finish) -> None:
    """Emit the kernel that adds the partial sums, in order; tasks are (panel, tap)."""
    problem = ConvProblem.begin(module, name, plan)
    f, spec = problem.f, plan.spec
    work, splits = problem.work(), problem.splits()

    def task(t: Value, _: list[Value]) -> None:
        panel, tap = f.idiv(t, spec.taps), f.irem(t, spec.taps)
        group, column = problem.channels(panel)
        first = f.iadd(f.imul(group, plan.group_width), column)
        row = f.imul(f.iadd(f.imul(panel, spec.taps), tap), plan.depth)

        def channel(c: Value, _: list[Value]) -> None:
            for j in range(plan.vectors):
                at = f.iadd(f.imul(f.iadd(row, c), plan.width), j * plan.lanes)
                acc = problem.total(f.gep(work, at, problem.type), splits)
                mask = None
                if plan.group_width % plan.width:
                    left = f.isub(plan.group_width, f.iadd(column, j * plan.lanes))
                    mask = f.lane_mask(left, plan.lanes)
                n = f.iadd(first, j * plan.lanes)
                finish(f, f.arguments[0], acc, tap, c, n, mask)

        f.loop(0, plan.depth, 1, channel)

    f.loop(f.arguments[2], f.arguments[3], 1, task)
    f.ret()
