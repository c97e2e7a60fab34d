"""Convolutions of images and volumes, and their gradients as operations of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.scalar.types import upcast
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.creation import zeros
from pentad.frontends.theano.tensor.elemwise import cast
from pentad.frontends.theano.tensor.nnet.convolution import (
    convolution,
    get_conv_output_shape,
    get_conv_shape_1axis,
)


def conv2d(
    input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None,
    border_mode: Any = "valid", subsample: Any = (1, 1), filter_flip: bool = True,
    image_shape: Any = None, filter_dilation: Any = (1, 1), num_groups: int = 1,
    unshared: bool = False, **kwargs: Any,
) -> Any:
    """Images (batch, channel, height, width) convolved with filters (out, channel, height, width).

    The filters are flipped, as mathematics has it, unless filter_flip is False.
    """
    _refuse(kwargs)
    return convolution(2, input, filters, image_shape if input_shape is None else input_shape,
                       filter_shape, border_mode, subsample, filter_flip, filter_dilation,
                       num_groups, unshared)


def _refuse(kwargs: Any) -> None:
    for name in kwargs:
        if name not in ("imshp_logical", "kshp_logical", "kshp_logical_top_aligned", "unroll_batch",
                        "unroll_kern", "unroll_patch", "verbose", "version", "openmp"):
            raise TypeError(static.message("conv2d: unknown argument", got=name))


abstract_conv2d = conv2d


def conv3d(
    input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None,
    border_mode: Any = "valid", subsample: Any = (1, 1, 1), filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1), num_groups: int = 1,
) -> Any:
    """Volumes (batch, channel, depth, height, width) convolved with filters."""
    return convolution(3, input, filters, input_shape, filter_shape, border_mode, subsample,
                       filter_flip, filter_dilation, num_groups, False)


def separable_conv2d(
    input: Any, depthwise_filters: Any, pointwise_filters: Any, num_channels: int,
    input_shape: Any = None, depthwise_filter_shape: Any = None,
    pointwise_filter_shape: Any = None, border_mode: Any = "valid", subsample: Any = (1, 1),
    filter_flip: bool = True, filter_dilation: Any = (1, 1),
) -> Any:
    """Filters for each channel alone, then filters of one pixel over all channels."""
    first = conv2d(input, depthwise_filters, input_shape, depthwise_filter_shape, border_mode,
                   subsample, filter_flip, filter_dilation=filter_dilation,
                   num_groups=num_channels)
    return conv2d(first, pointwise_filters, None, pointwise_filter_shape)


def separable_conv3d(
    input: Any, depthwise_filters: Any, pointwise_filters: Any, num_channels: int,
    input_shape: Any = None, depthwise_filter_shape: Any = None,
    pointwise_filter_shape: Any = None, border_mode: Any = "valid", subsample: Any = (1, 1, 1),
    filter_flip: bool = True, filter_dilation: Any = (1, 1, 1),
) -> Any:
    """The same for volumes."""
    first = conv3d(input, depthwise_filters, input_shape, depthwise_filter_shape, border_mode,
                   subsample, filter_flip, filter_dilation, num_channels)
    return conv3d(first, pointwise_filters, None, pointwise_filter_shape)


def causal_conv1d(
    input: Any, filters: Any, filter_shape: Any, input_shape: Any = None, subsample: int = 1,
    filter_flip: bool = True, filter_dilation: int = 1, num_groups: int = 1,
    unshared: bool = False,
) -> Any:
    """Sequences (batch, channel, time) convolved so that no time sees later ones."""
    x, w = as_tensor_variable(input), as_tensor_variable(filters)
    before = (filter_shape[2] - 1) * filter_dilation
    found = conv2d(
        x.dimshuffle(0, 1, 2, "x"), w.dimshuffle(0, 1, 2, "x"), border_mode=((before, 0), (0, 0)),
        subsample=(subsample, 1), filter_flip=filter_flip, filter_dilation=(filter_dilation, 1),
        num_groups=num_groups,
    )
    return found[:, :, :, 0]


# -- gradients as operations -------------------------------------------------------------------


def _adjoint(output_grad: Any, place: Any, output: Any) -> Any:
    """What is weighted by `output_grad` by a place that the output is linear in."""
    [found] = static.gradients([output], [place], [output_grad])
    return found


def _grad_inputs(ndim: int, output_grad: Any, filters: Any, shape: Any, how: dict[str, Any]) -> Any:
    g, w = as_tensor_variable(output_grad), as_tensor_variable(filters)
    sizes = _whole(shape, g.shape[0], w.shape[w.ndim - ndim - 1] * how["num_groups"])
    dtype = upcast(g.dtype, w.dtype)
    place = zeros(sizes, dtype=dtype)
    return _adjoint(cast(g, dtype), place, convolution(ndim, place, w, **how))


def _grad_weights(ndim: int, input: Any, output_grad: Any, shape: Any, how: dict[str, Any]) -> Any:
    x, g = as_tensor_variable(input), as_tensor_variable(output_grad)
    sizes = _whole(shape, g.shape[1], x.shape[1] // how["num_groups"])
    dtype = upcast(x.dtype, g.dtype)
    place = zeros(sizes, dtype=dtype)
    return _adjoint(cast(g, dtype), place, convolution(ndim, x, place, **how))


def _whole(shape: Any, first: Any, second: Any) -> list[Any]:
    """A shape whose first two sizes, if they are not given, are those of the tensors."""
    if hasattr(shape, "ndim"):
        from pentad.frontends.theano.tensor.shaping import get_vector_length

        shape = [shape[i] for i in range(get_vector_length(shape))]
    found = list(shape)
    found[0] = first if found[0] is None else found[0]
    found[1] = second if found[1] is None else found[1]
    if any(n is None for n in found):
        raise ValueError(
            static.message("the sizes of images and filters must be given", got=repr(shape))
        )
    return found


def _how(
    border_mode: Any, subsample: Any, filter_flip: bool, filter_dilation: Any, num_groups: int,
    unshared: bool = False,
) -> dict[str, Any]:
    return {
        "input_shape": None, "filter_shape": None, "border_mode": border_mode,
        "subsample": subsample, "filter_flip": filter_flip, "filter_dilation": filter_dilation,
        "num_groups": num_groups, "unshared": unshared,
    }


def conv2d_grad_wrt_inputs(
    output_grad: Any, filters: Any, input_shape: Any, filter_shape: Any = None,
    border_mode: Any = "valid", subsample: Any = (1, 1), filter_flip: bool = True,
    filter_dilation: Any = (1, 1), num_groups: int = 1, unshared: bool = False,
) -> Any:
    """The gradient of `conv2d` by its input, from that of its output."""
    return _grad_inputs(2, output_grad, filters, input_shape, _how(
        border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared))


def conv3d_grad_wrt_inputs(
    output_grad: Any, filters: Any, input_shape: Any, filter_shape: Any = None,
    border_mode: Any = "valid", subsample: Any = (1, 1, 1), filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1), num_groups: int = 1,
) -> Any:
    """The gradient of `conv3d` by its input, from that of its output."""
    return _grad_inputs(3, output_grad, filters, input_shape, _how(
        border_mode, subsample, filter_flip, filter_dilation, num_groups))


def conv2d_grad_wrt_weights(
    input: Any, output_grad: Any, filter_shape: Any, input_shape: Any = None,
    border_mode: Any = "valid", subsample: Any = (1, 1), filter_flip: bool = True,
    filter_dilation: Any = (1, 1), num_groups: int = 1, unshared: bool = False,
) -> Any:
    """The gradient of `conv2d` by its filters, from that of its output."""
    return _grad_weights(2, input, output_grad, filter_shape, _how(
        border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared))


def conv3d_grad_wrt_weights(
    input: Any, output_grad: Any, filter_shape: Any, input_shape: Any = None,
    border_mode: Any = "valid", subsample: Any = (1, 1, 1), filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1), num_groups: int = 1,
) -> Any:
    """The gradient of `conv3d` by its filters, from that of its output."""
    return _grad_weights(3, input, output_grad, filter_shape, _how(
        border_mode, subsample, filter_flip, filter_dilation, num_groups))


def conv2d_transpose(
    input: Any, filters: Any, output_shape: Any, filter_shape: Any = None,
    border_mode: Any = "valid", input_dilation: Any = (1, 1), filter_flip: bool = True,
    filter_dilation: Any = (1, 1), num_groups: int = 1, unshared: bool = False,
) -> Any:
    """The transposed convolution: the gradient of one that steps by `input_dilation`."""
    return conv2d_grad_wrt_inputs(input, filters, output_shape, filter_shape, border_mode,
                                  input_dilation, filter_flip, filter_dilation, num_groups,
                                  unshared)


# -- upsampling --------------------------------------------------------------------------------


def bilinear_kernel_1D(ratio: Any, normalize: bool = True) -> Any:
    """The filter of linear interpolation along an axis."""
    half = np.arange(1, ratio + 1, dtype="float64")
    found = np.concatenate([half, half[-2::-1]])
    return as_tensor_variable((found / ratio if normalize else found).astype("float32"))


def bilinear_kernel_2D(ratio: Any, normalize: bool = True) -> Any:
    """The filter of linear interpolation along two axes."""
    row = bilinear_kernel_1D(ratio, normalize)
    return row.dimshuffle("x", 0) * row.dimshuffle(0, "x")


# -- the same as classes -----------------------------------------------------------------------


class _Conv:
    ndim = 2

    def __init__(
        self, imshp: Any = None, kshp: Any = None, border_mode: Any = "valid",
        subsample: Any = None, filter_flip: bool = True, filter_dilation: Any = None,
        num_groups: int = 1, unshared: bool = False, convdim: int | None = None,
    ) -> None:
        self.imshp, self.kshp = imshp, kshp
        self.border_mode, self.filter_flip = border_mode, filter_flip
        self.subsample = subsample or (1,) * self.ndim
        self.filter_dilation = filter_dilation or (1,) * self.ndim
        self.num_groups, self.unshared = num_groups, unshared

    def _how(self) -> dict[str, Any]:
        return _how(self.border_mode, self.subsample, self.filter_flip, self.filter_dilation,
                    self.num_groups, self.unshared)

    def __call__(self, img: Any, kern: Any) -> Any:
        """The convolution."""
        shapes = {"input_shape": self.imshp, "filter_shape": self.kshp}
        return convolution(self.ndim, img, kern, **(self._how() | shapes))


class AbstractConv2d(_Conv):
    """`conv2d` as an object."""


class AbstractConv3d(_Conv):
    """`conv3d` as an object."""

    ndim = 3


class AbstractConv2d_gradInputs(_Conv):
    """`conv2d_grad_wrt_inputs` as an object; the shape is that of the images' last axes."""

    def __call__(self, kern: Any, topgrad: Any, shape: Any) -> Any:  # type: ignore[override]
        """The gradient."""
        sizes = [None, None, *[shape[i] for i in range(self.ndim)]]
        return _grad_inputs(self.ndim, topgrad, kern, sizes, self._how())


