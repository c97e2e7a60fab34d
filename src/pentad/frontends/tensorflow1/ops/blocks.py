"""Blocks of pixels moved between space, depth and batches; patches of images."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import INDEX
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op


def _last(x: Any, data_format: str) -> tuple[Any, Any]:
    """The images with channels last, and how to turn the result back."""
    if data_format == "NHWC":
        return x, lambda y: y
    return x.permute(0, 2, 3, 1), lambda y: y.permute(0, 3, 1, 2)


def _to_depth(input: Any, block_size: int, data_format: str) -> Any:
    x, back = _last(input, data_format)
    n, h, w, c = x.shape
    b = block_size
    y = x.reshape(n, h // b, b, w // b, b, c).permute(0, 1, 3, 2, 4, 5)
    return back(y.reshape(n, h // b, w // b, b * b * c))


def _to_space(input: Any, block_size: int, data_format: str) -> Any:
    x, back = _last(input, data_format)
    n, h, w, c = x.shape
    b = block_size
    y = x.reshape(n, h, w, b, b, c // (b * b)).permute(0, 1, 3, 2, 4, 5)
    return back(y.reshape(n, h * b, w * b, c // (b * b)))


_SIGNATURE = "input: T; block_size, data_format='NHWC' -> output: T"
_SPACE_TO_DEPTH = op("SpaceToDepth", _SIGNATURE, _to_depth)
_DEPTH_TO_SPACE = op("DepthToSpace", _SIGNATURE, _to_space)


def space_to_depth(
    input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
) -> Any:
    """Blocks of pixels become channels."""
    return _SPACE_TO_DEPTH(input, block_size=block_size, data_format=data_format, name=name)


def depth_to_space(
    input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
) -> Any:
    """Channels become blocks of pixels."""
    return _DEPTH_TO_SPACE(input, block_size=block_size, data_format=data_format, name=name)


def _to_batch(input: Any, block_shape: Any, paddings: Any) -> Any:
    blocks, m = block_shape.tolist(), len(block_shape)
    tail = input.ndim - m - 1
    flat = [n for pair in reversed(paddings.tolist()) for n in pair]
    x = pt.nn.functional.pad(input, [0, 0] * tail + flat)
    n, rest = x.shape[0], tuple(x.shape[1 + m:])
    cut: list[Any] = [n]
    for size, b in zip(x.shape[1:1 + m], blocks):
        cut += [size // b, b]
    order = [2 + 2 * i for i in range(m)] + [0] + [1 + 2 * i for i in range(m)]
    order += list(range(1 + 2 * m, 1 + 2 * m + tail))
    y = x.reshape(*cut, *rest).permute(*order)
    return y.reshape(n * int(np.prod(blocks)), *cut[1::2], *rest)


def _from_batch(input: Any, block_shape: Any, crops: Any) -> Any:
    blocks, m = block_shape.tolist(), len(block_shape)
    tail = input.ndim - m - 1
    n, rest = input.shape[0] // int(np.prod(blocks)), tuple(input.shape[1 + m:])
    sizes = input.shape[1:1 + m]
    y = input.reshape(*blocks, n, *sizes, *rest)
    order = [m]
    for i in range(m):
        order += [m + 1 + i, i]
    order += list(range(2 * m + 1, 2 * m + 1 + tail))
    y = y.permute(*order).reshape(n, *[s * b for s, b in zip(sizes, blocks)], *rest)
    for axis, (before, after) in enumerate(crops.tolist(), 1):
        y = y.narrow(axis, before, y.shape[axis] - before - after)
    return y


def _same_rank(x: Any, *rest: Any) -> Any:
    return [static.Type(x.dtype, x.shape and (None,) * len(x.shape))]


_KINDS = {"Tb": INDEX, "Tp": INDEX}
_TO_BATCH = op("SpaceToBatchND", "input: T, block_shape: Tb, paddings: Tp -> output: T", _to_batch,
               sizes=(1, 2), allow=_KINDS, infer=_same_rank)
_FROM_BATCH = op("BatchToSpaceND", "input: T, block_shape: Tb, crops: Tp -> output: T",
                 _from_batch, sizes=(1, 2), allow=_KINDS, infer=_same_rank)


def space_to_batch_nd(input: Any, block_shape: Any, paddings: Any, name: str | None = None) -> Any:
    """Blocks of places become images of the batch."""
    return _TO_BATCH(input, block_shape, paddings, name=name)


def batch_to_space_nd(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Any:
    """Images of the batch become blocks of places."""
    return _FROM_BATCH(input, block_shape, crops, name=name)


def space_to_batch(
    input: Any, paddings: Any, block_size: Any = None, name: str | None = None,
    block_shape: Any = None,
) -> Any:
    """Blocks of pixels become images of the batch."""
    size = block_size if block_shape is None else block_shape
    return _TO_BATCH(input, np.array([size, size], np.int32), paddings, name=name)


def batch_to_space(
    input: Any, crops: Any, block_size: Any, name: str | None = None, block_shape: Any = None
) -> Any:
    """Images of the batch become blocks of pixels."""
    size = block_size if block_shape is None else block_shape
    return _FROM_BATCH(input, np.array([size, size], np.int32), crops, name=name)


def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """(paddings, crops) that make sizes multiples of the blocks."""
    from pentad.frontends.tensorflow1.ops.shaping import stack

    with name_scope(name, "required_space_to_batch_paddings", []):
        sizes, blocks = (convert_to_tensor(v, dtypes.int32) for v in (input_shape, block_shape))
        known = [constant_value(v) for v in (sizes, blocks)]
        base = np.zeros((len(known[1]), 2), np.int32) if base_paddings is None else base_paddings
        base = convert_to_tensor(base, dtypes.int32)
        whole = sizes + base[:, 0] + base[:, 1]
        more = (-whole) % blocks
        crops = stack([more * 0, more], 1)
        return stack([base[:, 0], base[:, 1] + more], 1), crops


def _patches(images: Any, ksizes: Any, strides: Any, rates: Any, padding: str) -> Any:
    n, h, w, c = images.shape
    (kh, kw), (sh, sw), (rh, rw) = (v[1:3] for v in (ksizes, strides, rates))
    span = ((kh - 1) * rh + 1, (kw - 1) * rw + 1)
    if padding == "SAME":
        out = -(-h // sh), -(-w // sw)
        total = [max((o - 1) * s + k - size, 0)
                 for o, s, k, size in zip(out, (sh, sw), span, (h, w))]
        (top, left) = (t // 2 for t in total)
        images = pt.nn.functional.pad(
            images, (0, 0, left, total[1] - left, top, total[0] - top))
    else:
        out = (h - span[0]) // sh + 1, (w - span[1]) // sw + 1
    rows = np.arange(out[0])[:, None] * sh + np.arange(kh) * rh
    columns = np.arange(out[1])[:, None] * sw + np.arange(kw) * rw
    x = images.index_select(1, pt.from_numpy(rows.reshape(-1)))
    x = x.index_select(2, pt.from_numpy(columns.reshape(-1)))
    x = x.reshape(n, out[0], kh, out[1], kw, c).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(n, out[0], out[1], kh * kw * c)


_EXTRACT = op("ExtractImagePatches",
              "images: T; ksizes, strides, rates, padding -> patches: T", _patches)


def extract_image_patches(
    images: Any, ksizes: Any = None, strides: Any = None, rates: Any = None, padding: Any = None,
    name: str | None = None, sizes: Any = None,
) -> Any:
    """The windows of images, each as one long row of channels."""
    return _EXTRACT(images, ksizes=list(sizes or ksizes), strides=list(strides),
                    rates=list(rates), padding=padding, name=name)
