"""Tables that runs write to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.resources import apply
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.lookup import rows
from pentad.frontends.tensorflow1.lookup.tables import Held


class MutableHashTable(Held):
    """A table that runs write to: `insert`, `remove`. Savers keep it unless checkpoint is False.

    default_value: what keys have that it has not; all values are of its shape.
    """

    def __init__(
        self, key_dtype: Any, value_dtype: Any, default_value: Any,
        name: str = "MutableHashTable", checkpoint: bool = True,
    ) -> None:
        self._begin(rows.MUTABLE, key_dtype, value_dtype, default_value, name, checkpoint)

    def _begin(
        self, op: Any, key_dtype: Any, value_dtype: Any, default: Any, name: str, checkpoint: bool
    ) -> None:
        super().__init__(op, key_dtype, value_dtype, default, name, mutable=True)
        if checkpoint:
            get_default_graph().add_to_collection(GraphKeys.SAVEABLE_OBJECTS, Saveable(self))

    def _write(self, keys: Any, values: Any, name: str, whole: bool = False) -> Any:
        keys = self._keys(keys)
        values = convert_to_tensor(values, self._value_dtype)
        return apply(rows.INSERT, [self.resource_handle, keys, values], [], name, whole=whole,
                     key_rank=self.KEY_AXES, value_rank=self._default_value.shape.ndims)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Any:
        """An operation that stores values under keys."""
        return self._write(keys, values, name or f"{self.name}_lookup_table_insert")

    def remove(self, keys: Any, name: str | None = None) -> Any:
        """An operation that removes keys; those that it has not are passed over."""
        return apply(rows.REMOVE, [self.resource_handle, self._keys(keys)], [],
                     name or f"{self.name}_lookup_table_remove", key_rank=self.KEY_AXES)


class DenseHashTable(MutableHashTable):
    """The same; keys may be vectors. empty_key and deleted_key cannot be keys."""

    def __init__(
        self, key_dtype: Any, value_dtype: Any, default_value: Any, empty_key: Any,
        deleted_key: Any = None, initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable", checkpoint: bool = True,
    ) -> None:
        self._reserved = [
            convert_to_tensor(k, key_dtype) for k in (empty_key, deleted_key) if k is not None]
        self.KEY_AXES = self._reserved[0].shape.ndims or 0
        self._begin(rows.DENSE, key_dtype, value_dtype, default_value, name, checkpoint)

    def _key_shape(self) -> TensorShape:
        return TensorShape(self._reserved[0].shape)

    def _keys(self, keys: Any) -> Any:
        keys = super()._keys(keys)
        known = constant_value(keys)
        if known is not None:
            reserved = [constant_value(k) for k in self._reserved]
            taken = {key for r in reserved if r is not None for key in rows.keys_of(
                np.asarray(r)[None], self.KEY_AXES)}
            for key in rows.keys_of(known, self.KEY_AXES):
                if key in taken:
                    raise pt.ArgumentError(static.message(
                        "Using the empty_key or deleted_key as a table key is not allowed",
                        got=repr(key)))
        return keys

    def insert_or_assign(self, keys: Any, values: Any, name: str | None = None) -> Any:
        """An operation that stores values under keys."""
        return self.insert(keys, values, name)

    def erase(self, keys: Any, name: str | None = None) -> Any:
        """An operation that removes keys."""
        return self.remove(keys, name)


class Spec(NamedTuple):
    """A tensor that savers keep, and its name in checkpoints."""

    tensor: Any
    name: str
    slice_spec: str = ""


class Saveable:
    """What savers keep of a table: its keys and its values."""

    def __init__(self, table: MutableHashTable) -> None:
        self.table, self.name = table, table.resource_handle.op.name
        keys, values = table.export()
        self.specs = [Spec(keys, f"{self.name}-keys"), Spec(values, f"{self.name}-values")]

    def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
        """An operation that lets these be the entries."""
        keys, values = restored_tensors
        return self.table._write(keys, values, f"{self.table.name}_restore", whole=True)
