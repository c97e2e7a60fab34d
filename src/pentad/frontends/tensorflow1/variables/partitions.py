"""Variables in several parts, and how they are cut."""

from __future__ import annotations

import math
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes, operators
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.ops.shaping import concat
from pentad.frontends.tensorflow1.variables.variable import Variable


class PartitionedVariable:
    """Variables that are parts of one along an axis."""

    def __init__(
        self, name: str, shape: Any, dtype: Any, variable_list: Any, partitions: Any
    ) -> None:
        self._name, self._shape, self._dtype = name, as_shape(shape), dtype
        self._list, self._partitions = list(variable_list), list(partitions)

    name = property(lambda self: self._name, doc="Its name.")
    dtype = property(lambda self: self._dtype, doc="The type of its elements.")
    shape = property(lambda self: self._shape, doc="The shape of the whole.")
    op = property(lambda self: self.as_tensor().op, doc="The operation of the whole.")
    graph = property(lambda self: self._list[0].graph, doc="The graph that it belongs to.")
    initializer = property(lambda self: group(*[v.initializer for v in self._list]),
                           doc="The operation that gives its parts their first values.")

    def get_shape(self) -> TensorShape:
        """The shape of the whole."""
        return self._shape

    def __iter__(self) -> Any:
        return iter(self._list)

    def __len__(self) -> int:
        return len(self._partition_axes())

    def _partition_axes(self) -> list[int]:
        return [i for i, n in enumerate(self._partitions) if n > 1] or [0]

    def _get_variable_list(self) -> list[Any]:
        return self._list

    def as_tensor(self) -> Any:
        """The whole."""
        if len(self._list) == 1:
            return self._list[0].value()
        return concat([v.value() for v in self._list], self._partition_axes()[0],
                      name=f"{self._name}/ConcatPartitions/concat")

    def _dense_tensor(self, dtype: Any, name: str | None) -> Any:
        return self.as_tensor()

    def _as_graph_element(self) -> Any:
        return self.as_tensor()

    def assign(self, value: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Store a value in the parts."""
        from pentad.frontends.tensorflow1.ops.shaping import split

        axis = self._partition_axes()[0]
        parts = split(value, [int(v.shape[axis]) for v in self._list], axis)
        return [v.assign(p) for v, p in zip(self._list, parts)]


operators.give_operators(PartitionedVariable)


def _cuts(size: int, count: int) -> list[int]:
    """Lengths of `count` parts of an axis."""
    each, more = divmod(size, count)
    return [each + 1] * more + [each] * (count - more)


def partitioned(
    store: Any, name: str, shape: Any, partitioner: Any, reuse: Any, options: Any
) -> Any:
    """The variable in parts that a partitioner wants; None if it wants one part."""
    counts = partitioner(shape=shape, dtype=options["dtype"])
    axes = [i for i, n in enumerate(counts) if n > 1]
    if len(counts) != shape.ndims or any(n < 1 for n in counts):
        raise pt.ArgumentError(static.message(
            "the partitioner gives another number of axes than the variable has",
            expected=f"{shape.ndims} numbers of parts", got=repr(counts)))
    if len(axes) > 1:
        raise pt.ArgumentError(static.message(
            f"Currently partitioning is supported along one axis only, got {counts}"))
    if not axes and f"{name}/part_0" not in store.variables:
        return None
    axis = axes[0] if axes else 0
    return _parts(store, name, shape, axis, counts, reuse, options)


def _parts(
    store: Any, name: str, shape: Any, axis: int, counts: Any, reuse: Any, options: Any
) -> PartitionedVariable:
    parts, offset = [], 0
    for i, length in enumerate(_cuts(int(shape[axis]), counts[axis])):
        sizes = shape.as_list()
        sizes[axis] = length
        part = dict(options)
        if not callable(part["initializer"]) and part["initializer"] is not None:
            whole = part["initializer"]
            index = tuple(slice(offset, offset + length) if k == axis else slice(None)
                          for k in range(shape.ndims))
            part["initializer"] = lambda *_, whole=whole, index=index, **__: whole[index]
        made = store._get(f"{name}/part_{i}", shape=sizes, reuse=reuse, **part)
        if made._save_slice_info is None:
            made._set_save_slice_info(Variable.SaveSliceInfo(
                name, shape.as_list(), [offset if k == axis else 0 for k in range(shape.ndims)],
                sizes))
        parts.append(made)
        offset += length
    return PartitionedVariable(name, shape, options["dtype"], parts, counts)


def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Any:
    """Cut an axis into so many parts."""
    def call(shape: Any, **_: Any) -> list[int]:
        counts = [1] * len(shape)
        counts[axis] = min(num_shards, int(shape[axis]))
        return counts

    return call


def variable_axis_size_partitioner(
    max_shard_bytes: int, axis: int = 0, bytes_per_string_element: int = 16,
    max_shards: int | None = None,
) -> Any:
    """Cut an axis so that no part is larger than so many bytes."""
    if max_shard_bytes < 1 or (max_shards is not None and max_shards < 1):
        raise pt.ArgumentError(f"max_shard_bytes must be positive, got {max_shard_bytes}")

    def call(shape: Any, dtype: Any, **_: Any) -> list[int]:
        size = bytes_per_string_element if dtype is dtypes.string else dtype.size
        counts = [1] * len(shape)
        rows = int(shape[axis])
        slice_bytes = shape.num_elements() // max(rows, 1) * size
        per_part = max(1, max_shard_bytes // max(slice_bytes, 1))
        count = math.ceil(rows / per_part)
        counts[axis] = min(count, max_shards) if max_shards else count
        return counts

    return call


def min_max_variable_partitioner(
    max_partitions: int = 1, axis: int = 0, min_slice_size: int = 256 << 10,
    bytes_per_string_element: int = 16,
) -> Any:
    """Cut an axis into parts that are not smaller than so many bytes."""
    def call(shape: Any, dtype: Any, **_: Any) -> list[int]:
        size = bytes_per_string_element if dtype is dtypes.string else dtype.size
        total = shape.num_elements() * size
        counts = [1] * len(shape)
        counts[axis] = max(1, min(max_partitions, math.ceil(total / min_slice_size),
                                  int(shape[axis])))
        return counts

    return call


def create_partitioned_variables(
    shape: Any, slicing: Any, initializer: Any, dtype: Any = dtypes.float32,
    trainable: bool = True, collections: Any = None, name: str | None = None, reuse: Any = None,
) -> list[Any]:
    """Variables that are the parts of one."""
    from pentad.frontends.tensorflow1.variables.scope import get_variable, variable_scope

    with variable_scope(name, "PartitionedVariable", reuse=reuse):
        found = get_variable("part", shape, dtype, initializer, trainable=trainable,
                             collections=collections, partitioner=lambda **_: list(slicing))
    return list(found) if isinstance(found, PartitionedVariable) else [found]
