"""The innermost part of a GEMM: one tile of C in registers, along a block of k."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pentad.codegen.llvm.ir import I64, PTR, Function, Index, Module, Type, Value, constant, zero
from pentad.codegen.llvm.values import BFLOAT, I32
from pentad.codegen.llvm.vmath_memory import memory_type, to_register
from pentad.codegen.llvm.vmath_num import Num
from pentad.graph.dtypes import DType
from pentad.target.cpu import CpuTarget

Finish = Callable[[Function, Value, Value, Index, Index, Index, Value | None], None]
"""`finish(f, bufs, acc, b, m, n, mask)` consumes a finished vector: row m, columns n.. of batch b.

`mask` (i1 lanes) is None if all lanes count. In `f`, `f.arguments[0]` is %bufs and
`f.arguments[1]` is %params, whatever function of the kernel it is.
"""

_UNROLL = 4  # a loop's own instructions cost where another thread shares the core
_GROUP = 3  # rows that share a pointer: base, base + stride, base + 2 * stride


@dataclass(frozen=True)
class Tile:
    """One shape of tile. `k` and strides that are None are arguments of the tile's function.

    `last` counts the columns of the last vector that exist; None: all of them, or as many as
    the argument `width` says if `masked`. `packed`: rows of B are padded to whole vectors.
    `partial`: k is walked in blocks, and the sums wait in a buffer between them, its rows
    `pitch` elements apart. `pairs`: two bfloat16 products at a time are added to each sum.
    `unroll`: the epilogue is written out in the tile; else its sums are
    kept for `emit_finish`.
    """

    target: CpuTarget
    rows: int
    vectors: int
    lanes: int
    pitch: int
    a: DType
    b: DType
    accumulator: DType
    a_row: int | None
    a_k: int | None
    b_k: int | None
    k: int | None
    masked: bool = False
    last: int | None = None
    packed: bool = False
    unroll: bool = True
    partial: bool = False
    pairs: bool = False

    @property
    def vector(self) -> Type:
        return memory_type(self.accumulator).vector(self.lanes)

    @property
    def name(self) -> str:
        tail = "" if self.last is None else f"_{self.last}"
        return f"{self.rows}x{self.vectors}{tail}{'_masked' if self.masked else ''}"

    def kept_place(self, i: int) -> int:
        """Where accumulator `i` of the tile waits in the buffer `kept`, in elements."""
        row, vector = divmod(i, self.vectors)
        return row * self.pitch + vector * self.lanes

    @property
    def words(self) -> list[str]:
        """Names of the integer arguments of the tile's function."""
        words = ["batch", "row", "column"] if self.unroll else []
        words += ["width"] if self.masked else []
        words += ["first"] if self.partial else []
        words += ["end"] if self.partial and self.unroll else []
        return words + [w for w in ("k", "a_row", "a_k", "b_k") if getattr(self, w) is None]

    @property
    def signature(self) -> list[tuple[Type, str]]:
        pointers = [(PTR, name) for name in ("bufs", "params", "a", "b", "kept")]
        return pointers + [(I64, word) for word in self.words]


def widen(f: Function, target: CpuTarget, value: Value, dtype: DType, to: DType) -> Value:
    """What was loaded as `memory_type(dtype)`, as a float of dtype `to`."""
    wide = to_register(Num(f, target, value), dtype).value
    scalar = memory_type(to).scalar
    return wide if wide.type.scalar == scalar else f.convert("fpext", wide, scalar)


def multiply_add(f: Function, target: CpuTarget, a: Value, b: Value, c: Value) -> Value:
    """a * b + c, rounded once where the target can (elsewhere it would be a call of the C
    library)."""
    return f.fma(a, b, c) if target.has_fma else f.binary("fadd", f.binary("fmul", a, b), c)


def paired(f: Function, first: Value, second: Value) -> Value:
    """Floats with the values of bfloat16, two by two in 32 bits: `first` in the lower half."""
    low, high = f.convert("bitcast", first, "i32"), f.convert("bitcast", second, "i32")
    half = f.splat(constant(I32, 16), low.type.lanes)
    return f.binary("or", f.binary("lshr", low, half), high)


def pair_dot(f: Function, target: CpuTarget, a: Value, b: Value, c: Value) -> Value:
    """c plus the products of the halves of a and b: the upper ones first, as AVX512-BF16 does."""
    lanes = c.type.lanes
    if target.pair_dot == "native":
        halves = BFLOAT.vector(2 * lanes)
        left, right = (f.value(halves, f"bitcast {x} to {halves}") for x in (a, b))
        name = "x86.avx512bf16.dpbf16ps"
        return f.intrinsic(name, c.type, c, left, right, suffix=str(32 * lanes))

    def halves_of(x: Value) -> tuple[Value, Value]:
        upper = f.binary("and", x, f.splat(constant(I32, -(1 << 16)), lanes))
        lower = f.binary("shl", x, f.splat(constant(I32, 16), lanes))
        return f.convert("bitcast", upper, "float"), f.convert("bitcast", lower, "float")

    (a_upper, a_lower), (b_upper, b_lower) = halves_of(a), halves_of(b)
    c = multiply_add(f, target, a_upper, b_upper, c)
    return multiply_add(f, target, a_lower, b_lower, c)


