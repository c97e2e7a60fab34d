"""Layers of convolutions, their transposes, and those channel by channel."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.shapes import as_shape
from pentad.frontends.tensorflow1.layers.base import InputSpec, Layer
from pentad.frontends.tensorflow1.ops import convolution, transposed
from pentad.frontends.tensorflow1.ops.activations import bias_add
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.ops.shaping import stack
from pentad.frontends.tensorflow1.variables.initializers import Zeros

ZEROS = Zeros()
_FORMATS = {
    ("channels_last", 1): "NWC", ("channels_last", 2): "NHWC", ("channels_last", 3): "NDHWC",
    ("channels_first", 1): "NCW", ("channels_first", 2): "NCHW", ("channels_first", 3): "NCDHW",
}


def tuple_of(value: Any, rank: int, what: str) -> tuple[int, ...]:
    """A number for each axis of space."""
    if not hasattr(value, "__iter__"):
        return (int(value),) * rank
    found = tuple(int(n) for n in value)
    if len(found) != rank:
        raise pt.ArgumentError(static.message(
            f"The `{what}` argument must be a tuple of {rank} integers.", got=repr(value)))
    return found


def tensor_format(data_format: str, rank: int) -> str:
    """`channels_last` as an operation writes it."""
    found = _FORMATS.get((str(data_format).lower(), rank))
    if found is None:
        raise pt.ArgumentError(static.message(
            "The `data_format` argument must be one of \"channels_first\", \"channels_last\".",
            got=repr(data_format)))
    return found


class _Convolution(Layer):
    """What the layers of convolutions share."""

    RANK = 2

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: str = "channels_last", dilation_rate: Any = 1, activation: Any = None,
        use_bias: bool = True, kernel_initializer: Any = None, bias_initializer: Any = ZEROS,
        kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, trainable: bool = True, name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable, name, **kwargs)
        self.rank, self.filters = self.RANK, filters
        self.kernel_size = tuple_of(kernel_size, self.rank, "kernel_size")
        self.strides = tuple_of(strides, self.rank, "strides")
        self.dilation_rate = tuple_of(dilation_rate, self.rank, "dilation_rate")
        self.padding, self.data_format = padding.lower(), data_format
        if self.padding not in ("valid", "same"):
            raise pt.ArgumentError(static.message(
                "The `padding` argument must be one of \"valid\", \"same\".", got=repr(padding)))
        self.activation, self.use_bias = activation, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self.activity_regularizer = activity_regularizer
        self.format = tensor_format(data_format, self.rank)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def channel_axis(self) -> int:
        """The axis of the channels."""
        return 1 if self.data_format == "channels_first" else -1

    def _depth(self, input_shape: Any) -> int:
        depth = as_shape(input_shape)[self.channel_axis].value
        if depth is None:
            raise pt.ShapeError(static.message(
                "The channel dimension of the inputs should be defined. Found `None`.",
                hint="give the placeholder its number of channels"))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self.channel_axis: depth})
        return depth

    def _make_bias(self) -> None:
        self.bias = self.add_weight(
            "bias", (self.filters,), initializer=self.bias_initializer,
            regularizer=self.bias_regularizer, constraint=self.bias_constraint,
        ) if self.use_bias else None
        self.built = True

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        self.kernel = self.add_weight(
            "kernel", (*self.kernel_size, self._depth(input_shape), self.filters),
            initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint)
        self._make_bias()

    def _ended(self, outputs: Any) -> Any:
        if self.bias is not None:
            outputs = bias_add(outputs, self.bias, self.format)
        return outputs if self.activation is None else self.activation(outputs)

    def call(self, inputs: Any) -> Any:
        """The convolution, the bias, the activation."""
        made = convolution.CONV[self.rank]
        steps = [1, *self.strides, 1] if self.channel_axis == -1 else [1, 1, *self.strides]
        holes = [1, *self.dilation_rate, 1] if self.channel_axis == -1 else [
            1, 1, *self.dilation_rate]
        return self._ended(made(inputs, self.kernel, strides=steps, padding=self.padding.upper(),
                                data_format=self.format, dilations=holes))


class Conv1D(_Convolution):
    """A convolution over one axis."""

    RANK = 1


class Conv2D(_Convolution):
    """A convolution over images."""


class Conv3D(_Convolution):
    """A convolution over volumes."""

    RANK = 3


class _Transpose(_Convolution):
    def __init__(self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
                 data_format: str = "channels_last", *args: Any, **kwargs: Any) -> None:
        # These take no dilation: what follows the format is the activation.
        super().__init__(filters, kernel_size, strides, padding, data_format, 1, *args, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        self.kernel = self.add_weight(
            "kernel", (*self.kernel_size, self.filters, self._depth(input_shape)),
            initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint)
        self._make_bias()

    def _length(self, n: Any, kernel: int, stride: int) -> Any:
        if n is None:
            return None
        return n * stride + (max(kernel - stride, 0) if self.padding == "valid" else 0)

    def call(self, inputs: Any) -> Any:
        """The transpose of a convolution, the bias, the activation."""
        first = self.channel_axis == 1
        space = range(2, self.rank + 2) if first else range(1, self.rank + 1)
        known, sizes = inputs.shape.as_list(), shape_of(inputs)
        lengths, shown = [], []
        for axis, k, s in zip(space, self.kernel_size, self.strides):
            shown.append(self._length(known[axis], k, s))
            whole = sizes[axis] if known[axis] is None else known[axis]
            lengths.append(self._length(whole, k, s))
        batch = sizes[0] if known[0] is None else known[0]
        order = [batch, self.filters, *lengths] if first else [batch, *lengths, self.filters]
        made = transposed.BY_INPUT[self.rank]
        steps = [1, 1, *self.strides] if first else [1, *self.strides, 1]
        outputs = made(stack(order), self.kernel, inputs, strides=steps,
                       padding=self.padding.upper(), data_format=self.format)
        outputs.set_shape([known[0], self.filters, *shown] if first
                          else [known[0], *shown, self.filters])
        return self._ended(outputs)


class Conv2DTranspose(_Transpose):
    """The transpose of a convolution over images."""


class Conv3DTranspose(_Transpose):
    """The transpose of a convolution over volumes."""

    RANK = 3


class _Separable(_Convolution):
    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: str = "channels_last", dilation_rate: Any = 1, depth_multiplier: int = 1,
        activation: Any = None, use_bias: bool = True, depthwise_initializer: Any = None,
        pointwise_initializer: Any = None, bias_initializer: Any = ZEROS,
        depthwise_regularizer: Any = None, pointwise_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None,
        depthwise_constraint: Any = None, pointwise_constraint: Any = None,
        bias_constraint: Any = None, trainable: bool = True, name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, activation,
            use_bias, None, bias_initializer, None, bias_regularizer, activity_regularizer, None,
            bias_constraint, trainable, name, **kwargs)
        self.depth_multiplier = depth_multiplier
        self._parts = {
            "depthwise": (depthwise_initializer, depthwise_regularizer, depthwise_constraint),
            "pointwise": (pointwise_initializer, pointwise_regularizer, pointwise_constraint)}

    def _kernel(self, part: str, shape: tuple[int, ...]) -> Any:
        initializer, regularizer, constraint = self._parts[part]
        return self.add_weight(f"{part}_kernel", shape, initializer=initializer,
                               regularizer=regularizer, constraint=constraint)

    def build(self, input_shape: Any) -> None:
        """Make the two kernels and the bias."""
        depth = self._depth(input_shape)
        self.depthwise_kernel = self._kernel(
            "depthwise", (*self.kernel_size, depth, self.depth_multiplier))
        self.pointwise_kernel = self._kernel(
            "pointwise", (*(1,) * self.rank, depth * self.depth_multiplier, self.filters))
        self._make_bias()

    def call(self, inputs: Any) -> Any:
        """Channel by channel first, then pixel by pixel."""
        if self.rank == 2:
            first = self.channel_axis == 1
            steps = [1, 1, *self.strides] if first else [1, *self.strides, 1]
            return self._ended(convolution.separable_conv2d(
                inputs, self.depthwise_kernel, self.pointwise_kernel, steps,
                self.padding.upper(), list(self.dilation_rate), data_format=self.format))
        from pentad.frontends.tensorflow1.ops.shaping import expand_dims, squeeze

        # A line is an image of height one.
        axis = 2 if self.channel_axis == 1 else 1
        first = self.channel_axis == 1
        steps = [1, 1, self.strides[0], self.strides[0]] if first else [
            1, self.strides[0], self.strides[0], 1]
        found = convolution.separable_conv2d(
            expand_dims(inputs, axis), expand_dims(self.depthwise_kernel, 0),
            expand_dims(self.pointwise_kernel, 0), steps, self.padding.upper(),
            [1, *self.dilation_rate], data_format="NCHW" if first else "NHWC")
        return self._ended(squeeze(found, [axis]))


class SeparableConv1D(_Separable):
    """A convolution of lines, channel by channel first."""

    RANK = 1


class SeparableConv2D(_Separable):
    """A convolution of images, channel by channel first."""


def _function(layer: Any, doc: str) -> Any:
    def call(inputs: Any, filters: int, kernel_size: Any, *args: Any, **kwargs: Any) -> Any:
        name, reuse = kwargs.pop("name", None), kwargs.pop("reuse", None)
        made = layer(filters, kernel_size, *args, name=name, _scope=name, _reuse=reuse, **kwargs)
        return made.apply(inputs)

    call.__doc__ = doc
    call.__name__ = layer.__name__.lower()
    return call


conv1d = _function(Conv1D, "A convolution over one axis.")
conv2d = _function(Conv2D, "A convolution over images.")
conv3d = _function(Conv3D, "A convolution over volumes.")
conv2d_transpose = _function(Conv2DTranspose, "The transpose of a convolution over images.")
conv3d_transpose = _function(Conv3DTranspose, "The transpose of a convolution over volumes.")
separable_conv1d = _function(SeparableConv1D, "A convolution of lines, by channel first.")
separable_conv2d = _function(SeparableConv2D, "A convolution of images, by channel first.")
