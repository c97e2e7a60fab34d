"""The operation of convolution over two or three axes: sizes, borders, what computes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, one
from pentad.frontends.theano.scalar.types import upcast
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.elemwise import cast

F = pt.nn.functional
Pads = tuple[tuple[int, int], ...]

# -- sizes -------------------------------------------------------------------------------------


def pads_of(border_mode: Any, kernel: Sequence[Any], dilation: Sequence[int]) -> Any:
    """How much is added on both sides of each axis; kernel: the sizes of the filters."""
    full = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
    if border_mode == "valid":
        return tuple((0, 0) for _ in full)
    if border_mode == "full":
        return tuple((n, n) for n in full)
    if border_mode == "half":
        return tuple(((n + 1) // 2, (n + 1) // 2) for n in full)
    return border_mode


def _checked_mode(border_mode: Any, ndim: int) -> Any:
    """The border mode as "valid", "full", "half" or pairs of numbers; ValueError otherwise."""
    if border_mode == "same":
        border_mode = "half"
    if border_mode in ("valid", "full", "half"):
        return border_mode
    found = (border_mode,) * ndim if isinstance(border_mode, int | np.integer) else border_mode
    if isinstance(found, tuple | list) and len(found) == ndim:
        pairs = [(p, p) if isinstance(p, int | np.integer) else tuple(p) for p in found]
        if all(len(p) == 2 and min(p) >= 0 for p in pairs):
            return tuple((int(a), int(b)) for a, b in pairs)
    raise ValueError(
        static.message(f"invalid border_mode {border_mode!r}, which must be either 'valid', 'full',"
                       " 'half', an integer or a tuple of integers or pairs of them",
                       expected=f"{ndim} numbers", got=repr(border_mode))
    )


def get_conv_shape_1axis(
    image_shape: Any, kernel_shape: Any, border_mode: Any, subsample: Any, dilation: Any = 1
) -> Any:
    """The size that a convolution leaves along an axis; None if one is not known."""
    if image_shape is None or kernel_shape is None:
        return None
    reach = (kernel_shape - 1) * dilation + 1
    [(a, b)] = pads_of(_checked_mode(border_mode, 1), [kernel_shape], [dilation])
    return (image_shape + a + b - reach) // subsample + 1


def get_conv_output_shape(
    image_shape: Any, kernel_shape: Any, border_mode: Any, subsample: Any,
    filter_dilation: Any = None,
) -> tuple[Any, ...]:
    """The shape of what a convolution gives."""
    ndim = len(subsample)
    dilation = filter_dilation or (1,) * ndim
    mode = _checked_mode(border_mode, ndim)
    modes = [mode] * ndim if isinstance(mode, str) else [(m,) for m in mode]
    return (image_shape[0], kernel_shape[0], *[
        get_conv_shape_1axis(image_shape[2 + i], kernel_shape[-ndim:][i], modes[i], subsample[i],
                             dilation[i])
        for i in range(ndim)
    ])


# -- the operation -----------------------------------------------------------------------------


def _convolved(
    x: Any, w: Any, mode: Any, stride: Any, dilation: Any, flip: bool, groups: int
) -> Any:
    ndim = len(stride)
    kernel = tuple(w.shape)[-ndim:]
    pads = pads_of(mode, kernel, dilation)
    w = w.flip(tuple(range(w.ndim - ndim, w.ndim))) if flip else w
    even = all(a == b for a, b in pads)
    if not even:
        x = F.pad(x, tuple(n for pair in reversed(pads) for n in pair))
    padding = tuple(a for a, _ in pads) if even else (0,) * ndim
    function = F.conv2d if ndim == 2 else F.conv3d
    return function(x, w, None, stride, padding, dilation, groups)


def _unshared(
    x: Any, w: Any, mode: Any, stride: Any, dilation: Any, flip: bool, groups: int
) -> Any:
    """Filters of their own at each place: (filters, rows, columns, channels, height, width)."""
    out, rows, columns, channels, h, k = tuple(w.shape)
    pads = pads_of(mode, (h, k), dilation)
    w = w.flip((4, 5)) if flip else w
    x = F.pad(x, tuple(n for pair in reversed(pads) for n in pair))
    seen = F.unfold(x, (h, k), dilation, 0, stride)
    seen = seen.reshape((x.shape[0], groups, channels * h * k, rows, columns))
    w = w.reshape((groups, out // groups, rows, columns, channels * h * k))
    return pt.einsum("ngkrc,gorck->ngorc", seen, w).reshape((x.shape[0], out, rows, columns))


def _shown(kind: str) -> Any:
    def shows(mode: Any, stride: Any, dilation: Any, flip: bool, groups: int) -> str:
        return (f"{kind}{{border_mode={mode!r}, subsample={stride}, filter_flip={flip}, "
                f"filter_dilation={dilation}}}")

    return shows


CONV2D = Native("AbstractConv2d", _convolved, shows=_shown("AbstractConv2d"))
CONV3D = Native("AbstractConv3d", _convolved, shows=_shown("AbstractConv3d"))
UNSHARED = Native("AbstractConv2d", _unshared, shows=_shown("AbstractConv2d"))


def _numbers(value: Any, ndim: int, what: str) -> tuple[int, ...]:
    found = (value,) * ndim if isinstance(value, int | np.integer) else tuple(value)
    if len(found) != ndim:
        raise ValueError(
            static.message(f"{what} must have {ndim} elements", got=repr(value))
        )
    return tuple(int(n) for n in found)


def _sizes(shape: Any, given: Sequence[int | None]) -> list[int | None]:
    """The sizes that are known, from a shape that the program promised or from the tensor."""
    promised = [None] * len(given) if shape is None else [
        int(n) if isinstance(n, int | np.integer) else None for n in (
            getattr(n, "data", n) for n in shape)
    ]
    if len(promised) != len(given):
        raise ValueError(
            static.message("a shape has another number of axes than its tensor",
                           expected=str(len(given)), got=repr(shape))
        )
    for a, b in zip(promised, given, strict=True):
        if a is not None and b is not None and a != b:
            raise ValueError(
                static.message("a tensor is of another shape than the program said",
                               expected=str(tuple(promised)), got=str(tuple(given)))
            )
    return [b if a is None else a for a, b in zip(promised, given, strict=True)]


def convolution(
    ndim: int, input: Any, filters: Any, input_shape: Any, filter_shape: Any, border_mode: Any,
    subsample: Any, filter_flip: bool, filter_dilation: Any, num_groups: int, unshared: bool,
) -> Any:
    """A convolution over `ndim` axes."""
    x, w = as_tensor_variable(input), as_tensor_variable(filters)
    expected = 2 * ndim + 2 if unshared else ndim + 2
    if x.ndim != ndim + 2 or w.ndim != expected:
        raise TypeError(
            static.message(f"conv{ndim}d: wrong numbers of axes",
                           expected=f"{ndim + 2} of the input and {expected} of the filters",
                           got=f"{x.type} and {w.type}", where=x.node.line)
        )
    dtype = upcast(x.dtype, w.dtype)
    x, w = cast(x, dtype), cast(w, dtype)
    mode = _checked_mode(border_mode, ndim)
    stride = _numbers(subsample, ndim, "subsample")
    dilation = _numbers(filter_dilation, ndim, "filter_dilation")
    image = _sizes(input_shape, x.static_type.shape)
    kernel = _sizes(filter_shape, w.static_type.shape)
    channels, seen = image[1], kernel[-ndim - 1]
    if channels is not None and seen is not None and channels != seen * num_groups:
        raise ValueError(
            static.message(f"conv{ndim}d: the filters are for another number of channels",
                           expected=f"{seen * num_groups} channels", got=str(channels),
                           where=x.node.line)
        )
    shape = get_conv_output_shape(image, kernel, mode, stride, dilation)
    op = UNSHARED if unshared else CONV2D if ndim == 2 else CONV3D
    return one(op, x, w, types=[static.Type(x.static_type.dtype, shape)], mode=mode, stride=stride,
               dilation=dilation, flip=bool(filter_flip), groups=int(num_groups))
