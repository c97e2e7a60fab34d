"""How the pixels of a convolution's images are dealt out to tiles."""

from __future__ import annotations

from dataclasses import replace

from pentad.schedule.conv_spec import ConvSpec
from pentad.schedule.gemm_spec import fit_tile
from pentad.target.cpu import CpuTarget

WRITTEN_OUT = 32
"""Products in a sum that is written out, without a loop."""
_TALLEST = 16  # pixels of a tile along a line
_MERGE = 8  # image rows shorter than so many tiles may be tiled together
_GROUP_TILES = 16  # at most so many in a group of rows


def tile_sizes(pixels: int, most: int) -> list[int]:
    """`pixels` in as few tiles of at most `most` rows as can be, longer ones first."""
    tiles = -(-pixels // most)
    size, longer = divmod(pixels, tiles)
    return [size + (i < longer) for i in range(tiles)]


def tile_runs(pixels: int, most: int) -> list[tuple[int, int, int]]:
    """The same as runs of tiles of one size: (first pixel, tiles, rows of each)."""
    sizes = tile_sizes(pixels, most)
    longer = sizes.count(sizes[0])
    runs = [(0, longer, sizes[0]), (longer * sizes[0], len(sizes) - longer, sizes[-1])]
    return [run for run in runs if run[1]]


def pixel_tile(spec: ConvSpec, pixels: int, target: CpuTarget) -> tuple[int, int]:
    """The tile (pixels, vectors) of a convolution forward or of an input gradient: the usual one,
    or the wide one where channels fit it so much better that it takes 3% less time."""
    if by_lines(spec):
        return lines_tile(spec, target)
    lanes = target.lanes(spec.accumulator)
    rows, columns = target.gemm_tile(spec.accumulator)
    width = spec.target_channels if spec.depthwise else spec.width
    usual = fit_tile(pixels, width, lanes, (rows, columns // lanes), target.vector_registers)

    def cost(tile: tuple[int, int]) -> float:
        """Multiply-adds of vectors for a pixel; a tile of few waits for its own results."""
        whole, rest = divmod(-(-width // lanes), tile[1])
        last = max(tile[0] * rest, target.fma_chains) if rest else 0
        return (whole * max(tile[0] * tile[1], target.fma_chains) + last) / tile[0]

    wide = target.packed_tile
    return wide if pixels >= rows and cost(wide) * 1.03 < cost(usual) else usual


def by_lines(spec: ConvSpec) -> bool:
    """Do tiles of neighbouring pixels share what they read of each line of the image?

    A tile of a depthwise convolution multiplies every vector that it reads by all taps of a line,
    which wait in registers.
    """
    return spec.depthwise and spec.kind != "kernel_grad" and spec.taps <= WRITTEN_OUT


def lines_tile(spec: ConvSpec, target: CpuTarget) -> tuple[int, int]:
    """The tile (pixels, vectors) of such a convolution: what registers are left by the taps of a
    line and one vector of the image hold sums."""
    _, _, along = spec.kernel
    return max(target.fma_chains, min(target.vector_registers - along - 1, _TALLEST)), 1


def in_rows(spec: ConvSpec, least: int) -> ConvSpec:
    """A convolution along one axis as one over rows of pixels, the shortest of at least `least`.

    So its tasks are blocks of pixels, whose channels stay in a cache for all panels of kernels.
    """
    pixels = spec.size[2]
    plain = spec.taps == 1 and spec.stride == (1, 1, 1) and not any(map(sum, spec.padding))
    row = next((w for w in range(least, pixels) if pixels % w == 0), pixels)
    if not plain or row == pixels:
        return spec
    *rest, along = spec.a_strides
    strides = (*rest[:3], row * along, along)
    return replace(spec, size=(1, pixels // row, row), a_strides=strides)


def grouped_rows(height: int, columns: int, rows: int, vectors: int, target: CpuTarget) -> int:
    """Rows of the image that are tiled together, so that tiles are as full as they can be."""
    if not 0 < columns < _MERGE * rows:
        return 1

    def cost(pixels: int) -> int:
        """Of the tiles, in multiply-adds of vectors; small ones wait for their own results."""
        return sum(max(n * vectors, target.fma_chains) for n in tile_sizes(pixels, rows))

    def total(group: int) -> float:
        whole, rest = divmod(height, group)
        return whole * cost(group * columns) + (cost(rest * columns) if rest else 0)

    most = max(1, min(height, _GROUP_TILES * rows // columns))
    return min(range(1, most + 1), key=lambda g: (total(g), g))
