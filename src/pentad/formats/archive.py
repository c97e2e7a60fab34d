"""Zip archives, read with suspicion: nothing is extracted, no entry lies about its place or size.

The directory at the end is what counts; what stands before each entry must say the same. Names
that repeat, that lead out of a folder, or entries that share bytes make the archive no archive.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from pentad.formats import limits
from pentad.formats.files import broken

MAGIC = b"PK\3\4"
STORED, DEFLATED = 0, 8
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_SHORT, _LONG = 0xFFFF, 0xFFFFFFFF
_PIECE = 1 << 24


class Entry(NamedTuple):
    """Where the bytes of an entry lie in the file, how many there are, packed and unpacked."""

    name: str
    start: int
    stored: int
    size: int
    method: int
    crc: int


class _Listed(NamedTuple):
    name: bytes
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    header: int


class Archive:
    """A zip archive in an open file of that length; FormatError for one that is not sound."""

    def __init__(self, file: BinaryIO, length: int, where: str) -> None:
        self.file, self.length, self.where = file, length, where
        start, size, count = self._directory()
        if count > limits.ARCHIVE_ENTRIES or size > limits.ARCHIVE_DIRECTORY:
            raise broken(where, "too large a directory",
                         f"{limits.ARCHIVE_ENTRIES} entries at most",
                         f"{count} entries in {size} bytes")
        self.entries: dict[str, Entry] = {}
        end = 0
        listed = list(_listed(self._at(start, size), count, where))
        for row in sorted(listed, key=lambda r: r.header):
            if row.header < end:
                raise broken(where, f"the entry {row.name!r} shares bytes with another")
            entry = self._entry(row, start)
            if entry.name in self.entries:
                raise broken(where, f"two entries of the name {entry.name!r}")
            self.entries[entry.name] = entry
            end = entry.start + entry.stored
        total = sum(entry.size for entry in self.entries.values())
        if total > max(limits.EXPANDED_BYTES, limits.EXPANDED * length):
            raise broken(where, "entries too large once unpacked",
                         f"{limits.EXPANDED} times the {length} bytes of the file at most",
                         str(total))

    def _at(self, start: int, size: int) -> bytes:
        if start < 0 or size < 0 or start + size > self.length:
            raise broken(self.where, "a truncated archive", f"{size} bytes at byte {start}",
                         f"a file of {self.length} bytes")
        self.file.seek(start)
        data = self.file.read(size)
        if len(data) != size:
            raise broken(self.where, "a truncated archive")
        return data

    def _directory(self) -> tuple[int, int, int]:
        """Where the directory starts, its bytes, its entries."""
        at = self.length - _END.size
        end = _END.unpack(self._at(at, _END.size))
        if end[0] != b"PK\5\6":
            raise broken(self.where, "a truncated archive, or one with a comment",
                         "the end of a zip archive", end[0].hex())
        disk, first, here, count, size, start, comment = end[1:]
        if at >= _LOCATOR.size:
            locator = _LOCATOR.unpack(self._at(at - _LOCATOR.size, _LOCATOR.size))
            if locator[0] == b"PK\6\7":
                at = locator[2]
                wide = _END64.unpack(self._at(at, _END64.size))
                if wide[0] != b"PK\6\6":
                    raise broken(self.where, "an archive whose two ends do not agree")
                narrow = (count, size, start)
                here, count, size, start = wide[6:]
                for few, many, none in zip(narrow, (count, size, start), (_SHORT, _LONG, _LONG)):
                    if few not in (many, none):
                        raise broken(self.where, "an archive whose two ends do not agree",
                                     str(many), str(few))
                disk, first = wide[4:6]
        if disk or first or here != count or comment:
            raise broken(self.where, "an archive of several parts, or one with a comment")
        if start + size != at:
            raise broken(self.where, "a directory that does not end where it should", str(at),
                         str(start + size))
        return start, size, count

    def _entry(self, row: _Listed, end: int) -> Entry:
        """The entry of a row of the directory, once its own header says the same."""
        name = _checked_name(row.name, self.where)
        where = f"{self.where}, entry {name!r}"
        if row.flags & 0x2061:
            raise broken(where, "an encrypted or patched entry", "a plain one")
        plain = row.method == STORED and row.stored == row.size
        if not plain and row.method != DEFLATED:
            raise broken(where, "a packing that is not known, or sizes that do not agree",
                         f"{row.size} bytes stored, or Deflate",
                         f"method {row.method}, {row.stored} bytes")
        head = _LOCAL.unpack(self._at(row.header, _LOCAL.size))
        start = row.header + _LOCAL.size + head[-2] + head[-1]
        own = self._at(row.header + _LOCAL.size, head[-2])
        said = (head[7], head[8])  # none where they follow the entry, all ones where they are wide
        sizes = (row.stored, row.size)
        fits = all(s in (n, _LONG) or (s == 0 and head[2] & 8) for s, n in zip(said, sizes))
        if head[0] != MAGIC or own != row.name or head[3] != row.method or not fits:
            raise broken(where, "the directory and the entry do not agree")
        if start + row.stored > end:
            raise broken(where, "an entry beyond the archive's entries", f"{row.stored} bytes",
                         f"{max(end - start, 0)}")
        return Entry(name, start, row.stored, row.size, row.method, row.crc)

    def _checked(self, entry: Entry, crc: int) -> None:
        # 0: not computed, which PyTorch may be told.
        if entry.crc not in (crc, 0):
            raise broken(f"{self.where}, entry {entry.name!r}", "a checksum that does not fit",
                         f"{entry.crc:08x}", f"{crc:08x}")

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of an entry; FormatError if there are more than `limit`."""
        entry = self.entries[name]
        if entry.size > limit:
            raise broken(f"{self.where}, entry {name!r}", "too large", f"at most {limit} bytes",
                         f"{entry.size}")
        found = bytearray(entry.size)
        self.read_into(name, memoryview(found))
        return bytes(found)

    def read_into(self, name: str, target: memoryview[Any]) -> None:
        """Write the bytes of an entry into memory of its size."""
        entry = self.entries[name]
        crc, at = 0, 0
        for piece in self._pieces(entry):
            if at + len(piece) > entry.size:
                break
            target[at:at + len(piece)] = piece
            crc = zlib.crc32(piece, crc)
            at += len(piece)
        else:
            if at == entry.size:
                self._checked(entry, crc)
                return
        raise broken(f"{self.where}, entry {name!r}", "an entry of another size",
                     f"{entry.size} bytes")

    def _pieces(self, entry: Entry) -> Iterator[bytes]:
        where = f"{self.where}, entry {entry.name!r}"
        stored = self._stored(entry)
        return stored if entry.method == STORED else _inflated(stored, where)

    def _stored(self, entry: Entry) -> Iterator[bytes]:
        left, at = entry.stored, entry.start
        while left:
            piece = self._at(at, min(left, _PIECE))
            left, at = left - len(piece), at + len(piece)
            yield piece


