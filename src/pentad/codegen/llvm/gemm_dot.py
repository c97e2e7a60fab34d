"""Matrix times vector: a GEMM with n == 1 (A is the matrix) or m == 1 (B is).

Each result is summed in `lanes` interleaved chains over k, which are added in a fixed tree.
Where the matrix has contiguous rows, the chains are the lanes of one vector; where it has
contiguous columns, each chain is a vector of results.
"""

from __future__ import annotations

from collections.abc import Callable

from pentad.codegen.llvm.gemm_panel import transpose
from pentad.codegen.llvm.gemm_problem import Problem
from pentad.codegen.llvm.gemm_tile import Finish, multiply_add, widen
from pentad.codegen.llvm.ir import I64, Index, Module, Value, constant, zero
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.graph.dtypes import DType
from pentad.schedule.gemm_spec import GemmPlan, GemmSpec, by_columns

Step = Callable[[Index, "Index | None"], None]


def emit_dot(module: Module, name: str, spec: GemmSpec, plan: GemmPlan, finish: Finish) -> None:
    """Emit the kernel; the vectors that `finish` gets run along m if n == 1, else along n."""
    problem = Problem.begin(module, name, spec, plan)
    f, width = problem.f, plan.width
    length = problem.m if plan.along == "m" else problem.n
    groups = f.idiv(f.iadd(length, width - 1), width)
    kept = f.alloca(problem.type, width * plan.lanes)

    def task(t: Value, _: list[Value]) -> None:
        batch, start = f.idiv(t, groups), f.imul(f.irem(t, groups), width)
        dot = _Dot(problem, batch, start, length, kept)
        columns = by_columns(spec)
        for i, acc in enumerate(dot.columns() if columns else [dot.rows()]):
            at = f.iadd(start, i * plan.lanes)
            place = (at, 0) if plan.along == "m" else (0, at)
            mask = None
            if not (isinstance(length, int) and length % width == 0):
                mask = f.lane_mask(f.isub(length, at), plan.lanes)
            finish(f, f.arguments[0], acc, batch, *place, mask)

    f.loop(problem.begin_task, problem.end_task, 1, task)
    f.ret()


