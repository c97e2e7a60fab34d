"""Transformed kernels of Winograd's F(2x2, 3x3): G g G^T, in panels as the products read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pentad.codegen.llvm.conv_pack import kernel_place
from pentad.codegen.llvm.conv_problem import ConvProblem
from pentad.codegen.llvm.gemm_panel import Panel
from pentad.codegen.llvm.gemm_problem import load_buffer
from pentad.codegen.llvm.ir import Function, Index, Module, Value, constant_lanes
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.winograd import POINTS

_CHANNELS = 16  # of a panel that are transformed at a time
_TAPS = 9

Line = Callable[[Function, Sequence[Value]], list[Value]]
"""The transform of one line of a square: 4 pixels, 3 taps or 4 sums."""


def both(f: Function, line: Line, square: Sequence[Sequence[Value]]) -> list[Value]:
    """`line` applied to the columns of a square of vectors, then to its rows; row after row."""
    columns = [line(f, column) for column in zip(*square)]
    return [v for row in zip(*columns) for v in line(f, row)]


def _kernel_line(f: Function, g: Sequence[Value]) -> list[Value]:
    """G times a line of 3 taps."""
    half = constant_lanes(g[0].type, [0.5] * g[0].type.lanes)
    ends = f.binary("fadd", g[0], g[2])
    inner = [f.binary(op, ends, g[1]) for op in ("fadd", "fsub")]
    return [g[0], *(f.binary("fmul", v, half) for v in inner), g[2]]


def emit_transform_kernel(module: Module, name: str, plan: ConvPlan) -> None:
    """Emit the kernel that transforms w (buffer 1) into panels [point][channel][width].

    Parallel over the panels.
    """
    problem = ConvProblem.begin(module, name, plan)
    f, spec, work = problem.f, plan.spec, problem.work()
    kernels = load_buffer(f, 1)
    space = f.alloca(problem.type, _CHANNELS * _TAPS * plan.width)

    def task(panel: Value, _: list[Value]) -> None:
        column = f.imul(panel, plan.width)
        across, along, start = kernel_place(problem, 0, column)
        columns = f.imin(plan.width, f.isub(spec.width, column))
        source = f.gep(kernels, start, memory_type(spec.b))
        panel_start = f.imul(panel, POINTS * spec.depth * plan.width)
        target = f.gep(work, panel_start, problem.type)

        def block(c: Value, _: list[Value]) -> None:
            count = f.imin(_CHANNELS, f.isub(spec.depth, c))
            here = f.gep(source, f.imul(c, along), memory_type(spec.b))
            _gather_taps(problem, here, space, across, along, count, columns)
            place = f.gep(target, f.imul(c, plan.width), problem.type)
            _transform_taps(problem, space, place, count)

        f.loop(0, spec.depth, _CHANNELS, block)

    f.loop(f.arguments[2], f.arguments[3], 1, task)
    f.ret()


def _gather_taps(
    problem: ConvProblem, source: Value, space: Value, across: Index, along: Index, count: Index,
    columns: Index,
) -> None:  # fmt: skip
    """Copy `count` channels of a panel of kernels to [channel][tap][width]."""
    f, plan, spec = problem.f, problem.plan, problem.spec
    _, _, _, down, right = spec.b_strides

    def copy(source: Value, target: Value, along: Index, k: Index, pitch: int) -> None:
        Panel(
            f, plan.target, spec.b, spec.accumulator, source, target, across, along, k, columns,
            plan.width, pitch,
        ).emit()  # fmt: skip

    if (down, right) == (3, 1):
        def channel(c: Value, _: list[Value]) -> None:
            here = f.gep(source, f.imul(c, along), memory_type(spec.b))
            place = f.gep(space, f.imul(c, _TAPS * plan.width), problem.type)
            copy(here, place, 1, _TAPS, plan.width)

        if along == _TAPS:
            copy(source, space, 1, f.imul(count, _TAPS), plan.width)
        else:
            f.loop(0, count, 1, channel)
        return
    for t in range(_TAPS):
        here = f.gep(source, t // 3 * down + t % 3 * right, memory_type(spec.b))
        copy(here, f.gep(space, t * plan.width, problem.type), along, count, _TAPS * plan.width)


def _transform_taps(problem: ConvProblem, space: Value, target: Value, count: Index) -> None:
    """G g G^T of `count` channels of a panel."""
    f, plan = problem.f, problem.plan
    vector = problem.type.vector(plan.lanes)
    order = [tap for tap, _ in plan.spec.regions[0].taps]

    def channel(c: Value, _: list[Value]) -> None:
        for j in range(plan.vectors):
            taps = f.gep(space, f.iadd(f.imul(c, _TAPS * plan.width), j * plan.lanes), problem.type)
            loaded = [f.load(vector, f.gep(taps, t * plan.width, problem.type)) for t in order]
            square = [loaded[i : i + 3] for i in range(0, _TAPS, 3)]
            place = f.gep(target, f.iadd(f.imul(c, plan.width), j * plan.lanes), problem.type)
            for point, value in enumerate(both(f, _kernel_line, square)):
                f.store(value, f.gep(place, point * plan.depth * plan.width, problem.type))

    f.loop(0, count, 1, channel)
