"""The tasks of a kernel gradient's partial sums, and the lines of pixels that they go over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pentad.codegen.llvm.conv_problem import ConvProblem
from pentad.codegen.llvm.gemm_problem import load_buffer
from pentad.codegen.llvm.ir import Index, Module, Value
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.conv_spec import ConvSpec


@dataclass
class Line:
    """One line of g: where it begins in g and on the image, and its pixels."""

    g: Index
    image: Index
    count: Index


@dataclass
class Task:
    """One task: the units of lines, the panels of kernels, which block of (tap, channel)s, and
    where the sums of its first panel go."""

    units: tuple[Index, Index]
    panels: tuple[Index, Index]
    block: Index
    sums: Value


class Partials:
    """The kernel of the partial sums: tasks are (split, block of panels, block of rows)."""

    def __init__(self, module: Module, name: str, spec: ConvSpec, plan: ConvPlan) -> None:
        self.problem = problem = ConvProblem.begin(module, name, plan)
        self.module, self.name, self.plan, self.spec = module, name, plan, plan.spec
        self.f = f = problem.f
        depth, height, _ = self.spec.output
        images = problem.batch(spec)
        self.lines = f.imul(images, depth * height * plan.segments)
        nearest = f.idiv(f.iadd(self.lines, plan.split_rows // 2), plan.split_rows)
        self.units = f.imax(nearest, 1)
        self.g, self.image = load_buffer(f, 1), problem.image()
        self.work = problem.work()

    def emit(self, body: Callable[[Task], None]) -> None:
        """Every task."""
        f, plan = self.f, self.plan
        splits = self.problem.splits()
        size = self.spec.taps * plan.depth * plan.width

        def task(t: Value, _: list[Value]) -> None:
            rest, block = f.idiv(t, plan.row_blocks), f.irem(t, plan.row_blocks)
            split, nth = f.idiv(rest, plan.panel_blocks), f.irem(rest, plan.panel_blocks)
            first = f.imul(nth, plan.panels)
            last = f.imin(f.iadd(first, plan.panels), plan.all_panels)
            low = f.idiv(f.imul(self.units, split), splits)
            high = f.idiv(f.imul(self.units, f.iadd(split, 1)), splits)
            panel = f.iadd(f.imul(split, plan.all_panels), first)
            sums = f.gep(self.work, f.imul(panel, size), self.problem.type)
            body(Task((low, high), (first, last), block, sums))

        f.loop(f.arguments[2], f.arguments[3], 1, task)
        f.ret()

    def first_line(self, unit: Index) -> Index:
        """The first line of a unit: units are as equal as can be."""
        return self.f.idiv(self.f.imul(self.lines, unit), self.units)

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
