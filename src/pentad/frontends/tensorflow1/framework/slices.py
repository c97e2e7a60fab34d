"""IndexedSlices: rows of a tensor that is zero elsewhere, as gradients of gathers are."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from pentad.frontends.tensorflow1.framework.fetches import register_session_run_conversion_functions
from pentad.frontends.tensorflow1.framework.scattered import Scattered

IndexedSlicesValue = namedtuple("IndexedSlicesValue", ["values", "indices", "dense_shape"])


class IndexedSlices(Scattered):
    """`values[i]` is what stands at `indices[i]` of a tensor of shape `dense_shape`."""

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        super().__init__(values, indices, dense_shape)

    @property
    def name(self) -> str:
        """The name of the rows."""
        return self._values.name

    @property
    def device(self) -> str:
        """The device of the rows."""
        return self._values.device

    def _dense_tensor(self, dtype: Any, name: str | None) -> Any:
        from pentad.frontends.tensorflow1.ops.segments import unsorted_segment_sum

        if self._dense_shape is None:
            raise ValueError("Tensor conversion requested for IndexedSlices without dense_shape")
        return unsorted_segment_sum(self._values, self._indices, self._dense_shape[0], name=name)

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __repr__(self) -> str:
        return f"IndexedSlices(indices={self._indices}, values={self._values})"


def _fetch(slices: IndexedSlices) -> Any:
    parts = [slices.values, slices.indices]
    if slices.dense_shape is not None:
        parts.append(slices.dense_shape)
    return parts, lambda found: IndexedSlicesValue(*found, *[None] * (3 - len(found)))


def _feed(slices: IndexedSlices, value: Any) -> Any:
    return list(zip([slices.values, slices.indices, slices.dense_shape], value))


register_session_run_conversion_functions(IndexedSlices, _fetch, _feed)


def convert_to_tensor_or_indexed_slices(
    value: Any, dtype: Any = None, name: str | None = None
) -> Any:
    """The value as a tensor, or as it is if it is IndexedSlices."""
    from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor

    return value if isinstance(value, IndexedSlices) else convert_to_tensor(value, dtype, name)
