"""Packing an operand of a GEMM: panels [k][width] in the accumulator's dtype."""

from __future__ import annotations

from dataclasses import dataclass

from pentad.codegen.llvm.gemm_problem import Problem
from pentad.codegen.llvm.gemm_tile import widen
from pentad.codegen.llvm.ir import I64, Function, Index, Module, Type, Value, constant, zero
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.graph.dtypes import DType
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
    s0, s1, s2 = problem.b_strides

    def task(t: Value, _: list[Value]) -> None:
        batch, panel = f.idiv(t, problem.panels), f.irem(t, problem.panels)
        column = f.imul(panel, plan.width)
        source = f.gep(
            problem.b, f.iadd(f.imul(batch, s0), f.imul(column, s2)), memory_type(spec.b)
        )
        count = f.imin(plan.width, f.isub(problem.n, column))
        target = problem.b_panel(batch, panel, column, 0)
        _Panel(problem, spec.b, source, target, s2, s1, count, plan.width).emit()

    f.loop(problem.begin_task, problem.end_task, 1, task)
    f.ret()


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
        _Panel(problem, spec.a, source, target, s1, s2, count, plan.rows).emit()

    f.loop(problem.begin_task, problem.end_task, 1, task)
    f.ret()


@dataclass
class _Panel:
    """One panel: `count` rows or columns `across` apart in the source, k steps `along` apart.

    Each k writes whole vectors, `pitch` elements after the last k: what it writes beyond the
    pitch is overwritten by the next k, and after the last one there is room.
    """

    problem: Problem
    dtype: DType
    source: Value
    target: Value
    across: Index
    along: Index
    count: Index
    pitch: int

    def emit(self) -> None:
        f = self.problem.f
        self.f: Function = f
        self.lanes = self.problem.plan.lanes
        self.element: Type = memory_type(self.dtype)
        self.vectors = -(-self.pitch // self.lanes)
        k = self.problem.k
        if self.across == 1:
            self._copy_all()
        elif self.along == 1:
            whole = f.isub(k, f.irem(k, self.lanes))
            f.loop(0, whole, self.lanes, lambda i, _: self._transpose(i))
            f.loop(whole, k, 1, lambda i, _: self._gather(i))
        else:
            f.loop(0, k, 1, lambda i, _: self._gather(i))

    def _put(self, vector: Value, k: Index, j: int) -> None:
        f = self.f
        offset = f.iadd(f.imul(k, self.pitch), j * self.lanes)
        problem = self.problem
        wide = widen(f, problem.plan.target, vector, self.dtype, problem.spec.accumulator)
        f.store(wide, f.gep(self.target, offset, self.problem.type))

    def _copy_all(self) -> None:
        f, whole = self.f, self.vectors * self.lanes
        full = f.compare("icmp sge", f.index(self.count), constant(I64, whole))

        def rows(masked: bool) -> list[Value]:
            masks: list[Value | None] = [None] * self.vectors
            if masked:
                rest = (f.isub(self.count, j * self.lanes) for j in range(self.vectors))
                masks = [f.lane_mask(r, self.lanes) for r in rest]
            f.loop(0, self.problem.k, 1, lambda i, _: self._copy(i, masks))
            return []

        f.choose(full, lambda: rows(False), lambda: rows(True))

    def _copy(self, k: Value, masks: list[Value | None]) -> None:
        f = self.f
        row = f.gep(self.source, f.imul(k, self.along), self.element)
        kind = self.element.vector(self.lanes)
        for j, mask in enumerate(masks):
            place = f.gep(row, j * self.lanes, self.element)
            whole = mask is None
            self._put(f.load(kind, place) if whole else f.masked_load(kind, place, mask), k, j)

    def _line(self, i: int) -> Value:
        """Where row or column `i` begins; one that does not exist repeats the last."""
        f = self.f
        nth = f.imin(i, f.isub(self.count, 1)) if i else 0
        return f.gep(self.source, f.imul(nth, self.across), self.element)

    def _transpose(self, k: Value) -> None:
        f = self.f
        kind = self.element.vector(self.lanes)
        for j in range(self.vectors):
            lines = [self._line(j * self.lanes + i) for i in range(self.lanes)]
            rows = [f.load(kind, f.gep(line, k, self.element)) for line in lines]
            for i, vector in enumerate(transpose(f, rows)):
                self._put(vector, f.iadd(k, i), j)

    def _gather(self, k: Value) -> None:
        f = self.f
        at = f.imul(k, self.along)
        for j in range(self.vectors):
            vector = zero(self.element.vector(self.lanes))
            for i in range(self.lanes):
                line = self._line(j * self.lanes + i)
                vector = f.insert(vector, f.load(self.element, f.gep(line, at, self.element)), i)
            self._put(vector, k, j)


def transpose(f: Function, rows: list[Value]) -> list[Value]:
    """The transpose of a square of vectors, by exchanges of blocks of 1, 2, 4, ... lanes."""
    lanes = len(rows)
    step = 1
    while step < lanes:
        low = [c if not c & step else lanes + (c ^ step) for c in range(lanes)]
        high = [c | step if not c & step else lanes + c for c in range(lanes)]
        result = list(rows)
        for i in range(lanes):
            if not i & step:
                first, second = rows[i], rows[i | step]
                result[i] = f.shuffle(first, second, low)
                result[i | step] = f.shuffle(first, second, high)
        rows = result
        step *= 2
    return rows
