"""The IDX format of the MNIST family: a big-endian header, then the elements, plain or gzipped.

Layout: two zero bytes, one byte element type, one byte rank, `rank` sizes as big-endian uint32,
the elements in row-major order (Y. LeCun, C. Cortes: the MNIST database, "file formats").

A file is data from elsewhere. What it declares is compared with its length on disk before
anything is allocated, and a compressed file may expand 100-fold at most.
"""

from __future__ import annotations

import gzip
import math
import os
import stat
import struct
import zlib
from io import BufferedIOBase, BufferedReader
from typing import NoReturn

import numpy as np

from pentad.graph import errors
from pentad.graph.errors import DataError, FormatError, ResourceError

MAX_RANK = 16
MAX_BYTES = 4 << 30
MAX_EXPANSION = 100
_GZIP = b"\x1f\x8b"
_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read the array of an IDX file, plain or gzipped (told by its content, not its name).

    Returns an array in native byte order. Raises DataError if the file cannot be opened or read,
    FormatError if it is not exactly one whole IDX array, ResourceError if memory does not suffice.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb", opener=_open_without_waiting) as file:
            return _read_open(file, name)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        _refuse(name, "a complete gzip stream", str(error))
    except OSError as error:
        raise DataError(errors.message(
            f"cannot read the data file {name}",
            expected="a readable file in IDX format",
            got=error.strerror or str(error),
            hint="check the path and its permissions",
        )) from error


def _open_without_waiting(name: str, flags: int) -> int:
    # A named pipe in place of a data file would block the open for ever.
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _read_open(file: BufferedReader, name: str) -> np.ndarray:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        _refuse(name, "a regular file", "a directory, device or pipe")
    compressed = file.read(2) == _GZIP
    file.seek(0)
    if not compressed:
        return _read_array(file, name, stored=status.st_size, expansion=1)
    with gzip.GzipFile(fileobj=file) as stream:
        return _read_array(stream, name, stored=status.st_size, expansion=MAX_EXPANSION)


def _read_array(stream: BufferedIOBase, name: str, stored: int, expansion: int) -> np.ndarray:
    dtype, shape = _read_header(stream, name)
    size = math.prod(shape) * dtype.itemsize
    total = 4 + 4 * len(shape) + size
    if expansion == 1 and total != stored:
        _refuse(name, f"{total} bytes, as shape {list(shape)} needs", f"{stored} bytes")
    if size > min(MAX_BYTES, stored * expansion):
        _refuse(name, f"at most {min(MAX_BYTES, stored * expansion)} bytes of elements "
                      f"in a file of {stored} bytes", f"a header that declares {size}")
    data = _allocate(size, name)
    read = _fill(stream, data.data)
    if read != size:
        _refuse(name, f"{size} bytes of elements, as shape {list(shape)} needs", f"{read} bytes")
    if stream.read(1):
        _refuse(name, "the end of the file after its last element", "more bytes")
    return data.view(dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _read_header(stream: BufferedIOBase, name: str) -> tuple[np.dtype, tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES:
        _refuse(name, "the magic number of IDX: 00 00 TYPE RANK",
                magic.hex(" ") or "an empty file")
    rank = magic[3]
    if rank > MAX_RANK:
        _refuse(name, f"a rank of at most {MAX_RANK}", f"rank {rank}")
    sizes = stream.read(4 * rank)
    if len(sizes) != 4 * rank:
        _refuse(name, f"{rank} sizes of 4 bytes each", f"{len(sizes)} bytes")
    return np.dtype(_TYPES[magic[2]]), struct.unpack(f">{rank}I", sizes)


def _allocate(size: int, name: str) -> np.ndarray:
    try:
        return np.empty(size, np.uint8)
    except MemoryError as error:
        raise ResourceError(errors.message(
            f"there is not enough memory to read {name}",
            expected=f"{size} free bytes",
            got="a refused allocation",
            hint="free memory, or use a smaller data set",
        )) from error


def _fill(stream: BufferedIOBase, target: memoryview) -> int:
    # One readinto may return less than was asked for, most of all from a decompressor.
    done = 0
    while done < len(target):
        count = stream.readinto(target[done:done + (1 << 20)])
        if not count:
            break
        done += count
    return done


def _refuse(name: str, expected: str, got: str) -> NoReturn:
    raise FormatError(errors.message(
        f"{name} is not a valid IDX file",
        expected=expected,
        got=got,
        hint="the file may be truncated or another format; fetch it again",
    ))
