"""Attention: a task is some queries of one head, which look at all keys block by block.

After each block a query knows the largest score so far, and the sums of the exponentials of its
scores less that, alone and times the values; a larger score rescales both (Milakov and
Gimelshein, Online normalizer calculation for softmax, 2018). The matrix of scores is nowhere.
"""

from __future__ import annotations

from pentad.codegen.llvm.attention_grad import emit_gradients
from pentad.codegen.llvm.attention_tile import BLOCK, Matrix, Tiles, Vectors
from pentad.codegen.llvm.ir import Index, Module, Value, constant, zero
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
        self.turned = tiles.scratch(spec.width)
        self.weights = tiles.scratch(BLOCK)
        self.sums = tiles.scratch(spec.value_width)

    def emit(self) -> None:
        f, t = self.f, self.t
        blocks = f.idiv(f.iadd(t.count, t.queries - 1), t.queries)

        def task(i: Value, _: list[Value]) -> None:
            self._task(f.idiv(i, blocks), f.imul(f.irem(i, blocks), t.queries))

        f.loop(f.arguments[2], f.arguments[3], 1, task)

    def _task(self, head: Index, first: Index) -> None:
        f, t, spec = self.f, self.t, self.t.spec
        count = f.imin(t.queries, f.isub(t.count, first))
        q, k, v, out = (t.of_head(slot, head) for slot in range(4))
        t.pack(t.below(q, first), count, spec.width, self.turned)
        t.scaled(self.turned, spec.width)
        nothing = [zero(t.vector)] * t.vectors
        f.loop(0, spec.value_width, 1, lambda i, _: t.store(self.sums, i, nothing))
        reach, positions = t.reach(first, count), t.positions(first)

        def block(at: Value, carried: list[Value]) -> list[Value]:
            n = f.imin(BLOCK, f.isub(reach, at))
            return self._block(at, n, t.below(k, at), t.below(v, at), positions, carried)

        lowest = [constant(t.vector, float("-inf"))] * t.vectors
        state = f.loop(0, reach, BLOCK, block, [*lowest, *nothing])
        self._finish(state[: t.vectors], state[t.vectors :], out.at, first, count)

    def _block(
        self, at: Index, n: Index, k: Matrix, v: Matrix, positions: Vectors, carried: Vectors
    ) -> Vectors:
        """The peaks and totals after `n` more keys; `sums` takes in their values."""
        f, t, spec = self.f, self.t, self.t.spec
        peaks, totals = carried[: t.vectors], carried[t.vectors :]
        t.product(n, spec.width, k, self.turned, lambda i, x: t.store(self.weights, i, x))

        def highest(i: Value, peaks: Vectors) -> Vectors:
            x = t.load(self.weights, i)
            if spec.causal:
                x = t.seen(x, f.iadd(at, i), positions, float("-inf"))
                t.store(self.weights, i, x)
            return t.map(self.k.max, peaks, x)

        after = f.loop(0, n, 1, highest, peaks)
        shrink = t.map(lambda old, new: self.k.weight(self.k.sub(old, new)), peaks, after)

        def weigh(i: Value, totals: Vectors) -> Vectors:
            x = t.load(self.weights, i)
            w = t.map(lambda x, peak: self.k.weight(self.k.sub(x, peak)), x, after)
            t.store(self.weights, i, w)
            return t.map(self.k.add, totals, w)

        totals = f.loop(0, n, 1, weigh, t.map(self.k.mul, totals, shrink))
        t.product(
            spec.value_width, n, Matrix(v.at, 1, v.row), self.weights,
            lambda i, x: t.store(self.sums, i, x),
            lambda i: t.map(self.k.mul, t.load(self.sums, i), shrink),
        )  # fmt: skip
        return [*after, *totals]

    def _finish(
        self, peaks: Vectors, totals: Vectors, out: Value, first: Index, count: Index
    ) -> None:
        """Divide by the totals; write the rows and the logarithms."""
        f, t, e = self.f, self.t, self.t.spec.value_width

        def divide(i: Value, _: list[Value]) -> None:
            t.store(self.sums, i, t.map(self.k.div, t.load(self.sums, i), totals))

        f.loop(0, e, 1, divide)
        t.unpack(self.sums, e, f.gep(out, f.imul(first, e), t.element), count)
        logs = t.map(lambda p, s: self.k.add(p, self.k.log(s)), peaks, totals)
        row = f.gep(out, f.iadd(f.imul(t.count, e), first), t.element)
        for j, (x, mask) in enumerate(zip(logs, t.lane_masks(count), strict=True)):
            self.k.store(Lane(x, t.spec.dtype), f.gep(row, j * t.lanes, t.element), mask)
