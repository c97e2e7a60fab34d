"""Packing an operand of a GEMM: panels [k][width] in the accumulator's dtype."""

from __future__ import annotations

from pentad.codegen.llvm.gemm_panel import Panel
from pentad.codegen.llvm.gemm_problem import Problem
from pentad.codegen.llvm.ir import I64, Index, Module, Value, constant
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.schedule.gemm_spec import GemmPlan, GemmSpec, tiles_at_once


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
    _PackA(problem).emit()
    problem.f.ret()


class _PackA:
    """Tiles one by one, or, where their rows are neighbours in memory, several at a time.

    A tile is narrower than a cache line. Alone it would read a part of one line for each k, and
    columns that are far apart are gone from the cache when the next tile wants another part.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem, self.f, self.plan = problem, problem.f, problem.plan
        self.strides = problem.a_strides
        self.element = memory_type(problem.spec.a)

    def emit(self) -> None:
        f, problem, spec = self.f, self.problem, self.problem.spec
        known = isinstance(problem.rows, int) and isinstance(problem.longer, int)
        if self.strides[1] != 1 or spec.a is not spec.accumulator or not known:
            f.loop(problem.begin_task, problem.end_task, 1, lambda t, _: self._single(t))
            return
        self.many = tiles_at_once(self.plan, spec)
        f.loop(problem.begin_task, problem.end_task, self.many, lambda t, _: self._several(t))

    def _single(self, t: Value) -> None:
        f, plan, spec, problem = self.f, self.plan, self.problem.spec, self.problem
        _, across, along = self.strides
        batch, tile = f.idiv(t, problem.tiles), f.irem(t, problem.tiles)
        row = problem.tile_start(tile)
        Panel(
            f, plan.target, spec.a, spec.accumulator, self._source(batch, row),
            problem.a_tile(batch, tile, row, 0), across, along, problem.k,
            problem.tile_rows(tile), plan.rows, plan.rows,
        ).emit()  # fmt: skip

    def _source(self, batch: Index, row: Index) -> Value:
        f = self.f
        over_batch, over_rows, _ = self.strides
        offset = f.iadd(f.imul(batch, over_batch), f.imul(row, over_rows))
        return f.gep(self.problem.a, offset, self.element)

    def _several(self, t: Value) -> None:
        """The next tiles: the taller ones together, then the others; one by one across matrices."""
        f, problem = self.f, self.problem
        rows, longer = problem.rows, problem.longer
        assert isinstance(rows, int)
        assert isinstance(longer, int)
        count = f.imin(self.many, f.isub(problem.end_task, t))
        batch, tile = f.idiv(t, problem.tiles), f.irem(t, problem.tiles)
        end = f.iadd(tile, count)

        def in_runs() -> list[Value]:
            if longer:
                self._run(batch, tile, f.imin(end, longer), rows + 1)
            self._run(batch, f.imax(tile, longer), end, rows)
            return []

        def one_by_one() -> list[Value]:
            f.loop(t, f.iadd(t, count), 1, lambda i, _: self._single(i))
            return []

        within = f.compare("icmp sle", f.index(end), f.index(problem.tiles))
        f.choose(within, in_runs, one_by_one)

    def _run(self, batch: Index, first: Index, end: Index, height: int) -> None:
        """Tiles of one height: for each k, one read of all their rows."""
        f, problem = self.f, self.problem
        source = self._source(batch, problem.tile_start(first))
        target = problem.a_tile(batch, first, 0, 0)
        count = f.isub(end, first)
        # Whole vectors run into the next tile, which there must be, and into the next k.
        whole = 1 << (height - 1).bit_length()
        lanes = whole if whole - height <= problem.rows else height  # type: ignore[operator]

        def ends(k: Value) -> tuple[Value, Value]:
            start = f.gep(source, f.imul(k, self.strides[2]), self.element)
            place = f.gep(target, f.imul(k, self.plan.rows), self.element)
            return f.opaque(start), f.opaque(place)

        def copy(start: Value, place: Value, i: Index, lanes: int) -> None:
            kind = self.element.vector(lanes)
            rows = f.load(kind, f.gep(start, f.imul(i, height), self.element))
            f.store(rows, f.gep(place, f.imul(i, problem.a_pitch), self.element))

        def all_at_once(k: Value, _: list[Value]) -> None:
            both = ends(k)
            for i in range(self.many):
                copy(*both, i, lanes)

        def in_turn(k: Value, _: list[Value]) -> None:
            both = ends(k)
            f.loop(0, count, 1, lambda i, _: copy(*both, i, height))

        many = f.compare("icmp eq", f.index(count), constant(I64, self.many))
        if lanes > height:
            followed = f.compare("icmp slt", f.index(end), f.index(problem.tiles))
            many = f.binary("and", many, followed)
        f.choose(
            many,
            lambda: f.loop(0, problem.k, 1, all_at_once),
            lambda: f.loop(0, problem.k, 1, in_turn),
        )
