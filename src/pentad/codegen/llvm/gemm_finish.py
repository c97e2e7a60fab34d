"""The epilogue of a tile as a function of its own: for heavy ones, and for run-time sizes."""

from __future__ import annotations

from collections.abc import Callable

from pentad.codegen.llvm.gemm_tile import Finish, Tile, column_masks
from pentad.codegen.llvm.ir import I64, PTR, Function, Index, Module, Value, constant


def emit_finish(module: Module, name: str, tile: Tile, finish: Finish) -> str:
    """Emit the function that finishes a kept tile, once: (bufs, params, kept, rows, batch, row,
    column, width); used where the epilogue is not written out for each row of each tile.

    It serves tiles of any number of rows, and of any width if `tile.last` is None.
    """
    full = f"{name}.finish" + ("" if tile.last is None else f".{tile.vectors}_{tile.last}")
    if module.has(full):
        return full
    words = ("rows", "batch", "row", "column", "width")
    arguments = [(PTR, "bufs"), (PTR, "params"), (PTR, "kept"), *((I64, w) for w in words)]
    f = module.function(full, arguments, internal=True, attributes="nounwind noinline")
    bufs, _, kept, rows, batch, row, column, width = f.arguments
    hold = getattr(finish, "hold", None)
    if hold is not None:
        hold(f, tile.lanes)

    def vector(i: Value, start: Index, lanes: int, mask: Value | None) -> None:
        place = f.gep(kept, f.iadd(f.imul(i, tile.pitch), start), tile.vector.element)
        acc = f.load(tile.vector.element.vector(lanes), place)
        finish(f, bufs, acc, batch, f.opaque(f.iadd(row, i)), f.iadd(column, start), mask)

    if tile.last is None:
        _finish_any(f, tile, rows, width, vector)
    else:
        masks = column_masks(f, tile, width)

        def each_row(i: Value, _: list[Value]) -> None:
            j = 0
            while j < tile.vectors:
                both = masks[j : j + 2] == [None, None]
                vector(i, j * tile.lanes, tile.lanes * (1 + both), masks[j])
                j += 1 + both

        f.loop(0, rows, 1, each_row)
    f.ret()
    return full


def _finish_any(
    f: Function,
    tile: Tile,
    rows: Value,
    width: Value,
    vector: Callable[[Value, Index, int, Value | None], None],
) -> None:
    """Columns of two vectors (independent chains whose instructions stand side by side), of one,
    and of what is left; rows inside, for they share all but their pointers."""
    pieces = [tile.lanes] if tile.vectors == 1 else [2 * tile.lanes, tile.lanes]

    def down(start: Index, lanes: int, mask: Value | None = None) -> None:
        f.loop(0, rows, 1, lambda i, _: vector(i, start, lanes, mask))

    start: Index = 0
    for lanes in pieces:
        end = f.isub(width, f.irem(width, lanes))
        f.loop(start, end, lanes, lambda j, _, lanes=lanes: down(j, lanes))
        start = end
    ragged = f.isub(width, start)
    with f.when(f.compare("icmp sgt", f.index(ragged), constant(I64, 0))):
        down(start, tile.lanes, f.lane_mask(ragged, tile.lanes))
