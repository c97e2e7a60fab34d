"""Convolutions of one to three dimensions, their transposes, and those channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS, INDEX
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.shapes import as_shape
from pentad.frontends.tensorflow1.ops import windows

_F = pt.nn.functional
_CONVOLVE = {1: _F.conv1d, 2: _F.conv2d, 3: _F.conv3d}
_TRANSPOSE = {1: _F.conv_transpose1d, 2: _F.conv_transpose2d, 3: _F.conv_transpose3d}
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


def _by_channel(
    input: Any, filter: Any, strides: Any, padding: Any, data_format: Any, dilations: Any
) -> Any:
    last = windows.channels_last(data_format)
    h, w, channels, times = filter.shape
    weight = filter.permute(2, 3, 0, 1).reshape(channels * times, 1, h, w)
    return _run(input, weight, windows.in_space(strides, last), padding,
                windows.in_space(dilations, last), (), last)


def _type(x: Any, filter: Any, node: Any) -> Any:
    return [static.Type(x.dtype, None if filter.shape is None else (None,) * len(filter.shape))]


_ATTRS = ("strides, padding, data_format='{0}', dilations={1}, explicit_paddings=[], "
          "use_cudnn_on_gpu=True")


def _forward(name: str, rank: int) -> Any:
    attrs = _ATTRS.format(FORMATS[rank], [1] * (rank + 2))
    return op(name, f"input: T, filter: T; {attrs} -> output: T", _convolved, infer=_type,
              allow={"T": FLOATS})


CONV = {1: _forward("Conv1D", 1), 2: _forward("Conv2D", 2), 3: _forward("Conv3D", 3)}
_DEPTHWISE = op("DepthwiseConv2dNative", "input: T, filter: T; strides, padding, "
                "data_format='NHWC', dilations=[1,1,1,1] -> output: T", _by_channel, infer=_type,
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


# -- transposes and gradients ------------------------------------------------------------------


def _transposed(
    input_sizes: Any, filter: Any, out_backprop: Any, strides: Any, padding: Any, data_format: Any,
    dilations: Any, explicit_paddings: Any = (), use_cudnn_on_gpu: bool = True,
) -> Any:
    last = windows.channels_last(data_format)
    rank = filter.ndim - 2
    steps, holes = windows.in_space(strides, last), windows.in_space(dilations, last)
    whole = input_sizes.reshape(-1).tolist()
    space = [int(n) for n in windows.in_space(whole, last)]
    kernel = filter.shape[:rank]
    pairs = windows.numbers(padding, space, kernel, steps, holes, explicit_paddings)
    y = windows.to_first(out_backprop, last)
    more = [n + 2 * a - (m - 1) * s - d * (k - 1) - 1
            for n, m, k, s, d, (a, _) in zip(space, y.shape[2:], kernel, steps, holes, pairs)]
    found = _TRANSPOSE[rank](
        y, kernel_first(filter), None, steps, [a for a, _ in pairs], [max(e, 0) for e in more], 1,
        holes)
    for axis, n in enumerate(space):
        if found.shape[axis + 2] != n:
            found = found.narrow(axis + 2, 0, n)
    return windows.from_first(found, last)


def _kernel_gradient(
    input: Any, filter_sizes: Any, out_backprop: Any, strides: Any, padding: Any, data_format: Any,
    dilations: Any, explicit_paddings: Any = (), use_cudnn_on_gpu: bool = True,
) -> Any:
    last = windows.channels_last(data_format)
    steps, holes = windows.in_space(strides, last), windows.in_space(dilations, last)
    *kernel, inner, outer = (int(n) for n in filter_sizes.reshape(-1))
    x, y = windows.to_first(input, last), windows.to_first(out_backprop, last)
    pairs = windows.margins(padding, x.shape[2:], kernel, steps, holes, explicit_paddings)
    rule = getattr(pt.nn.grad, f"conv{len(kernel)}d_weight")
    found = rule(windows.widened(x, pairs), (outer, inner, *kernel), y, steps, 0, holes, 1)
    return found.permute(*range(2, found.ndim), 1, 0)


def _channel_gradient(which: int) -> Any:
    """The gradient of a convolution by channel, by its input (0) or its kernel (1)."""
    def run(
        first: Any, second: Any, out_backprop: Any, strides: Any, padding: Any, data_format: Any,
        dilations: Any,
    ) -> Any:
        sizes, other = (first, second) if which == 0 else (second, first)
        x = pt.zeros(*[int(n) for n in sizes.reshape(-1)], dtype=other.dtype)

        def forward(varied: Any) -> Any:
            pair = (varied, other) if which == 0 else (other, varied)
            return _by_channel(*pair, strides, padding, data_format, dilations)

        return pt.func.vjp(forward, x)[1](out_backprop)[0]

    return run


def _sized(sizes: Any, *rest: Any) -> Any:
    count = sizes.shape[0] if sizes.shape else None
    return [static.Type(rest[0].dtype, None if count is None else (None,) * count)]


def _backward(name: str, rank: int, kernel: bool) -> Any:
    attrs = _ATTRS.format(FORMATS[rank], [1] * (rank + 2))
    first = "input: T, filter_sizes: Tshape" if kernel else "input_sizes: Tshape, filter: T"
    return op(name, f"{first}, out_backprop: T; {attrs} -> output: T",
              _kernel_gradient if kernel else _transposed, sizes=(1 if kernel else 0,),
              infer=(lambda x, s, y, node: _sized(s, x)) if kernel else _sized,
              allow={"T": FLOATS, "Tshape": INDEX})


BY_INPUT = {n: _backward(f"Conv{n}DBackpropInput{'V2' if n == 3 else ''}", n, False)
            for n in (1, 2, 3)}
BY_FILTER = {n: _backward(f"Conv{n}DBackpropFilter{'V2' if n == 3 else ''}", n, True)
             for n in (2, 3)}
_CHANNEL = "; strides, padding, data_format='NHWC', dilations=[1,1,1,1] -> output: T"
_CHANNEL_BY_INPUT = op(
    "DepthwiseConv2dNativeBackpropInput", "input_sizes: int32, filter: T, out_backprop: T"
    + _CHANNEL, _channel_gradient(0), sizes=(0,), infer=_sized, allow={"T": FLOATS})
_CHANNEL_BY_FILTER = op(
    "DepthwiseConv2dNativeBackpropFilter", "input: T, filter_sizes: int32, out_backprop: T"
    + _CHANNEL, _channel_gradient(1), sizes=(1,),
    infer=lambda x, s, y, node: _sized(s, x), allow={"T": FLOATS})


def _gradient(make: Any, rank: int, doc: str) -> Any:
    def call(
        first: Any, second: Any, out_backprop: Any, strides: Any, padding: Any,
        use_cudnn_on_gpu: bool = True, data_format: str = FORMATS[rank], dilations: Any = 1,
        name: str | None = None,
    ) -> Any:
        last = windows.channels_last(data_format)
        padding, explicit = windows.explicit_padding(padding, rank, last)
        return make(first, second, out_backprop, padding=padding, explicit_paddings=explicit,
                    strides=windows.spread(strides, rank, last, "strides"),
                    data_format=data_format, name=name,
                    dilations=windows.spread(dilations, rank, last, "dilations"))

    call.__doc__ = doc
    return call


_of_input = _gradient(BY_INPUT[2], 2, "The gradient of conv2d by its input.")


def conv2d_backprop_input(
    input_sizes: Any, filter: Any = None, out_backprop: Any = None, strides: Any = None,
    padding: Any = None, use_cudnn_on_gpu: bool = True, data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1), name: str | None = None, filters: Any = None,
) -> Any:
    """The gradient of conv2d by its input."""
    return _of_input(input_sizes, filters if filter is None else filter, out_backprop, strides,
                     padding, use_cudnn_on_gpu, data_format, dilations, name)


conv2d_backprop_filter = _gradient(BY_FILTER[2], 2, "The gradient of conv2d by its kernel.")


def conv3d_backprop_filter(
    input: Any, filter_sizes: Any, out_backprop: Any, strides: Any, padding: Any,
    data_format: str = "NDHWC", dilations: Any = 1, name: str | None = None,
) -> Any:
    """The gradient of conv3d by its kernel."""
    return _gradient(BY_FILTER[3], 3, "")(input, filter_sizes, out_backprop, strides, padding,
                                          True, data_format, dilations, name)


def depthwise_conv2d_backprop_input(
    input_sizes: Any, filter: Any, out_backprop: Any, strides: Any, padding: Any,
    data_format: str = "NHWC", dilations: Any = (1, 1, 1, 1), name: str | None = None,
) -> Any:
    """The gradient of depthwise_conv2d_native by its input."""
    return _CHANNEL_BY_INPUT(input_sizes, filter, out_backprop, strides=list(strides),
                             padding=padding, data_format=data_format, dilations=list(dilations),
                             name=name)


def depthwise_conv2d_backprop_filter(
    input: Any, filter_sizes: Any, out_backprop: Any, strides: Any, padding: Any,
    data_format: str = "NHWC", dilations: Any = (1, 1, 1, 1), name: str | None = None,
) -> Any:
    """The gradient of depthwise_conv2d_native by its kernel."""
    return _CHANNEL_BY_FILTER(input, filter_sizes, out_backprop, strides=list(strides),
                              padding=padding, data_format=data_format, dilations=list(dilations),
                              name=name)


def _transpose(rank: int, default: str, doc: str) -> Any:
    def call(
        value: Any = None, filter: Any = None, output_shape: Any = None, strides: Any = None,
        padding: str = "SAME", data_format: Any = None, name: str | None = None, input: Any = None,
        filters: Any = None, dilations: Any = None,
    ) -> Any:
        data_format = data_format or FORMATS[rank]
        last = windows.channels_last(data_format)
        with name_scope(name, default, [value, filter, output_shape]) as scope:
            value = convert_to_tensor(input if value is None else value, name="value")
            filter = convert_to_tensor(filters if filter is None else filter, name="filter")
            if filter.shape.ndims is not None and value.shape.ndims is not None:
                _same_depth(value, filter, last)
            found = BY_INPUT[rank](
                convert_to_tensor(output_shape, name="output_shape"), filter, value,
                strides=windows.spread(strides, rank, last, "strides"),
                padding=windows.padding_of(padding), data_format=data_format,
                dilations=windows.spread(dilations, rank, last, "dilations"), name=scope)
            if isinstance(output_shape, list | tuple):
                known = [n if isinstance(n, int) else None for n in output_shape]
                found.set_shape(as_shape(known))
            return found

    call.__doc__ = doc
    return call


def _same_depth(value: Any, filter: Any, last: bool) -> None:
    depth = value.shape[-1 if last else 1]
    if not depth.is_compatible_with(filter.shape[-1]):
        raise pt.ShapeError(static.message(
            "input channels does not match filter's input channels",
            expected=str(filter.shape[-1]), got=str(depth)))


conv1d_transpose = _transpose(1, "conv1d_transpose", "The transpose of conv1d.")
conv2d_transpose = _transpose(2, "conv2d_transpose", "The transpose of conv2d.")
conv3d_transpose = _transpose(3, "conv3d_transpose", "The transpose of conv3d.")


def conv_transpose(
    input: Any, filters: Any, output_shape: Any, strides: Any, padding: str = "SAME",
    data_format: Any = None, dilations: Any = None, name: str | None = None,
) -> Any:
    """The transpose of the convolution of as many dimensions as the kernel has."""
    rank = convert_to_tensor(filters).shape.ndims - 2
    made = {1: conv1d_transpose, 2: conv2d_transpose, 3: conv3d_transpose}[rank]
    return made(input, filters, output_shape, strides, padding, data_format, name,
                dilations=dilations)


def atrous_conv2d_transpose(
    value: Any, filters: Any, output_shape: Any, rate: int, padding: str, name: str | None = None
) -> Any:
    """The transpose of atrous_conv2d."""
    return conv2d_transpose(value, filters, output_shape, 1, padding, dilations=rate,
                            name=name or "atrous_conv2d_transpose")
