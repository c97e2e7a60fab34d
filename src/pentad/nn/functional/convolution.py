"""Convolutions of 1 to 3 spatial dimensions and their transposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.nn.functional.common import (
    per_axis,
    require_dims,
    require_same_dtype,
    require_size,
    with_bias,
)
from pentad.nn.functional.correlation import correlated, transposed
from pentad.tensor.dispatch import surface

Sizes = int | Sequence[int]


def _operands(name: str, x: Node, w: Node, bias: Node | None, rank: int) -> None:
    space = ", ".join("DHW"[-rank:])
    require_dims(name, x, (rank + 1, rank + 2), f"[N, C, {space}] or [C, {space}]")
    require_dims(name, w, (rank + 2,), f"a weight [out, in / groups, {space}]")
    require_same_dtype(name, x, w, bias)


def _padding(
    name: str, padding: Any, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """(low, high) for each axis from numbers, "valid" or "same"."""
    if not isinstance(padding, str):
        return tuple((p, p) for p in per_axis(name, "padding", padding, len(kernel)))
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding != "same" or any(s != 1 for s in stride):
        raise ArgumentError(
            message(
                f"{name}: padding does not fit",
                expected='numbers, "valid", or "same" with stride 1',
                got=f"{padding!r} with stride {tuple(stride)}",
            )
        )
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple((t // 2, t - t // 2) for t in total)


def _convolve(
    name: str, x: Node, w: Node, bias: Node | None, stride: Any, padding: Any, dilation: Any,
    groups: int, rank: int,
) -> Node:
    _operands(name, x, w, bias, rank)
    single = x.ndim == rank + 1
    if single:
        x = ops.reshape(x, (1, *x.shape))
    if groups < 1 or w.shape[0] % groups:
        raise ArgumentError(
            message(f"{name}: groups", expected=f"a divisor of {w.shape[0]} channels",
                    got=str(groups))
        )
    require_size(
        name, "channels", x.shape[1], w.shape[1] * groups, x,
        f"the weight [{', '.join(map(str, w.shape))}] decides how many channels come in",
    )
    strides = per_axis(name, "stride", stride, rank)
    dilations = per_axis(name, "dilation", dilation, rank)
    pairs = _padding(name, padding, w.shape[2:], strides, dilations)  # type: ignore[arg-type]
    y = with_bias(correlated(x, w, strides, pairs, dilations, groups), bias, 1)
    return ops.reshape(y, y.shape[1:]) if single else y


@surface
def conv1d(
    input: Node, weight: Node, bias: Node | None = None, stride: Sizes = 1,
    padding: Sizes | str = 0, dilation: Sizes = 1, groups: int = 1,
) -> Node:
    """The convolution of [N, C, L] (or [C, L]) by a weight [out, C / groups, k]."""
    return _convolve("conv1d", input, weight, bias, stride, padding, dilation, groups, 1)


@surface
def conv2d(
    input: Node, weight: Node, bias: Node | None = None, stride: Sizes = 1,
    padding: Sizes | str = 0, dilation: Sizes = 1, groups: int = 1,
) -> Node:
    """The convolution of [N, C, H, W] (or [C, H, W]) by a weight [out, C / groups, kh, kw].

    Kernels of 3x3 with stride 1 and at least 16 channels on both sides, accumulated in float32, are
    computed by Winograd's F(2x2, 3x3) (Lavin and Gray, 2015), and so are their gradients. A result
    is then rounded like sums over the 4x4 pixels under its tile of 2x2 results: it may lose what
    pixels there that are not its own exceed it by, and an infinity or NaN spreads to the whole
    tile. With PENTAD_WINOGRAD=0 every result is a sum over its own pixels.
    """
    return _convolve("conv2d", input, weight, bias, stride, padding, dilation, groups, 2)


@surface
def conv3d(
    input: Node, weight: Node, bias: Node | None = None, stride: Sizes = 1,
    padding: Sizes | str = 0, dilation: Sizes = 1, groups: int = 1,
) -> Node:
    """The convolution of [N, C, D, H, W] (or [C, D, H, W]) by a weight [out, C / groups, ...]."""
    return _convolve("conv3d", input, weight, bias, stride, padding, dilation, groups, 3)


# -- transposes ------------------------------------------------------------------------------------


def _ends(
    strides: Sequence[int], pads: Sequence[int], extras: Sequence[int]
) -> tuple[list[tuple[int, int]], list[int | None]]:
    """((low, high) padding, zeros to append or None) for each axis.

    An output_padding below the stride is a rest that no window reached (None). A larger one is
    less padding at the end, and zeros beyond it.
    """
    pairs: list[tuple[int, int]] = []
    rest: list[int | None] = []
    for s, p, e in zip(strides, pads, extras, strict=True):
        pairs.append((p, p) if e < s else (p, p - min(e, p)))
        rest.append(None if e < s else e - min(e, p))
    return pairs, rest


def _transposed(
    name: str, x: Node, w: Node, bias: Node | None, stride: Any, padding: Any,
    output_padding: Any, groups: int, dilation: Any, rank: int,
) -> Node:
    """The transpose of the convolution that maps the result's shape to the input's."""
    _operands(name, x, w, bias, rank)
    single = x.ndim == rank + 1
    if single:
        x = ops.reshape(x, (1, *x.shape))
    require_size(name, "channels", x.shape[1], w.shape[0], x,
                 "the first size of the weight is the number of channels that come in")
    strides = per_axis(name, "stride", stride, rank)
    pads = per_axis(name, "padding", padding, rank)
    extras = per_axis(name, "output_padding", output_padding, rank)
    dilations = per_axis(name, "dilation", dilation, rank)
    if any(e >= max(s, d) for e, s, d in zip(extras, strides, dilations, strict=True)):
        raise ShapeError(
            message(f"{name}: output_padding is too large",
                    expected="less than stride or dilation", got=str(extras))
        )
    pairs, rest = _ends(strides, pads, extras)
    sizes = [
        (n - 1) * s - low - high + d * (k - 1) + e + 1
        for n, s, (low, high), d, k, e in zip(
            x.shape[2:], strides, pairs, dilations, w.shape[2:],
            [0 if r is not None else e for r, e in zip(rest, extras, strict=True)], strict=True
        )
    ]
    shape = (x.shape[0], w.shape[1] * groups, *sizes)
    y = transposed(x, w, shape, strides, pairs, dilations, groups)
    if any(rest):
        plain = [0] * y.ndim
        y = ops.pad(y, plain, [0, 0, *(r or 0 for r in rest)])
    y = with_bias(y, bias, 1)
    return ops.reshape(y, y.shape[1:]) if single else y


@surface
def conv_transpose1d(
    input: Node, weight: Node, bias: Node | None = None, stride: Sizes = 1, padding: Sizes = 0,
    output_padding: Sizes = 0, groups: int = 1, dilation: Sizes = 1,
) -> Node:
    """The transpose of conv1d: [N, C, L] by a weight [C, out / groups, k]."""
    return _transposed("conv_transpose1d", input, weight, bias, stride, padding, output_padding,
                       groups, dilation, 1)


@surface
def conv_transpose2d(
    input: Node, weight: Node, bias: Node | None = None, stride: Sizes = 1, padding: Sizes = 0,
    output_padding: Sizes = 0, groups: int = 1, dilation: Sizes = 1,
) -> Node:
    """The transpose of conv2d: [N, C, H, W] by a weight [C, out / groups, kh, kw]."""
    return _transposed("conv_transpose2d", input, weight, bias, stride, padding, output_padding,
                       groups, dilation, 2)


@surface
def conv_transpose3d(
    input: Node, weight: Node, bias: Node | None = None, stride: Sizes = 1, padding: Sizes = 0,
    output_padding: Sizes = 0, groups: int = 1, dilation: Sizes = 1,
) -> Node:
    """The transpose of conv3d: [N, C, D, H, W] by a weight [C, out / groups, ...]."""
    return _transposed("conv_transpose3d", input, weight, bias, stride, padding, output_padding,
                       groups, dilation, 3)


@surface
def conv_tbc(input: Node, weight: Node, bias: Node | None = None, pad: int = 0) -> Node:
    """conv1d of [time, N, C] by a weight [k, C, out]; pad: zeros before and after."""
    require_dims("conv_tbc", input, (3,), "[time, N, C]")
    require_dims("conv_tbc", weight, (3,), "[k, C, out]")
    x, w = ops.transpose(input, (1, 2, 0)), ops.transpose(weight, (2, 1, 0))
    y = _convolve("conv_tbc", x, w, bias, 1, pad, 1, 1, 1)
    return ops.transpose(y, (2, 0, 1))
