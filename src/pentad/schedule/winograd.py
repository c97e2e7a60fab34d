"""Which convolutions are computed by Winograd's F(2x2, 3x3), and in blocks of what size.

Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015: 2x2 results take 16
products of transformed patches and kernels instead of 36. Kernel gradients turn it around: F(3x3,
2x2), for the same patches.
"""

from __future__ import annotations

from dataclasses import dataclass

from pentad.graph import dtypes
from pentad.schedule.conv_spec import ConvSpec, Phase
from pentad.schedule.gemm_spec import fit_tile
from pentad.schedule.weights import MIN_TASK, MIN_TASKS
from pentad.target.cpu import CpuTarget

POINTS = 16
"""Products for a patch of 4x4 pixels and a tile of 2x2 results."""

_GAIN = 1.25  # fewer products by so much outweigh that the transforms are not counted exactly
_TRANSFORM = 48  # additions and accesses for one channel of a patch or a tile, as products
_KERNEL = 32  # the same for a kernel, of which more is read than of a direct one
_LEAST_CHANNELS = 16
_LEAST_TILES = 32  # that a kernel gradient sums over
_MOST_TILES = 24
_PATCH_BYTES = 192 * 1024  # transformed patches of a task, on the thread's stack
_SUM_BYTES = 192 * 1024  # sums of a task that wait for further channels, on the thread's stack
_LEAST_PANELS = 4  # panels that share transformed patches
_VARIED = 8  # so many blocks of tiles are of one size, whatever their number
_GRAD_TILES = 32  # tiles that a task of a kernel gradient transforms at a time
_GRAD_CHANNELS = 64  # channels, and kernels, of such a task


@dataclass(frozen=True, slots=True)
class Winograd:
    """tiles: tiles of 2x2 results in one task, or at a time (kernel_grad); channels: channels of
    the first operand whose patches are transformed at a time."""

    tiles: int
    channels: int


def fits(spec: ConvSpec, target: CpuTarget) -> bool:
    """Is `spec` computed so, whatever its batch?

    So images in any number give the same results and gradients, bit for bit.
    """
    plain = (
        target.winograd
        and spec.accumulator is dtypes.float32
        and spec.kernel == (1, 3, 3)
        and spec.stride == spec.dilation == (1, 1, 1)
        and spec.groups == 1
        and min(spec.channels, spec.kernels) >= _LEAST_CHANNELS
        and spec.target[0] == spec.source[0] == 1
    )
    if not plain or not all(_three_taps(axis.phases) for axis in spec.axes[1:]):
        return False
    _, height, width = spec.target
    tiles, sums = tiles_of(height) * tiles_of(width), spec.depth * spec.width
    direct = height * width * spec.taps * sums
    transforms = tiles * _TRANSFORM * (spec.depth + spec.width)
    return direct > _GAIN * (tiles * POINTS * sums + transforms)


def fits_batch(spec: ConvSpec, batch: int) -> bool:
    """Do so many images outweigh, for a kernel gradient, that its 16 points lie in memory?"""
    if spec.kind != "kernel_grad":
        return True
    _, height, width = spec.output
    return batch * tiles_of(height) * tiles_of(width) >= _LEAST_TILES


def _three_taps(phases: tuple[Phase, ...]) -> bool:
    """Does every result sum over three neighbours?"""
    offsets = [[offset for _, offset in phase.taps] for phase in phases]
    if len(offsets) != 1 or not offsets[0]:
        return False
    return offsets[0] == [offsets[0][0] + i for i in range(3)]


def tiles_of(count: int) -> int:
    """Tiles along an axis of `count` results."""
    return ceil_div(count, 2)


def blocking(
    spec: ConvSpec, batch: int, target: CpuTarget
) -> tuple[tuple[int, int], Winograd, int]:
    """The register tile (rows, vectors), the blocks of a task, and its panels of channels."""
    lanes = target.lanes(spec.accumulator)
    rows, columns = target.gemm_tile(spec.accumulator)
    size, registers = spec.accumulator.itemsize, target.vector_registers
    _, height, width = spec.target
    count = max(1, batch * tiles_of(height) * tiles_of(width))
    rows, vectors = fit_tile(count, spec.width, lanes, (rows, columns // lanes), registers)
    tiles = _block_tiles(count, rows)
    panel = vectors * lanes
    panels = ceil_div(spec.width, panel)
    most = max(lanes, min(_PATCH_BYTES, target.l2_bytes // 2) // (POINTS * tiles * size))
    parts = ceil_div(spec.depth, most)
    channels = ceil_div(ceil_div(spec.depth, parts), lanes) * lanes
    most_panels = panels
    if parts > 1:
        most_panels = max(1, _SUM_BYTES // (POINTS * tiles * panel * size))
    wanted = ceil_div(MIN_TASKS, ceil_div(count, tiles))
    work = POINTS * tiles * spec.depth * panel
    least = max(_LEAST_PANELS, ceil_div(MIN_TASK, work))
    each = min(most_panels, max(least, panels // wanted))
    each = ceil_div(panels, ceil_div(panels, each))  # equal ones
    return (rows, vectors), Winograd(tiles, channels), each


def grad_blocking(
    spec: ConvSpec, batch: int, target: CpuTarget
) -> tuple[tuple[int, int], Winograd, int]:
    """The same for a kernel gradient: tiles that are transformed at a time, channels and panels
    of a task."""
    lanes = target.lanes(spec.accumulator)
    rows, columns = target.gemm_tile(spec.accumulator)
    tile, registers = (rows, columns // lanes), target.vector_registers
    rows, vectors = fit_tile(spec.depth, spec.width, lanes, tile, registers)
    blocks = ceil_div(spec.depth, _GRAD_CHANNELS)
    channels = ceil_div(ceil_div(spec.depth, blocks), lanes) * lanes
    panels = ceil_div(spec.width, vectors * lanes)
    each = ceil_div(panels, ceil_div(panels, max(1, _GRAD_CHANNELS // (vectors * lanes))))
    return (rows, vectors), Winograd(_GRAD_TILES, channels), each


def ceil_div(a: int, b: int) -> int:
    """a / b, rounded up."""
    return -(-a // b)


def _block_tiles(count: int, rows: int) -> int:
    """Tiles of a task: many; few ones are dealt out equally."""
    most = _MOST_TILES // rows * rows if rows < _MOST_TILES else rows
    blocks = ceil_div(count, most)
    return most if blocks >= _VARIED else ceil_div(count, blocks)
