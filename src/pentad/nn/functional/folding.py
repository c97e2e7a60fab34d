"""unfold and fold (windows as columns and back), and channels against positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.nn.functional import regions
from pentad.nn.functional.common import Sizes, per_axis, require_dims
from pentad.ops.windows import window_count
from pentad.tensor.dispatch import surface


class _Columns:
    """Which positions of a padded image [H, W] each window has, as a table [places, windows]."""

    def __init__(
        self, name: str, space: Sequence[Any], kernel: Any, dilation: Any, padding: Any, stride: Any
    ) -> None:
        self.kernel = per_axis(name, "kernel_size", kernel, 2)
        steps, gaps = per_axis(name, "stride", stride, 2), per_axis(name, "dilation", dilation, 2)
        self.padding = per_axis(name, "padding", padding, 2)
        if min(*self.kernel, *steps, *gaps) < 1 or min(self.padding) < 0:
            raise ArgumentError(
                message(f"{name}: the windows do not fit",
                        expected="kernel_size, dilation, stride >= 1, padding >= 0",
                        got=f"{self.kernel}, {gaps}, {steps}, {self.padding}")
            )
        self.space = [n + 2 * p for n, p in zip(space, self.padding, strict=True)]
        self.counts = [
            window_count(n, k, s, 0, 0, d)
            for n, k, s, d in zip(self.space, self.kernel, steps, gaps, strict=True)
        ]
        if any(isinstance(m, int) and m < 1 for m in self.counts):
            raise ShapeError(
                message(f"{name}: the window is larger than the padded image",
                        expected=f"sizes of at least {list(self.kernel)} (dilated by {gaps})",
                        got=str(self.space))
            )
        tables = [
            regions.strided(n, m, k, s, 0, d)
            for n, m, k, s, d in zip(self.space, self.counts, self.kernel, steps, gaps, strict=True)
        ]
        self.index = ops.transpose(regions.combined(tables, self.space)[0], (1, 0))


@surface
def unfold(
    input: Node, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Node:
    """The windows of [N, C, H, W] as columns: [N, C * kh * kw, windows] (im2col)."""
    require_dims("unfold", input, (3, 4), "[N, C, H, W] or [C, H, W]")
    single = input.ndim == 3
    x = ops.reshape(input, (1, *input.shape)) if single else input
    columns = _Columns("unfold", x.shape[2:], kernel_size, dilation, padding, stride)
    around = (0, 0, *columns.padding)
    padded = ops.pad(x, around, around)
    lead = x.shape[:2]
    line = ops.reshape(padded, (*lead, product(padded.shape[2:])))
    found = ops.transpose(ops.gather(line, columns.index, axes=(2,)), (2, 3, 0, 1))
    shape = (lead[0], lead[1] * columns.index.shape[0], columns.index.shape[1])
    found = ops.reshape(found, shape)
    return ops.reshape(found, shape[1:]) if single else found


@surface
def fold(
    input: Node, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0,
    stride: Sizes = 1,
) -> Node:
    """The sum of windows [N, C * kh * kw, windows] at their places in [N, C, H, W] (col2im)."""
    require_dims("fold", input, (2, 3), "[N, C * kh * kw, windows] or [C * kh * kw, windows]")
    single = input.ndim == 2
    x = ops.reshape(input, (1, *input.shape)) if single else input
    space = per_axis("fold", "output_size", output_size, 2)
    columns = _Columns("fold", space, kernel_size, dilation, padding, stride)
    places, windows = columns.index.shape
    if x.shape[1] % places != 0 or x.shape[2] != windows:
        raise ShapeError(
            message("fold: the columns do not fit",
                    expected=f"[N, a multiple of {places}, {windows}]", got=str(list(input.shape)))
        )
    lead = (x.shape[0], x.shape[1] // places)
    updates = ops.transpose(ops.reshape(x, (*lead, places, windows)), (2, 3, 0, 1))
    line = ops.full(0, (product(tuple(columns.space)), *lead), x.dtype)
    line = ops.scatter(line, updates, columns.index, axes=(0,), kind="add")
    image = ops.reshape(ops.transpose(line, (1, 2, 0)), (*lead, *columns.space))
    low = (0, 0, *columns.padding)
    high = (*lead, *(p + n for p, n in zip(columns.padding, space, strict=True)))
    image = ops.slice_(image, low, high)
    return ops.reshape(image, image.shape[1:]) if single else image


# -- channels --------------------------------------------------------------------------------------


def _require_image(name: str, x: Node) -> None:
    if x.ndim < 3:
        raise ShapeError(
            message(f"{name}: wrong number of dimensions", expected="[..., C, H, W]",
                    got=str(list(x.shape)))
        )


def _positive(name: str, what: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ArgumentError(message(f"{name}: {what}", expected="an integer >= 1", got=repr(value)))


@surface
def pixel_shuffle(input: Node, upscale_factor: int) -> Node:
    """[..., C * r * r, H, W] to [..., C, H * r, W * r] (Shi et al., 2016)."""
    _require_image("pixel_shuffle", input)
    _positive("pixel_shuffle", "upscale_factor", upscale_factor)
    r, n = upscale_factor, input.ndim - 3
    lead, (c, h, w) = input.shape[:n], input.shape[n:]
    if c % (r * r) != 0:
        raise ShapeError(
            message("pixel_shuffle: the channels do not fit", expected=f"a multiple of {r * r}",
                    got=str(c))
        )
    x = ops.reshape(input, (*lead, c // (r * r), r, r, h, w))
    x = ops.transpose(x, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return ops.copy(ops.reshape(x, (*lead, c // (r * r), h * r, w * r)))


@surface
def pixel_unshuffle(input: Node, downscale_factor: int) -> Node:
    """[..., C, H * r, W * r] to [..., C * r * r, H, W]: the inverse of pixel_shuffle."""
    _require_image("pixel_unshuffle", input)
    _positive("pixel_unshuffle", "downscale_factor", downscale_factor)
    r, n = downscale_factor, input.ndim - 3
    lead, (c, h, w) = input.shape[:n], input.shape[n:]
    if h % r != 0 or w % r != 0:
        raise ShapeError(
            message("pixel_unshuffle: the sizes do not fit", expected=f"multiples of {r}",
                    got=f"{h}, {w}")
        )
    x = ops.reshape(input, (*lead, c, h // r, r, w // r, r))
    x = ops.transpose(x, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return ops.copy(ops.reshape(x, (*lead, c * r * r, h // r, w // r)))


@surface
def channel_shuffle(input: Node, groups: int) -> Node:
    """The channels of [N, C, ...] in another order: the first of each group, the second, ..."""
    _require_image("channel_shuffle", input)
    _positive("channel_shuffle", "groups", groups)
    n, c, *rest = input.shape
    if c % groups != 0:
        raise ShapeError(
            message("channel_shuffle: groups", expected=f"a divisor of {c} channels",
                    got=str(groups))
        )
    x = ops.reshape(input, (n, groups, c // groups, *rest))
    x = ops.transpose(x, (0, 2, 1, *range(3, x.ndim)))
    return ops.copy(ops.reshape(x, input.shape))


native_channel_shuffle = channel_shuffle
