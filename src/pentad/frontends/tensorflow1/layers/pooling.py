"""Layers of maxima and means over windows."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.layers.base import InputSpec, Layer
from pentad.frontends.tensorflow1.layers.convolutional import tensor_format, tuple_of
from pentad.frontends.tensorflow1.ops import pooling


class _Pooling(Layer):
    RANK, KIND = 2, pooling.MAX

    def __init__(
        self, pool_size: Any, strides: Any, padding: str = "valid",
        data_format: str = "channels_last", name: str | None = None, **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = tuple_of(pool_size, self.RANK, "pool_size")
        self.strides = tuple_of(pool_size if strides is None else strides, self.RANK, "strides")
        self.padding, self.data_format = padding.lower(), data_format
        self.format = tensor_format(data_format, self.RANK)
        self.input_spec = InputSpec(ndim=self.RANK + 2)

    def _all_axes(self, sizes: Any) -> list[int]:
        return [1, 1, *sizes] if self.data_format == "channels_first" else [1, *sizes, 1]

    def call(self, inputs: Any) -> Any:
        """The pool."""
        return self.KIND[self.RANK](
            inputs, ksize=self._all_axes(self.pool_size), strides=self._all_axes(self.strides),
            padding=self.padding.upper(), data_format=self.format)


class MaxPooling1D(_Pooling):
    """The maximum over windows of lines."""

    RANK = 1


class MaxPooling2D(_Pooling):
    """The maximum over windows of images."""


class MaxPooling3D(_Pooling):
    """The maximum over windows of volumes."""

    RANK = 3


class AveragePooling1D(_Pooling):
    """The mean over windows of lines."""

    RANK, KIND = 1, pooling.AVERAGE


class AveragePooling2D(_Pooling):
    """The mean over windows of images."""

    KIND = pooling.AVERAGE


class AveragePooling3D(_Pooling):
    """The mean over windows of volumes."""

    RANK, KIND = 3, pooling.AVERAGE


def _function(layer: Any) -> Any:
    def call(
        inputs: Any, pool_size: Any, strides: Any, padding: str = "valid",
        data_format: str = "channels_last", name: str | None = None,
    ) -> Any:
        return layer(pool_size, strides, padding, data_format, name).apply(inputs)

    call.__doc__ = layer.__doc__
    return call


max_pooling1d, max_pooling2d, max_pooling3d = (
    _function(layer) for layer in (MaxPooling1D, MaxPooling2D, MaxPooling3D))
average_pooling1d, average_pooling2d, average_pooling3d = (
    _function(layer) for layer in (AveragePooling1D, AveragePooling2D, AveragePooling3D))
