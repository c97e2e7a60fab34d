"""The innermost part of a kernel gradient: a tile of (tap, channel) by kernels, along pixels."""

from __future__ import annotations

from dataclasses import dataclass

from pentad.codegen.llvm.gemm_tile import multiply_add
from pentad.codegen.llvm.ir import I32, I64, PTR, VOID, Index, Module, Type, Value, constant, zero
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.graph.dtypes import DType
from pentad.target.cpu import CpuTarget

_UNROLLS = (4, 3, 2)
I1 = Type("i1")


@dataclass(frozen=True)
class GradTile:
    """One shape of tile: rows read the image at `offsets`, pixels are `step` elements apart.

    Lines have `segment` pixels each; if not `even`, some have fewer.
    """

    target: CpuTarget
    accumulator: DType
    lanes: int
    vectors: int
    offsets: tuple[int, ...]
    step: int
    segment: int
    even: bool

    @property
    def type(self) -> Type:
        return memory_type(self.accumulator)


def emit_grad_tile(module: Module, name: str, tile: GradTile) -> None:
    """Emit the function `name`(a, b, places, counts, sums, lines, fresh) of one tile shape.

    Line i begins at `a + places[i]` on the image, has counts[i] pixels, and lies at
    `b + i * segment * width` as [pixel][kernel]; the tile is added to `sums`, or, if
    `fresh`, stored there. It asks for the sums that follow.
    """
    pointers = [(PTR, w) for w in ("a", "b", "places", "counts", "sums")]
    words = [*pointers, (I64, "lines"), (I1, "fresh")]
    f = module.function(name, words, internal=True, attributes="nounwind noinline")
    a, b, places, counts, sums, lines, fresh = f.arguments
    vector, width = tile.type.vector(tile.lanes), tile.vectors * tile.lanes
    unroll = _UNROLLS[0]
    if tile.even:
        unroll = next((u for u in _UNROLLS if tile.segment % u == 0), 1)

    def pixels(unroll: int, state: list[Value]) -> list[Value]:
        here, there, inner = state[0], state[1], state[2:]
        for u in range(unroll):
            columns = [
                f.load(vector, f.gep(there, u * width + j * tile.lanes, tile.type))
                for j in range(tile.vectors)
            ]
            for i, offset in enumerate(tile.offsets):
                place = f.gep(here, u * tile.step + offset, tile.type)
                spread = f.splat(f.load(tile.type, place), tile.lanes)
                for j, column in enumerate(columns):
                    nth = i * tile.vectors + j
                    inner[nth] = multiply_add(f, tile.target, spread, column, inner[nth])
        ahead = f.gep(here, unroll * tile.step, tile.type)
        return [ahead, f.gep(there, unroll * width, tile.type), *inner]

    def line(i: Value, totals: list[Value]) -> list[Value]:
        start = f.gep(a, f.load(I64, f.gep(places, i, I64)), tile.type)
        row = f.gep(b, f.imul(i, tile.segment * width), tile.type)
        count: Index = tile.segment if tile.even else f.load(I64, f.gep(counts, i, I64))
        whole = count if tile.even else f.isub(count, f.irem(count, unroll))
        state = [start, row, *totals]
        state = f.loop(0, whole, unroll, lambda _, inner: pixels(unroll, inner), state)
        return f.loop(whole, count, 1, lambda _, inner: pixels(1, inner), state)[2:]

    slots = [
        f.gep(sums, i * width + j * tile.lanes, tile.type)
        for i in range(len(tile.offsets))
        for j in range(tile.vectors)
    ]
    after = len(tile.offsets) * width
    for i in range(0, after, tile.target.cache_line // tile.accumulator.itemsize):
        place = f.gep(sums, after + i, tile.type)
        f.call("llvm.prefetch.p0", VOID, place, *(constant(I32, word) for word in (0, 3, 1)))
    begin = [f.select(fresh, zero(vector), f.load(vector, slot)) for slot in slots]
    totals = f.loop(0, lines, 1, line, begin)
    for slot, total in zip(slots, totals):
        f.store(total, slot)
    f.ret()