class _Dot:
    """The results `start`.. of one batch, of `length` in all."""

    def __init__(
        self, problem: Problem, batch: Index, start: Index, length: Index, kept: Value
    ) -> None:
        f, spec = problem.f, problem.spec
        self.f, self.problem, self.start, self.length = f, problem, start, length
        self.lanes, self.kept = problem.plan.lanes, kept
        self.vector = problem.type.vector(self.lanes)
        a = f.gep(problem.a, f.imul(batch, problem.a_strides[0]), memory_type(spec.a))
        b = f.gep(problem.b, f.imul(batch, problem.b_strides[0]), memory_type(spec.b))
        _, a_row, a_k = problem.a_strides
        _, b_k, b_column = problem.b_strides
        if problem.plan.along == "m":
            self.matrix, self.across, self.along, self.dtype = a, a_row, a_k, spec.a
            self.other, self.step, self.other_dtype = b, b_k, spec.b
        else:
            self.matrix, self.across, self.along, self.dtype = b, b_column, b_k, spec.b
            self.other, self.step, self.other_dtype = a, a_k, spec.a
        self.element = memory_type(self.dtype)

    def rows(self) -> Value:
        """One vector of chains for each row of the matrix."""
        f, lanes, length = self.f, self.lanes, self.length
        count = min(length, lanes) if isinstance(length, int) else lanes
        lines = []
        for i in range(count):
            row = f.imin(f.iadd(self.start, i), f.isub(length, 1)) if i else self.start
            lines.append(f.gep(self.matrix, f.imul(row, self.across), self.element))

        def step(k: Index, rest: Index | None) -> None:
            column = self._along(self.other, self.other_dtype, self.step, k, rest)
            for i, line in enumerate(lines):
                self._add(i, self._along(line, self.dtype, self.along, k, rest), column)

        self._walk(step, count)
        sums = [self._sum(i) for i in range(count)] + [zero(self.vector)] * (lanes - count)
        return self._tree(transpose(f, sums))

    def columns(self) -> list[Value]:
        """One vector of results for each chain, `vectors` times side by side."""
        f, lanes, vectors = self.f, self.lanes, self.problem.plan.vectors
        start = f.gep(self.matrix, self.start, self.element)
        left = f.isub(self.length, self.start)
        masks = [f.lane_mask(f.isub(left, j * lanes), lanes) for j in range(vectors)]
        kind = self.element.vector(lanes)
        whole = isinstance(self.length, int) and self.length % (lanes * vectors) == 0

        def step(k: Index, rest: Index | None) -> None:
            for i in range(lanes):
                at = self._clamp(k, i, rest)
                row = f.gep(start, f.imul(at, self.along), self.element)
                element = memory_type(self.other_dtype)
                scalar = f.gep(self.other, f.imul(at, self.step), element)
                factor = self._widen(f.load(element, scalar), self.other_dtype)
                spread = f.splat(factor, lanes)
                for j in range(vectors):
                    place = f.gep(row, j * lanes, self.element)
                    loaded = f.load(kind, place) if whole else f.masked_load(kind, place, masks[j])
                    self._add(i * vectors + j, *self._exist(i, rest, loaded, spread))

        self._walk(step, lanes * vectors)
        return [
            self._tree([self._sum(i * vectors + j) for i in range(lanes)]) for j in range(vectors)
        ]

    def _exist(self, i: int, rest: Index | None, a: Value, b: Value) -> tuple[Value, Value]:
        """Both factors, or zeros if element `i` of a rest of k does not exist."""
        f = self.f
        a = self._widen(a, self.dtype)
        if rest is None:
            return a, b
        exists = f.compare("icmp slt", constant(I64, i), f.index(rest))
        return f.select(exists, a, zero(self.vector)), f.select(exists, b, zero(self.vector))

    def _walk(self, step: Step, count: int) -> None:
        """All k, `lanes` at a time; what is left over is filled up with zeros."""
        f, k = self.f, self.problem.k
        self.sums = [zero(self.vector)] * count
        self.in_registers = count <= self.lanes
        if not self.in_registers:
            for i in range(count):
                f.store(self.sums[i], self._slot(i))
        rest = f.irem(k, self.lanes)
        whole = f.isub(k, rest)

        def turn(at: Index, inner: list[Value], left: Index | None) -> list[Value]:
            self.sums = list(inner)
            step(at, left)
            return self.sums

        carried = self.sums if self.in_registers else []
        after = f.loop(0, whole, self.lanes, lambda i, inner: turn(i, inner, None), carried)
        if isinstance(rest, int):
            self.sums = turn(whole, after, rest) if rest else after
            return
        some = f.compare("icmp sgt", rest, constant(I64, 0))
        self.sums = f.choose(some, lambda: turn(whole, after, rest), lambda: after)

    def _slot(self, i: int) -> Value:
        return self.f.gep(self.kept, i * self.lanes, self.problem.type)

    def _sum(self, i: int) -> Value:
        return self.sums[i] if self.in_registers else self.f.load(self.vector, self._slot(i))

    def _add(self, i: int, a: Value, b: Value) -> None:
        """Add a * b to chain `i`."""
        total = multiply_add(self.f, self.problem.plan.target, a, b, self._sum(i))
        if self.in_registers:
            self.sums[i] = total
        else:
            self.f.store(total, self._slot(i))

    def _widen(self, value: Value, dtype: DType) -> Value:
        problem = self.problem
        return widen(self.f, problem.plan.target, value, dtype, problem.spec.accumulator)

    def _along(
        self, base: Value, dtype: DType, stride: Index, k: Index, rest: Index | None
    ) -> Value:
        """`lanes` elements over k from `k`; if `rest` is given, only so many exist."""
        f, element = self.f, memory_type(dtype)
        kind = element.vector(self.lanes)
        if stride == 1:
            place = f.gep(base, k, element)
            if rest is None:
                return self._widen(f.load(kind, place), dtype)
            mask = f.lane_mask(rest, self.lanes)
            return self._widen(f.masked_load(kind, place, mask), dtype)
        vector = zero(kind)
        for i in range(self.lanes):
            offset = f.imul(self._clamp(k, i, rest), stride)
            vector = f.insert(vector, f.load(element, f.gep(base, offset, element)), i)
        if rest is not None:
            vector = f.select(f.lane_mask(rest, self.lanes), vector, zero(kind))
        return self._widen(vector, dtype)

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
