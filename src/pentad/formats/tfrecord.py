"""TFRecord files, of which event files are some: records with two checksums each.

A record is its length (8 bytes), a checksum of these, its bytes, a checksum of them.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from pentad.formats import files, limits
from pentad.formats.crc32c import crc32c, masked
from pentad.formats.files import broken
from pentad.formats.wire import fixed

COMPRESSIONS = ("", "GZIP", "ZLIB")
_WAITING = 1 << 16


def framed(data: bytes) -> bytes:
    """A record as it stands in a file."""
    head = fixed("Q", len(data))
    return head + fixed("I", masked(crc32c(head))) + data + fixed("I", masked(crc32c(data)))


def read_records(path: str | os.PathLike[str], compression: str = "") -> Iterator[bytes]:
    """The records of a file; FormatError where it is broken."""
    name = os.fspath(path)
    with files.reading(path) as file:
        stream = _unpacked(file, compression, name)
        at = 0
        while head := _read(stream, 12, name):
            size = int.from_bytes(head[:8], "little")
            if len(head) < 12 or int.from_bytes(head[8:], "little") != masked(crc32c(head[:8])):
                raise broken(f"{name}, byte {at}", "a broken or truncated record",
                             hint="is it compressed? then the compression must be given")
            left = files.length(file) - at - 12 if not compression else limits.RECORD_BYTES
            if size > min(left, limits.RECORD_BYTES):
                raise broken(f"{name}, byte {at}", "a truncated record", f"{size} bytes", f"{left}")
            data = _read(stream, size + 4, name)
            crc = data[size:]
            if len(crc) < 4 or int.from_bytes(crc, "little") != masked(crc32c(data[:size])):
                raise broken(f"{name}, byte {at}", "a broken or truncated record")
            yield data[:size]
            at += size + 16


def _read(stream: BinaryIO, size: int, name: str) -> bytes:
    try:
        return stream.read(size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise broken(name, "broken compressed data", got=str(error)) from error


def _unpacked(file: BinaryIO, compression: str, name: str) -> BinaryIO:
    if compression == "GZIP":
        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]
    return _Zlib(file) if compression == "ZLIB" else file  # type: ignore[return-value]


class _Zlib:
    """A zlib stream, read piece by piece."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.unpacker, self.left = file, zlib.decompressobj(), b""

    def read(self, size: int) -> bytes:
        parts = bytearray(self.left)
        while len(parts) < size:
            data = self.unpacker.unconsumed_tail or self.file.read(1 << 16)
            if not data:
                break
            parts += self.unpacker.decompress(data, size - len(parts))
        self.left = bytes(parts[size:])
        return bytes(parts[:size])


class RecordWriter:
    """Writes records to a file, packed if asked; `new`: FileExistsError if there is one already.

    Records wait until there is 64 KB of them, or for `flush`. Without packing they go out in one
    piece, so that the file holds whole records even if the process is killed. What an OSError
    (a full disk) kept from the file keeps waiting, and goes out with a later `flush`.
    """

    def __init__(
        self, path: str | os.PathLike[str], compression: str = "", *, new: bool = False
    ) -> None:
        self.file: BinaryIO = open(  # noqa: SIM115 (closed by close)
            path, "xb" if new else "wb", buffering=-1 if compression == "GZIP" else 0)
        self._out = gzip.GzipFile(fileobj=self.file, mode="wb") if compression == "GZIP" else None
        self._packer = zlib.compressobj() if compression == "ZLIB" else None
        self._waiting, self._end = bytearray(), 0

    def write(self, record: bytes) -> None:
        """One more record."""
        data = framed(bytes(record))
        if self._packer is not None:
            data = self._packer.compress(data)
        if self._out is not None:
            self._out.write(data)
            return
        self._waiting += data
        if len(self._waiting) >= _WAITING:
            self._write_out()

    def _write_out(self) -> None:
        view = memoryview(bytes(self._waiting))
        try:
            while view:
                view = view[self.file.write(view):]
        except OSError:
            # What came through of a record is taken back: the next try begins with it.
            self._forget_from(self._end)
            raise
        self._end += len(self._waiting)
        self._waiting.clear()

    def _forget_from(self, end: int) -> None:
        self.file.seek(end)
        self.file.truncate()

    def flush(self) -> None:
        """Hand everything to the operating system."""
        if self._out is not None:
            self._out.flush()
        self._write_out()
        self.file.flush()

    def close(self) -> None:
        """Finish the file."""
        if self.file.closed:
            return
        if self._out is not None:
            self._out.close()
        if self._packer is not None:
            self._waiting += self._packer.flush()
            self._packer = None
        self._write_out()
        self.file.close()

    def __del__(self) -> None:
        if hasattr(self, "file"):
            self.close()

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
