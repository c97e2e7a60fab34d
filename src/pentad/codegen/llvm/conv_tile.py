"""The innermost part of a convolution: a tile of pixels by channels, along taps and channels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from pentad.codegen.llvm.conv_problem import constant_table
from pentad.codegen.llvm.gemm_tile import Finish, finish_row, multiply_add
from pentad.codegen.llvm.ir import (
    I32,
    I64,
    PTR,
    VOID,
    Function,
    Index,
    Module,
    Type,
    Value,
    constant,
    zero,
)
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.graph.dtypes import DType
from pentad.schedule.conv_tiles import WRITTEN_OUT
from pentad.target.cpu import CpuTarget

_UNROLLS = (4, 3, 2)


@dataclass(frozen=True)
class ConvTile:
    """One shape of tile.

    Each of `rows` pixels reads the image some elements after the tile's start and is so many
    pixels after the tile's first: multiples of `steps`, or, where that is None, what two lists say
    that the tile is given. A sum runs over `runs` (offsets on the image), `length` neighbours
    each. `columns` channels exist, in panels of `width`. With `depthwise`, channels of the image
    run along the lanes, and the tile is given where each of `lines`, of equally many runs, begins;
    else it is given one address so many times, for its pixels to use in turns.
    outside: pairs (pixel, number of a run on its line) that read zeros, not the image. ahead:
    elements that the tile asks for at each product, for a later tile. part: the tile is given which
    runs it sums over, and which elements of each: multiples of `part`; 0: all.
    """

    target: CpuTarget
    accumulator: DType
    lanes: int
    width: int
    columns: int
    rows: int
    steps: tuple[int, int] | None
    lines: int
    runs: tuple[int, ...]
    length: int
    depthwise: bool
    outside: frozenset[tuple[int, int]] = frozenset()
    ahead: int = 0
    part: int = 0

    @property
    def vectors(self) -> int:
        return -(-self.columns // self.lanes)

    @property
    def type(self) -> Type:
        return memory_type(self.accumulator)


def emit_conv_tile(module: Module, name: str, tile: ConvTile, finish: Finish) -> None:
    """Emit the function `name` of one tile shape, which gives its sums to `finish`.

    Its arguments are bufs, params, where each line begins on the image, where its kernels begin,
    image, pixel, channel, list, what it asks for.
    list: pairs of numbers, what each row reads and writes, if the tile has no steps.
    With `part`, four numbers come last: the first run and the end of runs, the same of elements.
    """
    lines = [f"a{i}" for i in range(tile.lines)]
    words = [(PTR, w) for w in ("bufs", "params", *lines, "b")]
    words += [(I64, w) for w in ("image", "pixel", "channel")]
    if tile.steps is None:
        words.append((PTR, "list"))
    if tile.ahead:
        words.append((PTR, "ahead"))
    if tile.part:
        words += [(I64, w) for w in ("run", "runs", "element", "elements")]
    f = module.function(name, words, internal=True, attributes="nounwind noinline")
    bufs, _, *starts = f.arguments[: tile.lines + 2]
    b, image, pixel, channel, *given = f.arguments[tile.lines + 2 :]
    reads: list[Index]
    writes: list[Index]
    if tile.steps is None:
        pairs = [f.load(I64, f.gep(given[0], i, I64)) for i in range(2 * tile.rows)]
        reads, writes = pairs[::2], pairs[1::2]
    else:
        reads, writes = ([i * step for i in range(tile.rows)] for step in tile.steps)
    ahead = None if tile.depthwise else getattr(finish, "prefetch", None)
    if ahead is not None:
        for write in writes:
            ahead(f, image, f.iadd(pixel, write), channel, results=True)
    sums = _Sums(f, tile, f"{name}.runs", starts, reads).all(b)
    for i, write in enumerate(writes):
        row = sums[i * tile.vectors : (i + 1) * tile.vectors]
        masks = [_mask(f, tile, j) for j in range(tile.vectors)]
        finish_row(f, finish, bufs, row, (image, f.iadd(pixel, write), channel), masks)
    f.ret()


def _mask(f: Function, tile: ConvTile, j: int) -> Value | None:
    left = tile.columns - j * tile.lanes
    return None if left >= tile.lanes else f.lane_mask(left, tile.lanes)


class _Sums:
    """The loops over runs and within them."""

    def __init__(
        self, f: Function, tile: ConvTile, table: str, lines: list[Value], reads: list[Index]
    ) -> None:
        self.f, self.tile, self.table = f, tile, table
        self.vector = tile.type.vector(tile.lanes)
        self.lines, self.reads = lines, reads
        self.unroll = next((u for u in _UNROLLS if (tile.part or tile.length) % u == 0), 1)
        self.line = tile.target.cache_line // tile.accumulator.itemsize  # elements
        self.starts: list[Value] = []  # of the rows, where those are no constants
        if tile.steps is None:
            self.starts = [f.gep(lines[0], read, tile.type) for read in reads]

    def all(self, b: Value) -> list[Value]:
        f, tile = self.f, self.tile
        sums = [zero(self.vector)] * (tile.rows * tile.vectors)
        if tile.depthwise and tile.steps is not None and len(tile.runs) <= WRITTEN_OUT:
            return self._by_lines(b, sums)
        if tile.part:
            return self._part(b, sums)
        if len(tile.runs) * tile.length <= WRITTEN_OUT:
            for r, offset in enumerate(tile.runs):
                for k in range(tile.length):
                    at = self._places(offset + k)
                    sums = self._step(at, b, sums, 0, r * tile.length + k)
            return sums
        if len(tile.runs) == 1:
            return self._run(tile.runs[0], b, sums)[1:]
        table = constant_table(f.module, self.table, list(tile.runs))

        def run(r: Value, state: list[Value]) -> list[Value]:
            offset = f.load(I64, f.gep(table, r, I64))
            return self._run(offset, state[0], state[1:])

        return f.loop(0, len(tile.runs), 1, run, [b, *sums])[1:]

    def _part(self, b: Value, sums: list[Value]) -> list[Value]:
        """The runs, and the elements of each, that the tile is told."""
        f, tile = self.f, self.tile
        first, end, low, high = f.arguments[-4:]
        table = constant_table(f.module, self.table, list(tile.runs))

        def run(r: Value, state: list[Value]) -> list[Value]:
            offset = f.load(I64, f.gep(table, r, I64))
            at = f.iadd(f.imul(r, tile.length), low)
            kernels = f.gep(b, f.imul(at, tile.width), tile.type)
            return self._run(offset, kernels, state, (low, high))[1:]

        return f.loop(first, end, 1, run, sums)

    def _by_lines(self, b: Value, sums: list[Value]) -> list[Value]:
        """Sums of neighbours share what they read: each vector of the image is loaded once, for
        all sums that it is a part of. Every sum has its taps in order."""
        f, tile, result = self.f, self.tile, list(sums)
        count = len(tile.runs) // max(1, tile.lines)
        steps = [read for read in self.reads if isinstance(read, int)]
        for nth, line in enumerate(self.lines):
            kernels = f.gep(b, nth * count * tile.width, tile.type)
            rows = [self._row(kernels, t) for t in range(count)]
            uses: dict[int, list[tuple[int, int]]] = {}
            offsets = enumerate(tile.runs[nth * count : (nth + 1) * count])
            for (i, step), (t, offset) in product(enumerate(steps), offsets):
                uses.setdefault(step + offset, []).append((i, t))
            for at in sorted(uses):
                for j in range(tile.vectors):
                    seen = zero(self.vector)  # infinite weights make a NaN of it, as of any zero
                    if uses[at][0] not in tile.outside:
                        seen = self._channels(f.gep(line, at, tile.type), j)
                    for i, t in uses[at]:
                        n = i * tile.vectors + j
                        result[n] = multiply_add(f, tile.target, seen, rows[t][j], result[n])
        return result

    def _row(self, b: Value, k: int) -> list[Value]:
        """Row k of the packed kernels."""
        f, tile = self.f, self.tile
        places = [k * tile.width + j * tile.lanes for j in range(tile.vectors)]
        return [f.load(self.vector, f.gep(b, at, tile.type)) for at in places]

    def _places(self, offset: Index) -> list[tuple[Value, Index]]:
        """Where each row reads the image, `offset` after its first element: address, elements."""
        f, tile = self.f, self.tile
        if self.starts:
            return [(f.gep(start, offset, tile.type), 0) for start in self.starts]
        here = [f.gep(line, offset, tile.type) for line in self.lines]
        return [(here[i % tile.lines], read) for i, read in enumerate(self.reads)]

    def _run(
        self, offset: Index, b: Value, sums: list[Value], part: tuple[Index, Index] | None = None
    ) -> list[Value]:
        """One run, or part of one; returns b after it, and the sums."""
        f, tile = self.f, self.tile
        unroll = self.unroll

        def body(k: Value, state: list[Value]) -> list[Value]:
            at, inner = self._places(f.iadd(offset, k)), state[1:]
            self._ahead(at, k)
            for u in range(unroll):
                inner = self._step(at, state[0], inner, u, u)
            return [f.gep(state[0], unroll * tile.width, tile.type), *inner]

        low, high = part or (0, tile.length)
        return f.loop(low, high, unroll, body, [b, *sums])

    def _ahead(self, places: list[tuple[Value, Index]], k: Value) -> None:
        """Ask for what the next tile reads: its pixels follow those of this one.

        Sums over one run, such as those of 1x1 kernels, read each element once for each panel
        of kernels; others find in the cache what an earlier tap has read.
        """
        f, tile = self.f, self.tile
        never, second, data = (constant(I32, i) for i in (0, 2, 1))
        if tile.ahead:
            place = f.gep(f.arguments[-1], f.imul(k, tile.ahead), tile.type)
            f.call("llvm.prefetch.p0", VOID, place, never, second, data)
        if len(tile.runs) > 1 or tile.steps is None:
            return
        follows = tile.rows * tile.steps[0]
        wanted = [(start, f.iadd(read, follows)) for start, read in places]
        if tile.steps[0] == tile.length:  # all pixels in one piece: line after line of it
            lines = -(-tile.rows * self.unroll // self.line)
            start = f.gep(places[0][0], f.imul(k, lines * self.line // self.unroll - 1), tile.type)
            wanted = [(start, follows + i * self.line) for i in range(lines)]
        for start, at in wanted:
            place = f.gep(start, at, tile.type)
            f.call("llvm.prefetch.p0", VOID, place, never, second, data)

    def _step(
        self, places: list[tuple[Value, Index]], b: Value, sums: list[Value], u: int, k: int
    ) -> list[Value]:
        """The products of one tap and channel: elements u after `places`, row k after b."""
        f, tile, rows = self.f, self.tile, self._row(b, k)
        result = list(sums)
        for i, (start, read) in enumerate(places):
            place = f.gep(start, f.iadd(read, u), tile.type)
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
