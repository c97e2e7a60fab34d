"""Transformed patches of Winograd's F(2x2, 3x3): B^T d B, of some tiles and channels."""

from __future__ import annotations

from collections.abc import Sequence

from pentad.codegen.llvm.ir import FLOAT, I64, PTR, Function, Index, Module, Value
from pentad.codegen.llvm.winograd_kernel import both
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.winograd import tiles_of


def patch_pitch(plan: ConvPlan) -> int:
    """Elements from point to point of the patches [point][tile][channel] of a task: a cache line
    more than those have, lest points collide."""
    assert plan.winograd is not None
    line = plan.target.cache_line // plan.spec.accumulator.itemsize
    return plan.winograd.tiles * plan.winograd.channels + line


def tile_place(f: Function, plan: ConvPlan, tile: Index) -> tuple[Index, Index, Index]:
    """(image, row of tiles, tile in the row) of a tile."""
    columns, plane = tiles_of(plan.spec.target[2]), plan.plane_tiles
    within = f.irem(tile, plane)
    return f.idiv(tile, plane), f.idiv(within, columns), f.irem(within, columns)


def emit_patches(module: Module, name: str, plan: ConvPlan) -> None:
    """Emit the function that transforms the patches of a task: (image, target, first tile, tile
    after the last, tiles to write, first channel, channels).

    Tiles from the last on are like the last.
    """
    assert plan.winograd is not None
    words = [(PTR, "image"), (PTR, "target")]
    words += [(I64, w) for w in ("first", "last", "tiles", "channel", "count")]
    f = module.function(name, words, internal=True, attributes="nounwind noinline")
    image, target, first, last, tiles, channel, count = f.arguments
    final, lanes, channels = f.isub(last, 1), plan.lanes, plan.winograd.channels
    rest = plan.depth % lanes
    batch_step, _, row_step, pixel_step = plan.grid
    _, y, x = (axis.phases[0].taps[0][1] for axis in plan.axes)
    corner = f.gep(image, f.iadd(channel, y * row_step + x * pixel_step), FLOAT)

    def tile(t: Value, _: list[Value]) -> None:
        nth, row, column = tile_place(f, plan, f.imin(f.iadd(first, t), final))
        offset = f.iadd(f.imul(row, 2 * row_step), f.imul(column, 2 * pixel_step))
        source = f.gep(corner, f.iadd(f.imul(nth, batch_step), offset), FLOAT)
        place = f.gep(target, f.imul(t, channels), FLOAT)
        whole = f.isub(count, f.irem(count, lanes))
        f.loop(0, whole, lanes, lambda c, _: _patch(f, plan, source, place, c, None))
        if rest:
            with f.when(f.compare("icmp slt", f.index(whole), f.index(count))):
                _patch(f, plan, source, place, whole, f.lane_mask(rest, lanes))

    f.loop(0, tiles, 1, tile)
    f.ret()


def _patch(
    f: Function, plan: ConvPlan, source: Value, target: Value, c: Index, mask: Value | None
) -> None:
    """B^T d B of one vector of channels."""
    _, _, row_step, pixel_step = plan.grid
    start, place = f.gep(source, c, FLOAT), f.gep(target, c, FLOAT)
    vector = FLOAT.vector(plan.lanes)

    def pixel(i: int, j: int) -> Value:
        at = f.gep(start, i * row_step + j * pixel_step, FLOAT)
        return f.load(vector, at) if mask is None else f.masked_load(vector, at, mask)

    square = [[pixel(i, j) for j in range(4)] for i in range(4)]
    for point, value in enumerate(both(f, _line, square)):
        f.store(value, f.gep(place, point * patch_pitch(plan), FLOAT))


def _line(f: Function, d: Sequence[Value]) -> list[Value]:
    """B^T times a line of 4 pixels."""
    return [
        f.binary("fsub", d[0], d[2]),
        f.binary("fadd", d[1], d[2]),
        f.binary("fsub", d[2], d[1]),
        f.binary("fsub", d[1], d[3]),
    ]
