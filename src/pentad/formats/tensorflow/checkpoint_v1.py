"""Checkpoints of version 1: one table, of which each value is a SavedTensorSlices message.

Under the empty key stand the names, types, shapes and slices of all tensors; each slice has a key
of its own, with the numbers in the list of a TensorProto.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from pentad.formats import files, wire
from pentad.formats.encoding import FIXED
from pentad.formats.files import broken
from pentad.formats.messages import Message
from pentad.formats.table import TableReader, write_table
from pentad.formats.tensorflow import slices
from pentad.formats.tensorflow.entries import Entry
from pentad.formats.tensorflow.graphs import VersionDef
from pentad.formats.tensorflow.tensors import (
    CODES,
    LISTS,
    TYPES,
    code_of,
    packed_tensor,
    shape_of,
    shape_proto,
    texts,
    to_list,
)


class SavedSliceMeta(Message):
    """What a checkpoint holds of a tensor."""

    FIELDS = """
        1 name string
        2 shape TensorShapeProto
        3 type enum
        4 slice TensorSliceProto*
    """


class SavedTensorSliceMeta(Message):
    """What a checkpoint holds."""

    FIELDS = """
        1 tensor SavedSliceMeta*
        2 versions VersionDef
    """


class SavedSlice(Message):
    """A slice; `data` is a TensorProto, which is kept as bytes."""

    FIELDS = """
        1 name string
        2 slice TensorSliceProto
        3 data bytes
    """


class SavedTensorSlices(Message):
    """The value under a key."""

    FIELDS = """
        1 meta SavedTensorSliceMeta
        2 data SavedSlice
    """


class SlicesReader:
    """A checkpoint of version 1, in one file or several: `name-00000-of-0000N`."""

    version = 1

    def __init__(self, prefix: str | os.PathLike[str], parts: list[str] | None = None) -> None:
        self.prefix = os.fspath(prefix)
        self.entries: dict[str, Entry] = {}
        self._slices: dict[str, list[tuple[str, slices.TensorSliceProto]]] = {}
        for part in parts or [self.prefix]:
            with files.reading(part) as file:
                _, value = next(iter(TableReader(file, part)), (b"", b""))
            meta = SavedTensorSlices.read(value, f"{part}, first entry").meta
            if not meta.tensor and parts is None and not meta.HasField("versions"):
                raise broken(part, "not a checkpoint: it names no tensors")
            for tensor in meta.tensor:
                self._add(part, tensor)

    def _add(self, part: str, tensor: SavedSliceMeta) -> None:
        where = f"{part}, {tensor.name!r}"
        if tensor.type not in TYPES:
            raise broken(where, "an unknown element type", got=str(tensor.type))
        entry = Entry(TYPES[tensor.type], shape_of(tensor.shape, where))
        if self.entries.setdefault(tensor.name, entry) != entry:
            raise broken(where, "two parts that differ", str(self.entries[tensor.name]), str(entry))
        found = self._slices.setdefault(tensor.name, [])
        found += [(part, proto) for proto in tensor.slice]

    def tensor(self, name: str) -> np.ndarray[Any, Any]:
        """A tensor by its name; KeyError if there is none, FormatError if it is broken."""
        entry = self.entries[name]
        where = f"{self.prefix}, {name!r}"
        parts, values = [], []
        for part, proto in self._slices[name]:
            bounds = slices.bounds(proto, entry.shape, where)
            data = self._data(part, slices.key(name, proto), f"{part}, {name!r}")
            found = packed_tensor(data, CODES[entry.dtype], f"{part}, {name!r}")
            sizes = slices.sizes(bounds)
            if found.size != math.prod(sizes):
                raise broken(where, "a slice with another number of values",
                             str(math.prod(sizes)), str(found.size))
            parts.append(bounds)
            values.append(found.reshape(sizes))
        return slices.joined(entry.shape, parts, values, where)

    def _data(self, part: str, key: bytes, where: str) -> bytes:
        with files.reading(part) as file:
            value = TableReader(file, part).get(key)
        if value is None:
            raise broken(where, "a slice is missing")
        return SavedTensorSlices.read(value, where).data.data


def write_slices(path: str | os.PathLike[str], tensors: Mapping[str, Any]) -> None:
    """Write a checkpoint of version 1, all tensors whole."""
    meta = SavedTensorSliceMeta(versions=VersionDef(producer=1))
    entries = []
    for name in sorted(tensors):
        array = np.asarray(tensors[name])
        code = code_of(array)
        whole = slices.slice_proto((0,) * array.ndim, array.shape, array.shape)
        meta.tensor.add(name=name, shape=shape_proto(array.shape), type=code, slice=[whole])
        saved = SavedSlice(name=name, slice=whole, data=_list(array, code))
        entries.append((slices.key(name, whole), SavedTensorSlices(data=saved).SerializeToString()))
    first = SavedTensorSlices(meta=meta).SerializeToString()
    with files.replacing(path) as file:
        write_table(file, [(b"", first), *sorted(entries)])


def _list(array: np.ndarray[Any, Any], code: int) -> bytes:
    number, kind, _ = LISTS[TYPES[code]]
    if kind == "bytes":
        return b"".join(wire.put(number, wire.BYTES, v) for v in texts(array))
    values = to_list(array, code)
    if kind in FIXED:
        packed = np.ascontiguousarray(values, FIXED[kind]).tobytes()
    else:
        packed = wire.put_varints(values)
    return wire.put(number, wire.BYTES, packed)
