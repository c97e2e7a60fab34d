"""Which plan a convolution gets: its tiles, tasks and parts, chosen by cost."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from pentad.schedule import winograd
from pentad.schedule.conv_plan import COPY_USES, ConvPlan, collides
from pentad.schedule.conv_spec import ConvSpec
from pentad.schedule.conv_tiles import by_lines, grouped_rows, in_rows, pixel_tile
from pentad.schedule.gemm_spec import fit_tile
from pentad.schedule.size import Param
from pentad.schedule.weights import MIN_TASK, MIN_TASKS
from pentad.target.cpu import CpuTarget

_MIN_UNIT = 1 << 16  # multiply-adds that outweigh finding a unit of rows
_SMALL_PANEL = 8 * 1024  # bytes of kernels that stay in the first-level cache anyway
_UNIT_TILES = 8  # tiles of pixels that use a panel of kernels while it is in the cache
_MOST_SPLITS = 16
_SPLIT_BYTES = 8 << 20  # of all partial sums of a kernel gradient
_PANEL_BYTES = 16 * 1024  # of one panel of g that waits on the stack, rearranged
_BLOCK_BYTES = 192 * 1024  # of the image that waits there, rearranged
_PACKED_LINE = 128  # pixels of a line that is rearranged in both operands: several make a unit
_LEAST_PANELS = 4  # of kernels that read what a task has rearranged of the image


def conv_plan(spec: ConvSpec, target: CpuTarget, *, varied: bool = False) -> ConvPlan:
    """How to compute `spec`, whose batch must be known.

    The code reads the batch from the spec it is emitted for; the plan depends on it only through
    the size of tasks, and for kernel_grad through the number of splits. `varied`: batches of other
    sizes are to have the same plan but for that number; tasks suit a batch of one.
    """
    assert not isinstance(spec.batch, Param)
    batch, spec = spec.batch, replace(spec.flattened(), batch=0)
    lanes = target.lanes(spec.accumulator)
    rows, columns = target.gemm_tile(spec.accumulator)
    tile = rows, columns // lanes
    if winograd.fits(spec, target) and winograd.fits_batch(spec, batch):
        return _winograd_plan(spec, batch, target)
    if spec.kind == "kernel_grad":
        return _kernel_grad_plan(spec, batch, target, lanes, tile)
    width = spec.target_channels if spec.depthwise else spec.width
    counts = [r.counts for r in spec.regions]
    pixels = max((h * w for _, h, w in counts), default=0)
    rows, vectors = pixel_tile(spec, pixels, target)
    if len(counts) == 1 and spec.size[:2] == (1, 1):
        spec = in_rows(spec, _UNIT_TILES * rows)
        counts = [r.counts for r in spec.regions]
    _, height, columns = max(counts, key=prod, default=(0, 0, 0))
    group_rows = 1
    if not by_lines(spec):
        group_rows = grouped_rows(height, columns, rows, vectors, target)
    groups = max(1, -(-height // group_rows))
    plan = ConvPlan(spec, target, lanes, rows, vectors, group_rows)
    panels = max(1, plan.all_panels)
    depth = max(map(plan.region_depth, spec.regions))
    group_work = group_rows * columns * depth * width
    group_work = max(1, group_work * (1 if spec.depthwise else spec.groups))
    tiles = max(1, group_rows * columns // rows)
    unit = -(-_MIN_UNIT // group_work)
    if depth * plan.width * spec.accumulator.itemsize > _SMALL_PANEL:
        unit = max(unit, -(-_UNIT_TILES // tiles))
    unit_groups = max(1, min(groups, unit))
    units = (1 if varied else batch) * max(1, -(-groups // unit_groups)) * len(counts)
    blocks = min(panels, -(-MIN_TASKS // max(1, units)))
    blocks = max(1, min(blocks, group_work * unit_groups // MIN_TASK))
    return ConvPlan(
        spec, target, lanes, rows, vectors, group_rows, unit_groups, -(-panels // blocks)
    )


def _winograd_plan(spec: ConvSpec, batch: int, target: CpuTarget) -> ConvPlan:
    lanes = target.lanes(spec.accumulator)
    grad = spec.kind == "kernel_grad"
    blocking = winograd.grad_blocking if grad else winograd.blocking
    (rows, vectors), blocks, panels = blocking(spec, batch, target)
    plan = ConvPlan(spec, target, lanes, rows, vectors, panels=panels, winograd=blocks)
    if not grad:
        return plan
    units = -(-batch * plan.plane_tiles // blocks.tiles)
    by_memory = _SPLIT_BYTES // (plan.partial_elements * spec.accumulator.itemsize)
    wanted = -(-MIN_TASKS // (plan.channel_blocks * plan.panel_blocks))
    return replace(plan, splits=max(1, min(units, by_memory, wanted)))


def _kernel_grad_plan(
    spec: ConvSpec, batch: int, target: CpuTarget, lanes: int, tile: tuple[int, int]
) -> ConvPlan:
    if spec.depthwise:
        rows, vectors = min(spec.taps, tile[0] * tile[1]), 1
    else:
        sums = spec.taps * spec.depth
        rows, vectors = _grad_tile(sums, spec.width, lanes, tile, target)
    depth, height, columns = spec.output
    size = spec.accumulator.itemsize
    one = ConvPlan(spec, target, lanes, rows, vectors, splits=1)
    # Images read where they lie: fewer lines at a time. The sums depend on it, so it looks at
    # sizes, not at strides.
    scattered = spec.taps * one.all_panels < COPY_USES and collides(spec, spec.source_channels)
    stack = _PANEL_BYTES // 4 if scattered and not one.packs_rows else _PANEL_BYTES
    pixels = max(1, stack // (vectors * lanes * size))
    line = _PACKED_LINE if one.packs_rows else pixels
    segments = max(1, -(-columns // min(pixels, line)))
    segment = max(1, -(-columns // segments))
    lines = batch * depth * height * segments
    split_rows = max(1, pixels // segment)
    by_memory = _SPLIT_BYTES // max(1, one.partial_elements * size)
    work = batch * prod(spec.output) * spec.kernels * spec.taps * spec.depth
    units = (lines + split_rows // 2) // split_rows
    splits = min(_MOST_SPLITS, by_memory, units, -(-work // (4 * MIN_TASK)))
    return _deal(replace(one, splits=max(1, splits), split_rows=split_rows, segment=segment))


def _grad_tile(
    sums: int, width: int, lanes: int, tile: tuple[int, int], target: CpuTarget
) -> tuple[int, int]:
    """The tile (rows, vectors) of a kernel gradient: the usual one, or the wide one where kernels
    fit it so much better that it takes 3% less time."""
    usual = fit_tile(sums, width, lanes, tile, target.vector_registers)

    def cost(rows: int, vectors: int) -> int:
        """Multiply-adds of vectors for a pixel; every panel is as wide as the tile."""
        panels = -(-width // (vectors * lanes))
        return panels * -(-sums // rows) * max(rows * vectors, target.fma_chains)

    wide = target.packed_tile
    return wide if sums >= tile[0] and cost(*wide) * 1.03 < cost(*usual) else usual


def _deal(plan: ConvPlan) -> ConvPlan:
    """A kernel gradient's panels and (tap, channel)s in blocks: what a task rearranges of the image
    stays in a cache, and with few splits there are still many tasks."""
    spec = plan.spec
    if spec.depthwise:
        return plan
    size = plan.unit_pixels * plan.rows * spec.accumulator.itemsize
    tiles = -(-plan.run // plan.rows)
    rows = -(-tiles * size // _BLOCK_BYTES) if plan.packs_rows else 1
    most = max(1, _SPLIT_BYTES // max(1, plan.partial_elements * spec.accumulator.itemsize))
    wanted = -(-MIN_TASKS // (min(_MOST_SPLITS, most) * rows))
    blocks = max(1, min(wanted, plan.group_panels // _LEAST_PANELS))
    panels = -(-plan.group_panels // blocks)
    if spec.groups > 1:  # all panels of a task are of one group
        panels = next(n for n in range(panels, 0, -1) if plan.group_panels % n == 0)
    return replace(plan, panels=panels, row_blocks=max(1, rows))
