"""How a convolution goes about it: stages, tiles, tasks, workspace.

Stages are kernels to be run in order: `pack_image` (a padded copy of the first operand, channels
last), `pack_kernel`, `convolution`; for kernel_grad `pack_image`, `partials`, `reduce`.

Sums run over taps in order, then channels (kernel_grad: pixels in order, in `splits` parts that
are added in order), so a result depends on sizes and dtypes only. With `winograd`, they run over
channels (kernel_grad: tiles) at each of 16 points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from pentad.schedule.conv_spec import Axis, ConvSpec, Region
from pentad.schedule.conv_tiles import by_lines
from pentad.schedule.size import Param, Size
from pentad.schedule.weights import MIN_TASK
from pentad.schedule.winograd import POINTS, Winograd, tiles_of
from pentad.target.cpu import CpuTarget

_COLLIDING = 512  # bytes: a distance that shares few cache sets
_PACKED_USES = 3  # panels of kernels that outweigh rearranging what a tile reads
COPY_USES = 12  # passes over an image that outweigh copying it to where its pixels do not collide
IMAGE_SLACK = 64  # elements after the padded image that whole vectors may touch


@dataclass(frozen=True, slots=True)
class ConvPlan:
    """Tiles and tasks of one convolution; hashable, part of the kernels' cache key.

    spec: the convolution as it is computed (1x1 kernels see one long spatial axis), its batch
    left out as 0;
    rows x (vectors * lanes): the tile: pixels (forward, input_grad) or taps and channels
    (kernel_grad) by channels of the result;
    group_rows: rows of the image that are tiled together; unit_groups: such groups in one task;
    panels: panels of channels in one task;
    splits: parts of a kernel gradient; split_rows: rows of g, in segments of `segment` pixels,
    that are rearranged at a time, or up to half more, so that all times have equally many;
    row_blocks: blocks of its (tap, channel)s, one in a task;
    winograd: the blocks of F(2x2, 3x3), where the convolution is computed so: rows are then tiles
    of 2x2 pixels, or channels (kernel_grad).
    """

    spec: ConvSpec
    target: CpuTarget
    lanes: int
    rows: int
    vectors: int
    group_rows: int = 1
    unit_groups: int = 1
    panels: int = 1
    splits: Size = 0
    split_rows: int = 0
    segment: int = 0
    row_blocks: int = 1
    winograd: Winograd | None = None

    @property
    def width(self) -> int:
        """Channels of a tile."""
        return self.vectors * self.lanes

    @property
    def _dense(self) -> bool:
        """Are the channels of the first operand contiguous, and need no conversion?"""
        spec = self.spec
        dense = spec.a_strides[1] == 1 or spec.source_channels == 1
        return dense and spec.a is spec.accumulator

    @property
    def in_place(self) -> bool:
        """Tiles read a first operand that lacks its padding where it lies.

        So no copy is made of what is read only a few times. What of a tile is outside is part of
        its code: only the first and the last of a row have any.
        """
        deep, high, wide = self.axes
        narrow = max(wide.low, wide.extent - wide.low - wide.source) <= self.rows
        padded = not deep.padded and (high.padded or wide.padded)
        return by_lines(self.spec) and self._dense and narrow and padded

    @property
    def panels_inside(self) -> bool:
        """All panels of channels of a task take their turns at each tile of pixels, not all tiles
        at each panel: where their kernels stay in the first-level cache."""
        depth = max(map(self.region_depth, self.spec.regions), default=0)
        kernels = depth * self.panels * self.width * self.spec.accumulator.itemsize
        return kernels <= self.target.l1_bytes // 2

    @property
    def packs_rows(self) -> bool:
        """Each tile of a kernel gradient rearranges what it reads of some pixels of the image, so
        that it lies together for all panels of kernels."""
        spec = self.spec
        if spec.kind != "kernel_grad" or spec.depthwise or self.winograd is not None:
            return False
        return spec.depth >= 2 * self.rows and self.group_panels >= _PACKED_USES

    @property
    def pack_image(self) -> bool:
        """The first operand is copied: padded, converted, its channels made contiguous."""
        spec, direct = self.spec, self._dense
        if self.packs_rows:
            along_pixels = spec.taps == 1 and spec.a_strides[4] == 1
            any_order = spec.a_strides[1] == 1 or along_pixels
            return not any_order or any(axis.padded for axis in self.axes)
        often = spec.taps * self.all_panels >= COPY_USES
        if (spec.kind == "kernel_grad" and often) or spec.a_strides[4] > spec.source_channels:
            # Tiles read one cache line of each of many pixels, or pixels have gaps between them.
            direct = direct and not collides(spec, spec.a_strides[4])
        return not direct or (any(axis.padded for axis in self.axes) and not self.in_place)

    @property
    def axes(self) -> tuple[Axis, Axis, Axis]:
        """What is read along each axis; patches of whole tiles, if in patches."""
        deep, *plane = self.spec.axes
        if self.winograd is None:
            return self.spec.axes
        high, wide = (
            replace(axis, extent=axis.phases[0].taps[0][1] + 2 * tiles_of(n) + 2)
            for axis, n in zip(plane, self.spec.target[1:])
        )
        return deep, high, wide

    @property
    def stages(self) -> tuple[str, ...]:
        image = ("pack_image",) if self.pack_image else ()
        if self.spec.kind == "kernel_grad":
            return (*image, "partials", "reduce")
        return (*image, "pack_kernel", "convolution")

    @property
    def depth(self) -> int:
        """Channels of the first operand that one product sums over."""
        return self.spec.depth

    @property
    def group_panels(self) -> int:
        """Panels of channels of the result in one group; depthwise counts as one group."""
        return -(-self.group_width // self.width)

    @property
    def group_width(self) -> int:
        """Channels of the result that share a panel."""
        return self.spec.target_channels if self.spec.depthwise else self.spec.width

    @property
    def all_panels(self) -> int:
        return self.group_panels * (1 if self.spec.depthwise else self.spec.groups)

    @property
    def grid(self) -> tuple[int, ...]:
        """Strides over (batch, d, h, w) of the image that tiles read; channels are contiguous."""
        if not self.pack_image:
            return (self.spec.a_strides[0], *self.spec.a_strides[2:])
        _, height, width = (axis.extent for axis in self.axes)
        pitch = self.pitch
        return self.image_elements, height * width * pitch, width * pitch, pitch

    @property
    def unit_rows(self) -> int:
        """The most rows of g that are rearranged at a time."""
        return self.split_rows + self.split_rows // 2

    @property
    def unit_pixels(self) -> int:
        """The most pixels of g that are rearranged at a time."""
        return self.unit_rows * self.segment

    @property
    def run(self) -> int:
        """(tap, channel)s of a kernel gradient that are neighbours on the image."""
        spec = self.spec
        near = spec.dilation[2] == 1 or spec.kernel[2] == 1
        dense = spec.groups == 1 and self.across == 1 and self.grid[3] == self.depth
        return spec.kernel[2] * self.depth if near and dense else self.depth

    @property
    def across(self) -> int:
        """Elements from channel to channel of the image that tiles read."""
        return 1 if self.pack_image else self.spec.a_strides[1]

    @property
    def pitch(self) -> int:
        """Elements from pixel to pixel of a packed image: channels, and where pixels would
        collide in a cache, one cache line more."""
        channels = self.spec.source_channels
        line = self.target.cache_line // self.spec.accumulator.itemsize
        return channels + line * collides(self.spec, channels)

    @property
    def image_elements(self) -> int:
        """Elements of one padded image."""
        return prod(axis.extent for axis in self.axes) * self.pitch

    def region_depth(self, region: Region) -> int:
        """Products in one sum of a region."""
        return len(region.taps) * self.depth

    def region_units(self, region: Region) -> tuple[int, int]:
        """(groups of rows in a plane, units in a plane) of a region."""
        groups = -(-region.counts[1] // self.group_rows)
        return groups, -(-groups // self.unit_groups)

    @property
    def units(self) -> int:
        """Units of one image, over all regions."""
        found = ((r.counts[0] * self.region_units(r)[1], r.counts[2]) for r in self.spec.regions)
        return sum(units for units, columns in found if columns)

    @property
    def panel_blocks(self) -> int:
        return -(-self.all_panels // self.panels)

    @property
    def segments(self) -> int:
        """Segments of a row of g (kernel_grad)."""
        return -(-self.spec.output[2] // self.segment) if self.segment else 0

    @property
    def work_elements(self) -> int:
        """Elements of the packed kernels, or of the partial sums of a kernel gradient."""
        spec = self.spec
        if spec.kind == "kernel_grad":
            return _known(self.splits) * self.partial_elements
        if self.winograd is not None:
            return POINTS * spec.depth * self.all_panels * self.width
        return sum(map(self.region_depth, spec.regions)) * self.all_panels * self.width

    @property
    def partial_elements(self) -> int:
        """Elements of one partial sum of a kernel gradient."""
        if self.winograd is not None:
            return self.all_panels * POINTS * self.point_pitch
        return self.all_panels * self.spec.taps * self.depth * self.width

    def tasks(self, spec: ConvSpec, stage: str) -> int:
        """Size of the parallel index space of a stage; `spec` has the batch."""
        batch = spec.batch
        assert isinstance(batch, int)
        if stage == "pack_image":
            depth, height, _ = (axis.extent for axis in self.axes)
            return batch * depth * height if self.image_elements else 0
        if stage == "pack_kernel":
            return self.all_panels
        if stage == "partials" and self.winograd is not None:
            return _known(self.splits) * self.channel_blocks * self.panel_blocks
        if stage == "reduce" and self.winograd is not None:
            return self.all_panels * self.depth
        if stage == "partials":
            return _known(self.splits) * self.panel_blocks * self.row_blocks
        if stage == "reduce":
            return self.all_panels * self.spec.taps
        if self.winograd is not None:
            return -(-batch * self.plane_tiles // self.winograd.tiles) * self.panel_blocks
        return batch * self.units * self.panel_blocks

    @property
    def plane_tiles(self) -> int:
        """Tiles of 2x2 results of one image."""
        _, height, width = self.spec.target
        return tiles_of(height) * tiles_of(width)

    @property
    def channel_blocks(self) -> int:
        """Blocks of channels of a kernel gradient by F(3x3, 2x2)."""
        assert self.winograd is not None
        return -(-self.depth // self.winograd.channels)

    @property
    def point_pitch(self) -> int:
        """Elements from point to point of a partial sum [panel][point][channel][width]: a cache
        line more than those have, lest points collide."""
        assert self.winograd is not None
        line = self.target.cache_line // self.spec.accumulator.itemsize
        return self.channel_blocks * self.winograd.channels * self.width + line

    def chunk(self, spec: ConvSpec, stage: str) -> int:
        """Tasks that one claim of a thread should take, so that it outweighs the claim."""
        tasks = max(1, self.tasks(spec, stage))
        work = tasks * MIN_TASK
        if stage in ("convolution", "partials"):
            work = max(1, _work(spec))
        elif stage == "pack_image":
            work = max(1, int(spec.batch) * self.image_elements * 16)  # type: ignore[arg-type]
        return max(1, min(tasks, MIN_TASK * tasks // work))

    def generalised(self, first: int) -> tuple[ConvPlan, tuple[int, ...]]:
        """This plan with what depends on the batch as Params from `first` on, and their values."""
        splits = _known(self.splits)
        if not splits:
            return self, ()
        return replace(self, splits=Param(first)), (splits,)

    @property
    def workspace(self) -> int:
        """Bytes of the workspace: packed kernels, or partial sums of a kernel gradient."""
        return self.work_elements * self.spec.accumulator.itemsize

    def packed_image(self, spec: ConvSpec) -> int:
        """Bytes of the padded copy of the first operand; 0 if tiles read the operand itself."""
        batch = spec.batch
        assert isinstance(batch, int)
        image = batch * self.image_elements + IMAGE_SLACK if self.pack_image else 0
        return image * spec.accumulator.itemsize

    def __str__(self) -> str:
        if self.winograd is not None:
            tiles, channels = self.winograd.tiles, self.winograd.channels
            return (
                f"F(2x2, 3x3) {self.rows}x{self.vectors}x{self.lanes} "
                f"block={tiles}x{channels}x{self.panels} {'image' if self.pack_image else 'direct'}"
            )
        return (
            f"{self.rows}x{self.vectors}x{self.lanes} group={self.group_rows} "
            f"unit={self.unit_groups}x{self.panels} "
            f"splits={self.splits}x{self.split_rows}x{self.segment}x{self.row_blocks} "
            f"{'image' if self.pack_image else 'in place' if self.in_place else 'direct'}"
        )


def collides(spec: ConvSpec, stride: int) -> bool:
    """Do neighbours so many elements apart fall into few sets of a cache?"""
    return stride > 0 and stride * spec.accumulator.itemsize % _COLLIDING == 0


def _work(spec: ConvSpec) -> int:
    """Multiply-adds of a convolution or of one of its gradients."""
    batch = spec.batch
    assert isinstance(batch, int)
    pixels = prod(spec.output) * batch
    return pixels * spec.kernels * spec.taps * (spec.channels // spec.groups)


def _known(size: Size) -> int:
    assert isinstance(size, int), f"{size} is not a number"
    return size
