"""The gradient of convolution kernels: partial sums over parts of the images, then their sum.

dw[tap, channel, kernel] is a matrix product whose rows are (tap, channel), whose columns are
kernels, and which sums over pixels of g. Pixels are taken line by line; a line is a row of g, or
a segment of a long one.
"""

from __future__ import annotations

from pentad.codegen.llvm.conv_dense_grad import DenseGrad
from pentad.codegen.llvm.conv_partials import Partials, Task
from pentad.codegen.llvm.conv_problem import ConvProblem
from pentad.codegen.llvm.gemm_tile import Finish, multiply_add, widen
from pentad.codegen.llvm.ir import Index, Module, Value, zero
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.conv_spec import ConvSpec
from pentad.schedule.conv_tiles import tile_sizes


def emit_partials(module: Module, name: str, spec: ConvSpec, plan: ConvPlan) -> None:
    """Emit the kernel that leaves `plan.splits` partial sums in the workspace."""
    partials = Partials(module, name, spec, plan)
    if plan.spec.depthwise:
        partials.emit(_Depthwise(partials).task)
    else:
        partials.emit(DenseGrad(partials).task)


class _Depthwise:
    """Channels run along the lanes; a few taps at a time are summed in registers."""

    def __init__(self, whole: Partials) -> None:
        self.whole, self.plan, self.spec, self.f = whole, whole.plan, whole.spec, whole.f
        _, *grid = self.plan.grid
        (region,) = self.spec.regions
        self.offsets = [sum(o * s for o, s in zip(at, grid)) for _, at in region.taps]
        self.vector = whole.problem.type.vector(self.plan.lanes)

    def task(self, task: Task) -> None:
        f, plan, problem = self.f, self.plan, self.whole.problem
        channel = f.imul(task.panels[0], plan.width)
        low, high = map(self.whole.first_line, task.units)
        at = 0
        for size in tile_sizes(len(self.offsets), plan.rows):
            parts = self._taps(self.offsets[at : at + size], channel, (low, high))
            for i, part in enumerate(parts):
                f.store(part, f.gep(task.sums, (at + i) * plan.width, problem.type))
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

        for j in range(plan.vectors):

            def channel(c: Value, _: list[Value], j: int = j) -> None:
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
