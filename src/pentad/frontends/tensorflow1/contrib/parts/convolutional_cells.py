"""LSTM cells whose gates are convolutions (Shi et al., 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.ops.convolution import convolution
from pentad.frontends.tensorflow1.ops.elementwise import sigmoid, tanh
from pentad.frontends.tensorflow1.ops.shaping import concat, split
from pentad.frontends.tensorflow1.rnn.cells import LSTMStateTuple, RNNCell
from pentad.frontends.tensorflow1.variables.initializers import Zeros
from pentad.frontends.tensorflow1.variables.scope import get_variable


class ConvLSTMCell(RNNCell):
    """An LSTM of images: inputs [batch, *input_shape], outputs of as many places and of
    `output_channels` channels; skip_connection: the inputs behind the outputs.

    Raises ArgumentError if input_shape has not conv_ndims axes and one for channels.
    """

    def __init__(
        self, conv_ndims: int, input_shape: Sequence[int], output_channels: int,
        kernel_shape: Sequence[int], use_bias: bool = True, skip_connection: bool = False,
        forget_bias: float = 1.0, initializers: Any = None, name: str = "conv_lstm_cell",
    ) -> None:
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise pt.ArgumentError(static.message(
                f"Invalid input_shape {list(input_shape)} for conv_ndims={conv_ndims}.",
                expected=f"{conv_ndims + 1} sizes, the last of channels",
                got=f"{len(input_shape)}"))
        self._places, self._kernel = list(input_shape[:-1]), list(kernel_shape)
        self._channels, self._use_bias = output_channels, use_bias
        self._skip, self._forget_bias = skip_connection, forget_bias
        self._given = int(input_shape[-1])

    @property
    def state_size(self) -> Any:
        """The shapes of memory and output."""
        shape = TensorShape([*self._places, self._channels])
        return LSTMStateTuple(shape, shape)

    @property
    def output_size(self) -> Any:
        """The shape of the output."""
        return TensorShape([*self._places, self._channels + (self._given if self._skip else 0)])

    def _gates(self, inputs: Any, hidden: Any) -> Any:
        found = concat([inputs, hidden], -1)
        rows, columns = int(found.shape[-1]), 4 * self._channels
        kernel = get_variable("kernel", [*self._kernel, rows, columns], dtype=found.dtype)
        found = convolution(found, kernel, "SAME")
        if self._use_bias:
            found = found + get_variable("biases", [columns], dtype=found.dtype,
                                         initializer=Zeros())
        return split(found, 4, -1)

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the next state."""
        cell, hidden = state
        i, j, f, o = self._gates(inputs, hidden)
        cell = sigmoid(f + self._forget_bias) * cell + sigmoid(i) * tanh(j)
        output = tanh(cell) * sigmoid(o)
        shown = concat([output, inputs], -1) if self._skip else output
        return shown, LSTMStateTuple(cell, output)


class Conv1DLSTMCell(ConvLSTMCell):
    """One along lines."""

    def __init__(self, name: str = "conv_1d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=1, name=name, **kwargs)


class Conv2DLSTMCell(ConvLSTMCell):
    """One of images."""

    def __init__(self, name: str = "conv_2d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=2, name=name, **kwargs)


class Conv3DLSTMCell(ConvLSTMCell):
    """One of volumes."""

    def __init__(self, name: str = "conv_3d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=3, name=name, **kwargs)
