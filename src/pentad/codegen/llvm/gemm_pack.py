"""Packing an operand of a GEMM: panels [k][width] in the accumulator's dtype."""

from __future__ import annotations

from pentad.codegen.llvm.gemm_panel import Panel
from pentad.codegen.llvm.gemm_problem import Problem
from pentad.codegen.llvm.ir import Index, Module, Value
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.schedule.gemm_spec import GemmPlan, GemmSpec


def a_layout(problem: Problem) -> tuple[Index, Index]:
    """Strides over (row, k) of A as the tiles read it."""
    if problem.plan.pack_a:
        return 1, problem.plan.rows
    return problem.a_strides[1], problem.a_strides[2]


def b_layout(problem: Problem) -> Index:
    """Stride over k of B as the tiles read it; that over n is 1."""
    return problem.plan.width if problem.plan.pack_b else problem.b_strides[1]


def emit_pack_b(module: Module, name: str, spec: GemmSpec, plan: GemmPlan) -> None:
    """Emit the kernel that packs B (buffer 1) into the workspace (buffer 2).

    Parallel over `plan.pack_b_tasks(spec)` panels; columns that do not exist become zeros or
    repeat another column: they are computed with, never stored.
    """
    problem = Problem.begin(module, name, spec, plan)
    f = problem.f

    def task(t: Value, _: list[Value]) -> None:
        batch, panel = f.idiv(t, problem.panels), f.irem(t, problem.panels)
        column = f.imul(panel, plan.width)
        count = f.imin(plan.width, f.isub(problem.n, column))
        target = problem.b_panel(batch, panel, column, 0)
        pack_panel(problem, problem.b_source(batch, column, 0), target, problem.k, count)

    f.loop(problem.begin_task, problem.end_task, 1, task)
    f.ret()


def pack_panel(problem: Problem, source: Value, target: Value, k: Index, count: Index) -> None:
    """Emit the copy of `count` columns of B, `k` long, to the panel at `target`."""
    plan, spec = problem.plan, problem.spec
    _, along, across = problem.b_strides
    Panel(
        problem.f, plan.target, spec.b, spec.accumulator, source, target, across, along, k, count,
        plan.width, plan.width,
    ).emit()  # fmt: skip


def emit_pack_a(module: Module, name: str, spec: GemmSpec, plan: GemmPlan) -> None:
    """Emit the kernel that packs A (buffer 0) into the workspace (buffer 2), after packed B.

    Parallel over `plan.pack_a_tasks(spec)` tiles of rows.
    """
    problem = Problem.begin(module, name, spec, plan)
    f = problem.f
    s0, s1, s2 = problem.a_strides

    def task(t: Value, _: list[Value]) -> None:
        batch, tile = f.idiv(t, problem.tiles), f.irem(t, problem.tiles)
        row = problem.tile_start(tile)
        source = f.gep(problem.a, f.iadd(f.imul(batch, s0), f.imul(row, s1)), memory_type(spec.a))
        target = problem.a_tile(batch, tile, row, 0)
        count = problem.tile_rows(tile)
        Panel(
            f, plan.target, spec.a, spec.accumulator, source, target, s1, s2, problem.k, count,
            plan.rows, plan.rows,
        ).emit()  # fmt: skip

    f.loop(problem.begin_task, problem.end_task, 1, task)
    f.ret()
