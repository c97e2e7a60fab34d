"""Data sets of files."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.data.dataset import Dataset, tensors
from pentad.frontends.tensorflow1.data.structure import Spec, Structure
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.platform.file_io import Glob, translated
from pentad.frontends.tensorflow1.platform.records import records

_MOST_BYTES = 1 << 32
_TEXT = Structure(Spec(dtypes.string, TensorShape([])))


def _scalar(value: bytes) -> list[Any]:
    made = np.empty((), object)
    made[()] = value
    return [made]


def names(value: Any) -> list[str]:
    """File names as texts."""
    found = np.asarray(value, object).reshape(-1)
    return [n.decode() if isinstance(n, bytes) else n for n in found]


def _packing(value: Any) -> str:
    found = value.item() if hasattr(value, "item") else value
    found = found.decode() if isinstance(found, bytes) else found or ""
    if found not in ("", "GZIP", "ZLIB"):
        raise errors.InvalidArgumentError(None, None, f"Unsupported compression_type: {found}.")
    return found


def content(name: str, compression: str = "") -> bytes:
    """A whole file, unpacked."""
    with translated(), open(name, "rb") as file:
        if not compression:
            return file.read()
        try:
            if compression == "GZIP":
                with gzip.GzipFile(fileobj=file) as stream:
                    return stream.read(_MOST_BYTES)
            return zlib.decompressobj().decompress(file.read(), _MOST_BYTES)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise errors.DataLossError(None, None, f"{name}: {error}") from error


def lines(name: str, compression: str = "") -> Iterator[bytes]:
    """The lines of a file, without their ends."""
    if compression:
        found = content(name, compression).split(b"\n")
        yield from (line.removesuffix(b"\r") for line in (found if found[-1] else found[:-1]))
        return
    with translated(), open(name, "rb") as file:
        for line in file:
            yield line.removesuffix(b"\n").removesuffix(b"\r")


class _Files(Dataset):
    """The records of files, one file after the other."""

    def __init__(
        self, filenames: Any, read: Callable[[Any, str, str], Iterator[bytes]],
        compression: Any = None, others: Any = (),
    ) -> None:
        compression = compression if compression is not None else ""
        if isinstance(filenames, Dataset):
            inner, inputs = filenames, filenames._inputs
            found = lambda c: (n for row in inner._iterate(c) for n in names(row[0]))  # noqa: E731
        else:
            given = convert_to_tensor(filenames, dtypes.string)
            inputs = [given]
            found = lambda c: iter(names(c.value(given)))  # noqa: E731

        def iterate(context: Any) -> Iterator[Any]:
            packing = _packing(context.value(compression))
            for name in found(context):
                for record in read(context, name, packing):
                    yield _scalar(record)

        super().__init__(_TEXT, [*inputs, *tensors(compression, *others)], iterate)


class TextLineDataset(_Files):
    """The lines of files."""

    def __init__(
        self, filenames: Any, compression_type: Any = None, buffer_size: Any = None,
        num_parallel_reads: Any = None,
    ) -> None:
        super().__init__(filenames, lambda c, n, packing: lines(n, packing), compression_type)


class TFRecordDataset(_Files):
    """The records of files."""

    def __init__(
        self, filenames: Any, compression_type: Any = None, buffer_size: Any = None,
        num_parallel_reads: Any = None,
    ) -> None:
        super().__init__(filenames, lambda c, n, packing: records(n, packing), compression_type)


class FixedLengthRecordDataset(_Files):
    """Records of one length."""

    def __init__(
        self, filenames: Any, record_bytes: Any, header_bytes: Any = None, footer_bytes: Any = None,
        buffer_size: Any = None, compression_type: Any = None, num_parallel_reads: Any = None,
    ) -> None:
        def read(context: Any, name: str, packing: str) -> Iterator[bytes]:
            size, head, foot = (context.number(0 if n is None else n)
                                for n in (record_bytes, header_bytes, footer_bytes))
            yield from fixed(content(name, packing), name, size, head, foot)

        super().__init__(filenames, read, compression_type,
                         (record_bytes, header_bytes, footer_bytes))


def fixed(data: bytes, name: str, size: int, head: int = 0, foot: int = 0) -> Iterator[bytes]:
    """The records of one length between a head and a foot."""
    if size <= 0 or (len(data) - head - foot) % size:
        raise errors.InvalidArgumentError(None, None, static.message(
            f"Excluding the header ({head} bytes) and footer ({foot} bytes), input file "
            f"\"{name}\" has body length {len(data) - head - foot} bytes, which is not an exact "
            f"multiple of the record length ({size} bytes)."))
    for at in range(head, len(data) - foot, size):
        yield data[at:at + size]


def matching(pattern: Any) -> Dataset:
    """The files that patterns match; NotFoundError if there is none."""

    def iterate(context: Any) -> Iterator[Any]:
        patterns = names(context.value(pattern))
        found = Glob(patterns)
        if not found:
            raise errors.NotFoundError(None, None, f"No files matched pattern: {patterns}")
        for name in found:
            yield _scalar(os.fsencode(name))

    return Dataset(_TEXT, [pattern], iterate)
