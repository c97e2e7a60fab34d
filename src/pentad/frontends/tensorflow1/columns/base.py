"""What columns share: features by key, texts and numbers looked up in Python."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.columns.hashing import fingerprint
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.resources import apply
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor, SparseTensorValue
from pentad.frontends.tensorflow1.ops.shaping import expand_dims


def _dense(store: Any, node: Any, indices: Any, values: Any, shape: Any) -> Any:
    """Rows of several lengths as one array; what is missing is empty, or -1."""
    width = int(indices[:, 1].max()) + 1 if len(indices) else 1
    text = values.dtype == object
    found = np.full((int(shape[0]), width), b"" if text else -1, values.dtype)
    if node.extra["zeros"]:
        found[...] = 0
    found[tuple(indices[:, :2].T)] = values
    return found


_DENSE = static.ResourceOp("RowsOfSparse", _dense)


def dense_rows(value: SparseTensor, zeros: bool = False) -> Any:
    """A sparse tensor as a matrix of ids or texts."""
    return apply(_DENSE, [value.indices, value.values, value.dense_shape],
                 [(value.dtype.base_dtype, TensorShape([None, None]))], "RowsOfSparse",
                 zeros=zeros).outputs[0]


class Features:
    """The features of a batch by key; each is made a matrix at least once."""

    def __init__(self, features: Any) -> None:
        self.features = features
        self.made: dict[Any, Any] = {}

    def raw(self, key: str) -> Any:
        """A feature; ValueError if there is none of that key."""
        if key not in self.made:
            if key not in self.features:
                raise pt.ArgumentError(static.message(
                    f"Feature {key} is not in features dictionary.",
                    expected=", ".join(sorted(map(str, self.features))), got=key))
            value = self.features[key]
            if isinstance(value, SparseTensorValue):
                value = SparseTensor.from_value(value)
            if not isinstance(value, SparseTensor):
                value = convert_to_tensor(value)
                if value.shape.ndims == 1:
                    value = expand_dims(value, 1)
            self.made[key] = value
        return self.made[key]

    def matrix(self, key: str, zeros: bool = False) -> Any:
        """The same; a sparse one filled up."""
        value = self.raw(key)
        return dense_rows(value, zeros) if isinstance(value, SparseTensor) else value

    def of(self, column: Any) -> Any:
        """The ids and weights of a categorical column."""
        if column not in self.made:
            self.made[column] = column.ids(self)
        return self.made[column]


def lookup(name: str, rule: Any, value: Any) -> Any:
    """A Python function of each element, to an id."""

    def run(store: Any, node: Any, array: Any) -> Any:
        flat = [rule(v) for v in np.asarray(array).reshape(-1).tolist()]
        return np.array(flat, np.int64).reshape(np.shape(array))

    return apply(static.ResourceOp(name, run), [value], [(dtypes.int64, value.shape)],
                 name).outputs[0]


def text_of(value: Any) -> bytes:
    """An element as a text: numbers as they are printed."""
    return value if isinstance(value, bytes) else str(value).encode()


def bucket(value: Any, count: int) -> int:
    """The bucket of an element; -1 for one that is missing."""
    return -1 if value in (b"", -1) else fingerprint(text_of(value)) % count


def crossed(values: Any, key: int, count: int) -> int:
    """The bucket of several elements together."""
    mask, multiplier = (1 << 64) - 1, 0xC6A4A7935BD1E995
    found = key
    for v in values:
        part = fingerprint(v) if isinstance(v, bytes) else int(v) & mask
        part = part * multiplier & mask
        part = (part ^ part >> 47) * multiplier & mask
        found = ((found ^ multiplier) ^ part) * multiplier & mask
        found = (found ^ found >> 47) * multiplier & mask
        found ^= found >> 47
    return found % count
