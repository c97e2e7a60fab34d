"""Convolutions: what a kernel computes (ConvSpec), and its geometry as taps on a padded grid.

Three kinds share one spec, named by the convolution that they belong to:
  forward      y[n, o, p] = sum over taps t and channels c of x[n, c, p * stride + t * dilation
               - padding] * w[o, c, t]
  input_grad   the gradient of x: for each phase of the stride, a convolution of g with stride 1
  kernel_grad  the gradient of w
Axes are always three; those that a 1-d or 2-d convolution lacks have size 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import prod

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.schedule.size import Param, Size

Triple = tuple[int, int, int]
KINDS = ("forward", "input_grad", "kernel_grad")


@dataclass(frozen=True)
class ConvSpec:
    """One convolution or one of its gradients.

    `channels`, `size` and `kernels` are those of the forward convolution: images x of shape
    (batch, channels, *size), kernels w of shape (kernels, channels / groups, *kernel).

    a: dtype of the first operand, x (forward, kernel_grad) or the cotangent g (input_grad);
    b: dtype of the second, w (forward, input_grad) or g (kernel_grad).
    `a_strides` run over (batch, channel, *spatial); `b_strides` over (kernel, channel, *spatial)
    of w, or like those of a for g. All are known, only `batch` may be a Param.
    """

    kind: str
    a: DType
    b: DType
    batch: Size
    channels: int
    kernels: int
    groups: int
    size: Triple
    kernel: Triple
    stride: Triple
    padding: tuple[tuple[int, int], ...]
    dilation: Triple
    a_strides: tuple[int, ...]
    b_strides: tuple[int, ...]

    @staticmethod
    def of(
        kind: str,
        a: DType,
        b: DType,
        x_shape: Sequence[int],
        w_shape: Sequence[int],
        *,
        stride: Sequence[int],
        padding: Sequence[tuple[int, int]],
        dilation: Sequence[int],
        groups: int,
        a_strides: Sequence[int],
        b_strides: Sequence[int],
    ) -> ConvSpec:
        """The spec of a convolution over 1 to 3 spatial axes."""
        missing = 5 - len(x_shape)

        def three(values: Sequence[int], fill: int = 1) -> Triple:
            filled = (*(fill,) * missing, *values)
            return filled[0], filled[1], filled[2]

        def five(strides: Sequence[int]) -> tuple[int, ...]:
            return (*strides[:2], *three(strides[2:], 0))

        if not 0 <= missing <= 2 or len(w_shape) != len(x_shape):
            raise ShapeError(
                message(
                    "a convolution needs 1 to 3 spatial axes",
                    expected="images [N, C, spatial...] and kernels [O, C/groups, spatial...]",
                    got=f"{list(x_shape)} and {list(w_shape)}",
                )
            )
        return ConvSpec(
            kind, a, b, x_shape[0], x_shape[1], w_shape[0], groups,
            three(x_shape[2:]), three(w_shape[2:]), three(stride),
            (*((0, 0),) * missing, *((low, high) for low, high in padding)), three(dilation),
            five(a_strides), five(b_strides),
        )  # fmt: skip

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ArgumentError(
                message("no such convolution", expected=", ".join(KINDS), got=repr(self.kind))
            )
        for dtype in (self.a, self.b):
            if not dtype.is_floating_point:
                raise DTypeError(
                    message(
                        "a convolution needs floating-point operands",
                        expected="float16, bfloat16, float32 or float64",
                        got=f"{self.a.name} and {self.b.name}",
                    )
                )
        if self.groups < 1 or self.channels % self.groups or self.kernels % self.groups:
            raise ShapeError(
                message(
                    "channels do not divide into groups",
                    expected=f"multiples of {self.groups}",
                    got=f"{self.channels} channels and {self.kernels} kernels",
                )
            )
        if min(*self.stride, *self.dilation, *self.kernel) < 1 or min(sum(self.padding, ())) < 0:
            raise ArgumentError(
                message(
                    "a convolution of this geometry does not exist",
                    expected="strides, dilations and kernel sizes of at least 1, padding >= 0",
                    got=f"{self.stride}, {self.dilation}, {self.kernel}, {self.padding}",
                )
            )

    @property
    def accumulator(self) -> DType:
        """float64 if an operand is, else float32."""
        wide = dtypes.float64 in (self.a, self.b)
        return dtypes.float64 if wide else dtypes.float32

    @cached_property
    def output(self) -> Triple:
        """Spatial sizes of the forward result (and of g)."""
        sizes = [
            max(0, (n + low + high - (k - 1) * d - 1) // s + 1)
            for n, k, s, (low, high), d in zip(
                self.size, self.kernel, self.stride, self.padding, self.dilation
            )
        ]
        return sizes[0], sizes[1], sizes[2]

    @property
    def source(self) -> Triple:
        """Spatial sizes of the first operand."""
        return self.output if self.kind == "input_grad" else self.size

    @property
    def target(self) -> Triple:
        """Spatial sizes of the result (forward, input_grad)."""
        return self.size if self.kind == "input_grad" else self.output

    @property
    def source_channels(self) -> int:
        """Channels of the first operand."""
        return self.kernels if self.kind == "input_grad" else self.channels

    @property
    def target_channels(self) -> int:
        """Channels of the result, or of g for kernel_grad."""
        return self.channels if self.kind == "input_grad" else self.kernels

    @property
    def depth(self) -> int:
        """Channels that one result sums over: those of the first operand in a group."""
        return self.source_channels // self.groups

    @property
    def width(self) -> int:
        """Channels of the result in a group."""
        return self.target_channels // self.groups

    @property
    def depthwise(self) -> bool:
        """Every channel has its own kernel."""
        return self.groups > 1 and self.depth == self.width == 1

    @property
    def taps(self) -> int:
        return prod(self.kernel)

    def flattened(self) -> ConvSpec:
        """The same convolution over one spatial axis, if no axis does more than count pixels.

        A stride that only leaves out pixels becomes a view of the image.
        """
        plain = self.taps == 1 and not any(map(sum, self.padding))
        if plain and self.stride != (1, 1, 1) and self.kind != "input_grad":
            steps = [s * n for s, n in zip(self.a_strides[2:], self.stride)]
            strides = (*self.a_strides[:2], *steps)
            thin = replace(self, size=self.output, stride=(1, 1, 1), a_strides=strides)
            return thin.flattened()
        plain = plain and self.stride == (1, 1, 1)
        a = _flat_strides(self.a_strides, self.size)
        b: tuple[int, ...] | None = self.b_strides
        if self.kind == "kernel_grad":
            b = _flat_strides(self.b_strides, self.size)
        if not plain or a is None or b is None:
            return self
        return replace(self, size=(1, 1, prod(self.size)), a_strides=a, b_strides=b)

    def generalised(self, first: int = 0) -> tuple[ConvSpec, tuple[int, ...]]:
        """This spec with its batch as Param `first`, and the value of the parameter."""
        if isinstance(self.batch, Param) or self.batch < 2:
            return self, ()
        return replace(self, batch=Param(first)), (self.batch,)

    @cached_property
    def axes(self) -> tuple[Axis, Axis, Axis]:
        """The geometry of each spatial axis."""
        found = [
            _input_grad_axis(n, o, k, s, low, d) if self.kind == "input_grad"
            else _forward_axis(n, o, k, s, low, d)
            for n, o, k, s, (low, _), d in zip(
                self.size, self.output, self.kernel, self.stride, self.padding, self.dilation
            )
        ]  # fmt: skip
        return found[0], found[1], found[2]

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """The parts of the result that are convolutions of one form, in order."""
        parts = product(*(axis.phases for axis in self.axes))
        return tuple(Region(phases, self.kernel) for phases in parts)

    def __str__(self) -> str:
        sizes = "x".join(map(str, (self.batch, self.channels, *self.size)))
        kernel = "x".join(map(str, (self.kernels, *self.kernel)))
        pads = ",".join(f"{low}:{high}" for low, high in self.padding)
        return (
            f"conv({self.kind}, {self.a.name}, {self.b.name}, x={sizes}, w={kernel}, "
            f"groups={self.groups}, stride={_text(self.stride)}, padding={pads}, "
            f"dilation={_text(self.dilation)}, a={_text(self.a_strides)}, "
            f"b={_text(self.b_strides)})"
        )


def _flat_strides(strides: tuple[int, ...], size: Triple) -> tuple[int, ...] | None:
    """Strides over one axis that stands for the three spatial ones, or None if none can."""
    axes = [(n, s) for n, s in zip(size, strides[2:]) if n != 1]
    for (_, outer), (n, inner) in zip(axes, axes[1:]):
        if outer != n * inner:
            return None
    return (*strides[:2], 0, 0, axes[-1][1] if axes else 0)


def _text(numbers: Sequence[int]) -> str:
    return "/".join(map(str, numbers))


@dataclass(frozen=True, slots=True)
class Phase:
    """Results start, start + step, ... (`count` of them) along one axis.

    Result number j reads the padded source at `j * stride + offset` for each (tap, offset), in
    order of growing offsets.
    """

    start: int
    step: int
    count: int
    stride: int
    taps: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """One spatial axis: `low` zeros, then the source; `extent` elements are read in all."""

    source: int
    low: int
    extent: int
    phases: tuple[Phase, ...]

    @property
    def padded(self) -> bool:
        """True if elements outside the source are read."""
        return self.low > 0 or self.extent > self.source


@dataclass(frozen=True, slots=True)
class Region:
    """One phase along each axis."""

    phases: tuple[Phase, Phase, Phase]
    kernel: Triple

    @property
    def counts(self) -> Triple:
        a, b, c = (p.count for p in self.phases)
        return a, b, c

    @property
    def taps(self) -> list[tuple[int, Triple]]:
        """(number of the tap in the kernel, offsets on the padded grid), in order of summation."""
        _, height, width = self.kernel
        return [
            ((i * height + j) * width + k, (x, y, z))
            for (i, x), (j, y), (k, z) in product(*(p.taps for p in self.phases))
        ]


def _forward_axis(n: int, out: int, k: int, s: int, low: int, d: int) -> Axis:
    taps = tuple((t, t * d) for t in range(k))
    extent = (out - 1) * s + (k - 1) * d + 1 if out else 0
    return Axis(n, low, extent, (Phase(0, 1, out, s, taps),))


def _input_grad_axis(n: int, out: int, k: int, s: int, low: int, d: int) -> Axis:
    """Result i = r + s * j takes from g at (i + low - t * d) / s, where that is whole."""
    found = []
    for r in range(min(s, n)):
        count = -(-(n - r) // s)
        taps = [(t, (r + low - t * d) // s) for t in range(k) if (r + low - t * d) % s == 0]
        taps = [(t, o) for t, o in taps if o < out and o + count > 0]
        found.append((r, count, sorted(taps, key=lambda tap: tap[1])))
    offsets = [o for _, _, taps in found for _, o in taps]
    before = max(0, -min(offsets, default=0))
    extent = max((c + o + before for _, c, taps in found for _, o in taps), default=0)
    phases = tuple(
        Phase(r, s, count, 1, tuple((t, o + before) for t, o in taps)) for r, count, taps in found
    )
    return Axis(out, before, extent, phases)
