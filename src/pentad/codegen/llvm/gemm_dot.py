"""Matrix times vector (a GEMM with n == 1): rows of A against the one column of B.

Each row is summed in `lanes` interleaved chains over k, which are added in a fixed tree. The
chains are the lanes of one vector where A's rows are contiguous, and one vector of rows for
each chain where A's columns are.
"""

from __future__ import annotations

from collections.abc import Callable

from pentad.codegen.llvm.gemm_pack import transpose
from pentad.codegen.llvm.gemm_problem import Problem
from pentad.codegen.llvm.gemm_tile import IR_TYPES, Finish, widen
from pentad.codegen.llvm.ir import I64, Index, Module, Type, Value, constant, zero
from pentad.schedule.gemm_spec import GemmPlan, GemmSpec


def emit_dot(module: Module, name: str, spec: GemmSpec, plan: GemmPlan, finish: Finish) -> None:
    """Emit the kernel; the vectors that `finish` gets run along m."""
    problem = Problem.begin(module, name, spec, plan)
    f, lanes = problem.f, plan.lanes
    groups = f.idiv(f.iadd(problem.m, lanes - 1), lanes)

    def task(t: Value, _: list[Value]) -> None:
        batch, group = f.idiv(t, groups), f.irem(t, groups)
        row = f.imul(group, lanes)
        dot = _Dot(problem, batch, row)
        columns = spec.a_strides[1] == 1 and spec.a_strides[2] != 1
        acc = dot.by_columns() if columns else dot.by_rows()
        count = f.isub(problem.m, row)
        if isinstance(problem.m, int) and problem.m % lanes == 0:
            finish(f, f.arguments[0], acc, batch, row, 0, None)
            return
        finish(f, f.arguments[0], acc, batch, row, 0, f.lane_mask(count, lanes))

    f.loop(problem.begin_task, problem.end_task, 1, task)
    f.ret()


class _Dot:
    """The sums of rows `row`.. of one batch."""

    def __init__(self, problem: Problem, batch: Index, row: Index) -> None:
        f = problem.f
        self.f, self.problem, self.row, self.lanes = f, problem, row, problem.plan.lanes
        self.vector = problem.type.vector(self.lanes)
        self.a_type, self.b_type = IR_TYPES[problem.spec.a], IR_TYPES[problem.spec.b]
        _, self.a_row, self.a_k = problem.a_strides
        _, self.b_k, _ = problem.b_strides
        self.a = f.gep(problem.a, f.imul(batch, problem.a_strides[0]), self.a_type)
        self.b = f.gep(problem.b, f.imul(batch, problem.b_strides[0]), self.b_type)

    def by_rows(self) -> Value:
        """One vector of chains for each row."""
        f, lanes, m = self.f, self.lanes, self.problem.m
        rows = min(m, lanes) if isinstance(m, int) else lanes
        lines = []
        for i in range(rows):
            row = f.imin(f.iadd(self.row, i), f.isub(m, 1)) if i else self.row
            lines.append(f.gep(self.a, f.imul(row, self.a_row), self.a_type))

        def step(k: Index, sums: list[Value], rest: Index | None) -> list[Value]:
            column = self._along(self.b, self.b_type, self.b_k, k, rest)
            chunks = [self._along(line, self.a_type, self.a_k, k, rest) for line in lines]
            return [f.fma(a, column, acc) for a, acc in zip(chunks, sums)]

        sums = self._walk(step, rows)
        sums += [zero(self.vector)] * (lanes - rows)
        return self._tree(transpose(f, sums))

    def by_columns(self) -> Value:
        """One vector of rows for each chain."""
        f, lanes = self.f, self.lanes
        column = f.gep(self.a, self.row, self.a_type)
        mask = f.lane_mask(f.isub(self.problem.m, self.row), lanes)
        kind = self.a_type.vector(lanes)

        def step(k: Index, sums: list[Value], rest: Index | None) -> list[Value]:
            result = []
            for i, acc in enumerate(sums):
                at = self._clamp(k, i, rest)
                place = f.gep(column, f.imul(at, self.a_k), self.a_type)
                a = widen(f, f.masked_load(kind, place, mask), self.vector)
                scalar = f.load(self.b_type, f.gep(self.b, f.imul(at, self.b_k), self.b_type))
                b = f.splat(widen(f, scalar, self.vector), lanes)
                if rest is not None:
                    exists = f.compare("icmp slt", constant(I64, i), f.index(rest))
                    a, b = (f.select(exists, v, zero(self.vector)) for v in (a, b))
                result.append(f.fma(a, b, acc))
            return result

        return self._tree(self._walk(step, lanes))

    def _walk(
        self, step: Callable[[Index, list[Value], Index | None], list[Value]], count: int
    ) -> list[Value]:
        """Sums over all k, `lanes` at a time; what is left over is filled up with zeros."""
        f, k = self.f, self.problem.k
        rest = f.irem(k, self.lanes)
        whole = f.isub(k, rest)
        start = [zero(self.vector)] * count
        sums = f.loop(0, whole, self.lanes, lambda i, inner: step(i, inner, None), start)
        if isinstance(rest, int):
            return step(whole, sums, rest) if rest else sums
        left = f.compare("icmp sgt", rest, constant(I64, 0))
        return f.choose(left, lambda: step(whole, sums, rest), lambda: sums)

    def _along(self, base: Value, element: Type, stride: Index, k: Index, rest: Index | None) -> Value:
        """`lanes` elements over k from `k`; if `rest` is given, only so many exist."""
        f, kind = self.f, element.vector(self.lanes)
        if stride == 1:
            place = f.gep(base, k, element)
            if rest is None:
                return widen(f, f.load(kind, place), self.vector)
            return widen(f, f.masked_load(kind, place, f.lane_mask(rest, self.lanes)), self.vector)
        vector = zero(kind)
        for i in range(self.lanes):
            offset = f.imul(self._clamp(k, i, rest), stride)
            vector = f.insert(vector, f.load(element, f.gep(base, offset, element)), i)
        if rest is not None:
            vector = f.select(f.lane_mask(rest, self.lanes), vector, zero(kind))
        return widen(f, vector, self.vector)

    def _clamp(self, k: Index, i: int, rest: Index | None) -> Index:
        """k + i, or the last k that exists."""
        f = self.f
        at = f.iadd(k, i)
        return at if rest is None else f.imin(at, f.isub(self.problem.k, 1))

    def _tree(self, parts: list[Value]) -> Value:
        """The sum of the parts, neighbours first."""
        while len(parts) > 1:
            parts = [self.f.binary("fadd", a, b) for a, b in zip(parts[::2], parts[1::2])]
        return parts[0]