def emit_tile(module: Module, name: str, tile: Tile, finish: Finish) -> str:
    """Emit the function of one tile shape, once; returns its name.

    Its arguments are those of `Tile.signature`. The sums start from zero if `first`, else from
    the buffer `kept`; they go to `finish` at the `end` of k if the tile is unrolled, else to
    `kept`.
    """
    full = f"{name}.{tile.name}"
    if module.has(full):
        return full
    f = module.function(full, tile.signature, internal=True, attributes="nounwind noinline")
    given: dict[str, Index] = dict(zip(tile.words, f.arguments[5:]))
    a, b, kept = f.arguments[2:5]
    for word in ("k", "a_row", "a_k", "b_k"):
        given.setdefault(word, getattr(tile, word))
    sums = _start(f, tile, kept, given.get("first"))
    masks = column_masks(f, tile, given.get("width", 0))
    rows = _row_pointers(f, tile, a, given["a_row"])
    if tile.unroll:
        prefetch(f, tile, finish, given)
    step = _Step(f, tile, given, masks)
    sums = _walk(f, step, given["k"], rows, b, sums)
    if not tile.unroll:
        _keep(f, tile, kept, sums)
    else:
        _finish_tile(f, tile, finish, sums, given, masks)
    f.ret()
    return full


def prefetch(f: Function, tile: Tile, finish: Finish, given: dict[str, Index]) -> None:
    """Ask early for what the epilogue will read and write: the sums take longer than memory."""
    ahead = getattr(finish, "prefetch", None)
    if ahead is None:
        return
    line = max(1, 512 // (tile.vector.bits * tile.lanes))
    for i in range(tile.rows):
        for j in range(0, tile.vectors, line):
            m, n = f.iadd(given["row"], i), f.iadd(given["column"], j * tile.lanes)
            ahead(f, given["batch"], m, n)


def _start(f: Function, tile: Tile, kept: Value, first: Index | None) -> list[Value]:
    zeros = [zero(tile.vector)] * (tile.rows * tile.vectors)
    if first is None:
        return zeros

    def load() -> list[Value]:
        return [
            f.load(tile.vector, f.gep(kept, tile.kept_place(i), tile.vector.element))
            for i in range(len(zeros))
        ]

    return f.choose(f.compare("icmp ne", f.index(first), constant(I64, 0)), lambda: zeros, load)


def column_masks(f: Function, tile: Tile, width: Index) -> list[Value | None]:
    """The lanes that exist of each vector of a row; None if all do."""
    masks: list[Value | None] = [None] * tile.vectors
    if tile.masked:
        for j in range(tile.vectors):
            masks[j] = f.lane_mask(f.isub(width, j * tile.lanes), tile.lanes)
    elif tile.last not in (None, tile.lanes):
        masks[-1] = f.lane_mask(tile.last, tile.lanes)
    return masks


def _row_pointers(f: Function, tile: Tile, a: Value, a_row: Index) -> list[Value]:
    if isinstance(a_row, int):
        return [a]
    element = memory_type(tile.a)
    jump = f.imul(a_row, _GROUP)
    pointers = [a]
    while len(pointers) * _GROUP < tile.rows:
        pointers.append(f.gep(pointers[-1], jump, element))
    return pointers


class _Step:
    """The multiply-adds of one k."""

    def __init__(
        self,
        f: Function,
        tile: Tile,
        given: dict[str, Index],
        masks: Sequence[Value | None],
    ) -> None:
        self.f, self.tile, self.masks = f, tile, masks
        self.a_row, self.a_k, self.b_k = given["a_row"], given["a_k"], given["b_k"]
        self.a_type, self.b_type = memory_type(tile.a), memory_type(tile.b)
        self.double_row = f.imul(self.a_row, 2)

    def __call__(self, rows: list[Value], b: Value, sums: list[Value], at: int) -> list[Value]:
        f, tile = self.f, self.tile
        columns = [self._column(b, at, j) for j in range(tile.vectors)]
        result = list(sums)
        for i in range(tile.rows):
            loaded = f.load(self.a_type, self._row(rows, i, at))
            scalar = widen(f, tile.target, loaded, tile.a, tile.accumulator)
            spread = f.splat(scalar, tile.lanes)
            for j, column in enumerate(columns):
                place = i * tile.vectors + j
                result[place] = multiply_add(f, tile.target, spread, column, result[place])
        return result

    def pair(
        self, rows: list[Value], b: Value, sums: list[Value], at: int, *, lone: bool
    ) -> list[Value]:
        """The products of two k, added at once; of one k and zeros if it is the last, `lone`."""
        f, tile = self.f, self.tile

        def second(first: Value, get: Callable[[int], Value]) -> Value:
            return zero(first.type) if lone else get(at + 1)

        def column(j: int) -> Value:
            first = self._column(b, at, j)
            return paired(f, first, second(first, lambda k: self._column(b, k, j)))

        def element(i: int, k: int) -> Value:
            loaded = f.load(self.a_type, self._row(rows, i, k))
            return widen(f, tile.target, loaded, tile.a, tile.accumulator)

        columns = [column(j) for j in range(tile.vectors)]
        result = list(sums)
        for i in range(tile.rows):
            first = element(i, at)
            both = paired(f, first, second(first, lambda k, i=i: element(i, k)))  # type: ignore
            spread = f.splat(both, tile.lanes)
            for j, other in enumerate(columns):
                place = i * tile.vectors + j
                result[place] = pair_dot(f, tile.target, spread, other, result[place])
        return result

    def _row(self, rows: list[Value], i: int, at: int) -> Value:
        f = self.f
        if isinstance(self.a_row, int):
            offset = f.iadd(i * self.a_row, f.imul(self.a_k, at))
            return f.gep(rows[0], offset, self.a_type)
        within = (0, self.a_row, self.double_row)[i % _GROUP]
        offset = f.iadd(within, f.imul(self.a_k, at))
        return f.gep(rows[i // _GROUP], offset, self.a_type)

    def _column(self, b: Value, at: int, j: int) -> Value:
        f, tile = self.f, self.tile
        place = f.gep(b, f.iadd(f.imul(self.b_k, at), j * tile.lanes), self.b_type)
        kind, mask = self.b_type.vector(tile.lanes), self.masks[j]
        if mask is None or tile.packed:
            loaded = f.load(kind, place)
        else:
            loaded = f.masked_load(kind, place, mask)
        return widen(f, tile.target, loaded, tile.b, tile.accumulator)

    def advance(self, rows: list[Value], b: Value, by: int) -> list[Value]:
        f = self.f
        ahead = [f.gep(p, f.imul(self.a_k, by), self.a_type) for p in rows]
        return [*ahead, f.gep(b, f.imul(self.b_k, by), self.b_type)]


def _walk(
    f: Function, step: _Step, count: Index, rows: list[Value], b: Value, sums: list[Value]
) -> list[Value]:
    """All of the block's k: some at a time, then the rest one by one."""
    split = len(rows)
    unroll = 2 if step.tile.pairs else _UNROLL  # a pair of bfloat16 products is one turn

    def turn(by: int) -> Callable[[Value, list[Value]], list[Value]]:
        def body(_: Value, state: list[Value]) -> list[Value]:
            pointers, column, inner = state[:split], state[split], state[split + 1 :]
            ahead = step.advance(pointers, column, by)
            pointers, column = [f.opaque(p) for p in pointers], f.opaque(column)
            if step.tile.pairs:
                inner = step.pair(pointers, column, inner, 0, lone=by == 1)
            else:
                for at in range(by):
                    inner = step(pointers, column, inner, at)
            return [*ahead, *inner]

        return body

    whole = f.isub(count, f.irem(count, unroll))
    state = f.loop(0, whole, unroll, turn(unroll), [*rows, b, *sums])
    state = f.loop(whole, count, 1, turn(1), state)
    return state[split + 1 :]


def _keep(f: Function, tile: Tile, kept: Value, sums: list[Value]) -> None:
    for i, value in enumerate(sums):
        f.store(value, f.gep(kept, tile.kept_place(i), tile.vector.element))


def _finish_tile(
    f: Function,
    tile: Tile,
    finish: Finish,
    sums: list[Value],
    given: dict[str, Index],
    masks: Sequence[Value | None],
) -> None:
    bufs, kept = f.arguments[0], f.arguments[4]

    def store() -> list[Value]:
        _keep(f, tile, kept, sums)
        return []

    def done() -> list[Value]:
        for i in range(tile.rows):
            row = sums[i * tile.vectors : (i + 1) * tile.vectors]
            place = given["batch"], f.iadd(given["row"], i), given["column"]
            finish_row(f, finish, bufs, row, place, masks)
        return []

    if tile.partial:
        f.choose(f.compare("icmp ne", f.index(given["end"]), constant(I64, 0)), done, store)
    else:
        done()


def finish_row(
    f: Function,
    finish: Finish,
    bufs: Value,
    sums: Sequence[Value],
    place: tuple[Index, Index, Index],
    masks: Sequence[Value | None],
) -> None:
    """Consume a row of vectors from (b, m, n) on, those that exist whole in pairs if it pays."""
    b, m, n = place
    lanes, j = sums[0].type.lanes, 0
    while j < len(sums):
        both = getattr(finish, "in_pairs", False) and masks[j : j + 2] == [None, None]
        acc = f.shuffle(sums[j], sums[j + 1], range(2 * lanes)) if both else sums[j]
        finish(f, bufs, acc, b, m, f.iadd(n, j * lanes), masks[j])
        j += 1 + both
