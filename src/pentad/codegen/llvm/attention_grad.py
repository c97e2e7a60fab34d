"""The gradients of attention: a task is a head, some keys at a time, for which the queries come in
order.

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
        self.turned = tiles.scratch(self.d)
        self.g_turned, self.out_turned = tiles.scratch(self.e), tiles.scratch(self.e)
        self.weights, self.change = tiles.scratch(BLOCK), tiles.scratch(BLOCK)
        self.near_keys, self.near_values = tiles.room(self.d), tiles.room(self.e)

    def task(self, head: Index) -> None:
        """All queries of a head, some at a time, for some keys at a time."""
        f, t = self.f, self.t
        self.q, self.keys, self.values, self.result, self.g, self.g_sums, out = (
            t.of_head(slot, head) for slot in range(7)
        )
        after_q = f.imul(t.count, self.d)
        after_k = f.iadd(after_q, f.imul(t.keys, self.d))
        self.of_q = Matrix(out.at, self.d)
        self.of_k = Matrix(f.gep(out.at, after_q, t.element), self.d)
        self.of_v = Matrix(f.gep(out.at, after_k, t.element), self.e)
        self._clear(out.at, f.iadd(after_k, f.imul(t.keys, self.e)))
        f.loop(0, t.keys, BLOCK, lambda at, _: self._keys(at))

    def _clear(self, at: Value, count: Index) -> None:
        f, t = self.f, self.t
        rest = f.irem(count, t.lanes)
        whole = f.isub(count, rest)
        nothing = Lane(zero(t.vector), t.spec.dtype)
        f.loop(0, whole, t.lanes,
               lambda i, _: self.k.store(nothing, f.gep(at, i, t.element)))  # fmt: skip
        end = f.gep(at, whole, t.element)
        self.k.store(nothing, end, f.lane_mask(rest, t.lanes))

    def _keys(self, at: Index) -> None:
        """All that the keys from `at` on have to do with the queries that may look at them."""
        f, t = self.f, self.t
        count = f.imin(BLOCK, f.isub(t.keys, at))
        keys = t.close(t.below(self.keys, at), count, self.d, self.near_keys)
        values = t.close(t.below(self.values, at), count, self.e, self.near_values)
        start = at if t.spec.causal else 0
        f.loop(start, t.count, t.queries, lambda i, _: self._queries(i, at, keys, values))

    def _queries(self, first: Index, at: Index, keys: Matrix, values: Matrix) -> None:
        f, t = self.f, self.t
        count = f.imin(t.queries, f.isub(t.count, first))
        n = f.imin(BLOCK, f.isub(t.reach(first, count), at))
        q, g = t.below(self.q, first), t.below(self.g, first)
        found = Matrix(f.gep(self.result.at, f.imul(first, self.e), t.element), self.e)
        t.pack(q, count, self.d, self.turned)
        t.scaled(self.turned, self.d)
        t.pack(g, count, self.e, self.g_turned)
        t.pack(found, count, self.e, self.out_turned)
        logs = self._row(self.result.at, f.iadd(f.imul(t.count, self.e), first), count)
        mean = self._mean(self._row(self.g_sums.at, first, count))
        self._weigh(first, at, n, keys, values, logs, mean)
        by_query = Matrix(self.change.at, 1, self.change.row)
        t.add_product(count, n, by_query, keys, t.below(self.of_q, first), self.d)
        t.add_product(n, count, self.change, q, t.below(self.of_k, at), self.d)
        t.add_product(n, count, self.weights, g, t.below(self.of_v, at), self.e)

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
        self,
        first: Index,
        at: Index,
        n: Index,
        keys: Matrix,
        values: Matrix,
        logs: Vectors,
        mean: Vectors,
    ) -> None:
        """The weights of `n` keys, and the changes of their scores, times the scale."""
        f, t, k = self.f, self.t, self.k

        def weight(i: Index, scores: Vectors) -> None:
            t.store(self.weights, i, t.map(lambda s, log: k.weight(k.sub(s, log)), scores, logs))

        def change(i: Index, inner: Vectors) -> None:
            w = t.load(self.weights, i)
            c = t.map(lambda w, x, m: k.mul(w, k.sub(x, m)), w, inner, mean)
            t.store(self.change, i, [f.binary("fmul", x, t.scale) for x in c])

        t.product(n, self.d, keys, t.columns(self.turned), weight)
        t.hide(self.weights, first, at, n, 0.0)
        t.product(n, self.e, values, t.columns(self.g_turned), change)
