"""Sets in the last axis of tensors: what two of them have in common, and the like."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.ops.comparison import where
from pentad.frontends.tensorflow1.ops.creation import ones_like
from pentad.frontends.tensorflow1.ops.gathering import gather_nd
from pentad.frontends.tensorflow1.ops.shaping import shape


def _rows(indices: Any, values: Any, sizes: Any) -> dict[tuple[int, ...], list[Any]]:
    """The elements of each set, by its place."""
    found: dict[tuple[int, ...], list[Any]] = {p: [] for p in np.ndindex(*sizes[:-1].tolist())}
    for place, value in zip(indices[:, :-1].tolist(), values.tolist()):
        found[tuple(place)].append(value)
    return found


def _combined(
    i1: Any, v1: Any, s1: Any, i2: Any, v2: Any, s2: Any, operation: str
) -> tuple[Any, Any, Any]:
    rule = {"intersection": set.intersection, "union": set.union, "a-b": set.difference,
            "b-a": lambda a, b: b - a}[operation]
    first, second = _rows(i1, v1, s1), _rows(i2, v2, s2)
    places, values, longest = [], [], 0
    for place in first:
        row = sorted(rule(set(first[place]), set(second[place])))
        places += [(*place, k) for k in range(len(row))]
        values += row
        longest = max(longest, len(row))
    found = np.array(values, v1.dtype)
    indices = np.array(places, np.int64).reshape(len(places), i1.shape[1])
    return indices, found, np.array([*s1[:-1], longest], np.int64)


_SETS = op(
    "SparseToSparseSetOperation",
    "set1_indices: int64, set1_values: T, set1_shape: int64, set2_indices: int64, set2_values: T, "
    "set2_shape: int64; set_operation -> result_indices: int64, result_values: T, "
    "result_shape: int64",
    lambda *parts, set_operation: _combined(*parts, set_operation), host=True,
    differentiable=False,
    types=lambda i, v, s, *_, set_operation: [
        (dtypes.int64, (None, i.shape[1].value)), (v.dtype, (None,)),
        (dtypes.int64, s.static_type.shape)])


def _sparse(value: Any) -> SparseTensor:
    """A tensor as sets: all of its elements."""
    if isinstance(value, SparseTensor):
        return value
    value = convert_to_tensor(value)
    places = where(ones_like(value, dtypes.bool_))
    return SparseTensor(places, gather_nd(value, places), shape(value, out_type=dtypes.int64))


def _set(a: Any, b: Any, operation: str) -> SparseTensor:
    a, b = _sparse(a), _sparse(b)
    return SparseTensor(*_SETS(a.indices, a.values, a.dense_shape, b.indices, b.values,
                               b.dense_shape, set_operation=operation))


def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in both sets."""
    return _set(a, b, "intersection")


def set_union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in either set."""
    return _set(a, b, "union")


def set_difference(
    a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True
) -> SparseTensor:
    """What is in the one set and not in the other."""
    return _set(a, b, "a-b" if aminusb else "b-a")


_SIZE = op("SetSize", "set_indices: int64, set_values: T, set_shape: int64 -> size: int32",
           lambda i, v, s: _counted(i, v, s), host=True, differentiable=False,
           types=lambda i, v, s: [(dtypes.int32, None)])


def _counted(indices: Any, values: Any, sizes: Any) -> Any:
    found = np.zeros(sizes[:-1].tolist(), np.int32)
    for place, row in _rows(indices, values, sizes).items():
        found[place] = len(set(row))
    return found


def set_size(a: Any, validate_indices: bool = True) -> Any:
    """How many elements the sets have."""
    a = _sparse(a)
    return _SIZE(a.indices, a.values, a.dense_shape)
