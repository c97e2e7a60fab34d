"""The gradients of attention: a task is a head, in which the queries come in order.

The weights are worked out again, from the logarithms of their sums: w = exp(score - log sum). With
c = w * (g . v - mean), the gradients are c k by q, c^T q by k and w^T g by v; `mean` is g . out
less the cotangent of the logarithm.
"""

from __future__ import annotations

from pentad.codegen.llvm.attention_tile import BLOCK, Matrix, Tiles, Vectors
from pentad.codegen.llvm.ir import Index, Value, zero
from pentad.codegen.llvm.vmath import Lane


def emit_gradients(tiles: Tiles) -> None:
    """Emit the body of the kernel."""
    f, gradients = tiles.f, _Gradients(tiles)
    f.loop(f.arguments[2], f.arguments[3], 1, lambda head, _: gradients.task(head))


class _Gradients:
    def __init__(self, tiles: Tiles) -> None:
        self.t, self.f, self.k = tiles, tiles.f, tiles.k
        spec = tiles.spec
        self.d, self.e = spec.width, spec.value_width
        self.turned, self.of_q = tiles.scratch(self.d), tiles.scratch(self.d)
        self.g_turned, self.out_turned = tiles.scratch(self.e), tiles.scratch(self.e)
        self.weights, self.change = tiles.scratch(BLOCK), tiles.scratch(BLOCK)

    def task(self, head: Index) -> None:
        """All queries of a head, some at a time."""
        f, t = self.f, self.t
        self.q, self.keys, self.values, self.result, self.g, self.g_sums, out = (
            t.of_head(slot, head) for slot in range(7)
        )
        after_q = f.imul(t.count, self.d)
        after_k = f.iadd(after_q, f.imul(t.keys, self.d))
        self.out = out.at
        self.of_k = Matrix(f.gep(out.at, after_q, t.element), self.d)
        self.of_v = Matrix(f.gep(out.at, after_k, t.element), self.e)
        self._clear(self.of_k.at, f.imul(t.keys, self.d + self.e))
        f.loop(0, t.count, t.queries, lambda first, _: self._queries(first))

    def _clear(self, at: Value, count: Index) -> None:
        f, t = self.f, self.t
        rest = f.irem(count, t.lanes)
        whole = f.isub(count, rest)
        nothing = Lane(zero(t.vector), t.spec.dtype)
        f.loop(0, whole, t.lanes,
               lambda i, _: self.k.store(nothing, f.gep(at, i, t.element)))  # fmt: skip
        end = f.gep(at, whole, t.element)
        self.k.store(nothing, end, f.lane_mask(rest, t.lanes))

    def _queries(self, first: Index) -> None:
        f, t = self.f, self.t
        count = f.imin(t.queries, f.isub(t.count, first))
        q, g = t.below(self.q, first), t.below(self.g, first)
        found = Matrix(f.gep(self.result.at, f.imul(first, self.e), t.element), self.e)
        t.pack(q, count, self.d, self.turned)
        t.scaled(self.turned, self.d)
        t.pack(g, count, self.e, self.g_turned)
        t.pack(found, count, self.e, self.out_turned)
        logs = self._row(self.result.at, f.iadd(f.imul(t.count, self.e), first), count)
        mean = self._mean(self._row(self.g_sums.at, first, count))
        nothing = [zero(t.vector)] * t.vectors
        f.loop(0, self.d, 1, lambda i, _: t.store(self.of_q, i, nothing))
        reach, positions = t.reach(first, count), t.positions(first)

        def block(at: Value, _: list[Value]) -> None:
            n = f.imin(BLOCK, f.isub(reach, at))
            self._weigh(at, n, logs, mean, positions)
            self._add(at, n, q, g, count)

        f.loop(0, reach, BLOCK, block)
        t.unpack(self.of_q, self.d, f.gep(self.out, f.imul(first, self.d), t.element), count)

    def _row(self, at: Value, first: Index, count: Index) -> Vectors:
        """A number for each query; 0 for those that do not exist."""
        f, t = self.f, self.t
        row = f.gep(at, first, t.element)
        return [
            self.k.load(f.gep(row, j * t.lanes, t.element), t.spec.dtype, t.lanes, mask).value
            for j, mask in enumerate(t.lane_masks(count))
        ]

    def _mean(self, g_sums: Vectors) -> Vectors:
        """g . out - g_sums of each query."""
        f, t, k = self.f, self.t, self.k

        def add(i: Value, total: Vectors) -> Vectors:
            g, found = t.load(self.g_turned, i), t.load(self.out_turned, i)
            return t.map(k.add, total, t.map(k.mul, g, found))

        total = f.loop(0, self.e, 1, add, [zero(t.vector)] * t.vectors)
        return t.map(k.sub, total, g_sums)

    def _weigh(
        self, at: Index, n: Index, logs: Vectors, mean: Vectors, positions: Vectors
    ) -> None:
        """The weights of `n` keys, and the changes of their scores, times the scale."""
        f, t, k = self.f, self.t, self.k
        keys, values = t.below(self.keys, at), t.below(self.values, at)

        def weight(i: Index, scores: Vectors) -> None:
            w = t.map(lambda s, log: k.weight(k.sub(s, log)), scores, logs)
            t.store(self.weights, i, t.seen(w, f.iadd(at, i), positions, 0.0))

        def change(i: Index, inner: Vectors) -> None:
            w = t.load(self.weights, i)
            c = t.map(lambda w, x, m: k.mul(w, k.sub(x, m)), w, inner, mean)
            t.store(self.change, i, [f.binary("fmul", x, t.scale) for x in c])

        t.product(n, self.d, keys, self.turned, weight)
        t.product(n, self.e, values, self.g_turned, change)

    def _add(self, at: Index, n: Index, q: Matrix, g: Matrix, count: Index) -> None:
        """What these keys and queries add to the three gradients."""
        t = self.t
        keys = t.below(self.keys, at)
        t.product(
            self.d, n, Matrix(keys.at, 1, keys.row), self.change,
            lambda i, x: t.store(self.of_q, i, x), lambda i: t.load(self.of_q, i),
        )  # fmt: skip
        self._outer(n, count, self.change, q, t.below(self.of_k, at), self.d)
        self._outer(n, count, self.weights, g, t.below(self.of_v, at), self.e)

    def _outer(
        self, n: Index, count: Index, a: Matrix, b: Matrix, target: Matrix, width: int
    ) -> None:
        """target += a [n, queries] times b [queries, width], some columns at a time."""
        t = self.t
        for start in range(0, width, t.queries):
            left = range(min(width - start, t.queries), 0, -t.lanes)
            masks = [None if h >= t.lanes else t.f.lane_mask(h, t.lanes) for h in left]
            wanted = _Columns(t, Matrix(t.place(target, 0, start), target.row), masks)
            columns = Matrix(t.place(b, 0, start), b.row)
            t.product(n, count, a, columns, wanted.write, wanted.read, masks)


class _Columns:
    """Some columns of a matrix in memory; masks say which of those of each vector exist."""

    def __init__(self, tiles: Tiles, m: Matrix, masks: list[Value | None]) -> None:
        self.t, self.m, self.masks = tiles, m, masks

    def _places(self, row: Index) -> Vectors:
        return [self.t.place(self.m, row, j * self.t.lanes) for j in range(len(self.masks))]

    def read(self, row: Index) -> Vectors:
        """Vectors of a row."""
        t, dtype = self.t, self.t.spec.dtype
        pairs = zip(self._places(row), self.masks, strict=True)
        return [t.k.load(place, dtype, t.lanes, mask).value for place, mask in pairs]

    def write(self, row: Index, vectors: Vectors) -> None:
        """Write them."""
        dtype = self.t.spec.dtype
        for x, place, mask in zip(vectors, self._places(row), self.masks, strict=True):
            self.t.k.store(Lane(x, dtype), place, mask)
