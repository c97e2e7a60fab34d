"""Tables of LevelDB's kind: sorted keys with values, in blocks with checksums.

A file is blocks, then a footer of 48 bytes: where the meta index and the index stand, padding, a
magic number. A block is entries whose keys leave out what they share with the key before, the
places of entries that share nothing, their number; then a byte for the packing and a checksum.
The index has an entry for each block: a key that is not below the block's last, and its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from pentad.formats import files, limits, snappy, wire
from pentad.formats.crc32c import crc32c, masked, unmasked
from pentad.formats.files import broken

_MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER = 48
_BLOCK = 256 << 10
_RESTART = 16
_PLAIN, _SNAPPY = 0, 1


class Place(NamedTuple):
    """Where a block stands in its file, without its trailer."""

    offset: int
    size: int

    def encoded(self) -> bytes:
        """As a footer and an index have it."""
        return wire.put_varint(self.offset) + wire.put_varint(self.size)


class TableReader:
    """A table, whose blocks are read and checked when they are asked for."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file, self.name, self.length = file, name, files.length(file)
        if self.length < _FOOTER:
            raise broken(name, "not a table, or a truncated one", f"{_FOOTER} bytes at least",
                         f"{self.length} bytes")
        file.seek(self.length - _FOOTER)
        footer = file.read(_FOOTER)
        if footer[-8:] != _MAGIC:
            raise broken(name, "not a table, or a truncated one",
                         f"{_MAGIC.hex()} in its last 8 bytes", footer[-8:].hex())
        where = f"{name}, footer"
        _, at = _place(footer, 0, where)
        found, _ = _place(footer, at, where)
        self.index = list(_entries(self._block(found), f"{name}, index at byte {found.offset}"))

    def __iter__(self) -> Iterator[tuple[bytes, memoryview]]:
        """Its entries in the order of their keys; a key that is out of order is an error."""
        last, count = None, 0
        for _, handle in self.index:
            place, _ = _place(handle, 0, f"{self.name}, index")
            where = f"{self.name}, block at byte {place.offset}"
            for key, value in _entries(self._block(place), where):
                count += 1
                if last is not None and key <= last:
                    raise broken(where, "keys out of order", got=f"{key!r} after {last!r}")
                if count > limits.TABLE_ENTRIES:
                    raise broken(self.name, "too many keys", f"at most {limits.TABLE_ENTRIES}")
                last = key
                yield key, value

    def get(self, key: bytes) -> memoryview | None:
        """The value of a key, or None."""
        for last, handle in self.index:
            if key <= last:
                place, _ = _place(handle, 0, f"{self.name}, index")
                where = f"{self.name}, block at byte {place.offset}"
                return next((v for k, v in _entries(self._block(place), where) if k == key), None)
        return None

    def _block(self, place: Place) -> bytes:
        where = f"{self.name}, block at byte {place.offset}"
        if place.offset + place.size + 5 > self.length - _FOOTER:
            raise broken(where, "a block beyond the end", f"{place.size} bytes",
                         f"a file of {self.length} bytes")
        self.file.seek(place.offset)
        stored = self.file.read(place.size + 5)
        if len(stored) != place.size + 5:
            raise broken(where, "a truncated block")
        content, packing = stored[:place.size], stored[place.size]
        expected = unmasked(int.from_bytes(stored[-4:], "little"))
        found = crc32c(stored[:-4])
        if found != expected:
            raise broken(where, "a checksum that does not fit", f"{expected:08x}", f"{found:08x}")
        if packing == _SNAPPY:
            return snappy.unpacked(content, where)
        if packing != _PLAIN:
            raise broken(where, "an unknown packing", "none or Snappy", str(packing))
        return content


def _place(data: wire.Data, at: int, where: str) -> tuple[Place, int]:
    offset, at = wire.varint(data, at, where)
    size, at = wire.varint(data, at, where)
    return Place(offset, size), at


def _entries(block: bytes, where: str) -> Iterator[tuple[bytes, memoryview]]:
    view = memoryview(block)
    restarts = int.from_bytes(view[-4:], "little") if len(view) >= 4 else -1
    end = len(view) - 4 - 4 * restarts
    if restarts < 0 or end < 0:
        raise broken(where, "a truncated block")
    at, key = 0, b""
    body = view[:end]
    while at < end:
        shared, at = wire.varint(body, at, where)
        own, at = wire.varint(body, at, where)
        size, at = wire.varint(body, at, where)
        if shared > len(key) or own + size > end - at:
            raise broken(where, f"a broken entry before byte {at}")
        key = key[:shared] + bytes(body[at:at + own])
        at += own
        yield key, body[at:at + size]
        at += size


def write_table(file: BinaryIO, entries: Sequence[tuple[bytes, bytes]]) -> None:
    """Write entries, whose keys must be in order, as a table."""
    index: list[tuple[bytes, bytes]] = []
    block, size, at = [], 0, 0
    for i, (key, value) in enumerate(entries):
        block.append((key, value))
        size += len(key) + len(value)
        if size >= _BLOCK or i + 1 == len(entries):
            place = _put(file, at, _encoded(block, _RESTART))
            at += place.size + 5
            index.append((key, place.encoded()))
            block, size = [], 0
    meta = _put(file, at, _encoded([], _RESTART))
    found = _put(file, at + meta.size + 5, _encoded(index, 1))
    file.write((meta.encoded() + found.encoded()).ljust(_FOOTER - 8, b"\0") + _MAGIC)


def _put(file: BinaryIO, at: int, content: bytes) -> Place:
    trailed = content + bytes([_PLAIN])
    file.write(trailed + wire.fixed("I", masked(crc32c(trailed))))
    return Place(at, len(content))


def _encoded(entries: Sequence[tuple[bytes, bytes]], every: int) -> bytes:
    out, restarts, last = bytearray(), [0], b""
    for i, (key, value) in enumerate(entries):
        shared = 0
        if i % every:
            limit = min(len(key), len(last))
            while shared < limit and key[shared] == last[shared]:
                shared += 1
        elif i:
            restarts.append(len(out))
        for number in (shared, len(key) - shared, len(value)):
            out += wire.put_varint(number)
        out += key[shared:] + value
        last = key
    for number in (*restarts, len(restarts)):
        out += wire.fixed("I", number)
    return bytes(out)