def _inflated(stored: Iterator[bytes], where: str) -> Iterator[bytes]:
    """What Deflate made these pieces of, in pieces."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in stored:
            while piece:
                yield unpacker.decompress(piece, _PIECE)
                piece = unpacker.unconsumed_tail
        # Of a run that ended a piece a part may wait although all input is taken.
        while rest := unpacker.decompress(b"", _PIECE):
            yield rest
    except zlib.error as error:
        raise broken(where, "broken Deflate data", got=str(error)) from error
    if not unpacker.eof or unpacker.unused_data:
        raise broken(where, "Deflate data that end too early, or too late")


def _listed(data: bytes, count: int, where: str) -> Iterator[_Listed]:
    """The rows of a directory."""
    at = 0
    for _ in range(count):
        if at + _CENTRAL.size > len(data):
            raise broken(where, "a truncated directory")
        row = _CENTRAL.unpack_from(data, at)
        names, extras, notes = row[10:13]
        at += _CENTRAL.size
        if row[0] != b"PK\1\2" or at + names + extras + notes > len(data) or row[13]:
            raise broken(where, "a broken directory")
        crc, stored, size = row[7:10]
        name, extra = data[at:at + names], data[at + names:at + names + extras]
        size, stored, header = _wide(extra, (size, stored, row[16]), where)
        at += names + extras + notes
        yield _Listed(name, row[3], row[4], crc, stored, size, header)
    if at != len(data):
        raise broken(where, "a directory of another size")


def _wide(extra: bytes, sizes: tuple[int, int, int], where: str) -> list[int]:
    """(size, stored, header), from the extra field where they need 64 bits."""
    at, found = 0, list(sizes)
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        at += 4
        if kind == 1:
            for i, size in enumerate(sizes):
                if size == _LONG:
                    if length < 8 or at + 8 > len(extra):
                        raise broken(where, "a broken directory")
                    found[i] = struct.unpack_from("<Q", extra, at)[0]
                    at, length = at + 8, length - 8
        at += length
    return found


def _checked_name(name: bytes, where: str) -> str:
    """The name as text, if it names something in the archive and nothing outside of it."""
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    parts = text.removesuffix("/").split("/")
    odd = any(not p or p in (".", "..") for p in parts) or not text.isprintable()
    if odd or "\\" in text or len(name) > limits.NAME_BYTES:
        raise broken(where, "an entry whose name is none", "names within the archive, without ..",
                     repr(name[:80]))
    return text
