"""The innermost part of a convolution: a tile of pixels by channels, along taps and channels."""

from __future__ import annotations

from dataclasses import dataclass

from pentad.codegen.llvm.conv_problem import constant_table
from pentad.codegen.llvm.gemm_tile import Finish, multiply_add
from pentad.codegen.llvm.ir import I64, PTR, Function, Index, Module, Type, Value, zero
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.graph.dtypes import DType
from pentad.target.cpu import CpuTarget

_UNROLL_ALL = 32  # products in a sum that is written out
_UNROLLS = (4, 3, 2)


@dataclass(frozen=True)
class ConvTile:
    """One shape of tile.

    Pixel i reads the image at `reads[i]` (elements after the tile's start) and is pixel
    `writes[i]` after the tile's first. A sum runs over `runs` (offsets on the image), `length`
    neighbours each. `columns` channels exist, in panels of `width`. With `depthwise`, channels
    of the image run along the lanes.
    """

    target: CpuTarget
    accumulator: DType
    lanes: int
    width: int
    columns: int
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    runs: tuple[int, ...]
    length: int
    depthwise: bool

    @property
    def vectors(self) -> int:
        return -(-self.columns // self.lanes)

    @property
    def type(self) -> Type:
        return memory_type(self.accumulator)


def emit_conv_tile(module: Module, name: str, tile: ConvTile, finish: Finish) -> None:
    """Emit the function `name`(bufs, params, a, b, image, pixel, channel) of one tile shape.

    It begins at `a` on the image and `b` in the packed kernels, and gives its sums to `finish`.
    """
    words = [(PTR, w) for w in ("bufs", "params", "a", "b")]
    words += [(I64, w) for w in ("image", "pixel", "channel")]
    f = module.function(name, words, internal=True, attributes="nounwind noinline")
    bufs, _, a, b, image, pixel, channel = f.arguments
    sums = _Sums(f, tile, f"{name}.runs").all(a, b)
    for i, write in enumerate(tile.writes):
        for j in range(tile.vectors):
            n = f.iadd(channel, j * tile.lanes)
            acc = sums[i * tile.vectors + j]
            finish(f, bufs, acc, image, f.iadd(pixel, write), n, _mask(f, tile, j))
    f.ret()


def _mask(f: Function, tile: ConvTile, j: int) -> Value | None:
    left = tile.columns - j * tile.lanes
    return None if left >= tile.lanes else f.lane_mask(left, tile.lanes)


class _Sums:
    """The loops over runs and within them."""

    def __init__(self, f: Function, tile: ConvTile, table: str) -> None:
        self.f, self.tile, self.table = f, tile, table
        self.vector = tile.type.vector(tile.lanes)

    def all(self, a: Value, b: Value) -> list[Value]:
        f, tile = self.f, self.tile
        sums = [zero(self.vector)] * (len(tile.reads) * tile.vectors)
        if len(tile.runs) * tile.length <= _UNROLL_ALL:
            for r, offset in enumerate(tile.runs):
                for k in range(tile.length):
                    sums = self._step(a, b, sums, offset + k, r * tile.length + k)
            return sums
        if len(tile.runs) == 1:
            return self._run(f.gep(a, tile.runs[0], tile.type), b, sums)[1:]
        table = constant_table(f.module, self.table, list(tile.runs))

        def run(r: Value, state: list[Value]) -> list[Value]:
            offset = f.load(I64, f.gep(table, r, I64))
            return self._run(f.gep(a, offset, tile.type), state[0], state[1:])

        return f.loop(0, len(tile.runs), 1, run, [b, *sums])[1:]

    def _run(self, a: Value, b: Value, sums: list[Value]) -> list[Value]:
        """One run; returns b after it, and the sums."""
        f, tile = self.f, self.tile
        unroll = next((u for u in _UNROLLS if tile.length % u == 0), 1)

        def body(k: Value, state: list[Value]) -> list[Value]:
            here, inner = f.gep(a, k, tile.type), state[1:]
            for u in range(unroll):
                inner = self._step(here, state[0], inner, u, u)
            return [f.gep(state[0], unroll * tile.width, tile.type), *inner]

        return f.loop(0, tile.length, unroll, body, [b, *sums])

    def _step(self, a: Value, b: Value, sums: list[Value], at: Index, k: int) -> list[Value]:
        """The products of one tap and channel: elements `at` after a, row k after b."""
        f, tile = self.f, self.tile
        rows = [
            f.load(self.vector, f.gep(b, k * tile.width + j * tile.lanes, tile.type))
            for j in range(tile.vectors)
        ]
        result = list(sums)
        for i, read in enumerate(tile.reads):
            place = f.gep(a, f.iadd(at, read), tile.type)
            spread = None if tile.depthwise else f.splat(f.load(tile.type, place), tile.lanes)
            for j, row in enumerate(rows):
                seen = self._channels(place, j) if spread is None else spread
                nth = i * tile.vectors + j
                result[nth] = multiply_add(f, tile.target, seen, row, result[nth])
        return result

    def _channels(self, place: Value, j: int) -> Value:
        f, tile = self.f, self.tile
        mask, at = _mask(f, tile, j), f.gep(place, j * tile.lanes, tile.type)
        return f.load(self.vector, at) if mask is None else f.masked_load(self.vector, at, mask)
