"""Convolutions of one to three dimensions, and those channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops import windows

_F = pt.nn.functional
_CONVOLVE = {1: _F.conv1d, 2: _F.conv2d, 3: _F.conv3d}
FORMATS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def kernel_first(filter: Any) -> Any:
    """A kernel [..., in, out] as [out, in, ...]."""
    rank = filter.ndim - 2
    return filter.permute(rank + 1, rank, *range(rank))


def _run(
    x: Any, weight: Any, strides: Sequence[int], padding: Any, dilations: Sequence[int],
    explicit: Any, last: bool,
) -> Any:
    """x in TensorFlow's order, weight in Pentad's."""
    rank = weight.ndim - 2
    if x.ndim != rank + 2:
        raise pt.ShapeError(static.message(
            f"Shape must be rank {rank + 2} but is rank {x.ndim} for a convolution",
            got=str(tuple(x.shape))))
    x = windows.to_first(x, last)
    groups, rest = divmod(int(x.shape[1]), int(weight.shape[1]))  # the depth must be a number
    if rest or not groups:
        raise pt.ShapeError(static.message(
            "the depth of the input must be that of the filter",
            expected=f"a multiple of {weight.shape[1]} channels", got=str(x.shape[1])))
    pairs = windows.margins(padding, x.shape[2:], weight.shape[2:], strides, dilations, explicit)
    even = windows.known(pairs) and all(a == b for a, b in pairs)
    x = x if even else windows.widened(x, pairs)
    found = _CONVOLVE[rank](x, weight, None, strides, [a for a, _ in pairs] if even else 0,
                            dilations, groups)
    return windows.from_first(found, last)


def _convolved(
    input: Any, filter: Any, strides: Any, padding: Any, data_format: Any, dilations: Any,
    explicit_paddings: Any = (), use_cudnn_on_gpu: bool = True,
) -> Any:
    last = windows.channels_last(data_format)
    return _run(input, kernel_first(filter), windows.in_space(strides, last), padding,
                windows.in_space(dilations, last), explicit_paddings, last)


def by_channel(
    input: Any, filter: Any, strides: Any, padding: Any, data_format: Any, dilations: Any
) -> Any:
    """Each channel convolved with kernels of its own."""
    last = windows.channels_last(data_format)
    h, w, channels, times = filter.shape
    weight = filter.permute(2, 3, 0, 1).reshape(channels * times, 1, h, w)
    return _run(input, weight, windows.in_space(strides, last), padding,
                windows.in_space(dilations, last), (), last)


def _type(x: Any, filter: Any, node: Any) -> Any:
    return [static.Type(x.dtype, None if filter.shape is None else (None,) * len(filter.shape))]


ATTRS = ("strides, padding, data_format='{0}', dilations={1}, explicit_paddings=[], "
          "use_cudnn_on_gpu=True")


def _forward(name: str, rank: int) -> Any:
    attrs = ATTRS.format(FORMATS[rank], [1] * (rank + 2))
    return op(name, f"input: T, filter: T; {attrs} -> output: T", _convolved, infer=_type,
              allow={"T": FLOATS})


CONV = {1: _forward("Conv1D", 1), 2: _forward("Conv2D", 2), 3: _forward("Conv3D", 3)}
_DEPTHWISE = op("DepthwiseConv2dNative", "input: T, filter: T; strides, padding, "
                "data_format='NHWC', dilations=[1,1,1,1] -> output: T", by_channel, infer=_type,
                allow={"T": FLOATS})


def _made(
    rank: int, input: Any, filter: Any, strides: Any, padding: Any, data_format: Any,
    dilations: Any, name: str | None,
) -> Any:
    data_format = data_format or FORMATS[rank]
    last = windows.channels_last(data_format)
    padding, explicit = windows.explicit_padding(padding, rank, last)
    input = convert_to_tensor(input, name="input")
    return CONV[rank](
        input, convert_to_tensor(filter, input.dtype.base_dtype, name="filter"),
        strides=windows.spread(strides, rank, last, "strides"), padding=padding,
        data_format=data_format, dilations=windows.spread(dilations, rank, last, "dilations"),
        explicit_paddings=explicit, name=name)


def conv1d(
    value: Any = None, filters: Any = None, stride: Any = None, padding: Any = None,
    use_cudnn_on_gpu: Any = None, data_format: Any = None, name: str | None = None,
    input: Any = None, dilations: Any = None,
) -> Any:
    """The convolution of [batch, width, in] with a kernel [width, in, out]."""
    formats = {"NHWC": "NWC", "NCHW": "NCW", None: "NWC"}
    with name_scope(name, "conv1d", [value, filters]) as scope:
        return _made(1, input if value is None else value, filters, stride, padding,
                     formats.get(data_format, data_format), dilations, scope)


def conv2d(
    input: Any, filter: Any = None, strides: Any = None, padding: Any = None,
    use_cudnn_on_gpu: bool = True, data_format: str = "NHWC", dilations: Any = (1, 1, 1, 1),
    name: str | None = None, filters: Any = None,
) -> Any:
    """The convolution of [batch, height, width, in] with a kernel [height, width, in, out]."""
    return _made(2, input, filters if filter is None else filter, strides, padding, data_format,
                 dilations, name)


def conv3d(
    input: Any, filter: Any = None, strides: Any = None, padding: Any = None,
    data_format: str = "NDHWC", dilations: Any = (1, 1, 1, 1, 1), name: str | None = None,
    filters: Any = None,
) -> Any:
    """The convolution of [batch, depth, height, width, in] with a kernel."""
    return _made(3, input, filters if filter is None else filter, strides, padding, data_format,
                 dilations, name)


def convolution(
    input: Any, filter: Any = None, padding: Any = None, strides: Any = None,
    dilation_rate: Any = None, name: str | None = None, data_format: str | None = None,
    filters: Any = None, dilations: Any = None,
) -> Any:
    """The convolution of as many dimensions as the kernel has."""
    with name_scope(name, "convolution", [input, filter]) as scope:
        filter = convert_to_tensor(filters if filter is None else filter)
        rank = filter.shape.ndims - 2
        rate = dilation_rate if dilations is None else dilations
        return _made(rank, input, filter, strides, padding, data_format, rate, scope)


def atrous_conv2d(
    value: Any, filters: Any, rate: int, padding: str, name: str | None = None
) -> Any:
    """The convolution with holes of `rate - 1` pixels in the kernel."""
    return convolution(value, filters, padding, dilation_rate=[rate, rate],
                       name=name or "convolution")


def depthwise_conv2d(
    input: Any, filter: Any = None, strides: Any = None, padding: Any = None, rate: Any = None,
    name: str | None = None, data_format: str | None = None, dilations: Any = None,
) -> Any:
    """Each channel convolved with kernels of its own: a kernel [height, width, in, times]."""
    rate = rate if dilations is None else dilations
    with name_scope(name, "depthwise", [input, filter]) as scope:
        return depthwise_conv2d_native(
            input, filter, strides, padding, data_format or "NHWC", rate or 1, name=scope)


def depthwise_conv2d_native(
    input: Any, filter: Any, strides: Any, padding: Any, data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1), name: str | None = None,
) -> Any:
    """Each channel convolved with kernels of its own."""
    last = windows.channels_last(data_format)
    return _DEPTHWISE(
        input, filter, strides=windows.spread(strides, 2, last, "strides"),
        padding=windows.padding_of(padding), data_format=data_format,
        dilations=windows.spread(dilations, 2, last, "dilations"), name=name)


def separable_conv2d(
    input: Any, depthwise_filter: Any, pointwise_filter: Any, strides: Any, padding: Any,
    rate: Any = None, name: str | None = None, data_format: str | None = None,
    dilations: Any = None,
) -> Any:
    """Channel by channel first, then pixel by pixel."""
    with name_scope(name, "separable_conv2d", [input, depthwise_filter]) as scope:
        within = depthwise_conv2d(input, depthwise_filter, strides, padding, rate, "depthwise",
                                  data_format, dilations)
        return conv2d(within, pointwise_filter, [1, 1, 1, 1], "VALID",
                      data_format=data_format or "NHWC", name=scope)
