"""SparseTensor: the places and values of elements that are not zero."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.fetches import register_session_run_conversion_functions
from pentad.frontends.tensorflow1.framework.scattered import Scattered
from pentad.frontends.tensorflow1.framework.shapes import TensorShape

SparseTensorValue = namedtuple("SparseTensorValue", ["indices", "values", "dense_shape"])


class SparseTensor(Scattered):
    """`values[i]` stands at `indices[i]` of a tensor of shape `dense_shape`."""

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        super().__init__(
            convert_to_tensor(values, name="values"),
            convert_to_tensor(indices, dtypes.int64, name="indices"),
            convert_to_tensor(dense_shape, dtypes.int64, name="dense_shape"))
        self._indices.shape.with_rank(2)
        self._values.shape.with_rank(1)
        self._indices.shape[0].merge_with(self._values.shape[0])

    @classmethod
    def from_value(cls, value: Any) -> SparseTensor:
        """A SparseTensor of a SparseTensorValue."""
        return value if isinstance(value, SparseTensor) else cls(*value)

    def get_shape(self) -> TensorShape:
        """What is known of the shape of the whole."""
        return self.shape

    def consumers(self) -> list[Any]:
        """The operations that take the values."""
        return self._values.consumers()

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value in a session."""
        from pentad.frontends.tensorflow1.framework.session import default_session

        return default_session(session, self.graph, "evaluate tensor").run(self, feed_dict)

    def __repr__(self) -> str:
        return (f"SparseTensor(indices={self._indices}, values={self._values}, "
                f"dense_shape={self._dense_shape})")


def _fetch(sparse: SparseTensor) -> Any:
    parts = [sparse.indices, sparse.values, sparse.dense_shape]
    return parts, lambda found: SparseTensorValue(*found)


def _feed(sparse: SparseTensor, value: Any) -> Any:
    return list(zip([sparse.indices, sparse.values, sparse.dense_shape], value))


register_session_run_conversion_functions(SparseTensor, _fetch, _feed)


def convert_to_tensor_or_sparse_tensor(
    value: Any, dtype: Any = None, name: str | None = None
) -> Any:
    """The value as a tensor, or as a SparseTensor if it is one."""
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    return value if isinstance(value, SparseTensor) else convert_to_tensor(value, dtype, name)
