"""Transposes of convolutions, and the gradients of these by input and by kernel."""

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
from pentad.frontends.tensorflow1.ops.convolution import ATTRS, FORMATS, by_channel, kernel_first

_F = pt.nn.functional
_TRANSPOSE = {1: _F.conv_transpose1d, 2: _F.conv_transpose2d, 3: _F.conv_transpose3d}


def _transposed(
    input_sizes: Any, filter: Any, out_backprop: Any, strides: Any, padding: Any, data_format: Any,
    dilations: Any, explicit_paddings: Any = (), use_cudnn_on_gpu: bool = True,
) -> Any:
    last = windows.channels_last(data_format)
    rank = filter.ndim - 2
    steps, holes = windows.in_space(strides, last), windows.in_space(dilations, last)
    whole = input_sizes.reshape(-1).tolist()
    space = windows.in_space(whole, last)
    kernel = filter.shape[:rank]
    pairs = windows.margins(padding, space, kernel, steps, holes, explicit_paddings)
    y = windows.to_first(out_backprop, last)
    if not windows.known([*pairs, *zip(space, y.shape[2:])]):
        return windows.from_first(_cut(y, kernel_first(filter), space, pairs, steps, holes), last)
    more = [n + 2 * a - (m - 1) * s - d * (k - 1) - 1
            for n, m, k, s, d, (a, _) in zip(space, y.shape[2:], kernel, steps, holes, pairs)]
    found = _TRANSPOSE[rank](
        y, kernel_first(filter), None, steps, [a for a, _ in pairs], [max(e, 0) for e in more], 1,
        holes)
    for axis, n in enumerate(space):
        if found.shape[axis + 2] != n:
            found = found.narrow(axis + 2, 0, n)
    return windows.from_first(found, last)


def _cut(
    y: Any, weight: Any, space: Any, pairs: Any, strides: Sequence[int], dilations: Sequence[int]
) -> Any:
    """The transpose of a convolution without margins, of which these are cut off: sizes may be
    symbols."""
    found = _TRANSPOSE[len(space)](y, weight, None, strides, 0, 0, 1, dilations)
    off = [(-a, n + a - m) for n, m, (a, _) in zip(space, found.shape[2:], pairs)]
    return windows.widened(found, off)


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
            return by_channel(*pair, strides, padding, data_format, dilations)

        return pt.func.vjp(forward, x)[1](out_backprop)[0]

    return run


def _sized(sizes: Any, *rest: Any) -> Any:
    count = sizes.shape[0] if sizes.shape else None
    return [static.Type(rest[0].dtype, None if count is None else (None,) * count)]


def _backward(name: str, rank: int, kernel: bool) -> Any:
    attrs = ATTRS.format(FORMATS[rank], [1] * (rank + 2))
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
