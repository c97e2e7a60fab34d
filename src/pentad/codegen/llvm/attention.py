"""Attention: a task is some queries of one head, which look at all keys block by block.

After each block a query knows the largest score so far, and the sums of the exponentials of its
scores less that, alone and times the values; a larger score rescales both (Milakov and
Gimelshein, Online normalizer calculation for softmax, 2018). The matrix of scores is nowhere.
"""

from __future__ import annotations

from collections.abc import Callable

from pentad.codegen.llvm.attention_grad import emit_gradients
from pentad.codegen.llvm.attention_tile import BLOCK, Columns, Matrix, Tiles, Vectors
from pentad.codegen.llvm.ir import I64, Index, Module, Value, constant, zero
from pentad.codegen.llvm.vmath import Lane
from pentad.schedule.spec import AttentionKernel
from pentad.target.cpu import CpuTarget


def emit_attention(module: Module, name: str, spec: AttentionKernel, target: CpuTarget) -> None:
    """Emit the kernel `name` of attention or of its gradients."""
    tiles = Tiles(module, name, spec, target)
    if spec.gradient:
        emit_gradients(tiles)
    else:
        _Forward(tiles).emit()
    tiles.f.ret()


class _Forward:
    def __init__(self, tiles: Tiles) -> None:
        self.t, self.f, self.k = tiles, tiles.f, tiles.k
        spec = tiles.spec
        self.blocks = spec.task_queries(tiles.target) // tiles.queries
        self.d, self.e = spec.width, spec.value_width
        self.turned = tiles.scratch(self.blocks * self.d)
        self.peaks, self.totals = tiles.scratch(self.blocks), tiles.scratch(self.blocks)
        self.sums = Matrix(tiles.scratch(self.blocks * self.e).at, self.e)
        self.weights, self.factors = tiles.scratch(BLOCK), tiles.scratch(1)
        self.near_keys, self.near_values = tiles.room(self.d), tiles.room(self.e)

    def emit(self) -> None:
        f, t = self.f, self.t
        size = self.blocks * t.queries
        tasks = f.idiv(f.iadd(t.count, size - 1), size)

        def task(i: Value, _: list[Value]) -> None:
            self._task(f.idiv(i, tasks), f.imul(f.irem(i, tasks), size), size)

        f.loop(f.arguments[2], f.arguments[3], 1, task)

    def _task(self, head: Index, first: Index, size: int) -> None:
        f, t = self.f, self.t
        q, k, v, out = (t.of_head(slot, head) for slot in range(4))
        count = f.imin(size, f.isub(t.count, first))
        blocks = f.idiv(f.iadd(count, t.queries - 1), t.queries)

        def each(body: Callable[[Value, Index, Index], None]) -> None:
            """For each block its number, its first query, how many it has."""

            def block(j: Value, _: list[Value]) -> None:
                start = f.iadd(first, f.imul(j, t.queries))
                body(j, start, f.imin(t.queries, f.isub(t.count, start)))

            f.loop(0, blocks, 1, block)

        def keys(at: Value, _: list[Value]) -> None:
            n = f.imin(BLOCK, f.isub(reach, at))
            some_keys = t.close(t.below(k, at), n, self.d, self.near_keys)
            values = t.close(t.below(v, at), n, self.e, self.near_values)
            each(lambda j, start, count: self._keys(j, start, count, at, some_keys, values))

        reach = t.reach(first, count)
        each(lambda j, start, count: self._begin(j, t.below(q, start), count))
        f.loop(0, reach, BLOCK, keys)
        each(lambda j, start, count: self._finish(j, out.at, start, count))

    def _turned(self, j: Index) -> Matrix:
        return self.t.below(self.turned, self.f.imul(j, self.d))

    def _sums(self, j: Index) -> Matrix:
        return self.t.below(self.sums, self.f.imul(j, self.t.queries))

    def _begin(self, j: Index, q: Matrix, count: Index) -> None:
        t, turned = self.t, self._turned(j)
        t.pack(q, count, self.d, turned)
        t.scaled(turned, self.d)
        nothing = [zero(t.vector)] * t.vectors
        t.store(self.peaks, j, [constant(t.vector, float("-inf"))] * t.vectors)
        t.store(self.totals, j, nothing)
        sums = Matrix(self._sums(j).at, t.queries)
        self.f.loop(0, self.e, 1, lambda i, _: t.store(sums, i, nothing))

    def _keys(
        self, j: Index, first: Index, count: Index, at: Index, keys: Matrix, values: Matrix
    ) -> None:
        """Take in some keys, if the queries may look at them."""
        f, t = self.f, self.t
        n = f.imin(BLOCK, f.isub(t.reach(first, count), at))
        if not t.spec.causal:
            self._take(j, first, at, n, keys, values)
            return
        with f.when(f.compare("icmp sgt", f.index(n), constant(I64, 0))):
            self._take(j, first, at, n, keys, values)

    def _take(
        self, j: Index, first: Index, at: Index, n: Index, keys: Matrix, values: Matrix
    ) -> None:
        f, t = self.f, self.t
        peaks, totals = t.load(self.peaks, j), t.load(self.totals, j)
        columns = t.columns(self._turned(j))
        t.product(n, self.d, keys, columns, lambda i, x: t.store(self.weights, i, x))

        t.hide(self.weights, first, at, n, float("-inf"))
        after = self._highest(n, peaks)
        shrink = t.map(lambda old, new: self.k.weight(self.k.sub(old, new)), peaks, after)

        def weigh(i: Value, totals: Vectors) -> Vectors:
            x = t.load(self.weights, i)
            w = t.map(lambda x, peak: self.k.weight(self.k.sub(x, peak)), x, after)
            t.store(self.weights, i, w)
            return t.map(self.k.add, totals, w)

        totals = f.loop(0, n, 1, weigh, t.map(self.k.mul, totals, shrink))
        t.store(self.peaks, j, after)
        t.store(self.totals, j, totals)
        t.store(self.factors, 0, shrink)
        by_query = Matrix(self.weights.at, 1, self.weights.row)
        t.add_product(t.queries, n, by_query, values, self._sums(j), self.e, self.factors.at)

    def _highest(self, n: Index, peaks: Vectors) -> Vectors:
        """The largest of `peaks` and `n` scores, some at a time."""
        f, t = self.f, self.t

        def larger(a: Vectors, b: Vectors) -> Vectors:
            return t.map(self.k.max, a, b)

        def some(i: Value, peaks: Vectors) -> Vectors:
            a, b, c, d = (t.load(self.weights, f.iadd(i, u)) for u in range(4))
            return larger(peaks, larger(larger(a, b), larger(c, d)))

        rest = f.isub(n, f.irem(n, 4))
        peaks = f.loop(0, rest, 4, some, peaks)
        return f.loop(rest, n, 1, lambda i, found: larger(found, t.load(self.weights, i)), peaks)

    def _finish(self, j: Index, out: Value, first: Index, count: Index) -> None:
        """Divide by the totals; write the rows and the logarithms."""
        f, t = self.f, self.t
        peaks, totals = t.load(self.peaks, j), t.load(self.totals, j)
        one = [constant(t.vector, 1.0)] * t.vectors
        t.store(self.factors, 0, t.map(self.k.div, one, totals))
        sums = Columns(t, self._sums(j), self.e)
        rows = Columns(t, Matrix(f.gep(out, f.imul(first, self.e), t.element), self.e), self.e)

        def divide(i: Value, _: list[Value]) -> None:
            x = f.splat(f.load(t.element, t.place(self.factors, 0, i)), t.lanes)
            rows.write(i, [f.binary("fmul", s, x) for s in sums.read(i)])

        f.loop(0, count, 1, divide)
        logs = t.map(lambda p, s: self.k.add(p, self.k.log(s)), peaks, totals)
        row = f.gep(out, f.iadd(f.imul(t.count, self.e), first), t.element)
        for i, (x, mask) in enumerate(zip(logs, t.lane_masks(count), strict=True)):
            self.k.store(Lane(x, t.spec.dtype), f.gep(row, i * t.lanes, t.element), mask)
