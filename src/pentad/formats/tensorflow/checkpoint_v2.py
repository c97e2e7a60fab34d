"""Checkpoints of version 2 ("tensor bundles"): `name.index` and `name.data-00000-of-0000N`.

The index is a table: under the empty key a header, under each tensor's name its type, shape, data
file, place and checksum. The data files are the tensors' bytes one after the other.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from pentad.formats import files, limits, wire
from pentad.formats.crc32c import crc32c, masked, unmasked
from pentad.formats.files import broken
from pentad.formats.messages import Message
from pentad.formats.table import TableReader, write_table
from pentad.formats.tensorflow import slices
from pentad.formats.tensorflow.entries import Entry
from pentad.formats.tensorflow.graphs import VersionDef
from pentad.formats.tensorflow.tensors import (
    CODES,
    TYPES,
    code_of,
    native,
    shape_of,
    shape_proto,
    stored_dtype,
    texts,
)


class BundleHeaderProto(Message):
    """What stands under the empty key."""

    FIELDS = """
        1 num_shards int32
        2 endianness enum
        3 version VersionDef
    """


class BundleEntryProto(Message):
    """Where a tensor stands."""

    FIELDS = """
        1 dtype enum
        2 shape TensorShapeProto
        3 shard_id int32
        4 offset int64
        5 size int64
        6 crc32c fixed32
        7 slices TensorSliceProto*
    """


class BundleReader:
    """A checkpoint whose tensors are read, and checked, when they are asked for."""

    version = 2

    def __init__(self, prefix: str | os.PathLike[str]) -> None:
        self.prefix = os.fspath(prefix)
        self.index = f"{self.prefix}.index"
        self._entries: dict[str, BundleEntryProto] = {}
        with files.reading(self.index) as file:
            header = None
            for key, value in TableReader(file, self.index):
                if not key:
                    header = BundleHeaderProto.read(value, f"{self.index}, header")
                    continue
                name = key.decode("utf-8", "surrogateescape")
                self._entries[name] = BundleEntryProto.read(value, f"{self.index}, {name!r}")
        if header is None or not 0 < header.num_shards <= limits.SHARDS:
            raise broken(self.index, "not the index of a checkpoint", "a header",
                         str(header).strip() or "none")
        if header.endianness != 0:
            raise broken(self.index, "a checkpoint in big-endian order", "little-endian")
        if header.version.min_consumer > 1:
            raise broken(self.index, "a checkpoint of a later version", "1 at most",
                         str(header.version.min_consumer))
        self.shards = header.num_shards
        self.entries = {
            name: Entry(self._type(name, e), shape_of(e.shape, f"{self.index}, {name!r}"))
            for name, e in self._entries.items() if not name.startswith("\0")
        }

    def _type(self, name: str, entry: BundleEntryProto) -> str:
        found = TYPES.get(entry.dtype)
        if found is None:
            raise broken(f"{self.index}, {name!r}", "an unknown element type", got=str(entry.dtype))
        return found

    def tensor(self, name: str) -> np.ndarray[Any, Any]:
        """A tensor by its name; KeyError if there is none, FormatError if it is broken."""
        entry, shape = self._entries[name], self.entries[name].shape
        if not entry.slices:
            return self._read(name, entry, shape)
        where = f"{self.index}, {name!r}"
        parts = [slices.bounds(proto, shape, where) for proto in entry.slices]
        return slices.joined(shape, parts, [
            self._read(name, self._entry_of(name, proto, where), slices.sizes(part))
            for proto, part in zip(entry.slices, parts)
        ], where)

    def _entry_of(self, name: str, proto: slices.TensorSliceProto, where: str) -> BundleEntryProto:
        key = slices.key(name, proto).decode("utf-8", "surrogateescape")
        if key not in self._entries:
            raise broken(where, "a slice is missing", got=str(proto).replace("\n", " "))
        return self._entries[key]

    def _read(
        self, name: str, entry: BundleEntryProto, shape: tuple[int, ...]
    ) -> np.ndarray[Any, Any]:
        if not 0 <= entry.shard_id < self.shards:
            raise broken(f"{self.index}, {name!r}", "a data file that there is not",
                         f"below {self.shards}", str(entry.shard_id))
        data_file = f"{self.prefix}.data-{entry.shard_id:05d}-of-{self.shards:05d}"
        where = f"{data_file}, {name!r} at byte {entry.offset}"
        count = math.prod(shape)
        text = entry.dtype == CODES["string"]
        dtype = np.dtype(object) if text else stored_dtype(entry.dtype, where)
        if (not text and entry.size != count * dtype.itemsize) or (text and entry.size < count):
            raise broken(where, "a size that does not fit the shape",
                         f"{count} elements of {TYPES[entry.dtype]}", f"{entry.size} bytes")
        with files.reading(data_file) as file:
            if not 0 <= entry.offset <= files.length(file) - entry.size:
                raise broken(where, "a tensor beyond the end of its file, which may be truncated",
                             f"{entry.size} bytes", f"a file of {files.length(file)} bytes")
            file.seek(entry.offset)
            data = bytearray(entry.size)
            file.readinto(data)  # type: ignore[attr-defined]
        if text:
            return _texts(data, count, entry, where).reshape(shape)
        _check(crc32c(data), entry, where)
        return native(np.frombuffer(data, dtype), entry.dtype).reshape(shape)


def _check(found: int, entry: BundleEntryProto, where: str) -> None:
    expected = unmasked(entry.crc32c)
    if found != expected:
        raise broken(where, "a checksum that does not fit", f"{expected:08x}", f"{found:08x}",
                     "the file is damaged, or its index belongs to another one")


def _texts(
    data: bytearray, count: int, entry: BundleEntryProto, where: str
) -> np.ndarray[Any, Any]:
    """Texts: their lengths, a checksum of these, their bytes."""
    view, at, sizes = memoryview(data), 0, []
    for _ in range(count):
        size, at = wire.varint(view, at, where)
        sizes.append(size)
    crc = crc32c(_lengths(sizes))
    stored, at = bytes(view[at:at + 4]), at + 4
    if stored != wire.fixed("I", masked(crc)) or sum(sizes) != len(view) - at:
        raise broken(where, "lengths of texts that are broken")
    _check(crc32c(view[at:], crc32c(stored, crc)), entry, where)
    found = np.empty(count, object)
    for i, size in enumerate(sizes):
        found[i] = bytes(view[at:at + size])
        at += size
    return found


def _lengths(sizes: list[int]) -> bytes:
    return b"".join(wire.fixed("I" if n < 1 << 32 else "Q", n) for n in sizes)


# -- writing -----------------------------------------------------------------------------------


def write_bundle(prefix: str | os.PathLike[str], tensors: Mapping[str, Any]) -> None:
    """Write a checkpoint with one data file. The index, written last, makes it complete."""
    prefix = os.fspath(prefix)
    header = BundleHeaderProto(num_shards=1, version=VersionDef(producer=1))
    entries = [(b"", header.SerializeToString())]
    with files.replacing(f"{prefix}.data-00000-of-00001") as file:
        at = 0
        for name in sorted(tensors, key=lambda n: n.encode("utf-8")):
            array = np.asarray(tensors[name])
            code = code_of(array)
            data, crc = _encoded(array, code)
            file.write(data)
            entry = BundleEntryProto(dtype=code, shape=shape_proto(array.shape), offset=at,
                                     size=len(data), crc32c=masked(crc))
            entries.append((name.encode("utf-8"), entry.SerializeToString()))
            at += len(data)
    with files.replacing(f"{prefix}.index") as file:
        write_table(file, entries)


def _encoded(array: np.ndarray[Any, Any], code: int) -> tuple[bytes | memoryview, int]:
    if code != CODES["string"]:
        stored = np.ascontiguousarray(array, stored_dtype(code, "")).reshape(-1)
        data = memoryview(stored.view(np.uint8))
        return data, crc32c(data)
    values = texts(array)
    crc = crc32c(_lengths([len(v) for v in values]))
    check = wire.fixed("I", masked(crc))
    rest = check + b"".join(values)
    return b"".join(wire.put_varint(len(v)) for v in values) + rest, crc32c(rest, crc)
