"""What IndexedSlices and SparseTensor share: values that stand at indices of a larger whole."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.framework.convert import constant_value_as_shape
from pentad.frontends.tensorflow1.framework.shapes import TensorShape


class Scattered:
    """`values[i]` stands at `indices[i]` of a tensor of shape `dense_shape`."""

    def __init__(self, values: Any, indices: Any, dense_shape: Any) -> None:
        self._values, self._indices, self._dense_shape = values, indices, dense_shape

    values = property(lambda self: self._values, doc="What is not zero.")
    indices = property(lambda self: self._indices, doc="Where the values stand.")
    dense_shape = property(lambda self: self._dense_shape,
                           doc="The shape of the whole as a tensor, None if it is unknown.")
    dtype = property(lambda self: self._values.dtype, doc="The type of the values.")
    graph = property(lambda self: self._values.graph, doc="The graph that it belongs to.")
    op = property(lambda self: self._values.op, doc="The operation that gave the values.")

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape of the whole."""
        return constant_value_as_shape(self._dense_shape)