class AbstractConv2d_gradWeights(_Conv):
    """`conv2d_grad_wrt_weights` as an object; the shape is that of the filters' last axes."""

    def __call__(self, img: Any, topgrad: Any, shape: Any) -> Any:  # type: ignore[override]
        """The gradient."""
        sizes = [None, None, *[shape[i] for i in range(self.ndim)]]
        return _grad_weights(self.ndim, img, topgrad, sizes, self._how())


class AbstractConv3d_gradInputs(AbstractConv2d_gradInputs):
    """`conv3d_grad_wrt_inputs` as an object."""

    ndim = 3


class AbstractConv3d_gradWeights(AbstractConv2d_gradWeights):
    """`conv3d_grad_wrt_weights` as an object."""

    ndim = 3


__all__ = [
    "AbstractConv2d", "AbstractConv2d_gradInputs", "AbstractConv2d_gradWeights", "AbstractConv3d",
    "AbstractConv3d_gradInputs", "AbstractConv3d_gradWeights", "abstract_conv2d",
    "bilinear_kernel_1D", "bilinear_kernel_2D", "causal_conv1d", "conv2d",
    "conv2d_grad_wrt_inputs", "conv2d_grad_wrt_weights", "conv2d_transpose", "conv3d",
    "conv3d_grad_wrt_inputs", "conv3d_grad_wrt_weights", "get_conv_output_shape",
    "get_conv_shape_1axis", "separable_conv2d", "separable_conv3d",
]
__getattr__ = absent(__name__)
