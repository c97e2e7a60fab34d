"""GEMM kernels: tasks -> blocks of tiles -> tiles, for known and for run-time sizes alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pentad.codegen.llvm.gemm_dot import emit_dot
from pentad.codegen.llvm.gemm_finish import emit_finish
from pentad.codegen.llvm.gemm_pack import a_layout, b_layout, pack_panel
from pentad.codegen.llvm.gemm_problem import Problem
from pentad.codegen.llvm.gemm_tile import Finish, Tile, emit_tile, prefetch
from pentad.codegen.llvm.ir import I64, VOID, Index, Module, Value, constant
from pentad.schedule.gemm_spec import GemmPlan, GemmSpec, in_pairs

__all__ = ["Finish", "emit_gemm"]

_FEW_VECTORS = 3  # of a row whose epilogues may stand side by side


def emit_gemm(
    module: Module, name: str, spec: GemmSpec, plan: GemmPlan, finish: Finish
) -> None:
    """Emit the kernel `name`: buffers 0 = A, 1 = B, 2 = workspace, then the epilogue's own.

    The kernel's parallel index space is `plan.tasks(spec)`; if the plan packs an operand, the
    kernel of `emit_pack_a` or `emit_pack_b` must have run before. Sums go to `finish` only.
    """
    if plan.dot:
        emit_dot(module, name, spec, plan, finish)
        return
    problem = Problem.begin(module, name, spec, plan)
    _Gemm(problem, name, finish).emit()
    problem.f.ret()


class _Gemm:
    def __init__(self, problem: Problem, name: str, finish: Finish) -> None:
        self.problem, self.name, self.finish = problem, name, finish
        self.f, self.spec, self.plan = problem.f, problem.spec, problem.plan
        plan = self.plan
        self.static = isinstance(problem.m, int) and isinstance(problem.n, int)
        self.unroll = plan.unroll and self.static  # masks of a tile that are not known take a loop
        self.blocked = not isinstance(problem.k, int) or problem.k > plan.kc
        self.a_strides, self.b_strides = a_layout(problem), b_layout(problem)
        tile = plan.rows * plan.width
        size = tile * plan.block_tiles * plan.block_panels if self.blocked else tile
        self.kept = self.f.alloca(problem.type, size)
        self.packed = self.f.alloca(problem.type, self._longest() * plan.width)

    def _longest(self) -> int:
        """The longest k that a task packs; 0 if it packs nothing."""
        plan, k = self.plan, self.problem.k
        most = min(plan.kc, k) if isinstance(k, int) else plan.kc
        return most if plan.local_b else 0

    def emit(self) -> None:
        f, plan, problem = self.f, self.plan, self.problem
        tile_blocks = f.idiv(f.iadd(problem.tiles, plan.block_tiles - 1), plan.block_tiles)
        panel_blocks = f.idiv(f.iadd(problem.panels, plan.block_panels - 1), plan.block_panels)

        def task(t: Value, _: list[Value]) -> None:
            rest = f.idiv(t, panel_blocks)
            first_panel = f.imul(f.irem(t, panel_blocks), plan.block_panels)
            first_tile = f.imul(f.irem(rest, tile_blocks), plan.block_tiles)
            self._block(f.idiv(rest, tile_blocks), first_tile, first_panel)

        f.loop(problem.begin_task, problem.end_task, 1, task)

    def _block(self, batch: Index, first_tile: Index, first_panel: Index) -> None:
        """One task: its tiles of rows by its panels of columns, k in blocks."""
        f, plan, problem = self.f, self.plan, self.problem
        tiles = first_tile, f.imin(f.iadd(first_tile, plan.block_tiles), problem.tiles)
        panels = first_panel, f.imin(f.iadd(first_panel, plan.block_panels), problem.panels)
        if not self.blocked:
            self._panels(batch, tiles, panels, 0, problem.k)
            return
        blocks = f.imax(1, f.idiv(f.iadd(problem.k, plan.kc - 1), plan.kc))

        def block(i: Value, _: list[Value]) -> None:
            start = f.imul(i, plan.kc)
            self._panels(batch, tiles, panels, start, f.imin(plan.kc, f.isub(problem.k, start)))

        f.loop(0, blocks, 1, block)

    def _panels(
        self,
        batch: Index,
        tiles: tuple[Index, Index],
        panels: tuple[Index, Index],
        start: Index,
        count: Index,
    ) -> None:
        f, plan, problem = self.f, self.plan, self.problem

        def panel(p: Index, columns: int | None) -> None:
            column = f.imul(p, plan.width)
            width = columns or f.imin(plan.width, f.isub(problem.n, column))
            nth = f.imul(f.isub(p, panels[0]), plan.block_tiles)
            at = _Place(batch, self._b(batch, p, column, width, start, count), column, width,
                        start, count, nth)
            self._tiles(tiles, at, columns)

        if not self.static:
            f.loop(*panels, 1, lambda p, _: panel(p, None))
            return
        whole, rest = divmod(problem.n, plan.width)
        if whole:
            f.loop(panels[0], f.imin(panels[1], whole), 1, lambda p, _: panel(p, plan.width))
        if rest:
            f.loop(f.imax(panels[0], whole), panels[1], 1, lambda p, _: panel(p, rest))

    def _b(
        self, batch: Index, p: Index, column: Index, width: Index, start: Index, count: Index
    ) -> Value:
        """Where the tiles find B; packed there first if the task does that."""
        problem = self.problem
        if not self.plan.local_b:
            return problem.b_panel(batch, p, column, start)
        source = problem.b_source(batch, column, start)
        pack_panel(problem, source, self.packed, count, width)
        return self.packed

    def _tiles(self, tiles: tuple[Index, Index], at: _Place, columns: int | None) -> None:
        f, problem = self.f, self.problem

        def known(rows: int) -> Callable[[Value, list[Value]], None]:
            return lambda t, _: self._tile(rows, columns, self._arguments(t, tiles[0], at))

        if self.static:
            if problem.longer:
                end = f.imin(tiles[1], problem.longer)
                f.loop(tiles[0], end, 1, known(problem.rows + 1))
            if problem.rows:
                f.loop(f.imax(tiles[0], problem.longer), tiles[1], 1, known(problem.rows))
            return

        def any_rows(t: Value, _: list[Value]) -> None:
            given = self._arguments(t, tiles[0], at)
            self._switch(problem.tile_rows(t), given)

        f.loop(*tiles, 1, any_rows)

    def _arguments(self, t: Value, first_tile: Index, at: _Place) -> dict[str, Index]:
        """The arguments that a tile may want, by name."""
        f, plan, problem = self.f, self.plan, self.problem
        row = problem.tile_start(t)
        kept = self.kept
        if self.blocked:
            nth = f.iadd(at.nth, f.isub(t, first_tile))
            kept = f.gep(kept, f.imul(nth, plan.rows * plan.width), problem.type)
        return {
            "a": problem.a_tile(at.batch, t, row, at.start),
            "b": at.b,
            "kept": kept,
            "batch": at.batch, "row": f.opaque(f.index(row)), "column": at.column,
            "width": at.width,
            "k": at.count,
            "first": self._flag("eq", at.start, 0),
            "end": self._flag("eq", f.iadd(at.start, at.count), problem.k),
            "a_row": self.a_strides[0], "a_k": self.a_strides[1], "b_k": self.b_strides,
        }  # fmt: skip

    def _flag(self, relation: str, a: Index, b: Index) -> Index:
        f = self.f
        if isinstance(a, int) and isinstance(b, int):
            return int(a == b)
        return f.convert("zext", f.compare(f"icmp {relation}", f.index(a), f.index(b)), "i64")

    def _switch(self, rows: Index, given: dict[str, Index]) -> None:
        """Call the tile for a number of rows, and of columns, that is known at run time."""
        f, plan = self.f, self.plan
        done = f.new_label("done")
        cases = {i: f.new_label("rows") for i in range(1, plan.rows + 1)}
        listed = " ".join(f"i64 {i}, label %{label}" for i, label in cases.items())
        f.emit(f"switch {f.index(rows)}, label %{done} [{listed}]")
        for i, label in cases.items():
            f.label(label)
            self._tile(i, None, given)
            f.branch(done)
        f.label(done)

    def _tile(self, rows: int, columns: int | None, given: dict[str, Index]) -> None:
        """Call the tile of `rows` rows, and the epilogue if it is not part of the tile."""
        f, plan = self.f, self.plan
        if not self.unroll:
            prefetch(f, self._shape(rows, columns), self.finish, given)
        if columns is None and not plan.pack_b:
            full = f.compare("icmp eq", f.index(given["width"]), constant(I64, plan.width))
            f.choose(
                full,
                lambda: self._call(self._shape(rows), given),
                lambda: self._call(self._shape(rows, masked=True), given),
            )
        else:
            self._call(self._shape(rows, columns), given)
        if self.unroll:
            return
        words = ("kept", "batch", "row", "column", "width")
        values = [f.index(given[w]) for w in words]
        values.insert(1, constant(I64, rows))
        finisher = self._finisher(columns)

        def finish() -> list[Value]:
            f.call(finisher, VOID, *f.arguments[:2], *values)
            return []

        end = given["end"]
        if isinstance(end, int):
            finish()
        else:
            f.choose(f.compare("icmp ne", end, constant(I64, 0)), finish, list)

    def _finisher(self, columns: int | None) -> str:
        """The function of the epilogue: for the known width of a tile, unless that is many
        vectors, or for all widths."""
        shape = self._shape(1, columns)
        if columns is None or shape.vectors > _FEW_VECTORS:
            shape = replace(self._shape(1), last=None)
        return emit_finish(self.f.module, self.name, shape, self.finish)

    def _call(self, tile: Tile, given: dict[str, Index]) -> list[Value]:
        f = self.f
        callee = emit_tile(f.module, self.name, tile, self.finish)
        pointers = [given["a"], given["b"], given["kept"]]
        words = [f.index(given[w]) for w in tile.words]
        f.call(callee, VOID, *f.arguments[:2], *pointers, *words)
        return []

    def _shape(self, rows: int, columns: int | None = None, masked: bool = False) -> Tile:
        plan, spec, problem = self.plan, self.spec, self.problem
        columns = columns or plan.width
        vectors = -(-columns // plan.lanes)
        fixed = [s if isinstance(s, int) else None for s in (*self.a_strides, self.b_strides)]
        whole = not self.blocked or (isinstance(problem.k, int) and problem.k % plan.kc == 0)
        count = plan.kc if self.blocked else problem.k
        wide = spec.accumulator
        return Tile(
            plan.target, rows, vectors, plan.lanes, plan.width,
            wide if plan.pack_a else spec.a, wide if plan.pack_b else spec.b, wide,
            *fixed, count if whole else None,
            masked=masked, last=columns - (vectors - 1) * plan.lanes, packed=plan.pack_b,
            unroll=self.unroll, partial=self.blocked, pairs=in_pairs(spec, plan.target),
        )  # fmt: skip


class _Place:
    """Where a panel of a block stands: its batch, B, columns, part of k, place in the block."""

    def __init__(
        self,
        batch: Index,
        b: Value,
        column: Index,
        width: Index,
        start: Index,
        count: Index,
        nth: Index,
    ) -> None:
        self.batch, self.b, self.column, self.width = batch, b, column, width
        self.start, self.count, self.nth = start, count, nth
