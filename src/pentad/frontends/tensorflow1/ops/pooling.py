"""Maxima and means over windows, and morphology."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS, REALS
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops import windows
from pentad.frontends.tensorflow1.ops.convolution import FORMATS

_F = pt.nn.functional
_MAX = {1: _F.max_pool1d, 2: _F.max_pool2d, 3: _F.max_pool3d}
_MEAN = {1: _F.avg_pool1d, 2: _F.avg_pool2d, 3: _F.avg_pool3d}


def _symmetric(pairs: Sequence[tuple[int, int]], kernel: Sequence[int]) -> bool:
    return windows.known(pairs) and all(
        a == b and 2 * a <= k for (a, b), k in zip(pairs, kernel))


def _largest(x: Any, kernel: Any, strides: Any, pairs: Any) -> Any:
    rank = len(kernel)
    if _symmetric(pairs, kernel):
        return _MAX[rank](x, kernel, strides, [a for a, _ in pairs])
    # A last window that is partly outside: what the padding of even sizes often comes to.
    if windows.known(pairs) and all(a == 0 and b < s for (a, b), s in zip(pairs, strides)):
        return _MAX[rank](x, kernel, strides, ceil_mode=True)
    return _MAX[rank](windows.widened(x, pairs, float("-inf")), kernel, strides)


def _average(x: Any, kernel: Any, strides: Any, pairs: Any) -> Any:
    rank = len(kernel)
    if _symmetric(pairs, kernel):
        return _MEAN[rank](x, kernel, strides, [a for a, _ in pairs], count_include_pad=False)
    inside = windows.widened(pt.ones((1, 1, *x.shape[2:]), dtype=x.dtype), pairs)
    share = _MEAN[rank](inside, kernel, strides)
    return _MEAN[rank](windows.widened(x, pairs), kernel, strides) / share


def _pooled(rule: Any) -> Any:
    def run(x: Any, ksize: Any, strides: Any, padding: Any, data_format: Any) -> Any:
        last = windows.channels_last(data_format)
        kernel, steps = windows.in_space(ksize, last), windows.in_space(strides, last)
        x = windows.to_first(x, last)
        pairs = windows.margins(padding, x.shape[2:], kernel, steps, (1,) * len(kernel))
        return windows.from_first(rule(x, kernel, steps, pairs), last)

    return run


def _type(x: Any, node: Any) -> Any:
    return [static.Type(x.dtype, (None,) * len(node.attrs["ksize"]))]


def _pool(name: str, rank: int, rule: Any, allow: Any) -> Any:
    return op(name, f"value: T; ksize, strides, padding, data_format='{FORMATS[rank]}' -> "
              "output: T", _pooled(rule), infer=_type, allow={"T": allow})


MAX = {n: _pool(name, n, _largest, REALS)
       for n, name in ((1, "MaxPool1D"), (2, "MaxPool"), (3, "MaxPool3D"))}
AVERAGE = {n: _pool(name, n, _average, FLOATS)
           for n, name in ((1, "AvgPool1D"), (2, "AvgPool"), (3, "AvgPool3D"))}


def _public(made: Any, rank: int, default: str, doc: str) -> Any:
    def call(
        value: Any = None, ksize: Any = None, strides: Any = None, padding: Any = None,
        data_format: Any = FORMATS[rank], name: str | None = None, input: Any = None,
    ) -> Any:
        data_format = data_format or FORMATS[rank]
        last = windows.channels_last(data_format)
        with name_scope(name, default, [value]) as scope:
            value = convert_to_tensor(input if value is None else value, name="input")
            if value.shape.ndims not in (None, rank + 2):
                raise pt.ShapeError(static.message(
                    f"Shape must be rank {rank + 2} but is rank {value.shape.ndims} for "
                    f"'{scope[:-1]}' (op: '{default}')", got=str(value.shape)))
            return made[rank](
                value, ksize=windows.spread(ksize, rank, last, "ksize"),
                strides=windows.spread(strides, rank, last, "strides"),
                padding=windows.padding_of(padding), data_format=data_format, name=scope)

    call.__doc__ = f"The {doc} over windows."
    return call


max_pool = _public(MAX, 2, "MaxPool", "maximum")
max_pool1d = _public(MAX, 1, "max_pool1d", "maximum")
max_pool3d = _public(MAX, 3, "MaxPool3D", "maximum")
avg_pool = _public(AVERAGE, 2, "AvgPool", "mean")
avg_pool1d = _public(AVERAGE, 1, "avg_pool1d", "mean")
avg_pool3d = _public(AVERAGE, 3, "AvgPool3D", "mean")


def _of_any_rank(kind: str) -> Any:
    def call(
        input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = None,
        name: str | None = None,
    ) -> Any:
        rank = convert_to_tensor(input).shape.ndims - 2
        made = {"max": (max_pool1d, max_pool, max_pool3d),
                "avg": (avg_pool1d, avg_pool, avg_pool3d)}[kind][rank - 1]
        return made(input, ksize, strides, padding, data_format or FORMATS[rank], name)

    call.__doc__ = "A pool of as many dimensions as the input has."
    return call


max_pool_v2, avg_pool_v2 = _of_any_rank("max"), _of_any_rank("avg")


def pool(
    input: Any, window_shape: Any, pooling_type: str, padding: Any, dilation_rate: Any = None,
    strides: Any = None, name: str | None = None, data_format: Any = None, dilations: Any = None,
) -> Any:
    """A pool of as many dimensions as the window has, with holes in it if there is a rate."""
    rank = len(window_shape)
    rate = dilation_rate if dilations is None else dilations
    data_format = data_format or FORMATS[rank]
    last = windows.channels_last(data_format)
    rates = windows.in_space(windows.spread(rate, rank, last, "dilation_rate"), last)
    with name_scope(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        if any(n != 1 for n in rates):
            return _HOLES(input, window_shape=list(window_shape), pooling_type=pooling_type,
                          padding=windows.padding_of(padding), rates=list(rates),
                          data_format=data_format, name=scope)
        made = (MAX if pooling_type == "MAX" else AVERAGE)[rank]
        return made(input, ksize=windows.spread(list(window_shape), rank, last, "window_shape"),
                    strides=windows.spread(strides, rank, last, "strides"),
                    padding=windows.padding_of(padding), data_format=data_format, name=scope)


def _with_holes(
    input: Any, window_shape: Any, pooling_type: Any, padding: Any, rates: Any, data_format: Any
) -> Any:
    last = windows.channels_last(data_format)
    x = windows.to_first(input, last)
    ones = (1,) * len(rates)
    pairs = windows.margins(padding, x.shape[2:], window_shape, ones, rates)
    if pooling_type == "MAX":
        wide = windows.widened(x, pairs, float("-inf"))
        found = _MAX[len(rates)](wide, window_shape, 1, 0, rates)
    else:
        inside = windows.widened(pt.ones_like(x), pairs)
        found = (_summed(windows.widened(x, pairs), window_shape, rates)
                 / _summed(inside, window_shape, rates))
    return windows.from_first(found, last)


def _summed(x: Any, kernel: Any, rates: Any) -> Any:
    for axis, (k, d) in enumerate(zip(kernel, rates), 2):
        n = x.shape[axis] - (k - 1) * d
        parts = [x.narrow(axis, i * d, n) for i in range(k)]
        x = parts[0]
        for part in parts[1:]:
            x = x + part
    return x


_HOLES = op("PoolWithHoles", "input: T; window_shape, pooling_type, padding, rates, "
            "data_format='NHWC' -> output: T", _with_holes, allow={"T": FLOATS})


# -- where the maxima stand --------------------------------------------------------------------


def _with_places(
    input: Any, ksize: Any, strides: Any, Targmax: Any, padding: Any, include_batch_in_index: bool
) -> Any:
    batch, height, width, channels = input.shape
    kernel, steps = ksize[1:3], strides[1:3]
    x = windows.to_first(input, True)
    pairs = windows.margins(padding, x.shape[2:], kernel, steps, (1, 1))
    wide = windows.widened(x, pairs, float("-inf"))
    values, places = _F.max_pool2d(wide, kernel, steps, return_indices=True)
    values, places = windows.from_first(values, True), windows.from_first(places, True)
    across = width + sum(pairs[1])
    rows = pt.div(places, across, rounding_mode="floor") - pairs[0][0]
    columns = places % across - pairs[1][0]
    flat = (rows * width + columns) * channels + pt.arange(channels)
    if include_batch_in_index:
        flat = flat + (pt.arange(batch) * (height * width * channels)).reshape(-1, 1, 1, 1)
    return values, flat.to(Targmax.tensor_dtype)


_ARGMAX = op("MaxPoolWithArgmax", "input: T; ksize, strides, Targmax=int64, padding='VALID', "
             "include_batch_in_index=False -> output: T, argmax: Targmax", _with_places,
             allow={"T": FLOATS})


def max_pool_with_argmax(
    input: Any, ksize: Any, strides: Any, padding: Any = None, data_format: str = "NHWC",
    Targmax: Any = None, name: str | None = None, output_dtype: Any = None,
    include_batch_in_index: bool = False,
) -> Any:
    """The maxima over windows, and where they stand in the image as one line."""
    if data_format != "NHWC":
        raise pt.ArgumentError("Data formats other than 'NHWC' are not yet supported")
    return _ARGMAX(
        input, ksize=windows.spread(ksize, 2, True, "ksize"),
        strides=windows.spread(strides, 2, True, "strides"),
        Targmax=Targmax or output_dtype or dtypes.int64, padding=windows.padding_of(padding),
        include_batch_in_index=include_batch_in_index, name=name)


# -- morphology --------------------------------------------------------------------------------


def _dilated(input: Any, filter: Any, strides: Any, rates: Any, padding: Any) -> Any:
    kernel, steps, holes = filter.shape[:2], strides[1:3], rates[1:3]
    x = windows.to_first(input, True)
    pairs = windows.margins(padding, x.shape[2:], kernel, steps, holes)
    x = windows.widened(x, pairs, float("-inf"))
    out = [(n - d * (k - 1) - 1) // s + 1
           for n, k, s, d in zip(x.shape[2:], kernel, steps, holes)]
    found: Any = None
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            part = x[:, :, i * holes[0]:, j * holes[1]:]
            part = part[:, :, ::steps[0], ::steps[1]][:, :, :out[0], :out[1]]
            part = part + filter[i, j].reshape(-1, 1, 1)
            found = part if found is None else pt.maximum(found, part)
    return windows.from_first(found, True)


_DILATION = op("Dilation2D", "input: T, filter: T; strides, rates, padding -> output: T",
               _dilated, allow={"T": FLOATS})


def dilation2d(
    input: Any, filter: Any = None, strides: Any = None, rates: Any = None, padding: Any = None,
    name: str | None = None, filters: Any = None, dilations: Any = None,
) -> Any:
    """The largest of the image plus the kernel, over windows."""
    return _DILATION(input, filters if filter is None else filter, strides=list(strides),
                     rates=list(dilations if rates is None else rates),
                     padding=windows.padding_of(padding), name=name)


def erosion2d(
    value: Any, kernel: Any, strides: Any, rates: Any, padding: Any, name: str | None = None
) -> Any:
    """The smallest of the image minus the kernel, over windows."""
    from pentad.frontends.tensorflow1.ops.elementwise import negative
    from pentad.frontends.tensorflow1.ops.padding import reverse

    with name_scope(name, "erosion2d", [value, kernel]) as scope:
        return negative(dilation2d(negative(value), reverse(kernel, [0, 1]), strides, rates,
                                   padding), name=scope)
