"""Which convolutions are computed by Winograd's F(2x2, 3x3), and in tiles of what size.

Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015: 2x2 results take 16
products of transformed patches and kernels instead of 36.
"""

from __future__ import annotations

from dataclasses import dataclass

from pentad.graph import dtypes
from pentad.schedule.conv_spec import ConvSpec, Phase
from pentad.schedule.gemm_spec import fit_tile
from pentad.schedule.weights import MIN_TASK
from pentad.target.cpu import CpuTarget

POINTS = 16
"""Products for a patch of 4x4 pixels and a tile of 2x2 results."""

_GAIN = 1.25  # fewer products by so much outweigh that the transforms are not counted exactly
_TRANSFORM = 48  # additions and accesses for one channel of a patch or a tile, as products
_KERNEL = 32  # the same for a kernel, of which more is read than of a direct one
_LEAST_CHANNELS = 32
_MOST_TILES = 24
_PATCH_BYTES = 192 * 1024  # transformed patches of a task, on the thread's stack
_SUM_BYTES = 192 * 1024  # sums of a task that wait for further channels, on the thread's stack
_LEAST_PANELS = 4  # panels that share transformed patches
_MIN_TASKS = 16  # as many tasks as that keep several threads busy
_VARIED = 8  # so many blocks of tiles are of one size, whatever their number


@dataclass(frozen=True, slots=True)
class Winograd:
    """tiles: tiles of 2x2 results in one task; channels: channels of the first operand whose
    patches are transformed at a time."""

    tiles: int
    channels: int


def fits(spec: ConvSpec, target: CpuTarget) -> bool:
    """Is `spec` computed so? Its batch does not matter: images of any number give the same bits."""
    plain = (
        target.winograd
        and spec.kind != "kernel_grad"
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
    wanted = ceil_div(_MIN_TASKS, ceil_div(count, tiles))
    work = POINTS * tiles * spec.depth * panel
    least = max(_LEAST_PANELS, ceil_div(MIN_TASK, work))
    each = min(most_panels, max(least, panels // wanted))
    each = ceil_div(panels, ceil_div(panels, each))  # equal ones
    return (rows, vectors), Winograd(tiles, channels), each


def ceil_div(a: int, b: int) -> int:
    """a / b, rounded up."""
    return -(-a // b)


def _block_tiles(count: int, rows: int) -> int:
    """Tiles of a task: many; few ones are dealt out equally."""
    most = _MOST_TILES // rows * rows if rows < _MOST_TILES else rows
    blocks = ceil_div(count, most)
    return most if blocks >= _VARIED else ceil_div(count, blocks)
